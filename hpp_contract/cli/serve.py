"""`hpp-contract serve`: run the reference endpoint, and judge the requests it gets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from hpp_contract.cases.scenarios import SCENARIOS, Scenario
from hpp_contract.cli._console import completing, fitted, write_stdout
from hpp_contract.cli._listening import cannot_listen, ready_file, stop_signal
from hpp_contract.cli._options import Options, authority, common_options, finish, refuse_all_but, refuse_idle
from hpp_contract.cli.serve_text import NO_CREDENTIALS, instructions, listing, served_cases
from hpp_contract.engine import Judge, Report, Subject
from hpp_contract.engine.edits import body as body_of
from hpp_contract.engine.edits import status
from hpp_contract.engine.errors import UsageProblem, suggest
from hpp_contract.engine.fault import Fault, fault
from hpp_contract.engine.files import check
from hpp_contract.model.clock import Clock
from hpp_contract.model.exchange import is_loopback
from hpp_contract.recordings.recorded_sessions import Recorded, recorded_sessions
from hpp_contract.rules import CATALOGUE, FAULTS
from hpp_contract.server import Sandbox, Server, Tls
from hpp_contract.server.sandbox import Unusable
from hpp_contract.server.wire import LOOPBACK
from hpp_contract.spec.session import UUID

REPLACED: Final = "waiting"
"""The scenario in whose place a body or a recorded session is served."""

Item = TypeVar("Item")


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Port to listen on; 0 picks one.")
@click.option(
    "--host", metavar="ADDRESS", default=LOOPBACK, show_default=True, help="Listen there; 0.0.0.0 is every address."
)
@click.option(
    "--ready-file",
    "ready",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write URL and key to FILE once ready.",
)
@click.option(
    "--scenario",
    metavar="NAME",
    shell_complete=completing(*SCENARIOS),
    help="Answer every unknown well-formed id with this scenario.",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="NAME",
    shell_complete=completing(*(each.name for each in FAULTS)),
    help="Break one rule on purpose; repeatable.",
)
@click.option("--tls", is_flag=True, help="Speak https, with a throwaway certificate authority.")
@click.option(
    "--state", type=click.Path(path_type=Path), metavar="FILE", help="Keep orders and sessions in FILE, not in memory."
)
@click.option(
    "--callbacks",
    "hosts",
    multiple=True,
    metavar="HOST",
    help="Send status callbacks to HOST, or HOST:PORT; repeatable.",
)
@click.option(
    "--cassette", "cassettes", multiple=True, metavar="PATH", help="Serve the sessions recorded there too; repeatable."
)
@click.option("--body", type=click.Path(path_type=Path), metavar="FILE", help="Answer every unknown id with this body.")
@click.option("--list", "list_only", is_flag=True, help="List what is served, with session ids, and exit.")
@common_options
def serve(
    port: int,
    host: str,
    ready: Path | None,
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
    """Run the reference endpoint on this machine, for clients to read from.

    Every scenario, fault and client case has a session id of its own. The server is a sandbox too: orders and hosted
    sessions can be created, paid by hand on a page, and disabled. Ctrl-C ends it and reports on the requests it got.
    GET /-/healthy answers 200 as soon as it serves, and is not judged.

    \b
    Examples:
      hpp-contract serve --port 8080
      hpp-contract serve --scenario lifecycle-paid --json requests.json
      hpp-contract serve --fault breaks-off
      hpp-contract serve --ready-file ready.json --json requests.json
      hpp-contract serve --state sandbox.sqlite
      hpp-contract serve --cassette cassettes/sandbox
      hpp-contract serve --body vectors/waiting/valid-1.json
    """
    if list_only:
        refuse_all_but(("list_only",), "--list only lists")
        write_stdout(fitted(listing()))
        return
    refuse_idle(("seed",), "the server chooses nothing at random")
    if body is not None:
        refuse_idle(("scenario",), "--body answers every id that has no session of its own")
    if ready is not None:
        check(ready)
    wrong = next((name for name in hosts if "/" in name or not name.strip()), None)
    if wrong is not None:
        raise UsageProblem(f"--callbacks {wrong} is no host: give it alone, or with its port, such as localhost:9000.")
    default = _named(SCENARIOS, scenario, "scenario") if scenario else None
    by_name = {each.name: each for each in FAULTS}
    active = tuple(_named(by_name, name, "fault") for name in faults)
    wanted = session_in(body) if body is not None else None
    if body is not None:
        default, with_body = served_body(body)
        active = (*active, with_body)
    recorded = recorded_sessions(cassettes) if cassettes else ()
    with (
        authority(tls) as trusted,
        _sandbox(state, hosts, options.clock) as sandbox,
        _listening(host, port, active, default, trusted, sandbox, recorded) as server,
        stop_signal() as stopped,
        ready_file(ready, _known(server, trusted)),
    ):
        write_stdout(_exposed(host) + fitted(instructions(server, active, default, trusted, recorded, wanted)))
        stopped.wait()
        report = _report(server)
    finish(report, options, server.credentials.secrets)


def _named(items: Mapping[str, Item], name: str, what: str) -> Item:
    if name in items:
        return items[name]
    hint = suggest(name, items, "hpp-contract serve --list shows them all.")
    raise UsageProblem(f"there is no {what} {name!r}; {hint}")


@contextmanager
def _sandbox(state: Path | None, hosts: tuple[str, ...], clock: Clock) -> Iterator[Sandbox]:
    try:
        sandbox = Sandbox(state, clock=clock, callback_hosts=hosts)
    except Unusable as error:
        raise UsageProblem(f"--state {state} cannot be used ({error}): name a new file, or one made by it.") from error
    try:
        yield sandbox
    finally:
        sandbox.close()


@contextmanager
def _listening(
    host: str,
    port: int,
    faults: tuple[Fault, ...],
    default: Scenario | None,
    trusted: Tls | None,
    sandbox: Sandbox,
    recorded: tuple[Recorded, ...],
) -> Iterator[Server]:
    served = served_cases() | {each.session_id: Fault(each.name, REPLACED, (each.edit(),)) for each in recorded}
    try:
        server = Server(faults, tls=trusted, port=port, scenario=default, sandbox=sandbox, served=served, host=host)
    except OSError as error:
        raise cannot_listen(error, host, port) from error
    with server:
        yield server


def _known(server: Server, trusted: Tls | None) -> dict[str, str | None]:
    """How to reach the server."""
    return {
        "url": server.url,
        "username": server.credentials.username,
        "api_key": server.credentials.api_key,
        "ca_file": str(trusted.ca_file) if trusted else None,
    }


def _exposed(host: str) -> str:
    """A warning where other machines can reach the server."""
    if is_loopback(host):
        return ""
    return f"NOT ONLY THIS MACHINE: whoever reaches {host} can use this server; its credentials are published.\n\n"


def _report(server: Server) -> Report:
    """The requests that the server got, judged by the rules about requests."""
    subject = Subject("client", f"seen at {server.url}")
    rules = [rule for rule in CATALOGUE if rule.scope in ("request", "requests")]
    exchanges, count = server.log, server.application.log.count
    judging = Judge(rules, subject)
    judging.all([each for each in exchanges if each.request.session_id != NO_CREDENTIALS])
    on_purpose = Judge([rule for rule in rules if rule.id != "HPP-R05"], subject)
    on_purpose.all([each for each in exchanges if each.request.session_id == NO_CREDENTIALS])
    judging.merge(on_purpose.tallies)
    unverified = None if exchanges else "no request came to the reference endpoint."
    forgotten = count - len(exchanges)
    kept = (f"Only the last {len(exchanges)} of {count} requests were kept and judged.",) if forgotten else ()
    notes = (*kept, *(server.sandbox.notes if server.sandbox else ()))
    return Report(subject, judging.verdicts, unverified, notes=notes)


# --- A body of a file


def served_body(path: Path) -> tuple[Scenario, Fault]:
    """What to give a Server so that every well-formed id is answered with the bytes of the file; an error object with
    404. Raises UsageProblem when the file cannot be read, or holds a page."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageProblem(f"--body {path} could not be read ({error.strerror}): name a file with a body.") from None
    if content.lstrip().startswith(b"<"):
        raise UsageProblem(
            f"--body {path} holds a page, not a body of the API: to serve a page, give --fault serves-html."
        )
    edits = (body_of(content), status(404)) if _is_error(content) else (body_of(content),)
    return SCENARIOS[REPLACED], fault("body", REPLACED, *edits)


def session_in(path: Path) -> str | None:
    """The id that the body in the file is about, as a client would ask for it; None when it names none."""
    try:
        value: Any = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):  # it may be broken on purpose
        return None
    found = value.get("session_id") if isinstance(value, dict) else None
    return found if isinstance(found, str) and UUID.fullmatch(found) else None


def _is_error(content: bytes) -> bool:
    """Whether this is meant to be an error object."""
    try:
        value: Any = json.loads(content)
    except ValueError:  # it may be broken on purpose
        return False
    return isinstance(value, dict) and "status" not in value and bool({"error_code", "correlation_id"} & value.keys())
