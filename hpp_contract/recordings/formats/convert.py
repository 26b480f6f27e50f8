"""What a recording format is, and the conversions that formats share.

A format's module says where its files hold what. Types are checked here.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from hpp_contract.model import Context, Exchange, Headers, Instant, Request, Response
from hpp_contract.model.exchange import first, without

UNKNOWN_ORIGIN: Final = "https://unnamed.invalid"
"""The origin of requests in formats that hold only the path."""


class Unreadable(Exception):
    """A recording, or one exchange in it, that cannot be read; the message says where and why, without the file."""


class NoRecording(Unreadable):
    """A file that can be read and is in none of the formats."""


@dataclass(frozen=True)
class Format:
    """One recording format: its `name` for people, `recognizes` for a parsed document, and `read`, which yields the
    exchanges in order, with evidence `#1`, `#2` …, and in the place of one that cannot be read why. `read` may use
    other files in the `folder` of the file."""

    name: str
    recognizes: Callable[[Any], bool]
    read: Callable[[Any, Path | None], Iterator[Exchange | Unreadable]]


def numbered(items: Any, make: Callable[[Any], Exchange | None]) -> Iterator[Exchange | Unreadable]:
    """What `make` makes of each item, with evidence `#index` from 1. None is left out, errors are yielded in place."""
    if not isinstance(items, list):
        raise Unreadable("the exchanges are not a list")
    for index, item in enumerate(items, 1):
        try:
            exchange = make(item)
        except Unreadable as problem:
            yield Unreadable(f"#{index}: {problem}")
        except (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, RecursionError):
            yield Unreadable(f"#{index}: not in the form that this format has")
        else:
            if exchange is not None:
                yield replace(exchange, evidence=f"#{index}")


def exchange(
    request: Request,
    response: Response | None,
    *,
    at: object = None,
    failure: str | None = None,
    elapsed: object = None,
    standalone: bool = False,
) -> Exchange:
    """A recorded exchange. `at` is an RFC 3339 text or an Instant, `elapsed` seconds; other values count as absent.
    `standalone` is for formats that hold examples in no order."""
    return Exchange(
        request,
        response,
        failure,
        at if isinstance(at, Instant) else Instant.parse(at),
        float(elapsed) if isinstance(elapsed, int | float) and 0 <= elapsed < 1e9 else None,
        context=Context(recorded=True, standalone=standalone),
    )


def response(
    status: Any, fields: Headers, body: bytes | None, reason: Any = "", *, rewritten: bool = False
) -> Response:
    """A recorded response; its body is None where it was not kept. Many formats hold a body decoded and its
    Content-Encoding still: that header is removed, and so is the length of a body that is `rewritten` (held as a value,
    not as it was sent)."""
    if body is None:
        return Response(status_code(status), fields, b"", text(reason), body_kept=False)
    coding = (first(fields, "content-encoding") or "").strip().lower()
    gzip = coding in ("gzip", "x-gzip") and not body.startswith(b"\x1f\x8b")
    other = coding in ("br", "deflate", "zstd") and body[:1] in (b"{", b"[", b"<", b"")
    if gzip or other:
        fields, rewritten = without(fields, "content-encoding"), True
    if rewritten:
        fields = without(fields, "content-length", "transfer-encoding")
    return Response(status_code(status), fields, body, text(reason))


def headers(value: Any) -> Headers:
    """Header fields from any form that formats have: a map to a text or to a list of texts, a list of pairs, a list of
    `{name, value}` or `{name, values}`."""
    if value is None:
        return ()
    if isinstance(value, Mapping):
        return tuple((scalar_text(name), scalar_text(each)) for name, held in value.items() for each in listed(held))
    if isinstance(value, list):
        return tuple(pair for item in value for pair in _pairs(item))
    raise Unreadable("headers are neither an object nor a list")


def _pairs(item: Any) -> Iterator[tuple[str, str]]:
    match item:
        case {"name": name, "value": value}:
            yield scalar_text(name), scalar_text(value)
        case {"name": name, "values": list(held)}:
            yield from ((scalar_text(name), scalar_text(each)) for each in held)
        case [name, list(held)]:
            yield from ((scalar_text(name), scalar_text(each)) for each in held)
        case [name, value]:
            yield scalar_text(name), scalar_text(value)
        case _:
            raise Unreadable("a header is neither a pair nor a name with a value")


def listed(value: Any) -> list[Any]:
    """The value if it is a list, else a list of it."""
    return value if isinstance(value, list) else [value]


def scalar_text(value: Any) -> str:
    """A scalar as text. Raises Unreadable for a list or an object."""
    match value:
        case str():
            return value
        case bytes():
            return value.decode("latin-1")
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case None:
            return ""
    raise Unreadable("a list or an object stands where a text belongs")


def text(value: Any) -> str:
    """A text, and empty for anything else."""
    return value if isinstance(value, str) else ""


def content(value: Any) -> bytes:
    """A body from a text, bytes, None, or an object that holds one under `string`, `base64` or `base64_string`."""
    match value:
        case None:
            return b""
        case bytes():
            return value
        case str():
            return _encoded(value)
        case {"base64": str(encoded)} | {"base64_string": str(encoded)}:
            return unbase64(encoded)
        case {"string": str() | bytes() | None as inner}:
            return content(inner)
    raise Unreadable("a body is neither a text nor says that it is base64")


def _encoded(value: str) -> bytes:
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a surrogate pair, which no wire has
        return value.encode("utf-8", "surrogatepass")


def unbase64(value: str) -> bytes:
    """The bytes that a base64 text stands for, line breaks allowed."""
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unreadable("a body is not base64, though it says so") from error


def as_json(value: Any) -> bytes:
    """The bytes of a body that is held as a JSON value, as most servers write it."""
    try:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
    except (TypeError, ValueError, RecursionError) as error:
        raise Unreadable("a body is kept as a value that JSON does not have") from error


def required(value: Any, *path: str) -> Any:
    """The value at `path` in nested objects. Raises Unreadable, which names the missing member."""
    for index, name in enumerate(path):
        if not isinstance(value, Mapping) or name not in value:
            raise Unreadable(f"member {'.'.join(path[: index + 1])} is missing")
        value = value[name]
    return value


def method(value: Any) -> str:
    """A request method, in upper case where the format writes it in lower case."""
    name = scalar_text(value)
    return name.upper() if name.islower() else name


def status_code(value: Any) -> int:
    """A status code from a number or a text of digits."""
    digits = scalar_text(value)
    if isinstance(value, bool) or len(digits) != 3 or not (digits.isascii() and digits.isdigit()) or digits[0] == "0":
        raise Unreadable("a status code is not a number from 100 to 999")
    return int(digits)


def located(url: str) -> str:
    """The URL, with `UNKNOWN_ORIGIN` when the format holds only its path."""
    return url if "://" in url else f"{UNKNOWN_ORIGIN}/{url.removeprefix('/')}"


def first_item(items: Iterable[Any] | Any) -> Any:
    """The first item of a list, else None: formats are recognized by it."""
    return items[0] if isinstance(items, list) and items else None
