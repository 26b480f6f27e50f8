"""What every report says, computed once: a writer puts a ReportView into its format and decides nothing else.

How many findings of a rule are listed is the format's choice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final

from hpp_contract.cases import CASES
from hpp_contract.engine.errors import KEPT, UNVERIFIED
from hpp_contract.engine.report import NOT_ANSWERED, SEPARATOR, Change, Outcome, Report, RuleVerdict, Slice, heaviest
from hpp_contract.engine.rule import ChangeClass, Consequence, Finding, Rule, Severity
from hpp_contract.reporting.reproduce import SERVE, reproduce_command
from hpp_contract.rules import LETTERS, find

if TYPE_CHECKING:  # only `hpp-contract drift` has a history
    from hpp_contract.drift.history import Run

OUTCOMES = {
    Outcome.OK: "ok",
    Outcome.BROKEN: "broken",
    Outcome.WARNED: "warned",
    Outcome.NOT_EXERCISED: "not exercised",
    Outcome.ERROR: "error",
}
FAILED = (Outcome.BROKEN, Outcome.ERROR, Outcome.WARNED)
"""The outcomes that reports explain, in the order in which they do."""

INFORMATION = "For information (does not change the result)"
"""The heading above the findings of info rules."""


COULD_NOT = "Could not verify"
REST = "the rest could not be verified: "


def plural(count: int, word: str) -> str:
    """`1 rule`, `2 rules`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


NAMED: Final = 4
"""Cases of one finding that are named; the others are counted."""

REASON: Final = 100
"""Characters of what was found that a line about what matters shows."""

UNTESTED: Final = 8
"""Rules that were not tested and are named in one line; of more, only the number is."""

MATTERS: Final = 3
"""What matters, in so many lines at most."""


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding, how many `further` ones say the same of other evidence, the text of its exchange if there is one, the
    `command` that shows the finding again (empty where there is none), and what it weighs. `is_lighter` says that this
    is less than the heaviest beside it. `cases` are all that show it, of a client that was judged by written cases."""

    finding: Finding
    further: int
    exchange: str
    command: str
    weight: Severity
    is_lighter: bool
    cases: tuple[str, ...] = ()

    @property
    def location(self) -> str:
        """Where the evidence is, in one line: `x.yaml#2 (case smoke) and 3 more places`, or of a client the cases."""
        if self.cases:
            return f"{self.case_word} {self.case_names}"
        case, evidence = self.finding.case, self.finding.evidence
        named = f"(case {case})" if case and evidence else f"case {case}" if case else ""
        return " ".join(filter(None, (evidence, named, self.further_places)))

    @property
    def case_word(self) -> str:
        return "case" if len(self.cases) == 1 else "cases"

    @property
    def case_names(self) -> str:
        """`smoke, waiting and 3 more`."""
        named, more = ", ".join(self.cases[:NAMED]), len(self.cases) - NAMED
        return f"{named} and {more} more" if more > 0 else named

    @property
    def further_places(self) -> str:
        return f"and {plural(self.further, 'more place')}" if self.further else ""

    @property
    def fields(self) -> dict[str, str]:
        """The finding in the words of every report."""
        finding = self.finding
        last = (self.case_word, self.case_names) if self.cases else ("evidence", self.location)
        return {"where": finding.where, "expected": finding.expected, "found": self.found, last[0]: last[1]}

    @property
    def found(self) -> str:
        """What was found, and how much that weighs where it is less than what stands beside it."""
        word = "for information" if self.weight is Severity.INFO else "a warning"
        return f"{self.finding.found} (only {word})" if self.is_lighter else self.finding.found


@dataclass(frozen=True, slots=True)
class Block:
    """A rule with its verdict. Findings that say the same of different evidence are one FindingView. Of a client,
    `judged` is the number of cases that the rule was judged in, and `failing` of those that came to the verdict."""

    verdict: RuleVerdict
    findings: tuple[FindingView, ...]
    failing: int = 0
    judged: int = 0

    @property
    def rule(self) -> Rule:
        return self.verdict.rule

    @property
    def name(self) -> str:
        """`HPP-S05 status-known`."""
        return f"{self.rule.id} {self.rule.slug}"

    @property
    def severity(self) -> Severity:
        """How much its heaviest finding weighs; without any, how much one could."""
        return heaviest(self.rule, self.verdict.findings) or self.rule.severity

    @property
    def weight(self) -> str:
        """The severity in words: `must`, or `should here` where all that was found weighs less than the rule can."""
        return self.severity if self.severity is self.rule.severity else f"{self.severity} here"

    @property
    def has_lighter(self) -> bool:
        """Whether any finding weighs less than the rule can: the rule's exceptions say why."""
        return any(view.weight is not self.rule.severity for view in self.findings)

    @property
    def outcome(self) -> str:
        """The outcome in words."""
        return OUTCOMES[self.verdict.outcome]

    @property
    def total(self) -> int:
        """How many findings there were, kept in the report or not."""
        return total(self.verdict)

    @property
    def places(self) -> str:
        return plural(self.total, "place")

    @property
    def is_no_order(self) -> bool:
        """Whether it says that the client gives its caller no order at all, which is told before all else."""
        return self.rule.consequence is Consequence.NO_ORDER

    @property
    def in_cases(self) -> str:
        """`39 of 43 cases`; empty where there are no cases."""
        return f"{self.failing} of {plural(self.judged, 'case')}" if self.judged else ""

    @property
    def matter(self) -> str:
        """What the broken rule means, and in how many cases; empty for rules that no client is judged by."""
        found = self.findings[0].finding.found if self.findings else ""
        short = f"{found[:REASON]}…" if len(found) > REASON else found
        return self.rule.in_words(self.failing, self.judged, short)

    def more(self, listed: int) -> int:
        """How many findings remain after the first `listed` views."""
        return self.total - sum(1 + view.further for view in self.findings[:listed])


