"""Running one case: every read of it, what the client returned, and what the server saw."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from hpp_contract.cases import Case
from hpp_contract.cases.case import SHORT
from hpp_contract.client.adapters.adapter import Adapter, Ask
from hpp_contract.client.case_server import CaseServer
from hpp_contract.engine.deadline import NEVER, Deadline
from hpp_contract.engine.rule import Finding, Severity
from hpp_contract.model import Exchange
from hpp_contract.model.client_read import ClientRead, ClientResult, Failure
from hpp_contract.model.credentials import Credentials
from hpp_contract.privacy.describe import abbreviate
from hpp_contract.privacy.redact import Redactor
from hpp_contract.rules import OWN_LIMIT_S, SILENT, ServedKind, served_kind
from hpp_contract.server import ends_connection
from hpp_contract.spec.endpoint import SESSION_PATH
from hpp_contract.spec.session import UUID

SHORT_READ_LIMIT_S: Final = 5.0
"""Seconds to wait at most for a client that was given a time-out of SHORT."""

HANG_S: Final = 3.0
"""Seconds to wait at least for one: after fewer, nobody can tell a hang from a client that will give up in time."""

WARM_UP: Final = 3
"""Tries at a case with a time-out of SHORT until a request comes: a client that has just been started, or a busy
machine, may need all of that time before it asks."""

REASON: Final = 200
"""Characters of a client's own reason that a finding shows."""


@dataclass(frozen=True)
class CaseResult:
    """What came of a case: its reads, the exchanges they caused, and findings about the case as a whole, by rule id.
    `left_out` says why it was not run, in words."""

    case: Case
    reads: tuple[ClientRead, ...]
    exchanges: tuple[Exchange, ...]
    extra_findings: tuple[tuple[str, Finding], ...] = ()
    left_out: str | None = None

    @property
    def problem(self) -> str | None:
        return next((read.result.problem for read in self.reads if read.result.problem), None)

    @property
    def is_silent(self) -> bool:
        """Whether nothing came of it that a caller could use: a hang, or no session where one was due. What ends where
        an error is due may answer other cases well."""
        due = (ServedKind.SESSION, ServedKind.NOTHING)
        useless = ((read.result.problem or read.result.other) and served_kind(read) in due for read in self.reads)
        return any(read.result.hung for read in self.reads) or any(useless)

    @property
    def skipped(self) -> str | None:
        return next((read.result.skipped for read in self.reads if read.result.skipped), None)


@dataclass(frozen=True)
class Before:
    """What came before a case: the name of the last case after which the server had closed the client's connection,
    if nothing was asked since; and whether the client gave up there on a server that answered at once."""

    closed_in: str = ""
    timed_out: bool = False


def run_case(
    case: Case,
    server: CaseServer,
    adapter: Adapter,
    wait: float,
    evidence: str,
    before: Before = Before(),
    deadline: Deadline = NEVER,
) -> CaseResult:
    """Ask for every read of `case`, for at most `wait` seconds each and never after the `deadline`; a read without an
    answer is the last.

    `evidence` is the command that runs the case again. Raises what the adapter raises, and SystemRefused when the
    system refused a server what it needed: then no answer counts.
    """
    adapter.start()
    if left_out := _left_out(case, adapter):
        return CaseResult(case, (), (), left_out=left_out)
    handshakes = server.failed_handshakes
    again = not before.timed_out and case.timeout != SHORT
    how = _at_once if case.concurrent else partial(_in_turn, again=again)
    for _ in range(WARM_UP if case.timeout == SHORT else 1):
        reads = how(case, server, adapter, wait, deadline)
        if any(read.served or read.result.failure is None for read in reads):
            break
    reads = tuple(replace(read, can=adapter.can, evidence=evidence) for read in reads)
    if left_out := _left_out(case, adapter):  # a hello may come late
        return CaseResult(case, (), (), left_out=left_out)
    exchanges = tuple(_with_base_path(exchange, case) for name in case.uuids for exchange in server.seen(name))
    done = CaseResult(case, reads, exchanges)
    if done.problem or done.skipped or case.unproven is not None:
        return done
    why = _reason(reads, case, handshake_failed=server.failed_handshakes > handshakes)
    return replace(done, extra_findings=tuple(_missing_requests(case, server, why, before, reads)))


def _left_out(case: Case, adapter: Adapter) -> str | None:
    """Why the client cannot be asked this."""
    base_url = adapter.can.base_url
    if (case.needs_base_url and base_url != "native") or (case.unproven is not None and base_url == "patched"):
        return "the client cannot be given a base URL"
    if case.concurrent and not adapter.can.concurrent:
        return "the client does not declare that it is concurrent"
    return None


def _in_turn(
    case: Case, server: CaseServer, adapter: Adapter, wait: float, deadline: Deadline, *, again: bool
) -> tuple[ClientRead, ...]:
    """The reads, one after the other. With `again` the first that gave up on a server that answered at once is made
    twice: a busy machine may take all the time that it had."""
    reads: list[ClientRead] = []

    def made(number: int, ask: Ask) -> ClientRead:
        result, elapsed = adapter.read(ask, min(_limit(case, adapter, wait), deadline.left))
        server.check()
        return replace(_read(case, number, result, server, reads), elapsed=elapsed)

    for number, ask in enumerate(_asks(case, server)):
        if number and case.pause:
            server.settle()
            time.sleep(case.pause)
        read = made(number, ask)
        if again and timed_out(read) and len(read.served) <= 1:
            again = False
            read = made(number, ask)
        reads.append(read)
        if read.result.problem or read.result.skipped:
            break
    return tuple(reads)


