"""What in a text is about a person, as far as its form shows: a mail address, a phone number, a national number or an
account whose check digits are right, and a value under the name of a personal member.

A name in a sentence has no form and is not found. What is nobody's is left out: reserved domains, the addresses of
offices such as `support@`, what is masked, and numbers whose check digits are wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Final, Literal

from hpp_contract.model.placeholder import is_placeholder, is_scrubbed
from hpp_contract.privacy.escapes import views
from hpp_contract.spec.fields import BIRTH_DATE
from hpp_contract.spec.vocabulary import KNOWN_WORDS

Kind = Literal["a mail address", "a phone number", "a national number", "a bank account", "a value"]

_WORDS: Final = (
    "family_name", "given_name", "first_name", "last_name", "full_name", "surname", "street_address",
)  # fmt: skip
_NUMBERS: Final = (
    "date_of_birth", "birth_date", "birthdate", "national_identification_number", "national_id", "personal_number",
    "personnummer", "social_security_number", "ssn", "phone", "phone_number", "mobile_phone", "telephone",
)  # fmt: skip
"""Names of members, form fields, elements and header fields that hold something of a person: in words, or in digits."""


def _any(names: tuple[str, ...]) -> str:
    return "|".join(sorted((name.replace("_", "[_-]?") for name in names), key=len, reverse=True))


_NAME: Final = _any((*_WORDS, *_NUMBERS))
_is_name = re.compile(rf"(?:.*[_-])?(?:{_NAME})", re.IGNORECASE).fullmatch
_is_of_words = re.compile(rf"(?:.*[_-])?(?:{_any(_WORDS)})", re.IGNORECASE).fullmatch
_NAMED: Final = re.compile(
    rf"(?<![A-Za-z])({_NAME})(?:\\?[\"']\s*:\s*\\?[\"']|\\?[\"']\s*:\s*(?=\d)|=[\"']?|>)([^\"'\\&<>,;{{}}()\[\]\n]{{2,80}})",
    re.IGNORECASE,
)
"""Such a name, and the value behind it in JSON, a form or an element."""

_MAIL: Final = re.compile(r"(?<![\w.*•#+%-])([\w.+%-]{1,64})@((?:[\w-]{1,63}\.)+[^\W\d_]{2,24})(?![\w@])")
_OFFICES: Final = frozenset(
    """abuse accounts admin administrator api billing contact customer customerservice customercare dev developer
    developers devops dpo do-not-reply donotreply email finance git hello help helpdesk hostmaster info integration
    integrations invoice it mail merchant merchants me no-reply nobody noreply office operations ops payments postmaster
    press privacy root sales security service services shop someone support team test tech user webmaster you your
    youremail yourname name
    """.split()  # noqa: SIM905  a list of a hundred texts is no easier to read
)
"""Users of mail addresses that are nobody in particular."""

_RESERVED: Final = re.compile(
    r"(?:.*\.)?(?:example|test|invalid|localhost|local|internal|example\.(?:com|org|net)|klarna\.com|kustom\.co|"
    r"email\.com|domain\.(?:com|tld))",
    re.IGNORECASE,
)
"""Domains in which nobody has an address (RFC 2606), and those of the API itself."""

_PHONE: Final = re.compile(r"(?<![\w+.])\+[1-9](?:[ ().\-]{0,2}\d){7,14}(?![\w.-]*\d)")
_NORDIC: Final = re.compile(r"(?<![\w.-])(?:(?:19|20)?\d{6}[-+A-FU-Y]?\d{3}[\dA-Z]|\d{11})(?![\w-]|\.\d)")
_ACCOUNT: Final = re.compile(r"(?<![\w-])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![\w-])")
_MASK: Final = re.compile(r"([*•X#])\1")
_SIGN: Final = re.compile(rf"@|\+[1-9]|\d{{6}}|[A-Z]{{2}}\d\d|[%&\\]|(?i:{_NAME})")
"""Something without which nobody is found."""

_FINNISH: Final = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_NO_NAMES: Final = KNOWN_WORDS | frozenset(
    ("a", "an", "be", "blank", "can", "cannot", "empty", "has", "is", "long", "may", "must", "na", "nil", "none",
     "null", "should", "short", "string", "text", "the", "this", "too", "undefined", "your")
)  # fmt: skip
"""Words of messages, which are no names."""

MOST: Final = 100_000
"""Characters of a text that are looked at."""


@lru_cache(maxsize=4096)  # header fields of one server repeat
def people_in(text: str) -> tuple[Kind, ...]:
    """What is found in a text, in whatever way it is escaped; each kind once."""
    if _SIGN.search(text) is None:
        return ()
    return tuple(dict.fromkeys(kind for view in views(text[:MOST]) for kind in _kinds(view)))


def names_person(name: str) -> bool:
    """Whether this is the name of a member or a header field that holds something of a person."""
    return _is_name(name) is not None


def is_of_person(name: str, value: str) -> bool:
    """Whether the name of a member or a header field says that the value is about a person, and the value is one: no
    placeholder, not masked, and no message about it."""
    if _is_name(name) is None or _MASK.search(value) or is_placeholder(value.strip()) or value == BIRTH_DATE:
        return False
    if _is_of_words(name) is None:
        return sum(map(str.isdigit, value)) >= 6
    words = _words(value)
    message = any(word.lower() in _NO_NAMES for word in words)
    return 0 < len(words) < 6 and not words[0].islower() and not message and not all(map(is_scrubbed, words))


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text)


def _kinds(text: str) -> Iterator[Kind]:
    if any(is_of_person(match[1], match[2]) for match in _NAMED.finditer(text)):
        yield "a value"
    if "@" in text and any(map(_is_somebody, _MAIL.finditer(text))):
        yield "a mail address"
    if _PHONE.search(text):
        yield "a phone number"
    if any(_is_national(match[0]) for match in _NORDIC.finditer(text)):
        yield "a national number"
    if any(_is_account(match[0]) for match in _ACCOUNT.finditer(text)):
        yield "a bank account"


def _is_somebody(mail: re.Match[str]) -> bool:
    user, domain = mail[1].strip(".%").lower(), mail[2].lower()
    nobody = is_placeholder(user) or _MASK.search(user) is not None or all(map(is_scrubbed, _words(user)))
    return not nobody and user.partition("+")[0] not in _OFFICES and _RESERVED.fullmatch(domain) is None


def _is_national(text: str) -> bool:
    """Whether this is a number of a person in Sweden, Denmark, Norway or Finland, with its day and its check digits.
    Who was born since 2013 buys nothing, but many numbers begin with the day they were made on."""
    sign = text[-5] if not text[-5].isdigit() else ""
    digits = text.replace(sign, "") if sign in "+-" else text
    if not digits.isdigit():
        return bool(sign) and len(text) == 11 and _is_finnish(text)
    if len(digits) == 12:
        return (digits[:2] == "19" or digits[:4] < "2013") and _is_swedish(digits[2:])
    if len(digits) == 11:
        return not sign and _is_norwegian(digits)
    if not sign:
        return False
    return (not _is_late(digits[:2]) and _is_swedish(digits)) or (not _is_late(digits[4:6]) and _is_danish(digits))


def _is_late(year: str) -> bool:
    return "13" <= year <= "40"


def _is_day(year: int, month: str, day: str) -> bool:
    try:
        date(year, int(month), int(day))
    except ValueError:
        return False
    return True


def _is_swedish(digits: str) -> bool:
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(digits))
    luhn = sum(each // 10 + each % 10 for each in doubled) % 10 == 0
    return luhn and _is_day(2000, digits[2:4], digits[4:6])


def _is_danish(digits: str) -> bool:
    weighed = sum(int(digit) * weight for digit, weight in zip(digits, (4, 3, 2, 7, 6, 5, 4, 3, 2, 1), strict=True))
    return weighed % 11 == 0 and _is_day(2000, digits[2:4], digits[:2])


def _is_norwegian(digits: str) -> bool:
    first = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1, 0)
    second = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
    sums = (sum(int(digit) * weight for digit, weight in zip(digits, each, strict=True)) for each in (first, second))
    return all(each % 11 == 0 for each in sums) and _is_day(2000, digits[2:4], digits[:2])


def _is_finnish(text: str) -> bool:
    number = text[:6] + text[7:10]
    return (
        number.isdigit()
        and _FINNISH[int(number) % 31] == text[10]
        and _is_day(2000 + int(text[4:6]), text[2:4], text[:2])
    )


def _is_account(text: str) -> bool:
    """Whether this is an IBAN with its check digits (ISO 13616)."""
    whole = text.replace(" ", "")
    turned = whole[4:] + whole[:4]
    return 15 <= len(whole) <= 34 and int("".join(str(int(char, 36)) for char in turned)) % 97 == 1
