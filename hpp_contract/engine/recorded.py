"""What variations make of the reads of one session, see `Variation.recorded`: a recording of several readers, of other
requests among the reads, or of another order."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from hpp_contract.engine.edits import OTHER_UUID, Edit, body, edits, header, method, sent, status
from hpp_contract.model import Exchange, Instant, Request, Response
from hpp_contract.model.instant import SECOND

Recorded = Callable[[tuple[Exchange, ...]], tuple[Exchange, ...]]

GONE: Final = edits(status(404), body(b""), header("Content-Length", None))
"""The API does not find the session."""

PAGE: Final = edits(status(404), body(b"<html><body>Not here</body></html>"), header("Content-Type", "text/html"),
                    header("Content-Length", None))  # fmt: skip
"""A page answers in the API's place."""

DISABLE: Final = edits(method("DELETE"), status(204), body(b""))
"""The session is disabled."""

HEADERS_ONLY: Final = edits(method("HEAD"), body(b""))
"""Only the header fields of the answer are asked for."""

REVALIDATE: Final = edits(sent("If-None-Match", '"1"'), status(304), body(b""))
"""Only whether the answer from before still holds is asked, and it does."""


_MERCHANT: Final = "https://shop.example/hpp/status"


def call_back(exchange: Exchange) -> Exchange:
    """The API calls its merchant with the session that it would have answered."""
    event = json.dumps({"event_id": OTHER_UUID, "session": exchange.session}).encode()
    request = Request("POST", _MERCHANT, (("Content-Type", "application/json"),), event)
    context = replace(exchange.context, callback=True, credentials=None, session=None, base_path=None, secrets=())
    return replace(exchange, request=request, response=Response(204), elapsed=None, context=context)


Made = Callable[[tuple[Exchange, ...]], Exchange]
"""Makes one exchange of the reads."""


def read_of(poll: int, *steps: Edit, after: float | None = None, **changes: Any) -> Made:
    """The read of this poll, edited and changed; `after` so many seconds from the first one."""

    def made(reads: tuple[Exchange, ...]) -> Exchange:
        start = reads[0].at
        later = changes if after is None or start is None else {**changes, "at": _after(start, after)}
        return replace(edits(*steps)(reads[poll]), **later)

    return made


def _after(start: Instant, seconds: float) -> Instant:
    return Instant(start.ns + round(seconds * SECOND), 9)


def recording(*made: Made) -> Recorded:
    """A recording of these reads."""
    return lambda reads: tuple(each(reads) for each in made)
