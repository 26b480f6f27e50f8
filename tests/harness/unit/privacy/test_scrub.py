"""Scrubbing takes out everything that must not be kept, and changes no verdict."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.cases.scenarios import CREDENTIALS
from hpp_contract.engine import Outcome, Subject, edits, judge
from hpp_contract.engine.fault import Fault
from hpp_contract.model import Exchange, Request, Response
from hpp_contract.model.credentials import identity
from hpp_contract.model.trace import sent_authorization
from hpp_contract.privacy.pseudonyms import Pseudonyms, mask, token
from hpp_contract.privacy.redact import is_placeholder
from hpp_contract.privacy.scrub import Scrubber
from hpp_contract.rules import CATALOGUE
from hpp_contract.spec.fields import BIRTH_DATE, PSEUDONYM
from hpp_contract.spec.session import UUID
from tests.harness.support.recording_tools import EDITS, FAULTS, kept, recordings, simulated

Said = dict[str, tuple[Outcome, int, list[str]]]
LEAKS = ("HPP-K01", "HPP-K02", "HPP-K03", "HPP-K04")


def said(exchanges: Sequence[Exchange]) -> Said:
    """What every rule says: outcome, and where it found something."""
    verdicts = judge([kept(each) for each in exchanges], CATALOGUE, Subject("recording", "x"))
    return {
        verdict.rule.id: (verdict.outcome, verdict.total, [each.where for each in verdict.findings])
        for verdict in verdicts
    }


def assert_survives(exchanges: Sequence[Exchange]) -> None:
    """Scrubbing changes no verdict but those of letter K, and leaves no secret for these to find."""
    before, after = said(exchanges), said(scrubbed(exchanges))
    before, after = comparable(before, exchanges), comparable(after, exchanges)
    assert {rule: verdict for rule, verdict in after.items() if "-K" not in rule} == {
        rule: verdict for rule, verdict in before.items() if "-K" not in rule
    }
    assert [rule for rule in LEAKS if after[rule][1]] == []


def comparable(verdicts: Said, exchanges: Sequence[Exchange]) -> Said:
    """The verdicts without what depends on who asked, which no placeholder says: several readers become one, and a
    session that one reader has lost may be another's."""
    readers = {identity(sent_authorization(each)) for each in exchanges}
    traced = {rule.id for rule in CATALOGUE if rule.scope == "trace"} if len(readers) > 1 else {"HPP-L08"}
    return {rule: verdict for rule, verdict in verdicts.items() if rule not in traced}


def scrubbed(exchanges: Sequence[Exchange]) -> list[Exchange]:
    scrub = Scrubber(CREDENTIALS.secrets)
    return [scrub(each) for each in exchanges]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_survives(fault: Fault) -> None:
    """What a fault breaks is broken after scrubbing too, in the same places, and nothing else is."""
    assert_survives(simulated(fault.scenario, 3, fault))


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["completed-with-order", "manual-id-check", "unknown-id"])
def test_every_small_change_survives(scenario: str) -> None:
    """So is what each small change breaks."""
    first, second = simulated(scenario, 2)
    for edit in EDITS.values():
        assert_survives([first, edit(second)])


@given(recordings)
def test_everything_survives(exchanges: list[Exchange]) -> None:
    """So is what several changes break together, in several sessions."""
    assert_survives(exchanges)


PRIVATE = (
    "Ottilie",
    "Müller-Lüdenscheidt",
    "1971-02-03",
    "19710203-4321",
    "X438HG0Q",
    "shop-user",
    "kco_live_api_Geheim123",
)
PERSON = {
    "date_of_birth": "1971-02-03",
    "family_name": "Müller-Lüdenscheidt",
    "given_name": "Ottilie",
    "national_identification_number": "19710203-4321",
}
SECRETS = {
    "session_id": "39a1c773-bafd-754d-af1f-b30c592f1267",
    "status": "COMPLETED",
    "order_id": "a1a8f727-2756-6058-bd3c-40069be0994b",
    "klarna_reference": "X438HG0Q",
    "customer": PERSON,
    "manual_identification": {"challenge": "Ottilie?", "customer": PERSON, "expires_at": "2026-11-22T01:02:03Z"},
    "note": "Ottilie paid with a1a8f727-2756-6058-bd3c-40069be0994b",
    "updated_at": "2026-11-22T01:02:03.456Z",
    "expires_at": "2026-11-24T01:02:03.456Z",
}


def private(body: bytes, *headers: tuple[str, str]) -> Exchange:
    """An exchange full of what must not be kept."""
    sent = (
        ("Authorization", "Basic kco_live_api_Geheim123"),
        ("Cookie", "sid=Geheimkeks; a=b"),
        ("X-User", "shop-user"),
    )
    url = f"https://shop-user:pw@h.example/hpp/v1/sessions/{SECRETS['session_id']}?for=Ottilie"
    answered = (("Content-Type", "application/json"), ("X-Debug", "Ottilie kco_live_api_Geheim123"), *headers)
    return Exchange(Request("GET", url, sent), Response(200, answered, body))


