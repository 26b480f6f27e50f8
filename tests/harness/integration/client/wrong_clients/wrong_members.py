"""Clients that tell their caller another session than they were sent: members lost, changed, invented, mixed."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hpp_contract.model.clock import utc
from hpp_contract.spec.session import MEMBERS, STATUSES
from tests.harness.integration.client.wrong_clients.declare import breaks
from tests.harness.support.fake_time import NOON
from tests.harness.support.sample_clients import Client, TypedClient

Session = dict[str, Any]


class _Drops(Client):
    """Does not hand on one member."""

    member = ""

    def session(self, value: Session) -> Any:
        return {name: inner for name, inner in value.items() if name != self.member}


@breaks("HPP-A01", "waiting")
class DropsSessionId(_Drops):
    member = "session_id"


@breaks("HPP-A02", "waiting")
class DropsStatus(_Drops):
    member = "status"


@breaks("HPP-A03", "waiting")
class DropsUpdatedAt(_Drops):
    member = "updated_at"


@breaks("HPP-A04", "waiting")
class DropsExpiresAt(_Drops):
    member = "expires_at"


@breaks("HPP-A05", "completed-with-order")
class DropsOrderId(_Drops):
    member = "order_id"


@breaks("HPP-A06", "completed-with-order")
class DropsReference(_Drops):
    member = "klarna_reference"


@breaks("HPP-A07", "completed-with-token")
class DropsToken(_Drops):
    member = "authorization_token"


@breaks("HPP-A08", "manual-id-check")
class DropsCustomer(_Drops):
    member = "customer"


@breaks("HPP-A08", "manual-id-check")
class DropsIdentification(_Drops):
    member = "manual_identification"


@breaks("HPP-A09", "smoke", also=("HPP-A38",))
class ExposesStatusOnly(Client):
    hello = {"fields": ["session_id", "status"]}  # noqa: RUF012  as an SDK's author would write it

    def session(self, value: Session) -> Any:
        return {"session_id": value["session_id"], "status": value["status"]}


@breaks("HPP-A38", "smoke")
class SaysItDropsOrderId(_Drops):
    """Who has paid is all that its callers want to know, it thinks."""

    member = "order_id"
    hello = {"fields": [name for name in MEMBERS if name != "order_id"]}  # noqa: RUF012  as above


@breaks("HPP-A01", "waiting")
class ShortensId(Client):
    def session(self, value: Session) -> Any:
        return value | {"session_id": value["session_id"][:8]}


@breaks("HPP-A13", "another-session-id")
class OverwritesId(Client):
    """The id that was asked for replaces the one in the body."""

    def session(self, value: Session) -> Any:
        return value | {"session_id": self.ask.session_id}


@breaks("HPP-A13", "missing-session-id", "null-session-id")
class FillsInId(Client):
    def session(self, value: Session) -> Any:
        return value | {"session_id": value.get("session_id") or self.ask.session_id}


@breaks("HPP-A02", "back", "failed")
class MergesStatuses(Client):
    """Whatever may be retried is one status to it."""

    def session(self, value: Session) -> Any:
        return value | {"status": "ERROR" if value.get("status") in ("BACK", "FAILED") else value.get("status")}


@breaks("HPP-A16", "missing-status", "null-status", "empty-object-200")
class TakesMissingStatusForWaiting(Client):
    def session(self, value: Session) -> Any:
        return value | {"status": value.get("status") or "WAITING"}


@breaks("HPP-A16", "numeric-status")
class CountsStatuses(Client):
    """A status is an index into its enumeration, and any number will do."""

    def session(self, value: Session) -> Any:
        status = value["status"]
        return value | {"status": ("WAITING", "COMPLETED")[status] if isinstance(status, int) else status}


@breaks("HPP-A11", "null-order-id", "null-optional-members")
class WritesNullAsText(Client):
    def session(self, value: Session) -> Any:
        return {name: "None" if inner is None else inner for name, inner in value.items()}


@breaks("HPP-A11", "missing-expires-at")
class InventsExpiry(Client):
    def session(self, value: Session) -> Any:
        return {"expires_at": utc(NOON) + timedelta(hours=47), **value}


@breaks("HPP-A11", "missing-updated-at")
class StartsIn1970(Client):
    """A missing instant is the zero of its type."""

    def session(self, value: Session) -> Any:
        return {"updated_at": 0, **value}


@breaks("HPP-A12", "missing-reference")
class TakesOrderForReference(Client):
    def session(self, value: Session) -> Any:
        return value | {"klarna_reference": value.get("klarna_reference") or value.get("order_id")}


@breaks("HPP-A17", "waiting")
class WantsEveryMember(Client):
    """A value object to it has every member that was ever documented."""

    def session(self, value: Session) -> Any:
        return {name: value[name] for name in MEMBERS}


@breaks("HPP-A12", "waiting", "in-progress")
class TakesSessionForOrder(Client):
    """A session is an order to it."""

    def session(self, value: Session) -> Any:
        return {"order_id": value["session_id"]} | value


@breaks("HPP-A12", "misleading-members")
class TakesUndocumentedMembers(Client):
    def session(self, value: Session) -> Any:
        return value | {"session_id": value.get("sessionId", value["session_id"]), "order_id": value.get("orderId")}


@breaks("HPP-A14", "interleaved")
class MixesSessions(Client):
    """One object is filled again for every session."""

    def __init__(self) -> None:
        self.memory: Session = {}

    def session(self, value: Session) -> Any:
        self.memory = {**value, **{name: inner for name, inner in self.memory.items() if name == "order_id"}}
        return self.memory


@breaks("HPP-A15", "lifecycle-missed")
class MovesToFirstState(Client):
    """What it has once seen in a session wins over what it sees now."""

    def __init__(self) -> None:
        self.memory: dict[str, Session] = {}

    def session(self, value: Session) -> Any:
        first = self.memory.setdefault(value["session_id"], value)
        return value | {"status": first["status"]}


class _Instants(Client):
    """Does something to both instants, given as text."""

    def session(self, value: Session) -> Any:
        return value | {name: self.instant(value[name]) for name in ("updated_at", "expires_at") if name in value}

    def instant(self, text: str) -> Any:
        return text


@breaks("HPP-A03", "waiting", also=("HPP-A04",))
class LosesZone(_Instants):
    def instant(self, text: str) -> Any:
        return datetime.fromisoformat(text).replace(tzinfo=None)


@breaks("HPP-A03", "waiting", also=("HPP-A04",))
class WritesLocalTime(_Instants):
    def instant(self, text: str) -> Any:
        summer = timezone(timedelta(hours=2))
        return datetime.fromisoformat(text).astimezone(summer).isoformat(sep=" ")[:-6]


@breaks("HPP-A03", "instant-offset-east", also=("HPP-A04",))
class TakesEveryZoneForUtc(_Instants):
    def instant(self, text: str) -> Any:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)


@breaks("HPP-A03", "instant-one-digit", also=("HPP-A04",))
class TakesFractionForMilliseconds(_Instants):
    """Half a second is five milliseconds to it."""

    def instant(self, text: str) -> Any:
        whole, _, fraction = text.rstrip("Z").partition(".")
        return datetime.fromisoformat(f"{whole}+00:00") + timedelta(milliseconds=int(fraction or 0))


@breaks("HPP-A03", "waiting", also=("HPP-A04",))
class CountsSecondsInSinglePrecision(_Instants):
    """A float of 32 bits knows our time to about two minutes."""

    def instant(self, text: str) -> Any:
        return struct.unpack("f", struct.pack("f", datetime.fromisoformat(text).timestamp()))[0]


@breaks("HPP-A04", "instant-far-future")
class EndsIn2038(_Instants):
    def instant(self, text: str) -> Any:
        seconds = int(datetime.fromisoformat(text).timestamp())
        return (seconds + 2**31) % 2**32 - 2**31


@breaks("HPP-A17", "instant-whole-seconds", "instant-nanoseconds", "instant-offset-zero")
class KnowsOneNotationOfTime(_Instants):
    def instant(self, text: str) -> Any:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


@breaks("HPP-A17", "manual-id-check", "disabled", "back")
class KnowsFiveStatuses(Client):
    def session(self, value: Session) -> Any:
        if value.get("status") in ("BACK", "MANUAL_ID_CHECK", "DISABLED", "ERROR"):
            raise KeyError(value["status"])
        return value


@breaks("HPP-A17", "cancelled")
class RaisesForCancelled(Client):
    """An unhappy end is an exception to it."""

    def session(self, value: Session) -> Any:
        if value.get("status") == "CANCELLED":
            raise RuntimeError("payment cancelled")
        return value


@breaks("HPP-A18", "unknown-status", "timeout-status")
class ThrowsOnUnknownStatus(Client):
    def session(self, value: Session) -> Any:
        return value if value.get("status") in STATUSES else self.unknown(value)

    def unknown(self, value: Session) -> Any:
        raise ValueError(f"unknown status {value.get('status')}")


@breaks("HPP-A19", "unknown-status", "timeout-status")
class ReadsUnknownStatusAsWaiting(ThrowsOnUnknownStatus):
    def unknown(self, value: Session) -> Any:
        return value | {"status": "WAITING"}


@breaks("HPP-A20", "unknown-member", "unknown-object")
class ForbidsUnknownMembers(Client):
    def session(self, value: Session) -> Any:
        if strange := value.keys() - set(MEMBERS):
            raise TypeError(f"unexpected {strange}")
        return value


@breaks("HPP-A08", "non-ascii-names")
class AsksWhatAsciiCannotSay(Client):
    def session(self, value: Session) -> Any:
        people = {name: text.encode("ascii", "replace").decode() for name, text in value.get("customer", {}).items()}
        return value | {"customer": people}


@breaks("HPP-A08", "non-ascii-names")
class ReadsLatin1(Client):
    """It takes every body for Latin-1, as HTTP once had it."""

    def parse(self, content: bytes) -> Session:
        return super().parse(content.decode("latin-1").encode())


@breaks("HPP-A37", "smoke")
class ReturnsLength(TypedClient):
    """What it returns has no member of a session."""

    def session(self, value: Session) -> Any:
        return len(value)
