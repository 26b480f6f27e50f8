"""What passes through the proxy is judged, while it passes and at the end, as a recording of it is."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import brotli  # type: ignore[import-untyped]  # it has no types
import pytest

from hpp_contract.cases.scenarios import CREDENTIALS, SCENARIOS, session_id
from hpp_contract.engine import Outcome, Report
from hpp_contract.engine.edits import OTHER_UUID, Edit, body, drop, header, member, status
from hpp_contract.engine.fault import Fault, fault
from hpp_contract.model import Exchange, Request, Response
from hpp_contract.proxy import Secrets
from hpp_contract.proxy.cassettes import Cassettes
from hpp_contract.recordings.bulk.local import judge_recordings
from hpp_contract.rules import CATALOGUE
from hpp_contract.server import Server
from hpp_contract.server.wire import Listener
from hpp_contract.spec.session import OUTCOME
from tests.harness.integration.test_must_exit_1 import WRONG, Wrong, echo, scenarios_of
from tests.harness.support.fake_time import noon
from tests.harness.support.not_none import not_none
from tests.harness.support.proxying import Proxied, proxying, sent_to
from tests.harness.support.sockets import AUTHORIZATION, WAITING, answering, asking, wait_for

pytestmark = pytest.mark.socket

SHOWN = AUTHORIZATION + "Content-Type: application/json\r\nCache-Control: no-cache\r\n"


def path_of(name: str) -> str:
    return f"/hpp/v1/sessions/{session_id(name)}"


def read(proxied: Proxied, *names: str, headers: str = SHOWN) -> None:
    for name in names:
        sent_to(proxied.url, asking(path_of(name), headers))


def outcomes(report: Report) -> dict[str, Outcome]:
    return {verdict.rule.id: verdict.outcome for verdict in report.rules}


def test_an_honest_endpoint_and_client_are_kept() -> None:
    """Every scenario, poll by poll, breaks nothing, and nothing is announced."""
    with Server() as server, proxying(server.url) as proxied:
        for name in SCENARIOS:
            read(proxied, *[name] * 3)
    report = proxied.report
    assert (report.exit_code, proxied.announced) == (0, [])
    assert {rule_id[4] for rule_id in outcomes(report)} == set("RHSPCLE")
    assert {rule_id[4] for rule_id, each in outcomes(report).items() if each is Outcome.OK} == set("RHSPCLE")


def test_findings_are_announced_as_they_are_made() -> None:
    """A finding is told before the next request, once for each session; the report counts them all."""
    wrong = fault("incomplete", "completed-with-order", drop(*OUTCOME))
    with Server([wrong]) as server, proxying(server.url) as proxied:
        read(proxied, "completed-with-order")
        wait_for(lambda: proxied.reported == {"HPP-C01"})
        read(proxied, "completed-with-order", "waiting")
    assert [(rule.id, finding.evidence[:14]) for rule, finding in proxied.announced] == [("HPP-C01", "request 1: GET")]
    assert [verdict.total for verdict in proxied.report.rules if verdict.counts] == [2]


def test_what_two_reads_show_is_announced_at_once() -> None:
    """A rule about the life of a session is judged with each read that shows something else."""
    wrong = fault("reopens", "completed-with-order", member("order_id", OTHER_UUID), since=1)
    with Server([wrong]) as server, proxying(server.url) as proxied:
        read(proxied, "completed-with-order", "completed-with-order")
        wait_for(lambda: "HPP-L06" in proxied.reported)
    assert "HPP-L06" in proxied.broken


def test_a_challenge_may_be_answered() -> None:
    """A client that sends its credentials when it is asked is kept; one that never does is told of, at the end too."""
    with Server() as server, proxying(server.url) as proxied:
        read(proxied, "waiting", headers="")
        read(proxied, "waiting")
    assert (proxied.report.exit_code, proxied.reported) == (0, set())
    with Server() as server, proxying(server.url) as proxied:
        read(proxied, "waiting", headers="")
        read(proxied, "failed", "failed", headers="")
        wait_for(lambda: proxied.reported == {"HPP-R05"})
    assert [finding.evidence[:14] for _, finding in proxied.announced] == ["request 2: GET", "request 1: GET"]
    assert proxied.report.exit_code == 1


def test_refusals_only_verify_nothing() -> None:
    """A run in which no session was read is not green."""
    with Server() as server, proxying(server.url) as proxied:
        sent_to(proxied.url, asking("/hpp/v1/sessions/2fbbcf56-25a6-4e02-b7dd-3d0ea5c3ec33", SHOWN))
        read(proxied, "waiting", headers="Authorization: Basic wrong\r\n")
    assert not_none(proxied.report.unverified) == "no session was read: 404: 1, 401: 1."
    assert proxied.report.exit_code == 3


@pytest.mark.parametrize("deleting", [True, False])
def test_a_session_that_was_disabled_may_be_gone(deleting: bool) -> None:
    """A DELETE that is let through is not judged, and excuses the 404 after it."""

    def application(request: Request) -> Exchange:
        return Exchange(request, Response(204)) if request.method == "DELETE" else server.application(request)

    server = Server([fault("gone", "waiting", status(404), body(b""), since=1)])
    listener = Listener(0, application, None)
    with server, proxying(listener.origin, pass_others=True) as proxied:
        read(proxied, "waiting", "failed")
        if deleting:
            sent_to(proxied.url, asking(method="DELETE"))
        read(proxied, "waiting")
    listener.stop()
    assert ("HPP-L08" in proxied.broken) is not deleting
    assert ("1 other request let through, unjudged." in proxied.report.notes) is deleting


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_packed_bodies_are_judged_unpacked(coding: str) -> None:
    """A body is packed on its way, and what is in it is judged."""
    plain = b'{"session_id": "x"}'
    packed = gzip.compress(plain) if coding == "gzip" else brotli.compress(plain)
    fields = (("Content-Type", "application/json"), ("Content-Encoding", coding))
    with answering(Response(200, fields, packed)) as (url, _), proxying(url) as proxied:
        answer = sent_to(proxied.url, asking(headers=SHOWN + f"Accept-Encoding: {coding}\r\n"))
    assert answer.endswith(packed)
    assert proxied.broken == {"HPP-S02", "HPP-S04"}


@pytest.mark.parametrize(("coding", "broken"), [("gzip", True), ("br", False), ("secret", False)])
def test_bodies_that_cannot_be_unpacked(coding: str, broken: bool) -> None:
    """A coding that everybody knows must fit; of a body in another nothing is said, and that is not green."""
    fields = (("Content-Type", "application/json"), ("Content-Encoding", coding))
    with answering(Response(200, fields, b"\x00\xffno")) as (url, _), proxying(url) as proxied:
        sent_to(proxied.url, asking(headers=SHOWN))
    assert ("HPP-H15" in proxied.broken) is broken
    assert proxied.report.exit_code == (1 if broken else 3)
    assert not_none(proxied.report.unverified) == "no session was read: none of 1 bodies under 200 can be unpacked."
    assert "no rule judged what is in there" in proxied.report.notes[-1]


# --- Through every door


def on_proxy(wrong: Wrong) -> bool:
    """Whether passing traffic shows it: the proxy does not know which credentials are right, nor which ids exist."""
    return wrong.recorded is not None or wrong.faults[0].name == "must-no-credentials"


SEEN = [*(what for what, wrong in WRONG.items() if on_proxy(wrong)), "a 200 that is cut", "one session is gone"]


@pytest.mark.parametrize("what", SEEN)
def test_what_must_exit_1(what: str) -> None:
    """What must never be softened ends in exit code 1 through the proxy too."""
    wrong = WRONG[what]
    with Server(wrong.faults) as server, proxying(server.url) as proxied:
        for name in scenarios_of(wrong):
            read(proxied, *[name] * 5)
        for refused in ("", "Authorization: Basic nobody-has-this-key\r\n"):
            read(proxied, "waiting", headers=refused)
    assert proxied.report.exit_code == 1


# --- Recording


def recorded(folder: Path, faults: Sequence[Fault], names: Sequence[str]) -> tuple[Proxied, Cassettes]:
    """What a run with a recording came to: each name read three times, then the first one without credentials."""
    secrets = Secrets()
    cassettes = Cassettes(folder, "hpp.example", secrets, noon)
    with Server(faults) as server, proxying(server.url, secrets=secrets, cassettes=cassettes) as proxied:
        for name in names:
            read(proxied, *[name] * 3)
        read(proxied, names[0], headers="")
        read(proxied, names[0])
    return proxied, cassettes


NOT_KEPT = {"HPP-H13", "HPP-L08"}
"""A cassette does not say how long an answer took, nor whose credentials these were, by which L08 weighs less."""

NOT_WHOLE = {"HPP-H04", "HPP-H14", "HPP-H15"}
"""About answers that were cut or never came, which fit into no cassette, or were packed wrongly, as by a recorder."""


def edited(scenario: str, *edits: Edit, since: int = 0) -> Fault:
    return fault("recorded", scenario, *edits, since=since)


CASES = {
    "honest": [],
    "no outcome": [edited("completed-with-order", drop(*OUTCOME))],
    "order changes": [edited("completed-with-order", member("order_id", OTHER_UUID), since=1)],
    "page": [edited("waiting", body(b"<html>no</html>"), header("Content-Type", "text/html"))],
    "unavailable": [edited("waiting", status(503), body(b""), since=1)],
    "gone": [edited("in-progress", status(404), body(b""), since=1)],
    "secret": [edited("waiting", echo)],
    "person": [edited("no-credentials", member("customer", {"given_name": "Astrid"}))],
}


@pytest.mark.parametrize("case", CASES)
def test_cassettes_are_judged_as_what_passed(case: str, tmp_path: Path) -> None:
    """`recording` comes to the same of the cassettes, rule by rule, and finds nothing that must not be kept."""
    names = ("waiting", "completed-with-order", "in-progress", "lifecycle-paid", "failed")
    proxied, cassettes = recorded(tmp_path, CASES[case], names)
    assert proxied.report.exit_code == (0 if case in ("honest", "unavailable") else 1)
    judged = judge_recordings([str(tmp_path)], processes=1)
    assert judged.unreadable == ()
    live, kept = outcomes(proxied.report), {each.rule.id: each.outcome for each in judged.verdicts}
    assert {each: kept[each] for each in live if each not in NOT_KEPT} == {
        each: outcome for each, outcome in live.items() if each not in NOT_KEPT
    }
    assert {outcome for rule_id, outcome in kept.items() if rule_id[4] == "K"} <= {Outcome.OK, Outcome.NOT_EXERCISED}
    assert cassettes.notes[0].startswith("Recorded into 6 cassettes in ")


def test_cassettes_say_where_they_are_from(tmp_path: Path) -> None:
    """Each has its provenance, and neither credentials nor ids in it."""
    proxied, _ = recorded(tmp_path, (), ("waiting",))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["no-credentials.yaml", "waiting.yaml"]
    texts = [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()]
    assert all("provenance: recorded from hpp.example at 2" in text for text in texts)
    for secret in (*CREDENTIALS.secrets, session_id("waiting")):
        assert not any(secret in text for text in texts)
    assert proxied.report.exit_code == 0


def test_recording_adds_to_what_is_there(tmp_path: Path) -> None:
    """A second run removes and replaces nothing."""
    recorded(tmp_path, (), ("waiting",))
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    recorded(tmp_path, (), ("waiting",))
    assert {path: path.read_bytes() for path in before} == before
    assert sorted(path.stem for path in tmp_path.iterdir()) == [
        "no-credentials", "no-credentials-2", "waiting", "waiting-2"
    ]  # fmt: skip


def test_reads_that_fit_into_no_cassette_are_counted(tmp_path: Path) -> None:
    """A read that nobody answered, and one that was cut, are not recorded."""
    secrets = Secrets()
    cassettes = Cassettes(tmp_path, "hpp.example", secrets, noon)
    with answering(None, "reset") as (url, _), proxying(url, secrets=secrets, cassettes=cassettes) as proxied:
        sent_to(proxied.url, asking(WAITING, SHOWN))
    assert cassettes.notes == [
        f"Recorded into 0 cassettes in {tmp_path}, scrubbed.",
        "1 read without a whole answer not recorded: a cassette cannot hold them.",
    ]


def test_every_fault_is_judged_the_same_in_cassettes(tmp_path: Path) -> None:
    """Each rule finds as much in the cassettes as it found in what passed, whatever was wrong with the endpoint."""
    faults = [
        each.name for rule in CATALOGUE if rule.id != "HPP-E08" for each in rule.faults if each.source == "server"
    ]
    secrets = Secrets()
    cassettes = Cassettes(tmp_path, "hpp.example", secrets, noon)
    with Server() as server, proxying(server.url, secrets=secrets, cassettes=cassettes, timeout=2) as proxied:
        for name in faults:
            read(proxied, name, name, name)
    assert cassettes.problem is None
    judged = judge_recordings([str(tmp_path)], processes=1)
    live = {each.rule.id: (each.outcome, each.total) for each in proxied.report.rules}
    kept = {each.rule.id: (each.outcome, each.total) for each in judged.verdicts if each.rule.id in live}
    assert {name for name in live if live[name] != kept[name]} <= NOT_KEPT | NOT_WHOLE
    assert len(proxied.broken) > 20
