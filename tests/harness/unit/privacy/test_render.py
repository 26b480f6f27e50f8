"""Exchanges as they may be shown: whatever the bytes are, no value that identifies anything or anybody gets through."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.model import Exchange, Request, Response
from hpp_contract.privacy.render import render_redacted
from hpp_contract.spec.fields import MEMBERS, of_kind

SECRET = "zq9-Ärger~77"
PRIVATE = st.sampled_from([SECRET, f"x{SECRET}", f"{SECRET} 1900-02-28T00:00:00Z"])
"""Texts that are no status and no instant, wherever they stand."""

_NAMES = st.sampled_from(["status", "updated_at", "error_code", "customer", "order_id", "family_name", "a name", ""])
_JSON = st.recursive(
    PRIVATE | st.integers() | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES | PRIVATE, inner, max_size=4),
    max_leaves=12,
)


def exchange(body: bytes, **headers: str) -> Exchange:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    request = Request("GET", "https://api.example/hpp/v1/sessions/39a1c773-bafd-754d-af1f-b30c592f1267", named)
    return Exchange(request, Response(200, (("Content-Type", "application/json"), *named), body))


@given(st.dictionaries(_NAMES, _JSON, min_size=1, max_size=4), st.integers(0, 400), st.binary(max_size=6))
def test_no_private_value_is_shown(value: Any, end: int, noise: bytes) -> None:
    """A private text anywhere in a JSON body, whole, cut off or with bytes before or after, is not shown."""
    whole = json.dumps(value, ensure_ascii=False).encode()
    for body in (whole, whole[:end], noise + whole, whole + noise, b"\xef\xbb\xbf" + whole, whole + whole):
        text = render_redacted(exchange(body))
        assert "rger~77" not in text
        assert "zq9" not in text


@given(st.binary(max_size=200), st.integers(100, 599), st.booleans())
def test_any_response_is_rendered(body: bytes, status: int, complete: bool) -> None:
    """Whatever came, there is a text of it; nothing raises."""
    response = Response(status, (("Content-Encoding", "gzip"),), body, complete=complete)
    assert render_redacted(Exchange(Request("GET", "https://[broken"), response)).startswith("> GET ")


def test_what_is_public_is_shown() -> None:
    """Statuses, instants, error codes and the headers of HTTP are shown as they are: rules speak of them."""
    body = b'{"status": "WAITING", "updated_at": "2019-05-13T14:51:46.288Z", "error_code": "NOT_FOUND", "n": [1, {}]}'
    text = render_redacted(exchange(body, Cache_Control="no-store"))
    assert '<   "status": "WAITING",' in text
    assert '<   "updated_at": "2019-05-13T14:51:46.288Z",' in text
    assert '<   "error_code": "NOT_FOUND",' in text
    assert "< Cache-Control: no-store" in text
    assert "> GET https://api.example/hpp/v1/sessions/39a1c773…1267" in text


@pytest.mark.parametrize("member", sorted(of_kind(MEMBERS, "public")))
def test_a_public_member_hides_what_it_should_not_hold(member: str) -> None:
    """A public member's value is shown only when it looks as it should."""
    text = render_redacted(exchange(json.dumps({member: "Anna Exempelsson", "customer": {member: ["ANNA"]}}).encode()))
    assert f'"{member}": ‹a string of 16›' in text
    assert "ANNA" not in text


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Authorization": f"Basic {SECRET}"}, "> Authorization: Basic ‹credentials›"),
        ({"Authorization": f"Bearer {SECRET}"}, "> Authorization: ‹credentials›"),
        ({"Cookie": SECRET}, "> Cookie: ‹a string of 12›"),
        ({"User_Agent": "39a1c773-bafd-754d-af1f-b30c592f1267"}, "> User-Agent: …"),
        ({"User_Agent": "kco_live_api_abc"}, "> User-Agent: …"),
    ],
)
def test_headers_hide_credentials_and_ids(headers: dict[str, str], expected: str) -> None:
    """A header that is not HTTP's own is described, and one that is shows no credential and no id."""
    text = render_redacted(exchange(b"", **headers))
    assert expected in text
    assert SECRET not in text


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "< Content-Type: application/json"),
        (b"<!doctype html><p>x", "< ‹a page of HTML, 19 bytes›"),
        (b"hello", "< ‹5 bytes that are no JSON object or array›"),
        (b'{"a": "b', '<   "a": ‹a string that does not end›'),
        (b'{"a": NaN}', '<   "a": NaN'),
        (b'{"status": "WAITING"} and more', "< }‹…›"),
        (b"[" + b" " * 5000 + b"1]", "< ‹… 5003 bytes in all›"),
    ],
)
def test_odd_bodies_are_described(body: bytes, expected: str) -> None:
    """A body that is no whole JSON object says what it is instead."""
    assert expected in render_redacted(exchange(body)).split("\n")


def test_what_never_came_is_said() -> None:
    """A failure and a body that broke off are lines of their own."""
    request = Request("GET", "https://user:pw@api.example/hpp/v1/sessions/x?token=abc")
    assert render_redacted(Exchange(request, None, "timeout")) == (
        "> GET https://api.example/hpp/v1/sessions/‹a segment›?‹a query›\n< no response: timeout"
    )
    cut = Exchange(request, Response(200, (), b"{", complete=False))
    assert render_redacted(cut).endswith("< ‹the connection closed before the promised end›")
