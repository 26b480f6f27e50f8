"""A: how a client behaves while it gets its answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from hpp_contract.engine.rule import Finding, rule
from hpp_contract.model import Exchange
from hpp_contract.model.client_read import ClientRead
from hpp_contract.model.exchange import values
from hpp_contract.rules.answer.faults import (
    adapter_fault,
    adapter_variation,
    declare,
    repeat_requests,
    return_error,
    return_other,
    return_problem,
    take,
)
from hpp_contract.rules.served import ServedKind, is_plain_text, served_kind, stalled

SLACK = 2.0
"""Seconds beyond its time-outs that a client may take: starting, connecting, backing off, a busy machine."""

TRIES = 5
"""Requests that one read may send: a challenge and a few retries."""


REFUSED_TRIES = 2
"""Requests of one read that may be answered 401: one without credentials, one with them."""

OWN_LIMIT_S = 12.0
"""Seconds after which a client must have given up, though nobody told it when to."""


def _stalled(read: ClientRead) -> bool:
    answered = read.result.skipped is None and (read.result.problem is None or read.result.hung)
    return answered and read.can.timeout and stalled(read)


@rule(
    "HPP-A33", "time-out-honoured", "must", "inferred", "Polling implies promptness", scope="answer", when=_stalled,
    consequence="set-up", reach="{count} servers that keep silent are/is waited for long after the time-out",
    faults=[adapter_fault("waits-for-ever", "stalls-before-answer", take(60.0)),
            adapter_fault("ignores-stalled-body", "stalls-in-body", take(60.0))],
    variations=[adapter_variation("waits-as-long-for-each-try", "stalls-before-answer", repeat_requests(3), take(2.4))],
)  # fmt: skip
def timeout_honoured(read: ClientRead) -> Iterator[Finding]:
    """A read ends soon after its time-out when the server does not answer.

    A worker that is blocked for good serves no other shopper: a few such reads stop the shop. The time-out is allowed
    for every request that the client tried (five at most), the client's own pauses between them are not counted, and
    two seconds are added for the rest.
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
    consequence="set-up", reach="{count} answers in pieces are/is waited for long after the time-out",
    faults=[adapter_fault("counts-each-piece", "drips", take(2.0))],
    variations=[adapter_variation("gives-up-between-pieces", "drips", return_error(kind="timeout"), take(0.5))],
)  # fmt: skip
def timeout_covers_whole_read(read: ClientRead) -> Iterator[Finding]:
    """The time-out is for the whole read, not for each piece of it.

    A server that sends slowly can hold such a client as long as it likes. Most HTTP libraries offer only a time-out
    for each piece, so this changes no result.
    """
    allowed = read.timeout * len(read.served)
    got_all = read.result.session is not None and read.elapsed > allowed
    if got_all or read.elapsed > allowed + SLACK / 5:
        yield Finding("elapsed", f"about {read.timeout:g} s in all", f"{read.elapsed:.1f} s")


def _asked(read: ClientRead) -> bool:
    return bool(read.served)


@rule(
    "HPP-A35", "retries-bounded", "should", "inferred", "Rate limits", scope="answer", when=_asked,
    consequence="set-up", reach="{count} reads send/sends too many requests",
    faults=[adapter_fault("hammers", "unavailable-503", repeat_requests(20)),
            adapter_fault("reads-six-times", "waiting", repeat_requests(6)),
            adapter_fault("insists-on-refused-key", "unauthorized", repeat_requests(3))],
    variations=[adapter_variation("asks-five-times", "unavailable-503", repeat_requests(5)),
                adapter_variation("tries-a-refused-key-twice", "unauthorized", repeat_requests(2))],
)  # fmt: skip
def retries_bounded(read: ClientRead) -> Iterator[Finding]:
    """One read sends at most five requests, retries and challenge included, and at most two that are answered 401.

    A client that keeps trying makes an outage worse, and its caller learns of it late. A key that was refused does not
    become right by being sent again.
    """
    refused = sum(exchange.status == 401 for exchange in read.served)
    if len(read.served) > TRIES:
        yield Finding("requests", f"at most {TRIES} for one read", str(len(read.served)))
    elif refused > REFUSED_TRIES:
        yield Finding("requests", f"at most {REFUSED_TRIES} that are answered 401", str(refused))


