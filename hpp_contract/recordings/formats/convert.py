"""What a recording format is, and the conversions that formats share.

A format's module says where its files hold what. Types are checked here. How bodies are kept is in `bodies`, and which
URL a client wrote in `addresses`.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import partial
from pathlib import Path
from typing import Any

from hpp_contract.model import Context, Exchange, Headers, Instant, Request, Response
from hpp_contract.model.exchange import without
from hpp_contract.recordings.formats import codings
from hpp_contract.recordings.formats.addresses import is_about_session, is_callback_to
from hpp_contract.recordings.formats.unparsed import Unparsed, mentions_sessions


class Unreadable(Exception):
    """A recording, or one exchange in it, that cannot be read; the message says where and why, without the file."""


class NoRecording(Unreadable):
    """A file that can be read and is in none of the formats."""


class Skipped(Enum):
    """What is not judged: an exchange of another operation, a stub that answers more than one request or no answer of
    its own, a request that never left its sender, and one to the address of status callbacks that is none."""

    OPERATION = auto()
    STUB = auto()
    UNSENT = auto()
    NO_CALLBACK = auto()


Asked = tuple[str, str]
"""The method and the URL of a request."""


@dataclass(frozen=True, eq=False)
class Other:
    """An exchange of another operation, number `index` in its document, of which nothing else was read yet."""

    index: int
    entry: Any
    address: Callable[[Any], Asked | Skipped]
    make: Callable[[Any, str, str], Exchange | Skipped]

    def posted(self, beginning: str) -> Exchange | Unreadable | Skipped:
        """The exchange, where it is a POST to an address that begins so."""
        entry = self.entry
        try:
            if isinstance(entry, Unparsed):
                if not entry.may_post:
                    return Skipped.OPERATION
                entry = entry.value()
            asked = self.address(entry)
        except (Unreadable, *_ODD):
            return Skipped.OPERATION
        if isinstance(asked, Skipped) or not is_callback_to(beginning, *asked):
            return Skipped.OPERATION
        return _placed(self.index, lambda: self.make(entry, *asked))


Item = Exchange | Unreadable | Skipped | Other
"""One exchange of a recording, or what stands in its place: why it cannot be read, or that it is not judged."""


@dataclass(frozen=True)
class NotKept:
    """Stands for a body that the recording does not hold; `why` in a few words."""

    why: str


@dataclass(frozen=True)
class Format:
    """One recording format: its `name` for people, `recognizes` for a parsed document, and `read`, which yields the
    exchanges in order, with evidence `#1`, `#2` …, and what stands in the place of one. `read` may use other files in
    the `folder` of the file."""

    name: str
    recognizes: Callable[[Any], bool]
    read: Callable[[Any, Path | None], Iterator[Item]]

    @property
    def short(self) -> str:
        """The name without what is in brackets."""
        return self.name.partition(" (")[0]


def numbered(
    items: Any, address: Callable[[Any], Asked | Skipped], make: Callable[[Any, str, str], Exchange | Skipped]
) -> Iterator[Item]:
    """What `make` makes of each item and of its method and URL, with evidence `#index` from 1.

    `address` reads these first, and what is not about a session of this endpoint is skipped, whatever else is in it.
    Errors are yielded in place.
    """
    if not isinstance(items, list):
        raise Unreadable("the exchanges are not a list")
    for index, item in enumerate(items, 1):
        read = _placed(index, partial(_item, item, address, make))
        yield Other(index, item, address, make) if read is Skipped.OPERATION else read


def _placed(index: int, read: Callable[[], Exchange | Skipped]) -> Exchange | Unreadable | Skipped:
    """What is read there, with its evidence, or why it cannot be."""
    try:
        item = read()
    except Unreadable as problem:
        return Unreadable(f"#{index}: {problem}")
    except _ODD:
        return Unreadable(f"#{index}: not in the form that this format has")
    return replace(item, evidence=f"#{index}") if isinstance(item, Exchange) else item


_ODD = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, RecursionError)


def _item(
    item: Any, address: Callable[[Any], Asked | Skipped], make: Callable[[Any, str, str], Exchange | Skipped]
) -> Exchange | Skipped:
    if isinstance(item, Unparsed):
        if not item.mentions_sessions:
            return Skipped.OPERATION
        item = item.value()
    try:
        asked = address(item)
    except (Unreadable, *_ODD):
        if mentions_sessions(item):
            raise
        return Skipped.OPERATION
    if isinstance(asked, Skipped):
        return asked
    return make(item, *asked) if is_about_session(*asked) else Skipped.OPERATION


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
    status: Any, fields: Headers, body: bytes | NotKept | None, reason: Any = "", *, rewritten: bool = False
) -> Response:
    """A recorded response; its body is None or says why where it was not kept. Many formats hold a body decoded and its
    Content-Encoding still: that header is removed, and so is the length of a body that is `rewritten` (held as a value,
    not as it was sent)."""
    code = status_code(status)
    if not isinstance(body, bytes):
        return Response(code, fields, b"", text(reason), body_kept=False)
    found = codings.undone(fields, body)
    if isinstance(found, codings.Lost):
        raise Unreadable("the body was packed, and its recorder kept it as a text: bytes of it are lost")
    if isinstance(found, codings.Packed):
        return Response(code, fields, b"", text(reason), body_kept=False)
    if found.plain:
        fields, rewritten = without(fields, "content-encoding"), True
    if rewritten:
        fields = without(fields, "content-length", "transfer-encoding")
    return Response(code, fields, found.body, text(reason))


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
        case {"name": name, "value": held} | {"key": name, "value": held}:
            yield from ((scalar_text(name), scalar_text(each)) for each in listed(held))
        case {"name": name, "values": list(held)}:
            yield from ((scalar_text(name), scalar_text(each)) for each in held)
        case [name, held]:
            yield from ((scalar_text(name), scalar_text(each)) for each in listed(held))
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


def answered(value: Any) -> bytes | NotKept:
    """The body of an answer, as `content`; None, and a text that says so, are one that was not kept."""
    if value is None:
        return NotKept("left out")
    body = content(value)
    return NotKept("taken out by its recorder") if says_left_out(body) else body


_is_left_out = re.compile(
    rb"[<\[({*]*[\w .,:%-]{0,60}?(?:omitted|truncated|not included|not recorded|not captured|not available|too large"
    rb"|removed|stripped|filtered|redacted|scrubbed|binary data)[\w .,:%-]{0,60}[>\])}*]*\s*", re.IGNORECASE
).fullmatch  # fmt: skip


def says_left_out(body: bytes) -> bool:
    """Whether this is a recorder's word in the place of a body."""
    return len(body) < 160 and _is_left_out(body) is not None


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


