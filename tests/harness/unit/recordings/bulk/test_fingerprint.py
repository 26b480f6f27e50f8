"""A line that is decoded quickly is the line that our own parser reads."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hpp_contract.engine import edits as editing
from hpp_contract.engine.errors import Unverifiable
from hpp_contract.model import Exchange
from hpp_contract.model.instant import nanoseconds
from hpp_contract.recordings.bulk import fingerprint as module
from hpp_contract.recordings.bulk.fingerprint import fingerprint_of, fingerprint_of_line, fingerprint_of_value
from hpp_contract.recordings.bulk.local import judge_recordings
from hpp_contract.recordings.bulk.pieces import Reopener
from hpp_contract.recordings.formats import ndjson
from hpp_contract.recordings.sources import InputFile
from tests.harness.support.recording_tools import as_line, kept, recordings, simulated, write_lines
from tests.harness.unit.recordings.bulk.test_bulk import in_memory

HONEST = as_line(editing.sent("Authorization", "Basic <scrubbed>")(kept(simulated("lifecycle-paid", 3)[2])))


def assert_same(line: bytes) -> bool:
    """What is found quickly is found in the value too; returns whether anything is."""
    found = fingerprint_of_line(line)
    if found is not None:
        value = ndjson.parse(line)
        assert found == (fingerprint_of_value(value), nanoseconds(value.get("at")))
        ndjson.exchange_of(value, "")
    return found is not None


@given(recordings)
def test_every_exchange(exchanges: list[Exchange]) -> None:
    """Of any exchange the same is found, the first time and when its body is known."""
    for _ in range(2):
        for each in exchanges:
            assert_same(as_line(each).encode())


PIECES = st.sampled_from(
    (b"", b"0", b"1", b'"', b"\\", b"\\u0041", b"\\ud800", b"\xff", b"\xc3\xa9", b"\x00", b"\n", b" ", b"}", b"{", b"]",
     b",", b":", b"null", b"true", b"1.0", b"1e400", b"NaN", b"-0", b"kco_", b'"at":5,', b'"x":01,',
     b'"callback":true,', b"T", b"Z")
)  # fmt: skip


@given(st.data(), recordings)
def test_mutated_lines(data: st.DataObject, exchanges: list[Exchange]) -> None:
    """However a line is damaged, what is found quickly is what our own parser finds; what that refuses is not found."""
    line = as_line(data.draw(st.sampled_from(exchanges))).encode()
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(line)))
        line = line[:start] + data.draw(PIECES) + line[start + data.draw(st.integers(0, 4)) :]
    assert_same(line)


LOGGED = {**json.loads(HONEST), "elapsed": 0.125}
LOGGED["response"]["headers"] |= {"X-Request-Id": "e3e7c209-4cac-4111-8111-39a1c773bafd", "X-Served-By": "node-17"}


@pytest.fixture
def laid_out() -> bytes:
    """A line whose layout is known."""
    module._LAYOUTS.clear()
    line = json.dumps(LOGGED).encode()
    assert module._LAYOUTS.cut(line) is None
    assert assert_same(line)
    assert module._LAYOUTS.cut(line) is not None
    return line


ENDS = (b'"', b"\\", b'\\"', b'"}', b"kco_", b"+4670", b"\xff", b"\xc3\xa9", b"\x00", b"\t", b"0", b"9", b"f", b"T",
        b" ", b":", b".", b"-", b"e9", b"11-", b"a@b.se", b"X")  # fmt: skip


@pytest.mark.usefixtures("laid_out")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_overwritten_lines(data: st.DataObject) -> None:
    """Whatever stands in the place of a few bytes, what is found by place is what our own parser finds."""
    line = bytearray(json.dumps(LOGGED).encode())
    slots = [line.index(text) for text in (b"2026-", b"bafd", b"0.125", b"GMT", b"COMPLETED", b"e3e7", b"node-17")]
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.sampled_from(slots) | st.integers(0, len(line) - 8)) + data.draw(st.integers(0, 3))
        text = data.draw(st.sampled_from(ENDS))
        line[start : start + len(text)] = text
    assert_same(bytes(line))


def test_what_is_found_by_place(laid_out: bytes) -> None:
    """Lines that differ in their slots only have one layout; what stands in these is looked at as elsewhere."""
    for one, other, is_ordinary in (
        (b"0.125", b"0.250", True),
        (b"0.125", b"99.25", False),
        (b"0.125", b"00.25", False),
        (b"node-17", b"node-18", True),
        (b"node-17", b"a@b.seX", False),
        (b"node-17", b'"","":"', False),
        (b"node-17", b"kco_liv", False),
        (b"e3e7c209", b"e3e7c20", True),
        (b"e3e7c209-4cac-4111-8111-39a1c773bafd", b"Jane.Doe@mail-of-somebody.example.se", False),
        (b'"at": "20', b'"at": "XX', True),
        (b" GMT", b' "",', False),
    ):
        line = laid_out.replace(one, other)
        assert line != laid_out
        assert (assert_same(line)) == is_ordinary, (one, other)


def test_more_than_one_place(laid_out: bytes) -> None:
    """No layout is known where a slot may be elsewhere than it seems, and only a few of one length."""
    module._LAYOUTS.clear()
    for text in (
        laid_out.replace(b'"Date"', b'"Via": "GET", "Date"'),
        laid_out.replace(b'"elapsed"', b'"\\u0065lapsed"'),
        laid_out.replace(b'"at": "2', b'"at": "\\u0032'),
    ):
        assert_same(text)
        assert module._LAYOUTS.cut(text) is None
    for number in range(1, 10):
        assert_same(laid_out.replace(b"max-age=0", b"max-age=%d" % number))
    assert module._LAYOUTS.may_learn(laid_out[:-1])
    assert not module._LAYOUTS.may_learn(laid_out)


VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, 200, 200.0, -1, 0.5, 1e300, "", "x", "GET", "2026-11-22T01:02:03.456Z", [], ["x"], {},
    {"a": "b"},
)  # fmt: skip
PLACES = (
    ("at",), ("elapsed",), ("failure",), ("callback",), ("provenance",), ("started_at",), ("x",), ("request",),
    ("response",), ("request", "method"), ("request", "url"), ("request", "headers"), ("request", "body"),
    ("request", "x"), ("request", "headers", "Accept"), ("request", "headers", "Authorization"), ("response", "status"),
    ("response", "headers"), ("response", "body"), ("response", "x"), ("response", "headers", "Date"),
    ("response", "headers", "Content-Length"), ("response", "headers", "Content-Encoding"),
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES, ids="-".join)
def test_other_types(place: tuple[str, ...]) -> None:
    """A member of any type, or of none, in any place."""
    for value in VALUES:
        line = json.loads(HONEST)
        holder = line
        for name in place[:-1]:
            holder = holder[name]
        holder[place[-1]] = value
        assert_same(json.dumps(line).encode())
        del holder[place[-1]]
        assert_same(json.dumps(line).encode())


def test_most_lines_are_quick() -> None:
    """An honest line is found, with white space and in another order too, and one is known again."""
    value = json.loads(HONEST)
    for line in (
        HONEST,
        json.dumps(value, indent=1).replace("\n", " "),
        json.dumps(dict(reversed(value.items()))),
        f" {HONEST}\r\n",
    ):
        assert assert_same(line.encode())
    first, second = fingerprint_of_line(HONEST.encode()), fingerprint_of_line(HONEST.encode())
    assert first is not None
    assert second is not None
    assert first[0] is second[0]


def test_more_than_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where too many lines differ, the first are forgotten; a number is never given to two signatures."""
    monkeypatch.setattr(module, "_MOST_MET", 0)
    monkeypatch.setattr(module, "MOST", 2)
    numbers = []
    for number in [*range(5), *range(5)]:
        line = HONEST.replace("no-cache, no-store, max-age=0, must-revalidate", f"max-age={number}").encode()
        assert assert_same(line)
        found = fingerprint_of_line(line)
        assert found is not None
        numbers.append(found[0].signature)
    assert len(set(numbers)) == len(numbers)


