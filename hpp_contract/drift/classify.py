"""How bad a change is, and what the author of a client should do about it: a table, read from the top."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from hpp_contract.drift.facts import ERROR, SESSION, WARNED, FactKey, Kind, pool_of
from hpp_contract.engine.report import SEPARATOR, Change
from hpp_contract.engine.rule import ChangeClass, Severity
from hpp_contract.rules import find

How = Literal["other", "new", "gone", "back"]
"""A new value; a new property; a property that was always there and is absent; a rule that is kept again."""


@dataclass(frozen=True, slots=True)
class ClassificationRule:
    """Changes of this `kind` and `how`, in the pool or situation `where` (None: anywhere), whose name and values match
    these regular expressions whole."""

    kind: Kind
    how: How
    change_class: ChangeClass
    advice: str
    where: str | None = None
    name: str = ".*"
    before: str = ".*"
    after: str = ".*"

    def fits(self, situation: str, aspect: FactKey, how: How, before: str, after: str) -> bool:
        place = self.where in (None, situation, pool_of(situation))
        texts = ((self.name, aspect.name), (self.before, before), (self.after, after))
        same = (self.kind, self.how) == (aspect.kind, how)
        return place and same and all(re.fullmatch(pattern, text) for pattern, text in texts)


_B, _R, _A, _C = ChangeClass.BREAKING, ChangeClass.RISKY, ChangeClass.ADDITIVE, ChangeClass.COSMETIC
_LOOSER = (
    "Authentication got looser: an answer no longer proves that the credentials are right. Tell Kustom if sessions "
    "can be read without them."
)
_STATUS = "Handle the new status code before anything reads the body as a session, and decide whether polling goes on."
_FORM = "Parse this member by its meaning, not by its old form; ids are opaque strings."
_HEADER = "Nothing, unless your client reads this header."
_CACHE = "Send Cache-Control: no-cache and bypass caches: an old state may be served."
_CASE = "Compare UUIDs without regard to case."

_row = ClassificationRule

ROWS: Final[tuple[ClassificationRule, ...]] = (
    _row("answer", "other", _B, "Sessions that could be read cannot: handle this answer, and ask Kustom."),
    _row("status code", "other", _R, _LOOSER, "no-credentials", after="2..|404"),
    _row("status code", "other", _R, _LOOSER, "wrong-credentials", after="2..|404"),
    _row("status code", "other", _C, "Treat every 4xx for a malformed id alike: none is documented.", "malformed-id",
         before="(4..(, )?)+", after="4.."),
    _row("status code", "other", _B, _STATUS),
    _row("media type", "other", _B, "Read the body as JSON whatever the media type is, until this is clear.", SESSION),
    _row("media type", "other", _R, "Do not let the media type of an error decide whether the error is noticed."),
    _row("charset", "other", _C, "Nothing: JSON is UTF-8, with or without the parameter.", after="utf-8|undeclared"),
    _row("charset", "other", _B, "Decode the body as UTF-8 and look for garbled text; ask Kustom."),
    _row("body", "other", _B, "Treat a success without a session as an error, never as a session.", SESSION),
    _row("body", "other", _R, "Take the error from the status code; its body is not documented.", ERROR),
    _row("header", "new", _A, _HEADER),
    _row("header", "gone", _R, "Send the credentials at once: without a challenge, clients that wait for one never do.",
         name="www-authenticate"),
    _row("header", "gone", _R, _CACHE, name="cache-control"),
    _row("header", "gone", _C, _HEADER),
    _row("header", "other", _B, "Answer the new challenge, or send the credentials at once.", name="www-authenticate"),
    _row("header", "other", _B, "Decode this content coding, or send Accept-Encoding: identity.",
         name="content-encoding"),
    _row("header", "other", _R, _CACHE, name="cache-control", after=r".*(public|max-age=[1-9]).*"),
    _row("header", "other", _C, _HEADER),
    _row("member", "new", _A, "Ignore members you do not know; read the documentation for what this one means."),
    _row("member", "gone", _R, "Take the error from the status code; report the members that there are.", ERROR),
    _row("member", "gone", _B, "Make the member optional, and decide what your client does without it."),
    _row("member", "other", _R, "Treat null as absent.", after="null"),
    _row("member", "other", _B, "Accept the new JSON type beside the old one."),
    _row("class", "other", _C, _CASE, before="UUID", after="UUID in capitals"),
    _row("class", "other", _C, _CASE, before="UUID in capitals", after="UUID"),
    _row("class", "other", _R, _FORM, before="text"),
    _row("class", "other", _B, _FORM),
    _row("precision", "other", _C, "Parse RFC 3339 with any number of fraction digits."),
    _row("zone", "other", _R, "Parse RFC 3339 with any offset, and compare instants, not strings."),
    _row("value", "other", _R, "Treat an unknown status as not final and keep polling; never as paid.", name="/status"),
    _row("value", "other", _R, "Branch on the status code first; map an unknown error_code to a general error."),
    _row("rule", "back", _C, "Nothing: the endpoint keeps this rule again. A workaround can be removed."),
)  # fmt: skip


def change_of(situation: str, aspect: FactKey, how: How, before: str, after: str, example: str) -> Change:
    """The change with its class and advice. Raises LookupError if no row fits."""
    change_class, advice = classify(situation, aspect, how, before, after)
    return Change(change_class, f"{situation}{SEPARATOR}{aspect.text}", before, after, example, advice)


def classify(situation: str, aspect: FactKey, how: How, before: str, after: str) -> tuple[ChangeClass, str]:
    """The class of a change, and the advice. Raises LookupError if no row fits."""
    if aspect.kind == "rule" and how == "other":
        return _of_rule(aspect.name, after)
    row = next((row for row in ROWS if row.fits(situation, aspect, how, before, after)), None)
    if row is None:
        raise LookupError(f"no row for {aspect.text}, {how}")
    return row.change_class, row.advice


def _of_rule(rule_id: str, after: str) -> tuple[ChangeClass, str]:
    rule = find(rule_id)
    if rule is None:  # a baseline that a newer version wrote
        return _R, f"{rule_id} is no rule of this version."
    advice = f"Broken rule: {rule.summary} Why this matters: hpp-contract explain {rule_id}"
    heavy = rule.severity is Severity.MUST and after != WARNED
    return rule.drift_class or (_B if heavy else _R), advice
