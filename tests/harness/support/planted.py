"""Exchanges with a private text planted in them, in any place of an exchange and in any of twenty encodings.

What is planted is drawn anew each time, so that nothing can be recognized by a list. `left` says what of it is still in
an exchange.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import quopri
import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, quote_plus

from hpp_contract.model import Exchange, Request, Response

ID: Final = "39a1c773-bafd-754d-af1f-b30c592f1267"
URL: Final = f"https://api.kustom.co/hpp/v1/sessions/{ID}"
SESSION: Final[dict[str, Any]] = {
    "session_id": ID,
    "status": "WAITING",
    "updated_at": "2026-11-22T01:02:03.456Z",
    "expires_at": "2026-11-24T01:02:03.456Z",
}

# --- What is planted

_SYLLABLES: Final = {
    script: syllables.split()
    for script, syllables in {
        "latin": "ott lie mül ger sör brà łuk şen vik dor hel mar jón ast rid zde něk",
        "cyrillic": "отт или мар екс дим нат юлі свя тос лав",
        "greek": "αλέ ξαν δρο ελέ νικ ολα μαρ γιώ",
        "arabic": "محم فاط عبد يوس نور خال",
        "devanagari": "प्रि या अर् जुन सी ता गी",
        "han": "王 李 偉 芳 娜 秀 英 敏 靜 磊 洋 艷",
    }.items()
}


def _digits(draw: random.Random, count: int) -> str:
    return "".join(draw.choice("0123456789") for _ in range(count))


def _word(draw: random.Random, script: str) -> str:
    least = 4 if script == "han" else 3
    return "".join(draw.choice(_SYLLABLES[script]) for _ in range(draw.randint(least, least + 1)))


def _name(draw: random.Random) -> list[str]:
    script = draw.choice(("latin", "latin", *_SYLLABLES))
    return [_word(draw, script).capitalize(), _word(draw, script).capitalize()]


def _a_name(draw: random.Random) -> tuple[str, list[str]]:
    words = _name(draw)
    if draw.random() < 0.3:
        return words[0], words[:1]
    return draw.choice((" ", " ", "-")).join(words), words


def _a_mail(draw: random.Random) -> tuple[str, list[str]]:
    first, last = (_word(draw, "latin") for _ in range(2))
    user = unicodedata.normalize("NFKD", f"{first}.{last}").encode("ascii", "ignore").decode()
    return f"{user}@{draw.choice(('mail', 'post'))}.example", [user]


def _a_national_id(draw: random.Random) -> tuple[str, list[str]]:
    born = f"{draw.randint(1930, 2005)}{draw.randint(1, 12):02}{draw.randint(1, 28):02}"
    number = _digits(draw, 4)
    text = draw.choice(
        (
            f"{born}-{number}",
            f"{born[2:]}-{number}",
            born + number,
            f"{born[:4]}-{born[4:]}-{number}",
            f"{born[6:]}{born[4:6]}{born[2:4]}-{draw.randint(100, 999)}{draw.choice('ABCDEFHJK')}",
        )
    )
    return text, [text]


def _a_phone(draw: random.Random) -> tuple[str, list[str]]:
    number = f"7{_digits(draw, 8)}"
    text = draw.choice(
        (
            f"+46{number}",
            f"0046-{number[:2]}-{number[2:]}",
            f"+46 {number[:2]} {number[2:5]} {number[5:7]} {number[7:]}",
            f"0{number[:2]}-{number[2:]}",
            f"0{number[:1]}.{number[1:3]}.{number[3:5]}.{number[5:7]}.{number[7:]}",
        )
    )
    return text, [text]


def _an_iban(draw: random.Random) -> tuple[str, list[str]]:
    text = f"{draw.choice(('DE', 'SE', 'NO'))}{_digits(draw, 20)}"
    if draw.random() < 0.5:
        text = " ".join(text[start : start + 4] for start in range(0, len(text), 4))
    return text, [text]


def _a_token(draw: random.Random) -> tuple[str, list[str]]:
    letters = draw.choice(("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", "0123456789abcdef"))
    text = draw.choice(("tok_", "sk-", "", "eyJhbGciOiJ.")) + "".join(draw.choice(letters) for _ in range(24))
    return text, [text]


KINDS: Final[dict[str, Callable[[random.Random], tuple[str, list[str]]]]] = {
    "name": _a_name,
    "mail": _a_mail,
    "national id": _a_national_id,
    "phone": _a_phone,
    "iban": _an_iban,
    "token": _a_token,
}

# --- How it is encoded

Encoding = Callable[[str], str]


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _escaped(text: str, form: str) -> str:
    return "".join(form.format(ord(char)) if ord(char) < 0x10000 else char for char in text)


ENCODINGS: Final[dict[str, Encoding]] = {
    "as it is": lambda text: text,
    "small": str.lower,
    "capitals": str.upper,
    "swapped": str.swapcase,
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "full width": lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    "percent": lambda text: quote(text, safe=""),
    "all percent": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "double percent": lambda text: quote(quote(text, safe=""), safe=""),
    "form": quote_plus,
    "entities": lambda text: _escaped(text, "&#{};"),
    "entities in hexadecimal": lambda text: _escaped(text, "&#x{:X};"),
    "named entities": lambda text: html.escape(text).encode("ascii", "xmlcharrefreplace").decode(),
    "JSON escapes": lambda text: _escaped(text, "\\u{:04x}"),
    "underscores": lambda text: re.sub(r"\W+", "_", text),
    "base64": _base64,
    "base64url": lambda text: _base64(text).replace("+", "-").replace("/", "_").rstrip("="),
    "double base64": lambda text: _base64(_base64(text)),
    "hexadecimal": lambda text: text.encode().hex(),
    "quoted-printable": lambda text: quopri.encodestring(text.encode()).decode().replace("=\n", ""),
}

# --- Where it stands

Planter = Callable[[random.Random, str], Exchange]


def _exchange(
    body: bytes | str = b"",
    status: int = 200,
    fields: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),),
    reason: str = "OK",
    request: Request | None = None,
) -> Exchange:
    content = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    return Exchange(request or Request("GET", URL), Response(status, fields, content, reason))


def _json(value: Any, draw: random.Random) -> str:
    return json.dumps(value, ensure_ascii=draw.random() < 0.5, indent=draw.choice((None, 1)))


def _member(name: str) -> Planter:
    return lambda draw, text: _exchange(_json({**SESSION, name: text}, draw))


def _in_error(**members: Any) -> Planter:
    def plant(draw: random.Random, text: str) -> Exchange:
        members_of_error = {name: [text] if held is list else text for name, held in members.items()}
        error = {"error_code": "NOT_FOUND", "correlation_id": ID, **members_of_error}
        return _exchange(_json(error, draw), 404)

    return plant


def _person(name: str, *around: str) -> Planter:
    def plant(draw: random.Random, text: str) -> Exchange:
        value: Any = {name: text}
        for outer in around:
            value = {outer: value}
        return _exchange(_json({**SESSION, **value}, draw))

    return plant


def _body(template: str, media_type: str = "application/json", status: int = 500) -> Planter:
    def plant(draw: random.Random, text: str) -> Exchange:
        return _exchange(template.replace("TEXT", text), status, (("Content-Type", media_type),))

    return plant


def _coded(charset: str) -> Planter:
    def plant(_: random.Random, text: str) -> Exchange:
        body = json.dumps({**SESSION, "note": text}, ensure_ascii=False).encode(charset, "replace")
        return _exchange(body)

    return plant


def _packed(_: random.Random, text: str) -> Exchange:
    body = gzip.compress(json.dumps({"error_messages": [text]}).encode(), mtime=0)
    return _exchange(body, 404, (("Content-Encoding", "gzip"), ("Content-Type", "application/json")))


def _field(name: str, template: str = "TEXT") -> Planter:
    def plant(draw: random.Random, text: str) -> Exchange:
        field = (name.replace("TEXT", _token(text)), template.replace("TEXT", re.sub(r"[\r\n]", " ", text)))
        if draw.random() < 0.3 and "TEXT" not in name:
            return _exchange(_json(SESSION, draw), request=Request("GET", URL, (field,)))
        return _exchange(_json(SESSION, draw), 200, (field, ("Content-Type", "application/json")))

    return plant


def _token(text: str) -> str:
    """The text as far as a header field's name can hold it."""
    return re.sub(r"[\s:()<>@,;\\\"/\[\]?={}]", "-", text)


