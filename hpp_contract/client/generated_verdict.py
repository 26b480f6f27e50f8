"""What a generated round comes to: verdicts like a case's, notes, and files with the simplest sessions that fail."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from hpp_contract.client.generated import GeneratedRun
from hpp_contract.client.generated_case import GeneratedCase, keep, repeat
from hpp_contract.client.verdicts import RULES
from hpp_contract.engine import Outcome, RuleVerdict
from hpp_contract.engine.refusal import raise_refusal


@dataclass(frozen=True)
class GeneratedOptions:
    """A round to run: how many sessions, by which seed, and the folder for those that fail (None is a new one in the
    system's folder for temporary files)."""

    count: int
    seed: int = 0
    folder: Path | None = None


def summarize(
    done: GeneratedRun, wanted: GeneratedOptions, spares: Collection[str]
) -> tuple[tuple[RuleVerdict, ...], list[str]]:
    """The verdicts of a round that was run, and what is worth knowing about it.

    A failure that does not come again is no verdict: it may have been this machine.
    """
    failed: dict[str, RuleVerdict] = {}
    unsure: list[str] = []
    shown: list[str] = []
    for case, rules in _by_case(done).items():
        more = repeat(case)
        found = done.failures(more)
        unsure += sorted(rules - found.keys())
        if confirmed := rules & found.keys():
            command = _kept(more, min(confirmed), wanted.folder)
            shown.append(f"{', '.join(sorted(confirmed))}: {command}, then ask for {more.own_id}.")
            failed |= {rule: _evident(found[rule], f"{more.text}: {command}") for rule in confirmed}
    verdicts = tuple(failed.get(rule.id) or _passed(rule.id, done) for rule in RULES)
    return verdicts, [*_notes(done, wanted, unsure, spares), *shown]


def _by_case(done: GeneratedRun) -> dict[GeneratedCase, set[str]]:
    found: dict[GeneratedCase, set[str]] = {}
    for rule, (case, _) in done.worst.items():
        found.setdefault(case, set()).add(rule)
    return found


def _passed(rule_id: str, done: GeneratedRun) -> RuleVerdict:
    [rule] = [rule for rule in RULES if rule.id == rule_id]
    return RuleVerdict(rule, Outcome.OK if rule_id in done.exercised else Outcome.NOT_EXERCISED)


def _kept(case: GeneratedCase, rule: str, folder: Path | None) -> str:
    try:
        return keep(case, rule, folder)
    except OSError as error:
        raise_refusal(error)
        return f"hpp-contract serve --body FILE (which could not be written: {error.strerror})"


def _evident(verdict: RuleVerdict, evidence: str) -> RuleVerdict:
    return replace(verdict, findings=tuple(replace(finding, evidence=evidence) for finding in verdict.findings))


def _notes(done: GeneratedRun, wanted: GeneratedOptions, unsure: list[str], spares: Collection[str]) -> Iterator[str]:
    seed = f"(seed {wanted.seed})"
    if done.worst:
        yield (
            f"Of generated sessions {seed}, number {done.drawn} was the first to fail; "
            f"{done.simpler} more were read to find the simplest."
        )
    elif done.late:
        yield f"{done.drawn} of {wanted.count} generated sessions {seed} were read; then the time for them was up."
    else:
        yield f"{done.drawn} generated sessions {seed} were read too."
    if spares:
        yield f"Generated sessions were not judged by what cases break already: {', '.join(sorted(spares))}."
    if unsure:
        yield f"A generated session failed once and not again, which counts for nothing: {', '.join(unsure)}."
