"""Cassettes of Ruby VCR (YAML or JSON) and of the formats made after it: Betamax, and Schemathesis' VCR report.

Bodies are `{string: …}` or `{base64_string: …}`; times stand in `recorded_at`, as HTTP dates (Ruby) or ISO 8601.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from hpp_contract.model import Exchange, Instant, Request, Response
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.convert import Format, Unreadable, required


def _recognizes(document: Any) -> bool:
    return isinstance(document, dict) and "http_interactions" in document


def _read(document: Any, _: Path | None) -> Iterator[Exchange | Unreadable]:
    return convert.numbered(document["http_interactions"] or [], _exchange)


def _exchange(interaction: Any) -> Exchange:
    request = required(interaction, "request")
    asked = Request(
        convert.method(required(request, "method")),
        convert.scalar_text(required(request, "uri")),
        convert.headers(request.get("headers")),
        convert.content(_body(request.get("body"))),
    )
    response, at = interaction.get("response"), instant(interaction.get("recorded_at"))
    if response is None:  # Schemathesis records requests without an answer
        return convert.exchange(asked, None, at=at, failure="unanswered")
    return convert.exchange(asked, _response(response), at=at, elapsed=_seconds(response.get("elapsed")))


def _response(response: Any) -> Response:
    status = required(response, "status")
    body = convert.content(_body(response.get("body")))
    reason = status.get("message") if isinstance(status, dict) else ""
    return convert.response(required(status, "code"), convert.headers(response.get("headers")), body, reason)


def _body(body: Any) -> Any:
    """The body, None where there is only the name of its encoding."""
    if isinstance(body, dict) and "base64_string" not in body and "string" not in body:
        return None
    return body


def _seconds(elapsed: Any) -> float | None:
    try:
        return float(elapsed)
    except (TypeError, ValueError):
        return None


def instant(text: Any) -> Instant | None:
    """The instant of an HTTP date or an ISO 8601 text; UTC where it names no zone, as in these libraries."""
    if not isinstance(text, str):
        return None
    rfc3339 = Instant.parse(text) or Instant.parse(f"{text}Z")
    if rfc3339 is not None:
        return rfc3339
    try:
        return Instant(round(_moment(text).timestamp() * 1_000_000_000))
    except (ValueError, OverflowError):
        return None


def _moment(text: str) -> datetime:
    return parsedate_to_datetime(text) if "," in text else datetime.fromisoformat(text)


RUBY_VCR = Format("Ruby VCR, Betamax, Schemathesis VCR", _recognizes, _read)
