"""The proxy's memory is bounded, and its verdict is that of all that passed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from hpp_contract.cases.scenarios import SCENARIOS
from hpp_contract.engine import Subject, judge
from hpp_contract.engine.edits import OTHER_UUID, Edit, drop, member
from hpp_contract.engine.errors import Unverifiable
from hpp_contract.engine.fault import fault
from hpp_contract.engine.rule import Finding, Rule
from hpp_contract.model import Context, Exchange, Instant
from hpp_contract.proxy import Observer, Secrets
from hpp_contract.proxy import secrets as secrets_module
from hpp_contract.proxy.observer import MAX_LINES, MAX_READS, RULES
from hpp_contract.server import simulate_server
from hpp_contract.spec.session import OUTCOME
from tests.harness.support.fake_time import NOON, SECOND, noon
from tests.harness.support.not_none import not_none

SUBJECT = Subject("recording", "traffic")


def reads(scenario: str, polls: int, *edits: Edit, session: int = 0, start: int = 0) -> list[Exchange]:
    """Reads of a session from second `start` on, a second apart; another `session` has another id."""

    def of_session(exchange: Exchange) -> Exchange:
        own = f"{exchange.request.url[:-36]}{session:08x}{exchange.request.url[-28:]}"
        response = not_none(exchange.response)
        body = response.body.replace(exchange.request.url[-36:].encode(), own[-36:].encode())
        request = replace(exchange.request, url=own)
        return replace(exchange, request=request, response=replace(response, body=body))

    wrong = [fault("edited", scenario, *edits)] if edits else []
    known = Context(recorded=True)
    return [
        replace(of_session(each), at=Instant(NOON + (start + session + poll) * SECOND, 9), context=known)
        for poll, each in enumerate(simulate_server(scenario, polls, wrong, clock=noon))
    ]


def observed(
    exchanges: Sequence[Exchange], budget: int = 64_000_000, kept: list[list[Exchange]] | None = None
) -> tuple[Observer, list[tuple[Rule, Finding]]]:
    """What becomes of reads."""
    said: list[tuple[Rule, Finding]] = []
    keep = (lambda batch: kept.append(list(batch))) if kept is not None else None
    observer = Observer(SUBJECT, lambda *found: said.append(found), Secrets(), keep, budget)
    with observer:
        for exchange in exchanges:
            observer.read(exchange, None)
    return observer, said


def totals(observer: Observer) -> dict[str, int]:
    return {verdict.rule.id: verdict.total for verdict in observer.report("here").rules if verdict.total}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_verdict_is_that_of_all_reads(scenario: str) -> None:
    """One by one, in a thread, the rules come to what they come to at once."""
    exchanges = reads(scenario, 5)
    at_once = judge(exchanges, RULES, SUBJECT)
    observer, _ = observed(exchanges)
    one_by_one = observer.report("here").rules
    assert [(each.rule.id, each.outcome, each.total) for each in one_by_one] == [
        (each.rule.id, each.outcome, each.total) for each in at_once
    ]


def test_what_is_kept_has_a_budget() -> None:
    """Sessions that were not read for longest are judged and recorded, and what is kept stays within the budget."""
    kept: list[list[Exchange]] = []
    exchanges = [each for session in range(60) for each in reads("lifecycle-paid", 3, session=session)]
    budget = 100_000
    observer = Observer(SUBJECT, lambda *_: None, Secrets(), lambda batch: kept.append(list(batch)), budget)
    with observer:
        for exchange in exchanges:
            observer.read(exchange, None)
    assert len(observer.exchanges) * 3_000 <= budget
    assert len(kept) > 2
    assert len([each for batch in kept for each in batch]) == 180
    whole, _ = observed(exchanges)
    assert [each.outcome for each in observer.report("").rules] == [each.outcome for each in whole.report("").rules]
    notes = observer.report("").notes
    assert notes[1].endswith(" sessions judged before the end, or in parts, because memory is bounded.")


def test_a_session_that_is_read_without_end_is_judged_in_parts() -> None:
    """Its last read begins the next part, so that no step between two is missed, and none is recorded twice."""
    kept: list[list[Exchange]] = []
    before = reads("in-progress", MAX_READS)
    after = reads("in-progress", 1, member("status", "WAITING"), start=MAX_READS)
    observer, said = observed([*before, *after], kept=kept)
    assert "HPP-L02" in totals(observer)
    assert "HPP-L02" in {rule.id for rule, _ in said}
    assert sum(map(len, kept)) == MAX_READS + 1
    assert len(observer.exchanges) == 2


def test_lines_are_bounded() -> None:
    """Of each rule the first findings are told; the report counts all."""
    sessions = range(MAX_LINES + 9)
    exchanges = [each for one in sessions for each in reads("completed-with-order", 1, drop(*OUTCOME), session=one)]
    observer, said = observed(exchanges)
    assert [rule.id for rule, _ in said].count("HPP-C01") == MAX_LINES
    assert totals(observer)["HPP-C01"] == MAX_LINES + 9


def test_what_goes_wrong_is_raised_in_the_end() -> None:
    """When recording fails, clients go on being served, and the end says why."""

    def keep(_: Sequence[Exchange]) -> None:
        raise Unverifiable("x was not written.")

    observer = Observer(SUBJECT, lambda *_: None, Secrets(), keep, budget=1)

    def observe() -> None:
        with observer:
            for exchange in reads("waiting", 300):
                observer.read(exchange, None)

    with pytest.raises(Unverifiable, match="x was not written"):
        observe()


def test_an_order_that_changes_is_announced_once() -> None:
    """What a session showed before is not told again with each further read."""
    first = reads("completed-with-order", 1)
    exchanges = first + reads("completed-with-order", 4, member("order_id", OTHER_UUID), start=1)
    _, said = observed(exchanges)
    assert [rule.id for rule, _ in said].count("HPP-L06") == 1


def test_secrets_are_bounded_and_in_every_form() -> None:
    """Of the newest credentials key, user and pair are known; older ones are forgotten."""
    secrets = Secrets()
    (exchange,) = simulate_server("waiting", clock=noon)
    for number in range(secrets_module.MOST + 1):
        secrets.add(replace(exchange.request, headers=(("Authorization", f"Basic key-{number}"),)))
    secrets.add(replace(exchange.request, headers=(("Authorization", "Basic dXNlcjpwYXNz"), ("authorization", "odd"))))
    assert "key-0" not in secrets.texts
    assert {"user:pass", "user", "pass", "dXNlcjpwYXNz", "odd", "key-100"} <= {*secrets.texts}