@dataclass(frozen=True, slots=True)
class Letter:
    """The rules of one letter, and what they are about."""

    letter: str
    about: str
    blocks: tuple[Block, ...]

    def count(self, outcome: Outcome) -> int:
        return sum(block.verdict.outcome is outcome for block in self.blocks)


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    """The same change in several situations, and what only `follows` from it; `first` stands for all of `same`."""

    same: tuple[Change, ...]
    follows: tuple[Change, ...] = ()

    @property
    def first(self) -> Change:
        return self.same[0]

    @property
    def changes(self) -> tuple[Change, ...]:
        return (*self.same, *self.follows)

    @property
    def change_class(self) -> ChangeClass:
        """How bad the worst of it is."""
        return min((change.change_class for change in self.changes), key=_CLASSES.index)

    @property
    def fact(self) -> str:
        """`waiting, in-progress · /expires_at`."""
        return f"{self._situations}{SEPARATOR}{self.first.aspect}"

    @property
    def title(self) -> str:
        """What changed, in words: `waiting, in-progress · /expires_at is gone`."""
        return f"{self._situations}{SEPARATOR}{_words(self.first)}"

    @property
    def _situations(self) -> str:
        """Those that only gather others (`any …`) are left out."""
        situations = list(dict.fromkeys(change.situation for change in self.same))
        return ", ".join([name for name in situations if not name.startswith("any ")] or situations)

    @property
    def is_known(self) -> bool:
        """Whether the history had it before this run."""
        return bool(self.first.known_since)

    @property
    def news(self) -> str:
        """`new`, `known since 2026-11-20` (with the time where that day has several runs), or nothing where no history
        is kept."""
        since = self.first.known_since
        if not since:
            return "" if since is None else "new"
        return f"known since {since[:10]}" + (f" {since[11:16]}" if self.first.with_time else "")

    @property
    def label(self) -> str:
        """`breaking, new`."""
        return ", ".join(filter(None, (self.change_class, self.news)))

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that see the change, each once."""
        found = dict.fromkeys(find(change.aspect) for change in self.changes)
        return tuple(rule for rule in found if rule is not None)

    @property
    def fields(self) -> dict[str, str]:
        """The change in the words of every report; fields that have nothing to say are left out."""
        first, is_rule = self.first, find(self.first.aspect) is not None
        others = dict.fromkeys(_words(change) for change in self.follows if find(change.aspect) is None)
        reasons = dict.fromkeys(change.known_failing for change in self.changes if change.known_failing is not None)
        every = {
            "before": "" if is_rule else first.before,
            "after": "" if is_rule else first.after,
            "also": ", ".join(others),
            "rules": ", ".join(f"{rule.id} {rule.slug}" for rule in self.rules),
            "known failing": "; ".join(reasons),
            "example": first.example,
            "advice": first.advice,
        }
        return {name: text for name, text in every.items() if text}


_CLASSES = tuple(ChangeClass)


def _words(change: Change) -> str:
    """What changed; of a line that an older version wrote, as far as it says."""
    return change.what or f"{change.aspect}: {change.after} instead of {change.before}"


@dataclass(frozen=True)
class ReportView:
    """A report that has been sanitized, as its readers see it. Writers share the parts, each computed at most once.

    `history` are the drift runs so far, oldest first; `written` is the time of writing in words; `narrowed` where only
    chosen cases were run.
    """

    report: Report
    history: Sequence[Run] = ()
    written: str = ""
    narrowed: bool = False

    @property
    def is_drift(self) -> bool:
        return self.report.subject.kind == "drift"

    @cached_property
    def headline(self) -> str:
        """The verdict in words; it agrees with the exit code."""
        known = sum(1 for verdict in self.report.rules if verdict.known_failing is not None)
        left_out = len(self.report.left_out)
        asides = [f"{plural(known, 'known failure')} on record"] if known else []
        asides += [f"{plural(left_out, 'rule')} left out"] if left_out else []
        aside = f" ({', '.join(asides)})" if asides else ""
        return (_drift(self.report) if self.is_drift else _verdict(self.report)) + aside

    @property
    def verdict(self) -> tuple[str, str]:
        """The headline in two: what is read from afar, and why not everything could be verified, or nothing."""
        if self.doubt is not None and self.headline.startswith(f"{COULD_NOT}: "):
            return COULD_NOT, self.headline.removeprefix(f"{COULD_NOT}: ")
        word, mark, reason = self.headline.partition(f"; {REST}")
        return word, f"{REST.capitalize()}{reason}" if mark else ""

    @cached_property
    def doubt(self) -> str | None:
        """Why the run could not be verified, or what it asked beside what is broken; None when it could."""
        return _doubt(self.report)

    @property
    def counts(self) -> str:
        """`54 rules: 40 ok, 2 broken, 1 warned, 11 not exercised, 0 errors`."""
        summary = self.report.summary
        parts = [f"{summary[outcome]} {word}" for outcome, word in OUTCOMES.items() if outcome is not Outcome.ERROR]
        errors = plural(summary[Outcome.ERROR], "error")
        return f"{plural(len(self.report.rules), 'rule')}: {', '.join(parts)}, {errors}"

    @cached_property
    def letters(self) -> tuple[Letter, ...]:
        """Every rule under its letter, letters in reading order, only those that have any."""
        groups: dict[str, list[Block]] = {letter: [] for letter in LETTERS}
        for verdict in self.report.rules:
            groups.setdefault(verdict.rule.letter, []).append(self._block(verdict))
        return tuple(
            Letter(letter, LETTERS.get(letter, "further rules"), tuple(blocks))
            for letter, blocks in groups.items()
            if blocks
        )

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The rules that were broken, that crashed and that warn, in this order, then by consequence, by how many cases
        failed, and by letter."""

        def rank(block: Block) -> tuple[int, int, int]:
            return FAILED.index(block.verdict.outcome), block.rule.consequence.rank, -block.failing

        return tuple(sorted(self._with_outcome(*FAILED), key=rank))

    @cached_property
    def matters(self) -> tuple[str, ...]:
        """What matters about a client, by consequence, in a few lines: of each the rule that failed most often, and the
        names of the others. What nobody knows of yet goes before what is on record."""
        if self.report.subject.kind != "client":
            return ()
        groups: dict[Consequence, list[Block]] = {}
        failed = [block for block in self.blocks if block.verdict.outcome is not Outcome.ERROR]
        for block in sorted(failed, key=lambda one: (one.verdict.known_failing is not None, not one.is_no_order)):
            groups.setdefault(block.rule.consequence, []).append(block)
        fails = any(block.verdict.counts for block in failed) and not self.report.strict
        return tuple(_matter(blocks, fails) for blocks in list(groups.values())[:MATTERS])

    @cached_property
    def not_exercised(self) -> tuple[Block, ...]:
        return self._with_outcome(Outcome.NOT_EXERCISED)

    @property
    def has_judged(self) -> bool:
        """Whether any rule had something to judge."""
        return len(self.not_exercised) < len(self.report.rules)

    @property
    def not_tested(self) -> str:
        """The rules that were not exercised, in a line; there are some."""
        names, every = [block.rule.id for block in self.not_exercised], len(self.report.rules)
        number = f"all {every} rules" if len(names) == every else str(len(names))
        listed = f": {', '.join(names)}" if len(names) <= UNTESTED and len(names) < every else ""
        return f"Not tested: this run had nothing these rules apply to ({number}){listed}"

    @cached_property
    def informational(self) -> tuple[Block, ...]:
        """Rules that found something for information only, in the order of the report."""
        return tuple(
            self._block(verdict) for verdict in self.report.rules if verdict.findings and verdict.outcome is Outcome.OK
        )

    @cached_property
    def changes(self) -> tuple[ChangeGroup, ...]:
        return grouped_changes(self.report.changes)

    @property
    def learned(self) -> tuple[str, ...]:
        """What was learned: a line for each question that was answered, and one for all that were not."""
        learned = self.report.learned
        answered = tuple(f"{question} {answer}" for question, answer in learned if answer != NOT_ANSWERED)
        still_open = " ".join(question for question, answer in learned if answer == NOT_ANSWERED)
        return (*answered, *((f"Not answered: {still_open}",) if still_open else ()))

    @property
    def more_command(self) -> str:
        """The command that says more about this report; empty where there is nothing to say more about."""
        shown = (
            [rule for group in self.changes for rule in group.rules]
            if self.is_drift
            else [block.rule for block in self.blocks]
        )
        if shown:
            return f"hpp-contract explain {shown[0].id}"
        return "" if self.is_drift or self.report.exit_code == UNVERIFIED else "hpp-contract rules"

    @property
    def more_label(self) -> str:
        """What that command says."""
        return "Why this matters" if "explain" in self.more_command else "See more"

    def command_of(self, group: ChangeGroup) -> str:
        """The line that asks again what shows a change; empty where there is none."""
        return self.report.commands.get(group.first.example, "")

    def fails(self, group: ChangeGroup) -> bool:
        """Whether a change makes the run fail, or what follows from it."""
        return any(map(self.report.fails, group.changes))

    @property
    def reproduce(self) -> str:
        """The command that runs one case of a client again, the first that failed in what matters most; empty where
        there is none."""
        views = (block.findings[0] for block in self.blocks if block.findings)
        return next((view.command for view in views if view.command and self.report.subject.kind == "client"), "")

    def _with_outcome(self, *outcomes: Outcome) -> tuple[Block, ...]:
        blocks = [block for letter in self.letters for block in letter.blocks]
        return tuple(block for outcome in outcomes for block in blocks if block.verdict.outcome is outcome)

    def _block(self, verdict: RuleVerdict) -> Block:
        weight = verdict.rule.weight
        most = heaviest(verdict.rule, verdict.findings)
        same: dict[tuple[object, ...], list[Finding]] = {}
        for finding in sorted(verdict.findings, key=lambda one: weight(one).rank):
            same.setdefault((finding.where, finding.expected, finding.found, weight(finding)), []).append(finding)
        alike = ((found, weight(found[0])) for found in same.values())
        views = tuple(self._finding(verdict.rule, *one, is_lighter=one[1] is not most) for one in alike)
        found = [part.outcomes[verdict.rule.id] for part in self._cases if verdict.rule.id in part.outcomes]
        failing = sum(outcome is verdict.outcome for outcome in found)
        if verdict.outcome is Outcome.OK:  # what was found is for information
            failing = len({finding.case for finding in verdict.findings})
        return Block(verdict, views, failing, len(found))

    @cached_property
    def _cases(self) -> tuple[Slice, ...]:
        """The cases that a client was judged by."""
        return self.report.slices if self.report.subject.kind == "client" else ()

    def _finding(self, rule: Rule, found: list[Finding], weight: Severity, *, is_lighter: bool) -> FindingView:
        """The view of findings that say the same; the plainest case and those that are about the rule come first."""
        about = (case.name for case in CASES.values() if rule.id in case.rules or case.name == "smoke")
        found, report = sorted(found, key=partial(_is_unrelated, frozenset(about))), self.report
        first = found[0]
        exchange, command = report.exchanges.get(first.evidence, ""), reproduce_command(report, first)
        written = report.subject.kind == "client" and SERVE not in first.evidence
        cases = tuple(dict.fromkeys(each.case for each in found if each.case)) if written else ()
        return FindingView(first, len(found) - 1, exchange, command, weight, is_lighter, cases)


