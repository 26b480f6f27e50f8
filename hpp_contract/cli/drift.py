"""`hpp-contract drift`: what changed since the baseline, how bad it is, and since when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

import click

from hpp_contract.cli._console import readable, redactor, write_stdout
from hpp_contract.cli._options import Options, common_options, finish, refuse_all_but, refuse_idle
from hpp_contract.cli._probe_options import ProbeOptions, probe_options
from hpp_contract.drift.baseline import FACTS_FILE, Accepted, Baseline, accept, as_json, read_baseline
from hpp_contract.drift.history import append, finish_acceptance, line_of, read_history, run_of
from hpp_contract.drift.page import page_drift, read_page
from hpp_contract.drift.run import DriftResult, compare_with_baseline
from hpp_contract.engine import Report, Subject, judge
from hpp_contract.engine.errors import UsageProblem
from hpp_contract.engine.files import check, write
from hpp_contract.engine.lock import locked
from hpp_contract.engine.report import FAIL_ON
from hpp_contract.engine.rule import ChangeClass
from hpp_contract.model.clock import utc
from hpp_contract.probe import ProbeResult
from hpp_contract.recordings import read_recordings
from hpp_contract.reporting.history_summary import HistorySummary, summary_json, summary_markdown, summary_text
from hpp_contract.rules import CATALOGUE

_PATH = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True)
class DriftOptions:
    """What to compare, and how. `accept` is the reason for accepting what is seen, None for not accepting; files are
    None when not given."""

    baseline: Path | None
    fresh: Path | None
    probe_with: ProbeOptions
    options: Options
    fail_on: frozenset[ChangeClass]
    accept: str | None = None
    history: Path | None = None
    page: Path | None = None

    @property
    def folder(self) -> Path:
        """The baseline's; the command refuses to compare without one."""
        return self.baseline or Path()


def _classes(_: click.Context, __: click.Parameter, value: str) -> frozenset[ChangeClass]:
    names = {name.strip() for name in value.split(",")} - {"", "none"}
    unknown = sorted(names - {each.value for each in ChangeClass})
    if unknown:
        raise click.BadParameter(f"{unknown[0][:40]!r} is no class: breaking, risky, additive, cosmetic, or none.")
    return frozenset(map(ChangeClass, names))


@click.command()
@click.option("--baseline", type=_PATH, metavar="DIR", help="What to compare with: cassettes, or facts.json.")
@click.option("--fresh", type=_PATH, metavar="DIR", help="Compare these recordings instead of probing an endpoint.")
@click.option(
    "--fail-on",
    callback=_classes,
    default=",".join(sorted(FAIL_ON)),
    show_default=True,
    metavar="CLASSES",
    help="Classes of change that fail the run, separated by commas, or none.",
)
@click.option("--accept", "accepting", is_flag=True, help="Make what is seen now the baseline; needs --reason.")
@click.option("--reason", metavar="TEXT", help="Why the changes are right; kept in the baseline.")
@click.option("--history", type=_PATH, metavar="FILE", help="Append a line about this run to FILE (JSON lines).")
@click.option("--report", "reporting", is_flag=True, help="Summarize --history, and exit.")
@click.option(
    "--page", type=_PATH, metavar="FILE", help="Compare the saved Read Session page instead (Markdown, HTML)."
)
@probe_options
@common_options
def drift(
    baseline: Path | None,
    fresh: Path | None,
    fail_on: frozenset[ChangeClass],
    accepting: bool,
    reason: str | None,
    history: Path | None,
    reporting: bool,
    page: Path | None,
    probe_with: ProbeOptions,
    options: Options,
) -> None:
    """Report what changed since the baseline and how bad it is: at BASE_URL, else at HPP_ENDPOINT, else at the embedded
    server.

    Breaking and risky changes fail the run (see --fail-on). A run that could not verify changes no file. The baseline
    is a folder of recordings, or of the facts that --accept writes.

    \b
    Examples:
      hpp-contract drift --baseline baseline --accept --reason "first run"
      hpp-contract drift --baseline baseline --history history.jsonl
      hpp-contract drift --report --history history.jsonl
      hpp-contract drift --page read-session.html
    """
    request = DriftOptions(
        baseline, fresh, probe_with, options, fail_on, readable(reason) if accepting and reason else None, history, page
    )
    _refuse_contradictions(request, accepting, reason, reporting)
    _refuse_idle(request, reporting)
    if reporting:
        _summarize_history(request)
    if page is not None:
        _compare_page(request)
    _compare(request)


