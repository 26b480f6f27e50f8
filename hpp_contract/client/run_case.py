"""Running one case: every read of it, what the client returned, and what the server saw."""

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
from hpp_contract.spec.endpoint import SESSION_PATH

SHORT_READ_LIMIT_S: Final = 5.0
"""Seconds to wait at most for a client that was given a time-out of SHORT."""


@dataclass(frozen=True)
class CaseResult:
    """What came of a case: its reads, the exchanges they caused, and findings about the case as a whole, by rule id."""

    case: Case
    reads: tuple[ClientRead, ...]
    exchanges: tuple[Exchange, ...]
    extra_findings: tuple[tuple[str, Finding], ...] = ()

    @property
    def problem(self) -> str | None:
        return next((read.result.problem for read in self.reads if read.result.problem), None)

    @property
    def skipped(self) -> str | None:
        return next((read.result.skipped for read in self.reads if read.result.skipped), None)


def run_case(case: Case, server: CaseServer, adapter: Adapter, wait: float, evidence: str) -> CaseResult:
    """Ask for every read of `case`, for at most `wait` seconds each; a read without an answer is the last.

    `evidence` is the command that runs the case again. Raises what the adapter raises, and SystemRefused when the
    system refused a server what it needed: then no answer counts.
    """
    reads: list[ClientRead] = []
    limit = min(wait, SHORT_READ_LIMIT_S) if case.timeout == SHORT else wait
    for number, ask in enumerate(_asks(case, server)):
        if number and case.pause:
            time.sleep(case.pause)
        result, elapsed = adapter.read(ask, limit)
        server.check()
        read = _read(case, number, result, server, reads)
        reads.append(replace(read, can=adapter.can, elapsed=elapsed, evidence=evidence))
        if result.problem or result.skipped:
            break
    if case.needs_base_url and adapter.can.base_url != "native":
        return CaseResult(case, (), ())
    exchanges = tuple(_with_base_path(exchange, case) for name in case.uuids for exchange in server.seen(name))
    done = CaseResult(case, tuple(reads), exchanges)
    answered = not done.problem and not done.skipped
    return replace(done, extra_findings=tuple(_missing_requests(case, server)) if answered else ())


def _asks(case: Case, server: CaseServer) -> Iterator[Ask]:
    who = case.credentials
    for name, session_id in case.read_ids():
        yield Ask(
            name, server.base_url(case), who.username or "", who.api_key, session_id, case.timeout, server.ca_file
        )


def _read(case: Case, number: int, result: ClientResult, server: CaseServer, before: list[ClientRead]) -> ClientRead:
    """Read `number` of the case, with the exchanges that came since the read before."""
    session = case.reads[number]
    own, decoy = case.uuids[session], case.uuids[-1]
    earlier = tuple(x for read in before if read.asked == case.sessions[session] for x in read.served)
    seen = server.seen(own, at_least=len(earlier) + (result.problem is None and result.skipped is None))
    earlier_ids = {id(exchange) for read in before for exchange in read.served}
    others = tuple(x for name in case.uuids[:-1] if name != own for x in server.seen(name))
    return ClientRead(
        case.name,
        case.sessions[session],
        result,
        tuple(exchange for exchange in (*seen, *server.seen(decoy)) if id(exchange) not in earlier_ids),
        earlier,
        others,
        tuple(x for name in case.uuids for x in server.other_host_requests(name)),
        timeout=case.timeout,
        secrets=secrets(case.credentials),
    )


def secrets(credentials: Credentials) -> tuple[str, ...]:
    """What no error may repeat: the key, and texts that contain it. A username alone is no secret."""
    return tuple(secret for secret in credentials.secrets if secret != credentials.username)


def _with_base_path(exchange: Exchange, case: Case) -> Exchange:
    """The exchange with the base path that this case's requests must have."""
    return replace(exchange, context=replace(exchange.context, base_path=case.base_path.rstrip("/")))


def _missing_requests(case: Case, server: CaseServer) -> Iterator[tuple[str, Finding]]:
    """Findings that no single request shows: none came for a session, or none for its exact id.

    In a case with an unusual id or key, a client may refuse to send a request at all.
    """
    may_refuse = "HPP-R02" in case.exempt_rules
    for session in dict.fromkeys(case.reads):
        came = (*server.seen(case.uuids[session]), *server.seen(case.uuids[-1]))
        if may_refuse and came and all(exchange.request.session_id != case.sessions[session] for exchange in came):
            yield "HPP-R03", Finding("request path", "the id as one encoded segment", "no request for this id came")
        elif not may_refuse and not came:
            yield "HPP-R02", Finding("request path", "{base}" + SESSION_PATH, "no request for this session came")
