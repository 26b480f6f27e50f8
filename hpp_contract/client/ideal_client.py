"""The ideal client, without a socket: what it returns in a case, for explanations and for tests over the whole
catalogue."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from hpp_contract.cases import CASES, Case
from hpp_contract.client.run_case import secrets
from hpp_contract.client.verdicts import RULES
from hpp_contract.model import Exchange, Request
from hpp_contract.model.client_read import ClientRead, ClientResult, Failure
from hpp_contract.model.clock import Clock, system_clock
from hpp_contract.rules import ServedKind, served_kind
from hpp_contract.server.application import Application
from hpp_contract.spec.endpoint import SESSIONS_PATH
from hpp_contract.spec.session import MEMBERS

_ORIGIN: Final = "https://hpp.example"


def ideal_read(case_name: str, clock: Clock = system_clock) -> ClientRead:
    """The last read of a case by an ideal client. Raises KeyError for a name that no case has."""
    return ideal_reads(CASES[case_name], clock)[-1]


def rules_judged(case: Case) -> frozenset[str]:
    """The ids of the rules that a client can break in a case: all that are about requests, and those about the answers
    that are given there."""
    reads = ideal_reads(case)
    given = (rule.id for rule in RULES if rule.scope == "answer" and any(map(rule.when, reads)))
    return frozenset((*given, *(rule.id for rule in RULES if rule.scope != "answer")))


def ideal_reads(case: Case, clock: Clock = system_clock) -> tuple[ClientRead, ...]:
    """Every read of a case by an ideal client."""
    application = Application(case.credentials, served=case.faults(), clock=clock)
    seen: dict[str, list[Exchange]] = {session: [] for session in case.sessions}
    reads = []
    for session in case.reads:
        asked = case.sessions[session]
        served = _served(application, case, asked) if case.unproven is None else ()
        others = tuple(x for other, exchanges in seen.items() if other != asked for x in exchanges)
        reads.append(_read(case, asked, served, tuple(seen[asked]), others))
        seen[asked].extend(served)
    return tuple(reads)


def _served(application: Application, case: Case, asked: str) -> tuple[Exchange, ...]:
    """The exchanges of one read: redirects to the same host are followed, three times at most."""
    exchanges = [application(_request(case, asked))]
    while _is_redirect_here(exchanges[-1]) and len(exchanges) < 3:
        exchanges.append(application(_request(case, asked)))
    return tuple(exchanges)


def _is_redirect_here(exchange: Exchange) -> bool:
    location = exchange.response.header("location") if exchange.response is not None else None
    return location is not None and location.startswith(_ORIGIN)


def _request(case: Case, asked: str) -> Request:
    url = f"{_ORIGIN}{case.base_path.rstrip('/')}{SESSIONS_PATH}{quote(asked, safe='')}"
    headers = (
        ("Authorization", case.credentials.authorization),
        ("Content-Type", "application/json"),
        ("Cache-Control", "no-cache"),
        ("Accept", "application/json"),
        ("Accept-Encoding", "gzip"),
    )
    return Request("GET", url, headers)


def _read(
    case: Case, asked: str, served: tuple[Exchange, ...], earlier: tuple[Exchange, ...], others: tuple[Exchange, ...]
) -> ClientRead:
    read = ClientRead(
        case.name,
        asked,
        ClientResult(),
        served,
        earlier,
        others,
        timeout=case.timeout,
        elapsed=min(0.01, case.timeout),
        evidence=f"hpp-contract client --only {case.name}",
        unproven=case.unproven,
        secrets=secrets(case.credentials),
    )
    return replace(read, result=_result(read))


def _result(read: ClientRead) -> ClientResult:
    session = read.last.session if read.last is not None else None
    if served_kind(read) in (ServedKind.SESSION, ServedKind.ODD) and session is not None:
        return ClientResult(session={name: session[name] for name in MEMBERS if session.get(name) is not None})
    return ClientResult(failure=_failure(read))


def _failure(read: ClientRead) -> Failure:
    last = read.last
    response = last.response if last is not None else None
    if response is None or served_kind(read) is ServedKind.FAILURE:
        return Failure("network", "NetworkError", "The server gave no whole answer")
    if response.status == 200:
        return Failure("decode", "DecodeError", "The body is no session", 200)
    body: Any = response.json.value if isinstance(response.json.value, dict) else {}
    messages = body.get("error_messages")
    return Failure(
        "http",
        "HttpError",
        f"HTTP {response.status}",
        response.status,
        body.get("error_code"),
        tuple(messages) if isinstance(messages, list) else None,
        body.get("correlation_id"),
    )
