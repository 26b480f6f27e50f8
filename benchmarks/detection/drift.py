"""Faults that come from no rule of ours: what has happened to other people's APIs, written down before it was known
which tool sees it. Not told here: which of them is seen.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from benchmarks.detection.spread import everywhere, on_sessions
from hpp_contract.cases.scenarios import CREDENTIALS
from hpp_contract.engine.edits import Edit, body, edit_json, header, member, rewrite, status
from hpp_contract.engine.fault import Fault, fault
from hpp_contract.model import Exchange
from hpp_contract.model.clock import system_clock, utc

Session = dict[str, Any]

_CAMEL: Final = {
    "session_id": "sessionId",
    "updated_at": "updatedAt",
    "expires_at": "expiresAt",
    "order_id": "orderId",
    "authorization_token": "authorizationToken",
    "klarna_reference": "klarnaReference",
    "manual_identification": "manualIdentification",
}


def _replaced(change: Callable[[Session], Any]) -> Edit:
    """Replace the body's object by another value."""
    return rewrite(lambda content: json.dumps(change(json.loads(content))).encode())


def _changed(name: str, change: Callable[[Any], Any]) -> Edit:
    """Change one member, where it is there."""
    return edit_json(lambda session: session.update({name: change(session[name])}) if name in session else None)


def _bulky(exchange: Exchange) -> Exchange:
    """Ten megabytes that travel as ten kilobytes."""
    response = exchange.response
    if response is None:
        return exchange
    packed = gzip.compress(b" " * 10_000_000 + response.body)
    return replace(
        exchange, response=replace(response, headers=(*response.headers, ("Content-Encoding", "gzip")), body=packed)
    )


def _week_date(text: str) -> str:
    year, week, day = datetime.fromisoformat(text).isocalendar()
    return f"{year}-W{week:02d}-{day}T12:00:00Z"


def _millis(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def _nested_order(session: Session) -> Session:
    order = {"id": session.pop("order_id", None), "reference": session.pop("klarna_reference", None)}
    return {**session, "order": order} if order["id"] else session


def _xml(content: bytes) -> bytes:
    members = "".join(f"<{name}>{value}</{name}>" for name, value in json.loads(content).items())
    return f'<?xml version="1.0"?><session>{members}</session>'.encode()


def _now(_: object) -> str:
    return utc(system_clock()).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _swapped(session: Session) -> None:
    session["updated_at"], session["expires_at"] = session["expires_at"], session["updated_at"]


_ERROR: Final = json.dumps({"error_code": "INTERNAL_ERROR", "error_messages": ["Try again"], "correlation_id": "-"})
_LOGIN: Final = b"<!DOCTYPE html><html><body><form action=/login>Sign in</form></body></html>"
_HTML: Final = header("Content-Type", "text/html;charset=utf-8")
_XML: Final = header("Content-Type", "application/xml")

_SESSION_DRIFT: Final[Mapping[str, tuple[Edit, ...]]] = {
    "renames-to-camel-case": (_replaced(lambda session: {_CAMEL.get(name, name): session[name] for name in session}),),
    "nests-in-data": (_replaced(lambda session: {"data": session}),),
    "wraps-in-json-api": (
        _replaced(lambda session: {"data": {"type": "session", "id": session["session_id"], "attributes": session}}),
    ),
    "numbers-status": (_changed("status", len),),
    "titles-status": (_changed("status", str.title),),
    "structures-status": (_changed("status", lambda code: {"code": code, "since": "2026-11-01"}),),
    "pads-status": (_changed("status", lambda code: f"{code} "),),
    "sends-error-as-200": (body(_ERROR.encode()),),
    "answers-206": (status(206),),
    "answers-204": (status(204), body(b"")),
    "encodes-twice": (_replaced(json.dumps),),
    "guards-with-prefix": (rewrite(lambda content: b")]}',\n" + content),),
    "wraps-in-callback": (rewrite(lambda content: b"callback(" + content + b");"),),
    "adds-trailing-comma": (rewrite(lambda content: content[:-1] + b",}"),),
    "comments-json": (rewrite(lambda content: b"/* v2 */ " + content),),
    "speaks-xml": (rewrite(_xml), _XML),
    "versions-media-type": (header("Content-Type", "application/vnd.kustom.session-v2+json"),),
    "upper-cases-id": (_changed("session_id", str.upper),),
    "dates-by-week": (_changed("expires_at", _week_date),),
    "dates-in-milliseconds": (_changed("expires_at", _millis),),
    "dates-with-comma": (_changed("updated_at", lambda text: text.replace(".", ",") if "." in text else f"{text},0"),),
    "dates-without-time": (_changed("expires_at", lambda text: text[:10]),),
    "dates-as-duration": (_changed("expires_at", lambda _: "PT47H"),),
    "dates-to-year-one": (_changed("expires_at", lambda _: "0001-01-01T00:00:00Z"),),
    "swaps-dates": (edit_json(_swapped),),
    "stamps-every-read": (_changed("updated_at", _now),),
    "nests-order": (_replaced(_nested_order),),
    "shares-one-order": (_changed("order_id", lambda _: "a1a8f727-2756-6058-bd3c-40069be0994b"),),
    "masks-token": (_changed("authorization_token", lambda token: f"****{token[-4:]}"),),
    "doubles-member-in-other-case": (edit_json(lambda session: session.update({"Status": "COMPLETED"})),),
    "echoes-key-in-header": (header("X-Debug-Key", CREDENTIALS.api_key),),
    "breaks-utf-8": (member("note", "x"), rewrite(lambda content: content.replace(b'"x"', b'"caf\xe9"'))),
}

DRIFT: Final[Mapping[str, tuple[Fault, ...]]] = MappingProxyType(
    {name: on_sessions(name, *edits) for name, edits in _SESSION_DRIFT.items()}
    | {
        "inflates-a-thousandfold": (fault("inflates-a-thousandfold", "waiting", _bulky),),
        "redirects-to-login": (
            *on_sessions("moves", status(301), header("Location", "/login"), body(b"")),
            *everywhere("signs-in", ("elsewhere",), status(200), _HTML, body(_LOGIN)),
        ),
        "finds-nothing-with-200": (fault("finds-nothing-with-200", "unknown-id", status(200), body(b"null")),),
        "finds-nothing-with-204": (fault("finds-nothing-with-204", "unknown-id", status(204), body(b"")),),
        "calls-strangers-bad-request": everywhere(
            "calls-strangers-bad-request", ("no-credentials", "wrong-credentials"), status(400)
        ),
    }
)
"""What the endpoint does, by name: faults of the embedded server, on every session unless said otherwise."""
