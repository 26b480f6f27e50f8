"""Recordings that vanish, end oddly or come through pipes, and commands whose disk is full."""

from __future__ import annotations

import errno
import json
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.local import LocalFileSystem

from hpp_contract.cli import main
from hpp_contract.recordings import documents, ndjson, read_recordings, urls
from hpp_contract.recordings.engine import judge_recordings
from hpp_contract.recordings.sources import Source
from hpp_contract.recordings.work import Piece, numbered_lines
from hpp_contract.reporting.again import again
from hpp_contract.rules.catalogue import CATALOGUE
from hpp_contract.rules.rule import Finding, rule
from hpp_contract.strategies import seeded
from hpp_contract.strategies.lifecycle import Life
from hpp_contract.strategies.misliving import MISLIVING
from hpp_contract.verdict import Report, Subject, judge
from hpp_contract.verdict.glance import glance_at
from hpp_contract.verdict.judge import SAMPLE, Judge
from hpp_contract.verdict.problems import UsageProblem
from hpp_contract.verdict.screen import Screen
from tests.harness.support.recording_tools import kept, played, write_lines


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Two polls of one session."""
    return write_lines(tmp_path / "log.ndjson", [kept(each) for each in played("lifecycle-paid", 2)])


# --- Commands


def test_a_page_holds_no_recordings_from_elsewhere(log: Path, tmp_path: Path) -> None:
    """A page about a file shows its exchanges; about the same file at a URL it only gives the verdict."""
    shown = []
    for number, place in enumerate((str(log), log.as_uri())):
        page = tmp_path / f"{number}.html"
        with pytest.raises(SystemExit):
            main(["recording", place, "--html", str(page)])
        shown.append("GET https://hpp.example/hpp/v1/sessions/" in page.read_text(encoding="utf-8"))
    assert shown == [True, False]


def test_vectors_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors that cannot be written leave the earlier ones as they were, and nothing beside them."""
    folder = tmp_path / "vectors"
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps({"vectors": []}), encoding="utf-8")

    def full(*_: Any, **__: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(SystemExit) as left:
        main(["vectors", str(folder), "--count", "1"])
    assert left.value.code == UsageProblem.exit_code
    assert [path.name for path in tmp_path.rglob("*")] == ["vectors", "manifest.json"]


# --- Files


@pytest.mark.parametrize(
    ("text", "bound", "said"),
    [
        ('{"a": ' + "1" * 10_000 + "}", documents.MAX_YAML, "a number too long to read"),
        ("{a: b}", documents.MAX_YAML, "no recording format that is known here (hpp-contract recording --help"),
        ("{a: b}", 6, "damaged or broken off: not JSON at line 1, column 2"),
    ],
    ids=["a long number", "YAML in its flow style", "too much of it for YAML"],
)
def test_documents_that_cannot_be_read(
    text: str, bound: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A document that looks like JSON is refused for what is wrong with it."""
    monkeypatch.setattr(documents, "MAX_YAML", bound)
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    [sentence] = judge_recordings([str(path)], processes=1).unreadable
    assert sentence.startswith(f"{path}: {said}")


@pytest.mark.parametrize("name", ["missing.json", "../secret.json"])
def test_bodies_are_taken_from_their_own_shelf(name: str, tmp_path: Path) -> None:
    """A WireMock body that is not in `__files`, or lies outside of it, makes its mapping unreadable."""
    (tmp_path / "__files").mkdir()
    (tmp_path / "secret.json").write_text("{}", encoding="utf-8")
    url = "/hpp/v1/sessions/39a1c773-bafd-754d-af1f-b30c592f1267"
    mapping = {"request": {"method": "GET", "url": url}, "response": {"bodyFileName": name}}
    (tmp_path / "mapping.json").write_text(json.dumps({"mappings": [mapping]}), encoding="utf-8")
    reading = read_recordings([str(tmp_path / "mapping.json")])
    assert reading.exchanges == []
    [sentence] = reading.unreadable
    assert sentence.endswith("its body is in a file that is not beside it (__files)")


def test_a_long_last_line_without_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line too long to read may be the last and have no line end."""
    monkeypatch.setattr(ndjson, "MAX_LINE", 8)
    path = tmp_path / "log"
    path.write_bytes(b"short\n" + b"x" * 20)
    piece = Piece(Source(0, "log", str(path), 26, is_lines=True), 0, 26, 1)
    assert list(numbered_lines(piece)) == [(1, 0, b"short\n"), (2, 6, None)]


def test_a_recording_named_twice_counts_once(log: Path) -> None:
    """A file that its folder holds too is judged once."""
    assert judge_recordings([str(log), str(log.parent)], processes=1).judged == 2


def test_a_named_pipe_is_a_recording(log: Path, tmp_path: Path) -> None:
    """What a named pipe gives is judged like the file that holds the same."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    threading.Thread(target=pipe.write_bytes, args=(log.read_bytes(),), daemon=True).start()
    judged = judge_recordings([str(pipe)], processes=1)
    named = str(judge_recordings([str(log)], processes=1)).replace(str(log), str(pipe))
    assert str(judged) == named
    assert judged.judged == 2


def test_a_recording_that_vanishes(log: Path, tmp_path: Path) -> None:
    """A file that is deleted while others are judged is one sentence, and the others count."""
    gone = tmp_path / "vanishing.ndjson"
    gone.write_bytes(log.read_bytes())
    judged = judge_recordings([str(log), str(gone)], processes=1, on_progress=lambda *_: gone.unlink(missing_ok=True))
    assert judged.unreadable == (f"{gone}: {os.strerror(errno.ENOENT)}",)
    assert (judged.judged, judged.damaged) == (2, 1)


class Taciturn(LocalFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A store that does not tell how long a file is."""

    def size(self, path: str) -> None:
        """Nothing, as of a server that sends no Content-Length."""


def test_a_store_that_tells_no_size(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recording of unknown size is one sentence."""
    monkeypatch.setattr(urls, "_filesystem", lambda url: (Taciturn(), url.removeprefix("file://")))
    judged = judge_recordings([log.as_uri()], processes=1)
    assert judged.unreadable == (f"{log.as_uri()}: its server does not tell its size",)
    assert (judged.judged, judged.damaged) == (0, 1)


@pytest.mark.parametrize("action", [urls.size, urls.opened, lambda url: urls.read(url, 0, 1)])
def test_a_store_without_the_file(action: Callable[[str], object], tmp_path: Path) -> None:
    """What a store says in an operating system's words is passed on."""
    with pytest.raises(FileNotFoundError):
        action((tmp_path / "nothing").as_uri())


def test_json_with_something_after_it(tmp_path: Path) -> None:
    """What is one JSON value with something behind it, and not a value a line either, is damaged there."""
    path = tmp_path / "log.json"
    path.write_text('{"log":\n1} x', encoding="utf-8")
    assert read_recordings([str(path)]).unreadable == [f"{path}: damaged or broken off: not JSON at line 2, column 4"]


# --- Verdicts


def test_a_generated_session_is_shown_again_by_serving_it() -> None:
    """The command that shows a client's finding in a generated session serves its file."""
    shown = again(
        Report(Subject("client", "app:read"), ()),
        Finding("result", "x", "y", "{}: hpp-contract serve --body 'a b.json'"),
    )
    assert shown == "hpp-contract serve --body 'a b.json'"


@pytest.mark.parametrize("reference", ["R", "S"])
def test_a_reference_that_changes(reference: str) -> None:
    """A completed session may change its Klarna reference too, which breaks the rule about outcomes."""
    life = Life(seeded("x"))
    life.outcome = {"klarna_reference": reference}
    MISLIVING["HPP-L06"](life)
    before, after = ((each.session or {})["klarna_reference"] for each in life.exchanges)
    assert before == reference != after
    broken = judge(life.exchanges, CATALOGUE, Subject("endpoint", "x"))
    assert "HPP-L06" in [verdict.rule.id for verdict in broken if verdict.total]


def crashes(_: Any) -> list[Finding]:
    """It crashes."""
    raise KeyError("x")


def finds_much(_: Any) -> list[Finding]:
    """It finds more than is kept."""
    return [Finding(f"/{number}", "x", "y") for number in range(SAMPLE + 1)]


@pytest.mark.parametrize("check", [crashes, finds_much])
def test_a_verdict_that_cannot_be_repeated(check: Callable[[Any], list[Finding]]) -> None:
    """Where a rule crashes or finds more than is kept, each exchange is judged in full, to the same verdict."""
    rules = [rule("HPP-S01", "a-rule", "must", "stated", "Read Session", when=lambda _: True)(check)]
    subject, honest = Subject("recording", ""), Judge(rules, Subject("recording", ""))
    screen = Screen(rules, subject, lambda order: f"log#{order[1]}")
    for number, each in enumerate(map(kept, played("waiting", 1) * 3), 1):
        exchange = replace(each, evidence=f"log#{number}")
        glance = glance_at(exchange)
        assert glance is not None
        assert not screen.meet(glance, (0, number))
        screen.judge(exchange, (0, number), glance)
        honest.exchange(exchange, (0, number))
    assert screen.collect() == honest.tallies
