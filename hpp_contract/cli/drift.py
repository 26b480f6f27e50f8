"""`hpp-contract drift`: what changed since the baseline, how bad it is, and since when."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import click

from hpp_contract.cli._console import readable, redactor, width, write_stdout
from hpp_contract.cli._options import Options, common_options, finish, refuse_all_but, refuse_idle
from hpp_contract.cli._probe_options import ProbeOptions, probe_options
from hpp_contract.cli._webhook import check_address, news, post
from hpp_contract.drift.baseline import FACTS_FILE, Accepted, Baseline, accept, as_json, read_baseline
from hpp_contract.drift.choose import chosen
from hpp_contract.drift.history import Run, append, finish_acceptance, line_of, read_history, run_of, with_news
from hpp_contract.drift.page import page_drift, read_page
from hpp_contract.drift.run import DriftResult, compare_with_baseline
from hpp_contract.engine import Report, Subject, judge
from hpp_contract.engine.errors import UsageProblem
from hpp_contract.engine.files import check, write
from hpp_contract.engine.known_failing import apply
from hpp_contract.engine.lock import locked
from hpp_contract.engine.report import FAIL_ON, Change
from hpp_contract.engine.rule import ChangeClass
from hpp_contract.engine.sanitize import sanitize_report
from hpp_contract.model.clock import utc
from hpp_contract.probe import ProbeResult
from hpp_contract.recordings import read_recordings
from hpp_contract.reporting.history_summary import HistorySummary, summary_json, summary_markdown, summary_text
from hpp_contract.reporting.view import ReportView, grouped_changes, plural
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
    accept_only: tuple[str, ...] = ()
    history: Path | None = None
    new_only: bool = False
    webhook: str | None = None
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
@click.option("--new-only", is_flag=True, help="Fail only for changes that the history does not have yet.")
@click.option(
    "--accept",
    "accepting",
    is_flag=True,
    help="Make what is seen now the baseline, unless it is breaking; needs --reason.",
)
@click.option(
    "--accept-only",
    "names",
    multiple=True,
    metavar="FACT",
    help="Accept only this change, breaking or not; repeatable.",
)
@click.option("--reason", metavar="TEXT", help="Why the changes are right; kept in the baseline.")
@click.option("--history", type=_PATH, metavar="FILE", help="Append a line about this run to FILE (JSON lines).")
@click.option("--webhook", metavar="URL", help="Post what is new, or not verified for three days, as JSON.")
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
    new_only: bool,
    accepting: bool,
    names: tuple[str, ...],
    reason: str | None,
    history: Path | None,
    webhook: str | None,
    reporting: bool,
    page: Path | None,
    probe_with: ProbeOptions,
    options: Options,
) -> None:
    """Report what changed since the baseline and how bad it is: at BASE_URL, else at HPP_ENDPOINT, else at the embedded
    server.

    Breaking and risky changes fail the run (see --fail-on). A run that could not verify accepts nothing. The baseline
    is a folder of recordings, or of the facts that --accept writes.

    \b
    Examples:
      hpp-contract drift --baseline baseline --accept --reason "first run"
      hpp-contract drift --baseline baseline --history history.jsonl --new-only
      hpp-contract drift --report --history history.jsonl
      hpp-contract drift --page read-session.html
    """
    accepting = accepting or bool(names)
    why = readable(reason) if accepting and reason else None
    request = DriftOptions(baseline, fresh, probe_with, options, fail_on, why, names, history, new_only, webhook, page)
    _refuse_contradictions(request, accepting, reason, reporting)
    _refuse_idle(request, reporting)
    if webhook is not None:
        check_address(webhook)
    if reporting:
        _summarize_history(request)
    if page is not None:
        _compare_page(request)
    _compare(request)


def _refuse_contradictions(request: DriftOptions, accepting: bool, reason: str | None, reporting: bool) -> None:
    other_source = request.fresh is not None or request.probe_with.base_url is not None
    problems = {
        f"{'--accept-only' if request.accept_only else '--accept'} needs --reason: say why the changes are right.": (
            accepting and not (reason or "").strip()
        ),
        "--reason goes with --accept.": reason is not None and not accepting,
        "--new-only needs --history FILE, which says what is known.": request.new_only and request.history is None,
        "--webhook needs --history FILE, which says what is news.": bool(request.webhook) and request.history is None,
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
        refuse_idle(("new_only", "webhook"), "a run that accepts is watched by somebody")
    if request.accept is not None and not request.accept_only:
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
    runs = _runs_before(request)
    baseline = _baseline(request)
    seen = _seen(request, baseline)
    result = _result(baseline, seen)
    if runs is not None:
        result = replace(result, changes=with_news(result.changes, runs, at))
    report = _report(request, seen, result)
    places = [
        *([request.folder] if request.accept is not None else []),
        *([request.history.parent] if request.history else []),
    ]
    with locked(places):
        report = _keep(request, at, seen, result, report)
    if request.webhook is not None and runs is not None:
        report = _tell(request, request.webhook, seen, report, runs)
    shown = read_history(request.history)[0] if request.history is not None and request.options.detailed else ()
    finish(report, request.options, seen.secrets, evidence=seen.exchanges, history=shown)


def _runs_before(request: DriftOptions) -> tuple[Run, ...] | None:
    """The runs that the history has, none where it is about to begin; None without a history."""
    if request.history is None:
        return None
    return read_history(request.history)[0] if request.history.exists() else ()


def _tell(request: DriftOptions, address: str, seen: ProbeResult, report: Report, runs: Sequence[Run]) -> Report:
    """Post what is news; the report with a note when that failed."""
    (last,) = read_history(request.history or Path())[0][-1:]
    strict = replace(report, strict=request.options.strict)
    judged = apply(strict, request.options.known_failing)
    message = news(ReportView(sanitize_report(judged, redactor(*seen.secrets, address))), runs, last)
    failure = post(address, message) if message is not None else ""
    return replace(report, notes=(*report.notes, *([failure] if failure else [])))


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
    how = f"To make this the baseline: {_command(request)} {_accepting(result)} --reason …"
    notes = (*seen.notes, *result.notes, *((how,) if result.changes else ()))
    return Report(
        subject,
        verdicts,
        result.unverified,
        notes=notes,
        changes=result.changes,
        fail_on=request.fail_on,
        new_only=request.new_only,
        learned=seen.learned,
    )


def _command(request: DriftOptions) -> str:
    """The command that looks at the same again. Session ids stand in no report: they are those of the environment, or
    have to be given again."""
    probe = request.probe_with
    words = ["hpp-contract", "drift", *([probe.base_url] if probe.base_url else []), "--baseline", str(request.folder)]
    words += ["--fresh", str(request.fresh)] if request.fresh else []
    words += ["--provision"] if probe.provision else []
    words += ["--history", str(request.history)] if request.history else []
    return shlex.join(words)


def _accepting(result: DriftResult) -> str:
    """The options that accept what was seen: each breaking change by its name."""
    groups = grouped_changes(result.changes)
    if not any(group.change_class is ChangeClass.BREAKING for group in groups):
        return "--accept"
    names = dict.fromkeys(group.first.aspect for group in groups)
    return " ".join(f"--accept-only {shlex.quote(name)}" for name in names)


def _keep(request: DriftOptions, at: str, seen: ProbeResult, result: DriftResult, report: Report) -> Report:
    """Accept if asked to, and append to the history: both or neither."""
    redact = redactor(*seen.secrets)

    baseline = _baseline(request) if request.accept is not None else Baseline({})  # another run may have accepted some
    refusal = _refusal(request, baseline, result)
    taken = chosen(result.changes, request.accept_only) if request.accept_only and refusal is None else result.changes
    left = tuple(change for change in result.changes if change not in taken)

    def remember(final: Report) -> None:
        if request.history is not None:
            accepted = request.accept if refusal is None else None
            run = run_of(result, at, redact(seen.subject.name), final.exit_code, accepted, left)
            append(request.history, redact(line_of(run)))

    if request.accept is None or refusal is not None:
        notes = (f"Nothing was accepted{refusal}: the baseline is as it was.",) if request.accept is not None else ()
        report = replace(report, notes=(*report.notes, *notes))
        remember(report)
        return report
    entry = Accepted(at, request.accept, seen.subject.name)
    return _accept(request, baseline, result, left, report, entry, redact, remember)


def _refusal(request: DriftOptions, baseline: Baseline, result: DriftResult) -> str | None:
    """Why nothing is accepted, to stand after `Nothing was accepted`; None when it may be. The first baseline may hold
    anything."""
    if request.accept is None or result.unverified is not None:
        return ""
    groups = grouped_changes(result.changes)
    breaking = sum(group.change_class is ChangeClass.BREAKING for group in groups)
    if not breaking or request.accept_only or not baseline.facts:
        return None
    return f", since {plural(breaking, 'breaking change')} must be named by --accept-only"


def _accept(
    request: DriftOptions,
    baseline: Baseline,
    result: DriftResult,
    left: tuple[Change, ...],
    report: Report,
    entry: Accepted,
    redact: Callable[[str], str],
    remember: Callable[[Report], None],
) -> Report:
    """Write the new baseline, and `remember` it when it is on the disk, before it takes the old one's place."""
    file = request.folder / FACTS_FILE
    clean = replace(entry, reason=redact(entry.reason), source=redact(entry.source))
    taken = tuple(change for change in result.changes if change not in left)
    final = replace(report, changes=left, **_done(request, baseline, result, taken))
    text = as_json(accept(baseline, result.facts, taken, clean, left))
    write(file, text, redact, lambda: remember(final))
    return final


