"""`hpp-contract client`: judge a client, in this process or behind a command."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from hpp_contract.cases import CASES, GENERATED, Case, select, selects_generated
from hpp_contract.cases.scenarios import CREDENTIALS
from hpp_contract.cli._console import completing, fitted, progress, redactor, write_stdout
from hpp_contract.cli._options import (
    Options,
    authority,
    common_options,
    finish,
    max_time_option,
    refuse_all_but,
    refuse_idle,
)
from hpp_contract.client import Adapter, GeneratedOptions, RunOptions, run
from hpp_contract.client.adapters import own_interpreter
from hpp_contract.client.adapters.command import CommandAdapter
from hpp_contract.client.adapters.command_template import MARK, CommandTemplateAdapter
from hpp_contract.client.adapters.python import PythonAdapter, refuse_path, resolve
from hpp_contract.client.adapters.subprocess_group import ended_by_signals
from hpp_contract.client.generated import DEFAULT_COUNT
from hpp_contract.client.listing import as_json, as_text
from hpp_contract.client.recorded import recorded_cases
from hpp_contract.engine import Subject
from hpp_contract.engine.errors import UsageProblem
from hpp_contract.engine.files import write
from hpp_contract.server import Tls

EXTRA_ADAPTERS: Final = 3
"""Extra adapter processes for slow cases. Python clients may not be thread-safe, so they get none."""

VARIABLES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
"""What names an authority to trust: for OpenSSL (and so Python, Ruby, Go), requests, curl and Node."""


@click.command()
@click.option("--python", "python", metavar="MODULE:CALLABLE", help="A function of this Python; may be async.")
@click.option("--interpreter", metavar="PATH", help="The Python to run the function in, instead of this one.")
@click.option("--command", "command", metavar="CMD", help="An adapter, or a template with {session_id} in it.")
@click.option(
    "--only",
    multiple=True,
    metavar="CASE",
    shell_complete=completing(
        *CASES, *dict.fromkeys(rule for case in CASES.values() for rule in case.rules), GENERATED
    ),
    help="Run only these cases: names, rule ids, globs or lists with commas; repeatable.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1, max=600),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="The longest that one read may take.",
)
@max_time_option
@click.option(
    "--generated",
    type=click.IntRange(0, 100_000),
    metavar="N",
    help="Generated sessions to read after the cases; 25 if no case is chosen, 0 for none.",
)
@click.option(
    "--generated-to",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Keep generated sessions that fail in DIR, not among temporary files.",
)
@click.option(
    "--cassettes", multiple=True, metavar="PATH", help="Make a case of each session recorded there; repeatable."
)
@click.option("--tls", is_flag=True, help="Speak https, with a throwaway certificate authority.")
@click.option("--list", "list_only", is_flag=True, help="List the cases (with --json FILE: write them) and leave.")
@common_options
def client(
    python: str | None,
    interpreter: str | None,
    command: str | None,
    only: tuple[str, ...],
    timeout: float,
    max_time: float,
    generated: int | None,
    folder: Path | None,
    cassettes: tuple[str, ...],
    tls: bool,
    list_only: bool,
    options: Options,
) -> None:
    """Judge a client by what it returns to its caller and by the requests it sends.

    A client is a Python function read_session(base_url, username, password, session_id, timeout), or any command that
    speaks the adapter protocol (docs/formats.md). Begin with --only smoke. After the cases come generated sessions, the
    same for the same --seed: a client must be able to read any session that the contract allows.

    \b
    Examples:
      hpp-contract client --python shop.klarna:read_session
      hpp-contract client --python shop:read --interpreter .venv/bin/python
      hpp-contract client --command "node adapter.js" --only smoke
      hpp-contract client --command "node adapter.js" --only "HPP-A25,id-*"
      hpp-contract client --command ./adapter --only generated --generated 1000
      hpp-contract client --command ./adapter --cassettes cassettes/
      hpp-contract client --command "./get {base_url} {password} {session_id}"
    """
    cases = select(only, recorded_cases(cassettes) if cassettes else ())
    if list_only:
        refuse_all_but(("list_only", "only", "cassettes", "json"), "--list only lists")
        _list(options, cases)
        return
    extra = (*(word for path in cassettes for word in ("--cassettes", path)), *(["--tls"] if tls else []))
    generated_options = _generated(generated, folder, only, options.seed)
    if generated_options is None:
        refuse_idle(("folder",), "no generated sessions are read")
    with (
        _without_our_variables(),
        progress("running client cases") as advance,
        authority(tls) as trusted,
        trusting(trusted),
        ended_by_signals(),
    ):
        start, subject, run_options = _under_test(python, interpreter, command, timeout, extra)
        run_options = replace(
            run_options,
            generated=generated_options,
            clock=options.clock,
            max_time=max_time,
            tls=trusted,
            on_progress=advance,
            detailed=options.detailed,
        )
        report = run(cases, start, subject, run_options)
    secrets = {*CREDENTIALS.secrets, *(secret for case in cases for secret in case.credentials.secrets)}
    names = {*(case.name for case in cases), *([GENERATED] if generated_options else [])}
    finish(report, options, tuple(secrets), frozenset(names) if only else None)


def _generated(count: int | None, folder: Path | None, only: tuple[str, ...], seed: int) -> GeneratedOptions | None:
    """How to read generated sessions; None for none."""
    if folder is not None and not _is_writable(folder):
        raise UsageProblem(f"--generated-to {folder} cannot be written: name a folder that can be made or written.")
    if count is None:
        count = DEFAULT_COUNT if selects_generated(only) else 0
    return GeneratedOptions(count, seed, folder) if count else None


def _is_writable(folder: Path) -> bool:
    """Whether files can be written to the folder, or to the closest folder above it that exists."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    return there.is_dir() and os.access(there, os.W_OK)


