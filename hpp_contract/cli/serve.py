"""`hpp-contract serve`: run the reference endpoint, and judge the requests it gets."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import click

from hpp_contract.cli.options import Options, common_options, finish

if TYPE_CHECKING:
    from hpp_contract.server import Fault, Scenario, Server, Tls
    from hpp_contract.verdict import Report

Item = TypeVar("Item")


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Port to listen on; 0 picks one.")
@click.option("--scenario", metavar="NAME", help="Play this under every well-formed id that nobody knows.")
@click.option("--fault", "faults", multiple=True, metavar="NAME", help="Tell this lie on its stage; repeatable.")
@click.option("--tls", is_flag=True, help="Speak https, with a throwaway certificate authority.")
@click.option("--list", "list_only", is_flag=True, help="List every scenario and fault with its session id, and leave.")
@common_options
def serve(
    port: int, scenario: str | None, faults: tuple[str, ...], tls: bool, list_only: bool, options: Options
) -> None:
    """Run the reference endpoint on this machine for clients to be pointed at.

    Every scenario and every fault has a session id of its own. Ctrl-C ends it and prints what was wrong with the
    requests it got.

    \b
    Examples:
      hpp-contract serve --port 8080
      hpp-contract serve --scenario lifecycle-paid --json requests.json
      hpp-contract serve --fault breaks-off
    """
    from hpp_contract.cli.output import show
    from hpp_contract.cli.serve_text import instructions, listing
    from hpp_contract.server import FAULTS, SCENARIOS

    if list_only:
        show(listing())
        return
    played = _named(SCENARIOS, scenario, "scenario") if scenario else None
    by_name = {fault.name: fault for fault in FAULTS}
    lies = tuple(_named(by_name, name, "fault") for name in faults)
    with _authority(tls) as authority, _listening(port, lies, played, authority) as server, _until_told() as told:
        show(instructions(server, lies, played, authority))
        told.wait()
        report = _verdict(server)
    finish(report, options, server.credentials.secrets)


def _named(items: Mapping[str, Item], name: str, what: str) -> Item:
    import difflib

    from hpp_contract.verdict.problems import UsageProblem

    if name in items:
        return items[name]
    close = difflib.get_close_matches(name, items, 1)
    hint = f"did you mean {close[0]}?" if close else "hpp-contract serve --list shows them all."
    raise UsageProblem(f"there is no {what} {name!r}; {hint}")


@contextmanager
def _authority(wanted: bool) -> Iterator[Tls | None]:
    """A throwaway certificate authority, whose file lives as long as the server."""
    if not wanted:
        yield None
        return
    import tempfile
    from pathlib import Path

    from hpp_contract.server.tls import throwaway

    with tempfile.TemporaryDirectory(prefix="hpp-contract-") as folder:
        yield throwaway(Path(folder))


@contextmanager
def _listening(port: int, lies: tuple[Fault, ...], played: Scenario | None, authority: Tls | None) -> Iterator[Server]:
    from hpp_contract.server import Server
    from hpp_contract.verdict.problems import UsageProblem

    try:
        server = Server(lies, tls=authority, port=port, scenario=played)
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
    from hpp_contract.rules.catalogue import CATALOGUE
    from hpp_contract.verdict import Report, Subject, judge

    subject = Subject("client", f"seen at {server.url}")
    rules = [rule for rule in CATALOGUE if rule.scope in ("request", "requests")]
    exchanges, count = server.log, server.application.log.count
    unverified = None if exchanges else "no request came to the reference endpoint."
    forgotten = count - len(exchanges)
    notes = (f"Only the last {len(exchanges)} of {count} requests were kept and judged.",) if forgotten else ()
    return Report(subject, judge(exchanges, rules, subject), unverified, notes=notes)