def stored_bytes(exchange: Exchange) -> bytes:
    response = exchange.response
    assert response is not None
    return repr((exchange.request.url, exchange.request.headers, response.headers, response.content)).encode()


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda body: body,
        lambda body: body[:-30],
        lambda body: body.replace(b'"COMPLETED"', b"COMPLETED"),
        lambda body: b"\xef\xbb\xbf" + body,
        lambda body: body + body,
        lambda body: body.replace(b"Ottilie", b"Ottilie\xff"),
        lambda body: body.decode().encode("utf-16"),
        lambda body: body.decode().encode("latin-1", "replace"),
        lambda body: b"[[" + body,
        gzip.compress,
    ],
    ids=["whole", "cut", "unquoted", "bom", "twice", "not-utf-8", "utf-16", "latin-1", "unclosed", "gzip"],
)
def test_nothing_private_is_left(spoilt: Callable[[bytes], bytes]) -> None:
    """Neither people, nor ids, nor credentials survive in any byte, however broken the body that holds them."""
    body = spoilt(json.dumps(SECRETS, ensure_ascii=False).encode())
    packed = [("Content-Encoding", "gzip")] if body.startswith(b"\x1f\x8b") else []
    scrub = Scrubber(["kco_live_api_Geheim123", "shop-user"])
    once = stored_bytes(scrub(private(body, *packed)))
    for text in (
        *PRIVATE,
        "Geheim",
        "L\xfcdenscheidt",
        *(str(value) for name, value in SECRETS.items() if name.endswith("_id")),
    ):
        for form in (text.encode(), text.encode("utf-16-le"), repr(text)[1:-1].encode()):
            assert form not in once


def test_what_is_not_private_is_left() -> None:
    """Statuses, dates, media types and the shape of everything stay, and so does what was taken out already."""
    body = json.dumps(SECRETS, indent=1).encode()
    (exchange,) = scrubbed(
        [private(body, ("Content-Length", str(len(body))), ("Date", "Sun, 22 Nov 2026 01:02:03 GMT"))]
    )
    session = exchange.session or {}
    assert {name: session[name] for name in ("status", "updated_at", "expires_at")} == {
        "status": "COMPLETED", "updated_at": "2026-11-22T01:02:03.456Z", "expires_at": "2026-11-24T01:02:03.456Z",
    }  # fmt: skip
    assert session["session_id"] == exchange.request.session_id
    assert session["customer"]["date_of_birth"] == BIRTH_DATE
    assert session["manual_identification"]["expires_at"] == "2026-11-22T01:02:03Z"
    assert exchange.response is not None
    assert exchange.response.header("date") == "Sun, 22 Nov 2026 01:02:03 GMT"
    assert exchange.response.header("content-length") == str(len(exchange.response.body))
    assert exchange.response.body.count(b"\n") == body.count(b"\n")


@pytest.mark.parametrize("value", ["Basic <scrubbed>", "<scrubbed>", "Basic [Filtered]", "Basic", "", "REDACTED"])
def test_placeholders_stay(value: str) -> None:
    """What another tool has put in the place of credentials is left as it is."""
    exchange = edits.sent("Authorization", value)(simulated("waiting", 1)[0])
    assert scrubbed([exchange])[0].request.header("authorization") == value


@given(st.lists(st.uuids() | st.text(max_size=6) | st.text("ab01", max_size=3), max_size=20))
def test_pseudonyms_are_names(values: list[Any]) -> None:
    """The same text has the same pseudonym, another has another; a UUID has one of its version, known as ours."""
    texts, pseudonyms = [str(value) for value in values], Pseudonyms()
    found = [pseudonyms.of(text) for text in texts]
    assert found == [pseudonyms.of(text) for text in texts]
    assert len(set(found)) == len(set(texts))
    for text, pseudonym in zip(texts, found, strict=True):
        assert len(pseudonym) == len(text)
        if UUID.fullmatch(text):
            assert UUID.fullmatch(pseudonym)
            assert pseudonym.startswith(PSEUDONYM)
            assert pseudonym[14] == text[14]


@given(st.lists(st.text(st.characters(exclude_characters="\xff"), max_size=6), max_size=40))
def test_words_of_people_are_placeholders(texts: list[str]) -> None:
    """Whoever is masked stays one person, of whom nothing is known."""
    pseudonyms = Pseudonyms()
    words = {text: pseudonyms.words(text, whole=True) for text in texts}
    assert len({*words.values()}) == len(words)
    assert all(is_placeholder(word) or not any(map(str.isprintable, word)) for word in words.values())
    assert is_placeholder(pseudonyms.birth_date("1971-02-03"))


@given(st.text(min_size=1))
def test_masks_are_placeholders(text: str) -> None:
    """A masked text is as long as it was, and is known for what it is unless it held nothing to mask."""
    assert len(mask(text)) == len(text)
    assert is_placeholder(mask(text)) or not any(char.isprintable() for char in text)


def test_one_set_one_pseudonym() -> None:
    """Many threads that record at once agree on every pseudonym."""
    pseudonyms = Pseudonyms()
    ids = [f"39a1c773-bafd-754d-af1f-{number:012x}" for number in range(200)]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: [pseudonyms.of(each) for each in ids], range(8)))
    assert len({tuple(each) for each in found}) == 1
    assert len(set(found[0])) == 200


def test_a_token_keeps_its_form() -> None:
    """A raw key stays a raw key, a pair a pair, and neither opens anything."""
    from hpp_contract.spec.endpoint import API_KEY

    assert API_KEY.fullmatch(token("kco_test_api_abcdefgh"))
    pair = base64.b64encode(b"M1-x:kco_test_api_abcdefgh").decode()
    user, _, key = base64.b64decode(token(pair)).decode().partition(":")
    assert (user, is_placeholder(key), bool(API_KEY.fullmatch(key))) == ("scru", True, True)
