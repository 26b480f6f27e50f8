"""Where provisioning is allowed, what order it makes, and being interrupted: nothing it made is left behind."""

from __future__ import annotations

import signal
import threading

import pytest

from hpp_contract.cases.scenarios import CREDENTIALS
from hpp_contract.engine.deadline import NEVER, OutOfTime
from hpp_contract.engine.errors import UsageProblem
from hpp_contract.model import Exchange, Request
from hpp_contract.probe import target_from
from hpp_contract.probe.plan import PlannedRead
from hpp_contract.probe.provision import ProvisionResult, example_order, provision
from hpp_contract.probe.wire import Sent
from hpp_contract.server.sandbox.validation import order_problems
from tests.harness.support.merchant import ORDER, ROOT
from tests.harness.support.recording_server import Recorder

OVER = "the time for this run was over."

# --- when it is interrupted


class RecordedEndpoint:
    """A way to a recorder without sockets, at whose `stop`-th request somebody presses Ctrl-C, or the time is over."""

    base_url = ROOT
    is_local = True
    deadline = NEVER

    def __init__(
        self, recorder: Recorder, stop: int, number: int | None = signal.SIGINT, *, cleans_up: bool = True
    ) -> None:
        self._cleans_up = cleans_up
        self._recorder = recorder
        self._stop = stop
        self._number = number
        self.sent = 0
        self.paused = 0.0
        self.is_over = False

    def ask(self, read: PlannedRead) -> list[Exchange]:
        return [self.send("GET", f"/hpp/v1/sessions/{read.segment}").exchange]

    def allow(self, _: float) -> None:
        """There is time to clean up, if at all."""
        self.is_over = not self._cleans_up

    def wait_for_turn(self) -> None:
        """It is always its turn."""

    def pause(self, seconds: float) -> None:
        """It is always late enough."""
        self.paused += seconds

    def send(self, method: str, path: str, body: bytes = b"") -> Sent:
        self.sent += 1
        if self.sent == self._stop and self._number is not None:
            signal.raise_signal(self._number)
        if self.is_over or (self.sent == self._stop and self._number is None):
            self.is_over = True
            raise OutOfTime(OVER)
        headers = (("Authorization", CREDENTIALS.authorization),)
        return Sent(self._recorder(Request(method, ROOT + path, headers, body)))


@pytest.fixture
def no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hpp_contract.probe.provision.get_page", lambda *_: 200)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("stop", range(1, 11))
def test_interruption_leaves_nothing(stop: int, number: int, no_page: None) -> None:
    """Wherever it is interrupted or terminated, what it made is disabled before it stops, and it does stop."""
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    recorder = Recorder()
    with pytest.raises(KeyboardInterrupt):
        provision(RecordedEndpoint(recorder, stop, number))
    assert recorder.statuses() == ["DISABLED"]
    assert recorder.got[-1].method == "DELETE" or stop > 8
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.mark.parametrize("stop", range(1, 8))
def test_the_end_of_the_time_leaves_nothing(stop: int, no_page: None) -> None:
    """Wherever the time of the run is over, what was made is disabled, and what was read is kept."""
    recorder = Recorder()
    endpoint = RecordedEndpoint(recorder, stop, None)
    result = provision(endpoint)
    assert recorder.statuses() == ["DISABLED"] * (stop > 2)
    assert (result.over, result.disabled) == (OVER, 204 if stop > 2 else None)
    assert len(result.reads) == [0, 0, 0, 0, 1, 2, 2, 3][stop]


def test_no_time_to_clean_up(no_page: None) -> None:
    """Where even that is not answered in time, a note says that the session is left."""
    endpoint = RecordedEndpoint(Recorder(), 4, None, cleans_up=False)
    result = provision(endpoint)
    assert (result.over, result.disabled) == (OVER, None)
    [note] = result.notes
    assert "could not be disabled in time: it ends by itself within 48 hours." in note


def test_uninterrupted(no_page: None) -> None:
    """Nobody interrupts, and it goes through: the requests of the test above are all there are."""
    recorder = Recorder()
    endpoint = RecordedEndpoint(recorder, 0)
    assert provision(endpoint).disabled == 204
    assert endpoint.sent == 10


def test_off_the_main_thread(no_page: None) -> None:
    """Where Python delivers no signals, provisioning works as well."""
    results: list[ProvisionResult] = []
    thread = threading.Thread(target=lambda: results.append(provision(RecordedEndpoint(Recorder(), 0))))
    thread.start()
    thread.join(60)
    assert results[0].disabled == 204


# --- where it is allowed, and with what order


@pytest.mark.parametrize("allow", [True, False])
@pytest.mark.parametrize("host", ["api.kustom.co", "api.klarna.com", "api-na.klarna.com", "API.KUSTOM.CO."])
def test_never_in_production(host: str, allow: bool) -> None:
    """No production host is provisioned, whatever else is allowed."""
    with pytest.raises(UsageProblem, match="never made in production"):
        target_from(host, {"HPP_API_KEY": "kco_test_api_made-up"}, (), allow, provision=True)


def test_never_with_a_live_key() -> None:
    """A live key makes no session, on whatever host."""
    live = {"HPP_API_KEY": "kco_live_api_made-up"}
    with pytest.raises(UsageProblem, match="live key"):
        target_from("http://127.0.0.1:1", live, (), True, provision=True)


def test_example_order_is_a_right_one() -> None:
    """The order that is made up holds what an order must hold, and nobody's data."""
    assert order_problems(example_order()) == []
    assert set(example_order()) == set(ORDER)
