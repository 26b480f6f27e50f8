"""The last check of a report: no secret and no control character leaves in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hpp_contract.engine.report import Change, Poll, Report, RuleVerdict, Slice
from hpp_contract.engine.rule import Finding
from hpp_contract.privacy.sanitize import printable


def sanitize_report(report: Report, redact: Callable[[str], str]) -> Report:
    """The report with every text that came from outside redacted and made printable. Apply once, before printing."""

    def clean(text: str) -> str:
        return printable(redact(text))

    def optional(text: str | None) -> str | None:
        return clean(text) if text is not None else None

    def finding(found: Finding) -> Finding:
        where, expected, what, evidence, case = map(
            clean, (found.where, found.expected, found.found, found.evidence, found.case)
        )
        return Finding(where, expected, what, evidence, case, found.severity)

    def verdict(judged: RuleVerdict) -> RuleVerdict:
        findings = tuple(map(finding, judged.findings))
        return replace(judged, findings=findings, known_failing=optional(judged.known_failing))

    def change(changed: Change) -> Change:
        return Change(
            changed.change_class,
            clean(changed.fact),
            clean(changed.before),
            clean(changed.after),
            clean(changed.example),
            clean(changed.advice),
            clean(changed.what),
            clean(changed.cause),
            optional(changed.known_since),
            optional(changed.known_failing),
            changed.with_time,
        )

    def part(taken: Slice) -> Slice:
        reads = tuple(Poll(read.at, clean(read.word)) for read in taken.reads)
        return replace(taken, name=clean(taken.name), reads=reads)

    def lines(text: str) -> str:
        return "\n".join(map(clean, text.split("\n")))

    return replace(
        report,
        subject=replace(report.subject, name=clean(report.subject.name)),
        rules=tuple(map(verdict, report.rules)),
        unverified=optional(report.unverified),
        problems=tuple(map(clean, report.problems)),
        notes=tuple(map(clean, report.notes)),
        done=clean(report.done),
        asides=tuple(map(clean, report.asides)),
        reproduce=clean(report.reproduce),
        changes=tuple(map(change, report.changes)),
        learned=tuple((clean(question), clean(answer)) for question, answer in report.learned),
        slices=tuple(map(part, report.slices)),
        exchanges={clean(evidence): lines(text) for evidence, text in report.exchanges.items()},
        commands={clean(evidence): clean(text) for evidence, text in report.commands.items()},
    )
