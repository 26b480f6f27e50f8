"""Fuzzing: what is sent, and what it finds that only odd ids show."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import islice
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.cases.scenarios import CREDENTIALS
from hpp_contract.engine.edits import body, fail, header, status
from hpp_contract.engine.fault import fault
from hpp_contract.model import Exchange
from hpp_contract.probe.fuzz import hooks
from hpp_contract.probe.fuzz.hostile_ids import hostile_segments, unknown_ids
from hpp_contract.probe.fuzz.requests import GeneratedRead, generated_reads
from hpp_contract.probe.fuzz.run import fuzz
from hpp_contract.probe.fuzz.schema import _as_schemathesis, encoded
from hpp_contract.server import Server, simulate_server
from hpp_contract.spec.session import UUID
from tests.harness.support.fuzzing import KNOWN, PLAN, SERVER_ERROR, asked_for, broken, only, target
from tests.harness.support.paths import ROOT


@cache
def two_hundred(seed: int) -> list[GeneratedRead]:
    return generated_reads(target("http://127.0.0.1:1"), 200, seed)


@pytest.mark.socket
def test_honest_server_is_not_blamed() -> None:
    """Two hundred requests to an honest server give no finding; all are GET, and every kind of id is among them."""
    with Server() as server:
        exchanges, notes = fuzz(target(server.url), PLAN, 200)
        log = server.log
    assert broken(exchanges) == {}
    assert len(log) == len(exchanges) == 200
    assert {(exchange.request.method, exchange.request.body) for exchange in log} == {("GET", b"")}
    assert set(Counter(exchange.context.session for exchange in exchanges)) == {"known", "unknown", "malformed"}
    assert {exchange.context.credentials for exchange in exchanges} >= {"right", "wrong"}
    assert "200 generated requests were sent" in notes[0]


@pytest.mark.socket
def test_context_is_true() -> None:
    """What an exchange is said to know about its id is what its server knows."""
    with Server() as server:
        exchanges, _ = fuzz(target(server.url), PLAN, 60)
        pairs = zip(exchanges, server.log, strict=True)
        for ours, theirs in pairs:
            assert ours.request.url == theirs.request.url
            assert ours.context.credentials == theirs.context.credentials
            assert ours.context.credentials != "right" or ours.context.session == (
                theirs.context.session or "malformed"
            )


@pytest.mark.slow
def test_schemathesis_tries_headers() -> None:
    """Header fields are attacked as well as ids, but never those that would make another request of it."""
    sent = [name.lower() for read in two_hundred(0) for name, _ in read.headers]
    assert "cache-control" in sent
    assert len(set(sent)) > 10
    assert not set(sent) & {"authorization", "host", "content-length", "transfer-encoding", "x-http-method-override"}


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2, 31])
def test_count_is_kept(count: int) -> None:
    """As many requests are planned as were asked for."""
    assert len(generated_reads(target("http://127.0.0.1:1"), count, 3)) == count


@pytest.mark.process
def test_seed_repeats() -> None:
    """The same seed plans the same requests in every process; another seed plans others."""
    assert planned(5, hash_seed="1") == planned(5, hash_seed="99")
    assert hostile_segments(5, ()) != hostile_segments(6, ())


def planned(seed: int, hash_seed: str) -> str:
    """Everything that a fresh process would send, as text."""
    code = f"""
