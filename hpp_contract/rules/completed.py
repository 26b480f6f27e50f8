"""C: a completed session has exactly one outcome, and all of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hpp_contract.engine.edits import OTHER_UUID, drop, edit_json, member, url
from hpp_contract.engine.fault import fault, variation
from hpp_contract.engine.recorded import call_back
from hpp_contract.engine.rule import Finding, Severity, rule
from hpp_contract.model import Exchange, Instant
from hpp_contract.model.instant import SECOND
from hpp_contract.rules.conditions import has, in_status
from hpp_contract.rules.schemas import schema_rule
from hpp_contract.spec.endpoint import PLAYGROUND, SESSIONS_PATH
from hpp_contract.spec.page import HAPPY_FLOW, TRACKING
from hpp_contract.spec.session import OUTCOME, OUTCOME_IDS

WITH_ORDER = f"{HAPPY_FLOW} › With place_order_mode as PLACE_ORDER or CAPTURE_ORDER"

completed = in_status("COMPLETED")


def _given(exchange: Exchange, name: str) -> bool:
    """Whether the session has this member, and it is not null, which counts as absent."""
    return (exchange.session or {}).get(name) is not None


def _ordered(exchange: Exchange) -> bool:
    """A completed session with an order, or with a reference beside a token. One with a reference alone is C01's."""
    refers = _given(exchange, "klarna_reference") and _given(exchange, "authorization_token")
    return completed(exchange) and (_given(exchange, "order_id") or refers)


def _with_outcome_id(exchange: Exchange) -> bool:
    return _given(exchange, "order_id") or _given(exchange, "authorization_token")


def _early(session: dict[str, Any]) -> None:
    """The session a minute earlier, before it had its reference."""
    session.pop("klarna_reference")
    updated = Instant.parse(session["updated_at"]) or Instant(0)
    session["updated_at"] = Instant(updated.ns - 60 * SECOND).format(3)


@schema_rule(
    "session", "HPP-C01", "completed-has-outcome", "must", "shown", HAPPY_FLOW, when=completed,
    faults=[fault("completes-with-nothing", "completed-with-order", drop(*OUTCOME)),
            fault("calls-back-without-outcome", "completed-with-order", drop(*OUTCOME), call_back, source="recorder"),
            fault("forgets-token", "completed-with-token", drop("authorization_token")),
            fault("reference-without-order", "completed-with-order", drop("order_id")),
            fault("nulls-token", "completed-with-token", member("authorization_token", None), also=("HPP-S10",)),
            fault("nulls-order", "completed-with-order", member("order_id", None), also=("HPP-S10",))],
    variations=[variation("completes-with-order-alone", "completed-with-order", drop("klarna_reference"),
                    warns=("HPP-C02",))],
)  # fmt: skip
def completed_has_outcome(_: Exchange) -> None:
    """A COMPLETED session has an `authorization_token` or an `order_id`, and null is neither.

    The consumer has paid, and the merchant can neither place the order nor find it, whatever reference there is.
    """


@schema_rule(
    "session", "HPP-C02", "order-with-reference", "should", "shown", WITH_ORDER, when=_ordered,
    faults=[fault("order-without-reference", "completed-with-order", drop("klarna_reference")),
            fault("reference-beside-token", "completed-with-token", member("klarna_reference", "X438HG0Q"))],
    variations=[variation("refers-late", "completed-with-order", edit_json(_early), until=1, warns=("HPP-C02",))],
)  # fmt: skip
def order_with_reference(_: Exchange) -> None:
    """`order_id` and `klarna_reference` come together.

    The id finds the order in the API, the reference is what the consumer and the settlement file quote. Whether a KCO
    order has its reference at once is written nowhere.
    """


@schema_rule(
    "session", "HPP-C03", "exactly-one-outcome", "must", "shown", HAPPY_FLOW, when=completed,
    faults=[fault("token-beside-order", "completed-with-order", member("authorization_token", OTHER_UUID))],
    variations=[variation("nulls-token-beside-order", "completed-with-order", member("authorization_token", None),
                    warns=("HPP-S10",)),
                variation("nulls-order-beside-token", "completed-with-token", member("order_id", None),
                    warns=("HPP-S10",))],
)  # fmt: skip
def exactly_one_outcome(_: Exchange) -> None:
    """A COMPLETED session has a token or an order, not both.

    A client that finds the token places the order a second time, and the consumer is charged twice.
    """


