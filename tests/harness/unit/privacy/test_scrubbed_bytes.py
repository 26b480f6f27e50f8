"""What scrubbing writes, byte for byte: nothing here may change unnoticed, recordings are compared over years."""

from __future__ import annotations

import gzip
import zlib
from base64 import b64encode
from itertools import count

import pytest

from hpp_contract.engine import edits
from hpp_contract.model import Exchange, Request, Response
from hpp_contract.model.exchange import Context
from hpp_contract.privacy.scrub import Scrubber
from tests.harness.support.recording_tools import simulated

ID = "39a1c773-bafd-754d-af1f-b30c592f1267"
OURS = "5c2bbed0-0000-7000-8000-000000000000"
SECRET = "ge/heim+??>>é"
SESSIONS = "https://h/hpp/v1/sessions/"


def base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def scrubbed(
    url: str = "https://h/", field: tuple[str, str] = ("Via", ""), body: bytes = b"", reason: str = "OK"
) -> tuple[Request, Response]:
    """What becomes of a request and of a response with this header field and body."""
    exchange = Exchange(Request("GET", url, (field,), body), Response(200, (field,), body, reason=reason))
    result = Scrubber([SECRET, "pw", "abc"])(exchange)
    assert result.response is not None
    return result.request, result.response


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"{SESSIONS}{ID}", f"{SESSIONS}{OURS}"),
        (f"{SESSIONS}{ID}?for=Ottilie&id={ID}#{ID}", f"{SESSIONS}{OURS}?scr=scrubbe&sc={OURS}#{OURS}"),
        (f"https://us:er:x@h/{ID}/hpp/v1/sessions/{ID}/", f"https://sc:sc:s@h/{OURS}/hpp/v1/sessions/{OURS}/"),
        (f"https://kco_test_api_ab:pw@h/{ID}", f"https://kco_test_api_scrubbed:sc@h/{OURS}"),
        ("https://h/x://y@z?a=1", "https://h/a://a@a?s=s"),
        (f"{SESSIONS}a%2Fb?x=y z?q", f"{SESSIONS}a%2Fa?s=s s?s"),
        (f"{SESSIONS}%C3%A4%62b", f"{SESSIONS}%C3%A0aa"),
        (f"{SESSIONS}%61b", f"{SESSIONS}%61a"),
        (f"{SESSIONS}z:%c3%a4", f"{SESSIONS}a:%C3%A0"),
        (f"{SESSIONS}z:%C3%A4", f"{SESSIONS}a:%C3%A0"),
        (f"{SESSIONS}h", f"{SESSIONS}a"),
        ("https://us@er:p@h/x://y@z", "https://scrub:s@h/a://a@a"),
        ("https://@h/a", "https://@h/a"),
        (f"{SESSIONS}b\n\t\rc", f"{SESSIONS}aa"),
        ("ht\ntps://h/a\n?b", "https://h/a?s"),
        (f"{SESSIONS}\ud800b", f"{SESSIONS}\ud800a"),
        (f"{SESSIONS}%ffb", f"{SESSIONS}%C3%A0a"),
        (f"{SESSIONS}z z", f"{SESSIONS}a a"),
    ],
    ids=map(str, count(1)),
)
def test_urls(url: str, expected: str) -> None:
    """Ids, user names and what is asked for are replaced; the encoding that an id was sent in stays."""
    assert scrubbed(url)[0].url == expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("Authorization", "Basic abcdefghijk", f"Basic {base64('scrubbed')}"),
        ("Authorization", "abc", base64("scrubbed")),
        ("Authorization", "kco_test_api_abcdefgh", "kco_test_api_scrubbed"),
        ("authorization", "Basic", "Basic"),
        ("Authorization", "BEARER", "BEARER"),
        ("Authorization", "Bearer  ", "Bearer  "),
        ("Authorization", "Basic  x", f"Basic {base64('scrubbed')}"),
        ("Authorization", "Basic <scrubbed>", "Basic <scrubbed>"),
        ("Authorization", "[Filtered] abcdefgh", f"[Filtered] {base64('scrubbed')}"),
        ("Authorization", f"Basic {base64(SECRET)}", f"Basic {base64('scrubbedscrubbe')}"),
        ("Proxy-Authorization", f"Basic {base64('us:pw')}", f"Basic {base64('sc:scrubbed')}"),
        ("Cookie", "a=b=c; c=geheim; solo", "s=scr; s=scrubb; scru"),
        ("Set-Cookie", "sid=geheimnis; Path=/; HttpOnly", "scr=scrubbeds; Path=/; HttpOnly"),
        ("set-cookie", "sid", "scr"),
        ("Via", "1.1 Ottilie", "1.1 scrubbe"),
        ("X-Name", "Ottilie Müller_x-17", "scrubbe scrubb_s-sc"),
        ("X-Count", "17", "17"),
        ("X-Key", "a kco_live_api_abcdefgh b", "s kco_live_api_scrubbed s"),
        ("X-Key", "kco_test_api_REDACTED", "kco_test_api_REDACTED"),
        ("ETag", f'"{ID}"', f'"{OURS}"'),
        ("X-Id", f"x {ID} y {ID}.", f"s {OURS} s {OURS}."),
        ("Via", f"{SECRET} pw abc", "scrubbedscrub sc scr"),
        ("X-Secret", f"x {SECRET} y", "s scrubbedscrub s"),
        ("Via", "ge%2Fheim%2B%3F%3F%3E%3E%C3%A9", "scrubbedscrub"),
        ("Via", "ge/heim%2B%3F%3F%3E%3E%C3%A9", "scrubbedscrub"),
        ("Via", base64(SECRET), base64("scrubbedscrub")),
        ("Via", base64(SECRET).rstrip("="), base64("scrubbedscrub").rstrip("=")),
        ("Via", base64(SECRET).replace("/", "_").replace("+", "-"), base64("scrubbedscrub")),
        ("Via", base64(SECRET).replace("/", "_").replace("+", "-").rstrip("="), base64("scrubbedscrub").rstrip("=")),
    ],
    ids=map(str, count(1)),
)
def test_fields(name: str, value: str, expected: str) -> None:
    """A header field is scrubbed by what it is for, the same in a request and in a response."""
    request, response = scrubbed(field=(name, value))
    assert request.headers == response.headers == ((name, expected),)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f'{{"session_id": "{ID}", "a": "Ottilie"}}', f'{{"session_id": "{OURS}", "a": "scrubbe"}}'),
        ('{"order_id": 712, "x": 712, "order_id": 1.5, "order_id": "712"}',
         '{"order_id": 100, "x": 712, "order_id": 1.2, "order_id": "100"}'),
        ('{"correlation_id": "Zz", "klarna_reference": "Z9", "authorization_token": "2026-11-22T01:02:03Z"}',
         '{"correlation_id": "Aa", "klarna_reference": "A0", "authorization_token": "2026-11-22T01:02:03Z"}'),
        ('{"status": "NO_WAY x-1", "error_code": "y\\u00e9", "updated_at": "2026-13-01 T", "expires_at": "soon, or"}',
         '{"status": "AA_AAA a-0", "error_code": "a\\u00e0", "updated_at": "1000-00-00 A", "expires_at": "aaaa, aa"}'),
        ('{"status": "kco_live_api_abcdefgh", "expires_at": "2026-11-22T01:02:03.456Z"}',
         '{"status": "aaa_aaaa_aaa_aaaaaaaa", "expires_at": "2026-11-22T01:02:03.456Z"}'),
        ('{"customer": {"a": "Ottilie", "expires_at": "2026-01-02", "date_of_birth": "1971-02-03"}, "status": "OK"}',
         '{"customer": {"s": "scrubbe", "expires_at": "1000-00-00", "date_of_birth": "1900-01-01"}, "status": "OK"}'),
        ('{"customer": {"date_of_birth": "about 1971"}, "manual_identification": ["Ottilie", {"x": ["y"]}], "z": 7}',
         '{"customer": {"date_of_birth": "scrubbedsc"}, "manual_identification": ["scrubbe", {"s": ["S"]}], "z": 7}'),
        (f'{{"error_messages": ["no {ID}", {{"x": "Ottilie"}}, "Ottilie"], "error_message": "Ottilie", "a": "b"}}',
         f'{{"error_messages": ["sc {OURS}", {{"x": "scrubbe"}}, "scrubbe"], "error_message": "scrubbe", "a": "s"}}'),
        ('{"a": "at x Traceback (most recent call last) y"}', '{"a": "sc s Traceback (most recent scru scru) s"}'),
        ('{"a": "b" , "c\\u0064" :"Ottilie", "order_id"\n: "Z9"}',
         '{"a": "s" , "c\\u0064" :"scrubbe", "order_id"\n: "A0"}'),
        ('{"a": "tab\there", "ä": "öl"}', '{"a": "scr\tscru", "s": "sc"}'),
        ('{"a": "tab\\there", "b": "\\u0000\\u00e9\\ud800x"}', '{"a": "scr\\tscru", "b": "\\u0000s\\ud800s"}'),
        ('{"customer": ["tab\\there", "tab\there"]}', '{"customer": ["<><\\t><><", "scr\tscru"]}'),
        (f'{{"a": "tab\t{ID}"}}', f'{{"a": "scr\t{OURS}"}}'),
        ('{"customer": {"a": NaN, "b": null, "c": [true, false, -Infinity], "d": 0.5, "e": -1E+5, "f": 1e-07}}',
         '{"customer": {"s": NaN, "S": null, "sc": [true, false, -Infinity], "Sc": 0.1, "sC": -2E+5, "SC": 2e-07}}'),
        ('{"customer": {"a": Ottilie, "b": 19710203-4321, "c": 1.2.3, "d": +1, "e": trueish}, "x": Ottilie 1-2}',
         '{"customer": {"s": scrubbe, "S": scrubbed-scru, "sc": s.s.s, "Sc": +s, "sC": Scrubbe}, "x": scrubbe s-s}'),
        ("{'customer': {'a': 'Ottilie'}, customer\n: {a: Ottilie}, 'x': 'Ottilie'}",
         "{'customer': {'s': 'scrubbe'}, customer\n: {s: scrubbe}, 's': 'scrubbe'}"),
        ("{order_id: 712, x: 712, order_id : 0712}", "{order_id: 100, s: 100, order_id : 0000}"),
        ('{"a": "Otti', '{"a": "scru'),
        ('{"a": "Otti\\', '{"a": "scru\\'),
        ('{"a": "bad \\x escape"}', '{"a": "scr \\s scrubb"}'),
        (f'{{"a": nope {ID}}} ]}}, "order_id": "Z9"', f'{{"a": scru {OURS}}} ]}}, "order_id": "A0"'),
        ('["Ottilie", {"order_id": "Z9"}, "Ottilie"]', '["scrubbe", {"order_id": "A0"}, "scrubbe"]'),
        ('"Ottilie"', '"scrubbe"'),
        (f'<p title="Ottilie">{ID}', f'<p scrub="scrubbe">{OURS}'),
        (f'\ufeff \t\r\n<p title="Ottilie">{ID}', f'\ufeff \t\r\n<p scrub="scrubbe">{OURS}'),
        ('\ufeff{"a": "<b"}', '\ufeff{"a": "<s"}'),
        (f"no JSON, {SECRET}, {ID}", f"sc scru, scrubbedscrub, {OURS}"),
    ],
    ids=map(str, count(1)),
)  # fmt: skip
def test_bodies(body: str, expected: str) -> None:
    """What a member means decides what becomes of its value; all around the values stays, however broken."""
    for coding, mark in (("utf-8", ""), ("utf-16-le", "\ufeff"), ("utf-16-be", "\ufeff")):
        original = (mark + body.lstrip("\ufeff")).encode(coding) if mark else body.encode()
        encoded = (mark + expected.lstrip("\ufeff")).encode(coding) if mark else expected.encode()
        request, response = scrubbed(body=original)
        assert request.body == response.body == encoded


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'\xff{"a": "Ottilie\xff \x80"}', b'\xff{"a": "scrubbe\xff \xff"}'),
        (b'{"order_id": "Z\xff9"}', b'{"order_id": "A\xff0"}'),
        (b'{"customer": {"a": "J\xffne"}}', b'{"customer": {"s": "<\xff><"}}'),
        (b"\xff\xfe{", b"\xff\xfe{"),
        (b"\xfe\xffabc", b"\xfe\xffscr"),
        (b"\xff\xfea\xd8", b"\xff\xfea\xd8"),
    ],
    ids=map(str, count(1)),
)
def test_bytes_that_are_no_text(body: bytes, expected: bytes) -> None:
    """They stay where they are, and what is around them is scrubbed."""
    assert scrubbed(body=body)[1].body == expected


