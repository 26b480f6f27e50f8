"""Pseudonyms and masks, character for character: recordings are compared over years."""

from __future__ import annotations

from base64 import b64encode
from itertools import count

import pytest

from hpp_contract.privacy.pseudonyms import Pseudonyms, api_key, mask, token

ID = "39a1c773-bafd-754d-af1f-b30c592f1267"


def base64(text: str) -> str:
    return b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("text", "unchanged", "replacement"),
    [
        ("", "", ""),
        ("Ottilie-Müller", "", "scrubbedscrubb"),
        (" ~", "", "sc"),
        ("a\tb\x7fc", "", "<\t>\x7f<"),
        ("\x1fx!", "", "\x1f<>"),
        ("a\ud800b\udfffc\ud7ff\ue000", "", "<\ud800>\udfff<><"),
        ("abcdefghi", "b", "<b><><><>"),
    ],
    ids=map(str, count(1)),
)
def test_masks(text: str, unchanged: str, replacement: str) -> None:
    """Every character is replaced, but for those that rules speak about."""
    assert mask(text, unchanged) == replacement


@pytest.mark.parametrize(
    ("text", "replacement"),
    [
        ("kco_test_api_ab", "kco_test_api_scrubbed"),
        ("kco_live_api_abcdefghijkl", "kco_live_api_scrubbedscru"),
        (base64("kco_test_api_abcdefgh"), base64("kco_test_api_scrubbed")),
        (base64("user:kco_test_api_abcdefghi"), base64("scru:kco_test_api_scrubbeds")),
        (base64("user:pw"), base64("scru:scrubbed")),
        (base64("a:longpassword:x"), base64("s:scrubbedscrubb")),
        ("x", base64("scrubbed")),
        ("no*base64-of-anything", base64("scrubbedscrubbe")),
        (base64("hello there, you"), base64("scrubbedscrubbedsc")),
        ("dXNl*cjpwdw==", base64("scrubbeds")),
        (base64("user:p\x00"), base64("scru:<\x00><><><")),
        (base64("\ud800".encode("utf-8", "surrogatepass").decode("latin-1")), base64("scrubbed")),
    ],
    ids=map(str, count(1)),
)
def test_tokens(text: str, replacement: str) -> None:
    """Credentials stay in the documented form that they were in, about as long as they were."""
    assert token(text) == replacement


def test_api_keys() -> None:
    """A key keeps its prefix and, where it is long enough, its length."""
    assert api_key("kco_live_api_x_api_y") == "kco_live_api_scrubbed"
    assert api_key("kco_test_api_" + "y" * 17) == "kco_test_api_scrubbedscrubbeds"


def test_pseudonyms() -> None:
    """Ids are numbered in their own digits and letters; a leading zero stays one, so numbers stay JSON numbers."""
    pseudonyms = Pseudonyms(0x1ABCD)
    expected = {
        "A1b-Z9": "A0a-A0",
        "Z1b-Z9": "A0a-A1",
        "aé07": "aà00",
        "az": "aa",
        "zz": "ab",
        "123": "100",
        "9": "1",
        "8": "2",
        "0": "0",
        "007": "000",
        "008": "001",
        "": "",
        "3": "3",
        ID: "5c2bbed0-abcd-7000-8000-000000000000",
        ID.upper(): "5C2BBED0-ABCD-7000-8000-000000000000",
        ID.replace("-7", "-4"): "5c2bbed0-abcd-4001-8000-000000000000",
    }
    assert {text: pseudonyms.of(text) for text in expected} == expected
    assert pseudonyms.of("az") == "aa"
    capitals = Pseudonyms()
    assert capitals.of(ID.upper()) == "5C2BBED0-0000-7000-8000-000000000000"
    assert capitals.of(ID) == "5c2bbed0-0000-7000-8000-000000000000"
    assert pseudonyms.originals == {text for text, replacement in expected.items() if text != replacement}


def test_more_pseudonyms_than_a_group_holds() -> None:
    """The count goes on in the last group of a UUID."""
    pseudonyms = Pseudonyms()
    given = [pseudonyms.of(f"39a1c773-bafd-754d-af1f-{number:012x}") for number in range(0x1002)]
    assert given[0] == "5c2bbed0-0000-7000-8000-000000000000"
    assert [each[14:] for each in given[0xFFF:]] == ["7fff-8000-" + "0" * 12, *(f"700{n}-8000-{1:012}" for n in (0, 1))]


def test_words() -> None:
    """Words have the length and the punctuation of the text; another text of this form gets other capitals."""
    pseudonyms = Pseudonyms()
    expected = {
        "Ottilie Müller, 17": "scrubbe scrubb, sc",
        "Mathild Jensen, 18": "Scrubbe scrubb, sc",
        "Иван": "scru",
        "प्रिया": "scrubb",
        "a\tb\x7f": "s\ts\x7f",
        "ÿ\xff": "\xff\xff",
        "x\ud800": "s\ud800",
        "--": "--",
        "": "",
        "a": "s",
        "b": "S",
        "c": "sc",
        "d": "Sc",
        "ef": "sC",
    }
    assert {text: pseudonyms.words(text) for text in expected} == expected
    assert pseudonyms.words("b") == "S"


def test_words_for_a_whole_text() -> None:
    """Of a text about a person not even the punctuation stays, and two people stay two."""
    pseudonyms = Pseudonyms()
    given = ["Anna-Lena", "Marie-Eva", "a\tb", "c\td", "e\tf", "J\xffne", "\xff"]
    assert [pseudonyms.words(text, whole=True) for text in given] == [
        "scrubbeds", "Scrubbeds", "<\t>", "<\t<", "<\t>u", "<\xff><", "\xff",
    ]  # fmt: skip


def test_birth_dates() -> None:
    """Every date of birth becomes another day of 1900; after a year of them they begin again."""
    pseudonyms = Pseudonyms()
    assert [pseudonyms.birth_date(day) for day in ("1971-02-03", "1980-01-01", "1971-02-03")] == [
        "1900-01-01", "1900-01-02", "1900-01-01",
    ]  # fmt: skip
    dates = {pseudonyms.birth_date(f"{number}") for number in range(400)}
    assert len(dates) == 365
    assert {each[:5] for each in dates} == {"1900-"}


@pytest.mark.parametrize(
    ("masked", "whole", "kept", "ambiguous"),
    [
        ("Ottilie", False, "ottilie", True),
        ("Ottilie Jensen", False, "ottilie", False),
        ("Ottilie Jensen", False, "ottilie_jensen", True),
        ("Ottilie Jensen", True, "jensen", True),
        ("Ottilie Jensen", True, "OTTILIE_X", True),
        ("Bo", True, "bo", False),
        ("error", False, "error", False),
        ("NOT_FOUND", False, "NOT_FOUND", False),
        ("NOT OTTILIE", False, "NOT_OTTILIE", True),
        ("Ottilie", True, "risk", False),
    ],
    ids=map(str, count(1)),
)
def test_a_word_that_is_kept_and_masked(masked: str, whole: bool, kept: str, ambiguous: bool) -> None:
    """A word that stays is ambiguous when it was masked elsewhere, or is a part of what is about a person."""
    pseudonyms = Pseudonyms()
    pseudonyms.words(masked, whole=whole)
    pseudonyms.keep(kept)
    assert bool(pseudonyms.ambiguous) is ambiguous