def _done(request: DriftOptions, baseline: Baseline, result: DriftResult, taken: tuple[Change, ...]) -> dict[str, Any]:
    """What an acceptance says of itself."""
    groups = grouped_changes(taken)
    lines = (f"{group.change_class}, {group.title}" for group in groups)
    if not baseline.facts:
        facts = sum(len(situation.aspects) for situation in result.facts.values())
        made = f"Baseline made: {plural(facts, 'fact')} in {plural(len(result.facts), 'situation')}"
        kept = f"It is in {request.folder / FACTS_FILE}: commit it."
        return {"done": made, "notes": (kept, *(f"Broken from the beginning: {line}" for line in lines))}
    done = f"Accepted: {plural(len(groups), 'change')}" if groups else ""
    kept = f"The baseline in {request.folder / FACTS_FILE} holds it now."
    return {"done": done, "notes": (*result.notes, *(f"Accepted: {line}" for line in lines), kept)}


def _summarize_history(request: DriftOptions) -> NoReturn:
    """Print the summary of the history, and write the files asked for."""
    runs, torn = read_history(request.history or Path())
    facts = read_baseline(request.folder).facts if request.baseline is not None else {}
    summary = HistorySummary(runs, torn, tuple(name for name, situation in facts.items() if situation.confirmed))
    redact = redactor()
    write_stdout(redact(summary_text(summary, width())))
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