def _refuse_contradictions(request: DriftOptions, accepting: bool, reason: str | None, reporting: bool) -> None:
    other_source = request.fresh is not None or request.probe_with.base_url is not None
    problems = {
        "--accept needs --reason: say why the changes are right.": accepting and not (reason or "").strip(),
        "--reason goes with --accept.": reason is not None and not accepting,
        "--report needs --history FILE, the file that runs append to.": reporting and request.history is None,
        "--fresh compares recordings and BASE_URL an endpoint: give one of them.": (
            request.fresh is not None and request.probe_with.base_url is not None
        ),
        "--page compares the documentation alone: leave out BASE_URL and the options about a baseline.": (
            request.page is not None
            and (accepting or other_source or request.baseline is not None or request.history is not None)
        ),
        "no --baseline DIR was given: make one with hpp-contract record --to DIR, or with hpp-contract drift "
        "--baseline DIR --accept --reason …": request.baseline is None and request.page is None and not reporting,
    }
    wrong = next((sentence for sentence, applies in problems.items() if applies), None)
    if wrong is not None:
        raise UsageProblem(wrong)


def _refuse_idle(request: DriftOptions, reporting: bool) -> None:
    """Raise UsageProblem for an option that would do nothing."""
    about_probes = (*ProbeOptions.__slots__, "seed")
    if reporting:
        refuse_all_but(("reporting", "history", "baseline", "json", "markdown"), "--report only reads the history")
    if request.page is not None:
        refuse_idle(about_probes, "--page compares the saved page, and probes nothing")
    if request.fresh is not None:
        refuse_idle(about_probes, "--fresh compares recordings, and probes nothing")
    if request.accept is not None:
        refuse_idle(("fail_on", "strict"), "--accept makes what is seen the baseline, so that no change fails")
    if request.options.strict:
        refuse_idle(("fail_on",), "--strict lets every change fail")


def _compare(request: DriftOptions) -> NoReturn:
    """Compare an endpoint or recordings with the baseline, accept if asked to, and finish."""
    at = f"{utc(request.options.clock()):%Y-%m-%dT%H:%M:%SZ}"
    if request.history is not None:
        check(request.history)
    if request.accept is not None:
        _check_writable(request.folder)
    finish_acceptance(request.folder, request.history)
    baseline = _baseline(request)
    seen = _seen(request, baseline)
    result = _result(baseline, seen)
    report = _report(request, seen, result)
    places = [
        *([request.folder] if request.accept is not None else []),
        *([request.history.parent] if request.history else []),
    ]
    with locked(places):
        report = _keep(request, at, seen, result, report)
    runs = read_history(request.history)[0] if request.history is not None and request.options.detailed else ()
    finish(report, request.options, seen.secrets, evidence=seen.exchanges, history=runs)


