"""P: a session that is not completed carries nothing of a completed one."""

from __future__ import annotations

from collections.abc import Iterator

from hpp_contract.engine.edits import OTHER_UUID, member
from hpp_contract.engine.fault import fault, variation
from hpp_contract.engine.rule import Finding, rule
from hpp_contract.model import Exchange
from hpp_contract.rules.conditions import has, in_status
from hpp_contract.rules.schemas import schema_rule
from hpp_contract.spec.page import HAPPY_FLOW, REFERENCE, SESSION_LIFECYCLE
from hpp_contract.spec.session import RETRIED


@schema_rule(
    "session", "HPP-P01", "waiting-without-outcome", "must", "shown", f"{HAPPY_FLOW} › Newly created HPP Session",
    when=in_status("WAITING"),
    faults=[fault("authorizes-while-waiting", "waiting", member("authorization_token", OTHER_UUID)),
            fault("orders-while-waiting", "waiting", member("order_id", OTHER_UUID), severity="should")],
    variations=[variation("names-order-before-payment", "waiting", member("order_id", OTHER_UUID), warns=("HPP-P01",)),
                variation("nulls-token-while-waiting", "waiting", member("authorization_token", None),
                    warns=("HPP-S10",))],
)  # fmt: skip
def waiting_without_outcome(_: Exchange) -> None:
    """A WAITING session has no `order_id`, `klarna_reference` or `authorization_token`.

    A merchant who finds a token or a reference ships, and nobody has entered the page yet.

    An `order_id` weighs less: a KCO order exists before anybody pays it.
    """


@schema_rule(
    "session", "HPP-P02", "in-progress-without-outcome", "must", "shown",
    f"{HAPPY_FLOW} › Consumer has loaded the HPP Session", when=in_status("IN_PROGRESS"),
    faults=[fault("refers-while-in-progress", "in-progress", member("klarna_reference", "X438HG0Q")),
            fault("orders-while-in-progress", "in-progress", member("order_id", OTHER_UUID), severity="should")],
    variations=[variation("names-order-during-payment", "in-progress", member("order_id", OTHER_UUID),
                    warns=("HPP-P02",)),
                variation("nulls-reference-in-progress", "in-progress", member("klarna_reference", None),
                    warns=("HPP-S10",)),
                variation("nulls-token-in-progress", "in-progress", member("authorization_token", None),
                    warns=("HPP-S10",))],
)  # fmt: skip
def in_progress_without_outcome(_: Exchange) -> None:
    """An IN_PROGRESS session has no `order_id`, `klarna_reference` or `authorization_token`.

    The consumer may still walk away, and the merchant has booked a sale that no settlement will pay.

    An `order_id` weighs less: a KCO order is there while the consumer is on the page.
    """


@schema_rule(
    "session", "HPP-P03", "unpaid-without-outcome", "should", "inferred", SESSION_LIFECYCLE,
    when=in_status(*RETRIED, "CANCELLED", "DISABLED"),
    faults=[fault("orders-after-failure", "failed", member("order_id", OTHER_UUID)),
            fault("orders-after-cancellation", "cancelled", member("order_id", OTHER_UUID))],
    variations=[variation("nulls-order-after-failure", "failed", member("order_id", None), warns=("HPP-S10",)),
                variation("nulls-token-after-cancellation", "cancelled", member("authorization_token", None),
                    warns=("HPP-S10",)),
                variation("fails-in-another-zone", "disabled", member("updated_at", "2019-05-13T16:53:30+02:00"))],
)  # fmt: skip
def unpaid_without_outcome(_: Exchange) -> None:
    """A BACK, FAILED, ERROR, CANCELLED or DISABLED session has no outcome either.

    This is not documented, but an order id on a failed payment invites a client to ship.
    """


@rule(
    "HPP-P04", "identified-when-asked", "info", "inferred", REFERENCE,
    when=has("manual_identification"),
    faults=[fault("identifies-unasked", "failed", member("manual_identification", {"challenge": "none"}))],
    variations=[variation("completes-after-identification", "completed-with-order",
                    member("manual_identification", {"expires_at": "2099-01-01T00:00:00Z"}))],
)  # fmt: skip
def identified_when_asked(exchange: Exchange) -> Iterator[Finding]:
    """`manual_identification` comes with status MANUAL_ID_CHECK only.

    The name suggests it, but it is not documented. It is about a person, so it is reported in any other status.
    """
    if (exchange.session or {}).get("status") != "MANUAL_ID_CHECK":
        yield Finding("/manual_identification", "only while identity is being checked", "present in another status")