def _under_test(
    python: str | None, interpreter: str | None, command: str | None, timeout: float, extra: tuple[str, ...]
) -> tuple[Callable[[], Adapter], Subject, RunOptions]:
    """How to start what is judged, what to call it, and how to run it; the command that reproduces has the `extra`
    options."""
    if (python is None) == (command is None):
        raise UsageProblem("give either --python MODULE:CALLABLE or --command CMD: one client is judged at a time.")
    if interpreter is not None:
        return _in_own_interpreter(python, interpreter, timeout, extra)
    if python is not None:
        function = resolve(python, here=True)
        reproduce = shlex.join(("hpp-contract", "client", "--python", python, *extra))
        return (
            lambda: PythonAdapter(function),
            Subject("client", python),
            RunOptions(timeout, reproduce_command=reproduce),
        )
    words = command or ""
    once = MARK in words
    adapter = CommandTemplateAdapter if once else CommandAdapter
    reproduce = shlex.join(("hpp-contract", "client", "--command", words, *extra))
    return lambda: adapter(words), Subject("client", words), RunOptions(timeout, EXTRA_ADAPTERS, once, reproduce)


def _in_own_interpreter(
    python: str | None, interpreter: str, timeout: float, extra: tuple[str, ...]
) -> tuple[Callable[[], Adapter], Subject, RunOptions]:
    if python is None:
        raise UsageProblem("--interpreter is for a Python function: give --python MODULE:CALLABLE with it.")
    refuse_path(python)
    if shutil.which(interpreter) is None:
        raise UsageProblem(f"--interpreter {interpreter} cannot be run: give the path of a Python.")
    command = shlex.join((interpreter, str(own_interpreter.__file__), python))
    again = ("hpp-contract", "client", "--python", python, "--interpreter", interpreter, *extra)
    options = RunOptions(timeout, EXTRA_ADAPTERS, reproduce_command=shlex.join(again))
    return lambda: CommandAdapter(command), Subject("client", python), options


@contextmanager
def _without_our_variables() -> Iterator[None]:
    """Let a client in this process, from its import on, see as little of ours as one in a process of its own."""
    ours = {name: os.environ.pop(name) for name in [*os.environ] if name.startswith("HPP_")}
    try:
        yield
    finally:
        os.environ.update(ours)


@contextmanager
def trusting(tls: Tls | None) -> Iterator[None]:
    """Let clients in this process and in new ones trust the authority, if they read the environment."""
    if tls is None:
        yield
        return
    before = {name: os.environ.get(name) for name in VARIABLES}
    os.environ.update(dict.fromkeys(VARIABLES, str(tls.ca_file)))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _list(options: Options, cases: tuple[Case, ...]) -> None:
    if "json" in options.files:
        write(options.files["json"], as_json(cases), redactor())
    else:
        write_stdout(fitted(as_text(cases)))
