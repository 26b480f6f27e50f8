"""What every format says in the same words: the verdict, the counts, the order of things."""

from __future__ import annotations

from collections.abc import Iterable

from hpp_contract.engine.errors import KEPT, UNVERIFIED
from hpp_contract.engine.report import NOT_ANSWERED, Outcome, Report, RuleVerdict
from hpp_contract.engine.rule import Finding, Severity
from hpp_contract.reporting.changes import by_class
from hpp_contract.rules import LETTERS

OUTCOMES = {
    Outcome.OK: "ok",
    Outcome.BROKEN: "broken",
    Outcome.WARNED: "warned",
    Outcome.NOT_EXERCISED: "not exercised",
    Outcome.ERROR: "error",
}


def plural(count: int, word: str) -> str:
    """`1 rule`, `2 rules`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def counts(report: Report) -> str:
    """`54 rules: 40 ok, 2 broken, 1 warned, 11 not exercised, 0 errors`."""
    summary = report.summary
    parts = [f"{summary[outcome]} {word}" for outcome, word in OUTCOMES.items() if outcome is not Outcome.ERROR]
    return f"{plural(len(report.rules), 'rule')}: {', '.join(parts)}, {plural(summary[Outcome.ERROR], 'error')}"


def headline(report: Report) -> str:
    """The verdict in words; it agrees with the exit code."""
    known = sum(1 for verdict in report.rules if verdict.known_failing is not None)
    aside = f" ({plural(known, 'known failure')} on record)" if known else ""
    return _verdict(report) + aside


def _verdict(report: Report) -> str:
    if report.subject.kind == "drift":
        return _drift(report)
    if report.exit_code == UNVERIFIED:
        crashed = f"{plural(report.summary[Outcome.ERROR], 'rule')} crashed, which is a fault of hpp-contract"
        return f"Could not verify: {report.unverified or crashed}"
    warned = sum(1 for verdict in failing(report, Outcome.WARNED) if verdict.known_failing is None)
    if report.exit_code == KEPT:
        return f"Contract kept, with {plural(warned, 'warning')}" if warned else "Contract kept"
    rest = f"; the rest could not be verified: {report.unverified}" if report.unverified is not None else ""
    return _broken(report, warned) + rest


def _drift(report: Report) -> str:
    changed = f"Drift: {by_class(report.changes)}" if report.changes else ""
    if report.exit_code == UNVERIFIED:
        doubt = f"Could not verify: {report.unverified or 'a rule crashed, which is a fault of hpp-contract'}"
        return f"{doubt} {changed}".rstrip()
    if report.problems and not changed:
        return _problems(report)
    harmless = ", which fails nothing" if report.exit_code == KEPT and changed else ""
    rest = f"; the rest could not be verified: {report.unverified}" if report.unverified is not None else ""
    return f"{changed or 'No drift'}{harmless}{rest}"


def _broken(report: Report, warned: int) -> str:
    broken = sum(1 for verdict in report.rules if verdict.counts)
    if broken:
        return f"Contract broken: {plural(broken, 'rule')}"
    if warned and report.strict:
        return f"Contract broken: {plural(warned, 'warning')}, and --strict counts them"
    return _problems(report)


def _problems(report: Report) -> str:
    return f"Not accepted: {plural(len(report.problems), 'problem')} with the run, listed below"


def failing(report: Report, *outcomes: Outcome) -> list[RuleVerdict]:
    """The verdicts with one of these outcomes, in the order of the outcomes, then of the letters."""
    ordered = [verdict for group in by_letter(report.rules).values() for verdict in group]
    return [verdict for outcome in outcomes for verdict in ordered if verdict.outcome is outcome]


def informational(report: Report) -> list[RuleVerdict]:
    """Info rules that found something: worth knowing, never counted."""
    return [v for v in report.rules if v.rule.severity is Severity.INFO and v.findings and v.outcome is Outcome.OK]


def learned_lines(report: Report) -> tuple[str, ...]:
    """What was learned: a line for each question that was answered, and one for all that were not."""
    answered = tuple(f"{question} {answer}" for question, answer in report.learned if answer != NOT_ANSWERED)
    still_open = " ".join(question for question, answer in report.learned if answer == NOT_ANSWERED)
    return (*answered, *((f"Not answered: {still_open}",) if still_open else ()))


def by_letter(verdicts: Iterable[RuleVerdict]) -> dict[str, list[RuleVerdict]]:
    """Verdicts under their letter, letters in reading order, only those that have any."""
    groups: dict[str, list[RuleVerdict]] = {letter: [] for letter in LETTERS}
    for verdict in verdicts:
        groups.setdefault(verdict.rule.letter, []).append(verdict)
    return {letter: group for letter, group in groups.items() if group}


def grouped(findings: Iterable[Finding]) -> list[tuple[Finding, int]]:
    """Findings that say the same of different evidence, once: the first of them, and how many more there are."""
    places: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        places.setdefault((finding.where, finding.expected, finding.found), []).append(finding)
    return [(group[0], len(group) - 1) for group in places.values()]


def location(finding: Finding, further: int) -> str:
    """Where the evidence is, in one line: `x.yaml#2 (case smoke) and 3 more places`."""
    case = f"(case {finding.case})" if finding.case else ""
    more = f"and {plural(further, 'more place')}" if further else ""
    return " ".join(filter(None, (finding.evidence, case, more)))


def total(verdict: RuleVerdict) -> int:
    """How many findings there were, listed or not."""
    return max(verdict.total, len(verdict.findings))


def more_command(report: Report) -> str:
    """The one command that tells more about this report."""
    if report.subject.kind == "drift":
        return "hpp-contract drift --help"
    first = failing(report, Outcome.BROKEN, Outcome.ERROR, Outcome.WARNED)
    return f"hpp-contract explain {first[0].rule.id}" if first else "hpp-contract rules"
