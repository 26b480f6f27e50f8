"""Outages and limits: what a probe makes of questions that the API did not answer.

The server is scripted: an outage is a number of requests in a row, whatever they ask, or the questions that it meets.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from hpp_contract.cases.responses import CHALLENGE, PAGE
from hpp_contract.cases.scenarios import CREDENTIALS
from hpp_contract.engine import Outcome
from hpp_contract.engine.errors import BROKEN, KEPT, UNVERIFIED
from hpp_contract.model import Exchange, Request, Response
from hpp_contract.probe import ProbePlan, ProbeResult, probe
from hpp_contract.probe.plan import random_uuid
from hpp_contract.probe.transcript import MAX_CONFIRMED
from hpp_contract.server import Application
from hpp_contract.server.wire import Listener
from tests.harness.support.probe_targets import FIVE, broken, exit_code, target

pytestmark = pytest.mark.socket

HTML = (("Content-Type", "text/html"),)
UNAVAILABLE = Response(503, (("Content-Length", "0"),))
GATEWAY = Response(502, HTML, PAGE)
LIMITED = Response(429, (("X-Ratelimit-Reset", "1"),))
LOGIN = Response(302, (("Location", "/login"),))
CLOSED = None
UNKNOWN = random_uuid(random.Random(0))  # noqa: S311  an id, not a secret

Instead = Callable[[int, Request], Response | bool | None]
"""What stands in the API's place at the n-th request (from 0); True for the API itself."""


@dataclass
class Scripted:
    """The honest server behind a script; `got` are the requests."""

    instead: Instead
    got: list[Request] = field(default_factory=list)
    honest: Application = field(default_factory=Application)

    def __call__(self, request: Request) -> Exchange:
        number = len(self.got)
        self.got.append(request)
        answer = self.instead(number, request)
        if isinstance(answer, bool):
            return self.honest(request)
        return Exchange(request, answer, None if answer is not None else "reset")


def run(instead: Instead, *ids: str, polls: int = 2) -> tuple[ProbeResult, list[Request]]:
    """What a probe finds, and what it asked."""
    scripted = Scripted(instead)
    listener = Listener(0, scripted, None)
    try:
        return probe(target(listener.origin, *(ids or FIVE)), ProbePlan(polls=polls)), scripted.got
    finally:
        listener.stop()


def during(first: int, last: int, answer: Response | None) -> Instead:
    return lambda number, _: answer if first <= number < last else True


def of(answer: Response | None, *ids: str) -> Instead:
    return lambda _, request: answer if request.session_id in ids else True


def _is_wrong(request: Request) -> bool:
    """Whether the key is the one that the probe made up."""
    token = (request.header("authorization") or "").partition(" ")[2]
    return token not in ("", CREDENTIALS.api_key) and b"made-up-and-wrong" in base64.b64decode(token)


def asked_with(answer: Response | None, *scenarios: str) -> Instead:
    """The answer to these questions: who asks, or for what."""
    questions: dict[str, Callable[[Request], bool]] = {
        "no-credentials": lambda request: request.header("authorization") is None,
        "wrong-credentials": _is_wrong,
        "unknown-id": lambda request: request.session_id == UNKNOWN,
        "malformed-id": lambda request: len(request.session_id or "") != 36,
    }
    return lambda _, request: answer if any(questions[name](request) for name in scenarios) else True


ANSWERS = {"503": UNAVAILABLE, "gateway page": GATEWAY, "closed": CLOSED}


# --- an outage that ends


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("first", [0, 1, 4, 9, 14, 17])
@pytest.mark.parametrize("length", [1, 3, 5, 7])
def test_an_outage_that_ends(first: int, length: int, answer: Response | None) -> None:
    """An outage of some requests in a row breaks nothing, and what it hid is asked again."""
    result, _ = run(during(first, first + length, answer))
    assert exit_code(result) == KEPT, result.unverified
    assert broken(result, Outcome.WARNED) <= {"HPP-H03", "HPP-L09"}


def test_an_outage_that_ends_is_reported() -> None:
    """A poll that was lost warns."""
    result, _ = run(during(4, 7, UNAVAILABLE))
    assert broken(result, Outcome.WARNED) & {"HPP-H03", "HPP-L09"}


# --- an outage that does not end