def _is_unrelated(cases: frozenset[str], finding: Finding) -> bool:
    """Whether it was found in none of these cases, though in one."""
    return bool(finding.case) and finding.case not in cases


def _matter(blocks: list[Block], fails: bool) -> str:
    """The line about rules of one consequence: about the first of them. Where the run `fails`, it is said of the others
    that they only warn."""
    first, *others = blocks
    also = f", also {', '.join(block.rule.id for block in others)}" if others else ""
    known = "; known failing" if first.verdict.known_failing is not None else ""
    light = fails and not known and all(block.verdict.outcome is Outcome.WARNED for block in blocks)
    return f"{first.matter} ({first.rule.id}{also}{known}{'; warns' if light else ''})"


def total(verdict: RuleVerdict) -> int:
    """How many findings there were, kept in the report or not."""
    return max(verdict.total, len(verdict.findings))


# --- Headline


def _verdict(report: Report) -> str:
    if report.exit_code == UNVERIFIED:
        return f"{COULD_NOT}: {_doubt(report)}{_verified(report)}"
    warned = sum(v.outcome is Outcome.WARNED and v.known_failing is None for v in report.rules)
    if report.exit_code == KEPT:
        kept = f"Contract kept, with {plural(warned, 'warning')}" if warned else "Contract kept"
        return kept + (", but no session in it: nothing but refusals was judged" if _has_no_session(report) else "")
    return _broken(report, warned) + _rest(report)