def timed_out(read: ClientRead) -> bool:
    """Whether the client reports a time-out where the server answered at once, or was never asked."""
    late = any(x.failure or x.elapsed or x.response is None or x.response.pauses for x in read.served)
    failure = read.result.failure
    return failure is not None and failure.kind == "timeout" and not late


def _at_once(
    case: Case, server: CaseServer, adapter: Adapter, wait: float, deadline: Deadline
) -> tuple[ClientRead, ...]:
    """The reads, all at the same time."""
    results = adapter.read_together(tuple(_asks(case, server)), min(wait, deadline.left))
    server.check()
    reads: list[ClientRead] = []
    for number, (result, elapsed) in enumerate(results):
        reads.append(replace(_read(case, number, result, server, reads), elapsed=elapsed))
    return tuple(reads)


def _limit(case: Case, adapter: Adapter, wait: float) -> float:
    """Seconds to wait for one read."""
    if case.name == SILENT and not adapter.can.timeout:
        return OWN_LIMIT_S
    return max(HANG_S, min(wait, SHORT_READ_LIMIT_S)) if case.timeout == SHORT else wait


def _asks(case: Case, server: CaseServer) -> Iterator[Ask]:
    who = case.credentials
    for name, session_id in case.read_ids():
        yield Ask(
            name, server.base_url(case), who.username or "", who.api_key, session_id, case.timeout, server.ca_file
        )


def _read(case: Case, number: int, result: ClientResult, server: CaseServer, before: list[ClientRead]) -> ClientRead:
    """Read `number` of the case, with the exchanges that came since the read before."""
    session = case.reads[number]
    spoken_to = server.spoken_to(case)
    own, decoy = case.uuids[session], case.uuids[-1]
    earlier = tuple(x for read in before if read.asked == case.sessions[session] for x in read.served)
    answered = result.skipped is None and (result.problem is None or result.hung) and case.unproven is None
    seen = server.seen(own, at_least=len(earlier) + answered)
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
        unproven=case.unproven,
        spoken_to=spoken_to,
        secrets=secrets(case.credentials),
    )


def secrets(credentials: Credentials) -> tuple[str, ...]:
    """What no error may repeat: the key, and texts that contain it. A username alone is no secret."""
    return tuple(secret for secret in credentials.secrets if secret != credentials.username)


def _with_base_path(exchange: Exchange, case: Case) -> Exchange:
    """The exchange with the path of the base URL that this case's requests were given."""
    return replace(exchange, context=replace(exchange.context, base_path=case.base_path))


def closes_connection(read: ClientRead) -> bool:
    """Whether the server closed the connection that this read came over."""
    last = read.last
    return last is not None and (last.failure is not None or last.response is None or ends_connection(last.response))


def lacks_credentials(read: ClientRead) -> bool:
    """Whether the server refused this read in the end for its credentials, and sent nobody elsewhere before."""
    last = read.last
    refused = last is not None and last.status == 401 and last.context.credentials in ("none", "wrong")
    return refused and not any(300 <= (exchange.status or 0) < 400 for exchange in read.served)


def _missing_requests(
    case: Case, server: CaseServer, why: str, before: Before, reads: Sequence[ClientRead]
) -> Iterator[tuple[str, Finding]]:
    """Findings that no single request shows: none came for a session, or none for its exact id.

    In a case with an unusual id or key, a client may refuse to send a request at all. One that keeps a connection after
    the server has closed it cannot send any.
    """
    may_refuse = "HPP-R02" in case.exempt_rules
    failed = any(read.result.failure is not None for read in reads)
    for session in dict.fromkeys(case.reads):
        came = (*server.seen(case.uuids[session]), *server.seen(case.uuids[-1]))
        wanted = case.sessions[session].strip()  # what an id from a file ends in may be cut off
        if may_refuse and came and all((exchange.request.session_id or "").strip() != wanted for exchange in came):
            found = f"no request for this id came; asked instead: {_asked(came[-1], case)}"
            yield "HPP-R03", Finding("request path", "the id as one encoded segment", found)
        elif not may_refuse and not came and failed and before.closed_in:
            closed = f"no request came{why}; the server had closed the connection in {before.closed_in}"
            yield "HPP-A21", Finding("answer", "the session", closed)
        elif not may_refuse and not came:
            weight = Severity.SHOULD if case.base_path.endswith("/") else None  # as for a slash too many
            found = f"no request for this session came{why}"
            yield "HPP-R02", Finding("request path", "{base}" + SESSION_PATH, found, severity=weight)


def _reason(reads: Sequence[ClientRead], case: Case, *, handshake_failed: bool) -> str:
    """What is known of why a request never came, as the end of a sentence: also what the client itself says."""
    failure = next((read.result.failure for read in reads if read.result.failure is not None), None)
    said = _first_line(failure, case) if failure is not None else ""
    known = "; ".join(filter(None, ("a TLS handshake failed" if handshake_failed else "", said)))
    return f": {known}" if known else ""


def _first_line(failure: Failure, case: Case) -> str:
    """The error's type and the first line of its text, without secrets and whole ids."""
    line = next(iter(failure.message.strip().splitlines()), "")
    named = line if failure.type in line else f"{failure.type}: {line}".removesuffix(": ")
    return re.sub(UUID, "…", Redactor(secrets(case.credentials))(named))[:REASON]  # the same in every case


def _asked(exchange: Exchange, case: Case) -> str:
    """The path and query that were asked for, without secrets and whole ids."""
    parts = exchange.request.parts
    asked = Redactor(secrets(case.credentials))(f"{parts.path}?{parts.query}" if parts.query else parts.path)
    return re.sub(UUID, lambda match: abbreviate(match[0]), asked)[:REASON]