def _check_writable(folder: Path) -> None:
    """Make the folder. Raises UsageProblem before a long run, not after it, if the baseline cannot be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = "it is a file" if isinstance(error, FileExistsError) else error.strerror
        raise UsageProblem(f"{folder} cannot be a folder for the baseline ({reason}): name another.") from None
    check(folder / FACTS_FILE)


def _baseline(request: DriftOptions) -> Baseline:
    """The baseline; when the first one is about to be accepted, an empty one."""
    try:
        return read_baseline(request.folder)
    except UsageProblem:
        if request.accept is None:
            raise
        return Baseline({})


def _seen(request: DriftOptions, baseline: Baseline) -> ProbeResult:
    if request.fresh is not None:
        reading = read_recordings([str(request.fresh)])
        subject = Subject("recording", str(request.fresh))
        unreadable = next(iter(reading.unreadable), None)
        return ProbeResult(subject, tuple(reading.exchanges), unreadable, tuple(reading.notes))
    if request.probe_with.target().embedded and baseline.confirmed:
        raise UsageProblem(
            f"the baseline in {request.folder} is of a real endpoint, and neither BASE_URL nor HPP_ENDPOINT says "
            "which: the embedded server is not compared with it."
        )
    return request.probe_with.run(request.options.seed, request.options.clock)


def _result(baseline: Baseline, seen: ProbeResult) -> DriftResult:
    if not seen.exchanges or not seen.answered:
        return DriftResult({}, (), seen.unverified or "nothing was seen that could be compared.")
    result = compare_with_baseline(baseline, seen.exchanges, embedded=seen.subject.embedded)
    doubts = " ".join(filter(None, (seen.unverified, result.unverified)))
    return replace(result, unverified=doubts or None)


def _report(request: DriftOptions, seen: ProbeResult, result: DriftResult) -> Report:
    subject = Subject("drift", f"{seen.subject.name} against {request.folder}", seen.subject.embedded)
    verdicts = judge(seen.exchanges, CATALOGUE, Subject("endpoint", seen.subject.name))
    how = f"To make this the baseline: hpp-contract drift --baseline {request.folder} --accept --reason …"
    notes = (*seen.notes, *result.notes, *((how,) if result.changes else ()))
    return Report(
        subject,
        verdicts,
        result.unverified,
        notes=notes,
        changes=result.changes,
        fail_on=request.fail_on,
        learned=seen.learned,
    )


def _keep(request: DriftOptions, at: str, seen: ProbeResult, result: DriftResult, report: Report) -> Report:
    """Accept if asked to, and append to the history: both or neither."""
    redact = redactor(*seen.secrets)

    def remember(final: Report) -> None:
        if request.history is not None:
            accepted = request.accept if result.unverified is None else None
            run = run_of(result, at, redact(seen.subject.name), final.exit_code, accepted)
            append(request.history, redact(line_of(run)))

    if request.accept is None or result.unverified is not None:
        if request.accept is not None:
            report = replace(report, notes=(*report.notes, "Nothing was accepted: the baseline is as it was."))
        remember(report)
        return report
    baseline = _baseline(request)  # another run may have accepted something meanwhile
    return _accept(request, baseline, result, report, Accepted(at, request.accept, seen.subject.name), redact, remember)


def _accept(
    request: DriftOptions,
    baseline: Baseline,
    result: DriftResult,
    report: Report,
    entry: Accepted,
    redact: Callable[[str], str],
    remember: Callable[[Report], None],
) -> Report:
    """Write the new baseline, and `remember` it when it is on the disk, before it takes the old one's place."""
    file = request.folder / FACTS_FILE
    clean = replace(entry, reason=redact(entry.reason), source=redact(entry.source))
    accepted = tuple(f"Accepted: {c.change_class} {c.fact}: {c.before} → {c.after}" for c in result.changes)
    facts = sum(len(situation.aspects) for situation in result.facts.values())
    done = f"The baseline in {file} now holds what was seen: {facts} facts in {len(result.facts)} situations."
    final = replace(report, changes=(), notes=(*result.notes, *accepted, done))
    text = as_json(accept(baseline, result.facts, result.changes, clean))
    write(file, text, redact, lambda: remember(final))
    return final


def _summarize_history(request: DriftOptions) -> NoReturn:
    """Print the summary of the history, and write the files asked for."""
    runs, torn = read_history(request.history or Path())
    facts = read_baseline(request.folder).facts if request.baseline is not None else {}
    summary = HistorySummary(runs, torn, tuple(name for name, situation in facts.items() if situation.confirmed))
    redact = redactor()
    write_stdout(redact(summary_text(summary)))
    for name, writer in {"json": summary_json, "markdown": summary_markdown}.items():
        if name in request.options.files:
            write(request.options.files[name], writer(summary), redact)
    raise SystemExit(0)


def _compare_page(request: DriftOptions) -> NoReturn:
    """Compare a saved page with the page that the schemas were made from."""
    file = request.page or Path()
    try:
        text = file.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise UsageProblem(f"{file} cannot be read ({error.strerror}): save the page and give its name.") from None
    found = page_drift(read_page(text), str(file))
    subject = Subject("drift", f"{file} against the documented page")
    verdicts = judge(found.examples, CATALOGUE, Subject("endpoint", str(file)))
    report = Report(subject, verdicts, notes=found.defects, changes=found.changes, fail_on=request.fail_on)
    finish(report, request.options, evidence=found.examples)
