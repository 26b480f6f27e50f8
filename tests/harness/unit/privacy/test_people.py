"""What is found of a person in a text by its form, and what is nobody's."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.privacy.people import is_of_person, names_person, people_in
from hpp_contract.spec.schema_files import SHAPES, example


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("nobody has jane.doe@mail.se here", {"a mail address"}),
        ("jane%40mail.se", {"a mail address"}),
        ("jane&#64;mail.se", {"a mail address"}),
        ("jöns@räksmörgås.se", {"a mail address"}),
        ("call +46 70 123 45 67", {"a phone number"}),
        ("tel:+4670-1234567", {"a phone number"}),
        ("19121212-1212", {"a national number"}),
        ("191212121212", {"a national number"}),
        ("200002292381", {"a national number"}),
        ("121212-1212", {"a national number"}),
        ("121212+1212", {"a national number"}),
        ("131052-308T", {"a national number"}),
        ("070761-4285", {"a national number"}),
        ("15076500565", {"a national number"}),
        ("GB82 WEST 1234 5698 7654 32", {"a bank account"}),
        ("DE89370400440532013000", {"a bank account"}),
        ('{"given_name": "Jane"}', {"a value"}),
        ('{\\"family_name\\": \\"Doe\\"}', {"a value"}),
        ("given_name=Jane+Doe&x=1", {"a value"}),
        ("<familyName>Öberg</familyName>", {"a value"}),
        ('{"given_name": "\\u5f20\\u4f1f"}', {"a value"}),
        ('{"phone": "0701740635"}', {"a value"}),
        ('{"date_of_birth": 19121231}', {"a value"}),
    ],
)
def test_people(text: str, kinds: set[str]) -> None:
    """A person is found in whatever way the text is escaped."""
    assert set(people_in(text)) == kinds


@pytest.mark.parametrize(
    "text",
    [
        "", "support@shop.se", "no-reply@shop.se", "git@github.com", "jane@example.com", "jane@shop.test", "user@host",
        "merchant@klarna.com", "***@mail.se", "j***e@mail.se", "scrubbed@mail.se", "Scr.scr@mail.se",

        "+02:00", "2026-11-22T01:02:03.456+02:00", "+46 70 *** ** 12", "Mozilla/5.0 (compatible; +http://x.example/1)",
        "1712312345", "1712312345678", "261122-1234", "20261126-1234", "121212-1213", "991312-1212", "15076500566",
        "131052-308A", "311352-308T", "1234567-890", "123456A7890", "12345678901", 'W/"1234567890"',
        "39a1c773-bafd-754d-af1f-b30c592f1267", "5c2bbed0-1111-4111-8111-111111111111",
        "X438HG0Q", "GB82WEST12345698765433",
        '{"given_name": "Must not be blank"}', '{"given_name": "is missing"}', '{"phone": "must be valid"}',
        '{"family_name": "scrubbed"}', '{"family_name": "Scru scr"}', '{"family_name": "D***"}', '{"given_name": ""}',
        '{"given_name": "[FILTERED]"}', '{"date_of_birth": "1900-01-01"}', "given_name=%3Cscrubbed%3E",
        "first_name is required",
        'name="phone" placeholder="Phone"', '<label for="given_name">Given name</label>', "telephone number: invalid",
    ],
)  # fmt: skip
def test_nobody(text: str) -> None:
    """What is masked, reserved, an office's, a message or a number of something else is nobody's."""
    assert people_in(text) == ()


def test_documented_bodies_name_nobody() -> None:
    """Nothing is found in the documented bodies but where they are about a person."""
    for shape in SHAPES:
        body: dict[str, Any] = example(shape)
        rest = {name: value for name, value in body.items() if name not in ("customer", "manual_identification")}
        assert people_in(str(rest)) == ()


def test_names() -> None:
    """The name of a header field counts too, with the value that it has; a title may be that of a page."""
    assert is_of_person("X-Customer-Given-Name", "Jane")
    assert not is_of_person("X-Customer-Given-Name", "John".lower())
    assert not is_of_person("X-Customer-Given-Name", "1")
    assert not is_of_person("X-Request-Id", "Jane")
    assert names_person("customer_phone")
    assert not names_person("title")


@given(st.text(max_size=60), st.sampled_from(("", "+46", "@", "19121212", "given_name=", "GB82", "%", "\\u")))
def test_any_text(text: str, start: str) -> None:
    """Any text can be asked about."""
    people_in(start + text)


def test_long_texts() -> None:
    """Texts that nearly hold something, over and over, are read to their bound."""
    for part in ("a.", "1", "+4", "given_name", "GB82 ", "a@", "%25"):
        people_in(part * 200_000)
