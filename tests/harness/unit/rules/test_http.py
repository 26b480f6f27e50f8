"""What the faults of the rules H do not cover: rare notations, and limits."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from hpp_contract.engine.rule import Finding
from hpp_contract.model import Context, Exchange, Headers, Instant, Request, Response, Trace
from hpp_contract.model.trace import traces
from hpp_contract.rules import CATALOGUE
from hpp_contract.rules.http import (
    answers,
    answers_in_time,
    content_coding_asked_for,
    no_server_error,
    one_json_value,
    same_update_same_answer,
)  # fmt: skip
from tests.harness.support.exchanges import ASKED, ID, answered, found
from tests.harness.support.fake_time import NOON, SECOND

URL = ASKED.url


@pytest.mark.parametrize(
    ("elapsed", "response", "judged"), [(5.0, Response(200), True), (5.0, None, False), (None, Response(200), False)]
)
def test_promptness(elapsed: float | None, response: Response | None, judged: bool) -> None:
    """How long an answer took is judged where there is one and somebody took the time."""
    assert answers_in_time.when(Exchange(Request("GET", URL), response, elapsed=elapsed)) is judged


@pytest.mark.parametrize(
    ("asked", "coding", "kept", "expected"),
    [
        ("identity", "gzip", False, "identity, as asked for"),
        ("gzip", "gzip", False, None),
        (None, "gzip", False, None),
        ("identity", "identity", False, None),
        ("gzip", "x-hpp", False, "a coding that decodes"),
        ("identity", "x-hpp", True, "identity, as asked for"),
        ("gzip", "x-hpp", True, None),
    ],
)
def test_content_coding(asked: str | None, coding: str, kept: bool, expected: str | None) -> None:
    """A coding that decodes is still wrong where the request ruled it out; a kept body may be decoded already."""
    import gzip

    body = gzip.compress(b"{}") if coding == "gzip" else b"{}"
    response = Response(200, (("Content-Encoding", f" {coding.upper()}"),), body)
    fields = (("Accept-Encoding", asked),) if asked else ()
    exchange = Exchange(replace(ASKED, headers=fields), response, context=Context(recorded=kept))
    shown = "…" if coding == "x-hpp" else coding
    findings = [Finding("header Content-Encoding", expected, f'"{shown}"')] if expected else []
    assert content_coding_asked_for(exchange) == findings


def test_a_number_too_long_to_read() -> None:
    """A number of more digits than Python converts is the body's fault and no crash."""
    body = b"1" * 5000
    exchange = Exchange(ASKED, Response(200, (("Content-Type", "application/json"),), body))
    assert [finding.found for finding in one_json_value(exchange)] == ["a number too long to read"]


@pytest.mark.parametrize(
    ("declared", "refused"),
    [("UTF-8", None), ('"utf8"', None), ("us-ascii", None), (" utf-8 ;x=y", None), ("utf-16", "utf-16")],
)
def test_charsets(declared: str, refused: str | None) -> None:
    """Every way to declare UTF-8 is one, in whatever case the header field is named."""
    fields = (("CONTENT-type", f"application/json;CHARSET={declared}"),)
    exchange = Exchange(ASKED, Response(200, fields, b"{}"))
    assert found("HPP-H06", exchange) == ([f'"{refused}"'] if refused else [])


# --- who answered, and what is a read


def read(status: int = 200, after: int = 0, wanted: str = ID, failure: str | None = None, **known: Any) -> Exchange:
    """A read so many seconds after noon."""
    response = None if failure else Response(status, (("Content-Type", "application/json"),), b"{}")
    request = Request("GET", f"https://h/hpp/v1/sessions/{wanted}")
    return Exchange(
        request, response, failure, at=Instant(NOON + after * SECOND, 9), evidence="log#1", context=Context(**known)
    )


OTHER = "7d0a3c55-1111-4222-8333-444455556666"


def weights(exchanges: list[Exchange], session_id: str = ID) -> dict[str, str]:
    """How much H02 and H04 weigh what became of a session in these exchanges."""
    (trace,) = (trace for trace in traces(exchanges) if trace.session_id == session_id)
    both = [(rule.id, rule.weight(finding)) for rule in (no_server_error, answers) for finding in rule(trace)]
    return {rule: str(weight) for rule, weight in both}


RECORDED: dict[str, tuple[list[tuple[int, int]], str | None]] = {
    "three over a minute": ([(500, 0), (503, 30), (502, 60)], "must"),
    "three over less than a minute": ([(500, 0), (503, 30), (502, 59)], "info"),
    "two over a minute": ([(500, 0), (503, 60)], "info"),
    "one that was answered": ([(500, 0), (200, 30), (503, 60), (502, 90)], "info"),
    "limited meanwhile": ([(500, 0), (429, 30), (502, 60)], "info"),
    "limited at last": ([(500, 0), (500, 30), (429, 60)], None),
    "answered at last": ([(500, 0), (500, 30), (404, 60)], None),
    "never failed": ([(404, 0), (404, 30), (404, 60)], None),
    "refused": ([(401, 0), (401, 30), (401, 60)], None),
}


