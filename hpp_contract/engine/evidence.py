"""The parts of a run's evidence, with what each came to, and the redacted text of the exchanges that findings name.
Printers decide how that looks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Final

from hpp_contract.engine.judge import judge
from hpp_contract.engine.report import Outcome, Poll, Report, RuleVerdict, Slice, Subject
from hpp_contract.model import Exchange, Instant
from hpp_contract.model.asked import Asked, asked
from hpp_contract.model.trace import traces
from hpp_contract.privacy.curl import curl
from hpp_contract.privacy.describe import abbreviate
from hpp_contract.privacy.names import is_word
from hpp_contract.privacy.render import render_redacted
from hpp_contract.spec.session import UUID

MAX_SLICES: Final = 60
"""Slices at most: more cannot be read side by side."""

MAX_EXCHANGES: Final = 8
"""Exchanges that are shown together at most."""


def with_evidence(report: Report, exchanges: Sequence[Exchange]) -> Report:
    """The report with its slices, and with the exchanges that its findings name, from the `exchanges` it is about."""
    rules = [verdict.rule for verdict in report.rules]
    subject = Subject("endpoint", "") if report.subject.kind == "drift" else report.subject
    start = min((exchange.at for exchange in exchanges if exchange.at is not None), default=None)
    slices = tuple(
        Slice(name, outcomes_of(judge(group, rules, subject)), reads_of(group, start) if is_session else ())
        for name, group, is_session in (*_sessions(exchanges), *_questions(exchanges))[:MAX_SLICES]
    )
    return replace(report, slices=slices, exchanges=rendered_exchanges(report.rules, exchanges))


def with_commands(report: Report, exchanges: Sequence[Exchange]) -> Report:
    """The report with the curl line of each exchange that its findings or changes name, where an endpoint elsewhere was
    asked."""
    if report.subject.kind not in ("endpoint", "drift") or report.subject.embedded:
        return report
    named = {finding.evidence for verdict in report.rules for finding in verdict.findings}
    named |= {change.example for change in report.changes}
    asked_for = (each for each in reversed(exchanges) if each.evidence in named and not each.context.recorded)
    lines = {each.evidence: line for each in asked_for if (line := curl(each))}
    return replace(report, commands=lines)


def outcomes_of(verdicts: Sequence[RuleVerdict]) -> dict[str, Outcome]:
    """The outcome of each rule that had anything to judge, by its id."""
    return {v.rule.id: v.outcome for v in verdicts if v.outcome is not Outcome.NOT_EXERCISED}


def reads_of(exchanges: Sequence[Exchange], start: Instant | None) -> tuple[Poll, ...]:
    """What each read of a session showed, and how many seconds after `start`."""
    times = [exchange.at - start if exchange.at and start else None for exchange in exchanges]
    return tuple(Poll(at, _word(exchange)) for at, exchange in zip(times, exchanges, strict=True))


def rendered_exchanges(
    verdicts: Sequence[RuleVerdict], exchanges: Sequence[Exchange], of_all: Collection[str] = ()
) -> dict[str, str]:
    """The text of every exchange that a finding names as its evidence. Evidence `of_all` of them has all texts."""
    named = {finding.evidence for verdict in verdicts for finding in verdict.findings}
    texts = {
        exchange.evidence: render_redacted(exchange) for exchange in reversed(exchanges) if exchange.evidence in named
    }
    if everything := named.intersection(of_all):
        texts |= dict.fromkeys(everything, "\n\n".join(map(render_redacted, exchanges[:MAX_EXCHANGES])))
    return texts


def _word(exchange: Exchange) -> str:
    status = (exchange.session or {}).get("status")
    if isinstance(status, str) and is_word(status):
        return status
    return str(exchange.status) if exchange.status is not None else exchange.failure or "no response"


Group = tuple[str, tuple[Exchange, ...], bool]
"""What to call it, its exchanges, and whether it is a session."""


def _sessions(exchanges: Sequence[Exchange]) -> Iterator[Group]:
    for trace in traces(exchange for exchange in exchanges if _question(exchange) is None):
        first = trace.exchanges[0]
        file = PurePath(first.evidence.rpartition("#")[0]).stem if first.at is None else ""
        is_odd = first.context.recorded and not UUID.fullmatch(trace.session_id)
        name = "(some id)" if is_odd else abbreviate(trace.session_id)
        yield f"{file} {name}".strip(), trace.exchanges, True


def _questions(exchanges: Sequence[Exchange]) -> Iterator[Group]:
    groups: dict[str, list[Exchange]] = {}
    for exchange in exchanges:
        question = _question(exchange)
        if question is not None:
            groups.setdefault(question, []).append(exchange)
    yield from ((question, tuple(group), False) for question, group in groups.items())


def _question(exchange: Exchange) -> str | None:
    """What was asked, other than to read a session that there is."""
    if exchange.context.callback:
        return "status callbacks"
    what = asked(exchange)
    if what is not Asked.SESSION:
        return what.replace("-", " ")
    return None if exchange.request.session_id is not None else "other requests"
