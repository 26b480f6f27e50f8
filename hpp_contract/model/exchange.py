"""Exchange: a small immutable value that every source yields and every rule reads."""

from __future__ import annotations

import ipaddress
import zlib
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import SplitResult, unquote, urlsplit

from hpp_contract.model.body import Body, read
from hpp_contract.model.instant import Instant
from hpp_contract.spec.endpoint import METHOD, READ_SESSION, SESSIONS_PATH
from hpp_contract.spec.session import UUID

Headers = tuple[tuple[str, str], ...]

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def values(headers: Headers, name: str) -> list[str]:
    """Every value of header `name`, in order (names compare without case, RFC 9110 §5.1)."""
    wanted = name.lower()
    return [value for key, value in headers if key.lower() == wanted]


def first(headers: Headers, name: str) -> str | None:
    """The first value of header `name`, or None."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


def _by_name(headers: Headers) -> dict[str, str]:
    """The first value of each header, under its name in small letters."""
    return {name.lower(): value for name, value in reversed(headers)}


class _Message:
    """What a request and a response have in common: a header section that is looked up by name."""

    headers: Headers

    @cached_property
    def _header(self) -> dict[str, str]:
        return _by_name(self.headers)

    def header(self, name: str) -> str | None:
        """The first value of header `name`, or None."""
        return self._header.get(name.lower())


@dataclass(frozen=True)
class Request(_Message):
    """A request as it was sent: `url` absolute and undecoded, header order and case kept. Its repr, which a failing
    assertion prints, has only the method."""

    method: str
    url: str = field(repr=False)
    headers: Headers = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)

    @cached_property
    def parts(self) -> SplitResult:
        """The URL in parts; all empty when it is none."""
        try:
            return urlsplit(self.url)
        except ValueError:  # an unclosed IPv6 bracket
            return SplitResult("", "", "", "", "")

    @property
    def path(self) -> str:
        return self.parts.path

    @cached_property
    def raw_session_id(self) -> str | None:
        """The last path segment as sent, still percent-encoded; None when this is no read-session path."""
        match = READ_SESSION.search(self.path)
        return match[1] if match else None

    @cached_property
    def session_id(self) -> str | None:
        return unquote(self.raw_session_id) if self.raw_session_id is not None else None

    @cached_property
    def base_url(self) -> str:
        """What precedes `/hpp` in the URL, without user, default port and final slash: whose session it is."""
        scheme, netloc, path = self.parts.scheme.lower(), self.parts.netloc.rpartition("@")[2].lower(), self.path
        host = netloc.removesuffix(_DEFAULT_PORTS.get(scheme, ""))
        return f"{scheme}://{host}{path.rpartition(SESSIONS_PATH)[0].rstrip('/')}"


@dataclass(frozen=True)
class Response(_Message):
    """A response as it came. `body` is free of transfer coding but not of content coding; `complete` is False when
    fewer bytes came than were promised; `pauses` are the seconds between the equal pieces the body came in. Where its
    recorder did not keep the body, `body_kept` is False: `body` is empty then, and nobody knows what came."""

    status: int
    headers: Headers = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    reason: str = ""
    complete: bool = True
    pauses: tuple[float, ...] = ()
    body_kept: bool = True

    @cached_property
    def content(self) -> bytes | None:
        """The body without its content coding; None when that coding is unknown or broken, and when it was not kept."""
        return decode(self.body, self.header("content-encoding")) if self.body_kept else None

    @cached_property
    def json(self) -> Body:
        content = self.content
        return read(content) if content is not None else Body(syntax=_UNREADABLE[self.body_kept])

    @cached_property
    def media_type(self) -> str:
        """`type/subtype` in lower case, without parameters; empty when undeclared."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @cached_property
    def is_html(self) -> bool:
        """Whether this is an HTML page: what gateways and firewalls answer in an API's place."""
        start = (self.content or b"")[:256].lstrip().lower()
        return self.media_type in ("text/html", "application/xhtml+xml") or start.startswith(
            (b"<!doctype html", b"<html")
        )


_UNREADABLE = {True: "a content coding that does not decode", False: "a body that was not kept"}

MAX_CONTENT = 32 * 1024 * 1024
"""Bytes a decoded body may have: more is a decompression bomb, not a session."""

_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


def decode(body: bytes, coding: str | None) -> bytes | None:
    """Undo the content codings every client knows (RFC 9110 §8.4.1); None for any other, a broken one or a bomb."""
    name = (coding or "identity").strip().lower()
    if name in ("", "identity"):
        return body
    if name not in _WINDOW_BITS:
        return None
    undo = zlib.decompressobj(_WINDOW_BITS[name])
    try:
        content = undo.decompress(body, MAX_CONTENT)
    except zlib.error:
        return None
    return content if undo.eof and not undo.unused_data else None


@dataclass(frozen=True)
class Created:
    """What this run knows of a session that it created itself (201): what it asked for, and what the creation answered.

    `settled` says that the exchange was asked after a session has had its time to become readable (10 seconds);
    `untouched` that nobody had opened its page, changed its order or disabled it by then; `disabled` that this run had
    disabled it (DELETE). `order_id` is that of the order it was made for; `session_url` and `expires_at` are as the
    creation answered them, None without.
    """

    order_id: str = field(repr=False)
    session_url: str | None = field(default=None, repr=False)
    expires_at: str | None = None
    settled: bool = False
    untouched: bool = False
    disabled: bool = False


