"""What clients return and raise, of whatever type, becomes a ClientResult."""

from __future__ import annotations

import dataclasses
import io
import json
import urllib.error
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from email.message import Message
from enum import Enum, IntEnum
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.client.adapters.exceptions import failure_of
from hpp_contract.client.adapters.results import parse_capabilities, parse_result
from hpp_contract.model.client_read import Capabilities
from hpp_contract.rules.served import is_same_instant
from hpp_contract.spec.session import MEMBERS

SESSION = {"session_id": "39a1c773-bafd-754d-af1f-b30c592f1267", "status": "COMPLETED", "order_id": "a1"}
BODY = {"error_code": "NOT_FOUND", "error_messages": ["no"], "correlation_id": "c-1"}


@dataclasses.dataclass
class Data:
    session_id: str
    status: str
    order_id: str
    updated_at: datetime | None = None


class Slotted:
    __slots__ = ("order_id", "session_id", "status")

    def __init__(self, **members: str) -> None:
        for name, value in members.items():
            setattr(self, name, value)


class Properties:
    @property
    def session_id(self) -> str:
        return SESSION["session_id"]

    @property
    def status(self) -> str:
        return SESSION["status"]

    @property
    def order_id(self) -> str:
        return SESSION["order_id"]

    @property
    def klarna_reference(self) -> str:
        raise RuntimeError


class Named(NamedTuple):
    session_id: str
    status: str
    order_id: str


SHAPES = {
    "mapping": SESSION,
    "dataclass": Data(SESSION["session_id"], SESSION["status"], SESSION["order_id"]),
    "slots": Slotted(**SESSION),
    "properties": Properties(),
    "named tuple": Named(**SESSION),
    "plain object": SimpleNamespace(**SESSION),
    "protocol answer": {"session": SESSION},
    "result object": SimpleNamespace(session=SESSION, error=None),
    "with more in it": {**SESSION, "klarna_reference": None, "risk_score": 3},
}


@pytest.mark.parametrize("value", SHAPES.values(), ids=SHAPES)
def test_any_shape_of_session_is_understood(value: Any) -> None:
    """Mappings, dataclasses, named tuples, slotted and plain objects, and protocol answers are sessions."""
    assert parse_result(value).session == SESSION


@dataclasses.dataclass
class Camel:
    sessionId: str  # noqa: N815  as other languages name it
    status: str
    customer: dict[str, str]


@pytest.mark.parametrize("made", [Camel, lambda **members: members], ids=["object", "mapping"])
def test_names_as_other_languages_write_them(made: Callable[..., Any]) -> None:
    """Who sees sessionId sees session_id, also within an object; beside documented names it is another member."""
    returned = made(sessionId="s-1", status="WAITING", customer={"givenName": "Ada", "title": ""})
    session = {"session_id": "s-1", "status": "WAITING", "customer": {"given_name": "Ada", "title": ""}}
    assert parse_result(returned).session == session
    assert parse_result({"SessionId": "s-1", "Status": "WAITING"}).session == {"session_id": "s-1", "status": "WAITING"}
    assert parse_result({"orderId": "o-1", **SESSION}).session == SESSION
    failure = parse_result({"error": {"type": "ApiError", "httpStatus": 404, "errorCode": "NOT_FOUND"}}).failure
    assert failure is not None
    assert (failure.type, failure.http_status, failure.error_code) == ("ApiError", 404, "NOT_FOUND")


class Status(Enum):
    COMPLETED = "COMPLETED"


class Number(IntEnum):
    COMPLETED = 5


@dataclasses.dataclass
class Customer:
    given_name: str
    date_of_birth: date
    title: str | None = None


MOMENT = datetime(2026, 5, 13, 14, 51, 46, 288001, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "value", "result"),
    [("status", Status.COMPLETED, "COMPLETED"), ("status", Number.COMPLETED, "COMPLETED"),
     ("order_id", UUID("a1a8f727-2756-6058-bd3c-40069be0994b"), "a1a8f727-2756-6058-bd3c-40069be0994b"),
     ("updated_at", MOMENT, "2026-05-13T14:51:46.288001+00:00"),
     ("updated_at", MOMENT.replace(tzinfo=None), "2026-05-13T14:51:46.288001"),
     ("customer", Customer("Ada", date(1980, 5, 1)),
      {"given_name": "Ada", "date_of_birth": "1980-05-01", "title": None}),
     ("manual_identification", {"customer": SimpleNamespace(given_name="Ada")}, {"customer": {"given_name": "Ada"}})],
)  # fmt: skip
def test_values_become_json(name: str, value: Any, result: Any) -> None:
    """Enumerations, UUIDs, instants and objects become what JSON has for them."""
    assert (parse_result({name: value}).session or {})[name] == result


