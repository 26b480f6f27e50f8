"""What `hpp-contract serve` prints: how to reach the server, and which session id has which scenario."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote, urlsplit

from hpp_contract.cases import case_faults
from hpp_contract.cases.scenarios import SCENARIOS, Scenario, session_id
from hpp_contract.engine.fault import Fault
from hpp_contract.recordings.recorded_sessions import Recorded
from hpp_contract.rules import CATALOGUE
from hpp_contract.server import Server, Tls
from hpp_contract.spec.endpoint import ORDERS_PATH, SESSIONS_PATH

_ANYTHING = "any well-formed id"
NO_CREDENTIALS = session_id("no-credentials")
"""The id for reads that are meant to have no key: nobody is blamed for that."""
_WITHOUT_KEY = f"  {NO_CREDENTIALS}  {'no-credentials':20} to be read without a key: HTTP 401"


def served_cases() -> dict[str, Fault]:
    """What reads of the session ids of the client cases meet, but for those that are scenarios too."""
    scenarios = set(map(session_id, SCENARIOS))
    return {name: met for name, met in case_faults().items() if name not in scenarios}


def listing() -> str:
    """Every scenario, every fault and every client case with its session id, as it stands in a URL."""
    cases = {met.name: quote(name, safe="") for name, met in reversed(served_cases().items())}
    faults = [(fault, rule.id) for rule in CATALOGUE for fault in rule.faults if fault.source == "server"]
    return "\n".join(
        [
            "Scenarios",
            *_scenarios(),
            _WITHOUT_KEY,
            "",
            "Faults: each has a session id of its own, and breaks one rule",
            *(f"  {session_id(fault.name)}  {fault.name:32} {rule}  on {fault.scenario}" for fault, rule in faults),
            "",
            "Client cases: hpp-contract client --list says what a client must return in each",
            *(f"  {name}  {case}" for case, name in reversed(cases.items())),
            "",
        ]
    )


def instructions(
    server: Server,
    faults: Iterable[Fault],
    default: Scenario | None,
    authority: Tls | None,
    recorded: Sequence[Recorded] = (),
    wanted: str | None = None,
) -> str:
    """How to configure a client for this server, and a command that reads a session: the `wanted` one, if there is one.

    The credentials are the server's own published ones and are of no use elsewhere.
    """
    trust = f"--cacert {authority.ca_file} " if authority else ""
    example = wanted or session_id("completed-with-order")
    orders, sessions = ORDERS_PATH.rstrip("/"), SESSIONS_PATH.rstrip("/")
    lines = [
        f"The reference endpoint listens at {server.url}",
        f"  API key    {server.credentials.api_key}",
        f"  username   {server.credentials.username} (base64 of username:key; without it: the key as it is)",
        *([f"  trust      {authority.ca_file}"] if authority else []),
        *([f"  scenario   {default.name} for {_ANYTHING} that is not below"] if default else []),
        *(f"  fault      {fault.name}, on {fault.scenario}" for fault in faults),
        "",
        "Try",
        f"  curl -i {trust}\\",
        f"    -H 'Authorization: Basic {server.credentials.api_key}' \\",
        f"    {server.url}{SESSIONS_PATH}{example}",
        "",
        "A sandbox too (docs/sandbox.md): these create a session of your own, and as its",
        "redirect_url a page on which to pay it",
        f"  POST {server.url}{orders}",
        f"  POST {server.url}{sessions}",
        "",
        "Session ids (serve --list has one for each fault and client case too)",
        *_scenarios(),
        *(f"  {each.session_id:36}  {each.name:20} recorded, {each.polls} polls" for each in recorded),
        _WITHOUT_KEY,
        f"  {_ANYTHING:36}  {default.name if default else 'not found'}",
        "",
        f"Port {urlsplit(server.url).port} is open until Ctrl-C; then the requests are judged.",
        "",
    ]
    return "\n".join(lines)


def _scenarios() -> list[str]:
    return [
        f"  {session_id(scenario.name)}  {scenario.name:20} {_outcome(scenario)}".rstrip()
        for scenario in SCENARIOS.values()
    ]


def _outcome(scenario: Scenario) -> str:
    """What a client that polls sees."""
    if scenario.refused is not None:
        return f"HTTP {scenario.refused}"
    return " → ".join(step.shape for step in scenario.steps) if len(scenario.steps) > 1 else ""
