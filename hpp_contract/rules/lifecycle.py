"""L: the life of one session, over all the reads of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from hpp_contract.engine.edits import OTHER_UUID, body, edit_json, header, member, status
from hpp_contract.engine.fault import fault
from hpp_contract.engine.rule import Finding, rule
from hpp_contract.model import Exchange, Trace
from hpp_contract.privacy.describe import show
from hpp_contract.rules.conditions import read_twice
from hpp_contract.spec.page import HAPPY_FLOW, SESSION_LIFECYCLE, SESSION_LIFETIME
from hpp_contract.spec.session import FINAL, OUTCOME


def _status(exchange: Exchange) -> object:
    return (exchange.session or {}).get("status")


def _changes(trace: Trace) -> Iterator[tuple[Exchange, Exchange]]:
    """Consecutive reads that differ in status."""
    return ((before, after) for before, after in pairwise(trace.reads) if _status(before) != _status(after))


@rule(
    "HPP-L01", "final-is-final", "must", "referenced", SESSION_LIFECYCLE, scope="trace", when=read_twice,
    faults=[fault("reopens-completed", "completed-with-order", member("status", "IN_PROGRESS"),
                edit_json(lambda session: [session.pop(name, None) for name in OUTCOME]), since=1,
                also=("HPP-L04", "HPP-L06")),
            fault("revives-disabled", "disabled", member("status", "IN_PROGRESS"), since=1, also=("HPP-L04",))],
)  # fmt: skip
def final_is_final(trace: Trace) -> Iterator[Finding]:
    """The status never changes after COMPLETED, CANCELLED or DISABLED.

    Clients stop polling there, so they do not see a later change.
    """
    for before, after in _changes(trace):
        if _status(before) in FINAL:
            yield Finding("/status", show(_status(before)), show(_status(after)), after.evidence)


@rule(
    "HPP-L02", "never-back-to-waiting", "must", "referenced", SESSION_LIFECYCLE, scope="trace", when=read_twice,
    faults=[fault("returns-to-waiting", "failed", member("status", "WAITING"), since=1, also=("HPP-L04",))],
)  # fmt: skip
def never_back_to_waiting(trace: Trace) -> Iterator[Finding]:
    """A session that left WAITING never returns to it.

    A merchant who sees WAITING again believes the consumer never came, and may open a second session.
    """
    for before, after in _changes(trace):
        if _status(after) == "WAITING" and _status(before) not in FINAL:
            yield Finding("/status", "anything but WAITING", f'"WAITING" after {show(_status(before))}', after.evidence)


@rule(
    "HPP-L03", "update-never-back", "must", "inferred", SESSION_LIFECYCLE, scope="trace", when=read_twice,
    faults=[fault("turns-back-time", "waiting", member("updated_at", "2019-05-13T14:51:46.288Z"), header("Date", None),
                since=1, also=("HPP-S18",))],
)  # fmt: skip
def update_never_back(trace: Trace) -> Iterator[Finding]:
    """`updated_at` never moves back.

    A poller that keeps the state with the newest `updated_at` discards the newer state.
    """
    for before, after in pairwise(trace.reads):
        one, two = before.updated_at, after.updated_at
        if one and two and two.ns < one.ns:
            yield Finding("/updated_at", "at or after the read before", f"{one - two:.3f} s earlier", after.evidence)


@rule(
    "HPP-L04", "update-moves-with-status", "should", "referenced", SESSION_LIFECYCLE, scope="trace", when=read_twice,
    faults=[fault("changes-status-silently", "waiting", member("status", "IN_PROGRESS"), since=1)],
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
    "HPP-L05", "expiry-constant", "should", "shown", HAPPY_FLOW, scope="trace", when=read_twice,
    faults=[fault("moves-expiry", "waiting", edit_json(lambda value: value.update(expires_at=value["updated_at"])),
                since=1, also=("HPP-S16", "HPP-H12"))],
)  # fmt: skip
def expiry_constant(trace: Trace) -> Iterator[Finding]:
    """`expires_at` does not change.

    Clients plan their polling by the first one they see. Whether an order update moves it is unknown.
    """
    for before, after in pairwise(trace.reads):
        one, two = before.expires_at, after.expires_at
        if one and two and one.ns != two.ns:
            yield Finding("/expires_at", "unchanged", f"moved by {two - one:.3f} s", after.evidence)


@rule(
    "HPP-L06", "outcome-constant", "must", "inferred", SESSION_LIFECYCLE, scope="trace", when=read_twice,
    faults=[fault("swaps-order", "completed-with-order", member("order_id", OTHER_UUID),
                since=1, also=("HPP-H12",))],
)  # fmt: skip
def outcome_constant(trace: Trace) -> Iterator[Finding]:
    """`order_id`, `klarna_reference` and `authorization_token` do not change once they are there.

    Two reads of one paid session must lead to one order.
    """
    for before, after in pairwise(trace.reads):
        one, two = before.session or {}, after.session or {}
        for name in OUTCOME:
            if name in one and one[name] != two.get(name):
                found = "another value" if name in two else "absent"
                yield Finding(f"/{name}", "as in the read before", found, after.evidence)


def _reached(trace: Trace) -> bool:
    return sum(exchange.response is not None for exchange in trace.exchanges) > 1


@rule(
    "HPP-L07", "gone-stays-gone", "must", "referenced", "API reference 1.1 › 404", scope="trace", when=_reached,
    faults=[fault("hides-session-once", "waiting", status(404), body(b""), until=1)],
)  # fmt: skip
def gone_stays_gone(trace: Trace) -> Iterator[Finding]:
    """A session that was answered with 404 is not answered with 200 later.

    404 means expired or unknown: clients stop polling, and lose the order.
    """
    for before, after in pairwise(exchange for exchange in trace.exchanges if exchange.status in (200, 404)):
        if (before.status, after.status) == (404, 200):
            yield Finding("status", "404 again", "200 after 404", after.evidence)


@rule(
    "HPP-L08", "there-until-expiry", "must", "referenced", SESSION_LIFETIME, scope="trace", when=_reached,
    faults=[fault("loses-session", "in-progress", status(404), body(b""), since=1)],
)  # fmt: skip
def there_until_expiry(trace: Trace) -> Iterator[Finding]:
    """A session that was read is not answered with 404 before its `expires_at`.

    The consumer may be paying at this moment.
    """
    for before, after in pairwise(exchange for exchange in trace.exchanges if exchange.status in (200, 404)):
        expires = before.expires_at
        if after.status == 404 and expires and after.at and after.at < expires:
            yield Finding(
                "status", "200 until expires_at", f"404, {expires - after.at:.0f} s before expires_at", after.evidence
            )


@rule(
    "HPP-L09", "no-outage-between-reads", "should", "inferred", "Polling implies availability", scope="trace",
    when=_reached,
    transient=True,
    faults=[fault("fails-in-between", "in-progress", status(503), body(b""), since=1, until=2, also=("HPP-H03",))],
)  # fmt: skip
def no_outage_between_reads(trace: Trace) -> Iterator[Finding]:
    """A session does not alternate between 200 and 5xx.

    Each 5xx is a poll lost, and a client without retries reports an error for a correct session.
    """
    for before, after in pairwise(trace.exchanges):
        if (before.status or 0) >= 500 and after.status == 200:
            yield Finding("status", "200 throughout", f"{before.status} and then 200", before.evidence)