def test_nothing_and_nonsense() -> None:
    """None is success with nothing in it; what has no member of a session is no answer."""
    assert parse_result(None).empty
    assert parse_result(SimpleNamespace(status=None)).session == {}
    assert "a str, which has no member" in (parse_result("COMPLETED").other or "")
    assert parse_result([]).session == {}
    assert parse_result({}).session == {}


class Word(Enum):
    PAID = "paid"


@pytest.mark.parametrize(
    ("value", "verdict", "session"),
    [
        ({"verdict": "paid"}, "paid", None),
        ({"verdict": Word.PAID}, "paid", None),
        (SimpleNamespace(verdict="gone"), "gone", None),
        (SimpleNamespace(verdict="open", status="WAITING"), "open", {"status": "WAITING"}),
        ({"verdict": "open", "session": {"status": "WAITING"}}, "open", {"status": "WAITING"}),
        ({"status": "WAITING", "verdict": "open"}, "open", {"status": "WAITING"}),
        ({"verdict": None, "status": "WAITING"}, None, {"status": "WAITING"}),
        ({"verdict": "paid", "error": {"type": "X"}}, None, None),
        ({"verdict": "paid", "skipped": "why"}, None, None),
    ],
)
def test_verdicts(value: Any, verdict: str | None, session: Any) -> None:
    """A verdict may stand alone or beside a session; an error is none."""
    result = parse_result(value)
    assert (result.verdict, result.session) == (verdict, session)


def test_a_word_that_is_no_verdict() -> None:
    """A verdict that is none of the four is a problem of the adapter, in words."""
    assert parse_result({"verdict": "maybe"}).problem == "a verdict that is none of paid, open, failed, gone"


@pytest.mark.parametrize("number", [0, -1, 99, 600, True])
def test_numbers_that_are_no_status_codes(number: int) -> None:
    """A number that is no status code is none."""
    failure = parse_result({"error": {"http_status": number}}).failure
    assert failure is not None
    assert failure.http_status is None


def test_protocol_answers() -> None:
    """An answer of the adapter protocol is understood from a callable too."""
    assert parse_result({"skipped": "why"}).skipped == "why"
    assert parse_result({"empty": True}).empty
    failure = parse_result({"error": {"kind": "http", "type": "X", "message": "m", "http_status": 404, **BODY}}).failure
    assert failure is not None
    assert (failure.kind, failure.http_status, failure.error_code, failure.correlation_id) == (
        "http",
        404,
        "NOT_FOUND",
        "c-1",
    )
    assert failure.error_messages == ("no",)


class Http(Exception):
    def __init__(self, **parts: Any) -> None:
        super().__init__("failed")
        vars(self).update(parts)


def of_requests(body: bytes) -> requests.HTTPError:
    response = requests.Response()
    response.status_code, response._content = 404, body
    return requests.HTTPError("404", response=response)


def of_urllib(body: bytes) -> urllib.error.HTTPError:
    return urllib.error.HTTPError("http://h", 404, "Not Found", Message(), io.BytesIO(body))


CONTENT = json.dumps(BODY).encode()

ERRORS: dict[str, Callable[[], Exception]] = {
    "status code and bytes": lambda: Http(status_code=404, body=CONTENT),
    "own members": lambda: Http(http_status=404, **BODY),
    "status and mapping": lambda: Http(status=404, body=BODY),
    "response with text": lambda: Http(response=SimpleNamespace(status_code=404, text=CONTENT.decode())),
    "requests": lambda: of_requests(CONTENT),
    "urllib": lambda: of_urllib(CONTENT),
    "code and error": lambda: Http(code=404, error=BODY),
}


