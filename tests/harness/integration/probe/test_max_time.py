"""Every run ends: what never answers, or never ends its answer, is given up with its socket and its thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from requests.exceptions import InvalidSchema

from benchmarks.attack.endpoints import ENDLESS, Speak, speaking
from hpp_contract.cases.scenarios import session_id
from hpp_contract.engine.deadline import Deadline, OutOfTime
from hpp_contract.engine.edits import slow, status
from hpp_contract.engine.fault import Fault, fault
from hpp_contract.model import Exchange, Request, Response
from hpp_contract.model.asked import asked
from hpp_contract.probe import ProbePlan, probe
from hpp_contract.probe.connection import Connection
from hpp_contract.probe.fuzz.run import probe_and_fuzz
from hpp_contract.probe.plan import PlannedRead, reads
from hpp_contract.probe.probe import how_many
from hpp_contract.probe.provision import get_page
from hpp_contract.probe.sender import Sender
from hpp_contract.probe.wire import Wire
from hpp_contract.rules import CATALOGUE
from hpp_contract.server import Application, Server
from hpp_contract.server.wire import Listener
from tests.harness.support.not_none import not_none
from tests.harness.support.probe_targets import FIVE, exit_code, target
from tests.harness.support.recording_server import recording
from tests.harness.support.sockets import HANG, WAITING, wait_for

pytestmark = pytest.mark.socket

SILENT = "silent"


@contextmanager
def watched(speak: Speak) -> Iterator[tuple[str, threading.Event, threading.Event]]:
    """A server that speaks so, and whether its first connection has begun and ended."""
    began, ended = threading.Event(), threading.Event()

    def speak_and_tell(connection: object) -> None:
        began.set()
        try:
            speak(connection)  # type: ignore[arg-type]  # the socket that `speaking` gives
        finally:
            ended.set()

    with speaking(speak_and_tell) as url:
        yield url, began, ended


def workers() -> list[threading.Thread]:
    """Threads that wait for an answer."""
    return [thread for thread in threading.enumerate() if "_work" in thread.name or "hpp-contract read" in thread.name]


@pytest.mark.parametrize("name", ENDLESS)
def test_whatever_never_ends_is_ended(name: str) -> None:
    """No answer keeps its connection or its thread when the request has been given up."""
    with watched(ENDLESS[name]) as (url, began, ended), closing(Wire(url, 0.5, direct=True)) as wire:
        while not began.is_set():  # a request that was given up before it was sent ends nothing
            sent = wire.get(url + WAITING, ())
            response = sent.exchange.response
            assert response is None or not response.complete
        wire.close()
        wait_for(ended.is_set)
        wait_for(lambda: not workers())


@pytest.mark.parametrize("name", [SILENT, "a header of one byte a second", "a storm of 100 Continue"])
def test_the_end_of_the_time_ends_a_request(name: str) -> None:
    """A request in flight when the time is over is given up too, and is no failure of the endpoint."""
    with watched(ENDLESS[name]) as (url, _, ended), closing(Wire(url, HANG, direct=True)) as wire:
        with pytest.raises(OutOfTime):
            wire.get(url + WAITING, (), Deadline.after(0.2))
        wait_for(ended.is_set)
        wait_for(lambda: not workers())


def test_a_kept_connection_is_ended_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that has served a request is ended like a new one, and the next request gets another."""
    waiting = threading.Event()

    def answers_once(speak: Callable[..., Exchange]) -> Callable[..., Exchange]:
        def answer(*arguments: object) -> Exchange:
            if waiting.is_set():
                waiting.clear()
                time.sleep(1)
            return speak(*arguments)

        return answer

    monkeypatch.setattr(Application, "__call__", answers_once(Application.__call__))
    with Server() as server, closing(Wire(server.url, HANG, direct=True)) as wire:
        assert wire.get(server.url + WAITING, ()).exchange.status == 401
        waiting.set()
        with pytest.raises(OutOfTime):
            wire.get(server.url + WAITING, (), Deadline.after(0.1))
        assert wire.get(server.url + WAITING, ()).exchange.status == 401


def test_what_connects_too_late_is_ended() -> None:
    """A connection that is made after its request was given up is ended at once."""
    with watched(ENDLESS[SILENT]) as (url, _, ended), closing(Wire(url, HANG, direct=True)) as wire:
        wire.cut()
        assert not_none(wire.get(url + WAITING, ()).error).word == "reset"
        wait_for(ended.is_set)


