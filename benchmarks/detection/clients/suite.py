"""The assertions that people write beside a stub server: every session is handed on, every refusal is an error with its
status, what is broken is an error. Each check says whether the client behind `read` failed it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

import requests

from benchmarks.detection.clients.stubs import BAD, ERROR, LIFE, POLLED, REFUSED, SESSIONS
from hpp_contract.cases.scenarios import SCENARIOS
from hpp_contract.model.client_read import ClientResult

Read = Callable[[str], ClientResult]
UNKNOWN: Final = "00000000-0000-4000-8000-000000000000"


def with_wiremock(read: Read, url: str) -> Iterator[bool]:
    """The checks that WireMock's features allow, its verification of unmatched requests among them."""
    requests.post(f"{url}/__admin/scenarios/reset", timeout=5)
    requests.delete(f"{url}/__admin/requests", timeout=5)
    for identity, sent in SESSIONS.items():
        yield not _same_session(read(identity), sent)
    for identity, code in REFUSED.items():
        yield not _is_refusal(read(identity), code, ERROR)
    for identity in BAD:
        yield read(identity).failure is None
    yield [_status(read(POLLED)) for _ in LIFE] != [SCENARIOS[shape].body(POLLED, 0, 0)["status"] for shape in LIFE]
    unmatched = requests.get(f"{url}/__admin/requests/unmatched", timeout=5).json()
    yield bool(unmatched["requests"])


def with_prism(read: Read, _: str) -> Iterator[bool]:
    """The checks that a mock without states and faults allows."""
    for identity, sent in SESSIONS.items():
        yield not _same_session(read(identity), sent)
    yield not _is_refusal(read(UNKNOWN), 404, {})


def _status(result: ClientResult) -> Any:
    return (result.session or {}).get("status")


def _same_session(result: ClientResult, sent: dict[str, Any]) -> bool:
    given = {name: value for name, value in (result.session or {}).items() if value is not None}
    return given.keys() == sent.keys() and all(_same(given[name], sent[name]) for name in sent)


def _same(given: Any, sent: Any) -> bool:
    """Equal, or the same instant to the millisecond in whatever form the client gives instants."""
    if given == sent:
        return True
    try:
        meant = datetime.fromisoformat(sent).timestamp()
        found = datetime.fromisoformat(given).timestamp() if isinstance(given, str) else float(given)
    except (TypeError, ValueError):
        return False
    return any(abs(meant - found / unit) < 0.0011 for unit in (1, 1000))


def _is_refusal(result: ClientResult, code: int, body: dict[str, Any]) -> bool:
    if result.failure is None or result.failure.http_status != code:
        return False
    reached = {name: getattr(result.failure, name) for name in body}
    return all(value is None or value == body[name] or list(value) == body[name] for name, value in reached.items())
