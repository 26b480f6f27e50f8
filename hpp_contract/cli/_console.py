"""What every command needs of the console: environment, completion, output, a progress bar, and how errors end."""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from threading import Event, Thread
from typing import Final, TextIO

import click

from hpp_contract.engine.errors import UNVERIFIED, USAGE, RunError, UsageProblem, disk_refusal, suggest, system_refusal
from hpp_contract.model.credentials import Credentials, decoded
from hpp_contract.privacy.redact import Redactor
from hpp_contract.privacy.sanitize import printable, without_commands
from hpp_contract.spec.endpoint import API_KEY, KEY_VARIABLE, USERNAME_VARIABLE
from hpp_contract.spec.schema_files import load

INTERRUPTED = 130
"""What a shell reports for a command ended by Ctrl-C."""

RUNNER_VARIABLE: Final = "GITHUB_ACTIONS"
"""Set where a runner of GitHub reads the output, and obeys what looks like a command in it."""

PIPED = 100
"""Columns for a pipe or a log, which have no width of their own; COLUMNS overrides it."""

PROGRESS_DELAY_S = 1.0
"""Seconds before the progress bar is shown."""

LINE_EVERY_S = 15.0
"""Seconds between two lines about progress, where there is no terminal."""

_FRAME_S = 0.1
_ASCII = str.maketrans({"·": "-", "…": "...", "›": ">", "–": "-", "—": "-", "→": "->", "’": "'", "“": '"', "”": '"'})

Advance = Callable[[int, int], None]
"""Called with how much is done and how much there is to do, in any unit."""


# --- Environment


def readable(text: str) -> str:
    """Text from outside read as UTF-8, whatever the encoding of the locale; bytes that are no UTF-8 are replaced."""
    return os.fsencode(text).decode("utf-8", "replace")


def environ() -> dict[str, str]:
    """The environment as readable text."""
    return {name: readable(value) for name, value in os.environ.items()}


def redactor(*secrets: str) -> Redactor:
    """A Redactor for the credentials in the environment and for `secrets`."""
    variables = environ()
    key, username = variables.get(KEY_VARIABLE), variables.get(USERNAME_VARIABLE)
    ours = Credentials(key, username or None).secrets if key else (username or "",)
    return Redactor((*ours, *secrets))


def completing(*names: str) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """What a shell completes an option with: those of `names` that begin as the word does."""
    return lambda _context, _parameter, begun: [name for name in names if name.lower().startswith(begun.lower())]


# --- Output


def write_stdout(text: str) -> None:
    """Write to standard output."""
    _write(sys.stdout, text)


def write_annotations(text: str) -> None:
    """Write what a runner of GitHub is to take for commands to standard output."""
    _write(sys.stdout, text, without=str)


def write_stderr(text: str) -> None:
    """Write to standard error."""
    _write(sys.stderr, text)


def width() -> int:
    """Columns to write in: at least 40."""
    return max(40, shutil.get_terminal_size((PIPED, 24)).columns)


def fitted(table: str) -> str:
    """A table in plain text: on a terminal that is narrower than one of its rows, the last column of that row goes on
    below itself, or stands below the others. Elsewhere a row stays a line, for programs that read it. What has no
    columns, such as a command to copy, stays as it is."""
    return "\n".join(_fitted(line) for line in table.split("\n")) if sys.stdout.isatty() else table


def _fitted(row: str) -> str:
    last = max((gap.end() for gap in re.finditer(r"\S {2,}(?=\S)", row)), default=0)
    if not last or len(row) <= width():
        return row
    wrap = partial(textwrap.fill, width=width(), break_long_words=False, break_on_hyphens=False)
    if last + _NARROW < width():
        return wrap(row, subsequent_indent=" " * last)
    below = " " * 6
    return f"{row[:last].rstrip()}\n{wrap(row[last:], initial_indent=below, subsequent_indent=below)}"


_NARROW: Final = 20
"""Columns that a text needs at least, to go on below itself."""


def colour(no_color: bool) -> bool:
    """Whether to use colours: on a terminal, unless something says not to (--no-color, NO_COLOR, TERM=dumb)."""
    plain = no_color or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return not plain and sys.stdout.isatty()


def _write(stream: TextIO, text: str, without: Callable[[str], str] = without_commands) -> None:
    text = redactor().without_secrets(text)  # the last check: keys that are not ours are for the caller to take out
    text = without(text) if os.environ.get(RUNNER_VARIABLE) else text
    encoding = stream.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(_ASCII).encode(encoding, "backslashreplace").decode(encoding)
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:  # the reader has left (`| head`); the exit code and the files still have the verdict
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


# --- Progress


def _ignore(_done: int, _total: int) -> None:
    """Take no notice of how far it is."""


@contextmanager
def progress(what: str) -> Iterator[Advance]:
    """Show a progress bar on stderr while the block runs, after one second: `what` is done, and the seconds that
    passed. The bar moves to and fro until the block says how far it is. Where there is no terminal, a line says so now
    and then."""
    if not sys.stderr.isatty():
        context = click.get_current_context(silent=True)
        quiet = context is not None and context.params.get("quiet")
        with nullcontext(_ignore) if quiet else _progress_lines(what) as advance:
            yield advance
        return
    # rich is slow to load, and most runs end without a bar.
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    # rich's own thread is started where an error of the system, which may refuse a thread, cannot be caught.
    bar = Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
    task = bar.add_task(what, total=None)
    done = Event()

    def move() -> None:
        if not done.wait(PROGRESS_DELAY_S):
            with bar:
                while not done.wait(_FRAME_S):
                    bar.refresh()

    mover = Thread(target=move, name="hpp-contract progress", daemon=True)
    mover.start()
    try:
        yield lambda finished, total: bar.update(task, completed=finished, total=total)
    finally:
        done.set()
        mover.join()


