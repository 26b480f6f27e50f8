"""What the faults of the rules E do not cover: who asked, and where in an error something is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.model import Exchange
from hpp_contract.rules import find
from hpp_contract.rules.error import errors_are_no_sessions
from tests.harness.support.exchanges import answered, found

PRIVATE = {
    "order_id": "x",
    "klarna_reference": "X438HG0Q",
    "authorization_token": "t",
    "customer": {"given_name": "Fiktiv"},
    "manual_identification": {"challenge": "c"},
}


def refused(value: Any, status: int = 404, **known: Any) -> Exchange:
    return answered(status, json.dumps(value).encode(), **known)


def weight(exchange: Exchange) -> str | None:
    return next((str(errors_are_no_sessions.weight(each)) for each in errors_are_no_sessions(exchange)), None)


@pytest.mark.parametrize("name", PRIVATE)
@pytest.mark.parametrize(
    ("status", "known", "expected"),
    [
        (401, {}, "must"),
        (403, {}, "must"),
        (403, {"credentials": "right", "session": "known"}, "must"),
        (400, {"credentials": "none"}, "must"),
        (404, {"credentials": "wrong"}, "must"),
        (404, {"credentials": "right"}, "should"),
        (404, {}, "should"),
        (500, {"credentials": "right"}, "should"),
        (503, {"credentials": "none"}, None),
    ],
)
def test_who_may_read_a_session(name: str, status: int, known: dict[str, Any], expected: str | None) -> None:
    """What an error tells of a session is broken where no right credentials asked, and warned about elsewhere."""
    assert weight(refused({name: PRIVATE[name]}, status, **known)) == expected


@pytest.mark.parametrize("value", [None, "", [], {}, 0, False])
@pytest.mark.parametrize("name", PRIVATE)
def test_nothing_tells_nothing(name: str, value: Any) -> None:
    """A member that is null or empty tells nothing; nor does the id or a time of the session."""
    error = {name: value, "session_id": "x", "updated_at": "2026-11-22T12:00:00Z", "expires_at": "x", "status": "x"}
    assert weight(refused(error, 401)) is None


@given(path=st.lists(st.sampled_from(["session", "data", 0]), max_size=4), name=st.sampled_from(sorted(PRIVATE)))
def test_it_is_found_in_depth(path: list[str | int], name: str) -> None:
    """Wherever it stands, it is found, at the place that the finding names."""
    value: Any = {name: PRIVATE[name]}
    for part in reversed(path):
        value = [value] if part == 0 else {part: value}
    (finding,) = errors_are_no_sessions(refused(value, 401))
    assert finding.where == "".join(f"/{part}" for part in [*path, name])


@pytest.mark.parametrize(
    ("error", "missing"),
    [
        ({"error_messages": []}, ["absent", "absent"]),
        ({"correlation_id": "x"}, ["absent"]),
        ({"error_code": "X"}, ["absent"]),
        ({"message": "Not found"}, None),
        ({"error_message": "Not found"}, None),
        ({}, None),
        ([], None),
        ("text", None),
    ],
)
def test_whose_object_it_is(error: Any, missing: list[str] | None) -> None:
    """An object with none of the documented members is a gateway's own, and lacks nothing."""
    rule = find("HPP-E07")
    assert rule is not None
    assert rule.when(refused(error)) is (missing is not None)
    assert [finding.found for finding in rule(refused(error))] == (missing or [])


TRACES = [
    "java.lang.X: y\n\tat com.example.Y.z(Y.java:1)",
    "at com.example.Y.z(Y.java:1)",
    "Error\n    at Object.handler (/srv/app.js:10:5)",
    'File "/srv/app.py", line 12, in read',
    "Traceback (most recent call last):\n",
    "ORA-00942: table or view does not exist",
    "SQLSTATE[42S02]",
]


@pytest.mark.parametrize("text", TRACES)
def test_traces_in_texts(text: str) -> None:
    """A stack trace is found as it is, and escaped in a text of any depth, or in a name."""
    assert found("HPP-E13", answered(500, text.encode()))
    for value in ({"error_messages": [text]}, {"debug": {"stack": [[text]]}}, {text: 1}, text):
        assert found("HPP-E13", refused(value, 500)), value


@pytest.mark.parametrize("text", ["Look at (this)", "at most (10:30)", "We are at Stockholm.", "line 3, in it", ""])
def test_what_is_no_trace(text: str) -> None:
    """Prose is none, and a text that no encoding holds ends nothing."""
    assert not found("HPP-E13", refused({"error_messages": [text, "\ud800"]}))


@pytest.mark.parametrize(("status", "html"), [(404, False), (302, False), (503, False), (200, True)])
def test_internals_on_any_page(status: int, html: bool) -> None:
    """Whoever answered shows no internals, and no session is searched for them."""
    exchange = answered(status, b"<html>ORA-00942</html>" if html else b"ORA-00942")
    assert found("HPP-E13", exchange)
    assert not found("HPP-E13", answered(200, b'{"x": "ORA-00942"}'))
