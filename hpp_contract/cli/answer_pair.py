"""The pair of examples that `explain` prints for a rule about answers: what a good client tells, and what one
with the rule's own fault tells."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from hpp_contract.cases import CASES
from hpp_contract.cases.scenarios import CREDENTIALS
from hpp_contract.client import ideal_read
from hpp_contract.engine.rule import Rule
from hpp_contract.model.client_read import ClientRead
from hpp_contract.model.clock import Clock, system_clock
from hpp_contract.privacy.redact import Redactor
from hpp_contract.privacy.render import render
from hpp_contract.privacy.sanitize import printable
from hpp_contract.spec.session import MEMBERS


def answer_pair(rule: Rule, clock: Clock = system_clock) -> tuple[str, str] | None:
    """The text of an answer that keeps `rule` and of one that breaks it; None when no text shows a difference."""
    honest = ((fault, ideal_read(fault.scenario, clock)) for fault in rule.faults)
    pairs = ((_text(answer), _text(fault(answer))) for fault, answer in honest)
    return next(((kept, broken) for kept, broken in pairs if kept != broken), None)


def _text(answer: ClientRead) -> str:
    redact = Redactor(CREDENTIALS.secrets)
    lines = [f"Case {answer.case}: {CASES[answer.case].description}"]
    lines += [render(answer.last, redact)] if answer.last is not None else []
    if len(answer.served) > 1:
        lines.append(f"  ({len(answer.served)} requests like this)")
    lines += [
        f"  (another host got: {', '.join(name for name, _ in x.request.headers)})" for x in answer.other_host_requests
    ]
    if answer.elapsed > 1:
        lines.append(f"  (after {answer.elapsed:g} s, with a time-out of {answer.timeout:g} s)")
    if answer.can.fields != MEMBERS:
        lines.append(f"The client exposes: {', '.join(answer.can.fields)}")
    return "\n".join([*lines, f"The caller is told: {printable(redact(_told(answer)))}"])


def _told(answer: ClientRead) -> str:
    told = answer.result
    if told.session is not None:
        return f"the session {_json({name: told.session.get(name) for name in told.session})}"
    if told.failure is not None:
        failure = told.failure
        return f"an error {_json({field.name: getattr(failure, field.name) for field in fields(failure)})}"
    return "success, with nothing in it" if told.empty else f"nothing: {told.problem or told.skipped}"


def _json(value: dict[str, Any]) -> str:
    return json.dumps({name: part for name, part in value.items() if part is not None}, ensure_ascii=False)
