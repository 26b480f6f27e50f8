"""What the faults of the rules H do not cover: rare notations, and limits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hpp_contract.engine.rule import Finding
from hpp_contract.model import Context, Exchange, Request, Response
from hpp_contract.rules.http import answers_in_time, content_coding_asked_for, one_json_value
from tests.harness.support.exchanges import ASKED, found

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
    findings = [Finding("header Content-Encoding", expected, f'"{coding}"')] if expected else []
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
