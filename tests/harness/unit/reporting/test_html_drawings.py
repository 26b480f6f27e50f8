"""What is computed for the drawings: positions that fit, and words that say the same as the drawing."""

from __future__ import annotations

import re
from itertools import combinations, pairwise
from math import hypot

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.drift.history import Run
from hpp_contract.engine import Outcome
from hpp_contract.engine.evidence import reads_of
from hpp_contract.engine.report import Change, Poll, Slice
from hpp_contract.engine.rule import ChangeClass
from hpp_contract.model import Instant
from hpp_contract.reporting.html.history import HEIGHT, LATEST, history_chart
from hpp_contract.reporting.html.lifecycle import HALF_HEIGHT, WIDTH, lifecycle
from hpp_contract.reporting.html.timeline import KINDS, timeline
from tests.harness.support.not_none import not_none
from tests.harness.support.sample_pages import HISTORY, exchanges, judged, run

WORDS = st.sampled_from([*KINDS, "PARKED", "404", "timeout"])


@st.composite
def sessions(draw: st.DrawFn) -> list[Slice]:
    """A few sessions, each with reads in time order; all have times, or none has."""
    timed = draw(st.booleans())
    courses = draw(st.lists(st.lists(WORDS, min_size=1, max_size=9), min_size=1, max_size=5))
    made = []
    for number, words in enumerate(courses):
        times = sorted(draw(st.lists(st.floats(0, 1e6), min_size=len(words), max_size=len(words))))
        reads = (Poll(at if timed else None, word) for at, word in zip(times, words, strict=True))
        made.append(Slice(f"session {number}", {}, tuple(reads)))
    return made


# --- The timeline


@given(sessions())
def test_every_read_has_its_mark_within_the_strip(slices: list[Slice]) -> None:
    """Each read is one mark, in order, within the strip; bars lie between the first and the last mark."""
    drawing = timeline(slices)
    for strip, part in zip(drawing.strips, slices, strict=True):
        places = [mark.x for mark in strip.marks]
        assert len(places) == len(part.reads)
        assert places == sorted(places)
        assert all(0 < place < 100 for place in places)
        assert all(
            bar.width >= 0 and places[0] <= bar.x and bar.x + bar.width <= places[-1] + 0.02 for bar in strip.bars
        )
        assert strip.description.endswith("reads" if len(part.reads) > 1 else "1 read")
        assert strip.description.startswith(part.reads[0].word)


def test_a_session_is_described_by_its_changes() -> None:
    """The words of a strip name each run of the same status once, and when it began."""
    course = [(2.0, "WAITING"), (2.5, "WAITING"), (132.0, "IN_PROGRESS"), (9000.0, "COMPLETED")]
    (strip,) = timeline([Slice("s", {}, tuple(Poll(*read) for read in course))]).strips
    assert strip.description == "WAITING, IN_PROGRESS after 2.2 min, COMPLETED after 2.5 h: 4 reads"
    assert [mark.kind for mark in strip.marks] == ["pending", "pending", "pending", "final"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    {
        0.07: "70 ms",
        0.13: "0.13 s",
        9.9: "9.90 s",
        12.3: "12 s",
        119.0: "119 s",
        120.0: "2.0 min",
        7200.0: "2.0 h",
    }.items(),
)
def test_times_have_a_unit_of_their_size(seconds: float, words: str) -> None:
    """When a status began is given in milliseconds, seconds, minutes or hours."""
    (strip,) = timeline([Slice("s", {}, (Poll(0.0, "WAITING"), Poll(seconds, "COMPLETED")))]).strips
    assert strip.description == f"WAITING, COMPLETED after {words}: 2 reads"


def test_reads_without_times_are_placed_in_order() -> None:
    """Where recordings have no times, the order of the reads is what is drawn and reported."""
    (strip,) = timeline([Slice("s", {}, (Poll(None, "WAITING"), Poll(None, "404"), Poll(None, "404")))]).strips
    assert strip.description == "WAITING, 404: 3 reads"
    assert [mark.x for mark in strip.marks] == [1.5, 50.0, 98.5]


# --- The lifecycle


@given(sessions())
def test_transitions_are_counted(slices: list[Slice]) -> None:
    """Each step from one status to another is one of the seen transitions; those that leave a final status, or lead
    back to WAITING, break the contract, and no other does."""
    drawing = lifecycle(slices)
    courses = [[read.word for read in part.reads if read.word.isupper()] for part in slices]
    steps = [step for course in courses for step in pairwise(course) if step[0] != step[1]]
    assert {(transition.before, transition.after): transition.count for transition in drawing.seen} == {
        step: steps.count(step) for step in steps
    }
    for transition in drawing.seen:
        wrong = transition.before in ("COMPLETED", "CANCELLED", "DISABLED") or transition.after == "WAITING"
        assert (transition.how == "wrong") == wrong == transition.description.startswith("breaks the contract")
    assert {node.word: node.reads for node in drawing.nodes if node.reads} == {
        word: sum(course.count(word) for course in courses) for course in courses for word in course
    }


