"""What a fuzzing run asks: odd ids, then what Schemathesis generates; all of it chosen before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final, Literal
from urllib.parse import unquote

from hpp_contract.model import Headers
from hpp_contract.probe.fuzz.schema import Operation, segment_of
from hpp_contract.probe.hostile_ids import hostile_segments, unknown_ids
from hpp_contract.probe.target import Target
from hpp_contract.spec.session import UUID

OTHER_MERCHANT: Final = 8
"""One in so many generated requests goes without our credentials: with made-up ones or with none."""

MAX_WRONG_KEYS_REMOTE: Final = 3
"""Requests with made-up credentials that a host other than this machine gets at most, in case they lock something."""

ROUND: Final = 10
"""Requests that Schemathesis generates at a time: in longer rounds most are repetitions of earlier ones."""

_FIELD_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}")
_FIELD_VALUE: Final = re.compile(r"[\x21-\x7e\xa0-\xff]?(?:[\t\x20-\x7e\xa0-\xff]{0,1000}[\x21-\x7e\xa0-\xff])?")
_KEPT_OUT: Final = re.compile(
    r"host|connection|keep-alive|content-length|transfer-encoding|te|trailer|upgrade|expect|accept-encoding|cookie|range|"
    r"if-.*|.*authorization|.*method.*",
    re.IGNORECASE,
)
"""Header fields that change what the request is: its framing, its method, who asks, or whether a 304 will do."""


@dataclass(frozen=True, slots=True)
class GeneratedRequest:
    """One request to be sent: the path `segment` that asks for a session, and header fields beside the usual ones.

    `stranger` is what takes the place of our credentials: None for nothing does, empty for no Authorization at all.
    `case` is the same request as Schemathesis knows it.
    """

    segment: str
    session: Literal["known", "unknown", "malformed"]
    case: Any
    headers: Headers = ()
    credentials_override: str | None = None

    @property
    def credentials(self) -> Literal["right", "wrong", "none"]:
        if self.credentials_override is None:
            return "right"
        return "wrong" if self.credentials_override else "none"

    @property
    def simplicity(self) -> tuple[int, int, str]:
        """Sorts the simplest request first."""
        return len(self.headers), len(self.segment), self.segment


def generated_requests(target: Target, count: int, seed: int) -> list[GeneratedRequest]:
    """`count` requests, the same for the same seed: odd ids, then what Schemathesis generates, half of all at most."""
    segments = hostile_segments(seed, target.session_ids)
    operation = Operation([unquote(segment) for segment in segments if "%FF" not in segment])
    generated = _generated(operation, target, count // 2, seed)
    taken = islice(chain(segments, unknown_ids(seed)), count - len(generated))
    return [
        *(GeneratedRequest(segment, _kind(segment, target), operation.case(segment)) for segment in taken),
        *generated,
    ]


def _generated(operation: Operation, target: Target, count: int, seed: int) -> list[GeneratedRequest]:
    """What Schemathesis generates, without its repetitions."""
    limit = count if target.is_loopback else MAX_WRONG_KEYS_REMOTE
    found: dict[tuple[str, Headers], GeneratedRequest] = {}
    for case in _drawn(operation, seed, count):
        segment, headers = segment_of(case), tuple(_fields(case))
        if segment and (segment, headers) not in found:
            is_strange = len(found) % OTHER_MERCHANT == OTHER_MERCHANT - 1 and len(found) // OTHER_MERCHANT < limit
            stranger = _made_up(case) if is_strange else None
            found[segment, headers] = GeneratedRequest(segment, _kind(segment, target), case, headers, stranger)
    return list(found.values())


def _drawn(operation: Operation, seed: int, count: int) -> Iterator[Any]:
    for turn in range(-(-count // ROUND)):
        yield from _round(operation, f"{seed}/{turn}", min(ROUND, count - turn * ROUND))


def _round(operation: Operation, seed: str, count: int) -> list[Any]:
    import hypothesis

    cases: list[Any] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(operation.cases())
    def collect(case: Any) -> None:
        cases.append(case)

    collect()
    return cases


def _fields(case: Any) -> Iterator[tuple[str, str]]:
    """The generated header fields that are safe to send."""
    for name, value in case.headers.items():
        if _FIELD_NAME.fullmatch(name) and _FIELD_VALUE.fullmatch(value) and not _KEPT_OUT.fullmatch(name):
            yield name, value


def _made_up(case: Any) -> str:
    """Well-formed credentials that Schemathesis made up, or none."""
    value = str(case.headers.get("Authorization", ""))
    return value if re.fullmatch(r"Basic [A-Za-z0-9+/]{4,200}={0,2}", value) else ""


def _kind(segment: str, target: Target) -> Literal["known", "unknown", "malformed"]:
    text = unquote(segment)
    if text in target.session_ids:
        return "known"
    return "unknown" if UUID.fullmatch(text) else "malformed"