def _reason(draw: random.Random, text: str) -> Exchange:
    return _exchange(
        _json(SESSION, draw), reason=draw.choice(("TEXT", "OK TEXT", "TEXT not found")).replace("TEXT", text)
    )


def _address(template: str) -> Planter:
    def plant(draw: random.Random, text: str) -> Exchange:
        url = template.replace("TEXT", re.sub(r"[\s/?#@]", "-", text))
        return _exchange(_json(SESSION, draw), request=Request("GET", url))

    return plant


def _number(_: random.Random, text: str) -> Exchange:
    digits = re.sub(r"\D", "", text).lstrip("0") or "17"
    return _exchange(json.dumps(SESSION).removesuffix("}") + f', "reach": {digits}, "list": [{digits}, {digits}.5]}}')


def _digit_field(name: str) -> Planter:
    def plant(draw: random.Random, text: str) -> Exchange:
        digits = re.sub(r"\D", "", text) or "17"
        return _exchange(_json(SESSION, draw), 200, ((name, digits), ("Content-Type", "application/json")))

    return plant


def _sent_body(_: random.Random, text: str) -> Exchange:
    return _exchange(
        json.dumps(SESSION), request=Request("GET", URL, (), f"name={text}".encode("utf-8", "surrogatepass"))
    )


