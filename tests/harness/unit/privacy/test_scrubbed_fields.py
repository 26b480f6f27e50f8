"""What is kept of header fields, addresses and pages: what is known to be public, character for character."""

from __future__ import annotations

from itertools import count

import pytest

from hpp_contract.model import Exchange, Request, Response
from hpp_contract.model.exchange import Context
from hpp_contract.privacy.scrub import Scrubber
from tests.harness.support.not_none import not_none

URL = "https://api.kustom.co/hpp/v1/sessions/x"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Content-Type", "application/json;charset=utf-8"),
        ("content-type", "application/problem+json"),
        ("Accept", "text/html, application/xhtml+xml;q=0.9, */*;q=0.8"),
        ("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"),
        ("Cache-Control", "public, max-age=31536000"),
        ("Strict-Transport-Security", "max-age=63072000; includeSubDomains; preload"),
        ("Server", "nginx/1.25.3"),
        ("User-Agent", "python-requests/2.34.2"),
        ("WWW-Authenticate", 'Basic realm="Klarna", charset="UTF-8"'),
        ("Date", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("Retry-After", "120"),
        ("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("Expires", "-1"),
        ("X-Ratelimit-Remaining", "49"),
        ("Vary", "Accept-Encoding, Origin"),
        ("Allow", "GET, HEAD, DELETE"),
        ("Set-Cookie", "; Path=/; HttpOnly; SameSite=Lax; Max-Age=60"),
        ("Location", "https://api.kustom.co/hpp/v1/sessions/"),
        ("Location", "/checkout/v3/orders"),
        ("Location", "http://127.0.0.1:80/hpp"),
        ("Location", "https://example.invalid/"),
        ("Location", "https://api.playground.kustom.co:443"),
        ("Host", "api.kustom.co"),
        ("X-Count", "17"),
        ("Transfer-Encoding", "chunked"),
        ("Keep-Alive", "timeout=5, max=100"),
        ("X-Amzn-Trace-Id", ""),
    ],
    ids=map(str, count(1)),
)
def test_what_is_public_stays(name: str, value: str) -> None:
    """Names and values of known words stay as they are."""
    assert scrubbed_field(name, value) == (name, value)


