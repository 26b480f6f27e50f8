"""How bad a change is, and what the author of a client should do about it: a table, read from the top."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hpp_contract.drift.facts import ERROR, SESSION, WARNED, FactKey, Kind, pool_of
from hpp_contract.drift.words import How, in_words
from hpp_contract.engine.report import SEPARATOR, Change
from hpp_contract.engine.rule import ChangeClass, Finding, Severity
from hpp_contract.rules import find


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


def change_of(
    situation: str, aspect: FactKey, how: How, before: str, after: str, example: str, findings: Sequence[Finding] = ()
) -> Change:
    """The change with its class, advice and words; of a broken rule, `findings` say what it is. Raises LookupError if
    no row fits."""
    change_class, advice = classify(situation, aspect, how, before, after)
    fact = f"{situation}{SEPARATOR}{aspect.text}"
    return Change(change_class, fact, before, after, example, advice, in_words(aspect, how, before, after, findings))


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
    heavy = rule.severity is Severity.MUST and after != WARNED
    return rule.drift_class or (_B if heavy else _R), advice_about(rule_id)


def advice_about(rule_id: str) -> str:
    """What the author of a client should do when an endpoint begins to break a rule."""
    return next(advice for pattern, advice in ADVICE if re.fullmatch(f"HPP-({pattern})", rule_id))


_BODY = "Treat a success without a whole session as an error, never as a session."
_PARSERS = "Refuse this body with an error, and ask Kustom: what a client reads in it depends on its parser."
_ERRORS = "Take the error from the status code; the body of an error is not documented."
_PAID = "Take a session for paid by its status alone, never by an order, a reference or a token in it."
_NEWEST = "Keep the state with the newest updated_at, and do not undo what a later one has begun."
_EXPIRY = "Read expires_at from every answer, and stop polling by the latest one."
_PERSON = "Take every member about a person as optional, and do not stop at one that has another form."
_LOOK = "Look at the finding, and try your client with an answer like it: hpp-contract serve has one for each rule."

ADVICE: Final = (
    ("C01", "Do not ship yet, and alert somebody: COMPLETED no longer says which order was paid. Ask Kustom."),
    ("C02|C04", "Keep the order by its order_id, and take the reference as optional: read it again later."),
    ("C03", "Use the order where there is one, and never place the token beside it: the consumer would pay twice."),
    ("C07|H18", "Compare order_id with the order that the session was made for, before anything is shipped."),
    ("C05|S07", "Treat ids as opaque texts, and refuse an empty one."),
    ("E01|E02", _LOOSER),
    ("E03|L07|L08", "Do not give a session up at the first 404, nor keep it for ever: poll until its expires_at."),
    ("E04", "Check the form of an id before it is sent, and treat any answer to a malformed one as an error."),
    ("E05", "Do not drop the key at one 401: try another session, and ask Kustom."),
    ("E06|E07|E08|E11", _ERRORS),
    ("E09", "Read nothing from an error, and do not log its body. Tell Kustom: it shows a session to others."),
    ("E10", "Send the credentials at once: without a challenge, clients that wait for one never do."),
    ("E12", "Replace the key: whoever reads a log of these answers has it. Tell Kustom."),
    ("E13", "Show the text of an error to no consumer. Tell Kustom."),
    ("E15", "Follow no redirect with credentials, and take a page for an outage, not for a refusal."),
    ("E16|E17", "See which of the two your client sends, the key alone or with its user name, and send the other."),
    ("H01", _STATUS),
    ("H02", "Give up on such a session after a time of your own, and alert somebody: an order may be behind it."),
    ("H05", "Read the body as JSON whatever the media type is, until this is clear."),
    ("H06", "Decode the body as UTF-8 and look for garbled text; ask Kustom."),
    ("H07", "Skip a byte order mark before the body is parsed."),
    ("H08|H14|S01", _BODY),
    ("H09|H10", _PARSERS),
    ("H11", _CACHE),
    ("H12|L04", "Compare whole sessions to notice a change, not updated_at alone."),
    ("H15", "Decode this content coding, or send Accept-Encoding: identity."),
    ("H17", "Do not take a new status for something that the consumer did."),
    ("H19|H20|S14", _EXPIRY),
    ("H21", "Read sessions below your own base URL, and report a session_url that leads elsewhere."),
    ("L01|L06", "Keep the first outcome, and alert somebody: what was shipped or refunded may be wrong now."),
    ("L02|L03|S17", _NEWEST),
    ("P0[123]", _PAID),
    ("S02", "Make the member optional, and decide what your client does without it."),
    ("S03", "Accept the new JSON type beside the old one."),
    ("S04", "Compare session_id with the id that was asked for, and refuse another: it is another consumer's."),
    ("S05|S06", "Treat an unknown status as not final and keep polling; never as paid."),
    ("S08", "Parse RFC 3339 with any number of fraction digits and any offset, and refuse anything else."),
    ("S09", "Ignore members you do not know; read the documentation for what this one means."),
    ("S10", "Treat null as absent."),
    ("S11|S12", _PERSON),
    ("S13", "Store texts of any length, or refuse them whole: a text that is cut finds nothing."),
    ("S15", "Take control characters out before a text is stored or shown."),
    (".*", _LOOK),
)
"""What to do when a rule of these ids begins to be broken, read from the top."""