@pytest.mark.parametrize(
    ("coding", "body", "expected"),
    [
        ("gzip", gzip.compress(b'{"a":"Ottilie"}'), gzip.compress(b'{"a":"scrubbe"}', mtime=0)),
        ("GZIP ", gzip.compress(b'{"a":"Ottilie"}'), gzip.compress(b'{"a":"scrubbe"}', mtime=0)),
        ("deflate", zlib.compress(b'{"a":"Ottilie"}'), zlib.compress(b'{"a":"scrubbe"}')),
        ("Identity", b'{"a":"Ottilie"}', b'{"a":"scrubbe"}'),
        ("", b'{"a":"Ottilie"}', b'{"a":"scrubbe"}'),
        ("gzip", b'{"a":"Ottilie"}', b'{"a":"scrubbe"}'),
        ("gzip", b'["Ottilie"]', b'["scrubbe"]'),
        ("gzip", b'"Ottilie"', b'"scrubbe"'),
        ("gzip", b"<Ottilie>", b"<scrubbe>"),
        ("gzip", b"", b""),
        ("gzip", b"Ottilie", b"scrubbed"),
        ("br", b"\x0b\x02\x80Ottilie\x03", b"scrubbed"),
    ],
    ids=map(str, count(1)),
)
def test_codings(coding: str, body: bytes, expected: bytes) -> None:
    """A coded body is coded again the same way; one that cannot be read is not kept."""
    assert scrubbed(field=("Content-Encoding", coding), body=body)[1].body == expected