_status_line = re.compile(r"(?:HTTP/[0-9.]+ )?([0-9]{3})(?:\.0| .*)?").fullmatch


def status_code(value: Any) -> int:
    """A status code from a number, a text of digits, or a status line."""
    line = _status_line(scalar_text(value))
    digits = line[1] if line else ""
    if isinstance(value, bool) or len(digits) != 3 or not (digits.isascii() and digits.isdigit()) or digits[0] == "0":
        raise Unreadable("a status code is not a number from 100 to 999")
    return int(digits)


def status_of(response: Any) -> tuple[Any, Any]:
    """The status code and the reason phrase of a response, in any form that cassettes have."""
    for name in ("status", "status_code", "code", "statusCode"):
        held = response.get(name)
        if isinstance(held, Mapping):
            code = next((held[inner] for inner in ("code", "status_code", "statusCode") if inner in held), None)
            if code is None:
                raise Unreadable(f"member {name}.code is missing")
            return code, held.get("message", "")
        if held is not None:
            return held, ""
    raise Unreadable("member status is missing")


def first_item(items: Any) -> Any:
    """The first item of a list, else None: formats are recognized by it."""
    return items[0] if isinstance(items, list) and items else None


def first_object(items: Any) -> Mapping[str, Any]:
    """The first item of a list where it is an object, else an empty one."""
    first = first_item(items)
    return first if isinstance(first, dict) else {}