def test_a_page_that_never_ends_is_given_up() -> None:
    """The consumer's page is no way to make a run longer."""
    with speaking(ENDLESS[SILENT]) as url, pytest.raises(OutOfTime):
        get_page(url, Deadline.after(0.1))


# --- a whole run


def test_a_run_ends_with_what_was_learned() -> None:
    """When the time is over, what was answered is judged, and the run could not verify."""
    stalls = fault("stalls", "completed-with-order", slow(HANG))
    with Server([stalls]) as server:
        result = probe(target(server.url, *FIVE), ProbePlan(max_time=1.5))
    assert str(result.unverified).startswith("the time for this run was over after 1.5 s: ")
    assert {asked(exchange) for exchange in result.exchanges} >= {"session", "no-credentials"}
    assert exit_code(result) == 3


def test_a_broken_must_counts_though_the_time_is_over() -> None:
    """1 wins over 3: a session answered to nobody was learned before the time was over."""
    faults = [fault("stalls", "completed-with-order", slow(HANG)), _answers_everybody()]
    with Server(faults) as server:
        result = probe(target(server.url, *FIVE), ProbePlan(max_time=1.5))
    assert result.unverified is not None
    assert exit_code(result) == 1


def _answers_everybody() -> Fault:
    [found] = [each for rule in CATALOGUE if rule.id == "HPP-E01" for each in rule.faults][:1]
    return found


def test_fuzzing_ends_too() -> None:
    """Generated requests share the time of the run with the probe before them."""
    with Server() as server:
        result = probe_and_fuzz(target(server.url, FIVE[0]), ProbePlan(max_time=1e-6), 5)
        assert str(result.unverified).startswith("the time for this run was over")
        assert server.log == ()