@contextmanager
def _progress_lines(what: str) -> Iterator[Advance]:
    """A line on stderr every `LINE_EVERY_S` seconds, for whoever reads a job's log: a long run is not a hang."""
    share, done, began = [""], Event(), time.monotonic()

    def tell() -> None:
        while not done.wait(LINE_EVERY_S):
            write_stderr(f"{what}: {share[0]}{time.monotonic() - began:.0f} s\n")

    def advance(finished: int, total: int) -> None:
        share[0] = f"{100 * finished // max(total, 1)} %, "

    writer = Thread(target=tell, name="hpp-contract progress", daemon=True)
    writer.start()
    try:
        yield advance
    finally:
        done.set()
        writer.join()


# --- Errors


def exit_code(error: BaseException, verbose: bool = False, annotate: bool = False) -> int:
    """Write one sentence about the error on stderr, with `annotate` also as an annotation for GitHub; return the exit
    code."""
    if isinstance(error, click.Abort):  # Ctrl-C
        return INTERRUPTED
    if refused := system_refusal(error) or disk_refusal(
        error
    ):  # first: it may be the cause of a RunError about a path or a port
        return _complain(str(refused), refused.exit_code, annotate)
    if isinstance(error, RunError):
        return _complain(str(error), error.exit_code, annotate)
    if isinstance(error, click.exceptions.NoArgsIsHelpError) and error.ctx is not None:  # whole, in its lines
        write_stderr(f"{error.ctx.get_help()}\n")
        return USAGE
    if isinstance(error, click.ClickException):
        return _complain(_usage(error), USAGE, annotate)
    if verbose:
        write_stderr("".join(map(redactor(), traceback.format_exception(error))))
    hint = "the traceback is above" if verbose else "run it again with -v for the traceback"
    sentence = f"internal error ({type(error).__name__}): this is a fault of hpp-contract; {hint}."
    return _complain(sentence, UNVERIFIED, annotate)


def _complain(sentence: str, code: int, annotate: bool) -> int:
    clean = printable(redactor()(sentence))
    write_stderr(f"hpp-contract: {clean}\n")
    if annotate:
        from hpp_contract.reporting.github import error_annotation  # it loads the rules, for this option only

        write_annotations(error_annotation(clean))
    return code


def _usage(error: click.ClickException) -> str:
    if isinstance(error, click.NoSuchOption) and error.ctx is not None:
        return f"No such option {error.option_name!r}; {_instead(error.option_name, error.ctx)}"
    sentence = " ".join(error.format_message().split())
    sentence = sentence.replace("a valid integer range", "a whole number").replace("a valid float range", "a number")
    sentence = sentence if sentence.endswith((".", "?", "!")) else f"{sentence}."
    context = getattr(error, "ctx", None)
    if sentence.startswith("Got unexpected extra") and context is not None and context.command.name == "client":
        return f"{sentence} An adapter is named by --command, and a function by --python."
    return f"{sentence} Try '{context.command_path} --help'." if context else sentence


_REPORTS: Final = frozenset({"--format", "--output", "--out", "--reporter", "-o", "-f"})
"""What other tools call the options of their reports."""


def _instead(option: str, context: click.Context) -> str:
    """What to type in the place of an option that a command does not have."""
    try_help = f"try '{context.command_path} --help'."
    if context.parent is None:  # the options of the commands stand after their names
        tables = load("tool/configuration")
        having = [name for name in tables["x-commands"] if option[2:] in tables["properties"][name]["properties"]]
        try_help = f"it stands after a command: '{context.command_path} {having[0]} {option}'." if having else try_help
    if option in _REPORTS and {"json", "html"} <= {parameter.name for parameter in context.command.params}:
        return "reports are written by --json, --junit, --markdown and --html, each with a FILE."
    offered = (name for parameter in context.command.get_params(context) for name in parameter.opts)
    return suggest(option, [name for name in offered if name.startswith("--")], try_help)


# --- What is wrong with credentials, before anything is sent


def check_credentials() -> None:
    """Raise UsageProblem when a variable holds something else than the key or the user name alone; it is not shown."""
    variables = environ()
    for variable in (KEY_VARIABLE, USERNAME_VARIABLE):
        value = variables.get(variable, "").strip()
        if value[:1] in _QUOTES or value[-1:] in _QUOTES:
            raise UsageProblem(f"{variable} is in quotes, and they would be sent too: leave them out.")
        if value.lower().startswith("basic ") or value.lower().startswith("authorization:"):
            raise UsageProblem(f"{variable} holds a header: give what follows `Basic` alone.")
        if not value.isprintable():
            raise UsageProblem(f"{variable} holds a line break or a control character: give it in one line.")
    key = variables.get(KEY_VARIABLE, "").strip()
    for text, form in ((key, "USERNAME:KEY"), (decoded(key) or "", "the base64 of USERNAME:KEY")):
        if API_KEY.fullmatch(text.partition(":")[2]):
            raise UsageProblem(
                f"{KEY_VARIABLE} is {form}: give the key there alone, and the other in {USERNAME_VARIABLE}."
            )


_QUOTES: Final = frozenset("'\"`‘’“”")
