"""C: a completed session has exactly one outcome, and all of it."""

from __future__ import annotations

from collections.abc import Iterator

from hpp_contract.engine.edits import OTHER_UUID, drop, edit_json, member, url
from hpp_contract.engine.fault import fault
from hpp_contract.engine.rule import Finding, rule
from hpp_contract.model import Exchange
from hpp_contract.rules.conditions import has, in_status
from hpp_contract.rules.schemas import schema_rule
from hpp_contract.spec.endpoint import PLAYGROUND, SESSIONS_PATH
from hpp_contract.spec.page import HAPPY_FLOW
from hpp_contract.spec.session import OUTCOME, OUTCOME_IDS

WITH_ORDER = f"{HAPPY_FLOW} › With place_order_mode as PLACE_ORDER or CAPTURE_ORDER"

completed = in_status("COMPLETED")


def _ordered(exchange: Exchange) -> bool:
    return completed(exchange) and (has("order_id")(exchange) or has("klarna_reference")(exchange))


def _with_outcome_id(exchange: Exchange) -> bool:
    return has("order_id")(exchange) or has("authorization_token")(exchange)


@schema_rule(
    "session", "HPP-C01", "completed-has-outcome", "must", "shown", HAPPY_FLOW, when=completed,
    faults=[fault("completes-with-nothing", "completed-with-order", drop(*OUTCOME)),
            fault("forgets-token", "completed-with-token", drop("authorization_token"))],
)  # fmt: skip
def completed_has_outcome(_: Exchange) -> None:
    """A COMPLETED session has an `authorization_token` or an `order_id`.

    The consumer has paid, and the merchant cannot place or find the order.
    """


@schema_rule(
    "session", "HPP-C02", "order-with-reference", "must", "shown", WITH_ORDER, when=_ordered,
    faults=[fault("order-without-reference", "completed-with-order", drop("klarna_reference")),
            fault("reference-without-order", "completed-with-order", drop("order_id"))],
)  # fmt: skip
def order_with_reference(_: Exchange) -> None:
    """`order_id` and `klarna_reference` come together.

    The id finds the order in the API, the reference is what the consumer and the settlement file quote.
    """


@schema_rule(
    "session", "HPP-C03", "exactly-one-outcome", "must", "shown", HAPPY_FLOW, when=completed,
    faults=[fault("token-beside-order", "completed-with-order", member("authorization_token", OTHER_UUID))],
)  # fmt: skip
def exactly_one_outcome(_: Exchange) -> None:
    """A COMPLETED session has a token or an order, not both.

    A client that finds the token places the order a second time.
    """


@schema_rule(
    "session", "HPP-C04", "reference-not-empty", "must", "shown", WITH_ORDER, when=has("klarna_reference"),
    faults=[fault("empties-reference", "completed-with-order", member("klarna_reference", ""))],
)  # fmt: skip
def reference_not_empty(_: Exchange) -> None:
    """`klarna_reference` is not empty.

    An empty reference is stored and printed, and matches no settlement.
    """


@schema_rule(
    "session", "HPP-C05", "outcome-id-shape", "must", "shown", HAPPY_FLOW, when=_with_outcome_id,
    faults=[fault("empties-token", "completed-with-token", member("authorization_token", "")),
            fault("empties-order-id", "completed-with-order", member("order_id", "")),
            fault("numbers-order", "completed-with-order", member("order_id", "1234567"))],
)  # fmt: skip
def outcome_id_shape(_: Exchange) -> None:
    """`order_id` and `authorization_token` are 8-4-4-4-12 hexadecimal digits, never empty.

    They are put into the path of the next request; an empty one addresses another resource.
    """


def _to_kustom(url_: str) -> str:
    return PLAYGROUND + url_[url_.index(SESSIONS_PATH) :]


def _on_kustom(exchange: Exchange) -> bool:
    return completed(exchange) and (exchange.request.parts.hostname or "").endswith(".kustom.co")


@rule(
    "HPP-C06", "order-on-kustom", "info", "inferred", "Kustom hosts KCO orders", when=_on_kustom,
    faults=[fault("tokens-on-kustom", "completed-with-token", url(_to_kustom), source="recorder")],
)  # fmt: skip
def order_on_kustom(exchange: Exchange) -> Iterator[Finding]:
    """On Kustom a COMPLETED session has an `order_id`.

    Tokens belong to Klarna Payments, which stayed with Klarna. It is unknown whether they still occur, so this is
    reported.
    """
    if "order_id" not in (exchange.session or {}):
        yield Finding("/order_id", "present on Kustom", "absent")


@rule(
    "HPP-C07", "outcome-is-its-own", "should", "inferred", HAPPY_FLOW, when=_with_outcome_id,
    faults=[fault("orders-by-session-id", "completed-with-order",
                edit_json(lambda session: session.update(order_id=session["session_id"])))],
)  # fmt: skip
def outcome_is_its_own(exchange: Exchange) -> Iterator[Finding]:
    """`order_id` and `authorization_token` are not the session's own id.

    One member filled from another looks right until the order is fetched.
    """
    session = exchange.session or {}
    for name in OUTCOME_IDS:
        if name in session and session[name] == session.get("session_id"):
            yield Finding(f"/{name}", "an id of its own", "the session's id")