def _doubt(report: Report) -> str | None:
    if report.unverified is not None or report.exit_code != UNVERIFIED:
        return report.unverified
    return f"{plural(report.summary[Outcome.ERROR], 'rule')} crashed, which is a fault of hpp-contract"


def _verified(report: Report) -> str:
    """What was verified in spite of what was not, as a further sentence."""
    counts = {OUTCOMES[outcome]: report.summary[outcome] for outcome in (Outcome.OK, Outcome.WARNED)}
    words = [f"{plural(count, 'rule')} {word}" for word, count in counts.items() if count]
    end = "" if (_doubt(report) or "").endswith(".") else "."
    return f"{end} Verified all the same: {', '.join(words)}" if words else ""


def _has_no_session(report: Report) -> bool:
    """Whether a recording has answers, and none of them a session."""
    about_sessions = [verdict for verdict in report.rules if verdict.rule.letter == "S"]
    silent = all(verdict.outcome is Outcome.NOT_EXERCISED for verdict in about_sessions)
    return report.subject.kind == "recording" and bool(about_sessions) and silent


def _drift(report: Report) -> str:
    counts = _counted(grouped_changes(report.changes))
    changed = f"{report.done}; not accepted: {counts}" if report.done else f"Drift: {counts}"
    changed = changed if report.changes else report.done
    if report.exit_code == UNVERIFIED:
        return f"{COULD_NOT}: {_doubt(report)} {changed}".rstrip()
    if report.problems and not changed:
        return _problems(report)
    harmless = ", which does not fail the run" if report.exit_code == KEPT and report.changes else ""
    return f"{changed or 'No drift'}{harmless}{_rest(report)}"


