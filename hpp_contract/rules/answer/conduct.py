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


def _stalled(read: ClientRead) -> bool:
    answered = read.result.skipped is None and (read.result.problem is None or read.result.hung)
    return answered and read.can.timeout and stalled(read)


@rule(
    "HPP-A33", "time-out-honoured", "must", "inferred", "Polling implies promptness", scope="answer", when=_stalled,
    faults=[adapter_fault("waits-for-ever", "stalls-before-answer", take(60.0)),
            adapter_fault("ignores-stalled-body", "stalls-in-body", take(60.0))],
)  # fmt: skip
def timeout_honoured(read: ClientRead) -> Iterator[Finding]:
    """A read ends soon after its time-out when the server does not answer.

    A read that never ends blocks a worker. The time-out is allowed for every request that the client tried (five at
    most), the client's own pauses between them are not counted, and two seconds are added for the rest.
    """
    tries = read.served[:TRIES]
    allowed = read.timeout * max(1, len(tries)) + _pauses(tries, read.timeout) + SLACK
    if read.elapsed > allowed:
        more = "still waiting after " if read.result.hung else ""
        yield Finding("elapsed", f"at most {allowed:.1f} s for a time-out of {read.timeout:g} s",
                      f"{more}{read.elapsed:.1f} s")  # fmt: skip


def _pauses(tries: Iterable[Exchange], timeout: float) -> float:
    """Seconds for which the client backed off between its requests, beyond their time-outs."""
    times = [exchange.at for exchange in tries if exchange.at is not None]
    return sum(max(0.0, later - earlier - timeout) for earlier, later in pairwise(times))


def _drips(read: ClientRead) -> bool:
    answered = read.result.session is not None or read.result.failure is not None
    total = sum(read.response.pauses) if read.response is not None else 0.0
    return answered and read.can.timeout and not stalled(read) and total > read.timeout


@rule(
    "HPP-A34", "time-out-covers-whole-read", "info", "inferred", "Polling implies promptness", scope="answer",
    when=_drips,
    faults=[adapter_fault("counts-each-piece", "drips", take(2.0))],
)  # fmt: skip
def timeout_covers_whole_read(read: ClientRead) -> Iterator[Finding]:
    """The time-out is for the whole read, not for each piece of it.

    A server that sends slowly can hold such a client as long as it likes. Most HTTP libraries offer only a time-out
    for each piece, so this changes no result.
    """
    allowed = read.timeout * len(read.served) + SLACK / 5
    if read.elapsed > allowed:
        yield Finding("elapsed", f"about {read.timeout:g} s in all", f"{read.elapsed:.1f} s")


def _asked(read: ClientRead) -> bool:
    return bool(read.served)


@rule(
    "HPP-A35", "retries-bounded", "should", "inferred", "Rate limits", scope="answer", when=_asked,
    faults=[adapter_fault("hammers", "unavailable-503", lambda read: replace(read, served=read.served * 20)),
            adapter_fault("reads-six-times", "waiting", lambda read: replace(read, served=read.served * 6))],
)  # fmt: skip
def retries_bounded(read: ClientRead) -> Iterator[Finding]:
    """One read sends at most five requests, retries and challenge included.

    A client that keeps trying makes an outage worse, and its caller learns of it late.
    """
    if len(read.served) > TRIES:
        yield Finding("requests", f"at most {TRIES} for one read", str(len(read.served)))


def _redirected(read: ClientRead) -> bool:
    by_server = any(300 <= (exchange.status or 0) < 400 for exchange in read.served)
    return by_server or bool(read.other_host_requests)


@rule(
    "HPP-A36", "credentials-stay", "must", "standard", "RFC 9110 §15.4 Redirection", scope="answer",
    when=_redirected,
    faults=[adapter_fault("takes-credentials-along", "redirect-elsewhere",
                lambda read: replace(read, other_host_requests=read.served))],
)  # fmt: skip
def credentials_stay(read: ClientRead) -> Iterator[Finding]:
    """Credentials never follow a redirect to another host.

    Another host would get the API key.
    """
    for exchange in read.other_host_requests:
        if values(exchange.request.headers, "authorization"):
            yield Finding("header Authorization", "absent towards another host", "sent there", exchange.evidence)


def _run(read: ClientRead) -> bool:
    return read.result.skipped is None and not (read.result.hung and stalled(read))


@rule(
    "HPP-A37", "gives-an-answer", "must", "inferred", "Adapter protocol", scope="answer", when=_run,
    faults=[adapter_fault("crashes", "waiting", return_problem("the adapter ended with exit code 1")),
            adapter_fault("prints-on-stdout", "smoke", return_problem("a line on stdout that is no JSON object"))],
)  # fmt: skip
def gives_an_answer(read: ClientRead) -> Iterator[Finding]:
    """Every read ends in a session or an error: no crash, no hang, nothing else.

    No caller can handle a crash of the whole process, or a call that never returns.
    """
    if read.result.problem is not None:
        yield Finding("answer", "a session or an error", read.result.problem)
