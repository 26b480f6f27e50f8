"""A change in words: what became of a member, a header, an answer or a rule. The situation is not said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from hpp_contract.drift.facts import FactKey
from hpp_contract.engine.rule import Finding
from hpp_contract.rules import find

How = Literal["other", "new", "gone", "back"]
"""A new value; a new property; a property that was always there and is absent; a rule that is kept again."""

NOT_OBSERVED: Final = "not observed"
"""What a fact was before, in a situation that the baseline does not have."""

_OTHER: Final = {
    "answer": "answered with {after} instead of {before}",
    "status code": "answered with HTTP {after} instead of {before}",
    "media type": "declared as {after} instead of {before}",
    "charset": "charset {after} instead of {before}",
    "body": "the body is {after} instead of {before}",
    "header": "header {name} is {after} instead of {before}",
    "member": "{name} is of type {after} instead of {before}",
    "class": "{name} is written as {after} instead of {before}",
    "precision": "{name} has {after} fraction digits instead of {before}",
    "zone": "{name} ends in {after} instead of {before}",
    "value": "{name} is {after}, which is new",
}


def in_words(aspect: FactKey, how: How, before: str, after: str, findings: Sequence[Finding] = ()) -> str:
    """The change in words; of a broken rule, what it found first, by place and member."""
    if aspect.kind == "rule":
        return f"kept again: {_named(aspect.name)}" if how == "back" else _found(aspect.name, findings)
    if how == "other":
        return _OTHER[aspect.kind].format(name=aspect.name, before=before, after=after)
    if how == "new":
        return f"{aspect.text} is new ({after})" if aspect.kind == "member" else f"{aspect.text} is new"
    return f"{aspect.text} is {'gone' if after == 'absent' else after}"


def _found(rule_id: str, findings: Sequence[Finding]) -> str:
    if not findings:
        return f"no longer kept: {_named(rule_id)}"
    first, places = findings[0], len({finding.where for finding in findings})
    more = f", and {places - 1} more like it" if places > 1 else ""
    expected = "" if (first.found, first.expected) == ("absent", "present") else f" (expected: {first.expected})"
    return f"{first.where} is {first.found}{expected}{more}"


def _named(rule_id: str) -> str:
    rule = find(rule_id)
    return f"{rule.id} {rule.slug}" if rule is not None else rule_id
