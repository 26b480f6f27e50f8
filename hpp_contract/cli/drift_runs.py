"""What `hpp-contract drift` does, once it is clear what was asked for: compare and perhaps accept, or look back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from hpp_contract.cli._environment import redactor
from hpp_contract.cli._options import Options, finish
from hpp_contract.cli._output import write_stdout
from hpp_contract.cli._probing import ProbeOptions
from hpp_contract.drift.baseline import FACTS_FILE, Accepted, Baseline, accept, as_json, read_baseline
from hpp_contract.drift.history import append, line_of, read_history, run_of
from hpp_contract.drift.run import DriftResult, compare_with_baseline
from hpp_contract.engine import Report, Subject, judge
from hpp_contract.engine.errors import UsageProblem
from hpp_contract.engine.files import check, write
from hpp_contract.engine.rule import ChangeClass
from hpp_contract.model.clock import utc
from hpp_contract.probe import ProbeResult
from hpp_contract.recordings import read_recordings
from hpp_contract.rules import CATALOGUE


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for. `accept` is the reason to accept what is seen, None not to; files are None when not given."""

    baseline: Path | None
    fresh: Path | None
    probing: ProbeOptions
    options: Options
    fail_on: frozenset[ChangeClass]
    accept: str | None = None
    history: Path | None = None
    page: Path | None = None

    @property
    def folder(self) -> Path:
        """The baseline's, which the command has made sure of."""
        return self.baseline or Path()


def compare(request: Request) -> NoReturn:
    """Compare an endpoint or recordings with the baseline, accept if told to, and finish."""
    at = f"{utc(request.options.clock()):%Y-%m-%dT%H:%M:%SZ}"
    if request.history is not None:
        check(request.history)
    if request.accept is not None:
        _make_room(request.folder)
    baseline = _baseline(request)
    seen = _seen(request, baseline)
    night = _night(baseline, seen)
    report = _report(request, seen, night)
    if request.accept is not None:
        report = _accept(request, baseline, night, report, Accepted(at, request.accept, seen.subject.name))
    if request.history is not None:
        accepted = request.accept if night.unverified is None else None
        run = run_of(night, at, seen.subject.name, report.exit_code, accepted)
        append(request.history, redactor(*seen.secrets)(line_of(run)))
    runs = read_history(request.history)[0] if request.history is not None and request.options.html else ()
    finish(report, request.options, seen.secrets, evidence=seen.exchanges, history=runs)


def _make_room(folder: Path) -> None:
    """See to it that the baseline can be written: worth knowing before a long run, not after."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = "it is a file" if isinstance(error, FileExistsError) else error.strerror
        raise UsageProblem(f"{folder} cannot be a folder for the baseline ({reason}): name another.") from None
    check(folder / FACTS_FILE)


def _baseline(request: Request) -> Baseline:
    """The baseline; when the first one is about to be accepted, an empty one."""
    try:
        return read_baseline(request.folder)
    except UsageProblem:
        if request.accept is None:
            raise
        return Baseline({})


def _seen(request: Request, baseline: Baseline) -> ProbeResult:
    if request.fresh is not None:
        reading = read_recordings([str(request.fresh)])
        subject = Subject("recording", str(request.fresh))
        return ProbeResult(
            subject, tuple(reading.exchanges), next(iter(reading.unreadable), None), (), tuple(reading.notes)
        )
    if request.probing.target().embedded and baseline.confirmed:
        raise UsageProblem(
            f"the baseline in {request.folder} is of a real endpoint, and neither BASE_URL nor HPP_ENDPOINT says "
            "which: the embedded server is not compared with it."
        )
    return request.probing.probe(request.options.seed, request.options.clock)


def _night(baseline: Baseline, seen: ProbeResult) -> DriftResult:
    if not seen.exchanges:
        return DriftResult({}, (), seen.unverified or "nothing was seen that could be compared.")
    night = compare_with_baseline(baseline, seen.exchanges, embedded=seen.subject.embedded)
    doubts = " ".join(filter(None, (seen.unverified, night.unverified)))
    return replace(night, unverified=doubts or None)


def _report(request: Request, seen: ProbeResult, night: DriftResult) -> Report:
    subject = Subject("drift", f"{seen.subject.name} against {request.folder}", seen.subject.embedded)
    verdicts = judge(seen.exchanges, CATALOGUE, Subject("endpoint", seen.subject.name))
    how = f"To make this the baseline: hpp-contract drift --baseline {request.folder} --accept --reason …"
    notes = (*seen.notes, *night.notes, *((how,) if night.changes else ()))
    return Report(
        subject,
        verdicts,
        night.unverified,
        notes=notes,
        changes=night.changes,
        fail_on=request.fail_on,
        learned=seen.learned,
    )


def _accept(request: Request, baseline: Baseline, night: DriftResult, report: Report, entry: Accepted) -> Report:
    """Write the new baseline. A night that could not be verified is not accepted."""
    if night.unverified is not None:
        return replace(report, notes=(*report.notes, "Nothing was accepted: the baseline is as it was."))
    file = request.folder / FACTS_FILE
    reason = redactor()(entry.reason)
    write(file, as_json(accept(baseline, night.facts, night.changes, replace(entry, reason=reason))))
    accepted = tuple(f"Accepted: {c.change_class} {c.fact}: {c.before} → {c.after}" for c in night.changes)
    facts = sum(len(situation.aspects) for situation in night.facts.values())
    done = f"The baseline in {file} now holds what was seen: {facts} facts in {len(night.facts)} situations."
    return replace(report, changes=(), notes=(*night.notes, *accepted, done))


def say_since_when(request: Request) -> NoReturn:
    """Print what the history adds up to, and write it where asked."""
    from hpp_contract.reporting.timeline_report import Since, since_json, since_markdown, since_text

    runs, torn = read_history(request.history or Path())
    facts = read_baseline(request.folder).facts if request.baseline is not None else {}
    since = Since(runs, torn, tuple(name for name, situation in facts.items() if situation.confirmed))
    redact = redactor()
    write_stdout(redact(since_text(since)))
    for path, printer in ((request.options.json, since_json), (request.options.markdown, since_markdown)):
        if path is not None:
            write(path, redact(printer(since)))
    raise SystemExit(0)


def compare_page(request: Request) -> NoReturn:
    """Compare the documentation's page with what the schemas were made from."""
    from hpp_contract.drift.page import read_page
    from hpp_contract.drift.page_drift import page_drift

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