@pytest.mark.parametrize(
    ("original", "expected"), [("7", "8"), ("9", "9"), ("07", "07"), ("x7", "sc"), ("46701234567", "10000000000")]
)
def test_a_right_length_stays_right(original: str, expected: str) -> None:
    """Content-Length follows the body where it was true, and stays as wrong as it was where it was not."""
    fields = (("X-Length", "7"), ("content-LENGTH", original), ("Content-Encoding", "br"))
    exchange = Exchange(Request("GET", "https://h/", ()), Response(200, fields, b"Ottilie"))
    response = Scrubber()(exchange).response
    assert response is not None
    assert response.headers == (fields[0], ("content-LENGTH", expected), fields[2])


def test_the_rest_of_an_exchange() -> None:
    """The reason phrase is cleaned, secrets that an observer knew are forgotten, and all else stays."""
    context = Context(secrets=("geheim", "x"), session="known")
    exchange = Exchange(Request("PUT", "https://h/", ()), None, failure="reset", elapsed=1.5, context=context)
    result = Scrubber(salt=7)(exchange)
    assert (result.context, result.failure, result.elapsed) == (Context(session="known"), "reset", 1.5)
    assert (result.request, result.response) == (exchange.request, None)
    assert scrubbed(reason=f"{SECRET}, {ID}, fine")[1].reason == f"scrubbedscrub, {OURS}, scru"


