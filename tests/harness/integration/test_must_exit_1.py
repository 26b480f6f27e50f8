"""What must never be softened: each of these ends in exit code 1, through every way in that shows it.

Making a rule lighter must not make it silent: what loses an order, shows it to others or tells a secret stays broken.
The ways in are the commands that judge an endpoint, live and when it drifts, and a recording of the same reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

from hpp_contract.cases.scenarios import CREDENTIALS, session_id
from hpp_contract.cli import main
from hpp_contract.engine.edits import OTHER_UUID, Edit, body, cut, drop, edit_json, fail, header, member, status
from hpp_contract.engine.fault import Fault, fault
from hpp_contract.model import Exchange, Instant
from hpp_contract.server import Sandbox, Server, simulate_server
from hpp_contract.spec.session import OUTCOME
from tests.harness.support.fake_time import NOON, SECOND
from tests.harness.support.recording_tools import write_lines

pytestmark = pytest.mark.socket

OTHERS: Final = ("failed", "lifecycle-paid")
"""Sessions that are read beside the one that is wrong."""

PAGE: Final = b"<!DOCTYPE html><html><body>Service unavailable</body></html>"
PERSON: Final = {"given_name": "Astrid", "family_name": "Lindqvist", "date_of_birth": "1980-05-01"}
REFUSALS: Final = ("no-credentials", "wrong-credentials")
SESSION: Final = body(
    b'{"session_id": "39a1c773-bafd-754d-af1f-b30c592f1267", "status": "WAITING", '
    b'"updated_at": "2026-01-01T00:00:00Z", "expires_at": "2099-01-01T00:00:00Z"}'
)
WHOLE_OTHER_BODY: Final = body(
    b'{"session_id": "7d0a3c55-1111-4222-8333-444455556666", "status": "COMPLETED", '
    b'"order_id": "b2c9d0aa-0000-4111-8222-333344445555", "klarna_reference": "K2L4M6N8", '
    b'"updated_at": "2026-01-01T00:00:00Z", "expires_at": "2099-01-01T00:00:00Z"}'
)


def echo(exchange: Exchange) -> Exchange:
    return header("X-Debug", exchange.request.header("authorization"))(exchange)


def echoed(exchange: Exchange) -> Exchange:
    """An HTML page that shows the credentials it was asked with."""
    sent = exchange.request.header("authorization") or ""
    return page(status(403)(body(b"<html><body>Blocked: " + sent.encode() + b"</body></html>")(exchange)))


def page(exchange: Exchange) -> Exchange:
    return header("Content-Type", "text/html")(exchange)


@dataclass(frozen=True)
class Wrong:
    """Something wrong: its `faults`, whether a recording of the `recorded` scenario shows it too, and whether a
    baseline that was made before shows it as drift."""

    faults: tuple[Fault, ...]
    recorded: str | None = None
    drifts: bool = True


def on(scenario: str, *edits: Edit, since: int = 0, shown: bool = True, drifts: bool = True) -> Wrong:
    made = fault(f"must-{scenario}", scenario, *edits, since=since)
    return Wrong((made,), scenario if shown else None, drifts)


def on_all(*edits: Edit, of: Sequence[str] = REFUSALS, shown: bool = False) -> Wrong:
    faults = tuple(fault(f"must-{name}", name, *edits) for name in of)
    return Wrong(faults, of[0] if shown else None)


ORDER, TOKEN = "completed-with-order", "completed-with-token"

WRONG: Final[dict[str, Wrong]] = {
    "completed without order and token": on(ORDER, drop(*OUTCOME)),
    "completed with null for order and token": on(
        ORDER, edit_json(lambda session: session.update(order_id=None, authorization_token=None, klarna_reference=None))
    ),
    "completed with a reference alone": on(ORDER, drop("order_id")),
    "completed is left for good": on(
        ORDER, member("status", "IN_PROGRESS"), drop(*OUTCOME), since=1, drifts=True
    ),
    "an order that changes": on(ORDER, member("order_id", OTHER_UUID), since=1),
    "a reference that changes": on(ORDER, member("klarna_reference", "Z9Y8X7W6"), since=1),
    "a token while waiting": on("waiting", member("authorization_token", OTHER_UUID)),
    "a reference while waiting": on("waiting", member("klarna_reference", "Z9Y8X7W6")),
    "a token while in progress": on("in-progress", member("authorization_token", OTHER_UUID)),
    "a reference while in progress": on("in-progress", member("klarna_reference", "Z9Y8X7W6")),
    "another session's id": on("waiting", member("session_id", OTHER_UUID)),
    "another session's whole body": on("waiting", WHOLE_OTHER_BODY),
    "any key reads a session": on("wrong-credentials", status(200), SESSION, shown=False),
    "no key reads a session": on("no-credentials", status(200), SESSION, shown=False),
    "an unknown id is answered 200": on("unknown-id", status(200), SESSION, shown=False),
    "one session answers 500": on("waiting", status(500), body(b""), shown=False, drifts=False),
    "one session answers a page": on("waiting", status(503), body(PAGE), page, shown=False, drifts=False),
    "one session answers a page under 404": on("waiting", status(404), body(PAGE), page, shown=False, drifts=False),
    "one session is reset": on("waiting", fail("reset"), shown=False, drifts=False),
    "one session is gone": on("waiting", status(404), body(b""), since=1, shown=False, drifts=False),
    "a 200 that is a page": on("waiting", body(PAGE), page),
    "a 200 that is a page as JSON": on("waiting", body(PAGE)),
    "a 200 that is empty": on("waiting", body(b"")),
    "a 200 that is cut": on("waiting", cut(30), shown=False, drifts=False),
    "a 200 that is half a text": on("waiting", body(b'{"session_id": "39a1c773-bafd-754d')),
    "a 200 that is no JSON": on("waiting", body(b"OK")),
    "a secret in a refusal": on_all(echo, of=("wrong-credentials",)),
    "a secret on a page": on_all(echoed, of=("wrong-credentials",)),
    "a person in a refusal": on_all(member("customer", PERSON), shown=True),
    "an order in a refusal": on_all(member("order_id", OTHER_UUID), shown=True),
    "a token in a refusal": on_all(member("authorization_token", OTHER_UUID), shown=True),
}  # fmt: skip


def exit_code(*arguments: str, environ: dict[str, str | None] | None = None) -> tuple[int, str]:
    """How a command ends, and what it says."""
    none = dict.fromkeys(("HPP_ENDPOINT", "HPP_API_KEY", "HPP_USERNAME", "HPP_SESSION_IDS"))
    done = CliRunner().invoke(main, [*arguments], env={**none, **(environ or {})})
    assert isinstance(done.exception, SystemExit | None), done.exception
    return done.exit_code, done.output


def environment(*scenarios: str) -> dict[str, str | None]:
    return {
        "HPP_API_KEY": CREDENTIALS.api_key,
        "HPP_USERNAME": CREDENTIALS.username,
        "HPP_SESSION_IDS": " ".join(map(session_id, scenarios)),
    }


def scenarios_of(wrong: Wrong) -> Iterator[str]:
    """The sessions to read: that of the fault first."""
    named = [each.scenario for each in wrong.faults if each.scenario not in (*REFUSALS, "unknown-id")]
    yield from (*(named or ["waiting"]), *OTHERS)


NOT_YET: Final[dict[str, tuple[str, ...]]] = {"endpoint": (), "drift": (), "recording": ()}
"""What is still kept silent."""


def every(command: str, whats: Iterable[str]) -> list[object]:
    unsaid = pytest.mark.xfail(reason="not yet")
    return [pytest.param(what, marks=[unsaid] if what in NOT_YET[command] else []) for what in whats]


@pytest.mark.parametrize("what", every("endpoint", WRONG))
def test_of_an_endpoint(what: str) -> None:
    """`hpp-contract endpoint` says 1."""
    wrong = WRONG[what]
    with Server(wrong.faults) as server:
        code, said = exit_code("endpoint", server.url, environ=environment(*scenarios_of(wrong)))
    assert code == 1, said


@pytest.mark.parametrize("what", every("drift", (what for what, wrong in WRONG.items() if wrong.drifts)))
def test_of_drift(what: str, tmp_path: Path) -> None:
    """`hpp-contract drift` says 1, against a baseline of the same endpoint before it went wrong."""
    wrong = WRONG[what]
    environ, baseline = environment(*scenarios_of(wrong)), ("--baseline", str(tmp_path / "baseline"))
    with Server() as server:
        code, said = exit_code("drift", server.url, *baseline, "--accept", "--reason", "first", environ=environ)
        assert code == 0, said
    with Server(wrong.faults) as server:
        code, said = exit_code("drift", server.url, *baseline, environ=environ)
    assert code == 1, said


def recording(wrong: Wrong, scenario: str) -> list[Exchange]:
    """Five reads, half a minute apart, without credentials."""
    exchanges = []
    for poll, each in enumerate(simulate_server(scenario, 5, wrong.faults)):
        kept = replace(each.request, headers=())
        exchanges.append(replace(each, request=kept, at=Instant(NOON + poll * 30 * SECOND, 9)))
    return exchanges


@pytest.mark.parametrize("what", every("recording", (what for what, wrong in WRONG.items() if wrong.recorded)))
def test_of_a_recording(what: str, tmp_path: Path) -> None:
    """`hpp-contract recording` says 1 of a recording of the same reads."""
    wrong = WRONG[what]
    file = write_lines(tmp_path / "log.ndjson", recording(wrong, wrong.recorded or ""))
    code, said = exit_code("recording", str(file))
    assert code == 1, said


def test_of_a_session_that_was_made_and_is_never_readable() -> None:
    """`hpp-contract endpoint --provision` says 1 when what it made answers 404 and never a session."""
    lost = fault("must-lost", "waiting", status(404), body(b""))
    with Server([lost], sandbox=Sandbox()) as server:
        code, said = exit_code("endpoint", server.url, "--provision", environ=environment("failed", "in-progress"))
    assert code == 1, said


@pytest.mark.parametrize("edit", [echo, echoed])
def test_of_a_secret_where_nothing_else_could_be_verified(edit: Edit) -> None:
    """A secret that is told decides, whatever could not be verified beside it."""
    everything = ("waiting", *OTHERS, *REFUSALS, "unknown-id", "malformed-id")
    unavailable = (status(503), body(PAGE), page)
    steps = (*unavailable, edit) if edit is echo else (edit,)
    faults = [fault(f"must-{name}", name, *steps) for name in everything]
    with Server(faults) as server:
        code, said = exit_code("endpoint", server.url, environ=environment("waiting", *OTHERS))
    assert code == 1, said


KEPT: Final = {
    "a key": ("X-Debug", "kco_live_api_c2VjcmV0c2VjcmV0c2VjcmV0"),
    "an authorization": ("Authorization", "Basic TTAwMTppYW1zZWNyZXQxMjM="),
    "a cookie of the request": ("Cookie", "sid=Zm9vYmFyYmF6cXV4"),
}


@pytest.mark.parametrize("what", KEPT)
def test_of_a_secret_that_is_kept(what: str, tmp_path: Path) -> None:
    """`hpp-contract recording` says 1 of a recording that keeps a secret."""
    (exchange,) = simulate_server("waiting")
    kept = replace(exchange, request=replace(exchange.request, headers=(KEPT[what],)))
    code, said = exit_code("recording", str(write_lines(tmp_path / "log.ndjson", [kept])))
    assert code == 1, said


def test_of_a_person_who_is_kept(tmp_path: Path) -> None:
    """`hpp-contract recording` says 1 of a recording that names a person."""
    (exchange,) = simulate_server("waiting", faults=[fault("must-name", "waiting", member("customer", PERSON))])
    kept = replace(exchange, request=replace(exchange.request, headers=()))
    code, said = exit_code("recording", str(write_lines(tmp_path / "log.ndjson", [kept])))
    assert code == 1, said


def test_of_a_live_token_that_is_kept(tmp_path: Path) -> None:
    """`hpp-contract recording` says 1 of a recording that keeps a token, when warnings count."""
    (exchange,) = simulate_server(TOKEN)
    kept = replace(
        exchange,
        request=replace(exchange.request, headers=()),
        context=replace(exchange.context, provenance="recorded"),
    )
    code, said = exit_code("recording", "--strict", str(write_lines(tmp_path / "log.ndjson", [kept])))
    assert code == 1, said
