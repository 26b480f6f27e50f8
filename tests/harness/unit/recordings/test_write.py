"""What is written, and under which name: the files of one run are compared with those of the next."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hpp_contract import __version__
from hpp_contract.engine.errors import Unverifiable, UsageProblem
from hpp_contract.model import Context, Exchange, Instant, Request, Response
from hpp_contract.privacy.scrub import Scrubber
from hpp_contract.recordings import read_recordings
from hpp_contract.recordings.formats.yaml_text import read_yaml
from hpp_contract.recordings.write import Persister, named, shape, write_cassettes

ONE, TWO = "39a1c773-bafd-754d-af1f-b30c592f1267", "5c2bbed0-1111-4111-8111-111111111111"


def read(session_id: str = ONE, status: int = 200, session: Any = None, **context: Any) -> Exchange:
    """A read of a session and its answer."""
    body = b"" if session is None else json.dumps(session).encode()
    request = Request("GET", f"https://h/hpp/v1/sessions/{session_id}")
    response = Response(status, (("Content-Type", "application/json"),), body, reason="Fine")
    return Exchange(request, response, context=Context(**context))


WAITING, BACK = ({"status": "WAITING"}, {"status": "BACK"})


@pytest.mark.parametrize(
    ("session", "name"),
    [
        ({"status": "MANUAL_ID_CHECK"}, "manual-id-check"),
        ({"status": "COMPLETED"}, "completed-with-token"),
        ({"status": "COMPLETED", "order_id": 1}, "completed-with-order"),
        ({"status": "COMPLETED", "klarna_reference": 1}, "completed-with-order"),
        ({"status": "Something_Else"}, "something-else"),
        ({"status": "A" * 39}, "a" * 39),
        ({"status": "A" * 40}, "odd-status"),
        ({"status": "../X"}, "odd-status"),
        ({"status": "ÄRGER"}, "odd-status"),
        ({"status": ""}, "odd-status"),
        ({"status": 5}, "odd-status"),
        ({}, "odd-status"),
        ([], "answered-200"),
        (None, "answered-200"),
    ],
)
def test_shapes(session: Any, name: str) -> None:
    """A session is named by its status where that makes a file name, an error by its code."""
    assert shape(read(session=session)) == name


def test_names() -> None:
    """One cassette a session, one a question; what has the name of another is numbered from 2."""
    exchanges = [
        read(ONE, session=WAITING),
        read(TWO, session=WAITING),
        read(ONE, session=BACK),
        read(ONE, session=BACK),
        *(read(f"{number}", session=WAITING) for number in range(3)),
        read("given", session=WAITING),
        *(read(each, 401, credentials=said) for said in ("none", "wrong") for each in (ONE, TWO)),
        *(read(each, 404, session=None) for each in ("gone",)),
        *(replace(read(each, 404), context=Context(session=each)) for each in ("unknown", "malformed", "known")),
        replace(read(status=404), request=Request("GET", "https://h/")),
    ]
    groups = named(exchanges, {"given": "lifecycle-paid", TWO: "waiting"})
    assert {name: [exchanges.index(each) for each in group] for name, group in groups.items()} == {
        "waiting-then-back": [0, 2, 3],
        "waiting": [1],
        "waiting-2": [4],
        "waiting-3": [5],
        "waiting-4": [6],
        "lifecycle-paid": [7],
        "no-credentials": [8, 9],
        "wrong-credentials": [10, 11],
        "answered-404": [12],
        "unknown-id": [13],
        "malformed-id": [14],
        "answered-404-2": [15],
        "answered-404-3": [16],
    }
    assert list(named([read(session=WAITING)])) == ["waiting"]


def test_a_cassette(tmp_path: Path) -> None:
    """A cassette holds both messages, when they were sent, what was asked, and where all of it is from."""
    fields = (("Accept", "a/b"), ("X-Y", "1"), ("Accept", "c/d"))
    posted = replace(read(session=WAITING), request=Request("POST", "https://h/x", fields, b"{}"))
    later = replace(read(session=BACK, session_id=TWO), at=Instant.parse("2026-11-22T01:02:03.999999999Z"))
    asked = replace(later, context=Context(credentials="right", session="known"))
    Persister(Scrubber()).write(tmp_path / "a.yaml", [posted, asked], "recorded from h at t")
    document = read_yaml((tmp_path / "a.yaml").read_text(encoding="utf-8"))
    assert document["metadata"] == {
        "provenance": "recorded from h at t",
        "tool": f"hpp-contract {__version__}",
        "times": [None, "2026-11-22T01:02:03.999999999Z"],
        "asked": [{"credentials": None, "session": None}, {"credentials": "right", "session": "known"}],
    }
    first, second = document["interactions"]
    assert first["request"] == {
        "method": "POST",
        "uri": "https://h/x",
        "body": "{}",
        "headers": {"Accept": ["a/b, c/d"], "X-Y": ["1"]},
    }
    assert second["request"]["body"] is None
    assert second["response"] == {
        "status": {"code": 200, "message": "Fine"},
        "headers": {"Content-Type": ["application/json"]},
        "body": {"string": '{"status": "BACK"}'},
    }


def test_a_folder_is_made_and_kept_apart(tmp_path: Path) -> None:
    """A folder may be new and deep; one kind of evidence replaces its own, never another's."""
    folder = tmp_path / "a" / "b"
    both = [read(session=WAITING), replace(read(TWO), response=None, failure="reset")]
    kept = write_cassettes(both, folder, "recorded from h at t", Scrubber(), {ONE: "first"})
    assert (kept.files, kept.left_out) == ((folder / "first.yaml",), 1)
    (folder / "theirs.yaml").write_text(
        (folder / "first.yaml").read_text(encoding="utf-8").replace("recorded from h", "kept by h")
    )
    again = write_cassettes([read(session=BACK)], folder, "recorded from another at t", Scrubber())
    assert sorted(each.name for each in folder.iterdir()) == ["back.yaml", "theirs.yaml"]
    assert [each.context.provenance for each in read_recordings([str(again.files[0])]).exchanges] == [
        "recorded from another at t"
    ]
    with pytest.raises(UsageProblem) as refused:
        write_cassettes([read(session=BACK)], folder, "embedded", Scrubber())
    assert str(refused.value) == (
        f"{folder} holds recorded cassettes, and these would be embedded: name another folder."
    )
    with pytest.raises(UsageProblem, match="holds recorded cassettes, and these would be embedded:"):
        write_cassettes([], folder, "embedded server", Scrubber())
    documented = folder.parent / "documented"
    documented.mkdir()
    first = again.files[0].read_text(encoding="utf-8")
    (documented / "first.yaml").write_text(first.replace("recorded from another", "documented by another"))
    with pytest.raises(UsageProblem, match="holds documented cassettes, and these would be recorded:"):
        write_cassettes([read(session=BACK)], documented, "recorded from another at t", Scrubber())