@given(sessions())
def test_the_diagram_fits(slices: list[Slice]) -> None:
    """Every box and every transition lies within the drawing, and no two boxes overlap."""
    drawing = lifecycle(slices)
    for node in drawing.nodes:
        assert node.half_width <= node.x <= WIDTH - node.half_width
        assert HALF_HEIGHT <= node.y <= drawing.height - HALF_HEIGHT
    for transition in drawing.transitions:
        numbers = list(map(float, re.findall(r"-?[\d.]+", transition.path)))
        assert all(-60 <= x <= WIDTH + 60 for x in numbers[::2])
        assert 0 <= transition.x <= WIDTH
        assert 0 <= transition.y <= drawing.height
    boxes = list(drawing.nodes)
    for one in boxes:
        for other in boxes:
            apart = abs(one.x - other.x) >= one.half_width + other.half_width or abs(one.y - other.y) >= 2 * HALF_HEIGHT
            assert one is other or apart, (one.word, other.word)


def test_every_transition_has_a_path() -> None:
    """Between any two statuses there is a transition that starts and ends outside of both boxes."""
    statuses = list(KINDS)
    for before in statuses:
        for after in statuses:
            if before != after:
                drawing = lifecycle([Slice("s", {}, (Poll(0.0, before), Poll(1.0, after)))])
                (transition,) = drawing.seen
                box = {node.word: node for node in drawing.nodes}
                x1, y1, _, _, x2, y2 = map(float, re.findall(r"-?[\d.]+", transition.path))
                for x, y, node in ((x1, y1, box[before]), (x2, y2, box[after])):
                    assert abs(x - node.x) >= node.half_width or abs(y - node.y) >= HALF_HEIGHT, transition


def test_counts_stand_apart() -> None:
    """No count is written over another, whichever of the lives that honest sessions have were polled."""
    skipped = [("WAITING", after) for after in KINDS if after not in ("WAITING", "IN_PROGRESS", "MANUAL_ID_CHECK")]
    retried = [step for word in ("FAILED", "ERROR", "BACK") for step in ((word, "IN_PROGRESS"), ("IN_PROGRESS", word))]
    final = [("IN_PROGRESS", word) for word in ("COMPLETED", "CANCELLED", "DISABLED")]
    steps = [("WAITING", "IN_PROGRESS"), *skipped, *retried, *final]
    drawing = lifecycle([Slice("s", {}, tuple(Poll(None, word) for word in step)) for step in steps])
    assert len(drawing.seen) == len(steps)
    for one, other in combinations(drawing.seen, 2):
        assert hypot(one.x - other.x, one.y - other.y) >= 12, (one, other)


# --- The history

CHANGES = st.builds(
    Change,
    st.sampled_from(ChangeClass),
    st.integers(0, 99).map(lambda n: f"waiting · /member{n}"),
    st.just("a"),
    st.just("b"),
)
RUNS = st.builds(
    Run,
    st.dates().map(lambda day: f"{day}T02:00:00Z"),
    st.just("an endpoint"),
    st.sampled_from(["quiet", "drift", "unverified"]),
    st.just(0),
    st.lists(CHANGES, max_size=6, unique_by=lambda change: change.fact).map(tuple),
)


@given(st.lists(RUNS, min_size=1, max_size=30))
def test_every_run_has_its_column(runs: list[Run]) -> None:
    """Columns stand side by side over the whole width, their boxes upon each other from the ground line up."""
    chart = not_none(history_chart(runs))
    assert len(chart.columns) == len(runs)
    assert chart.columns[-1].x + chart.columns[-1].width == pytest.approx(100, abs=0.1)
    for column in chart.columns:
        floor = chart.height
        for box in column.boxes:
            assert box.y + box.height == pytest.approx(floor, abs=0.05)
            floor = box.y
        assert floor >= -0.1
    assert max(sum(box.height for box in column.boxes) for column in chart.columns) == pytest.approx(
        chart.height, abs=0.1
    )


def test_the_chart_is_described() -> None:
    """Each run that was not quiet is a sentence, and the whole chart is one."""
    chart = not_none(history_chart((*HISTORY, run(6, "drift"))))
    assert [column.description for column in chart.eventful][:2] == [
        "2026-11-02: 1 breaking, 1 risky, 1 additive",
        "2026-11-03: could not be verified",
    ]
    assert chart.summary.startswith("6 runs from 2026-11-01 to 2026-11-06: 2 quiet, 3 with changes, 1 that could not")
    assert chart.height == HEIGHT


def test_no_history_is_no_chart_and_a_long_one_is_its_end() -> None:
    """There is no chart of no runs, and of very many runs the latest are shown."""
    assert history_chart(()) is None
    chart = not_none(history_chart([run(1), *[run(2)] * 500]))
    assert len(chart.columns) == LATEST
    assert chart.first == "2026-11-02"


# --- The slices they are drawing from


def test_evidence_is_taken_apart_by_session_and_question() -> None:
    """Each polled session is a slice with its reads; what else was asked is a slice without, by its own rules."""
    parts = {part.name: part for part in judged("lifecycle-paid", "expired", "no-credentials").slices}
    session, expired, question = parts.values()
    assert list(parts)[2] == "no credentials"
    assert [read.word for read in session.reads] == ["WAITING", "IN_PROGRESS", "COMPLETED", "COMPLETED"]
    assert [read.word for read in expired.reads] == ["404"] * 4
    assert question.reads == ()
    assert question.outcomes["HPP-E01"] is Outcome.OK
    assert "HPP-E01" not in session.outcomes
    assert "HPP-L01" in session.outcomes


def test_reads_are_dated_from_the_start_of_the_run() -> None:
    """A read's time counts from the start; where any time is missing, that read has none."""
    first, second = exchanges("waiting", polls=2)
    start = Instant(not_none(first.at).ns - 2_500_000_000)
    assert reads_of((first,), start) == (Poll(2.5, "WAITING"),)
    assert reads_of((second,), None) == (Poll(None, "WAITING"),)
