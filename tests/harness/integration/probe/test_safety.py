"""Safety on a real endpoint: what a server that records everything gets of each command, and how fast."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from hpp_contract.cli import COMMANDS, main
from hpp_contract.model import Request, Response
from hpp_contract.probe.sender import RATE, RateLimiter
from tests.harness.support.fake_time import FakeTime
from tests.harness.support.recording_server import Recorder, recording
from tests.harness.support.run_commands import PROVISIONING, READING, RUNS, run, settle_in


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own in which all is that is written."""
    settle_in(tmp_path, monkeypatch)
    return tmp_path


def parameters(name: str) -> set[str | None]:
    command = main.get_command(click.Context(main), name)
    return {parameter.name for parameter in command.params} if command else set()


def test_every_command_that_talks_is_run_here() -> None:
    """A command that takes a base URL is one of those that these tests run."""
    with_base_url = {name for name in COMMANDS if "base_url" in parameters(name)}
    assert with_base_url <= set(RUNS)


@pytest.mark.socket
def test_nothing_but_get() -> None:
    """Without --provision no command sends anything but GET, with no body, to nothing but sessions."""
    with recording() as (recorder, url):
        for name, arguments in READING:
            run(name, url, arguments)
    assert {request.method for request in recorder.got} == {"GET"}
    assert {request.body for request in recorder.got} == {b""}
    assert all(request.path.startswith("/hpp/v1/sessions/") for request in recorder.got)
    assert len(recorder.got) > 60


@pytest.mark.socket
def test_only_what_was_made_is_changed() -> None:
    """With --provision, what is not GET goes to an order and a session that the run made."""
    with recording() as (recorder, url):
        run("endpoint", url, ("--provision",))
    order_ids = {re.sub(r".*/orders/?", "", each.path) for each in recorder.got if "/orders" in each.path} - {""}
    changed = {request.path.removesuffix("/") for request in recorder.got if request.method != "GET"}
    made = {f"/checkout/v3/orders/{name}" for name in order_ids} | {
        f"/hpp/v1/sessions/{name}" for name in recorder.made
    }
    assert changed == {"/checkout/v3/orders", "/hpp/v1/sessions"} | made
    assert (len(order_ids), len(recorder.made)) == (1, 1)


@pytest.mark.socket
@pytest.mark.parametrize("name", sorted({name for name, _ in READING}))
def test_never_faster_than_the_limit(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Off loopback, any eleven requests in a row take a second at least, retries and provisioning included."""
    fake = FakeTime()
    monkeypatch.setattr(RateLimiter, "for_host", lambda *, loopback: fake.limiter(loopback=loopback and False))
    times: list[float] = []
    failing = iter([Response(503)] * 3)

    def note(request: Request) -> Response | None:
        times.append(fake.now)
        return next(failing, None) if request.method == "GET" and len(times) % 5 == 0 else None

    with recording(instead=note) as (_, url):
        for arguments in [each for command, each in (*READING, *PROVISIONING) if command == name]:
            times.clear()
            run(name, url, arguments)
            assert len(times) > RATE
            assert min(after - before for before, after in zip(times, times[RATE:], strict=False)) >= 1 - 1e-9


@pytest.mark.socket
@pytest.mark.parametrize("other_host", ["another port", "this port"])
def test_redirects_are_not_followed(other_host: str) -> None:
    """Whatever redirects to wherever, nothing follows it: no credentials, and no request at all."""
    with recording() as (other, other_url), recording(lambda request, _: redirect(request)) as (recorder, url):
        target = other_url if other_host == "another port" else url

        def redirect(request: Request) -> Response:
            return Response(302, (("Location", f"{target}/elsewhere{request.path}"),))

        for name, arguments in (*READING, *PROVISIONING):
            run(name, url, arguments)
    assert other.got == []
    assert not any(request.path.startswith("/elsewhere") for request in recorder.got)
    assert recorder.got


def test_recorder_sees_everything() -> None:
    """The recording server keeps every request, whatever it asks for and however it is answered."""
    recorder = Recorder()
    for method in ("GET", "POST", "DELETE", "PATCH"):
        recorder(Request(method, "http://127.0.0.1/any"))
    assert [request.method for request in recorder.got] == ["GET", "POST", "DELETE", "PATCH"]