from hpp_contract.probe import Target
from hpp_contract.probe.fuzz.requests import generated_reads
from hpp_contract.model.credentials import Credentials
target = Target("http://127.0.0.1:1", Credentials("kco_test_api_x"), {KNOWN})
print(ascii([(a.segment, a.headers, a.credentials, a.authorization) for a in generated_reads(target, 40, {seed})]))
"""
    environ = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    return done.stdout


@given(text=st.text(min_size=1))
def test_a_segment_is_one_segment(text: str) -> None:
    """Whatever the id, it is encoded so that nothing on the way reads it as a path, and decodes to itself."""
    segment = encoded(text.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape"))
    assert not set(segment) & set("/?#\\ ")
    assert segment not in (".", "..")


@pytest.mark.parametrize("seed", range(5))
def test_sixteen_ids_show_every_digit_everywhere(seed: int) -> None:
    """Among the ids that no session has, every position shows every digit."""
    ids = [segment for segment in hostile_segments(seed, ()) if UUID.fullmatch(segment) and segment == segment.lower()]
    for position in set(range(36)) - {8, 13, 18, 23}:
        assert {text[position] for text in ids} == set("0123456789abcdef")
    assert len(set(islice(unknown_ids(seed), 50))) == 50


ODD: dict[str, Callable[[str], bool]] = {
    "longer than 200": lambda text: len(text) > 200,
    "longer than a column": lambda text: len(text) == 256,
    "one character": lambda text: len(text) == 1,
    "first digit": lambda text: bool(UUID.fullmatch(text)) and text[0] == "f",
    "version nibble": lambda text: bool(UUID.fullmatch(text)) and text[14] == "0",
    "variant nibble": lambda text: bool(UUID.fullmatch(text)) and text[19] == "7",
    "upper case": lambda text: bool(UUID.fullmatch(text)) and text != text.lower(),
    "nil": lambda text: text == "00000000-0000-0000-0000-000000000000",
    "no dashes": lambda text: len(text) == 32 and text.isalnum(),
    "braces": lambda text: text[:1] == "{" and len(text) == 38,
    "trailing newline": lambda text: len(text) == 37 and text.endswith("\n"),
    "NUL": lambda text: "\0" in text,
    "slash": lambda text: "/" in text,
    "dot segments": lambda text: text == "..",
    "quote": lambda text: "'" in text,
    "not ASCII": lambda text: not text.isascii(),
    "astral": lambda text: bool(text) and max(text) > "\uffff",
    "encoded twice": lambda text: "%00" in text,
    "null": lambda text: text == "null",
}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_odd_ids_are_met(seed: int) -> None:
    """Two hundred requests meet every condition on ids that servers are known to stumble over."""
    ids = [unquote(read.segment) for read in two_hundred(seed)]
    assert [name for name, condition in ODD.items() if not any(map(condition, ids))] == []


@pytest.mark.socket
def test_faults_of_odd_ids_are_found() -> None:
    """Faults that only some ids or headers trigger are found, and those that fail alike are reported once."""
    odd_control = lambda exchange: exchange.request.header("cache-control") not in ("no-cache", None)  # noqa: E731
    faults = [
        fault("long", "malformed-id", only(asked_for(ODD["longer than 200"]), *SERVER_ERROR)),
        fault("f", "unknown-id", only(asked_for(ODD["first digit"]), status(410))),
        fault("newline", "malformed-id", only(asked_for(ODD["trailing newline"]), status(204), body(b""))),
        fault("slash", "malformed-id", only(asked_for(ODD["slash"]), fail("reset"))),
        fault("control", "unknown-id", only(odd_control, *SERVER_ERROR)),
    ]
    with Server(faults) as server:
        exchanges, notes = fuzz(target(server.url), PLAN, 150)
    found = broken(exchanges)
    assert found == {"HPP-H01": 1, "HPP-E03": 1, "HPP-E04": 1, "HPP-H04": 1, "HPP-H02": 2}
    for rule in found:
        assert any(rule in note and "sent again by: curl" in note for note in notes)


@pytest.mark.process
def test_the_command_repeats_the_request() -> None:
    """The command in the note, given the variables it names, meets the same failure."""
    if shutil.which("curl") is None:
        pytest.skip("there is no curl")
    with Server(
        [fault("long", "malformed-id", only(asked_for(lambda text: len(text) > 200), *SERVER_ERROR))]
    ) as server:
        _, notes = fuzz(target(server.url), PLAN, 40)
        command = next(note for note in notes if "HPP-H02" in note).partition("again by: ")[2]
        environ = os.environ | {"HPP_API_KEY": CREDENTIALS.api_key, "HPP_USERNAME": CREDENTIALS.username or ""}
        repeated = subprocess.run(["bash", "-c", command], env=environ, capture_output=True, text=True, check=True)
    assert repeated.stdout.startswith("HTTP/1.1 500")


@pytest.mark.socket
def test_what_only_schemathesis_minds_is_a_note() -> None:
    """A rate limiter's answer is no finding, and a note says that Schemathesis minds what is documented nowhere."""
    import hpp_contract.probe.fuzz.hooks  # noqa: F401  what it registers for runs of Schemathesis alone is not ours

    limited = only(asked_for(ODD["first digit"]), status(429), header("X-Ratelimit-Reset", "1"))
    with Server([fault("limits", "unknown-id", limited)]) as server:
        exchanges, notes = fuzz(target(server.url), PLAN, 40)
    assert broken(exchanges) == {}
    assert any("Schemathesis objects" in note and "no finding" in note for note in notes)


@pytest.mark.socket
def test_an_outage_while_fuzzing_is_no_finding() -> None:
    """A server that stops answering breaks nothing by it, and no note says that a request did."""
    count: list[int] = []

    def stops(exchange: Exchange) -> Exchange:
        count.append(1)
        return exchange if len(count) < 12 else body(b"")(status(503)(exchange))

    faults = [fault(name, name, stops) for name in ("unknown-id", "malformed-id", "waiting", "completed-with-order")]
    with Server(faults) as server:
        exchanges, notes = fuzz(target(server.url), PLAN, 20)
    assert broken(exchanges) == {}
    assert not any("break" in note for note in notes)


@pytest.mark.socket
def test_progress_is_reported() -> None:
    """After every request, progress says how many of how many were sent."""
    reported: list[tuple[int, int]] = []
    with Server() as server:
        fuzz(target(server.url), PLAN, 3, lambda *progress: reported.append(progress))
    assert reported == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("segment", "shown"),
    [
        ("x y", "'https://h/hpp/v1/sessions/x y'"),
        ("z" * 200, "https://h/hpp/v1/sessions/\"$(printf 'z%.0s' $(seq 200))\""),
        ("ab" * 100, "https://h/hpp/v1/sessions/\"$(printf 'ab%.0s' $(seq 100))\""),
        ("ab" * 99 + "c", "https://h/hpp/v1/sessions/" + "ab" * 60 + "… (of 199 characters)"),
    ],
)
def test_long_ids_are_shown_short(segment: str, shown: str) -> None:
    """The command that sends a request again is never longer than a person can read."""
    assert GeneratedRead(segment, "malformed").curl("https://h", None).endswith(f"' {shown}"[1:])


def test_the_contract_as_a_check() -> None:
    """As one of Schemathesis' checks the contract passes an honest answer and fails a lying one."""
    (refused,), (read,) = simulate_server("no-credentials"), simulate_server("waiting")
    hooks.contract(None, _as_schemathesis(refused), None)
    with pytest.raises(AssertionError, match="HPP-E01"):  # the request goes without its credentials
        hooks.contract(None, _as_schemathesis(read), None)
