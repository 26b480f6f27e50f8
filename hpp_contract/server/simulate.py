"""What a client that polls would get, without a socket: for explanations, and for tests over the whole catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from hpp_contract.cases.scenarios import CREDENTIALS, SCENARIOS, outcome, session_id
from hpp_contract.engine.edits import knowing, sent
from hpp_contract.engine.fault import Variant
from hpp_contract.model import Exchange, Headers, Request
from hpp_contract.model.asked import Asked
from hpp_contract.model.clock import Clock, system_clock
from hpp_contract.model.credentials import Credentials
from hpp_contract.model.exchange import Created
from hpp_contract.server.application import Application
from hpp_contract.spec.endpoint import SESSIONS_PATH

BASE_URL: Final = "https://hpp.example"

_IDS: Final[Mapping[str, str]] = {
    Asked.NO_CREDENTIALS: session_id("waiting"),
    Asked.WRONG_CREDENTIALS: session_id("waiting"),
    Asked.UNKNOWN_ID: "5d1c7f0a-92b4-4e0e-9c59-6f7f1f0e8a11",
    Asked.MALFORMED_ID: "not-a-session-id",
}
"""The session id that is asked for in the scenarios that are no session's."""

_WRONG: Final = Credentials("kco_test_api_wrong", CREDENTIALS.username)


def simulate_server(
    scenario: str, polls: int = 1, faults: Iterable[Variant] = (), clock: Clock = system_clock
) -> tuple[Exchange, ...]:
    """The exchanges of `polls` documented requests for `scenario`: one of `SCENARIOS`, or `no-credentials`,
    `wrong-credentials`, `unknown-id`, `malformed-id`. Raises KeyError for any other."""
    application = Application(faults=faults, clock=clock)
    wanted = _IDS[scenario] if scenario in _IDS else session_id(SCENARIOS[scenario].name)
    request = Request("GET", f"{BASE_URL}{SESSIONS_PATH}{wanted}", _headers(scenario))
    return tuple(application(request) for _ in range(polls))


def seen_by_probe(exchanges: Sequence[Exchange]) -> Iterator[tuple[Exchange, ...]]:
    """The exchanges as a probe knows them that made the session itself, and those that it sends with other forms of
    credentials."""
    yield tuple(map(_made, exchanges))
    yield tuple(map(_in_other_form, exchanges))


def _made(exchange: Exchange) -> Exchange:
    session = exchange.session or {}
    order_id = outcome(exchange.request.session_id or "")["order_id"]
    return knowing(created=Created(order_id, exchange.request.url, session.get("expires_at"), untouched=True))(exchange)


def _in_other_form(exchange: Exchange) -> Exchange:
    key, wrong = CREDENTIALS.api_key, exchange.context.credentials != "right"
    username = f"{CREDENTIALS.username}0" if wrong else None
    signed = sent("Authorization", Credentials(key, username).authorization)(exchange)
    return knowing(form="wrong username" if wrong else "key alone")(signed)


def _headers(scenario: str) -> Headers:
    documented = (("Content-Type", "application/json"), ("Cache-Control", "no-cache"))
    if scenario == Asked.NO_CREDENTIALS:
        return documented
    credentials = _WRONG if scenario == Asked.WRONG_CREDENTIALS else CREDENTIALS
    return (("Authorization", credentials.authorization), *documented)
