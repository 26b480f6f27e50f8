"""Asking again what was not answered: what an outage in the middle of it leaves known."""

from __future__ import annotations

from dataclasses import replace

from hpp_contract.cases.scenarios import session_id
from hpp_contract.model import Exchange
from hpp_contract.probe.plan import PlannedRead
from hpp_contract.probe.transcript import Transcript
from tests.harness.support.recording_tools import simulated


def test_what_was_answered_before_the_outage_stays_answered() -> None:
    """Of two questions that failed, the first is answered when it is asked again; the second meets an outage."""
    (answered,) = simulated("waiting", 1)
    failed = replace(answered, response=None, failure="reset")
    good, first, second = (PlannedRead(session_id(name), "known") for name in ("waiting", "failed", "back"))
    transcript = Transcript()
    transcript.add(good, [answered])
    for read in (first, second):
        transcript.add(read, [failed])
    left = [answered, answered, answered]  # is anything answered; the control; the first question

    def ask(_: PlannedRead) -> list[Exchange]:
        return [left.pop() if left else failed]

    transcript.confirm(ask, lambda: None)
    asked = dict(transcript.of_sessions())
    known = [asked[read.segment][-1].context.unanswered for read in (first, second)]
    assert known == [None, "outage"]
