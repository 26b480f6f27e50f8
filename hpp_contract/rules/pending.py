"""P: a session that is not completed carries nothing of a completed one."""

from __future__ import annotations

from collections.abc import Iterator

from hpp_contract.engine.edits import OTHER_UUID, member
from hpp_contract.engine.fault import fault
from hpp_contract.engine.rule import Finding, rule
from hpp_contract.model import Exchange
from hpp_contract.rules.conditions import has, in_status
from hpp_contract.rules.schemas import schema_rule
from hpp_contract.spec.page import HAPPY_FLOW, REFERENCE, SESSION_LIFECYCLE
from hpp_contract.spec.session import RETRIED


@schema_rule(
    "session", "HPP-P01", "waiting-without-outcome", "must", "shown", f"{HAPPY_FLOW} › Newly created HPP Session",
    when=in_status("WAITING"),
    faults=[fault("orders-while-waiting", "waiting", member("order_id", OTHER_UUID)),
            fault("authorizes-while-waiting", "waiting", member("authorization_token", OTHER_UUID))],
)  # fmt: skip
def waiting_without_outcome(_: Exchange) -> None:
    """A WAITING session has no `order_id`, `klarna_reference` or `authorization_token`.

    Merchants ship when they see an order id, and nobody has paid yet.
    """


@schema_rule(
    "session", "HPP-P02", "in-progress-without-outcome", "must", "shown",
    f"{HAPPY_FLOW} › Consumer has loaded the HPP Session", when=in_status("IN_PROGRESS"),
    faults=[fault("refers-while-in-progress", "in-progress", member("klarna_reference", "X438HG0Q"))],
)  # fmt: skip
def in_progress_without_outcome(_: Exchange) -> None:
    """An IN_PROGRESS session has no `order_id`, `klarna_reference` or `authorization_token`.

    The consumer may still decline after the merchant has shipped.
    """


@schema_rule(
    "session", "HPP-P03", "unpaid-without-outcome", "should", "inferred", SESSION_LIFECYCLE,
    when=in_status(*RETRIED, "CANCELLED", "DISABLED"),
    faults=[fault("orders-after-failure", "failed", member("order_id", OTHER_UUID)),
            fault("orders-after-cancellation", "cancelled", member("order_id", OTHER_UUID))],
)  # fmt: skip
def unpaid_without_outcome(_: Exchange) -> None:
    """A BACK, FAILED, ERROR, CANCELLED or DISABLED session has no outcome either.

    This is not documented, but an order id on a failed payment invites a client to ship.
    """


@rule(
    "HPP-P04", "identified-when-asked", "info", "inferred", REFERENCE,
    when=has("manual_identification"),
    faults=[fault("identifies-unasked", "failed", member("manual_identification", {"challenge": "none"}))],
)  # fmt: skip
def identified_when_asked(exchange: Exchange) -> Iterator[Finding]:
    """`manual_identification` comes with status MANUAL_ID_CHECK only.

    The name suggests it, but it is not documented. It is about a person, so it is reported in any other status.
    """
    if (exchange.session or {}).get("status") != "MANUAL_ID_CHECK":
        yield Finding("/manual_identification", "only while identity is being checked", "present in another status")
