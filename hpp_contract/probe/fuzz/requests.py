"""What a fuzzing run asks: hostile ids, then what Schemathesis generates, all chosen before anything is sent."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any, Final, Literal
from urllib.parse import unquote

import hypothesis

from hpp_contract.model import Headers
from hpp_contract.privacy.curl import ONLY_KEY, SHOWN, WITH_USERNAME, quoted_segment
from hpp_contract.privacy.describe import abbreviate
from hpp_contract.probe.fuzz.hostile_ids import hostile_segments, unknown_ids
from hpp_contract.probe.fuzz.schema import Operation, segment_of
from hpp_contract.probe.plan import PlannedRead
from hpp_contract.probe.target import Target
from hpp_contract.spec.endpoint import SESSIONS_PATH
from hpp_contract.spec.session import UUID

OTHER_CREDENTIALS: Final = 8
"""One in this many generated requests is sent with made-up credentials, or with none."""

MAX_WRONG_KEYS_REMOTE: Final = 3
"""Requests with made-up credentials that a host other than this machine gets at most: they might lock an account."""

ROUND: Final = 10
"""Requests that Schemathesis generates at a time: in longer rounds most are repetitions of earlier ones."""

_FIELD_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}")
_FIELD_VALUE: Final = re.compile(r"[\x21-\x7e\xa0-\xff]?(?:[\t\x20-\x7e\xa0-\xff]{0,1000}[\x21-\x7e\xa0-\xff])?")
_KEPT_OUT: Final = re.compile(
    r"host|connection|keep-alive|content-length|transfer-encoding|te|trailer|upgrade|expect|accept-encoding|cookie|range|"
    r"if-.*|.*authorization|.*method.*",
    re.IGNORECASE,
)
"""Header fields that change what the request is: its framing, its method, its credentials, or that allow a 304."""


@dataclass(frozen=True, slots=True)
class GeneratedRead(PlannedRead):
    """A read that was generated; `case` is the same request as Schemathesis represents it."""

    case: Any = None

    @property
    def simplicity(self) -> tuple[int, int, str]:
        """Sorts the simplest request first."""
        return len(self.headers), len(self.segment), self.segment

    def curl(self, base_url: str, username: str | None) -> str:
        """The command that sends this request again. Our credentials are named by their variables; the id of a session
        that exists is abbreviated, for its owner to fill in."""
        fields = [f"-H {shlex.quote(f'{name}: {value}' if value else f'{name};')}" for name, value in self.headers]
        words = ("curl -i --path-as-is", self._curl_credentials(username), *fields, self._curl_url(base_url))
        return " ".join(filter(None, words))

    def _curl_credentials(self, username: str | None) -> str:
        if self.credentials == "right":
            return WITH_USERNAME if username else ONLY_KEY
        return f"-H {shlex.quote(f'Authorization: {self.authorization}')}" if self.authorization else ""

    def _curl_url(self, base_url: str) -> str:
        start, segment = f"{base_url}{SESSIONS_PATH}", self.segment
        if self.session == "known":
            return shlex.quote(start + abbreviate(unquote(segment)))
        if len(segment) <= SHOWN:
            return shlex.quote(start + segment)
        return shlex.quote(start) + quoted_segment(segment)


def generated_reads(target: Target, count: int, seed: int) -> list[GeneratedRead]:
    """`count` reads, the same for the same seed: hostile ids, then what Schemathesis generates (half at most)."""
    segments = hostile_segments(seed, target.session_ids)
    operation = Operation([unquote(segment) for segment in segments if "%FF" not in segment])
    generated = _generated(operation, target, count // 2, seed)
    taken = islice(chain(segments, unknown_ids(seed)), count - len(generated))
    return [
        *(GeneratedRead(segment, _kind(segment, target), case=operation.case(segment)) for segment in taken),
        *generated,
    ]


def _generated(operation: Operation, target: Target, count: int, seed: int) -> list[GeneratedRead]:
    """What Schemathesis generates, without its repetitions."""
    limit = count if target.is_loopback else MAX_WRONG_KEYS_REMOTE
    found: dict[tuple[str, Headers], GeneratedRead] = {}
    for case in _cases(operation, seed, count):
        segment, headers = segment_of(case), tuple(_fields(case))
        if segment and (segment, headers) not in found:
            read = GeneratedRead(segment, _kind(segment, target), headers=headers, case=case)
            if len(found) % OTHER_CREDENTIALS == OTHER_CREDENTIALS - 1 and len(found) // OTHER_CREDENTIALS < limit:
                made_up = _made_up(case)
                read = replace(read, credentials="wrong" if made_up else "none", authorization=made_up)
            found[segment, headers] = read
    return list(found.values())


def _cases(operation: Operation, seed: int, count: int) -> Iterator[Any]:
    for turn in range(-(-count // ROUND)):
        yield from _round(operation, f"{seed}/{turn}", min(ROUND, count - turn * ROUND))


def _round(operation: Operation, seed: str, count: int) -> list[Any]:
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
