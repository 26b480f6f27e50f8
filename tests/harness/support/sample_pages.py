"""Reports with everything that the HTML page can show, real and made up, and the same with other texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Literal

from hypothesis import strategies as st

from hpp_contract.cases import CASES
from hpp_contract.cases.scenarios import CREDENTIALS, session_id
from hpp_contract.drift.history import Run
from hpp_contract.engine import Outcome, Report, Subject, judge
from hpp_contract.engine.evidence import with_evidence
from hpp_contract.engine.report import Change, Poll, Slice
from hpp_contract.engine.rule import ChangeClass, Finding
from hpp_contract.engine.sanitize import sanitize_report
from hpp_contract.model import Exchange, Request
from hpp_contract.privacy.redact import Redactor
from hpp_contract.rules import CATALOGUE, find
from hpp_contract.server import Application, simulate_server
from tests.harness.support.sample_reports import HOSTILE, REPORTS

FAULTS = ("reopens-completed", "invents-status", "order-without-reference", "moves-expiry", "fails-in-between")
"""Faults that between them break must and should rules of exchanges and of traces."""


def exchanges(*names: str, polls: int = 4) -> tuple[Exchange, ...]:
    """Polls of the well-known sessions of scenarios and faults, and of `no-credentials` and the like, one by one."""
    application, read = Application(), []
    for _ in range(polls):
        for name in names:
            odd = name in ("no-credentials", "wrong-credentials", "unknown-id", "malformed-id")
            read.append(simulate_server(name)[0] if odd else application(_request(name)))
    return tuple(replace(exchange, evidence=f"GET … (read {number})") for number, exchange in enumerate(read, 1))


def _request(name: str) -> Request:
    headers = (("Authorization", CREDENTIALS.authorization), ("Content-Type", "application/json"))
    return Request("GET", f"https://hpp.example/hpp/v1/sessions/{session_id(name)}", headers)


@cache
def judged(*names: str, polls: int = 4) -> Report:
    """A report on those exchanges, ready for the page."""
    subject, evidence = Subject("endpoint", "https://api.example"), exchanges(*names, polls=polls)
    report = Report(subject, judge(evidence, CATALOGUE, subject), notes=("A note.",))
    return sanitize_report(with_evidence(report, evidence), Redactor())


def broken() -> Report:
    """A report with findings of every weight, polled sessions, and transitions that are wrong."""
    walks = ("lifecycle-paid", "lifecycle-retried", "lifecycle-missed", "manual-id-check", "expired", "no-credentials")
    return judged(*FAULTS, *walks, polls=5)


_GONE = Change(
    ChangeClass.BREAKING, "waiting · /expires_at", "present", "absent", "GET …", "Stop relying on it.",
    "/expires_at is gone", known_since="",
)  # fmt: skip

CHANGES = (
    _GONE,
    replace(_GONE, fact="in-progress · /expires_at"),
    replace(_GONE, fact="waiting · HPP-S02", before="kept", after="broken", cause=_GONE.fact),
    Change(
        ChangeClass.RISKY, "waiting · /status value", "WAITING", "PARKED",
        what="/status is PARKED, which is new", known_since="2026-11-02T02:00:00Z",
    ),
    Change(
        ChangeClass.ADDITIVE, "any session · /links", "absent", "object", what="/links is new (object)", known_since=""
    ),
)  # fmt: skip


def run(day: int, verdict: Literal["quiet", "drift", "unverified"] = "quiet", *changes: Change) -> Run:
    return Run(f"2026-11-{day:02}T02:00:00Z", "https://api.example", verdict, 0, changes)


HISTORY = (run(1), run(2, "drift", *CHANGES), run(3, "unverified"), run(4, "drift", CHANGES[3]), run(5))


def drifted() -> Report:
    """A report about drift."""
    calm = judged("lifecycle-paid")
    return replace(calm, subject=Subject("drift", "https://api.example against baseline"), changes=CHANGES)


def _dressed(report: Report, texts: list[str], words: list[str]) -> Report:
    """The report with slices, exchanges and changes of these texts."""
    named = [finding.evidence for verdict in report.rules for finding in verdict.findings]
    outcomes = {verdict.rule.id: verdict.outcome for verdict in report.rules if verdict.outcome is not Outcome.ERROR}
    reads = tuple(Poll(float(number), word) for number, word in enumerate(words))
    before, after, example, advice = texts
    fact = f"situation · {texts[0]}"
    change = Change(ChangeClass.RISKY, fact, before, after, example, advice, texts[1], known_since=texts[2])
    return replace(
        report,
        slices=(Slice(texts[0], outcomes, reads), Slice(texts[1], outcomes)),
        exchanges=dict.fromkeys(named, "\n".join(texts)),
        changes=(change,),
        learned=((texts[2], texts[3]),),
    )


HOSTILE_PAGES = st.builds(
    _dressed,
    REPORTS,
    st.lists(HOSTILE, min_size=4, max_size=4),
    st.lists(st.sampled_from(["WAITING", "COMPLETED", "404", 'X"><script>']), min_size=1, max_size=4),
)
"""Reports whose every text is hostile, in every place that the page shows."""


def rewritten(report: Report, rewrite: Callable[[str], str]) -> Report:
    """The report with every text rewritten, but for statuses, cases, and rules that a change is about: Hypothesis takes
    constants from our code, and these decide what is shown first."""

    def finding(found: Finding) -> Finding:
        texts = (found.where, found.expected, found.found, found.evidence, found.case)
        where, expected, what, evidence, case = map(rewrite, texts)
        case = found.case if found.case in CASES else case
        return Finding(where, expected, what, evidence, case, found.severity)

    def optional(text: str | None) -> str | None:
        return rewrite(text) if text is not None else None

    rules = tuple(
        replace(v, findings=tuple(map(finding, v.findings)), known_failing=optional(v.known_failing))
        for v in report.rules
    )

    def part(taken: Slice) -> Slice:
        reads = (Poll(r.at, f"X{rewrite(r.word[1:])}" if "<" in r.word else r.word) for r in taken.reads)
        return replace(taken, name=rewrite(taken.name), reads=tuple(reads))

    def change(one: Change) -> Change:
        before, after, example, advice, what = map(rewrite, (one.before, one.after, one.example, one.advice, one.what))
        aspect = one.aspect if find(one.aspect) else rewrite(one.aspect)
        fact = f"{rewrite(one.situation)} · {aspect}"
        since = optional(one.known_since)
        return Change(one.change_class, fact, before, after, example, advice, what, known_since=since)

    return replace(
        report,
        subject=replace(report.subject, name=rewrite(report.subject.name)),
        rules=rules,
        unverified=optional(report.unverified),
        problems=tuple(map(rewrite, report.problems)),
        notes=tuple(map(rewrite, report.notes)),
        slices=tuple(map(part, report.slices)),
        exchanges={rewrite(key): rewrite(text) for key, text in report.exchanges.items()},
        changes=tuple(map(change, report.changes)),
        learned=tuple((rewrite(question), rewrite(answer)) for question, answer in report.learned),
    )
