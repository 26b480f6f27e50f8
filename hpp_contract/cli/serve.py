"""`hpp-contract serve`: run the reference endpoint, and judge the requests it gets."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from hpp_contract.cli import completion
from hpp_contract.cli._options import Options, common_options, finish
from hpp_contract.cli.authority import authority
from hpp_contract.model.clock import Clock

if TYPE_CHECKING:
    from hpp_contract.cases.scenarios import Scenario
    from hpp_contract.engine import Report
    from hpp_contract.engine.fault import Fault
    from hpp_contract.recordings.recorded_sessions import Recorded
    from hpp_contract.server import Sandbox, Server, Tls

Item = TypeVar("Item")


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Port to listen on; 0 picks one.")
@click.option(
    "--scenario",
    metavar="NAME",
    shell_complete=completion.scenarios,
    help="Play this under every well-formed id that nobody knows.",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="NAME",
    shell_complete=completion.faults,
    help="Tell this lie on its stage; repeatable.",
)
@click.option("--tls", is_flag=True, help="Speak https, with a throwaway certificate authority.")
@click.option(
    "--state", type=click.Path(path_type=Path), metavar="FILE", help="Keep orders and sessions here, not in memory."
)
@click.option(
    "--callback-host", "hosts", multiple=True, metavar="HOST", help="Send status callbacks there too; repeatable."
)
@click.option(
    "--cassette", "cassettes", multiple=True, metavar="PATH", help="Play the sessions recorded there too; repeatable."
)
@click.option("--body", type=click.Path(path_type=Path), metavar="FILE", help="Answer every unknown id with this body.")
@click.option("--list", "list_only", is_flag=True, help="List every scenario and fault with its session id, and leave.")
@common_options
def serve(
    port: int,
    scenario: str | None,
    faults: tuple[str, ...],
    tls: bool,
    state: Path | None,
    hosts: tuple[str, ...],
    cassettes: tuple[str, ...],
    body: Path | None,
    list_only: bool,
    options: Options,
) -> None:
    """Run the reference endpoint on this machine for clients to be pointed at.

    Every scenario and every fault has a session id of its own. It is a sandbox too: orders and hosted sessions can be
    created, paid by hand on a page, and disabled. Ctrl-C ends it and prints what was wrong with the requests it got.

    \b
    Examples:
      hpp-contract serve --port 8080
      hpp-contract serve --scenario lifecycle-paid --json requests.json
      hpp-contract serve --fault breaks-off
      hpp-contract serve --state sandbox.sqlite
      hpp-contract serve --cassette cassettes/sandbox
      hpp-contract serve --body vectors/waiting/broken-authorization_token-not-1.json
    """
    from hpp_contract.cases.scenarios import SCENARIOS
    from hpp_contract.cli._output import write_stdout
    from hpp_contract.cli.serve_body import served_body, session_in
    from hpp_contract.cli.serve_text import instructions, listing
    from hpp_contract.rules import FAULTS

    if list_only:
        write_stdout(listing())
        return
    played = _named(SCENARIOS, scenario, "scenario") if scenario else None
    by_name = {fault.name: fault for fault in FAULTS}
    lies = tuple(_named(by_name, name, "fault") for name in faults)
    asked = session_in(body) if body is not None else None
    if body is not None:
        played, lie = served_body(body)
        lies = (*lies, lie)
    recorded = _recorded(cassettes)
    with (
        authority(tls) as trusted,
        _sandbox(state, hosts, options.clock) as sandbox,
        _listening(port, lies, played, trusted, sandbox, recorded) as server,
        _until_told() as told,
    ):
        write_stdout(instructions(server, lies, played, trusted, recorded, asked))
        told.wait()
        report = _verdict(server)
    finish(report, options, server.credentials.secrets)


def _named(items: Mapping[str, Item], name: str, what: str) -> Item:
    from hpp_contract.engine.errors import UsageProblem, suggest

    if name in items:
        return items[name]
    hint = suggest(name, items, "hpp-contract serve --list shows them all.")
    raise UsageProblem(f"there is no {what} {name!r}; {hint}")


@contextmanager
def _sandbox(state: Path | None, hosts: tuple[str, ...], clock: Clock) -> Iterator[Sandbox]:
    from hpp_contract.engine.errors import UsageProblem
    from hpp_contract.server.sandbox import Sandbox, Unusable

    try:
        sandbox = Sandbox(state, clock=clock, callback_hosts=hosts)
    except Unusable as error:
        raise UsageProblem(f"--state {state} cannot be used ({error}): name a new file, or one made by it.") from error
    try:
        yield sandbox
    finally:
        sandbox.close()


def _recorded(cassettes: tuple[str, ...]) -> tuple[Recorded, ...]:
    if not cassettes:
        return ()
    from hpp_contract.recordings.recorded_sessions import recorded_sessions

    return recorded_sessions(cassettes)


@contextmanager
def _listening(
    port: int,
    lies: tuple[Fault, ...],
    played: Scenario | None,
    trusted: Tls | None,
    sandbox: Sandbox,
    recorded: tuple[Recorded, ...],
) -> Iterator[Server]:
    from hpp_contract.engine.errors import UsageProblem
    from hpp_contract.engine.fault import Fault
    from hpp_contract.server import Server

    served = {each.session_id: Fault(each.name, "waiting", (each.edit(),)) for each in recorded}
    try:
        server = Server(lies, tls=trusted, port=port, scenario=played, sandbox=sandbox, served=served)
    except OSError as error:
        reason = (error.strerror or "it cannot be used").lower()
        raise UsageProblem(f"cannot listen on port {port} ({reason}): give another --port, or 0 for any.") from error
    with server:
        yield server


@contextmanager
def _until_told() -> Iterator[threading.Event]:
    """An event that Ctrl-C or a request to terminate sets, instead of ending the process."""
    told = threading.Event()
    before = {number: signal.signal(number, lambda *_: told.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _verdict(server: Server) -> Report:
    """What the rules about requests say of the requests the server got."""
    from hpp_contract.engine import Report, Subject, judge
    from hpp_contract.rules import CATALOGUE

    subject = Subject("client", f"seen at {server.url}")
    rules = [rule for rule in CATALOGUE if rule.scope in ("request", "requests")]
    exchanges, count = server.log, server.application.log.count
    unverified = None if exchanges else "no request came to the reference endpoint."
    forgotten = count - len(exchanges)
    kept = (f"Only the last {len(exchanges)} of {count} requests were kept and judged.",) if forgotten else ()
    notes = (*kept, *(server.sandbox.notes if server.sandbox else ()))
    return Report(subject, judge(exchanges, rules, subject), unverified, notes=notes)
