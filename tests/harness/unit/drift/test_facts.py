"""Facts and their comparison: what varies by nature is no change, and nothing that identifies anybody is a fact."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.cases.scenarios import SCENARIOS
from hpp_contract.drift import Accepted, Baseline, accept, as_json, compare_with_baseline, read_baseline
from hpp_contract.drift.classify import classify
from hpp_contract.drift.collect import collect_facts
from hpp_contract.drift.compare import compare
from hpp_contract.drift.facts import REFUSALS, SESSION, FactKey, Facts, Kind, situation_of
from hpp_contract.drift.words import How
from hpp_contract.engine import edits
from hpp_contract.engine.errors import Unverifiable
from hpp_contract.model import Context, Exchange, Instant, Request, Response
from hpp_contract.model.instant import http_date
from hpp_contract.privacy.redact import Redactor
from hpp_contract.rules import CATALOGUE
from hpp_contract.server import simulate_server
from hpp_contract.spec.schema_files import SHAPES
from tests.harness.support.fake_time import NOON, SECOND, noon


def quote_all(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


def in_hexadecimal(text: str) -> str:
    return text.encode().hex()


def in_base64(text: str) -> str:
    return base64.b64encode(f"x{text}y".encode()).decode()


ID = "39a1c773-bafd-754d-af1f-b30c592f1267"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(ID) | st.just("2026-01-01T00:00:00.1Z"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
SESSIONS = st.dictionaries(
    st.sampled_from(["session_id", "status", "updated_at", "order_id", "klarna_reference", "customer", "x y", ID]), JSON
)
BODIES = st.binary(max_size=40) | SESSIONS.map(lambda value: json.dumps(value).encode())
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["Content-Type", "cache-control", "WWW-Authenticate", "X-" + "n" * 80, "Date", "Vary", "é"]),
        st.text(st.characters(max_codepoint=255), max_size=20) | st.sampled_from(["application/json", "no-store"]),
    ),
    max_size=4,
).map(tuple)
KNOWN = st.builds(
    Context,
    recorded=st.booleans(),
    credentials=st.sampled_from([None, "right", "wrong", "none"]),
    session=st.sampled_from([None, "known", "unknown", "malformed"]),
    retried=st.booleans(),
    provenance=st.sampled_from([None, "documented", "embedded", "recorded"]),
)
EXCHANGES = st.builds(
    Exchange,
    st.builds(
        Request, st.just("GET"), st.sampled_from([f"https://x/hpp/v1/sessions/{ID}", "https://x/hpp/v1/sessions/y"])
    ),
    st.none() | st.builds(Response, st.integers(100, 599), HEADERS, BODIES, complete=st.booleans()),
    failure=st.sampled_from([None, "timeout"]),
    context=KNOWN,
)


def texts(facts: Facts) -> set[str]:
    found = set(facts)
    for situation in facts.values():
        for aspect, seen in situation.aspects.items():
            found |= {aspect.text, *seen.values}
    return found


@given(st.lists(EXCHANGES, max_size=6))
def test_anything_has_facts(exchanges: list[Exchange]) -> None:
    """Facts of arbitrary exchanges are short, printable and hold no id; a run compared with itself has no change."""
    facts = collect_facts(exchanges).facts
    for text in texts(facts):
        assert len(text) <= 200
        assert text.isprintable()
        assert ID not in text
    assert compare(facts, facts) == ()


@given(st.lists(EXCHANGES, max_size=4), st.lists(EXCHANGES, max_size=4))
def test_anything_can_be_compared(one: list[Exchange], other: list[Exchange]) -> None:
    """Every difference between arbitrary runs has a class and advice, and accepting it leaves nothing that fails."""
    before, after = Baseline(collect_facts(one).facts), collect_facts(other).facts
    changes = compare(before.facts, after)
    assert all(change.advice and change.before and change.after and change.aspect for change in changes)
    grown = accept(before, after, changes, Accepted("2026-01-01T00:00:00Z", "x", "y"))
    accepted = {change.fact for change in changes}
    assert not accepted & {change.fact for change in compare(grown.facts, after)}


@given(st.lists(EXCHANGES, max_size=5))
def test_baseline_survives_the_disk(tmp_path_factory: pytest.TempPathFactory, exchanges: list[Exchange]) -> None:
    """What is written is what is read."""
    place = tmp_path_factory.mktemp("baseline")
    baseline = accept(
        Baseline({}), collect_facts(exchanges).facts, (), Accepted("2026-01-01T00:00:00Z", "why: “ä”", "s")
    )
    (place / "facts.json").write_text(as_json(baseline))
    same = read_baseline(place)
    assert same.accepted == baseline.accepted
    assert as_json(same) == as_json(baseline)
    assert compare(same.facts, baseline.facts) == compare(baseline.facts, same.facts) == ()


@given(st.randoms(use_true_random=False))
def test_nature_is_no_fact(rng: random.Random) -> None:
    """Order and case of headers, order of members, correlation ids, Date and counters make no difference."""
    honest = tuple(
        exchange for name in ("waiting", "unknown-id", "failed") for exchange in simulate_server(name, clock=noon)
    )
    varied = [natural(exchange, rng) for exchange in honest]
    rng.shuffle(varied)
    assert compare(collect_facts(honest).facts, collect_facts(varied).facts) == ()


def natural(exchange: Exchange, rng: random.Random) -> Exchange:
    assert exchange.response is not None
    value = json.loads(exchange.response.body)
    members = list(value.items())
    rng.shuffle(members)
    headers = [(rng.choice([str.lower, str.upper])(name), v) for name, v in exchange.response.headers if name != "Date"]
    headers += [("Connection", "close"), ("Date", http_date(NOON)), ("Via", str(rng.random()))]
    rng.shuffle(headers)
    body = json.dumps(dict(members), indent=rng.choice([None, 2])).encode()
    return replace(exchange, response=replace(exchange.response, headers=tuple(headers), body=body))


@pytest.mark.parametrize("name", [*SHAPES, "no-credentials", "wrong-credentials", "unknown-id", "malformed-id"])
def test_situations_are_recognized(name: str) -> None:
    """Each scenario of the reference server is its own situation, with and without knowledge of the question."""
    (exchange,) = simulate_server(name)
    assert situation_of(exchange) == name
    assert situation_of(replace(exchange, context=Context(recorded=True))) == name


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_has_a_class(kind: Kind) -> None:
    """The table has a row for every kind of fact, wherever and however it changes."""
    names = [rule.id for rule in CATALOGUE] if kind == "rule" else ["/status", "/other", "etag"]
    places = (SESSION, "waiting", "known session", *REFUSALS)
    hows: tuple[How, ...] = ("other",)
    if kind in ("member", "header"):
        hows = ("other", "new", "gone")
    elif kind == "rule":
        hows = ("other", "back")
    for name in names:
        for place in places:
            for how in hows:
                assert classify(place, FactKey(kind, name), how, "x", "y")


def test_every_scenario_has_facts() -> None:
    """No scenario of the reference server crashes a rule or goes unmet."""
    for name in SCENARIOS:
        assert collect_facts(simulate_server(name, 6)).facts


@pytest.mark.parametrize(
    ("headers", "aspect", "value"),
    [
        ((("WWW-Authenticate", '  "odd"'),), FactKey("header", "www-authenticate"), "another value"),
        ((("Cache-Control", "No-Store,  max-age=0"),), FactKey("header", "cache-control"), "max-age=0, no-store"),
        ((("Vary", "§"),), FactKey("header", "vary"), "another value"),
        ((("X-Request-Anna", "secret"),), FactKey("header", "x-request-…"), "present"),
        ((("Content-Type", 'application/JSON; charset="UTF-8"'),), FactKey("charset"), "utf-8"),
        ((("Content-Type", "§"),), FactKey("media type"), "undeclared"),
    ],
)
def test_header_values(headers: tuple[tuple[str, str], ...], aspect: FactKey, value: str) -> None:
    """Of header values only those that clients act on are facts, in one spelling."""
    request = Request("GET", f"https://x/hpp/v1/sessions/{ID}")
    facts = collect_facts([Exchange(request, Response(404, headers))]).facts
    assert facts["unknown-id"].aspects[aspect].values == {value: 1}


def test_refused_recordings_verify_nothing() -> None:
    """Recordings in which everything was refused with 401, or nothing answered, could not verify."""
    baseline = Baseline(collect_facts(simulate_server("waiting")).facts)
    refused = [replace(exchange, context=Context(recorded=True)) for exchange in simulate_server("no-credentials")]
    assert "refused with 401" in (compare_with_baseline(baseline, refused).unverified or "")
    unanswered = [Exchange(refused[0].request, None, failure="timeout")]
    assert "answered nothing" in (compare_with_baseline(baseline, unanswered).unverified or "")


def test_newer_baseline() -> None:
    """A fact about a rule of another version is classed all the same; what no row foresees is our mistake."""
    assert classify("waiting", FactKey("rule", "HPP-Z99"), "other", "kept", "broken")[0] == "risky"
    with pytest.raises(LookupError):
        classify("waiting", FactKey("status code"), "gone", "200", "absent")


def baseline_text() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(as_json(Baseline(collect_facts(simulate_server("waiting")).facts)))
    return document


def test_a_baseline_of_unknown_facts(tmp_path: Path) -> None:
    """A baseline with a kind of fact that this version does not know cannot be read."""
    document = baseline_text()
    (tmp_path / "facts.json").write_text(json.dumps(document))
    assert read_baseline(tmp_path).facts
    next(iter(document["situations"].values()))["facts"][0]["kind"] = "colour"
    (tmp_path / "facts.json").write_text(json.dumps(document))
    with pytest.raises(Unverifiable, match="cannot be read \\(ValueError\\)"):
        read_baseline(tmp_path)


@pytest.mark.parametrize(
    ("body", "text"),
    [(b"[]", "JSON, but no object"), (b"{}", "a JSON object"), (b"x", "text that is no JSON"), (b"", "empty")],
)
def test_kinds_of_bodies(body: bytes, text: str) -> None:
    """What a body is, is a fact, whatever it is."""
    request = Request("GET", "https://h/hpp/v1/sessions/39a1c773-bafd-754d-af1f-b30c592f1267")
    (situation,) = [
        each
        for name, each in collect_facts([Exchange(request, Response(404, (), body))]).facts.items()
        if name == "unknown-id"
    ]
    assert [seen.values for aspect, seen in situation.aspects.items() if aspect.kind == "body"] == [{text: 1}]


@pytest.mark.parametrize(("deleted", "outcome"), [(False, "broken"), (True, "kept")])
def test_a_deletion_explains_a_404(deleted: bool, outcome: str) -> None:
    """A session that was disabled through the API, and is not found then, is no session that was lost."""
    polls = [replace(x, at=Instant(NOON + n * SECOND)) for n, x in enumerate(simulate_server("waiting", 3, clock=noon))]
    gone = edits.edits(edits.status(404), edits.body(b""))(polls[2])
    between = [edits.edits(edits.method("DELETE"), edits.status(204))(polls[1])] if deleted else []
    facts = collect_facts([polls[0], *between, gone]).facts
    assert facts["known session"].aspects[FactKey("rule", "HPP-L08")].values == {outcome: 1}


@pytest.mark.parametrize("write", [str, str.lower, str.upper, in_hexadecimal, quote_all, in_base64])
def test_an_echoed_key_is_no_fact(write: Callable[[str], str]) -> None:
    """Credentials that a server echoes, as a name or a value and in whatever case and encoding, are in no fact."""
    key = "Geheim_key-of_this_Shop"
    echo = write(key)
    fields = ((echo, "1"), ("Vary", echo), ("Cache-Control", echo), ("WWW-Authenticate", echo), ("X-Request", echo))
    for status, content_type in product((200, 404), (f"application/{echo}", f"text/plain; charset={echo}")):
        body = {echo: {echo: echo}, "status": echo, "error_code": echo, "order_id": echo, "list": [echo]}
        response = Response(status, (*fields, ("Content-Type", content_type)), json.dumps(body).encode())
        for sent, secrets in (((), (key,)), ((("Authorization", f"Basic {key}"),), ())):
            request = Request("GET", f"https://x/hpp/v1/sessions/{ID}", sent)
            exchange = Exchange(request, response, context=Context(credentials="right", secrets=secrets))
            text = as_json(Baseline(collect_facts([exchange]).facts))
            assert not Redactor([key]).finds(text)
            assert '"header", "name": "x-request"' in text


def test_names_of_an_older_baseline_are_shown_as_those_of_today(tmp_path: Path) -> None:
    """What an earlier version kept of names is read as this version would keep it, so that it is no change."""
    document = baseline_text()
    [facts] = [each["facts"] for name, each in document["situations"].items() if name == "waiting"]
    facts += [
        {"kind": kind, "name": name, "samples": 1, "of": 1, "values": {"string": 1}}
        for kind, name in (("header", "x-anna"), ("member", "/customer/Anna/*"), ("class", "/order_id"))
    ]
    (tmp_path / "facts.json").write_text(json.dumps(document))
    read = read_baseline(tmp_path).facts["waiting"].aspects
    wanted = (("header", "x-…"), ("member", "/customer/(some name)/*"), ("class", "/order_id"))
    assert {FactKey(kind, name) for kind, name in wanted} <= read.keys()  # type: ignore[arg-type]  # they are kinds
    assert not [key for key in read if "anna" in key.name.lower()]