_KNOWN_FIELDS: Final = (
    "Location", "Server", "WWW-Authenticate", "Via", "ETag", "Content-Type", "Cache-Control", "Vary", "Allow", "Date",
    "Expires", "Retry-After", "Age", "Content-Length", "Content-Encoding", "Content-Language", "Accept-Language",
    "User-Agent", "Host", "Last-Modified", "Strict-Transport-Security", "Alt-Svc", "Keep-Alive", "Connection",
    "Trailer", "X-Ratelimit-Reset", "X-Frame-Options", "Klarna-Correlation-Id", "Set-Cookie", "Cookie", "Pragma",
    "Upgrade",
)  # fmt: skip

PLACES: Final[dict[str, Planter]] = {
    "error messages": _in_error(error_messages=list),
    "error message": _in_error(error_message=str),
    "error messages, no list": _in_error(error_messages=str),
    "error code": _in_error(error_code=str),
    "correlation id": _in_error(correlation_id=str),
    **{f"member {name}": _member(name) for name in (*SESSION, "order_id", "klarna_reference", "note", "merchantData")},
    "customer": _person("family_name", "customer"),
    "customer's birth date": _person("date_of_birth", "customer"),
    "customer's unknown member": _person("nick", "customer"),
    "challenge": _person("challenge", "manual_identification"),
    "identified customer": _person("given_name", "customer", "manual_identification"),
    "expiry of identification": _person("expires_at", "manual_identification"),
    "member name": lambda draw, text: _exchange(_json({**SESSION, text: 1}, draw)),
    "member name in a customer": lambda draw, text: _exchange(_json({**SESSION, "customer": {text: "x"}}, draw)),
    "member name in an error": lambda draw, text: _exchange(_json({"errors": {text: [text]}}, draw), 400),
    "list": lambda draw, text: _exchange(_json([text, {"a": text}], draw)),
    "string alone": lambda draw, text: _exchange(_json(text, draw)),
    "HTML text": _body("<!DOCTYPE html><html><body><h1>Hello TEXT</h1></body></html>", "text/html"),
    "HTML title": _body("<html><head><title>TEXT</title></head></html>", "text/html", 403),
    "HTML attribute": _body('<html><input name="q" value="TEXT"><a href="/u/TEXT">x</a></html>', "text/html"),
    "HTML comment": _body("<!doctype html><html><!-- TEXT --></html>", "text/html", 200),
    "HTML as JSON": _body("<html>TEXT</html>", "application/json", 200),
    "XML text": _body('<?xml version="1.0" encoding="UTF-8"?><error><who>TEXT</who></error>', "application/xml"),
    "XML attribute": _body('<error who="TEXT"/>', "text/xml"),
    "XML element": _body("<TEXT>1</TEXT>", "text/xml"),
    "plain text": _body("No session for TEXT, sorry", "text/plain", 404),
    "plain text alone": _body("TEXT", "text/plain"),
    "stack trace": _body(
        "Traceback (most recent call last)\n  at com.TEXT.pay(TEXT.java:17)\nORA-01017 TEXT", "text/plain"
    ),
    "form": _body("first=TEXT&last=x", "application/x-www-form-urlencoded"),
    "before JSON": _body('TEXT {"status": "WAITING"}', status=200),
    "before JSON, as a call": _body('TEXT({"status": "WAITING"});', status=200),
    "after JSON": _body('{"status": "WAITING"} TEXT', status=200),
    "unquoted": _body('{"status": WAITING, "name": TEXT}', status=200),
    "unquoted name": _body('{TEXT: "WAITING"}', status=200),
    "single quotes": _body("{'name': 'TEXT', 'TEXT': 1}", status=200),
    "cut": _body('{"status": "WAITING", "name": "TEXT', status=200),
    "cut name": _body('{"status": "WAITING", "TEXT', status=200),
    "after a line break in a string": _body('{"note": "a\nTEXT"}', status=200),
    "after a wrong escape": _body('{"note": "a\\q TEXT"}', status=200),
    "comment in JSON": _body('{"status": "WAITING" /* TEXT */}', status=200),
    "byte order mark": _body('\ufeff{"note": "TEXT"}', status=200),
    **{f"in {name}": _coded(name) for name in ("utf-16", "latin-1", "cp1251", "iso8859-7", "gb18030")},
    "packed": _packed,
    **{f"header {name}": _field(name) for name in (*_KNOWN_FIELDS, "X-Customer", "X-Debug", "Forwarded")},
    "header Location, in its path": _field("Location", "https://api.kustom.co/users/TEXT/orders?of=TEXT"),
    "header Location, its host": _field("Location", "https://TEXT.example/"),
    "header Server, with a product": _field("Server", "nginx/1.25.3 (TEXT)"),
    "header WWW-Authenticate, realm": _field("WWW-Authenticate", 'Basic realm="TEXT"'),
    "header Content-Type, parameter": _field("Content-Type", "application/json; charset=utf-8; for=TEXT"),
    "header Content-Type, subtype": _field("Content-Type", "application/vnd.TEXT+json"),
    "header Cache-Control, directive": _field("Cache-Control", "no-store, for=TEXT, max-age=TEXT"),
    "header Set-Cookie, value": _field("Set-Cookie", "sid=TEXT; Path=/; HttpOnly"),
    "header Set-Cookie, name": _field("Set-Cookie", "TEXT=1; Path=/"),
    "header Set-Cookie, attribute": _field("Set-Cookie", "sid=1; Path=/TEXT; Domain=TEXT"),
    "header Authorization": _field("Authorization", "Basic TEXT"),
    "header Authorization, scheme": _field("Authorization", "TEXT abc"),
    "header Authorization, as a placeholder": _field("Authorization", "Basic <TEXT>"),
    "header X-Key": _field("X-Key", "kco_test_api_TEXT-redacted"),
    "header name": _field("X-TEXT", "1"),
    "header name alone": _field("TEXT", "yes"),
    "digits of header X-Id": _digit_field("X-Id"),
    "digits of header Age": _digit_field("Age"),
    "digits of header Content-Length": _digit_field("Content-Length"),
    "digits of header X-Ratelimit-Remaining": _digit_field("X-Ratelimit-Remaining"),
    "number": _number,
    "reason": _reason,
    "path": _address("https://api.kustom.co/TEXT/hpp/v1/sessions/" + ID),
    "path behind": _address(URL + "/TEXT"),
    "session id": _address("https://api.kustom.co/hpp/v1/sessions/TEXT"),
    "query": _address(URL + "?for=TEXT&TEXT=1"),
    "fragment": _address(URL + "#TEXT"),
    "user of the address": _address(URL.replace("https://", "https://TEXT:TEXT@")),
    "request body": _sent_body,
    "method": lambda draw, text: _exchange(_json(SESSION, draw), request=Request(_token(text), URL)),
}