def test_fuzzing_ends_in_its_midst(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run whose time ends while requests are generated and sent has not verified all that it was asked to."""
    over = iter([False, True, True, True])
    monkeypatch.setattr(Deadline, "is_over", lambda _: next(over, True))
    monkeypatch.setattr(Deadline, "check", lambda _: None)
    with Server() as server:
        result = probe_and_fuzz(target(server.url, FIVE[0]), ProbePlan(), 2)
    assert str(result.unverified).endswith(
        ": not all requests were generated, sent and tried again. Give it more with --max-time."
    )


# --- several reads at the same time


class Counting:
    """An application that notes how many requests are in flight, of which sessions, and is slow: it answers when
    `enough` of them are there, or some time has passed."""

    def __init__(self, enough: int) -> None:
        self.application = Application()
        self.most = 0
        self.twice: list[str] = []
        self._enough = enough
        self._inside: list[str] = []
        self._changed = threading.Condition()

    def __call__(self, request: Request) -> Exchange:
        exchange = self.application(request)
        name = str(exchange.request.session_id)
        with self._changed:
            self.twice += [name] if name in self._inside else []
            self._inside.append(name)
            self.most = max(self.most, len(self._inside))
            self._changed.notify_all()
            self._changed.wait_for(lambda: len(self._inside) >= self._enough, 0.6)
        time.sleep(0.05)
        with self._changed:
            self._inside.remove(name)
        return exchange


@contextmanager
def counting(enough: int) -> Iterator[tuple[Counting, str]]:
    application = Counting(enough)
    listener = Listener(0, application, None)
    try:
        yield application, listener.origin
    finally:
        listener.stop()


def test_a_slow_endpoint_is_asked_for_several_sessions_at_the_same_time() -> None:
    """Up to four reads are in flight where an answer takes its time, never two of one session, and all is asked that
    is asked one after the other."""
    with counting(5) as (application, url):
        result = probe(target(url, *FIVE), ProbePlan(polls=3, timeout=HANG))
    assert (application.most, application.twice) == (4, [])
    planned = reads(ProbePlan(polls=3), FIVE, with_username=True)
    assert len(result.exchanges) == len(planned)
    of_sessions = [x.request.session_id for x in result.exchanges if "poll" in x.evidence]
    assert of_sessions == [read.segment for read in planned if "poll" in read.note]
    assert any(x.evidence.endswith("(poll 2), with 3 others at the same time") for x in result.exchanges)
    assert exit_code(result) == 0


def test_a_quick_endpoint_is_asked_one_thing_at_a_time() -> None:
    """Where answers come at once, no two requests are in flight."""
    with counting(1) as (application, url):
        probe(target(url, *FIVE), ProbePlan(polls=2))
    assert application.most == 1


@pytest.mark.parametrize(
    ("elapsed", "code", "expected"),
    [(0.1, 200, 1), (None, 200, 1), (0.5, 200, 4), (1.5, 200, 4), (3.0, 200, 2), (4.0, 200, 1), (1.5, 503, 1)],
)
def test_how_many_at_the_same_time(elapsed: float | None, code: int, expected: int) -> None:
    """So many that even an endpoint which answers one after the other stays far from the time-out of ten seconds."""
    answer = Exchange(Request("GET", "https://h.example/hpp/v1/sessions/x"), Response(code), elapsed=elapsed)
    assert how_many([answer], 10.0) == expected


def test_latency_is_no_finding_of_our_own_making() -> None:
    """What takes long because several were asked at the same time may take so many times as long."""
    with Server() as server:
        sender = Sender(target(server.url), ProbePlan(max_latency=3))
        some = [PlannedRead(name, "known") for name in FIVE[:3]]
        asked_together = [exchanges for _, exchanges in sender.ask_together(some)]
        [(_, single)] = sender.ask_together(some[:1])
        sender.close()
    assert {exchange.context.max_latency for exchanges in asked_together for exchange in exchanges} == {9}
    assert single[0].context.max_latency == 3


def test_the_end_of_the_time_ends_all_that_is_in_flight() -> None:
    """Reads that were answered before are kept; those that were not are given up."""
    stalls = fault("stalls", "in-progress", slow(HANG))
    with Server([stalls]) as server:
        sender = Sender(target(server.url), ProbePlan(timeout=HANG), Deadline.after(1))
        kept: list[str] = []
        with pytest.raises(OutOfTime):
            kept.extend(read.segment for read, _ in sender.ask_together([PlannedRead(x, "known") for x in FIVE[:3]]))
        sender.close()
    assert kept == [FIVE[0], FIVE[2]]
    wait_for(lambda: not workers())


def test_ctrl_c_ends_all_that_is_in_flight() -> None:
    """Whoever interrupts does not wait for answers."""
    stalls = fault("stalls", "in-progress", slow(HANG), status(200))
    with Server([stalls]) as server:
        sender = Sender(target(server.url), ProbePlan(timeout=HANG))
        asked_together = sender.ask_together([PlannedRead(x, "known") for x in FIVE[:3]])
        next(asked_together)
        with pytest.raises(KeyboardInterrupt):
            asked_together.throw(KeyboardInterrupt)  # type: ignore[attr-defined]  # it is a generator
        sender.close()
    wait_for(lambda: not workers())


# --- what was made is unmade


def test_a_session_is_disabled_though_the_time_is_over() -> None:
    """A run whose time ends while it follows the session that it made disables that session all the same."""
    release, made = threading.Event(), threading.Event()

    def stall(request: Request) -> Response | None:
        if made.is_set() and request.method == "GET":
            release.wait(HANG)
        return None

    def note(request: Request, response: Response) -> Response:
        if request.method == "POST" and request.path == "/hpp/v1/sessions":
            made.set()
        return response

    with recording(note, stall) as (recorder, url):
        plan = ProbePlan(provision=True, timeout=HANG, max_time=4)
        result = probe(target(url, session_id("waiting")), plan)
        release.set()
        assert made.is_set()
        assert recorder.statuses() == ["DISABLED"]
    assert str(result.unverified).startswith("the time for this run was over after 4 s")


@pytest.mark.parametrize(("left", "allowed"), [(0, 10), (60, 60)])
def test_time_to_clean_up(left: float, allowed: float) -> None:
    """There are ten seconds at least to clean up, and no fewer than the run has left."""
    sender = Sender(target("http://127.0.0.1:9"), ProbePlan(), Deadline.after(left))
    sender.allow(10)
    sender.close()
    assert allowed - 5 < sender.deadline.left <= allowed


def test_a_proxy_of_another_package_keeps_its_connections() -> None:
    """Connections through SOCKS are made by another package: they are left as they are."""
    manager = Connection().adapter.proxy_manager_for("http://127.0.0.1:9")
    assert manager.pool_classes_by_scheme["http"].ConnectionCls.__name__ == "Plain"
    with pytest.raises(InvalidSchema, match="SOCKS"):
        Connection().adapter.proxy_manager_for("socks5://127.0.0.1:9")
