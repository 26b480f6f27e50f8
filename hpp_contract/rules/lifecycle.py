"""L: the life of one session, over all the reads of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Any, Final

from hpp_contract.engine.edits import (
    OTHER_UUID,
    Edit,
    body,
    drop,
    edit_json,
    header,
    knowing,
    member,
    status,
    url,
)
from hpp_contract.engine.fault import Variation, fault, variation
from hpp_contract.engine.recorded import (
    DISABLE,
    GONE,
    HEADERS_ONLY,
    PAGE,
    REVALIDATE,
    Recorded,
    call_back,
    read_of,
    recording,
)
from hpp_contract.engine.rule import Finding, Severity, rule
from hpp_contract.model import Exchange, Instant, Trace
from hpp_contract.model.exchange import AnsweredBy
from hpp_contract.model.instant import SECOND
from hpp_contract.model.trace import Pair, successive
from hpp_contract.privacy.describe import show
from hpp_contract.privacy.redact import is_placeholder
from hpp_contract.rules.conditions import members_changed, read_twice, seen_twice
from hpp_contract.spec.fields import MEMBERS
from hpp_contract.spec.page import CALLBACKS, HAPPY_FLOW, SESSION_LIFECYCLE, SESSION_LIFETIME
from hpp_contract.spec.session import FINAL, OUTCOME

TOKEN: Final = "authorization_token"  # noqa: S105  the name of a member
EARLIER: Final = "2019-05-13T14:51:46.288Z"
"""Before any session of the reference endpoint was updated."""


def kept_as(name: str, scenario: str, recorded: Recorded, *, warns: tuple[str, ...] = ()) -> Variation:
    """A variation that takes a recording of several reads to show."""
    return variation(name, scenario, source="recorder", recorded=recorded, warns=warns)


def at_base(base: str) -> Edit:
    """Ask at this base URL."""
    return url(lambda u: f"{base}/{u.split('/', 3)[3]}")


def updated_later(seconds: int) -> Edit:
    """Update the session so many seconds later."""

    def update(session: dict[str, Any]) -> None:
        updated = Instant.parse(session["updated_at"])
        session["updated_at"] = Instant((updated.ns if updated else 0) + seconds * SECOND).format(9)

    return edit_json(update)


def _prolong(session: dict[str, Any]) -> None:
    expires = Instant.parse(session["expires_at"])
    session["expires_at"] = Instant((expires.ns if expires else 0) + 3600 * SECOND).format(3)


def _in_capitals(requested: str) -> str:
    return requested[:-36] + requested[-36:].upper()


def _status(exchange: Exchange) -> object:
    return (exchange.session or {}).get("status")


def _changes(trace: Trace) -> Iterator[Pair]:
    """Consecutive reads that differ in status."""
    return ((before, after) for before, after in trace.steps if _status(before) != _status(after))


def _is_behind(trace: Trace, before: Exchange, after: Exchange) -> bool:
    """Whether a replica that lags behind gave the second read: it is older than the first, whose state comes again."""
    one, two = before.updated_at, after.updated_at
    if one is None or two is None or two.ns >= one.ns:
        return False
    later = trace.reads[trace.reads.index(after) + 1 :]
    return any((_status(each), each.updated_at) == (_status(before), one) for each in later)


@rule(
    "HPP-L01", "final-is-final", "must", "referenced", SESSION_LIFECYCLE, scope="trace", when=seen_twice,
    faults=[fault("reopens-completed", "completed-with-order", member("status", "IN_PROGRESS"), drop(*OUTCOME),
                since=1, also=("HPP-L04",)),
            fault("revives-disabled", "disabled", member("status", "IN_PROGRESS"), since=1, also=("HPP-L04",)),
            fault("calls-back-after-the-end", "completed-with-order", member("status", "IN_PROGRESS"), drop(*OUTCOME),
                updated_later(5), call_back, since=1, source="recorder"),
            fault("answers-from-a-replica", "completed-with-order", member("status", "IN_PROGRESS"), drop(*OUTCOME),
                member("updated_at", EARLIER), header("Date", None), since=1, until=2, severity="should",
                also=("HPP-L03", "HPP-S14", "HPP-S18"))],
    variations=[
        kept_as("overlaps-another-read", "lifecycle-paid",
            recording(read_of(2, after=0, elapsed=0.9), read_of(1, after=0.5, elapsed=0.1))),
        kept_as("reads-two-environments", "lifecycle-paid",
            recording(read_of(2, at_base("https://api.playground.kustom.co")),
                      read_of(0, at_base("https://api.kustom.co"), after=9),
                      read_of(1, at_base("https://api.kustom.co"), after=10))),
        kept_as("calls-back-again-when-it-is-paid", "lifecycle-paid",
            recording(read_of(0), read_of(1, call_back, after=1), read_of(2, after=2), read_of(1, call_back, after=4))),
    ],
)  # fmt: skip
def final_is_final(trace: Trace) -> Iterator[Finding]:
    """The status never changes after COMPLETED, CANCELLED or DISABLED.

    A merchant stops polling at a final status: an order that is reopened later is shipped all the same, and one that
    completes after it was cancelled is paid for and never sent.

    It weighs less where a read with an older `updated_at` comes in between and the final status is seen again after it:
    a replica that lags behind, which the next poll corrects.
    """
    for before, after in _changes(trace):
        if _status(before) in FINAL:
            severity = Severity.SHOULD if _is_behind(trace, before, after) else None
            yield Finding("/status", show(_status(before)), show(_status(after)), after.evidence, severity=severity)


@rule(
    "HPP-L02", "never-back-to-waiting", "should", "inferred", SESSION_LIFECYCLE, scope="trace", when=seen_twice,
    faults=[fault("returns-to-waiting", "failed", member("status", "WAITING"), since=1, also=("HPP-L04",))],
    variations=[
        kept_as("dates-reads-to-the-second", "lifecycle-paid", recording(read_of(1, after=0), read_of(0, after=0))),
        kept_as("reads-for-two-merchants", "lifecycle-paid",
            recording(read_of(1, evidence="one.har#1"), read_of(0, after=9, evidence="other.har#1"),
                      read_of(1, after=10, evidence="other.har#2"))),
    ],
)  # fmt: skip
def never_back_to_waiting(trace: Trace) -> Iterator[Finding]:
    """A session that left WAITING never returns to it.

    A merchant who sees WAITING again believes the consumer never came, and may open a second session. The transitions
    are documented in an image only, and a replica may lag behind.
    """
    for before, after in _changes(trace):
        if _status(after) == "WAITING" and _status(before) not in FINAL:
            yield Finding("/status", "anything but WAITING", f'"WAITING" after {show(_status(before))}', after.evidence)


@rule(
    "HPP-L03", "update-never-back", "should", "inferred", SESSION_LIFECYCLE, scope="trace", when=read_twice,
    faults=[fault("turns-back-time", "waiting", member("updated_at", EARLIER), header("Date", None), since=1,
                also=("HPP-S18",))],
    variations=[kept_as("lags-behind-once", "lifecycle-paid",
                    recording(read_of(1), read_of(0, after=2), read_of(1, after=3)), warns=("HPP-L02", "HPP-L03"))],
)  # fmt: skip
def update_never_back(trace: Trace) -> Iterator[Finding]:
    """`updated_at` never moves back.

    A poller that keeps the state with the newest `updated_at` discards the newer state.
    """
    for before, after in trace.steps:
        one, two = before.updated_at, after.updated_at
        if one and two and two.ns < one.ns:
            yield Finding("/updated_at", "at or after the read before", f"{one - two:.3f} s earlier", after.evidence)


@rule(
    "HPP-L04", "update-moves-with-status", "should", "referenced", SESSION_LIFECYCLE, scope="trace", when=read_twice,
    faults=[fault("changes-status-silently", "waiting", member("status", "IN_PROGRESS"), since=1)],
    variations=[variation("updates-in-the-same-status", "waiting", updated_later(5), since=1)],
)  # fmt: skip
def update_moves_with_status(trace: Trace) -> Iterator[Finding]:
    """When `status` changes, so does `updated_at`.

    The lifecycle page dates each status by it, and clients skip an answer whose `updated_at` they know.
    """
    for before, after in _changes(trace):
        one, two = before.updated_at, after.updated_at
        if one and two and one.ns == two.ns:
            yield Finding("/updated_at", "moved with the status", "unchanged", after.evidence)


@rule(
    "HPP-L05", "expiry-constant", "info", "shown", HAPPY_FLOW, scope="trace", when=seen_twice,
    faults=[fault("moves-expiry", "waiting", edit_json(lambda value: value.update(expires_at=value["updated_at"])),
                since=1, also=("HPP-S16", "HPP-H12"))],
    variations=[variation("prolongs-expiry", "waiting", updated_later(5), edit_json(_prolong), since=1)],
)  # fmt: skip
def expiry_constant(trace: Trace) -> Iterator[Finding]:
    """`expires_at` does not change.

    Clients plan their polling by the first one they see. An order of Kustom's lives on when the merchant updates it, so
    its session may too.
    """
    for before, after in trace.steps:
        one, two = before.expires_at, after.expires_at
        if one and two and one.ns != two.ns:
            yield Finding("/expires_at", "unchanged", f"moved by {two - one:.3f} s", after.evidence)


@rule(
    "HPP-L06", "outcome-constant", "must", "inferred", SESSION_LIFECYCLE, scope="trace", when=seen_twice,
    faults=[fault("swaps-order", "completed-with-order", member("order_id", OTHER_UUID),
                since=1, also=("HPP-H12",)),
            fault("forgets-outcome", "completed-with-order", drop("order_id", "klarna_reference"),
                since=1, also=("HPP-C01", "HPP-C02", "HPP-H12")),
            fault("calls-back-another-reference", "completed-with-order", member("klarna_reference", "Z999ZZ9Z"),
                updated_later(5), call_back, since=1, source="recorder"),
            fault("replaces-token", "completed-with-token", member(TOKEN, OTHER_UUID),
                since=1, severity="should", also=("HPP-H12",))],
    variations=[variation("renews-token", "completed-with-token", member(TOKEN, OTHER_UUID), updated_later(5), since=1,
                    warns=("HPP-L06",)),
                variation("repeats-outcome-with-new-update", "completed-with-order", updated_later(5), since=1)],
)  # fmt: skip
def outcome_constant(trace: Trace) -> Iterator[Finding]:
    """`order_id`, `klarna_reference` and `authorization_token` do not change once they are there.

    Two reads of one paid session that lead to two orders have the merchant capture one and ship the other.

    It weighs less of an `authorization_token`, which lives for 60 minutes only, and where an outcome is absent in a
    read with an older `updated_at` and is seen again after it: a replica that lags behind. An order id or a reference
    that is absent in any status but COMPLETED is no finding.
    """
    seen: dict[str, object] = {}
    for each in trace.states:
        for name in OUTCOME:
            value = (each.session or {}).get(name)
            hidden = each.context.callback and _is_hidden(value)
            if value is not None and not hidden and seen.setdefault(name, value) != value:
                seen[name] = value
                yield _changed(name, "another value", each, Severity.SHOULD if name == TOKEN else None)
    for before, after in trace.steps:
        for name in _lost(before, after):
            lighter = name == TOKEN or _is_behind(trace, before, after)
            yield _changed(name, "absent", after, Severity.SHOULD if lighter else None)


def _changed(name: str, found: str, read: Exchange, severity: Severity | None) -> Finding:
    return Finding(f"/{name}", "as in the read before", found, read.evidence, severity=severity)


def _lost(before: Exchange, after: Exchange) -> Iterator[str]:
    """The outcome that was there and is not, while both reads are of a completed session."""
    one, two = before.session or {}, after.session or {}
    if one.get("status") == two.get("status") == "COMPLETED":
        yield from (name for name in OUTCOME if one.get(name) is not None and two.get(name) is None)


def _reached(trace: Trace) -> bool:
    return sum(exchange.response is not None for exchange in trace.exchanges) > 1


def _found_or_not(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """The exchanges that say whether the session is there."""
    return [exchange for exchange in exchanges if exchange.session is not None or exchange.status == 404]


def _by_api(exchange: Exchange) -> bool:
    return exchange.answered_by is AnsweredBy.API


@rule(
    "HPP-L07", "gone-stays-gone", "should", "inferred", "API reference 1.1 › 404", scope="trace", when=_reached,
    faults=[fault("hides-session-once", "waiting", status(404), body(b""), until=1)],
    variations=[variation("hides-behind-a-page-at-first", "waiting", PAGE, until=1),
                kept_as("asks-another-environment-first", "waiting",
                    recording(read_of(0, GONE, at_base("https://api.playground.kustom.co")),
                              read_of(1, at_base("https://api.kustom.co")),
                              read_of(2, at_base("https://api.kustom.co"))))],
)  # fmt: skip
def gone_stays_gone(trace: Trace) -> Iterator[Finding]:
    """A session that was answered with 404 is not answered with 200 later.

    404 means expired or unknown: clients stop polling there. A session that was just made may be unknown for a moment,
    and a page in the API's place says nothing of it.
    """
    for before, after in successive([each for each in _found_or_not(trace.exchanges) if _by_api(each)]):
        if (before.status, after.status) == (404, 200):
            yield Finding("status", "404 again", "200 after 404", after.evidence)


TOKEN_LIFE_S: Final = 3600
"""Seconds for which the authorization token of a completed session is valid."""

PAGES: Final = 3
"""Polls that a page in the API's place answers until the session counts as lost."""


