"""Options that several commands have, and how a command ends with a report."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, NoReturn

import click
from click.core import ParameterSource

from hpp_contract.cli._console import colour, redactor, width, write_annotations, write_stdout
from hpp_contract.engine.deadline import MAX_TIME_S
from hpp_contract.engine.errors import UsageProblem
from hpp_contract.engine.evidence import with_commands, with_evidence
from hpp_contract.engine.files import check, write
from hpp_contract.engine.known_failing import Entry, apply, read_known_failing
from hpp_contract.engine.report import Outcome, Report
from hpp_contract.engine.sanitize import sanitize_report
from hpp_contract.model import Exchange
from hpp_contract.model.clock import Clock, system_clock, utc
from hpp_contract.reporting.formats import WRITERS
from hpp_contract.reporting.github import github, guarded
from hpp_contract.reporting.terminal import terminal
from hpp_contract.reporting.view import ReportView
from hpp_contract.rules import CATALOGUE

if TYPE_CHECKING:  # most commands neither compare nor serve
    from hpp_contract.drift.history import Run
    from hpp_contract.server import Tls

Command = Callable[..., Any]
_FILE = click.Path(path_type=Path)


# --- Common options, and the end of a run


@dataclass(frozen=True, slots=True)
class Options:
    """The common options, ready to use, and the `clock` of this run. `files` has a path for each format asked for."""

    files: Mapping[str, Path] = field(default_factory=dict)
    annotations: bool = False
    strict: bool = False
    known_failing: tuple[Entry, ...] = ()
    seed: int = 0
    verbose: bool = False
    quiet: bool = False
    no_color: bool = False
    clock: Clock = system_clock

    @property
    def detailed(self) -> bool:
        """Whether a report is asked for that shows exchanges and history."""
        return any(writer.detailed for writer in WRITERS if writer.name in self.files)


max_time_option = click.option(
    "--max-time",
    type=click.FloatRange(min=0, min_open=True),
    default=MAX_TIME_S,
    show_default=True,
    metavar="SECONDS",
    help="The longest that the run may take; then it ends with what it has learned (3).",
)

_COMMON = (
    *(click.option(writer.option, type=_FILE, metavar="FILE", help=writer.help) for writer in WRITERS),
    click.option("--annotations", is_flag=True, help="Print annotations for GitHub after the report."),
    click.option("--strict", is_flag=True, help="Fail on warnings too."),
    click.option("--known-failing", type=_FILE, metavar="FILE", help="Rules that may fail, with reasons."),
    click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Repeat a run's random choices."),
    click.option("-v", "--verbose", is_flag=True, help="List every rule."),
    click.option("-q", "--quiet", is_flag=True, help="Print the verdict and its rules in a line each, no more."),
    click.option("--no-color", is_flag=True, help="Use no colours (so does NO_COLOR)."),
)


def common_options(command: Command) -> Command:
    """Give a command the common options, as one argument `options`.

    A list that cannot be read and a file that cannot be written are reported at once, not after a long run.
    """

    @wraps(command)
    def wrapped(**arguments: Any) -> Any:
        paths = {writer.name: arguments.pop(writer.name) for writer in WRITERS}
        files = {name: path for name, path in paths.items() if path is not None}
        common = {name: arguments.pop(name) for name in Options.__slots__ if name not in ("files", "clock")}
        common["known_failing"] = _entries(common["known_failing"])
        if common["quiet"] and common["verbose"]:
            raise UsageProblem("-q prints less and -v prints more: give one of the two.")
        options = Options(files, **common, clock=click.get_current_context().obj)
        for path in files.values():
            check(path)
        _refuse_same_file(files)
        return command(options=options, **arguments)

    return decorated(wrapped, _COMMON)


def _refuse_same_file(files: Mapping[str, Path]) -> None:
    """Raise UsageProblem when two reports would be written to one file."""
    seen: dict[Path, str] = {}
    for name, path in files.items():
        first = seen.setdefault(path.resolve(), name)
        if first != name and (path.is_file() or not path.exists()):  # a device takes both
            raise UsageProblem(f"--{first} and --{name} name the same file, {path}: give each its own.")


def refuse_idle(names: Iterable[str], because: str) -> None:
    """Raise UsageProblem if the command line gives one of these options, which would do nothing, `because` of
    something. Names are those of click's parameters."""
    context = click.get_current_context()
    for parameter in context.command.params:
        given = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
        if given and parameter.name in set(names):
            name = parameter.human_readable_name if isinstance(parameter, click.Argument) else parameter.opts[0]
            raise UsageProblem(f"{name} does nothing here, because {because}: leave it out.")


