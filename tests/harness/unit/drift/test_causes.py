"""One thing that an endpoint does differently is one change, in words, with all that follows from it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.cases.scenarios import CREDENTIALS, session_id
from hpp_contract.drift.choose import chosen
from hpp_contract.drift.collect import collect_facts
from hpp_contract.drift.compare import compare
from hpp_contract.drift.facts import FactKey, Facts
from hpp_contract.drift.words import in_words
from hpp_contract.engine.edits import body, drop, header, member, status
from hpp_contract.engine.errors import UsageProblem
from hpp_contract.engine.fault import Fault, fault
from hpp_contract.engine.report import Change
from hpp_contract.model import Request
from hpp_contract.reporting.view import grouped_changes
from hpp_contract.server import Application
from tests.harness.support.drift_changes import CASES, Case, respell

KEY = CREDENTIALS.api_key
"""What no answer may repeat."""

NAMES = ("waiting", "in-progress", "completed-with-order", "failed")


def seen(*faults: Fault) -> Facts:
    """The facts of two reads of each session, and of an id that no session has."""
    application, exchanges = Application(faults=faults), []
    ids = [*map(session_id, NAMES), "00000000-0000-4000-8000-000000000000"]
    for asked in ids * 2:
        headers = (("Authorization", CREDENTIALS.authorization),)
        exchanges.append(application(Request("GET", f"https://hpp.example/hpp/v1/sessions/{asked}", headers)))
    return collect_facts(exchanges).facts


HONEST = seen()


def groups(*faults: Fault) -> list[tuple[str, str, str]]:
    """Class, title and rules of each change to a reader."""
    found = grouped_changes(compare(HONEST, seen(*faults)))
    return [(each.change_class.value, each.title, " ".join(rule.id for rule in each.rules)) for each in found]


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        (
            [fault("a", "in-progress", drop("expires_at"))],
            [("breaking", "in-progress · /expires_at is absent", "HPP-S02")],
        ),
        (
            [fault("a", "waiting", member("channel", "web"))],
            [("additive", "waiting · /channel is new (string)", "HPP-S09")],
        ),
        (
            [fault("a", "waiting", member("expires_at", 5))],
            [("breaking", "waiting · /expires_at is of type number instead of string", "HPP-S03")],
        ),
        (
            [fault("a", "unknown-id", status(410))],
            [("breaking", "unknown-id · answered with HTTP 410 instead of 404", "HPP-E03 HPP-H01")],
        ),
        (
            [fault("a", "waiting", status(500), body(b""))],
            [("breaking", "known session · answered with HTTP 500 instead of a session", "HPP-H02")],
        ),
        (
            [fault("a", "waiting", header("Content-Type", "text/plain"))],
            [("breaking", "waiting · declared as text/plain instead of application/json", "HPP-H05")],
        ),
        (
            [fault("a", name, header("Cache-Control", None)) for name in NAMES],
            [("risky", "completed-with-order, failed, in-progress, waiting · header cache-control is gone", "")],
        ),
        (
            [fault("a", "waiting", member("status", "EXPIRED"))],
            [("risky", "any session · /status is EXPIRED, which is new", "HPP-S05")],
        ),
        (
            [fault("a", name, respell(3, "+02:00")) for name in ("waiting", "failed")],
            [("risky", "failed, waiting · /expires_at ends in an offset instead of Z", "")],
        ),
        (
            [fault("a", "waiting", header("X-Key", KEY)), fault("b", "unknown-id", status(410), header("X-Key", KEY))],
            [
                ("breaking", "unknown-id · answered with HTTP 410 instead of 404", "HPP-E03 HPP-H01"),
                (
                    "breaking",
                    "unknown-id, waiting · header X-Key is the credentials of the request (expected: no credentials)",
                    "HPP-E12",
                ),
                ("additive", "waiting · header x-key is new", ""),
            ],
        ),
    ],
)
def test_one_change_a_cause(faults: list[Fault], expected: list[tuple[str, str, str]]) -> None:
    """What changed is said once, with the member or the header, and the rules that see it stand with it."""
    assert groups(*faults) == expected


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_change_has_words(case: Case) -> None:
    """No change of any kind is told as a rule that is kept no longer, and each cause is one that changed too."""
    changes = compare(HONEST, seen(case.fault))
    facts = {change.fact for change in changes}
    for change in changes:
        assert change.what
        assert "kept" not in change.what
        assert "HPP-" not in change.what
        assert change.cause == "" or change.cause in facts - {change.fact}


RULE = FactKey("rule", "HPP-C02")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (in_words(RULE, "back", "broken", "kept"), "kept again: HPP-C02 order-with-reference"),
        (in_words(RULE, "other", "kept", "broken"), "no longer kept: HPP-C02 order-with-reference"),
        (in_words(FactKey("rule", "HPP-Z99"), "other", "kept", "broken"), "no longer kept: HPP-Z99"),
        (in_words(FactKey("member", "/x"), "gone", "present", "sometimes absent"), "/x is sometimes absent"),
        (in_words(FactKey("header", "x-y"), "new", "absent", "present"), "header x-y is new"),
        (in_words(FactKey("precision", "/x"), "other", "3", "9"), "/x has 9 fraction digits instead of 3"),
    ],
)
def test_words(words: str, expected: str) -> None:
    """Each kind of change has words of its own."""
    assert words == expected


# --- Naming what is accepted

CHANGES = compare(
    HONEST, seen(fault("a", "waiting", member("channel", "web")), fault("b", "failed", drop("expires_at")))
)


@pytest.mark.parametrize(
    ("names", "facts"),
    [
        (["waiting · /channel"], {"waiting · /channel", "waiting · HPP-S09"}),
        (["/channel"], {"waiting · /channel", "waiting · HPP-S09"}),
        (["* · HPP-S02"], {"failed · HPP-S02"}),
        (["HPP-S09"], {"waiting · HPP-S09"}),
        (["/expires_at"], {"failed · HPP-S02"}),
        (["failed · /expires_at"], {"failed · HPP-S02"}),
        (["*"], {change.fact for change in CHANGES}),
        (["/chan*", "failed*"], {change.fact for change in CHANGES}),
    ],
)
def test_names_of_changes(names: list[str], facts: set[str]) -> None:
    """A fact, what of it changed, where a broken rule shows, or a glob names a change, and what follows from it."""
    assert {change.fact for change in chosen(CHANGES, names)} == facts


def test_what_follows_comes_along() -> None:
    """A rule that a new value breaks is accepted with the value, though it shows elsewhere and has another name."""
    changes = compare(HONEST, seen(fault("c", "in-progress", member("status", "PAUSED"))))
    facts = {"any session · /status value", "status PAUSED · HPP-S05"}
    assert {change.fact for change in chosen(changes, ["/status value"])} == facts


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        (CHANGES, "waiting · /chanel", "did you mean waiting · /channel?"),
        (CHANGES, "zzz", "the first of 3 changes is 'failed · HPP-S02'."),
        ((), "zzz", "nothing has changed."),
    ],
)
def test_a_name_of_nothing_is_refused(changes: tuple[Change, ...], name: str, words: str) -> None:
    """A name that is no change's accepts nothing, and the sentence says what there is."""
    with pytest.raises(UsageProblem) as refused:
        chosen(changes, ["*", name] if changes else [name])
    assert f"--accept-only {name!r} names no change of this run, so nothing was accepted; {words}" == str(refused.value)


@given(st.text(max_size=20))
def test_any_name_is_answered(name: str) -> None:
    """Whatever is typed as a name, it names changes or is refused."""
    try:
        assert chosen(CHANGES, [name])
    except UsageProblem as refused:
        assert name.__repr__() in str(refused)
