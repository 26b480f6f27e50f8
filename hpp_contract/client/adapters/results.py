"""Convert a client's return value or an adapter's message to a ClientResult. No guessing."""

from __future__ import annotations

import dataclasses
import re
import uuid
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Final

from hpp_contract.client.adapters.exceptions import failure_of
from hpp_contract.model.client_read import ERROR_PARTS, STATUS_CODES, VERDICTS, Capabilities, ClientResult, Failure
from hpp_contract.spec.session import MEMBERS

_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_DEPTH: Final = 6
_LENGTH: Final = 10_000
_SCALARS: Final = (str, int, float, bool, type(None))
_WORDS: Final = {
    "status": ("open", "closed"),
    "timestamps": ("string", "instant"),
    "base_url": ("native", "injected", "patched"),
    "auth": ("preemptive", "challenge"),
    "answers": ("session", "verdict"),
}
_KINDS: Final = frozenset({"http", "decode", "network", "timeout", "client"})


def parse_result(value: Any) -> ClientResult:
    """The result that a client returned as `value`: a session (mapping or object), an answer of the adapter protocol,
    None for nothing, or an error object. An empty list is what PHP makes of an empty object."""
    if value is None:
        return ClientResult(empty=True)
    if value == []:
        return ClientResult(session={})
    if isinstance(value, BaseException):
        return ClientResult(failure=failure_of(value))
    if isinstance(value, Mapping):
        return _with_verdict(_from_mapping(value), value.get("verdict"))
    return _with_verdict(_from_object(value), _attribute(value, "verdict"))


def _with_verdict(result: ClientResult, verdict: Any) -> ClientResult:
    """The result with its verdict, which may stand beside a session or alone. An error is no verdict."""
    said = plain(verdict)
    if said is None or result.failure is not None or result.skipped is not None:
        return result
    if said not in VERDICTS:
        return ClientResult(problem=f"a verdict that is none of {', '.join(VERDICTS)}")
    return ClientResult(session=result.session or None, verdict=said)


def _from_object(value: Any) -> ClientResult:
    """The result that is an object with a session's members, or with a session or an error in it."""
    names = (each for name in MEMBERS for each in (name, *_capitalized(name)))
    session = {name: member for name in names if (member := _attribute(value, name)) is not None}
    if session:
        return ClientResult(session=_members(session))
    parts = {name: getattr(value, name) for name in ("session", "error") if hasattr(value, name)}
    if any(part is not None for part in parts.values()):
        return _from_mapping({name: part for name, part in parts.items() if part is not None})
    if any(hasattr(value, name) for name in MEMBERS):
        return ClientResult(session={})
    return ClientResult(other=no_session(value))


def no_session(value: Any) -> str:
    """What the client returned instead of a session, in words."""
    return f"{_with_article(type(value).__name__)}, which has no member of a session"


def _from_mapping(value: Mapping[Any, Any]) -> ClientResult:
    if not {"session_id", "status", "sessionId"} & value.keys():
        if value.get("error") is not None:
            return ClientResult(failure=_failure(value["error"]))
        if value.get("skipped"):
            return ClientResult(skipped=str(value["skipped"])[:200])
        if value.get("empty"):
            return ClientResult(empty=True)
        if "session" in value:
            inner = value["session"]
            return parse_result(inner) if not isinstance(inner, Mapping) else ClientResult(session=_members(inner))
    return ClientResult(session=_members(value))


def _members(value: Mapping[Any, Any]) -> dict[str, Any]:
    return {name: plain(inner) for name, inner in _respelled(value, MEMBERS).items() if name in MEMBERS}


def _respelled(value: Mapping[Any, Any], documented: Iterable[str]) -> dict[str, Any]:
    """What is there, by its documented name. A mapping without any name that has an underscore has them all as other
    languages write them, `sessionId` or `SessionId`; beside one, `orderId` is another member."""
    there = {name: inner for name, inner in value.items() if inner is not None}
    if any("_" in name for name in there.keys() & set(documented)):
        return there
    written = {each: name for name in documented for each in _capitalized(name)}
    return {written.get(name, name): _nested(inner) if name in written else inner for name, inner in there.items()}