@pytest.mark.parametrize("answer", [*ANSWERS.values(), LIMITED], ids=[*ANSWERS, "limit"])
@pytest.mark.parametrize("first", [0, 1, 2, 5, 8, 12, 16])
def test_an_outage_that_does_not_end(first: int, answer: Response | None) -> None:
    """From then on nothing can be verified; what was answered before is kept, and nothing is broken."""
    result, got = run(during(first, 10_000, answer))
    assert exit_code(result) == UNVERIFIED
    assert broken(result) == set()
    assert len(got) <= first + 40
    assert len([exchange for exchange in result.exchanges if exchange.is_answered]) == first
    if first > 1:
        assert "stopped answering during the run" in (result.unverified or "")


def test_an_outage_behind_a_gateway_that_checks_credentials() -> None:
    """Refusals of the gateway are no sign that the API behind it is there."""
    result, _ = run(lambda _, request: UNAVAILABLE if _is_right(request) else True)
    assert exit_code(result) == UNVERIFIED


def _is_right(request: Request) -> bool:
    return request.header("authorization") is not None and not _is_wrong(request)


def test_an_outage_that_begins_while_one_asks_again() -> None:
    """A session that was not answered, asked again as an outage begins, is not blamed for it."""
    asked: list[int] = []

    def instead(number: int, request: Request) -> Response | bool | None:
        asked.extend([number] if request.session_id == FIVE[0] and _is_right(request) else [])
        begun = len(asked) > 6 and number >= asked[6]
        return UNAVAILABLE if begun or (request.session_id == FIVE[0] and _is_right(request)) else True

    result, _ = run(instead)
    assert (exit_code(result), broken(result)) == (UNVERIFIED, set())


# --- one question that is never answered


@pytest.mark.parametrize("answer", [*ANSWERS.values(), Response(500), Response(404, HTML, PAGE)])
@pytest.mark.parametrize("polls", [1, 2])
def test_one_session_is_never_answered(answer: Response | None, polls: int) -> None:
    """One session that is not answered while others are is broken, whoever wrote the page, and that is certain."""
    result, _ = run(of(answer, FIVE[2]), polls=polls)
    assert result.unverified is None
    assert broken(result) == {"HPP-H04" if answer is None else "HPP-H02"}
    assert exit_code(result) == BROKEN


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_no_session_is_ever_answered(answer: Response | None) -> None:
    """All sessions that are not answered while other questions are: broken."""
    result, _ = run(of(answer, *FIVE))
    assert broken(result) == {"HPP-H04" if answer is None else "HPP-H02"}
    assert exit_code(result) == BROKEN


def test_many_sessions_are_never_answered() -> None:
    """Not all of many are asked again, and all are broken."""
    ids = tuple(f"39a1c773-bafd-754d-af1f-{number:012}" for number in range(3 * MAX_CONFIRMED))
    result, got = run(of(UNAVAILABLE, *ids), *ids, polls=1)
    assert broken(result) == {"HPP-H02"}
    assert len(got) <= 3 * len(ids) + 3 * MAX_CONFIRMED + 2 * MAX_CONFIRMED + 20


@pytest.mark.parametrize(("answer", "rule"), [(UNAVAILABLE, "HPP-H02"), (Response(500), "HPP-H02"), (None, "HPP-H04")])
def test_the_unknown_id_is_never_answered(answer: Response | None, rule: str) -> None:
    """A well-formed id that no session has is answered too."""
    result, _ = run(asked_with(answer, "unknown-id"))
    assert broken(result) == {rule}
    assert exit_code(result) == BROKEN


@pytest.mark.parametrize(("answer", "rule"), [(UNAVAILABLE, "HPP-H02"), (None, "HPP-H04")])
def test_malformed_ids_are_never_answered(answer: Response | None, rule: str) -> None:
    """A firewall that closes on odd ids warns, and no more."""
    result, _ = run(asked_with(answer, "malformed-id"))
    assert (exit_code(result), broken(result, Outcome.WARNED)) == (KEPT, {rule})


def test_a_session_that_is_not_answered_any_more() -> None:
    """A session that was read, and then is not answered while others are, warns."""
    seen: list[int] = []

    def instead(_: int, request: Request) -> Response | bool | None:
        if request.session_id == FIVE[1]:
            seen.append(1)
            return UNAVAILABLE if len(seen) > 1 else True
        return True

    result, _ = run(instead)
    assert (exit_code(result), broken(result, Outcome.WARNED)) == (KEPT, {"HPP-H02"})


def test_a_session_that_is_only_limited() -> None:
    """A session that only a rate limiter answers could not be verified."""
    result, _ = run(of(LIMITED, FIVE[0]))
    assert exit_code(result) == UNVERIFIED
    assert "429" in (result.unverified or "")


