"""Names and words from outside: what protocols use is shown, and nothing that may be somebody's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.privacy.describe import show
from hpp_contract.privacy.names import (
    HIDDEN,
    SOME_NAME,
    shown_header,
    shown_member,
    shown_method,
    shown_part,
    shown_value,
)
from hpp_contract.spec.fields import HEADERS, MEMBERS, PERSON_MEMBERS

IBAN = "DE89370400440532013000"


@pytest.mark.parametrize(
    "name", [*MEMBERS, *PERSON_MEMBERS, "customer_obfuscated", "risk_score", "orderId", "order-id", "orderId2", "URL"]
)
def test_names_of_protocols_are_shown(name: str) -> None:
    """What the documentation has, small letters with underscores, and words that are known however they are joined."""
    assert shown_member(name) == name


@pytest.mark.parametrize(
    "name",
    ["Anna", "annaSvensson", "anna@mail.example", "anna_mail_example", "19800101-1234", IBAN, "", "王偉", "-", "a" * 40,
     "::error::x", "##[error]", "x y", "order" * 20, "\ud800"],
)  # fmt: skip
def test_other_names_are_not_shown(name: str) -> None:
    """Whatever may be a person, a number or a command."""
    assert shown_member(name) == SOME_NAME


def test_places_in_lists_are_shown() -> None:
    """A place in a list is nobody's; a name that looks like one may be."""
    assert [shown_part(part) for part in (17, "17", "status")] == ["17", SOME_NAME, "status"]


@pytest.mark.parametrize("name", [*HEADERS, "X-Request-Id", "cf-ray"])
def test_headers_of_protocols_are_shown(name: str) -> None:
    """A header field whose every word is known is shown as it is."""
    assert shown_header(name) == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [("X-Anna-Id", "X-…-Id"), (IBAN, "…"), ("x-##[error]", "x-…"), ("x\u202e", "…"), ("", HIDDEN), ("-", "-")],
)
def test_other_headers_are_shown_in_part(name: str, shown: str) -> None:
    """Of a header field that nobody knows, the known words are shown."""
    assert shown_header(name) == shown


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("Content-Type", "application/json; charset=utf-8", "application/json; charset=utf-8"),
        ("content-type", "application/vnd.anna+json", "application/…+json"),
        ("content-type", "application/problem+json", "application/problem+json"),
        ("Cache-Control", "no-store, max-age=60, anna=1", "no-store, max-age=60, …=1"),
        ("Server", "nginx/1.25.3 (Anna)", "nginx/1.25.3 (…)"),
        ("WWW-Authenticate", 'Basic realm="Anna Svensson"', 'Basic realm="… …"'),
        ("Retry-After", "120", "120"),
        ("Content-Length", IBAN[2:], HIDDEN),
        ("Content-Encoding", "+46 74 557 15 21", "+… … … … …"),
        ("Date", "Sun, 22 Nov 2026 12:00:00 GMT", "Sun, 22 Nov 2026 12:00:00 GMT"),
        ("Vary", "Accept, X-Anna", "Accept, X-…"),
        ("Allow", "GET, *", "GET, *"),
        ("Accept", "*/*;q=0.9", "*/*;q=0.9"),
        ("X-Unknown", "Anna", HIDDEN),
        ("Server", "\u202e\x1b[31m", "…[…"),
    ],
)
def test_values_of_headers(field: str, value: str, shown: str) -> None:
    """Of the value of a header field known words, dates and numbers that are nobody's are shown."""
    assert shown_value(field, value) == shown


@given(st.sampled_from([*HEADERS]), st.text(max_size=200))
def test_values_are_short_and_printable(field: str, value: str) -> None:
    """Whatever stands in a header field, what is shown of it is a line that can be printed."""
    shown = shown_value(field, value)
    assert len(shown) <= 120
    assert shown.isprintable()


def test_methods() -> None:
    """A method is shown where it is one, as it was written."""
    assert [shown_method(each) for each in ("GET", "get", "ANNA", IBAN)] == ["GET", "get", *["(some method)"] * 2]


@pytest.mark.parametrize(
    "text",
    [IBAN, "1980-0101-1234", "0046-70-1234567", "1980-01-01", "1980-01-01-1234", "AB12345678"],
)
def test_numbers_are_no_words_and_no_dates(text: str) -> None:
    """What looks like a status or a date, and is somebody's number, is described."""
    assert show(text) == f"a string of {len(text)}"


@pytest.mark.parametrize(
    "text",
    ["COMPLETED", "ERROR_17", "2026-13-45T99:99:99Z", "2026-11-22", "2019-05-13 14:51:46", "2026-11-22T01:02Z\n",
     "1900-01-01T00:00:00.1+99:99"],
)  # fmt: skip
def test_words_and_dates_are_shown(text: str) -> None:
    """A status, and a date however wrong, is shown: it is what the finding is about."""
    assert show(text)[1:-1].replace("\\n", "\n") == text