def _kept(trace: Trace) -> bool:
    """There are several answers, or this run made the session."""
    return _reached(trace) or any(map(_just_made, trace.exchanges))


def _just_made(exchange: Exchange) -> bool:
    return exchange.context.created is not None


@rule(
    "HPP-L08", "there-until-expiry", "must", "referenced", SESSION_LIFETIME, scope="trace", when=_kept,
    faults=[fault("loses-session", "in-progress", status(404), body(b""), since=1),
            fault("loses-disabled-session", "disabled", status(404), body(b""), since=1, severity="should")],
    variations=[
        variation("answers-a-page-in-between", "waiting", PAGE, since=1, until=2),
        kept_as("disables-and-forgets", "waiting", recording(read_of(0), read_of(1, DISABLE), read_of(2, GONE))),
        kept_as("knows-no-head", "waiting", recording(read_of(0), read_of(1, HEADERS_ONLY, GONE), read_of(2))),
        kept_as("revalidates-in-between", "waiting", recording(read_of(0), read_of(1, REVALIDATE), read_of(2))),
        kept_as("forgets-after-expiry", "waiting", recording(read_of(0), read_of(1, GONE, after=200_000))),
        kept_as("asks-in-capitals-after-expiry", "waiting",
            recording(read_of(0), read_of(1, url(_in_capitals), GONE, after=200_000))),
        kept_as("is-lost-to-nobody-known", "waiting",
            recording(read_of(0, knowing(credentials=None)), read_of(1, knowing(credentials=None), GONE)),
            warns=("HPP-L08",)),
    ],
)  # fmt: skip
def there_until_expiry(trace: Trace) -> Iterator[Finding]:
    """A session that was read is not answered with 404 before its `expires_at`, and one that was just made is found
    within 10 seconds.

    The consumer may be paying at this moment: the worker that polls later finds nothing, so that the merchant never
    learns of the order and the consumer's money is taken for nothing.

    It weighs less of a session that is CANCELLED or DISABLED, and of one COMPLETED more than 60 minutes ago, the life
    of its token. It also weighs less where the recording does not show the credentials, because another merchant may
    have asked, and where a page answers in the API's place while nothing shows that the API was there. Fewer than
    three such pages are no finding, and neither is a session that was disabled through the API.
    """
    exchanges = trace.before_deletion
    yield from _not_found_at_first(exchanges)
    pages = [each for each in exchanges if each.status == 404 and not _by_api(each)]
    for before, after in successive(_found_or_not(exchanges)):
        expires = before.expires_at
        if after.status != 404 or before.session is None or not after.at or not expires or after.at >= expires:
            continue
        if _by_api(after) or _stays_away(trace, after, pages):
            certain = trace.identified and (_by_api(after) or trace.others_answered)
            severity = None if certain and _is_needed(before, after) else Severity.SHOULD
            found = f"404, {expires - after.at:.0f} s before expires_at"
            yield Finding("status", "200 until expires_at", found, after.evidence, severity=severity)


