"""Cases in which the server refuses: every documented status code and the usual others, with every kind of body."""

from __future__ import annotations

from typing import Final

from hpp_contract.cases.case import OTHER_HOST, Case, case
from hpp_contract.cases.responses import page, refuse, refuse_empty, refuse_page
from hpp_contract.engine.edits import Edit, body, drop, header, member, redirect, rewrite, send_json, slow, status

_REFUSED: Final = ("HPP-A25", "HPP-A28", "HPP-A31")
_DETAILS: Final = ("HPP-A29", "HPP-A30", "HPP-A32")
_UNEXPLAINED: Final = ("HPP-A25", "HPP-A28")

_WITH_LIMIT: Final = ("HPP-A25", "HPP-A28", "HPP-A35")

_NAMES: Final = {
    400: "bad-request",
    401: "unauthorized",
    403: "forbidden",
    404: "not-found",
    429: "too-many-requests",
    500: "server-error",
    502: "bad-gateway",
    503: "unavailable",
}


def _is_slow(code: int) -> bool:
    """Whether clients may retry, which takes time."""
    return code == 429 or code >= 500


def _json(code: int, name: str = "", error_code: str | None = None) -> Case:
    return case(name or f"{_NAMES[code]}-{code}", f"{code} with an error object.", (*_REFUSED, *_DETAILS),
                refuse(code, error_code), slow=_is_slow(code))  # fmt: skip


def _empty(code: int) -> Case:
    return case(f"{_NAMES[code]}-{code}-empty", f"{code} with no body.", _UNEXPLAINED, refuse_empty(code),
                slow=_is_slow(code))  # fmt: skip


def _with_retry_after(code: int) -> Case:
    return case(f"{_NAMES[code]}-{code}-retry-after", f"{code}, and to come back in a second.", _WITH_LIMIT,
                refuse(code), header("Retry-After", "1"), slow=True)  # fmt: skip


def _page(code: int) -> Case:
    return case(f"{_NAMES[code]}-{code}-html", f"{code} with an HTML page.", _UNEXPLAINED, refuse_page(code),
                slow=_is_slow(code))  # fmt: skip


def _odd(name: str, description: str, *steps: Edit) -> Case:
    return case(name, description, _UNEXPLAINED, refuse(404), *steps)


_EXPLAINED: Final = (
    _json(400, error_code="BAD_VALUE"), _json(401, "unauthorized"), _json(403, "forbidden"), _json(404, "not-found"),
    _json(429), _json(500), _json(502), _json(503, "unavailable-503"),
)  # fmt: skip

REFUSALS: Final = (
    *_EXPLAINED,
    *map(_empty, (400, 401, 403, 404, 500, 503)),
    *map(_page, (401, 403, 404, 500, 502, 503)),
    *map(_with_retry_after, (429, 503)),
    case("gateway-timeout-504-text", "504 with a line of text, after a while.", _UNEXPLAINED, refuse_empty(504),
         body(b"upstream request timeout\n"), header("Content-Type", "text/plain"), slow(0.1), slow=True),
    case("expired", "404 to every read: the session expired.", _REFUSED, scenario="expired"),
    _odd("gone-410", "410 with an error object.", refuse(410)),
    _odd("error-message-singular", "404 whose error object says error_message, as some services do.",
         drop("error_messages"), member("error_message", "No session for you")),
    _odd("error-without-code", "404 with an object that has no error_code.", drop("error_code", "correlation_id")),
    _odd("error-as-array", "404 with a list of errors.", send_json([{"error_code": "NOT_FOUND"}])),
    _odd("error-truncated", "404 with half an error object.", rewrite(lambda content: content[:30])),
    _odd("error-with-null-members", "404 with an error object whose members are null.",
         send_json({"error_code": None, "error_messages": None, "correlation_id": None})),
    case("error-carries-session", "404 whose body is a whole completed session.", _UNEXPLAINED, status(404),
         scenario="completed-with-order"),
    case("server-error-carries-session", "500 whose body is a whole completed session.", _UNEXPLAINED,
         status(500), scenario="completed-with-order", slow=True),
    case("html-with-json-type-403", "403 with an HTML page, declared as JSON.", _UNEXPLAINED,
         refuse(403), page(), header("Content-Type", "application/json")),
    case("not-modified-304", "304 to a request without a condition.", ("HPP-A25",),
         status(304), body(b""), header("Content-Type", None)),
    case("redirect-elsewhere", "302 to another host: the credentials must not follow.", ("HPP-A36", "HPP-A25"),
         redirect(302, OTHER_HOST)),
    case("permanent-redirect-elsewhere", "308 to another host: the credentials must not follow.",
         ("HPP-A36", "HPP-A25"), redirect(308, OTHER_HOST)),
    case("redirect-to-itself-once", "307 to the same URL, which then answers.", ("HPP-A36",),
         redirect(307, None), until=1),
    case("redirect-for-ever", "307 to the same URL, every time.", ("HPP-A25",), redirect(307, None),
         exempt_rules=("HPP-A28", "HPP-A35", "HPP-R11")),
    case("redirect-without-location", "302 without a Location.", ("HPP-A25",),
         status(302), body(b""), header("Content-Type", None)),
)  # fmt: skip
