"""The history: appended, never lost, and the timeline of each change in it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.drift.facts import STATUS
from hpp_contract.drift.history import append, change_timelines, line_of, never_observed, read_history, with_news
from hpp_contract.engine.errors import Unverifiable, UsageProblem
from hpp_contract.engine.report import Change
from hpp_contract.engine.rule import ChangeClass
from hpp_contract.reporting.history_summary import HistorySummary, summary_json, summary_markdown, summary_text
from hpp_contract.reporting.html.history import history_chart
from hpp_contract.reporting.view import grouped_changes
from tests.harness.support.not_none import not_none
from tests.harness.support.sample_runs import HEADER, TYPE, WEEK, run, unverified, write

LATER = "2026-01-08T03:00:00Z"


def test_what_is_appended_is_read(tmp_path: Path) -> None:
    """Every run comes back as it went in."""
    runs, torn = read_history(write(tmp_path / "h", *WEEK))
    assert (runs, torn) == (WEEK, 0)


@given(st.integers(0, 2000))
def test_torn_last_line(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    """Wherever a crash tears the last line, the others are read, and the next run begins on a line of its own."""
    path = write(tmp_path_factory.mktemp("history") / "h", *WEEK)
    whole = path.read_bytes()
    last = len(line_of(WEEK[-1]).encode())
    path.write_bytes(whole[: len(whole) - cut % (last + 1)])
    append(path, line_of(run(8)))
    runs, torn = read_history(path)
    lost = 0 if cut % (last + 1) < 2 else 1  # without its line end, a line is still whole
    assert runs == (*WEEK[: len(WEEK) - lost], run(8))
    assert torn == (1 if lost and cut % (last + 1) < last else 0)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """A file that is no history is refused in a sentence; bytes between runs are counted and skipped."""
    path = tmp_path_factory.mktemp("history") / "h"
    path.write_bytes(content)
    try:
        assert read_history(path)[0] == ()
    except Unverifiable as problem:
        assert "holds no line that is a run" in str(problem)
    path.write_bytes(line_of(WEEK[1]).encode() + content + b"\n" + line_of(WEEK[2]).encode())
    assert WEEK[1] in read_history(path)[0]


def test_places_that_cannot_be(tmp_path: Path) -> None:
    """A history that cannot be read or written is a usage problem that names it."""
    with pytest.raises(UsageProblem, match="nowhere"):
        read_history(tmp_path / "nowhere")
    with pytest.raises(UsageProblem, match="name another --history file"):
        append(tmp_path, "x\n")


def test_timelines() -> None:
    """A change is there since its first run, whatever runs say that did not observe its situation; it may return."""
    timelines = {each.change.fact: each for each in change_timelines(WEEK)}
    returned = timelines[TYPE.fact]
    assert (returned.first_seen[:10], returned.since[:10], returned.runs) == ("2026-01-02", "2026-01-07", 3)
    assert (returned.state, returned.until) == ("still there", None)
    gone = timelines[HEADER.fact]
    assert (gone.state, gone.until, gone.last_seen[:10]) == ("gone", "2026-01-05T03:00:00Z", "2026-01-04")
    before = {each.change.fact: each for each in change_timelines(WEEK[:5])}[TYPE.fact]
    assert before.state == "still there", "no waiting session was met on the fifth"


def test_undecided_is_not_gone() -> None:
    """A fact that was missing in too few samples to tell is neither gone nor seen."""
    (timeline,) = change_timelines([run(1, TYPE), run(2, undecided=(TYPE.fact,))])
    assert (timeline.state, timeline.runs) == ("still there", 1)


def test_a_status_is_never_gone_by_absence() -> None:
    """No run observes every status, so a new one stays until it is accepted."""
    new = Change(ChangeClass.RISKY, f"any session · {STATUS.text}", "WAITING", "EXPIRED")
    seen = [run(1, new), run(2, observed=("any session",))]
    assert [each.state for each in change_timelines(seen)] == ["still there"]
    accepted = run(3, new, accepted="it is documented now")
    assert [each.state for each in change_timelines([*seen, accepted])] == ["accepted"]


def test_a_new_value_is_a_new_change() -> None:
    """When what is different becomes different again, that is a change of its own."""
    other = Change(ChangeClass.BREAKING, TYPE.fact, "string", "null")
    timelines = change_timelines([run(1, TYPE), run(2, other)])
    assert [(each.change.after, each.state) for each in timelines] == [("number", "gone"), ("null", "still there")]


def test_never_observed() -> None:
    """Documented situations that no real endpoint confirmed are listed."""
    assert "waiting" in never_observed([])
    assert "waiting" not in never_observed(["waiting"])
    assert never_observed(never_observed([])) == ()


def test_reports_agree() -> None:
    """Text, Markdown and JSON have the same changes in the same states."""
    history = HistorySummary(WEEK, torn=1)
    text, markdown, summary = summary_text(history, 200), summary_markdown(history), json.loads(summary_json(history))
    assert "7 runs from 2026-01-01 to 2026-01-07: 3 quiet, 3 with drift, 1 not verified" in text
    words = "waiting · /expires_at is of type number instead of string"
    assert f"Still there\n  breaking  {words} (since 2026-01-07, in 3 runs, first seen" in text
    assert "Gone\n  cosmetic  unknown-id · header x-cache is gone (since 2026-01-04 until 2026-01-05" in text
    assert "1 line of the history could not be read." in text
    assert markdown.count("| still there |") == 1
    assert {change["fact"]: change["state"] for change in summary["changes"]} == {
        TYPE.fact: "still there",
        HEADER.fact: "gone",
    }
    assert summary_text(HistorySummary(())).startswith("No run yet.")


def test_same_change_in_several_situations_is_one_line() -> None:
    """The same change of several situations in one run is one line with all its situations."""
    there = replace(TYPE, fact="in-progress · /expires_at")
    text = summary_text(HistorySummary([run(1, TYPE, there)]), 200)
    assert "waiting, in-progress · /expires_at is of type number instead of string" in text


def test_a_line_of_an_older_version_has_no_words() -> None:
    """Its fact and its values are what can be said."""
    text = summary_text(HistorySummary([run(1, replace(TYPE, what=""))]))
    assert "waiting · /expires_at: number instead of string" in text


def test_what_follows_is_in_the_line_of_its_cause() -> None:
    """What began and ended with its cause is no line of its own; what lasts longer is."""
    rule = Change(ChangeClass.BREAKING, "waiting · HPP-S03", "kept", "broken", what="x", cause=TYPE.fact)
    both = HistorySummary([run(1, TYPE, rule)])
    assert "HPP-S03" not in summary_text(both)
    assert [each.get("cause") for each in json.loads(summary_json(both))["changes"]] == [None, TYPE.fact]
    text = summary_text(HistorySummary([run(1, TYPE, rule), run(2, rule)]))
    assert "Gone\n  breaking  waiting · /expires_at" in text
    assert "Still there\n  breaking  waiting · x" in text


@given(st.lists(st.integers(0, 3), min_size=4, max_size=4))
def test_any_causes_are_grouped(causes: list[int]) -> None:
    """Whatever causes a history from outside names, circles too, each change is in one group."""
    facts = [f"waiting · /{number}" for number in range(4)]
    changes = [
        Change(ChangeClass.RISKY, fact, "a", "b", cause=facts[of]) for fact, of in zip(facts, causes, strict=True)
    ]
    grouped = [change.fact for group in grouped_changes(changes) for change in group.changes]
    assert sorted(grouped) == facts


def test_news() -> None:
    """What a run before had, and no run since found gone, is known; what came back or was accepted is new. New ones
    come first."""
    other = replace(TYPE, after="null")
    assert [(each.after, each.known_since) for each in with_news([TYPE, other], WEEK, LATER)] == [
        ("null", ""),
        ("number", "2026-01-07T03:00:00Z"),
    ]
    assert [each.known_since for each in with_news([TYPE, HEADER], WEEK[:6], LATER)] == ["", ""], "both are gone"
    assert [each.known_since for each in with_news([TYPE], [run(1, TYPE, accepted="yes")], LATER)] == [""]
    partly = run(1, TYPE, HEADER, accepted="yes", left=(TYPE.fact,))
    assert [each.known_since for each in with_news([TYPE, HEADER], [partly], LATER)] == ["", "2026-01-01T03:00:00Z"]


def test_a_day_of_several_runs_has_times() -> None:
    """Since when a change is known is a day, and a time too where that day has several runs, this one among them."""
    for at, words in ((LATER, "known since 2026-01-07"), ("2026-01-07T05:00:00Z", "known since 2026-01-07 03:00")):
        (group,) = grouped_changes(with_news([TYPE], WEEK, at))
        assert group.news == words


@pytest.mark.parametrize(
    ("silent", "words"),
    [
        (["no key."], "The last run, since 2026-01-02, could not verify: no key."),
        (["no key.", None], "The last 2 runs, since 2026-01-02, could not verify: no reason is kept."),
    ],
)
def test_runs_that_verified_nothing_are_summed_up(silent: list[str | None], words: str) -> None:
    """A summary says of the runs at its end that verified nothing since when they did not, and why."""
    runs = [run(1, TYPE), *(replace(unverified(2 + day), why=why) for day, why in enumerate(silent))]
    assert words in summary_text(HistorySummary(runs), 200)
    assert "could not verify" not in summary_text(HistorySummary([*runs, run(9)]))


def test_hostile_history_cannot_steer_the_terminal() -> None:
    """Control characters in a history are spelled out."""
    hostile = Change(ChangeClass.BREAKING, "waiting · \x1b[2J", "\x07", "\u202e")
    assert summary_text(HistorySummary([run(1, hostile)])).replace("\n", "").isprintable()


def test_a_history_of_unknown_verdicts(tmp_path: Path) -> None:
    """A line with a verdict that no run has is no run."""
    run_ = {"at": "", "subject": "", "verdict": "quiet", "exit_code": 0, "changes": [], "observed": [], "confirmed": []}
    lines = [run_ | {"version": "1"}, run_ | {"version": "1", "verdict": "loud"}]
    (tmp_path / "runs").write_text("".join(json.dumps(line) + "\n" for line in lines))
    runs, unreadable = read_history(tmp_path / "runs")
    assert (len(runs), unreadable) == (1, 1)


def test_a_day_with_several_runs_has_times() -> None:
    """Where a day has one run, the day says when; where it has several, the time does too."""
    later = replace(run(1), at="2026-01-01T15:30:00Z")
    text = summary_text(HistorySummary([run(1, TYPE), later, run(2, TYPE)]), 200)
    assert "since 2026-01-02, in 2 runs, first seen 2026-01-01 03:00)" in text
    chart = not_none(history_chart([run(1, TYPE), later, run(2)]))
    assert [column.description for column in chart.columns] == [
        "2026-01-01 03:00: 1 breaking",
        "2026-01-01 15:30: no change",
        "2026-01-02: no change",
    ]