def _is_needed(before: Exchange, after: Exchange) -> bool:
    """Whether somebody loses something when the session is gone: it is open, or its token is still valid."""
    if _status(before) != "COMPLETED":
        return _status(before) not in FINAL
    updated = before.updated_at
    return updated is None or after.at is None or after.at - updated <= TOKEN_LIFE_S


def _stays_away(trace: Trace, first: Exchange, pages: list[Exchange]) -> bool:
    """Whether pages answer from this exchange on, at least three times and to the end."""
    later = trace.exchanges[trace.exchanges.index(first) :]
    return sum(each in pages for each in later) >= PAGES and not any(each.session is not None for each in later)


def _is_refusal(exchange: Exchange) -> bool:
    """Whether this was to be a session and is none, though the API was there: as it said itself, or to others."""
    there = exchange.is_answered or exchange.context.unanswered == "alone"
    return there and exchange.status not in (200, 401)


def _not_found_at_first(exchanges: Sequence[Exchange]) -> Iterator[Finding]:
    """What a session that this run made was answered until it was read; a 401 is the key's."""
    early = list(takewhile(lambda each: each.session is None, exchanges))
    refused = [each for each in early if _just_made(each) and _is_refusal(each)]
    settled = any(each.context.created is not None and each.context.created.settled for each in refused)
    if settled or (refused and len(early) == len(exchanges)):
        yield Finding(
            "status", "200 for a session that was just made",
            f"{refused[-1].status or refused[-1].failure} {'after 10 seconds' if settled else 'at first'}",
            refused[-1].evidence,
            severity=None if settled else Severity.SHOULD,
        )  # fmt: skip