@pytest.mark.parametrize("make", ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("wrapped", [False, True], ids=["bare", "wrapped"])
def test_error_details_are_found(make: Callable[[], Exception], wrapped: bool) -> None:
    """Status code, error code and correlation id are found wherever a caller would look for them."""
    error = make()
    if wrapped:
        try:
            raise RuntimeError("could not read") from error
        except RuntimeError as outer:
            error = outer
    failure = failure_of(error)
    assert (failure.kind, failure.http_status) == ("http", 404)
    assert (failure.error_code, failure.correlation_id) == ("NOT_FOUND", "c-1")


@pytest.mark.parametrize(
    ("error", "kind"),
    [(TimeoutError(), "timeout"), (requests.ReadTimeout(), "timeout"), (ConnectionResetError(), "network"),
     (requests.ConnectionError(), "network"), (json.JSONDecodeError("x", "y", 0), "decode"), (KeyError("x"), "decode"),
     (Exception("x"), "client"), (SystemExit(1), "client")],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else value,
)  # fmt: skip
def test_kind_of_error(error: BaseException, kind: str) -> None:
    """An error without a status code is sorted by what went wrong."""
    assert failure_of(error).kind == kind


def test_hidden_cause_is_hidden() -> None:
    """What a client raised `from None` is out of its caller's reach."""
    try:
        raise RuntimeError from None
    except RuntimeError as error:
        error.__context__ = Http(status_code=404)
        assert failure_of(error).http_status is None


class Broken(Exception):
    def __str__(self) -> str:
        raise RuntimeError

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


def test_broken_exceptions_are_survived() -> None:
    """An exception that cannot even be printed is still an error."""
    assert failure_of(Broken()).type == "Broken"


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
messages = st.dictionaries(
    st.sampled_from([*MEMBERS, "session", "error", "empty", "skipped", "verdict", "fields", "timeout", "client"]),
    json_values, max_size=5,
)  # fmt: skip


@given(messages | json_values)
def test_anything_can_be_returned(value: Any) -> None:
    """Whatever a client returns is a result, and whatever a hello says gives capabilities."""
    result = parse_result(value)
    ways = [
        result.session is not None,
        result.failure is not None,
        result.empty,
        bool(result.skipped),
        bool(result.problem),
        result.other is not None,
    ]
    assert sum(ways) == 1
    assert isinstance(parse_capabilities(value if isinstance(value, dict) else {}), Capabilities)


def test_further_capabilities() -> None:
    """A client may say that it gives verdicts, and that it can read two sessions at once; else it does neither."""
    assert parse_capabilities({}) == Capabilities()
    declared = parse_capabilities({"answers": "verdict", "concurrent": True})
    assert (declared.answers, declared.concurrent) == ("verdict", True)
    assert parse_capabilities({"answers": "yes", "concurrent": "yes"}) == Capabilities()


def test_capabilities() -> None:
    """A hello narrows what is assumed, and only by what it says rightly."""
    hello = {"client": {"name": "x"}, "fields": ["status", "nonsense"], "error": [], "timeout": False}
    hello |= {"status": "closed", "base_url": "magic", "auth": 3}
    expected = Capabilities("x", fields=("status",), error=(), timeout=False, status="closed")
    assert parse_capabilities(hello) == expected


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)),  # noqa: DTZ001  the zone is drawn beside it
    st.integers(-14 * 60, 14 * 60),
    st.integers(0, 6),
)
def test_instants_compare_as_points_in_time(naive: datetime, east: int, digits: int) -> None:
    """An instant is the same in any zone and with fewer digits; without a zone, or a second off, it is not."""
    moment = naive.replace(tzinfo=UTC)
    sent = moment.isoformat(timespec="microseconds")
    surfaced = moment.astimezone(timezone(timedelta(minutes=east)))
    fraction = f".{surfaced.microsecond:06}"[: digits + 1] if digits else ""
    text = f"{surfaced:%Y-%m-%dT%H:%M:%S}{fraction}{surfaced.isoformat()[-6:]}"
    assert is_same_instant(text, sent)
    assert not is_same_instant(text[:-6], sent)
    assert not is_same_instant((surfaced + timedelta(seconds=1)).isoformat(), sent)


@given(st.integers(10**11 + 2, 4 * 10**12))
def test_floating_point_may_cut_a_millisecond_off(milliseconds: int) -> None:
    """A number that was made by way of floating point is the same instant; one that is two units off is not."""
    sent = f"{datetime.fromtimestamp(milliseconds // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03}Z"
    assert [off for off in range(-2, 3) if is_same_instant(milliseconds + off, sent)] == [-1, 0, 1]


class OddError(Exception):
    """An error with parts that say nothing before those that do."""

    body = "<html>"
    details = {"error_code": "NOT_FOUND"}  # noqa: RUF012
    headers: dict[str, str] = {}  # noqa: RUF012
    response_headers = {"klarna-correlation-id": "c-1"}  # noqa: RUF012


def test_parts_of_an_error_that_say_nothing() -> None:
    """A body that is no JSON and headers without an id do not hide those that have one."""
    failure = failure_of(OddError())
    assert (failure.error_code, failure.correlation_id) == ("NOT_FOUND", "c-1")


@pytest.mark.parametrize(
    ("value", "part", "result"),
    [
        (OSError("no"), "type", "OSError"),
        ({"error": OSError("no")}, "type", "OSError"),
        ({"error": "no such session"}, "message", "no such session"),
    ],
)
def test_errors_that_are_returned(value: Any, part: str, result: str) -> None:
    """An exception that is returned, or an error that is only a text, is an error that the caller was given."""
    assert getattr(parse_result(value).failure, part) == result
