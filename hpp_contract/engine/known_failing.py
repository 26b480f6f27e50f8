"""The known-failing list: failures on record, so that a suite can be adopted today and every new one still fails.

A file of one entry a line, `HPP-A05` or `HPP-A05@case-name`. The comment directly above an entry, or above a block of
entries, is the reason and is required. Listed rules still run; an entry that no longer fails is reported as a problem.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hpp_contract.engine.errors import UsageProblem, suggest
from hpp_contract.engine.report import Outcome, Report, RuleVerdict
from hpp_contract.engine.rule import Severity

_ENTRY = re.compile(r"(?P<rule>[A-Za-z]+-[A-Za-z]\d+)(?:@(?P<case>[^\s@#]+))?(?:\s+#.*)?")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list: a rule, in one case or (None) in all, why it may fail, and where that is written."""

    rule: str
    case: str | None
    reason: str
    place: str

    def __str__(self) -> str:
        return f"{self.rule}@{self.case}" if self.case else self.rule


def read_known_failing(path: Path, codes: Collection[str]) -> tuple[Entry, ...]:
    """Read the list at `path`; `codes` are the ids of the catalogue. Raises UsageProblem naming file and line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UsageProblem(f"{path} is not UTF-8 text: --known-failing wants a list of rule ids.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no such name"
        raise UsageProblem(f"{path} cannot be read ({reason}): give --known-failing a list of rule ids.") from None
    return parse(text, str(path), codes)


def parse(text: str, name: str, codes: Collection[str]) -> tuple[Entry, ...]:
    """The entries of a list; `name` stands for the file in places and problems."""
    entries: dict[str, Entry] = {}
    for number, line, reason in _with_reasons(text):
        entry = _entry(line, reason, f"{name}:{number}", codes)
        earlier = entries.setdefault(str(entry), entry)
        if earlier is not entry:
            raise UsageProblem(f"{entry.place}: {entry} is already listed at {earlier.place}.")
    return tuple(entries.values())


def _with_reasons(text: str) -> Iterator[tuple[int, str, str]]:
    """Every entry line with its number and the comment block directly above it (or above its block of entries)."""
    comment: list[str] = []
    entered = False
    for number, line in enumerate(map(str.strip, text.split("\n")), start=1):
        if line.startswith("#"):
            comment = [*([] if entered else comment), line.lstrip("#").strip()]
            entered = False
        elif line:
            entered = True
            yield number, line, " ".join(filter(None, comment))
        else:
            comment = []


def _entry(line: str, reason: str, place: str, codes: Collection[str]) -> Entry:
    match = _ENTRY.fullmatch(line)
    if match is None:  # the line is not quoted: a file given by mistake may hold secrets
        raise UsageProblem(f"{place}: this line is no entry; write a rule as HPP-A05 or HPP-A05@case-name.")
    if match["rule"] not in codes:
        hint = suggest(match["rule"].upper(), sorted(codes), "hpp-contract rules lists them.")
        raise UsageProblem(f"{place}: there is no rule {match['rule']}; {hint}")
    if not reason:
        raise UsageProblem(f"{place}: {match['rule']} has no reason; write one in a comment line directly above it.")
    return Entry(match["rule"], match["case"], reason, place)


def apply(report: Report, entries: Sequence[Entry], cases_run: frozenset[str] | None = None) -> Report:
    """Mark the failures that are on record, and add a problem for every entry that passes now or matches nothing.

    `cases_run` names the cases of a narrowed run (`--only`): entries about anything else are then left alone.
    """
    verdicts = tuple(_marked(verdict, [e for e in entries if e.rule == verdict.rule.id]) for verdict in report.rules)
    reasons = {entry.rule: entry.reason for entry in entries if entry.case is None}
    changes = tuple(replace(change, known_failing=reasons.get(change.aspect)) for change in report.changes)
    report = replace(report, changes=changes)
    if report.unverified is not None:  # what was not verified says nothing about an entry
        return replace(report, rules=verdicts)
    by_rule = {verdict.rule.id: verdict for verdict in report.rules}
    left_out = {rule.id for rule in report.left_out}
    due = (e for e in entries if (cases_run is None or e.case in cases_run) and e.rule not in left_out)
    stale = tuple(filter(None, (_stale(entry, by_rule.get(entry.rule)) for entry in due)))
    return replace(report, rules=verdicts, problems=report.problems + stale)


def _marked(verdict: RuleVerdict, entries: Sequence[Entry]) -> RuleVerdict:
    if verdict.outcome not in (Outcome.BROKEN, Outcome.WARNED) or not entries:
        return verdict
    whole = [entry.reason for entry in entries if entry.case is None]
    if whole:
        return replace(verdict, known_failing=whole[0])
    reasons = {entry.case: entry.reason for entry in entries}
    seen = dict.fromkeys(finding.case for finding in verdict.findings)
    all_known = verdict.total <= len(verdict.findings)
    if not all_known or any(case not in reasons for case in seen):
        return verdict
    return replace(verdict, known_failing="; ".join(dict.fromkeys(reasons[case] for case in seen)))


def _stale(entry: Entry, verdict: RuleVerdict | None) -> str | None:
    """The sentence to print when an entry excuses nothing; None when it does, or when that cannot be decided."""
    if verdict is None:
        return f"{entry.place}: {entry} matches nothing: this kind of run does not judge the rule; remove the entry."
    if verdict.outcome is Outcome.ERROR:
        return None
    if verdict.outcome is Outcome.NOT_EXERCISED:
        return f"{entry.place}: {entry} matches nothing: the rule was not exercised; remove the entry."
    if verdict.rule.severity is Severity.INFO:
        return f"{entry.place}: {entry} excuses nothing: an info rule never fails a run; remove the entry."
    if verdict.outcome is Outcome.OK:
        return f"{entry.place}: {entry} is listed as known failing but is kept now; remove the entry."
    if entry.case is None or verdict.total > len(verdict.findings):
        return None
    if entry.case not in {finding.case for finding in verdict.findings}:
        return f"{entry.place}: {entry} matches nothing: no such case fails this rule now; remove the entry."
    return None
