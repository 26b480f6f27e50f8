"""A: how a client behaves while it gets its answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from hpp_contract.engine.rule import Finding, rule
from hpp_contract.model import Exchange
from hpp_contract.model.client_read import ClientRead
from hpp_contract.model.exchange import values
from hpp_contract.rules.answer.faults import adapter_fault, return_problem, take
from hpp_contract.rules.served import stalled

SLACK = 2.0
"""Seconds beyond its time-outs that a client may take: starting, connecting, backing off, a busy machine."""

TRIES = 5
"""Requests that one read may send: a challenge and a few retries."""


def _stalled(answer: ClientRead) -> bool:
    answered = answer.result.skipped is None and (answer.result.problem is None or answer.result.hung)
    return answered and answer.can.timeout and stalled(answer)


@rule(
    "HPP-A33", "time-out-honoured", "must", "inferred", "Polling implies promptness", scope="answer", when=_stalled,
    faults=[adapter_fault("waits-for-ever", "stalls-before-answer", take(60.0)),
            adapter_fault("ignores-stalled-body", "stalls-in-body", take(60.0))],
)  # fmt: skip
def timeout_honoured(answer: ClientRead) -> Iterator[Finding]:
    """A read ends soon after its time-out when the server does not answer.

    A read that never ends blocks a worker. The time-out is allowed for every request that the client tried (five at
    most), the client's own pauses between them are not counted, and two seconds are added for the rest.
    """
    tries = answer.served[:TRIES]
    allowed = answer.timeout * max(1, len(tries)) + _pauses(tries, answer.timeout) + SLACK
    if answer.elapsed > allowed:
        more = "still waiting after " if answer.result.hung else ""
        yield Finding("elapsed", f"at most {allowed:.1f} s for a time-out of {answer.timeout:g} s",
                      f"{more}{answer.elapsed:.1f} s")  # fmt: skip


def _pauses(tries: Iterable[Exchange], timeout: float) -> float:
    """Seconds for which the client backed off between its requests, beyond their time-outs."""
    times = [exchange.at for exchange in tries if exchange.at is not None]
    return sum(max(0.0, later - earlier - timeout) for earlier, later in pairwise(times))


def _drips(answer: ClientRead) -> bool:
    response = answer.last.response if answer.last is not None else None
    answered = answer.result.session is not None or answer.result.failure is not None
    total = sum(response.pauses) if response is not None else 0.0
    return answered and answer.can.timeout and not stalled(answer) and total > answer.timeout


@rule(
    "HPP-A34", "time-out-covers-whole-read", "info", "inferred", "Polling implies promptness", scope="answer",
    when=_drips,
    faults=[adapter_fault("counts-each-piece", "drips", take(2.0))],
)  # fmt: skip
def timeout_covers_whole_read(answer: ClientRead) -> Iterator[Finding]:
    """The time-out is for the whole read, not for each piece of it.

    A server that sends slowly can hold such a client as long as it likes. Most HTTP libraries offer only a time-out
    for each piece, so this changes no result.
    """
    allowed = answer.timeout * len(answer.served) + SLACK / 5
    if answer.elapsed > allowed:
        yield Finding("elapsed", f"about {answer.timeout:g} s in all", f"{answer.elapsed:.1f} s")


def _asked(answer: ClientRead) -> bool:
    return bool(answer.served)


@rule(
    "HPP-A35", "retries-bounded", "should", "inferred", "Rate limits", scope="answer", when=_asked,
    faults=[adapter_fault("hammers", "unavailable-503", lambda answer: replace(answer, served=answer.served * 20)),
            adapter_fault("reads-six-times", "waiting", lambda answer: replace(answer, served=answer.served * 6))],
)  # fmt: skip
def retries_bounded(answer: ClientRead) -> Iterator[Finding]:
    """One read sends at most five requests, retries and challenge included.

    A client that keeps trying makes an outage worse, and its caller learns of it late.
    """
    if len(answer.served) > TRIES:
        yield Finding("requests", f"at most {TRIES} for one read", str(len(answer.served)))


def _redirected(answer: ClientRead) -> bool:
    by_server = any(300 <= (exchange.status or 0) < 400 for exchange in answer.served)
    return by_server or bool(answer.other_host_requests)


@rule(
    "HPP-A36", "credentials-stay", "must", "standard", "RFC 9110 §15.4 Redirection", scope="answer",
    when=_redirected,
    faults=[adapter_fault("takes-credentials-along", "redirect-elsewhere",
                lambda answer: replace(answer, other_host_requests=answer.served))],
)  # fmt: skip
def credentials_stay(answer: ClientRead) -> Iterator[Finding]:
    """Credentials never follow a redirect to another host.

    Another host would get the API key.
    """
    for exchange in answer.other_host_requests:
        if values(exchange.request.headers, "authorization"):
            yield Finding("header Authorization", "absent towards another host", "sent there", exchange.evidence)


def _run(answer: ClientRead) -> bool:
    return answer.result.skipped is None and not (answer.result.hung and stalled(answer))


@rule(
    "HPP-A37", "gives-an-answer", "must", "inferred", "Adapter protocol", scope="answer", when=_run,
    faults=[adapter_fault("crashes", "waiting", return_problem("the adapter ended with exit code 1")),
            adapter_fault("prints-on-stdout", "smoke", return_problem("a line on stdout that is no JSON object"))],
)  # fmt: skip
def gives_an_answer(answer: ClientRead) -> Iterator[Finding]:
    """Every read ends in a session or an error: no crash, no hang, nothing else.

    No caller can handle a crash of the whole process, or a call that never returns.
    """
    if answer.result.problem is not None:
        yield Finding("answer", "a session or an error", answer.result.problem)