@pytest.mark.parametrize("name", RECORDED)
def test_server_errors_in_a_recording(name: str) -> None:
    """A log shows a must only where one session failed at three reads or more, over a minute or more."""
    statuses, expected = RECORDED[name]
    reads = [read(status, after, recorded=True) for status, after in statuses]
    others = [read(200, after, OTHER, recorded=True) for after in (-5, 5, 95)]
    assert weights([*reads, *others]) == ({"HPP-H02": expected} if expected else {})


def test_server_errors_of_all_in_a_recording() -> None:
    """A log in which nothing else was answered meanwhile shows an outage; so does one without times."""
    reads = [read(503, after, recorded=True) for after in (0, 30, 60)]
    around = [read(200, after, OTHER, recorded=True) for after in (-5, 65)]
    assert weights([*reads, *around]) == {"HPP-H02": "info"}
    untimed = [replace(each, at=None) for each in (reads[0], around[0], *reads[1:])]
    assert weights(untimed) == {"HPP-H02": "info"}


@pytest.mark.parametrize(("wanted", "weight"), [(ID, "must"), ("no-uuid", "should")])
def test_lost_answers_in_a_recording(wanted: str, weight: str) -> None:
    """The same holds of reads without any answer; an id that is none weighs less."""
    reads = [read(after=after, wanted=wanted, failure="reset", recorded=True) for after in (0, 30, 60)]
    assert weights([*reads, read(200, 5, OTHER, recorded=True)], wanted) == {"HPP-H04": weight}


def test_what_a_retry_replaced_is_no_answer_lost() -> None:
    """A failure that passing, or that everything shared, is held against no session."""
    passing = [read(503, 0, retried=True), read(200, 1)]
    assert weights([*passing, read(200, 0, OTHER)]) == {}
    assert weights([read(503, 0), read(200, 1, OTHER), read(503, 2, unanswered="outage")]) == {}
    assert weights([read(503, 0), read(503, 2)]) == {}
    assert weights([read(503, 0), read(200, 1, OTHER), read(503, 2)]) == {"HPP-H02": "must"}


OF_ONE = [rule for rule in CATALOGUE if rule.letter in "HE" and rule.scope == "exchange"]


@pytest.mark.parametrize(
    ("method", "status", "fields"),
    [
        ("HEAD", 200, ()),
        ("HEAD", 404, ()),
        ("OPTIONS", 204, (("Allow", "GET"),)),
        ("DELETE", 204, ()),
        ("PUT", 405, ()),
    ],
)
@pytest.mark.parametrize("recorded", [True, False])
def test_what_is_no_read(method: str, status: int, fields: Headers, recorded: bool) -> None:
    """Requests of another kind are judged by no rule about the answer to a read."""
    request = Request(method, ASKED.url)
    exchange = Exchange(request, Response(status, fields), elapsed=60.0, context=Context(recorded=recorded))
    assert [rule.id for rule in OF_ONE if rule.when(exchange)] == []


@pytest.mark.parametrize(
    ("sent", "expected"),
    [((("If-None-Match", '"1"'),), []), ((("If-Modified-Since", "x"),), []), ((), ["304"])],
)
def test_not_modified(sent: Headers, expected: list[str]) -> None:
    """A 304 answers a conditional GET, and nothing else."""
    exchange = Exchange(replace(ASKED, headers=sent), Response(304))
    assert found("HPP-H01", exchange) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (("application/json", "text/html"), ['"application/json, text/html"']),
        (("text/html, application/json",), ['"text/html, application/json"']),
        (("application/json", "Application/JSON; charset=utf-8"), []),
        (('application/json; charset="utf-8',), ["one that is not closed"]),
        (("text/html",), ['"text/html"']),
        ((), ["absent"]),
    ],
)
def test_media_types(fields: tuple[str, ...], expected: list[str]) -> None:
    """Every Content-Type counts, in whatever field it stands."""
    exchange = Exchange(ASKED, Response(200, tuple(("Content-Type", field) for field in fields), b"{}"))
    assert found("HPP-H05", exchange) == expected


def test_a_page_declared_as_both_is_still_judged() -> None:
    """Two types that disagree hide no page from the rules about a body."""
    fields = (("Content-Type", "text/html"), ("Content-Type", "application/json"))
    assert found("HPP-H08", Exchange(ASKED, Response(200, fields, b"<html>"))) != []


SESSIONS: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    ({"order_id": None}, {}, []),
    ({}, {"order_id": None}, []),
    ({"order_id": None}, {"order_id": "x"}, ["/order_id"]),
    ({"expires_at": "a"}, {"expires_at": "b"}, []),
    ({"authorization_token": "t"}, {}, []),
    ({"authorization_token": "t"}, {"authorization_token": "u"}, ["/authorization_token"]),
    ({}, {"customer": {}}, ["/customer"]),
    ({"updated_at": "a"}, {"updated_at": "b", "order_id": "x"}, []),
    ({"status": "WAITING"}, {"status": "BACK", "order_id": "x"}, []),
]


@pytest.mark.parametrize(("before", "after", "expected"), SESSIONS)
def test_same_update(before: dict[str, Any], after: dict[str, Any], expected: list[str]) -> None:
    """A null is an absent member, an expiry has its own rule and a token ends; any other change is one."""
    polls = tuple(answered(200, json.dumps(value).encode()) for value in (before, after))
    assert [finding.where for finding in same_update_same_answer(Trace(ID, polls))] == expected
