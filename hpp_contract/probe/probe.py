"""Probing: sends the planned reads one after the other and keeps what came back, with what is known about it.

The rules decide what the answers mean; here is decided whether there were any: a gateway, a firewall or a refused key
says nothing about the contract.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from hpp_contract.cases.scenarios import LONGEST, SCENARIOS, session_id
from hpp_contract.engine import Subject
from hpp_contract.model import Exchange
from hpp_contract.probe.open_questions import Answers, learned
from hpp_contract.probe.plan import ProbePlan, reads
from hpp_contract.probe.provision import ProvisionResult, provision
from hpp_contract.probe.sender import Sender
from hpp_contract.probe.target import EMBEDDED, Target
from hpp_contract.probe.wire import HOST_WIDE, TIMEOUT, TransportError
from hpp_contract.rules import blocked_by
from hpp_contract.server import Sandbox, Server

MAX_FAILED_READS: Final = 3
"""Reads, of different kinds, that fail before anything succeeded; then nothing else is asked."""

_REMEDIES: Final = {
    "page": "{host} answers every request with an HTML page ({detail}), not with the API: a gateway or a firewall is "
    "in between, and a runner outside Europe may see nothing else. Run from an allowed network, or check the host.",
    "limited": "{host} answers every request with {detail} (too many requests): wait, and use the key only here.",
    "server": "{host} answers every request with a server error ({detail}): try again later, or check the host.",
}
"""What to do about each value of `blocked_by`, but for `transport`."""

Progress = Callable[[int, int], None]
"""Called with the reads done and the reads planned."""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What a probe found: `exchanges` to judge, in the order they happened.

    `unverified` says why nothing can be concluded; then `exchanges` is empty. `learned` are the documentation's open
    questions, each with what this endpoint answers. `secrets` must not be in any report.
    """

    subject: Subject
    exchanges: tuple[Exchange, ...]
    unverified: str | None = None
    notes: tuple[str, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)
    learned: Answers = ()


def probe(target: Target, plan: ProbePlan = ProbePlan(), on_progress: Progress | None = None) -> ProbeResult:  # noqa: B008  immutable
    """Probe `target` by `plan`. An embedded target is started for as long as that takes.

    Raises UsageProblem where the environment makes probing impossible, and for nothing that the network does.
    """
    with running(target, plan) as (own, plan):
        return _probe(own, plan, on_progress)


@contextmanager
def running(target: Target, plan: ProbePlan) -> Iterator[tuple[Target, ProbePlan]]:
    """The target and plan as they are; an embedded target is started, and both are completed for it.

    Its sessions are one for every scenario, unless the target names others, and they are read until the longest
    scenario has shown its end twice. Raises what `Server` raises.
    """
    if target.base_url is not None:
        yield target, plan
        return
    ids = target.session_ids or tuple(session_id(name) for name in SCENARIOS)
    with Server(sandbox=Sandbox(clock=plan.clock)) as server:
        own = replace(target, base_url=server.url, credentials=server.credentials, session_ids=ids)
        yield own, replace(plan, polls=max(plan.polls, LONGEST + 1))


def _probe(target: Target, plan: ProbePlan, on_progress: Progress | None) -> ProbeResult:
    sender = Sender(target, plan)
    planned = reads(plan, target.session_ids)
    exchanges: list[Exchange] = []
    stalled: set[str] = set()
    for done, read in enumerate(planned, start=1):
        if read.segment in stalled:  # it would stall again, for minutes, and add nothing
            continue
        exchanges.extend(sender.ask(read))
        if exchanges[-1].failure == TIMEOUT:
            stalled.add(read.segment)
        if on_progress is not None:
            on_progress(done, len(planned))
        if _is_hopeless(done, exchanges, sender.error):
            break
    provisioned = None
    if plan.provision and unverified(exchanges, sender.error, target) is None:
        provisioned = provision(sender, plan.order, browser=plan.browser)
        exchanges.extend(provisioned.reads)
    sender.close()
    return _result(target, tuple(exchanges), sender.error, provisioned)


def _is_hopeless(done: int, exchanges: Sequence[Exchange], error: TransportError | None) -> bool:
    """Whether nothing was answered so far and nothing is likely to be."""
    if any(blocked_by(exchange) is None for exchange in exchanges):
        return False
    return done >= MAX_FAILED_READS or (error is not None and error.word in HOST_WIDE)


def _result(
    target: Target, exchanges: tuple[Exchange, ...], error: TransportError | None, provisioned: ProvisionResult | None
) -> ProbeResult:
    subject = Subject("endpoint", EMBEDDED if target.embedded else target.base_url or "", target.embedded)
    why, secrets = unverified(exchanges, error, target), target.credentials.secrets
    if why is not None:
        return ProbeResult(subject, (), why, target.notes, secrets)
    notes = (*target.notes, *_unread(exchanges), *(provisioned.notes if provisioned else ()))
    answers = () if target.embedded and provisioned is None else learned(exchanges, provisioned)
    return ProbeResult(subject, exchanges, None, notes, secrets, answers)


def _unread(exchanges: Sequence[Exchange]) -> Iterator[str]:
    """A note when every known session was refused."""
    asked = [x for x in exchanges if x.context.session == "known" and x.context.credentials == "right"]
    if asked and all(exchange.status in (403, 404) for exchange in asked):
        yield (
            "No session could be read: every id was answered with 403 or 404. Sessions end after 48 hours, and belong "
            "to one merchant and one environment."
        )


def unverified(exchanges: Sequence[Exchange], error: TransportError | None, target: Target) -> str | None:
    """Why nothing can be concluded from these exchanges, in one sentence; None when something can.

    `error` is the last transport error, if there was one.
    """
    authorized = [exchange for exchange in exchanges if exchange.context.credentials == "right"]
    if authorized and all(exchange.status == 401 for exchange in authorized):
        return _refused(target)
    kinds = Counter(blocked_by(exchange) for exchange in exchanges)
    if None in kinds or not kinds:
        return None
    kind = next(name for name, _ in kinds.most_common() if name is not None)
    if kind == "transport" and error is not None:
        sentence = error.sentence(target.host)
    else:
        statuses = sorted({str(exchange.status) for exchange in exchanges if blocked_by(exchange) == kind})
        sentence = _REMEDIES[kind].format(host=target.host, detail=f"HTTP {', '.join(statuses)}")
    return sentence if len(kinds) == 1 else f"No request was answered by the API. Most often: {sentence}"


def _refused(target: Target) -> str:
    if target.credentials.username:
        sent = "as base64 of HPP_USERNAME:HPP_API_KEY; a key that is sent without a user name needs HPP_USERNAME unset"
    else:
        sent = (
            "alone, as `Basic <key>`, without a user name; a key that belongs to a user name needs HPP_USERNAME (such "
            "as M000001-abcdef) beside it"
        )
    return f"{target.host} refuses the credentials (HTTP 401): the key was sent {sent}. Keys differ per environment."
