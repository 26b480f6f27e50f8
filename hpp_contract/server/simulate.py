"""What a client that polls a stage would get, without a socket: for explanations and for proofs over the catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hpp_contract.cases.scenarios import CREDENTIALS, SCENARIOS, session_id
from hpp_contract.engine.fault import Fault
from hpp_contract.model import Exchange, Headers, Request
from hpp_contract.model.clock import Clock, system_clock
from hpp_contract.model.credentials import Credentials
from hpp_contract.server.application import Application

BASE_URL: Final = "https://hpp.example"

_UNKNOWN: Final = "5d1c7f0a-92b4-4e0e-9c59-6f7f1f0e8a11"
_IDS: Final = {"unknown-id": _UNKNOWN, "malformed-id": "not-a-session-id"}
_WRONG: Final = Credentials("kco_test_api_wrong", CREDENTIALS.username)


def simulate_server(
    scenario: str, polls: int = 1, faults: Iterable[Fault] = (), clock: Clock = system_clock
) -> tuple[Exchange, ...]:
    """The exchanges of `polls` documented requests at `stage`, a scenario or one of `no-credentials`,
    `wrong-credentials`, `unknown-id` and `malformed-id`; raises KeyError for any other."""
    application = Application(faults=faults, clock=clock)
    wanted = _IDS.get(scenario) or session_id(_scenario(scenario))
    request = Request("GET", f"{BASE_URL}/hpp/v1/sessions/{wanted}", _headers(scenario))
    return tuple(application(request) for _ in range(polls))


def _scenario(stage: str) -> str:
    return "waiting" if stage in ("no-credentials", "wrong-credentials") else SCENARIOS[stage].name


def _headers(stage: str) -> Headers:
    documented = (("Content-Type", "application/json"), ("Cache-Control", "no-cache"))
    if stage == "no-credentials":
        return documented
    credentials = _WRONG if stage == "wrong-credentials" else CREDENTIALS
    return (("Authorization", credentials.authorization), *documented)
