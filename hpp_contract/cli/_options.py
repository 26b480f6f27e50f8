"""What every judging command has in common: its options, and how its report leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from hpp_contract.engine.known_failing import Entry, apply, read_known_failing
from hpp_contract.engine.report import Outcome, Report
from hpp_contract.model.clock import Clock, system_clock, utc

if TYPE_CHECKING:
    from hpp_contract.drift.history import Run
    from hpp_contract.model import Exchange


@dataclass(frozen=True, slots=True)
class Options:
    """The common options, ready to use, and the `clock` of this run. Files are None when not asked for."""

    json: Path | None = None
    junit: Path | None = None
    markdown: Path | None = None
    html: Path | None = None
    gitlab: Path | None = None
    annotations: bool = False
    strict: bool = False
    known_failing: tuple[Entry, ...] = ()
    seed: int = 0
    verbose: bool = False
    no_color: bool = False
    clock: Clock = system_clock

    @property
    def files(self) -> dict[str, Path]:
        named = {name: getattr(self, name) for name in ("json", "junit", "markdown", "html", "gitlab")}
        return {name: path for name, path in named.items() if path is not None}


_FILE = click.Path(path_type=Path)
_DECORATORS = (
    click.option("--json", "json", type=_FILE, metavar="FILE", help="Write the report as JSON."),
    click.option("--junit", "junit", type=_FILE, metavar="FILE", help="Write the report as JUnit XML."),
    click.option("--markdown", "markdown", type=_FILE, metavar="FILE", help="Write the report as Markdown."),
    click.option("--html", "html", type=_FILE, metavar="FILE", help="Write the report as one HTML page."),
    click.option("--gitlab", "gitlab", type=_FILE, metavar="FILE", help="Write a Code Quality file for GitLab."),
    click.option("--annotations", is_flag=True, help="Print annotations for GitHub after the report."),
    click.option("--strict", is_flag=True, help="Fail on warnings too."),
    click.option("--known-failing", type=_FILE, metavar="FILE", help="Rules that may fail, with reasons."),
    click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Repeat a run's random choices."),
    click.option("-v", "--verbose", is_flag=True, help="List every rule."),
    click.option("--no-color", is_flag=True, help="Use no colours (so does NO_COLOR)."),
)


def common_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the common options, as one argument `options`.

    A list that cannot be read and a file that cannot be written are said at once, not after a long run.
    """

    @wraps(command)
    def wrapped(**arguments: Any) -> Any:
        from hpp_contract.engine.files import check

        common = {name: arguments.pop(name) for name in Options.__slots__ if name != "clock"}
        common["known_failing"] = _entries(common["known_failing"])
        options = Options(**common, clock=click.get_current_context().obj)
        for path in options.files.values():
            check(path)
        return command(options=options, **arguments)

    for decorate in reversed(_DECORATORS):
        wrapped = decorate(wrapped)
    return wrapped


def _entries(path: Path | None) -> tuple[Entry, ...]:
    if path is None:
        return ()
    from hpp_contract.rules import CATALOGUE

    return read_known_failing(path, [rule.id for rule in CATALOGUE])


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
    `evidence` are the exchanges that the report is about and `history` the runs before, for the page that shows them.
    """
    from hpp_contract.cli._environment import redactor
    from hpp_contract.engine.sanitize import sanitize_report

    judged = apply(_require_evidence(replace(report, strict=options.strict)), options.known_failing, cases_run)
    if options.html is not None and evidence:
        from hpp_contract.engine.evidence import with_evidence

        judged = with_evidence(judged, evidence)
    clean = sanitize_report(judged, redactor(*secrets))
    _print(clean, options)
    _write_files(clean, options, history)
    raise SystemExit(clean.exit_code)


def _print(report: Report, options: Options) -> None:
    from hpp_contract.cli._output import colour, width, write_stdout
    from hpp_contract.reporting.terminal import terminal

    text = terminal(report, width=width(), colour=colour(options.no_color), verbose=options.verbose)
    if options.annotations:
        from secrets import token_hex

        from hpp_contract.reporting.github import github, guarded

        text = guarded(text, token_hex()) + github(report)
    write_stdout(text)


def _require_evidence(report: Report) -> Report:
    """A report in which no rule had anything to judge verified nothing: silence must not look green."""
    if report.unverified is None and all(verdict.outcome is Outcome.NOT_EXERCISED for verdict in report.rules):
        return replace(report, unverified="nothing was found that any rule could judge.")
    return report


def _write_files(report: Report, options: Options, history: Sequence[Run]) -> None:
    from hpp_contract.engine.files import write
    from hpp_contract.reporting.gitlab import gitlab
    from hpp_contract.reporting.json_report import json_report
    from hpp_contract.reporting.junit import junit
    from hpp_contract.reporting.markdown import markdown

    printers = {"json": json_report, "junit": junit, "markdown": markdown, "gitlab": gitlab}
    for name, path in options.files.items():
        write(path, _page(report, history, options.clock()) if name == "html" else printers[name](report))


def _page(report: Report, history: Sequence[Run], at: int) -> str:
    from hpp_contract.reporting.html.page import html

    now = utc(at)
    return html(report, history, f"{now.day} {now:%B %Y, %H:%M} UTC")