def _rest(report: Report) -> str:
    return f"; {REST}{report.unverified}" if report.unverified is not None else ""


def _broken(report: Report, warned: int) -> str:
    broken = sum(1 for verdict in report.rules if verdict.counts)
    if broken:
        return f"Contract broken: {plural(broken, 'rule')}"
    if warned and report.strict:
        return f"Contract broken: {plural(warned, 'warning')}, and --strict counts them"
    return _problems(report)


def _problems(report: Report) -> str:
    return f"Not accepted: {plural(len(report.problems), 'problem')} with the run, listed below"


# --- Changes


def grouped_changes(changes: Sequence[Change]) -> tuple[ChangeGroup, ...]:
    """A group for each cause: the same change of several situations, with all that follows from it. New ones come
    first, and of them the worst."""
    by_fact = {change.fact: change for change in reversed(changes)}
    same: dict[tuple[str | None, ...], list[Change]] = {}
    follows: dict[str, list[Change]] = {}
    for change in changes:
        cause = _first_cause(change, by_fact)
        if cause == change.fact:
            key = (change.aspect, change.before, change.after, change.known_since, _words(change))
            same.setdefault(key, []).append(change)
        else:
            follows.setdefault(cause, []).append(change)
    groups = [
        ChangeGroup(tuple(group), tuple(each for one in group for each in follows.pop(one.fact, ())))
        for group in same.values()
    ]
    return tuple(sorted(groups, key=lambda group: (group.is_known, _CLASSES.index(group.change_class))))


def _first_cause(change: Change, by_fact: Mapping[str, Change]) -> str:
    """The fact at which a chain of causes begins. A history from outside may hold a circle."""
    passed: set[str] = set()
    while change.cause in by_fact and change.fact not in passed:
        passed.add(change.fact)
        change = by_fact[change.cause]
    return change.fact


def by_class(changes: Sequence[Change]) -> str:
    """`2 breaking, 1 additive`; empty when there are none."""
    return _by_class(grouped_changes(changes))


def _by_class(groups: Iterable[ChangeGroup]) -> str:
    counts = Counter(group.change_class for group in groups)
    return ", ".join(f"{counts[each]} {each}" for each in ChangeClass if counts[each])


def _counted(groups: Sequence[ChangeGroup]) -> str:
    """`1 breaking new; 2 additive known`, or by class alone where no history is kept."""
    if all(group.first.known_since is None for group in groups):
        return _by_class(groups)
    counts = {word: _by_class(group for group in groups if group.is_known is (word == "known")) for word in _NEWS}
    return "; ".join(f"{count} {word}" for word, count in counts.items() if count)


_NEWS = ("new", "known")