@dataclass(frozen=True)
class Planted:
    """An exchange with a text in it: what kind it is of, how it is encoded and where it stands."""

    exchange: Exchange
    kind: str
    encoding: str
    place: str
    parts: tuple[str, ...]


def planted(seed: int) -> Planted:
    """The exchange of this number."""
    draw = random.Random(seed)  # noqa: S311  the same each time
    kind, encoding, place = draw.choice([*KINDS]), draw.choice([*ENCODINGS]), draw.choice([*PLACES])
    text, parts = KINDS[kind](draw)
    exchange = PLACES[place](draw, ENCODINGS[encoding](text))
    return Planted(exchange, kind, encoding, place, (text, *parts))


# --- What is left of it


def _texts(exchange: Exchange) -> Iterator[str]:
    request, response = exchange.request, exchange.response
    yield f"{request.method} {request.url}"
    yield from (f"{name}: {value}" for name, value in request.headers)
    yield _decoded(request.body)
    if response is not None:
        yield response.reason
        yield from (f"{name}: {value}" for name, value in response.headers)
        for body in (response.body, response.content or b""):
            yield _decoded(body)
            yield body.decode("latin-1")
            yield from (body.decode(name, "ignore") for name in ("utf-16", "cp1251", "iso8859-7", "gb18030"))


def _decoded(body: bytes) -> str:
    return body.decode("utf-8", "replace")


def _unescaped(text: str) -> str:
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), text)


def words_of(found: Planted) -> set[str]:
    """The planted text and its words, in their encoding and as they are, folded."""
    needles = {form for part in found.parts for form in (part, ENCODINGS[found.encoding](part))}
    digits = {re.sub(r"\D", "", part) for part in found.parts}
    needles |= {each for each in digits if len(each) >= 7}
    needles |= {each.lstrip("0") for each in digits if len(each.lstrip("0")) >= 7}
    return {needle.casefold() for needle in needles}


def left(found: Planted, exchange: Exchange) -> bool:
    """Whether the planted text, or a word of it, is still in the exchange in its encoding or as it is, in any case."""
    folded = words_of(found)
    for text in _texts(exchange):
        for view in (text, _unescaped(text)):
            whole = view.casefold()
            if any(needle in whole for needle in folded):
                return True
    return False