# --- refusals


@pytest.mark.parametrize("answer", [LIMITED, UNAVAILABLE, CLOSED], ids=["limit", "503", "closed"])
@pytest.mark.parametrize("question", ["no-credentials", "wrong-credentials"])
def test_a_refusal_that_is_not_answered(question: str, answer: Response | None) -> None:
    """Throttling a wrong key for ever breaks nothing: it is said that the question was not answered."""
    result, _ = run(asked_with(answer, question))
    assert exit_code(result) == KEPT
    (note,) = result.notes
    assert note.startswith(f"Asked, and not answered by the API: {question.replace('-', ' ')} (")


def test_limits_on_what_is_wrong() -> None:
    """A rate limiter that answers the wrong key and the unknown id for ever breaks nothing."""
    result, _ = run(asked_with(LIMITED, "wrong-credentials", "unknown-id"))
    assert exit_code(result) == KEPT
    assert "wrong credentials (HTTP 429)" in result.notes[0]
    assert "unknown id (HTTP 429)" in result.notes[0]


PAGES = {
    "login": LOGIN,
    "page": Response(403, HTML, PAGE),
    "page as JSON": Response(401, (("Content-Type", "application/json"), CHALLENGE), PAGE),
}


@pytest.mark.parametrize("answer", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("question", ["no-credentials", "wrong-credentials", "unknown-id"])
def test_a_refusal_that_is_not_the_apis(question: str, answer: Response) -> None:
    """A login or a page in place of a refusal warns, and is held against no other rule."""
    result, _ = run(asked_with(answer, question))
    assert (exit_code(result), broken(result, Outcome.WARNED)) == (KEPT, {"HPP-E15"})


@pytest.mark.parametrize("answer", PAGES.values(), ids=PAGES)
def test_a_malformed_id_that_is_not_the_apis_to_refuse(answer: Response) -> None:
    """What a gateway does with an odd path warns nobody."""
    result, _ = run(asked_with(answer, "malformed-id"))
    assert (exit_code(result), broken(result, Outcome.WARNED)) == (KEPT, set())


def test_a_read_that_is_redirected() -> None:
    """A redirect of a read that should have succeeded is broken."""
    result, _ = run(of(LOGIN, FIVE[0]))
    assert broken(result) == {"HPP-H01"}


@pytest.mark.parametrize("status", [200, 201, 204])
@pytest.mark.parametrize(
    ("question", "rule"), [("no-credentials", "HPP-E01"), ("wrong-credentials", "HPP-E02"), ("unknown-id", "HPP-E03")]
)
def test_a_refusal_that_succeeds(question: str, rule: str, status: int) -> None:
    """Any success in place of a refusal is broken."""
    result, _ = run(asked_with(Response(status, (("Content-Type", "application/json"),), b"{}"), question))
    assert rule in broken(result)


# --- everything at once


@pytest.mark.parametrize("status", [500, 501, 505])
def test_everything_fails(status: int) -> None:
    """An API that answers everything with an error of its own could not be verified."""
    result, _ = run(during(0, 10_000, Response(status)))
    assert exit_code(result) == UNVERIFIED


def test_what_was_broken_before_an_outage_is_reported() -> None:
    """A broken must decides, whatever could not be verified after it."""
    stopped = during(14, 10_000, UNAVAILABLE)

    def instead(number: int, request: Request) -> Response | bool | None:
        if request.session_id == FIVE[0] and number < 14 and request.header("authorization"):
            return Response(200, (("Content-Type", "application/json"),), b"{}")
        return stopped(number, request)

    result, _ = run(instead)
    assert "stopped answering" in (result.unverified or "")
    assert exit_code(result) == BROKEN


def test_nothing_fails_and_little_is_asked() -> None:
    """Five sessions and six polls need forty requests at most, in every form of credentials."""
    result, got = run(lambda _, __: True, polls=6)
    assert exit_code(result) == KEPT
    assert len(got) == 40
    assert {exchange.context.form for exchange in result.exchanges} == {None, "key alone", "wrong username"}


def test_evidence_names_one_exchange() -> None:
    """Whatever is asked again, each piece of evidence is of one exchange."""
    result, _ = run(of(UNAVAILABLE, *FIVE[:3]))
    names = [exchange.evidence for exchange in result.exchanges]
    assert len(names) == len(set(names))