def refuse_all_but(used: Iterable[str], because: str) -> None:
    """The same for every option but those `used`, and but those that only say how to print."""
    kept = {*used, "no_color"}
    refuse_idle({each.name or "" for each in click.get_current_context().command.params} - kept, because)


def decorated(command: Command, decorators: Sequence[Callable[[Command], Command]]) -> Command:
    """The command with its options in the order of `decorators`."""
    for decorate in reversed(decorators):
        command = decorate(command)
    return command


def _entries(path: Path | None) -> tuple[Entry, ...]:
    return read_known_failing(path, [rule.id for rule in CATALOGUE]) if path is not None else ()


def finish(
    report: Report,
    options: Options,
    secrets: tuple[str, ...] = (),
    cases_run: frozenset[str] | None = None,
    *,
    evidence: Sequence[Exchange] = (),
    history: Sequence[Run] = (),
) -> NoReturn:
    """Print the report, write the files asked for and leave with the report's exit code.

    `secrets` are texts to keep out beside those of the environment; `cases_run` is for a run narrowed by `--only`;
    `evidence` are the exchanges that the report is about and `history` the runs before, for detailed formats.
    """
    judged = apply(_require_evidence(replace(report, strict=options.strict)), options.known_failing, cases_run)
    judged = with_commands(judged, evidence)
    if options.detailed and evidence:
        judged = with_evidence(judged, evidence)
    written = _date(options.clock()) if options.detailed else ""
    redact = redactor(*secrets)
    view = ReportView(sanitize_report(judged, redact), history, written, narrowed=cases_run is not None)
    _print(view, options)
    for writer in WRITERS:
        if writer.name in options.files:
            write(options.files[writer.name], writer.render(view), redact)
    raise SystemExit(view.report.exit_code)


def _date(at: int) -> str:
    now = utc(at)
    return f"{now.day} {now:%B %Y, %H:%M} UTC"


def _print(view: ReportView, options: Options) -> None:
    if options.quiet:
        rules = () if view.is_drift else (f"{block.outcome} {block.name}" for block in view.blocks)
        changes = (f"{group.label}: {group.title}" for group in view.changes)
        text = "".join(f"{line}\n" for line in (view.headline, *view.report.problems, *changes, *rules))
    else:
        text = terminal(view, width=width(), colour=colour(options.no_color), verbose=options.verbose)
    if options.annotations:
        write_annotations(guarded(text, token_hex()) + github(view))
    else:
        write_stdout(text)


def _require_evidence(report: Report) -> Report:
    """A report in which no rule had anything to judge verified nothing, and must not look green."""
    if report.unverified is None and all(verdict.outcome is Outcome.NOT_EXERCISED for verdict in report.rules):
        return replace(report, unverified="nothing was found that any rule could judge.")
    return report


# --- TLS


@contextmanager
def authority(wanted: bool) -> Iterator[Tls | None]:
    """A throwaway certificate authority, whose file lives as long as the block; None when none is wanted."""
    if not wanted:
        yield None
        return
    from hpp_contract.server.tls import throwaway  # only `--tls` needs it

    with tempfile.TemporaryDirectory(prefix="hpp-contract-") as folder:
        yield throwaway(Path(folder))