@pytest.mark.parametrize(
    ("name", "value", "expected_name", "expected"),
    [
        ("X-Ottilie", "1", "X-scrubbe", "1"),
        ("Content-Type", "application/vnd.ottilie+json", None, "application/vnd.scrubbe+json"),
        ("Content-Type", "application/ottiliejson; a=b", None, "application/scrubbejson; s=S"),
        ("Cache-Control", "max-age=46701234567", None, "max-age=scrubbedscr"),
        ("Server", "nginx/1.25.3 (Ottilie)", None, "nginx/1.25.3 (scrubbe)"),
        ("Server", "ottilie/1.25.3", None, "scrubbe/s.sc.s"),
        ("Server", "nginx/070.123.45.67", None, "nginx/scr.scr.sc.sc"),
        ("WWW-Authenticate", 'Basic realm="Ottilie"', None, 'Basic realm="scrubbe"'),
        ("Date", "Sunday, 06-Nov-94 08:49:37 GMT", None, "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("Date", "Ottilie", None, "scrubbe"),
        ("Age", "46701234567", None, "10000000000"),
        ("Retry-After", "soon", None, "scru"),
        ("Vary", "Origin, X-Ottilie", None, "Origin, X-scrubbe"),
        ("Location", "https://ottilie.example/u/7", None, "https://scrubbe.scrubbe/b/1"),
        ("Location", "https://ottilie@api.kustom.co/?for=7#b", None, "https://scrubbe@api.kustom.co/?scr=s#s"),
        ("Location", "mailto:ottilie@mail.example", None, "aaaaaa:aaaaaaa@aaaa.aaaaaaa"),
        ("Location", "ftp://ottilie/x", None, "scr://scrubbe/s"),
        ("Location", "https://kco_live_api_abc:pw@api.kustom.co/kco_live_api_abc", None,
         "https://kco_live_api_scrubbed:sc@api.kustom.co/kco_live_api_scrubbed"),
        ("Location", "https://ottilie.localhost/", None, "https://scrubbe.scrubbeds/"),
        ("Host", "ottilie.example", None, "scrubbe.scrubbe"),
        ("X-Count", "4670", None, "scru"),
        ("Set-Cookie", "sid=x y; Domain=ottilie", None, "scr=Scr; scrubb=scrubbe"),
        ("Authorization", "Ottilie abc", None, "Aaaaaaa c2NydWJiZWQ="),
        ("Authorization", "Basic <Ottilie>", None, "Basic c2NydWJiZWQ="),
        ("Authorization", "<scrubbed> Ottilie", None, "<scrubbed> scrubbe"),
    ],
    ids=map(str, count(1)),
)  # fmt: skip
def test_what_is_not_is_masked(name: str, value: str, expected_name: str | None, expected: str) -> None:
    """Everything else becomes words, or digits where only digits may stand."""
    assert scrubbed_field(name, value) == (expected_name or name, expected)


def scrubbed_field(name: str, value: str) -> tuple[str, str]:
    exchange = Exchange(Request("GET", URL), Response(200, ((name, value),)))
    [field] = not_none(Scrubber()(exchange).response).headers
    return field


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://h/tenant/hpp/v1/sessions/9", "https://h/tenant/hpp/v1/sessions/1"),
        ("https://h/other/hpp/v1/sessions/9", "https://h/aaaaa/hpp/v1/sessions/1"),
        ("https://h/hpp/v1/sessions/9/", "https://h/hpp/v1/sessions/1/"),
        ("/hpp/v1/sessions/9?", "/hpp/v1/sessions/1?"),
        ("ottilie", "aaaaaaa"),
        ("", ""),
    ],
    ids=map(str, count(1)),
)
def test_addresses(url: str, expected: str) -> None:
    """The base path that was asked stays; other segments are public words or become pseudonyms."""
    exchange = Exchange(Request("GET", url), None, context=Context(base_path="/tenant"))
    assert Scrubber()(exchange).request.url == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<!DOCTYPE html><html><h1>Sorry, Ottilie</h1>", "<!DOCTYPE html><html><h1>scrub, scrubbe</h1>"),
        ('<?xml version="1.0" encoding="UTF-8"?><who>Ottilie</who>',
         '<?xml version="1.0" encoding="UTF-8"?><scr>scrubbe</scr>'),
        ("<htmlx>", "<htmls>"),
        ("Traceback (most recent call last)\n  at com.Ottilie.pay(Pay.java:17)",
         "Traceback (most recent scru scru)\n  at xxx.xxxxxxx.xxx(scr.scru:10)"),
        ("ORA-01017: Ottilie", "ORA-00000: scrubbe"),
        ("first=Ottilie&n=46701234567", "scrub=scrubbe&s=10000000000"),
        ('{"a": 1234, "b": -1.2345e-10, "c": 7e46701234567, "d": 1.25}',
         '{"a": 1000, "b": -1.1001e-10, "c": 2e10000000000, "d": 1.25}'),
        ('{"merchantData": 1, "risk_score": 3, "a_b_com": 4}', '{"scrubbedscru": 1, "risk_score": 3, "s_s_scr": 4}'),
        ('{"status": "ON_HOLD", "error_code": "Completed"}', '{"status": "ON_HOLD", "error_code": "Completed"}'),
        ('{"status": "OTTILIE 17", "error_code": "ERROR_17"}', '{"status": "AAAAAAA 00", "error_code": "ERROR_17"}'),
        ('{"updated_at": "1971-02-03-4321", "expires_at": "2026-11-22t01:02:60z"}',
         '{"updated_at": "1000-00-00-0000", "expires_at": "2026-11-22t01:02:60z"}'),
        ('{"customer": {"ottilie": "x", "given_name": "Ida"}}', '{"customer": {"scrubbe": "s", "given_name": "scr"}}'),
        ('{"na\tme": "Ottilie"}', '{"sc\tsc": "scrubbe"}'),
        ('{"status": COMPLETED, error_code: Ottilie}', '{"status": COMPLETED, error_code: scrubbe}'),
    ],
    ids=map(str, count(1)),
)  # fmt: skip
def test_bodies(body: str, expected: str) -> None:
    """Of a body stay its elements or members, known words, short numbers, and marks of stack traces and databases."""
    exchange = Exchange(Request("GET", URL), Response(200, (), body.encode()))
    assert not_none(Scrubber()(exchange).response).body.decode() == expected


def test_a_marker_that_cannot_be_masked() -> None:
    """A mark of a stack trace that would be none without its names becomes another."""
    body = "\n  at \u0661()"
    exchange = Exchange(Request("GET", URL), Response(500, (), body.encode()))
    assert b"at " in not_none(Scrubber()(exchange).response).body


def test_methods_and_reasons() -> None:
    """Methods of HTTP and registered reasons stay."""
    exchange = Exchange(Request("Ottilie", URL), Response(200, reason="Not Found"))
    scrubbed = Scrubber()(exchange)
    assert (scrubbed.request.method, not_none(scrubbed.response).reason) == ("Aaaaaaa", "Not Found")
    assert Scrubber()(Exchange(Request("get", URL), None)).request.method == "get"
