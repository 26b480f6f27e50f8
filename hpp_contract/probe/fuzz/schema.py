"""Schemathesis, set up for the one operation: what it generates, and what it checks of an answer.

It sends nothing: `probe/sender.py` sends the requests, one GET each, without following redirects. `schemathesis.toml`
has the same settings for running Schemathesis alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, unquote

import requests
import schemathesis
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup

from hpp_contract.model import Exchange
from hpp_contract.model.exchange import response_of
from hpp_contract.probe.fuzz.check import contract_check
from hpp_contract.spec.endpoint import SESSION_PATH, SESSIONS_PATH
from hpp_contract.spec.schema_files import folder

OFF: Final[Mapping[str, str]] = {
    "unsupported_method": "sends TRACE and other methods",
    "allow_header_conformance": "sends OPTIONS",
    "ignored_auth": "sends requests of its own, unpaced; HPP-E01 and HPP-E02 judge the same",
    "use_after_free": "needs an operation that deletes",
    "ensure_resource_availability": "needs an operation that creates",
    "object_level_authorization": "needs two identities",
}
"""Schemathesis' checks that do not apply to a lone GET, and why."""

DICTIONARY_SHARE: Final = 0.5
"""How often a generated session_id is taken from the dictionary."""

_CUSTOM: Final = "ST901"
"""Schemathesis' code for the failure of a check that is not its own."""


class Operation:
    """The read-session operation of `schemas/openapi.json`; `ids` is the dictionary for `session_id`."""

    def __init__(self, ids: Sequence[str]) -> None:
        config = schemathesis.Config.from_dict(
            {
                # "contract" is there only in a process that loaded the hooks; `objections` adds its own.
                "checks": {name: {"enabled": False} for name in (*OFF, "contract")},
                "dictionaries": {"session-ids": {"values": list(ids)}},
                "parameters": {"path.session_id": {"dictionary": "session-ids", "probability": DICTIONARY_SHARE}},
                "generation": {"mode": "all"},
            }
        )
        schema = schemathesis.openapi.from_path(folder("schemas") / "openapi.json", config=config)
        self._operation: Any = schema[SESSION_PATH]["GET"]

    def cases(self) -> SearchStrategy[Any]:
        """Requests, half of them valid by the schema and half of them not."""
        modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        return st.one_of([self._operation.as_strategy(generation_mode=mode) for mode in modes])

    def case(self, segment: str) -> Any:
        """A request for this path segment (percent-encoded)."""
        return self._operation.Case(path_parameters={"session_id": segment})


def objections(case: Any, exchange: Exchange) -> tuple[str, ...]:
    """What Schemathesis' own checks object to in the answer, and no rule of the contract does, in its words."""
    try:
        case.validate_response(_as_schemathesis(exchange), additional_checks=[contract_check(exchange)])
    except FailureGroup as group:  # a BaseExceptionGroup: `except Exception` misses it
        failures = group.exceptions
        ours = any(failure.code == _CUSTOM for failure in failures)
        return () if ours else tuple(str(failure.title) for failure in failures)
    return ()


def segment_of(case: Any) -> str:
    """The session id of a case as one path segment, encoded so that nothing on the way takes it for a path."""
    text = unquote(case.formatted_path.removeprefix(SESSIONS_PATH), errors="surrogateescape")
    return encoded(text)


def encoded(text: str) -> str:
    """Every reserved character percent-encoded, dot segments too."""
    segment = quote(text, safe="", errors="surrogateescape")
    return segment.replace(".", "%2E") if segment in (".", "..") else segment


def _as_schemathesis(exchange: Exchange) -> Any:
    """The answer as Schemathesis' checks read it. The request is given without its credentials."""
    response = response_of(exchange)
    headers: dict[str, list[str]] = {}
    for name, value in response.headers:
        headers.setdefault(name.lower(), []).append(value)
    request = requests.Request("GET", exchange.request.url).prepare()
    content = response.body if response.content is None else response.content
    return schemathesis.Response(response.status, headers, content, request, exchange.elapsed or 0.0, verify=True)