def test_what_is_there_stays(tmp_path: Path) -> None:
    """With `adding` a file of the same name is kept, whoever wrote it; without, it is not replaced."""
    theirs = tmp_path / "back.yaml"
    theirs.write_text("theirs")
    with pytest.raises(UsageProblem, match="was not recorded by hpp-contract, and would be replaced"):
        write_cassettes([read(session=BACK)], tmp_path, "embedded", Scrubber())
    (added,) = write_cassettes([read(session=BACK)], tmp_path, "embedded", Scrubber(), adding=True).files
    assert (theirs.read_text(), added != theirs) == ("theirs", True)


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    """A folder below a file cannot be written, and that is said."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageProblem, match="could not be written \\(Not a directory\\): name another folder"):
        write_cassettes([read(session=WAITING)], tmp_path / "file" / "folder", "embedded", Scrubber())


def test_a_write_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails leaves the file as it was, and no draft beside it."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageProblem, match="No space left on device"):
        write_cassettes([read(session=WAITING)], tmp_path, "embedded", Scrubber())
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_was_taken_out_elsewhere(tmp_path: Path) -> None:
    """A member that is called like a person whose name was masked keeps the cassette from being written."""
    scrub = Scrubber()
    session = {"status": "WAITING", "jane": 1, "customer": {"given_name": "Jane"}}
    with pytest.raises(Unverifiable, match="a status or an error code is the same as a text that was taken out"):
        write_cassettes([read(session=session)], tmp_path, "recorded from h at t", scrub)
    assert list(tmp_path.iterdir()) == []
