"""Playing one case: every read of it, and what was seen on both channels."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from hpp_contract.cases import Case
from hpp_contract.cases.case import SHORT
from hpp_contract.client.adapters.adapter import Adapter, Ask
from hpp_contract.client.case_server import CaseServer
from hpp_contract.engine.rule import Finding
from hpp_contract.model import Exchange
from hpp_contract.model.client_read import ClientRead, ClientResult
from hpp_contract.model.credentials import Credentials

SHORT_READ_LIMIT_S: Final = 5.0
"""Seconds after which a client that was given SHORT has shown enough."""


@dataclass(frozen=True)
class CaseResult:
    """A case as it went: the answers to its reads, the exchanges they caused, and what the case itself found amiss."""

    case: Case
    answers: tuple[ClientRead, ...]
    exchanges: tuple[Exchange, ...]
    extra_findings: tuple[tuple[str, Finding], ...] = ()

    @property
    def problem(self) -> str | None:
        return next((answer.result.problem for answer in self.answers if answer.result.problem), None)

    @property
    def skipped(self) -> str | None:
        return next((answer.result.skipped for answer in self.answers if answer.result.skipped), None)


def run_case(case: Case, stage: CaseServer, adapter: Adapter, wait: float, evidence: str) -> CaseResult:
    """Ask for every read of `case`, for at most `wait` seconds each; a read that gives no answer is the last.

    Raises what the adapter raises, and SystemRefused when a server could not do its part: no answer then counts.
    """
    answers: list[ClientRead] = []
    leash = min(wait, SHORT_READ_LIMIT_S) if case.timeout == SHORT else wait
    for number, ask in enumerate(_asks(case, stage)):
        if number and case.pause:
            time.sleep(case.pause)
        told, elapsed = adapter.read(ask, leash)
        stage.check()
        answer = _answer(case, number, told, stage, answers)
        answers.append(replace(answer, can=adapter.can, elapsed=elapsed, evidence=evidence))
        if told.problem or told.skipped:
            break
    if case.needs_base_url and adapter.can.base_url != "native":
        return CaseResult(case, (), ())
    exchanges = tuple(_placed(exchange, case) for name in case.uuids for exchange in stage.seen(name))
    played = CaseResult(case, tuple(answers), exchanges)
    answered = not played.problem and not played.skipped
    return replace(played, extra_findings=tuple(_missing_requests(case, stage)) if answered else ())


def _asks(case: Case, stage: CaseServer) -> Iterator[Ask]:
    who = case.credentials
    for name, session_id in case.read_ids():
        yield Ask(name, stage.base_url(case), who.username or "", who.api_key, session_id, case.timeout, stage.ca_file)


def _answer(case: Case, number: int, told: ClientResult, stage: CaseServer, before: list[ClientRead]) -> ClientRead:
    """The answer to read `number`, with the exchanges that came since the read before."""
    session = case.reads[number]
    own, decoy = case.uuids[session], case.uuids[-1]
    earlier = tuple(x for answer in before if answer.asked == case.sessions[session] for x in answer.served)
    seen = stage.seen(own, at_least=len(earlier) + (told.problem is None and told.skipped is None))
    known = {id(exchange) for answer in before for exchange in answer.served}
    others = tuple(x for name in case.uuids[:-1] if name != own for x in stage.seen(name))
    return ClientRead(
        case.name,
        case.sessions[session],
        told,
        tuple(exchange for exchange in (*seen, *stage.seen(decoy)) if id(exchange) not in known),
        earlier,
        others,
        tuple(x for name in case.uuids for x in stage.other_host_requests(name)),
        timeout=case.timeout,
        secrets=secrets(case.credentials),
    )


def secrets(credentials: Credentials) -> tuple[str, ...]:
    """What no error may repeat: the key and whatever holds it; a username alone opens nothing."""
    return tuple(secret for secret in credentials.secrets if secret != credentials.username)


def _placed(exchange: Exchange, case: Case) -> Exchange:
    """The exchange with what this case knows about where its requests belong."""
    return replace(exchange, context=replace(exchange.context, base_path=case.base_path.rstrip("/")))


def _missing_requests(case: Case, stage: CaseServer) -> Iterator[tuple[str, Finding]]:
    """What no single request shows: that none came for a session, or none for its id as it is.

    Where an odd id or key makes the case, a client may refuse to ask at all.
    """
    odd = "HPP-R02" in case.exempt_rules
    for session in dict.fromkeys(case.reads):
        came = (*stage.seen(case.uuids[session]), *stage.seen(case.uuids[-1]))
        if odd and came and all(exchange.request.session_id != case.sessions[session] for exchange in came):
            yield "HPP-R03", Finding("request path", "the id as one encoded segment", "no request for this id came")
        elif not odd and not came:
            path = "{base}/hpp/v1/sessions/{session_id}"
            yield "HPP-R02", Finding("request path", path, "no request for this session came")
