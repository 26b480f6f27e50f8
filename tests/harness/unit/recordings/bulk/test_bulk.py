"""The streaming engine says exactly what judging everything in memory says."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.engine import Outcome, RuleVerdict, Subject, judge
from hpp_contract.engine import edits as editing
from hpp_contract.model import Exchange
from hpp_contract.model.trace import answer_times
from hpp_contract.recordings import read_recordings
from hpp_contract.recordings.bulk import cache, local
from hpp_contract.recordings.bulk.local import judge_recordings
from hpp_contract.recordings.bulk.pieces import Worker
from hpp_contract.recordings.formats import ndjson
from hpp_contract.recordings.sources import InputFile, Piece, blocks, cut, input_file, numbered_lines, pieces
from hpp_contract.rules import CATALOGUE
from tests.harness.support.recording_tools import EDITS, IDS, kept, recordings, renaming, simulated, write_lines


def in_memory(paths: list[str], callback_url: str | None = None) -> tuple[RuleVerdict, ...]:
    reading = read_recordings(paths, callback_url)
    exchanges = sorted([*reading.exchanges, *reading.callbacks], key=lambda each: place(each, paths))
    return judge(exchanges, CATALOGUE, Subject("recording", ""))


def place(exchange: Exchange, paths: list[str]) -> tuple[int, int]:
    file, _, number = exchange.evidence.rpartition("#")
    return paths.index(file), int(number)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("recordings")


@given(recordings, st.integers(0, 3))
def test_streaming_equals_judging_in_memory(folder: Path, exchanges: list[Exchange], split: int) -> None:
    """Exercised rules, findings, their order and totals are the same, whatever was recorded in one file or two."""
    files = [write_lines(folder / "a.ndjson", exchanges[split:])]
    if exchanges[:split]:
        files.append(write_lines(folder / "b.ndjson", exchanges[:split]))
    paths = [str(file) for file in files]
    assert judge_recordings(paths, processes=1).verdicts == in_memory(paths)


@given(recordings)
def test_when_the_api_answered(folder: Path, exchanges: list[Exchange]) -> None:
    """The times of answers are those of all exchanges, quick or slow to judge."""
    log = str(write_lines(folder / "times.ndjson", exchanges))
    source = input_file(0, log, folder)
    worker = Worker()
    (piece,) = pieces(source)
    for _ in range(2):  # the second time its verdicts are known
        found = worker.piece(piece, 1, b"salt").answers
        assert sorted(found) == sorted(answer_times(read_recordings([log]).exchanges))


def test_answers_at_no_time(tmp_path: Path) -> None:
    """Reads that were kept without their times answer at none, quick or slow to judge."""
    scrubbed = editing.sent("Authorization", "Basic <scrubbed>")
    timeless = [replace(scrubbed(kept(each)), at=None) for each in simulated("waiting", 3)]
    log = write_lines(tmp_path / "log.ndjson", [*timeless, *timeless])
    worker = Worker()
    (piece,) = pieces(input_file(0, str(log), tmp_path))
    assert [list(worker.piece(piece, 1, b"salt").answers) for _ in range(2)] == [[], []]


def lost(others: int) -> list[Exchange]:
    """A session that answers a page from its second poll on, beside other sessions that are answered."""
    polls = [kept(each) for each in simulated("in-progress", 5)]
    gone = editing.edits(editing.status(404), editing.body(b"<html></html>"))
    beside = [renaming(polls[0].request.session_id or "", f"{IDS[1][:-1]}{number}") for number in range(others)]
    return [*(gone(each) if poll else each for poll, each in enumerate(polls)),
            *(other(each) for other in beside for each in polls)]  # fmt: skip


@pytest.mark.parametrize(("others", "outcome"), [(0, Outcome.WARNED), (1, Outcome.BROKEN)])
def test_a_lost_session_beside_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, others: int, outcome: Outcome
) -> None:
    """That others were answered meanwhile is known in every partition."""
    monkeypatch.setattr(local, "PARTITION", 512)
    paths = [str(write_lines(tmp_path / "log.ndjson", lost(others)))]
    verdicts = judge_recordings(paths, processes=1).verdicts
    assert verdicts == in_memory(paths)
    assert [verdict.outcome for verdict in verdicts if verdict.rule.id == "HPP-L08"] == [outcome]


def test_a_deletion_is_seen(tmp_path: Path) -> None:
    """A DELETE in a log is counted as another operation, and what follows it is judged by it."""
    polls = [kept(each) for each in simulated("waiting", 3)]
    steps: tuple[editing.Edit, ...] = (
        lambda each: each,
        editing.edits(editing.method("DELETE"), editing.status(204)),
        editing.status(404),
    )
    log = write_lines(tmp_path / "log.ndjson", [step(each) for step, each in zip(steps, polls, strict=True)])
    judged = judge_recordings([str(log)], processes=1)
    assert judged.verdicts == in_memory([str(log)])
    assert (judged.judged, judged.notes) == (2, (f"{log}: 2 judged, 1 skipped (other operations)",))
    assert read_recordings([str(log)]).notes == list(judged.notes)
    assert [verdict.total for verdict in judged.verdicts if verdict.rule.id == "HPP-L08"] == [0]


def test_nothing_but_deletions(tmp_path: Path) -> None:
    """A recording that only disables sessions has nothing to judge."""
    log = write_lines(tmp_path / "log.ndjson", [editing.method("DELETE")(each) for each in simulated("waiting", 1)])
    assert judge_recordings([str(log)], processes=1).judged == 0
    assert read_recordings([str(log)]).unreadable[0].startswith("no read-session exchange in ")


def variants(scenario: str, pseudonym: bool) -> Iterator[Exchange]:
    """Sessions polled twice, each with one small change in both polls or in the second, each under its own id."""
    honest = simulated(scenario, 2)
    asked, session = honest[0].request.session_id or "", honest[0].session or {}
    ids = [session[name] for name in ("order_id", "authorization_token") if name in session]
    for number, edit in enumerate(EDITS.values()):
        for changed in (honest, honest[1:]):
            own = f"{IDS[1][:9] if pseudonym else '39a1c773-'}{number:04x}-{len(changed):04x}-8111-111111111111"
            renamings = [renaming(asked, own), *(renaming(old, IDS[1]) for old in ids if pseudonym)]
            for each in honest:
                edited = edit(each) if each in changed else each
                yield kept(reduce(lambda exchange, rename: rename(exchange), renamings, edited))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scenario", "pseudonym"),
    [
        ("waiting", False),
        ("completed-with-order", True),
        ("completed-with-token", False),
        ("lifecycle-paid", False),
        ("unknown-id", False),
    ],
)
def test_every_small_change_is_judged_the_same(tmp_path: Path, scenario: str, pseudonym: bool) -> None:
    """Nothing that a rule looks at escapes: each small change gets the verdict that it gets in memory."""
    paths = [str(write_lines(tmp_path / "log.ndjson", variants(scenario, pseudonym)))]
    assert judge_recordings(paths, processes=1).verdicts == in_memory(paths)


@pytest.mark.slow
def test_a_burst_is_noticed(tmp_path: Path) -> None:
    """More than fifty polls of one session within a second are found in a log too."""
    polls = [kept(each) for each in simulated("waiting", 120, apart=0.01)]
    paths = [str(write_lines(tmp_path / "log.ndjson", polls))]
    verdicts = judge_recordings(paths, processes=1).verdicts
    assert verdicts == in_memory(paths)
    assert [verdict.total for verdict in verdicts if verdict.rule.id == "HPP-R11"] == [1]


@given(st.lists(st.sampled_from(["", "a", "bb" * 9, "\r"]), min_size=1), st.integers(1, 9), st.integers(1, 30))
def test_every_line_is_in_one_piece(folder: Path, lines: list[str], size: int, span: int) -> None:
    """However a file is measured, in whatever stretches, its pieces hold every line once, with its number and place."""
    path = folder / "lines"
    path.write_bytes("\n".join(lines).encode())
    whole = path.stat().st_size
    log = InputFile(0, "lines", str(path), whole, is_lines=True)
    found = [block for start in range(0, whole, span) for block in blocks(log, start, min(start + span, whole), size)]
    one = list(numbered_lines(Piece(log, 0, whole, 1)))
    assert [line for piece in cut(log, found) for line in numbered_lines(piece)] == one
    assert [line for piece in pieces(log, size) for line in numbered_lines(piece)] == one


def test_rules_that_read_every_header() -> None:
    """Each rule that reads all header fields is provided for by itself: a new one must be added here."""
    every = {rule.id for rule in CATALOGUE if any(field.endswith(" *") for field in rule.reads)}
    assert every == {"HPP-E12", "HPP-E14", "HPP-K02", "HPP-K04"}


def test_more_signatures_than_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log in which everything differs is judged all the same."""
    monkeypatch.setattr(cache, "MOST", 3)
    (honest,) = simulated("waiting", 1)
    exchanges = [editing.header("Cache-Control", f"max-age={number % 7}")(kept(honest)) for number in range(40)]
    paths = [str(write_lines(tmp_path / "log.ndjson", exchanges))]
    assert judge_recordings(paths, processes=1).verdicts == in_memory(paths)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Two polls of one session."""
    return write_lines(tmp_path / "log.ndjson", [kept(each) for each in simulated("lifecycle-paid", 2)])


def test_a_long_last_line_without_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line too long to read may be the last and have no line end."""
    monkeypatch.setattr(ndjson, "MAX_LINE", 8)
    path = tmp_path / "log"
    path.write_bytes(b"short\n" + b"x" * 20)
    piece = Piece(InputFile(0, "log", str(path), 26, is_lines=True), 0, 26, 1)
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
