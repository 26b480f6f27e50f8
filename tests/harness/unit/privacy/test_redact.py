"""Secrets are taken out of any text."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hpp_contract.privacy.redact import Redactor

secrets = st.text(st.characters(codec="utf-8"), min_size=4, max_size=40)
around = st.text("abc =:/", max_size=9)


@example("000\n", "", "")  # its line end is part of it
@given(secrets, around, around)
def test_no_encoding_is_left(secret: str, before: str, after: str) -> None:
    """A secret is found raw, percent-encoded in either case and in base64, whatever stands around it."""
    quoted = quote(secret, safe="")
    encoded = base64.b64encode(secret.encode()).decode()
    for form in (secret, quoted, re.sub("%..", lambda code: code[0].lower(), quoted), encoded, encoded.rstrip("=")):
        assert "[redacted]" in Redactor([secret])(f"{before}{form}{after}")


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def each(text: str, form: str) -> str:
    return "".join(form.format(ord(char)) for char in text)


WRITTEN: dict[str, Callable[[str], str]] = {
    "small": str.lower,
    "capitals": str.upper,
    "swapped": str.swapcase,
    "percent": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "double percent": lambda text: quote(quote(text, safe=""), safe=""),
    "triple percent": lambda text: quote(quote(quote(text, safe=""), safe=""), safe=""),
    "base64 behind one": lambda text: b64("x" + text + "tail"),
    "base64 behind two": lambda text: b64("xy" + text + "tail"),
    "base64 behind three": lambda text: b64("xyz" + text + "t"),
    "base64url within": lambda text: b64("x" + text + "tail").replace("+", "-").replace("/", "_"),
    "double base64": lambda text: b64(b64(text)),
    "double base64 within": lambda text: b64("a" + b64("bc" + text + "de") + "f"),
    "hexadecimal": lambda text: text.encode().hex(),
    "hexadecimal in capitals": lambda text: text.encode().hex().upper(),
    "entities": lambda text: each(text, "&#{};"),
    "entities with zeros": lambda text: each(text, "&#0{};"),
    "entities in hexadecimal": lambda text: each(text, "&#x{:x};"),
    "entities of entities": lambda text: html.escape(each(text, "&#{};")),
    "JSON escapes": lambda text: each(text, "\\u{:04x}"),
    "JSON in JSON": lambda text: json.dumps(json.dumps(each(text, "\\u{:04X}"))),
    "backslash x": lambda text: each(text, "\\x{:02x}"),
    "JSON pointer": lambda text: text.replace("~", "~0").replace("/", "~1"),
    "escaped slash": lambda text: text.replace("/", "\\/"),
    "form": lambda text: quote(text, safe="").replace("%20", "+"),
    "named entities": lambda text: text.replace("/", "&sol;").replace("+", "&plus;").replace("_", "&lowbar;"),
    "percent of base64": lambda text: quote(b64(text), safe=""),
}


@pytest.mark.parametrize("how", WRITTEN)
@pytest.mark.parametrize("secret", ["kco_key/with+all ~of=it", "S3cret-of-a-Shop"])
def test_a_secret_is_found_however_it_is_written(secret: str, how: str) -> None:
    """Whatever escape or encoding a server echoes a secret in, it is taken out."""
    redact = Redactor(["other-secret", secret])
    text = f"<a {WRITTEN[how](secret)}>"
    assert redact.finds(text)
    clean = redact(text)
    assert not redact.finds(clean)
    assert clean.startswith("<a ")
    assert clean.endswith(">")
    assert "[redacted]" in clean


def test_a_way_that_nobody_foresaw() -> None:
    """A line is taken out as a whole when a secret is in it and cannot be taken out alone; other lines stay."""
    redact = Redactor(["S3cret-of-a-Shop"])
    text = "one\n&amp;percnt;53%2533cret-of-a-Shop\nthree"
    assert redact(text) == "one\n[redacted]\nthree"


def test_layers_of_escapes_have_an_end() -> None:
    """What was quoted more often than anybody does is left, and looking for it ends."""
    text = "a%2525252525" + "25" * 40 + "62c"
    assert Redactor(["S3cret-of-a-Shop"])(text) == text


def test_short_secrets_are_words() -> None:
    """A secret of less than eight characters is taken out as it is written only; keys are in any case."""
    assert Redactor(["test"])("Tested: test, TEST") == "Tested: [redacted], TEST"
    assert Redactor()("a KCO_TEST_API_ABC b") == "a [redacted] b"
    assert not Redactor().finds("kco_test_api_abc")


def test_much_text_is_quick() -> None:
    """A text in which nothing is found is looked at a few times only."""
    text = "Lorem ipsum & dolor <b>sit</b> 100% amet, consectetur\n" * 20_000
    assert Redactor(["S3cret-of-a-Shop", "user", "user:S3cret-of-a-Shop"])(text) == text


RARE: dict[str, Callable[[str], str]] = {
    "base32": lambda text: base64.b32encode(text.encode()).decode(),
    "base32 in small letters": lambda text: base64.b32encode(text.encode()).decode().lower().rstrip("="),
    "base64 of UTF-16": lambda text: base64.b64encode(text.encode("utf-16-le")).decode(),
    "hexadecimal of UTF-16": lambda text: text.encode("utf-16-le").hex(),
    "hexadecimal, twice": lambda text: text.encode().hex().encode().hex(),
    "hexadecimal with colons": lambda text: text.encode().hex(":"),
    "hexadecimal with spaces": lambda text: text.encode().hex(" ").upper(),
    "hexadecimal of base64": lambda text: b64(text).encode().hex(),
    "base64 of hexadecimal": lambda text: b64(text.encode().hex()),
    "base64 of percent": lambda text: b64(quote(text, safe="")),
    "base64, three times": lambda text: b64(b64(b64(text))),
    "base64 in lines": lambda text: f"{b64(text)[:12]}\r\n{b64(text)[12:]}",
    "base64 of capitals": lambda text: b64(text.upper()),
    "base64 of small letters, within": lambda text: b64("x" + text.lower() + "tail"),
    "octal": lambda text: each(text, "\\{:03o}"),
    "braces": lambda text: each(text, "\\u{{{:x}}}"),
    "eight digits": lambda text: each(text, "\\U{:08x}"),
    "percent u": lambda text: each(text, "%u{:04x}"),
    "quoted-printable": lambda text: each(text, "={:02X}"),
    "quoted-printable in lines": lambda text: "=\n".join(each(char, "={:02X}") for char in text),
    "full width": lambda text: "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text),
    "zero-width spaces": "\u200b".join,
    "soft hyphens": "\u00ad".join,
    "spaces": " ".join,
    "dots": ".".join,
    "two lines": lambda text: f"{text[:9]}\n  {text[9:]}",
    "two texts of JSON": lambda text: json.dumps([text[:9], text[9:]]),
    "underscores": lambda text: re.sub(r"\W", "_", text),
    "percent, seven times": lambda text: each(text, "%" + "25" * 6 + "{:02x}"),
    "a code beyond all characters": lambda text: f"\\U00ffffff {b64(text)}",
}


@pytest.mark.parametrize("how", RARE)
@pytest.mark.parametrize("secret", ["kco_key/with+all ~of=it-4711", "S3cret-of-a-Shop-0815"])
def test_nor_as_nobody_writes_it(secret: str, how: str) -> None:
    """A secret is gone in spellings that only somebody who tries would use, and the lines around it stay."""
    redact = Redactor([secret])
    text = f"one\n<a {RARE[how](secret)}>\nthree"
    assert redact.finds(text)
    clean = redact(text)
    assert not redact.finds(clean)
    assert clean.startswith("one\n")
    assert clean.endswith("\nthree")


def test_what_is_too_short_to_be_no_chance() -> None:
    """Letters that stand apart are only put together where there are sixteen of them."""
    assert Redactor(["abcdefgh"])("a b c d e f g h") == "a b c d e f g h"
