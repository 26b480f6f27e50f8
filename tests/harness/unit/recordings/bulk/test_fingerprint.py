"""A line that is decoded quickly is the line that our own parser reads."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.engine import edits as editing
from hpp_contract.model import Exchange
from hpp_contract.model.instant import nanoseconds
from hpp_contract.recordings.bulk import fingerprint as module
from hpp_contract.recordings.bulk.fingerprint import fingerprint_of_line, fingerprint_of_value
from hpp_contract.recordings.formats import ndjson
from tests.harness.support.recording_tools import as_line, kept, recordings, simulated

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
    monkeypatch.setattr(module, "_MOST_MET", 2)
    monkeypatch.setattr(module, "MOST", 2)
    numbers = []
    for number in [*range(5), *range(5)]:
        line = HONEST.replace("no-cache, no-store, max-age=0, must-revalidate", f"max-age={number}").encode()
        assert assert_same(line)
        found = fingerprint_of_line(line)
        assert found is not None
        numbers.append(found[0].signature)
    assert len(set(numbers)) == len(numbers)
