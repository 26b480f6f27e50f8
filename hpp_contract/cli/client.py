"""`hpp-contract client`: judge a client, in this process or behind a command."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hpp_contract.cli import completion
from hpp_contract.cli._options import Options, common_options, finish
from hpp_contract.cli.authority import authority, trusting

if TYPE_CHECKING:
    from hpp_contract.cases import Case
    from hpp_contract.client import Adapter, GeneratedOptions, RunOptions
    from hpp_contract.engine import Subject

BESIDE = 3
"""Further processes for cases that keep a client waiting; within one process clients may not bear company."""


@click.command()
@click.option("--python", "python", metavar="MODULE:CALLABLE", help="A function of this Python; may be async.")
@click.option("--command", "command", metavar="CMD", help="An adapter, or a template with {session_id} in it.")
@click.option(
    "--only",
    multiple=True,
    metavar="CASE",
    shell_complete=completion.cases,
    help="Run only these cases; repeatable, commas and globs will do.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1, max=600),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="The longest that one read may take.",
)
@click.option(
    "--generated",
    type=click.IntRange(0, 100_000),
    metavar="N",
    help="Generated sessions to read after the cases; 25 where no case is chosen, 0 for none.",
)
@click.option(
    "--generated-to",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Keep generated sessions that fail there, not among temporary files.",
)
@click.option(
    "--cassettes", multiple=True, metavar="PATH", help="Make cases of the sessions recorded there; repeatable."
)
@click.option("--tls", is_flag=True, help="Speak https, with a throwaway certificate authority.")
@click.option("--list", "list_only", is_flag=True, help="List the cases (with --json FILE: write them) and leave.")
@common_options
def client(
    python: str | None,
    command: str | None,
    only: tuple[str, ...],
    timeout: float,
    generated: int | None,
    folder: Path | None,
    cassettes: tuple[str, ...],
    tls: bool,
    list_only: bool,
    options: Options,
) -> None:
    """Judge a client by what it answers its caller and by what it asks of the server.

    A client is a Python function read_session(base_url, username, password, session_id, timeout), or any command that
    speaks the adapter protocol (docs/formats.md). Begin with --only smoke. After the cases come generated sessions, the
    same for the same --seed: any that the contract allows has to survive.

    \b
    Examples:
      hpp-contract client --python shop.klarna:read_session
      hpp-contract client --command "node adapter.js" --only smoke
      hpp-contract client --command "node adapter.js" --only generated --generated 1000 --seed 7
      hpp-contract client --command "node adapter.js" --cassettes cassettes/ --only "recorded-*"
      hpp-contract client --command "./read {base_url} {username} {password} {session_id}"
    """
    from hpp_contract.cases import GENERATED, select
    from hpp_contract.cases.scenarios import CREDENTIALS
    from hpp_contract.cli._progress import progress
    from hpp_contract.client import run

    cases = select(only, _recorded(cassettes))
    if list_only:
        _list(options, cases)
        return
    further = (*(word for path in cassettes for word in ("--cassettes", path)), *(["--tls"] if tls else []))
    start, subject, plan = _under_test(python, command, timeout, further)
    plan = replace(plan, generated=_wanted(generated, folder, only, options.seed), clock=options.clock)
    with progress("running client cases"), authority(tls) as trusted, trusting(trusted):
        report = run(cases, start, subject, replace(plan, tls=trusted))
    secrets = {*CREDENTIALS.secrets, *(secret for case in cases for secret in case.credentials.secrets)}
    names = {*(case.name for case in cases), *([GENERATED] if plan.generated else [])}
    finish(report, options, tuple(secrets), frozenset(names) if only else None)


def _wanted(count: int | None, folder: Path | None, only: tuple[str, ...], seed: int) -> GeneratedOptions | None:
    """The round of generated sessions; None for none."""
    from hpp_contract.cases import selects_generated
    from hpp_contract.client import GeneratedOptions
    from hpp_contract.client.generated import DEFAULT_COUNT
    from hpp_contract.engine.errors import UsageProblem

    if folder is not None and not _is_writable(folder):
        raise UsageProblem(f"--generated-to {folder} cannot be written: name a folder that can be made or written.")
    if count is None:
        count = DEFAULT_COUNT if selects_generated(only) else 0
    return GeneratedOptions(count, seed, folder) if count else None


def _is_writable(folder: Path) -> bool:
    """Whether files can be put there, or in the closest folder above it that exists."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    return there.is_dir() and os.access(there, os.W_OK)


def _recorded(cassettes: tuple[str, ...]) -> tuple[Case, ...]:
    if not cassettes:
        return ()
    from hpp_contract.client.recorded import recorded_cases

    return recorded_cases(cassettes)


def _under_test(
    python: str | None, command: str | None, timeout: float, further: tuple[str, ...]
) -> tuple[Callable[[], Adapter], Subject, RunOptions]:
    """How to start what is judged, what to call it, and how to run it; `further` options belong to running it again."""
    from hpp_contract.client import RunOptions
    from hpp_contract.client.adapters.command import CommandAdapter
    from hpp_contract.client.adapters.command_template import MARK, CommandTemplateAdapter
    from hpp_contract.client.adapters.python import PythonAdapter, resolve
    from hpp_contract.engine import Subject
    from hpp_contract.engine.errors import UsageProblem

    if (python is None) == (command is None):
        raise UsageProblem("give either --python MODULE:CALLABLE or --command CMD: one client is judged at a time.")
    if python is not None:
        function = resolve(python, here=True)
        again = shlex.join(("hpp-contract", "client", "--python", python, *further))
        return lambda: PythonAdapter(function), Subject("client", python), RunOptions(timeout, reproduce_command=again)
    words = command or ""
    once = MARK in words
    adapter = CommandTemplateAdapter if once else CommandAdapter
    again = shlex.join(("hpp-contract", "client", "--command", words, *further))
    return lambda: adapter(words), Subject("client", words), RunOptions(timeout, BESIDE, once, again)


def _list(options: Options, cases: tuple[Case, ...]) -> None:
    from hpp_contract.cli._output import write_stdout
    from hpp_contract.client.listing import as_json, as_text
    from hpp_contract.engine.files import write

    if options.json is not None:
        write(options.json, as_json(cases))
    else:
        write_stdout(as_text(cases))