@schema_rule(
    "session", "HPP-C04", "reference-not-empty", "must", "shown", WITH_ORDER, when=has("klarna_reference"),
    faults=[fault("empties-reference", "completed-with-order", member("klarna_reference", ""))],
    variations=[variation("refers-in-small-letters", "completed-with-order", member("klarna_reference", "ffc25786"))],
)  # fmt: skip
def reference_not_empty(_: Exchange) -> None:
    """`klarna_reference` is not empty.

    A merchant stores an empty reference as if it were one, and cannot match the payout to any sale.
    """


@schema_rule(
    "session", "HPP-C05", "outcome-id-shape", "must", "shown", HAPPY_FLOW, when=_with_outcome_id,
    faults=[fault("empties-token", "completed-with-token", member("authorization_token", "")),
            fault("empties-order-id", "completed-with-order", member("order_id", "")),
            fault("numbers-order", "completed-with-order", member("order_id", "1234567"), severity="should")],
    variations=[variation("capitalizes-order-id", "completed-with-order", member("order_id", OTHER_UUID.upper())),
                variation("orders-without-hyphens", "completed-with-order",
                    member("order_id", OTHER_UUID.replace("-", "")), warns=("HPP-C05",))],
)  # fmt: skip
def outcome_id_shape(_: Exchange) -> None:
    """`order_id` and `authorization_token` are 8-4-4-4-12 hexadecimal digits, never empty.

    A client puts them into the path of its next request: with an empty one the merchant captures or places nothing.

    Another notation weighs less: the reference says only that they are strings.
    """


def _to_kustom(url_: str) -> str:
    return PLAYGROUND + url_[url_.index(SESSIONS_PATH) :]


def _on_kustom(exchange: Exchange) -> bool:
    """A completed session of Kustom's. The documentation's own examples show what Klarna answers."""
    answered = completed(exchange) and exchange.context.provenance != "documented"
    return answered and (exchange.request.parts.hostname or "").endswith(".kustom.co")


@rule(
    "HPP-C06", "order-on-kustom", "should", "referenced", TRACKING, when=_on_kustom,
    faults=[fault("tokens-on-kustom", "completed-with-token", url(_to_kustom), source="recorder"),
            fault("forgets-order-on-kustom", "completed-with-order", url(_to_kustom), drop("order_id"),
                source="recorder", also=("HPP-C01",), severity="info")],
    variations=[variation("orders-on-kustom", "completed-with-order", url(_to_kustom), source="recorder")],
)  # fmt: skip
def order_on_kustom(exchange: Exchange) -> Iterator[Finding]:
    """On Kustom a COMPLETED session has an `order_id` and no `authorization_token`.

    Tokens belong to Klarna Payments, which stayed with Klarna: a merchant of Kustom has nothing to place an order with.

    An absent `order_id` is only reported: nobody has published what a completed session looks like there.
    """
    if _given(exchange, "authorization_token"):
        yield Finding("/authorization_token", "absent on Kustom", "present")
    if not _given(exchange, "order_id"):
        yield Finding("/order_id", "present on Kustom", "absent", severity=Severity.INFO)


@rule(
    "HPP-C07", "outcome-is-its-own", "should", "inferred", HAPPY_FLOW, when=_with_outcome_id,
    faults=[fault("orders-by-session-id", "completed-with-order",
                edit_json(lambda session: session.update(order_id=session["session_id"])))],
    variations=[variation("orders-beside-session-id", "completed-with-order",
                    edit_json(lambda session: session.update(order_id=session["session_id"][:-1] + "0")))],
)  # fmt: skip
def outcome_is_its_own(exchange: Exchange) -> Iterator[Finding]:
    """`order_id` and `authorization_token` are not the session's own id.

    One member filled from another looks right until the order is fetched.
    """
    session = exchange.session or {}
    for name in OUTCOME_IDS:
        if _given(exchange, name) and session[name] == session.get("session_id"):
            yield Finding(f"/{name}", "an id of its own", "the session's id")