def test_credentials_are_found_everywhere() -> None:
    """What a request authenticated with is taken out of all of it, from eight characters on."""
    sent = (("Authorization", "Basic passwort"), ("Accept", "passwort kennwor"), ("authorization", "Basic kennwor"))
    spaced = (("Authorization", "Basic kenn wort"), ("Accept", "kenn wort"))
    assert Scrubber()(Exchange(Request("GET", "https://h/", spaced), None)).request.headers[1][1] == base64("scrubbed")
    result = Scrubber()(Exchange(Request("GET", "https://h/passwort/passwor", sent), None)).request
    word = base64("scrubbed")
    assert result.url == "https://h/aaaaaaaa/aaaaaaa"
    assert [value for _, value in result.headers] == [f"Basic {word}", f"{word} scrubbe", f"Basic {word}"]


def test_what_must_not_be_left() -> None:
    """Secrets of four characters or more in every encoding, and ids that are too long to occur by chance."""
    scrub = Scrubber(["abc", "abcd"], salt=3)
    assert scrub(Exchange(Request("GET", "https://h/abcd/abc", ()), None)).request.url == "https://h/aaaa/aaa"
    for session_id in ("abcdefg", "abcdefg1", "aaaaaaaa"):
        scrub(Exchange(Request("GET", f"{SESSIONS}{session_id}", ()), None))
    twice, hexadecimal = base64(base64("abcd")), b"abcd".hex()
    assert scrub.originals == {
        "abcd", base64("abcd"), base64("abcd").rstrip("="), twice, twice.rstrip("="), hexadecimal, "abcdefg1",
    }  # fmt: skip
    assert scrub(Exchange(Request("GET", f"{SESSIONS}{ID}", ()), None)).request.url.endswith(
        "5c2bbed0-0003-7000-8000-000000000000"
    )


def test_placeholders_are_no_originals() -> None:
    """An id that looks like a placeholder is replaced, and may stand elsewhere, where it means nobody."""
    scrub = Scrubber()
    [first] = simulated("completed-with-order", 1)
    for text in ("x" * 256, "1f9b2c3d-0000-4000-8000-000000000001"):
        scrub(edits.member("order_id", text)(first))
    assert "x" * 256 not in scrub.originals
    assert "1f9b2c3d-0000-4000-8000-000000000001" in scrub.originals