@rule(
    "HPP-L09", "no-outage-between-reads", "should", "inferred", "Polling implies availability", scope="trace",
    when=_reached,
    transient=True,
    faults=[fault("fails-in-between", "in-progress", status(503), body(b""), since=1, until=2, also=("HPP-H03",))],
    variations=[variation("is-limited-in-between", "in-progress", status(429), body(b""), header("Retry-After", "0"),
                    since=1, until=2, warns=("HPP-H03",))],
)  # fmt: skip
def no_outage_between_reads(trace: Trace) -> Iterator[Finding]:
    """A session does not alternate between 200 and 5xx.

    Each 5xx is a poll lost, and a client without retries reports an error for a correct session.
    """
    for before, after in successive(trace.exchanges):
        if (before.status or 0) >= 500 and after.status == 200:
            yield Finding("status", "200 throughout", f"{before.status} and then 200", before.evidence)


def _called_and_read(trace: Trace) -> bool:
    return bool(trace.callbacks and trace.reads)


def _in_other_zone(session: dict[str, Any]) -> None:
    """Write when the session was updated in another notation."""
    session["updated_at"] = (Instant.parse(session["updated_at"]) or Instant(0)).format(9, "+02:00")


@rule(
    "HPP-L10", "callback-as-read", "should", "referenced", CALLBACKS, scope="trace", when=_called_and_read,
    faults=[fault("calls-back-another-status", "in-progress", member("status", "BACK"), call_back, since=1,
                source="recorder"),
            fault("calls-back-another-order", "completed-with-order", member("order_id", OTHER_UUID), call_back,
                since=1, source="recorder", also=("HPP-L06",))],
    variations=[
        variation("calls-back-in-another-zone", "completed-with-order", edit_json(_in_other_zone), call_back, since=1,
            source="recorder"),
        variation("calls-back-without-a-person", "manual-id-check", drop("customer", "manual_identification"),
            call_back, since=1, source="recorder"),
        variation("hides-reference-of-callback", "completed-with-order", member("klarna_reference", "[FILTERED]"),
            call_back, since=1, source="recorder"),
        kept_as("calls-back-late", "lifecycle-paid", recording(read_of(2, after=0), read_of(1, call_back, after=9),
                                                              read_of(2, call_back, after=10))),
    ],
)  # fmt: skip
def callback_as_read(trace: Trace) -> Iterator[Finding]:
    """A status callback shows a session as a read with the same `updated_at` does.

    A merchant who waits for callbacks ships, and one who polls does not, or the other way round.

    Whoever keeps callbacks takes people out of them, and hides other members: neither is compared. Nor is a status
    where the session is dated to the second, in which it may have changed.
    """
    reads: dict[int, Exchange] = {}
    for read in trace.reads:
        if read.updated_at is not None:
            reads.setdefault(read.updated_at.ns, read)
    for callback in trace.callbacks:
        updated = callback.updated_at
        same = reads.get(updated.ns) if updated is not None else None
        if updated is None or same is None or (updated.digits == 0 and _status(callback) != _status(same)):
            continue
        changed = [name for name in members_changed(same, callback) if _is_comparable(name, same, callback)]
        if changed:
            name = "status" if "status" in changed else changed[0][:40]
            yield Finding(f"/session/{name}", "as in the read of this update", "another value", callback.evidence)


def _is_comparable(name: str, read: Exchange, callback: Exchange) -> bool:
    """Whether a read and a callback have to agree in this member."""
    if name == "status":  # a word of capitals, as placeholders are
        return True
    values = [(each.session or {}).get(name) for each in (read, callback)]
    if name in ("session_id", "updated_at") or MEMBERS.get(name) == "person" or any(map(_is_hidden, values)):
        return False
    return name != TOKEN or None not in values


def _is_hidden(value: object) -> bool:
    """Whether a recorder wrote a placeholder in the place of a member's value."""
    return isinstance(value, str) and is_placeholder(value)