def _capitalized(name: str) -> tuple[str, str]:
    """`session_id` as `sessionId` and `SessionId`."""
    words = name.split("_")
    pascal = "".join(word.capitalize() for word in words)
    return words[0] + pascal[len(words[0]) :], pascal


def _nested(value: Any) -> Any:
    """The names in an object within such a mapping, as they are documented."""
    inner = plain(value)
    if not isinstance(inner, dict):
        return inner
    return {_CAPITAL.sub("_", name).lower(): _nested(each) for name, each in inner.items()}


def _failure(value: Any) -> Failure:
    """An error as the protocol has it, or any error object of a client."""
    if isinstance(value, BaseException):
        return failure_of(value)
    parts = value if isinstance(value, Mapping) else {"type": type(value).__name__, **_public(value)}
    if isinstance(value, str):
        parts = {"message": value}
    parts = _respelled(parts, ERROR_PARTS)
    status, messages = parts.get("http_status"), parts.get("error_messages")
    return Failure(
        kind=str(parts.get("kind")) if parts.get("kind") in _KINDS else "client",
        type=str(parts.get("type") or "")[:200],
        message=str(parts.get("message") or "")[:_LENGTH],
        http_status=status if isinstance(status, int) and status in STATUS_CODES else None,
        error_code=_text(parts.get("error_code")),
        error_messages=tuple(map(str, messages)) if isinstance(messages, list | tuple) else None,
        correlation_id=_text(parts.get("correlation_id")),
    )


def _with_article(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _text(value: Any) -> str | None:
    return str(value) if value is not None else None


def plain(value: Any, depth: int = _DEPTH) -> Any:
    """A value as JSON: enumerations by their value, instants in ISO 8601, objects as their public members."""
    if isinstance(value, Enum):
        return value.value if isinstance(value.value, str) else value.name
    if isinstance(value, _SCALARS):
        return value
    if callable(isoformat := getattr(value, "isoformat", None)):
        return str(isoformat())
    if isinstance(value, uuid.UUID) or depth == 0:
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): plain(inner, depth - 1) for name, inner in value.items()}
    if isinstance(value, list | set | frozenset) or (isinstance(value, tuple) and not hasattr(value, "_fields")):
        return [plain(inner, depth - 1) for inner in value]
    return {name: plain(inner, depth - 1) for name, inner in _public(value).items()}


def _public(value: Any) -> dict[str, Any]:
    """The public members of a dataclass, named tuple, attrs, pydantic, slotted or plain object."""
    names: Iterable[str] = getattr(value, "_fields", None) or getattr(value, "__dict__", {})
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
    slots = [name for cls in type(value).__mro__ for name in _names(getattr(cls, "__slots__", ()))]
    return {name: getattr(value, name, None) for name in (*names, *slots) if not name.startswith("_")}


def _names(slots: str | Iterable[str]) -> Iterable[str]:
    return (slots,) if isinstance(slots, str) else slots


def _attribute(value: Any, name: str) -> Any:
    """A member of an object, None where it has none."""
    try:
        return getattr(value, name, None)
    except Exception:  # whatever a property raises, the caller does not get the member
        return None


def parse_capabilities(hello: Mapping[str, Any]) -> Capabilities:
    """The capabilities that a hello declares; whatever it omits or has in a wrong form is assumed."""
    client = hello.get("client") if isinstance(hello.get("client"), Mapping) else {}
    declared: dict[str, Any] = {
        name: str(client[name])[:100] for name in ("name", "version", "language") if client and client.get(name)
    }
    for name, documented in (("fields", MEMBERS), ("error", ERROR_PARTS)):
        if isinstance(hello.get(name), list | tuple):
            declared[name] = tuple(part for part in documented if part in hello[name])
    for name, words in _WORDS.items():
        if hello.get(name) in words:
            declared[name] = hello[name]
    declared |= {name: hello[name] for name in ("timeout", "concurrent") if isinstance(hello.get(name), bool)}
    return Capabilities(**declared)
