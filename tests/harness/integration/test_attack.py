"""A few attacks of each kind, on loopback: `make attack` makes all of them."""

from __future__ import annotations

import sys

import pytest

from benchmarks.attack.__main__ import main
from benchmarks.attack.table import Done, Table
from benchmarks.attack.tables import TABLES, ask_sandbox, judge_share, scrub_share

pytestmark = pytest.mark.process

FEW = {"echoes": 3, "endpoints": 4, "adapters": 3}


@pytest.mark.parametrize("name", FEW)
def test_a_few_of_each_kind_hold(name: str) -> None:
    """Hostile servers, adapters and requests bring nothing down, and take nothing with them."""
    table = TABLES[name](FEW[name])
    assert (table.tried, table.failed) == (FEW[name], [])


def test_the_sandbox_goes_on() -> None:
    """Requests in which bytes were changed are answered or refused, and the next is answered as ever."""
    table = ask_sandbox(400)
    assert (table.tried, table.failed) == (400, [])


def test_mutated_recordings_hold() -> None:
    """A recording in which bytes were changed is judged, or refused in a sentence."""
    failed, peak_mb = judge_share(range(300))
    assert failed == []
    assert peak_mb > 0


def test_planted_people_do_not_remain() -> None:
    """Of what was planted in exchanges nothing is left after scrubbing."""
    assert scrub_share(range(100_000, 100_300))[0] == []


@pytest.mark.parametrize(
    ("done", "wrong"),
    [
        (Done(0, "fine", 1), None),
        (Done(2, "fine", 1), "exit code 2"),
        (Done(None, "", 1), "it did not end"),
        (Done(1, "Traceback (most recent call last):", 1), "a traceback"),
        (Done(3, "internal error (X)", 1), "a traceback"),
    ],
)
def test_what_does_not_hold_is_seen(done: Done, wrong: str | None) -> None:
    """No end, a traceback and an unexpected exit code are failures."""
    assert done.wrong(0, 1, 3) == wrong


def test_the_table(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A row says how many were tried, how many held and what they needed; one that did not hold fails the command."""

    def attacked(_: int | None) -> Table:
        table = Table("hostile servers", seconds=1.4)
        table.add("one", None, 20)
        table.add("two", "a traceback", 30)
        return table

    monkeypatch.setitem(TABLES, "servers", attacked)
    monkeypatch.setattr(sys, "argv", ["attack", "servers"])
    assert main() == 1
    printed = capsys.readouterr().out
    assert "| hostile servers | 2 | 1 | 30 MB | 1 s |" in printed
    assert "did not hold: two: a traceback" in printed
    monkeypatch.setattr(sys, "argv", ["attack", "nothing"])
    with pytest.raises(SystemExit):
        main()