def _follow(read: ClientRead) -> ClientRead:
    """Ask at the other host too, without credentials."""
    bare = (replace(exchange, request=replace(exchange.request, headers=())) for exchange in read.served)
    return replace(read, other_host_requests=tuple(bare))


def _redirected(read: ClientRead) -> bool:
    by_server = any(300 <= (exchange.status or 0) < 400 for exchange in read.served)
    return by_server or bool(read.other_host_requests)


@rule(
    "HPP-A36", "credentials-stay", "must", "standard", "RFC 9110 §15.4 Redirection", scope="answer",
    when=_redirected,
    consequence="credentials", reach="{count} redirects take/takes the credentials to another host",
    faults=[adapter_fault("takes-credentials-along", "redirect-elsewhere",
                lambda read: replace(read, other_host_requests=read.served))],
    variations=[adapter_variation("follows-without-credentials", "redirect-elsewhere", _follow)],
)  # fmt: skip
def credentials_stay(read: ClientRead) -> Iterator[Finding]:
    """Credentials never follow a redirect to another host.

    Whoever can redirect a request is given the API key, and reads or disables every session of the merchant with it.
    """
    for exchange in read.other_host_requests:
        if values(exchange.request.headers, "authorization"):
            yield Finding("header Authorization", "absent towards another host", "sent there", exchange.evidence)


def _run(read: ClientRead) -> bool:
    return read.result.skipped is None and not (read.result.hung and stalled(read))


@rule(
    "HPP-A37", "gives-an-answer", "must", "inferred", "Adapter protocol", scope="answer", when=_run,
    consequence="unreadable", reach="{count} reads end/ends in neither a session nor an error: {found}",
    faults=[adapter_fault("crashes", "waiting", return_problem("the adapter ended with exit code 1")),
            adapter_fault("prints-on-stdout", "smoke", return_problem("a line on stdout that is no JSON object")),
            adapter_fault("returns-a-number", "waiting", return_other("an int, which has no member of a session"))],
    variations=[adapter_variation("takes-a-second", "smoke", take(1.0))],
)  # fmt: skip
def gives_an_answer(read: ClientRead) -> Iterator[Finding]:
    """Every read ends in a session or an error: no crash, no hang, nothing else.

    No caller can handle a crash of its whole process or a call that never returns: every shopper who is being served
    then is lost.
    """
    found = read.result.problem
    readable = served_kind(read) in _READABLE and is_plain_text(read) and read.unproven is None
    if read.result.other is not None and readable:
        found = f"the client returned {read.result.other}"
    if found is not None:
        yield Finding("answer", "a session or an error", found)


_READABLE = (ServedKind.SESSION, ServedKind.ODD, ServedKind.NOTHING)
"""Where a session can be expected, in a body that is plain JSON; what is taken for one elsewhere has rules of its
own."""


def _on_its_own(read: ClientRead) -> bool:
    """The client cannot be told when to give up, and the server kept silent longer than anybody waits."""
    return read.result.skipped is None and not read.can.timeout and read.case == SILENT


@rule(
    "HPP-A39", "gives-up-by-itself", "should", "inferred", "Polling implies promptness", scope="answer",
    when=_on_its_own,
    consequence="set-up", reach="a server that keeps silent is waited for, and nobody can stop it",
    faults=[adapter_fault("gives-up-never", "stalls-before-answer", declare(timeout=False), take(OWN_LIMIT_S + 0.5))],
    variations=[adapter_variation("gives-up-after-ten-seconds", "stalls-before-answer", declare(timeout=False),
                    take(10.0))],
)  # fmt: skip
def gives_up_by_itself(read: ClientRead) -> Iterator[Finding]:
    """A client to which no time-out can be given has one of its own, of twelve seconds at most.

    Its caller can do nothing about a server that does not answer.
    """
    if read.elapsed >= OWN_LIMIT_S:
        yield Finding("elapsed", f"less than {OWN_LIMIT_S:g} s",
                      f"still waiting after {OWN_LIMIT_S:g} s, and cannot be told to stop")  # fmt: skip


SILENT = "stalls-before-answer"
"""The case in which the server does not answer."""