@dataclass(frozen=True)
class Context:
    """What the observer of an exchange knows about it beside its bytes. None means unknown.

    `recorded` is True for recordings, where headers may have been filtered and times dropped; `retried` for a transient
    failure that succeeded on retry; `max_latency` is in seconds; `base_path` is what precedes `/hpp` in a right URL;
    `standalone` for an example that belongs to no sequence of polls; `callback` for a request of the API's to its
    merchant, in whose body the session is; `secrets` must never leave memory.

    `created` is what is known of a session that this run made; `redirected` is True where a redirect from https led to
    the request; `form` is that of credentials which are sent in another form than usual. `unanswered` is set on the
    last exchange of a question that the API did not answer: `alone` when it answered other questions just before and
    after, `outage` when it answered nothing else at that time either.
    """

    recorded: bool = False
    credentials: Literal["right", "wrong", "none"] | None = None
    session: Literal["known", "unknown", "malformed"] | None = None
    retried: bool = False
    max_latency: float = 3.0
    provenance: str | None = None
    base_path: str | None = None
    standalone: bool = False
    callback: bool = False
    secrets: tuple[str, ...] = field(default=(), repr=False)
    created: Created | None = None
    redirected: bool = False
    form: Literal["key alone", "wrong username"] | None = None
    unanswered: Literal["alone", "outage"] | None = None


GATEWAY_ERRORS = (502, 503, 504)
"""Answers of a gateway that could not reach the API, or of an API that is overloaded (RFC 9110 §15.6)."""


class AnsweredBy(StrEnum):
    """The API itself, or what answers in its place: a page, a rate limiter, a gateway that cannot reach it, or nothing
    at all. Only what the API itself answered is judged."""

    API = "api"
    PAGE = "page"
    LIMITED = "limited"
    UNAVAILABLE = "unavailable"
    CLOSED = "closed"


@dataclass(frozen=True, eq=False)
class Exchange:
    """A request and its response, or the transport failure in its place. Compared by identity, so results can be kept.

    `at` is when the request was sent; `elapsed` seconds until the response was whole; `failure` one word (timeout,
    reset, tls, dns, refused, garbage …); `evidence` is how to find it again (`file#index` or the request line).
    """

    request: Request
    response: Response | None
    failure: str | None = None
    at: Instant | None = None
    elapsed: float | None = None
    evidence: str = ""
    context: Context = Context()

    @cached_property
    def session(self) -> dict[str, Any] | None:
        """The session that a 200 or a status callback carries: its JSON object, or None when it carries none."""
        if self.context.callback:
            return callback_session(self.request.body)
        if self.response is None or self.response.status != 200:
            return None
        value = self.response.json.value
        return value if isinstance(value, dict) else None

    @property
    def status(self) -> int | None:
        return self.response.status if self.response is not None else None

    @cached_property
    def session_id(self) -> str | None:
        """The session that this is about: the one that was asked for, or that a callback is of."""
        if not self.context.callback:
            return self.request.session_id
        named = (self.session or {}).get("session_id")
        return named if isinstance(named, str) else None

    @cached_property
    def is_read(self) -> bool:
        """Whether this is a GET, but for one that only asked whether the answer its sender has still holds (304)."""
        revalidated = self.status == 304 and any(map(self.request.header, ("if-none-match", "if-modified-since")))
        return self.request.method.upper() == METHOD and not (revalidated or self.context.callback)

    @cached_property
    def answered_by(self) -> AnsweredBy:
        """Who answered, as far as one can tell. A page under 200 is the API's answer, and so is its own 500."""
        response = self.response
        if response is None:
            return AnsweredBy.CLOSED
        if response.status == 429:
            return AnsweredBy.LIMITED
        if response.is_html and response.status != 200:
            return AnsweredBy.PAGE
        return AnsweredBy.UNAVAILABLE if response.status in GATEWAY_ERRORS else AnsweredBy.API

    @property
    def is_answered(self) -> bool:
        """Whether the API answered what was asked: itself, and not with an error of its own."""
        return self.answered_by is AnsweredBy.API and self.status is not None and self.status < 500

    @cached_property
    def updated_at(self) -> Instant | None:
        return Instant.parse((self.session or {}).get("updated_at"))

    @cached_property
    def expires_at(self) -> Instant | None:
        return Instant.parse((self.session or {}).get("expires_at"))


def callback_session(body: bytes) -> dict[str, Any] | None:
    """The session in the body of a status callback, `{"event_id": …, "session": {…}}`; None in any other body."""
    value = read(body).value
    session = value.get("session") if isinstance(value, dict) and "event_id" in value else None
    return session if isinstance(session, dict) else None


def response_of(exchange: Exchange) -> Response:
    """The response of an exchange whose rule applies to responses only. Raises LookupError when there is none."""
    if exchange.response is None:
        raise LookupError("a rule read a response that its condition did not ask for")
    return exchange.response


def reason_phrase(status: int) -> str:
    """The registered reason phrase of a status code; empty for a code that has none."""
    return HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else ""


def is_loopback(host: str) -> bool:
    """Whether this host name or address is this machine's own; so is every name under `localhost` (RFC 6761 §6.3)."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        name = host.lower().rstrip(".")
        return name == "localhost" or name.endswith(".localhost")


_LOCAL_NAMES = (".test", ".local", ".internal", ".localhost")


def is_local(host: str) -> bool:
    """Whether nobody outside a network can reach this host: its name has no dot or is reserved, or its address is
    private (RFC 6761, RFC 6762, RFC 1918, RFC 4193)."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.lower().rstrip(".")
        return "." not in name or name.endswith(_LOCAL_NAMES)
    return address.is_private or address.is_loopback


def without(fields: Headers, *names: str) -> Headers:
    """The header fields whose name is none of these."""
    return tuple(field for field in fields if field[0].lower() not in names)


def same_id(session_id: str) -> str:
    """The id in the one form that all its spellings have: UUIDs compare without case."""
    return session_id.lower() if UUID.fullmatch(session_id) else session_id