NUMBER = "19121212-1212"


@pytest.mark.parametrize(
    "edit",
    [
        editing.header("Date", NUMBER),
        editing.header("X-Account", NUMBER),
        editing.header("X-Phone", "0701740635"),
        editing.sent("X-Account", NUMBER),
        editing.sent("X-Given-Name", "Jane"),
        editing.member("klarna_reference", NUMBER),
        editing.edits(editing.status(404), editing.send_json(
            {"error_code": "NOT_FOUND", "error_messages": [NUMBER], "correlation_id": "x"})),
    ],
    ids=("date", "field", "phone", "sent", "sent name", "reference", "error"),
)  # fmt: skip
def test_what_names_a_person_is_judged_by_itself(tmp_path: Path, edit: editing.Edit) -> None:
    """An exchange in which a person is named is like no other, wherever that is."""
    honest = [editing.sent("Authorization", None)(kept(each)) for each in simulated("lifecycle-paid", 3)]
    exchanges = [*honest, *map(edit, honest)]
    assert fingerprint_of(exchanges[-1]) is None
    assert not assert_same(as_line(exchanges[-1]).encode())
    paths = [str(write_lines(tmp_path / "log.ndjson", exchanges))]
    verdicts = judge_recordings(paths, processes=1).verdicts
    assert verdicts == in_memory(paths)
    assert [verdict.total > 0 for verdict in verdicts if verdict.rule.id == "HPP-K04"] == [True]


def test_what_else_is_judged_by_itself() -> None:
    """A reason that names a person, a slow answer and a stack trace in a message are not ordinary."""
    [honest] = [editing.sent("Authorization", None)(kept(each)) for each in simulated("waiting", 1)]
    assert fingerprint_of(honest) is not None
    response = honest.response
    assert response is not None
    assert fingerprint_of(replace(honest, response=replace(response, reason=NUMBER))) is None
    assert fingerprint_of(editing.slow(99)(honest)) is None
    error = {"error_code": "X", "error_messages": ["at com.example.Shop (Shop.java:7)"], "correlation_id": "x"}
    assert fingerprint_of(editing.edits(editing.status(404), editing.send_json(error))(honest)) is None


def test_lines_without_times(tmp_path: Path) -> None:
    """Lines that do not say when they were sent are counted as others are."""
    untimed = [replace(kept(each), at=None) for each in simulated("waiting", 3)]
    paths = [str(write_lines(tmp_path / "log.ndjson", [*untimed, *untimed]))]
    assert judge_recordings(paths, processes=1).verdicts == in_memory(paths)


def test_a_log_that_changes(tmp_path: Path) -> None:
    """A line that is another one when its session is judged is an error, and no verdict."""
    log = write_lines(tmp_path / "log.ndjson", [editing.url(lambda _: "https://h/x")(kept(simulated("waiting", 1)[0]))])
    source = InputFile(0, str(log), str(log), is_lines=True)
    with pytest.raises(Unverifiable, match="has changed while it was judged"):
        Reopener((source,))(0, 1, 0, log.stat().st_size)
