"""An exchange as lines of text: `render` for examples of this project, `render_redacted` for reports.

`render_redacted` shows statuses, instants, error codes and the header fields of HTTP itself. Ids, tokens, references,
messages and everything about a person are described. A body may not be JSON, so it is read by tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from hpp_contract.model.exchange import Exchange, Response, reason_phrase
from hpp_contract.privacy.describe import abbreviate, describe, show
from hpp_contract.privacy.json_tokens import Token, string_value, tokens
from hpp_contract.privacy.names import SOME_NAME, shown_header, shown_member, shown_method, shown_value
from hpp_contract.privacy.redact import Redactor
from hpp_contract.privacy.sanitize import sanitize
from hpp_contract.spec.fields import HEADERS, MEMBERS
from hpp_contract.spec.session import UUID
from hpp_contract.spec.vocabulary import PATH_SEGMENTS

MAX_BODY: Final = 4000
"""Characters of a body that `render_redacted` looks at."""

MAX_EXAMPLE: Final = 600
"""Characters of a body or a header field that `render` shows."""

MAX_INDENT: Final = 12
"""Levels of indentation; deeper ones are not indented further."""


def render(exchange: Exchange, redact: Callable[[str], str]) -> str:
    """The exchange with its values, redacted and printable; bytes that are not UTF-8 are shown as `\\xff`."""
    context, response = exchange.context, exchange.response
    received: list[str] = []
    if response is not None:
        received += _text(response.content or response.body)
        received += [] if response.complete else ["(the connection closed before the promised end)"]
    sent, reason = _text(exchange.request.body), response.reason if response else ""
    lines = _lines(
        exchange, exchange.request.url, lambda name, value: f"{name}: {value[:MAX_EXAMPLE]}", sent, received, reason
    )
    if context.credentials == "wrong":
        lines.append("  (these are not the credentials that open it)")
    if context.created is not None and context.created.session_url is not None:
        which = "this URL" if context.created.session_url == exchange.request.url else "another URL"
        lines.append(f"  (the creation of this session named {which})")
    if context.recorded:
        time = "with its time" if exchange.at is not None else "without its time"
        lines.append(f"  (kept {time}; provenance: {context.provenance or 'not named'})")
    if exchange.elapsed is not None and exchange.elapsed >= context.max_latency:
        lines.append(f"  (after {exchange.elapsed:g} s)")
    return "\n".join(sanitize(line, redact) for line in lines)


def render_redacted(exchange: Exchange) -> str:
    """The exchange without any value that identifies a session, an order or a person."""
    redact = Redactor(exchange.context.secrets)
    sent, received = _body(exchange.request.body), _received(exchange.response) if exchange.response else ()

    def field(name: str, value: str) -> str:
        return f"{shown_header(name)}: {_field(name.lower(), value)}"

    return "\n".join(_lines(exchange, _url(exchange, redact), field, sent, received))


def _lines(
    exchange: Exchange,
    url: str,
    field: Callable[[str, str], str],
    sent: Iterable[str],
    received: Iterable[str],
    reason: str = "",
) -> list[str]:
    """Lines after `>` for the request and after `<` for the response: a first line, header fields, body."""
    request, response = exchange.request, exchange.response
    lines = [f"> {shown_method(request.method)} {url}", *(f"> {field(name, value)}" for name, value in request.headers)]
    lines += (f"> {line}" for line in sent)
    if response is None:
        return [*lines, f"< no response: {exchange.failure or 'unknown failure'}"]
    lines.append(f"< {response.status} {reason or reason_phrase(response.status)}".rstrip())
    lines += (f"< {field(name, value)}" for name, value in response.headers)
    lines += (f"< {line}" for line in received)
    return lines


def _text(body: bytes) -> list[str]:
    text = body.decode("utf-8", "backslashreplace")
    shown = text if len(text) <= MAX_EXAMPLE else f"{text[:MAX_EXAMPLE]}… ({len(body)} bytes)"
    return shown.split("\n") if shown else []


def _url(exchange: Exchange, redact: Callable[[str], str]) -> str:
    parts = exchange.request.parts
    path = "/".join(map(_segment, redact(parts.path).split("/")))
    host = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else ""
    return f"{redact(host)}{path}{'?‹a query›' if parts.query else ''}"


def _segment(text: str) -> str:
    """A segment of a path; of an id too little to be used: `39a1c773…1267`."""
    if text in PATH_SEGMENTS:
        return text
    return abbreviate(text) if UUID.fullmatch(text) else "‹a segment›"


def _field(name: str, value: str) -> str:
    match HEADERS.get(name):
        case "secret" if name.endswith("authorization"):
            return f"{'Basic ' if value[:6].lower() == 'basic ' else ''}‹credentials›"
        case "public":
            return shown_value(name, value)
        case _:
            return f"‹{describe(value)}›"


def _received(response: Response) -> Iterator[str]:
    content = response.content
    if not response.body_kept:
        yield "‹a body that was not kept›"
    elif response.is_html:
        yield f"‹a page of HTML, {len(content or b'')} bytes›"
    elif content is None:
        yield f"‹{len(response.body)} bytes whose content coding does not decode›"
    else:
        yield from _body(content)
    if not response.complete:
        yield "‹the connection closed before the promised end›"


def _body(content: bytes) -> Iterator[str]:
    """The lines of a body."""
    if not content:
        return
    text = content.decode("utf-8", "replace")
    if text.lstrip("\ufeff \t\r\n")[:1] not in ("{", "["):
        yield f"‹{len(content)} bytes that are no JSON object or array›"
        return
    yield from "".join(_described(text[:MAX_BODY])).split("\n")
    if len(text) > MAX_BODY:
        yield f"‹… {len(content)} bytes in all›"


def _described(text: str) -> Iterator[str]:
    """The tokens of what may be JSON, one member a line, every value described that is not public."""
    depth, member, before = 0, "", ""
    for token in tokens(text):
        if token.text.isspace() or (token.text == ":" and before == "name"):
            continue
        before = token.kind
        if token.kind == "name":
            member, name = _member(token.text)
            yield f"{name}: "
        elif token.kind == "mark":
            depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token.text, 0)
            member = ""
            yield _mark(token.text, "\n" + "  " * max(0, min(depth, MAX_INDENT)))
        else:
            yield _value(token, member)


def _mark(mark: str, line_end: str) -> str:
    if mark in "}]":
        return line_end + mark
    return mark + line_end if mark in "{[," else mark


def _member(text: str) -> tuple[str, str]:
    """A member's name, and how it is shown: names are public only when they look like names."""
    name = text.strip('"')
    shown = shown_member(name)
    return name, "‹a name›" if shown == SOME_NAME else f'"{shown}"'


def _value(token: Token, member: str) -> str:
    match token.kind:
        case "number":
            return "‹a number›"
        case "word":
            return token.text
        case "other":
            return "‹a byte order mark›" if token.text.strip() == "\ufeff" else "‹…›"
    value = string_value(token.text, strict=False)
    if value is None:
        return "‹a string that does not end›"
    shown = show(value) if MEMBERS.get(member) == "public" else describe(value)
    return shown if shown.startswith('"') else f"‹{shown}›"
