"""Scenarios: what the reference endpoint serves under its well-known session ids, as data.

One scenario per documented or referenced shape, scripted walks through the lifecycle, and the sessions nobody may read.
How a request finds its scenario is the application's business.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from hpp_contract.model import Instant
from hpp_contract.model.credentials import Credentials
from hpp_contract.model.instant import SECOND
from hpp_contract.spec.schema_files import SHAPES, example

_NAMESPACE: Final = uuid.UUID("c9d0e7a4-5b1f-5c3e-8a26-4f1d90b7e312")
STEP: Final = 67.135
"""Seconds between two steps of a walk."""


def session_id(name: str) -> str:
    """The well-known session id of the scenario or fault called `name`, the same everywhere."""
    text = str(uuid.uuid5(_NAMESPACE, name))
    # The documented ids carry version nibbles 6 and 7: a client that insists on version 4 or 5 shall meet one.
    return f"{text[:14]}7{text[15:]}" if name == "completed-with-order" else text


@dataclass(frozen=True, slots=True)
class Step:
    """What one poll shows: the example body of `shape`, updated `after` seconds after the session was created."""

    shape: str
    after: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """A session from poll to poll: `steps`, one a poll, of which the last stays; or, where `refused` is a status code,
    an error every time.

    Its instants are written with `digits` fraction digits in `zone` (`Z` or an offset such as `+02:00`);
    `members` are added to every body.
    """

    name: str
    steps: tuple[Step, ...] = ()
    refused: int | None = None
    digits: int = 3
    zone: str = "Z"
    members: Mapping[str, Any] = field(default_factory=dict)

    def body(self, session: str, poll: int, created: int) -> dict[str, Any]:
        """The session object of poll number `poll` (from 0), for a session created at `created` (ns since 1970)."""
        step = self.steps[min(poll, len(self.steps) - 1)]
        updated = created + round(step.after * SECOND)
        value = example(step.shape)
        value |= {member: own for member, own in outcome(session).items() if member in value}
        value["session_id"] = session
        value["updated_at"] = Instant(updated).format(self.digits, self.zone)
        value["expires_at"] = Instant(created + LIFETIME).format(self.digits, self.zone)
        return {**value, **self.members}


def outcome(session: str) -> dict[str, str]:
    """The ids of what a session completes with: always its own, so that a client which mixes up sessions is noticed."""
    reference = base64.b32encode(hashlib.sha256(session.encode()).digest()).decode()[:8]
    order, token = (str(uuid.uuid5(_NAMESPACE, f"{session} {what}")) for what in ("order", "token"))
    return {"order_id": order, "authorization_token": token, "klarna_reference": reference}


def _documented(shape: str, member: str) -> int:
    instant = Instant.parse(example(shape)[member])
    if instant is None:  # pragma: no cover  a test holds that every example in schemas/ is valid
        raise ValueError(f"schemas/{shape}.json: its example has no {member}")
    return instant.ns


LIFETIME: Final = _documented("waiting", "expires_at") - _documented("waiting", "updated_at")
"""Nanoseconds from creation to expiry in the documented examples: 46 h 59 min 57.219 s."""


def _still(shape: str, **how: Any) -> Scenario:
    """A session that shows `shape` at every poll, as long after its creation as in the documentation."""
    after = (_documented(shape, "updated_at") - _documented("waiting", "updated_at")) / SECOND
    return Scenario(shape, (Step(shape, after),), **how)


def _walk(name: str, *shapes: str, **how: Any) -> Scenario:
    return Scenario(name, tuple(Step(shape, index * STEP) for index, shape in enumerate(shapes)), **how)


_FICTITIOUS: Final = {
    "date_of_birth": "1900-02-28",
    "family_name": "Exempelsson",
    "given_name": "Fiktiv",
    "national_identification_number": "19000228-0000",
    "title": "Testperson",
}

_MANUAL_ID: Final = {
    "customer": _FICTITIOUS,
    "manual_identification": {
        "challenge": "example-challenge",
        "customer": _FICTITIOUS,
        "customer_obfuscated": {"family_name": "E**********n", "given_name": "F****v"},
        "expires_at": "2099-01-01T00:00:00Z",
    },
}

_NOTATIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "manual-id-check": {"members": _MANUAL_ID},
    "failed": {"digits": 0},
    "error": {"digits": 6},
    "back": {"digits": 9},
    "cancelled": {"digits": 0, "zone": "+02:00"},
    "disabled": {"digits": 6, "zone": "-03:30"},
}
"""The data types page allows 0 to 9 fraction digits and any zone; the documented examples keep their own notation."""

_ALL: Final = (
    *(_still(shape, **_NOTATIONS.get(shape, {})) for shape in SHAPES),
    _walk("lifecycle-paid", "waiting", "in-progress", "completed-with-order"),
    _walk("lifecycle-retried", "waiting", "in-progress", "failed", "in-progress", "completed-with-order", digits=6),
    _walk("lifecycle-back", "waiting", "in-progress", "back", "in-progress", "completed-with-token", digits=9),
    _walk("lifecycle-error", "waiting", "in-progress", "error", "in-progress", "completed-with-order", zone="+02:00"),
    _walk("lifecycle-cancelled", "waiting", "in-progress", "cancelled", digits=0),
    _walk("lifecycle-disabled", "waiting", "disabled"),
    _walk("lifecycle-missed", "waiting", "completed-with-order"),
    Scenario("expired", refused=404),
    Scenario("forbidden", refused=403),
)

SCENARIOS: Final[Mapping[str, Scenario]] = MappingProxyType({scenario.name: scenario for scenario in _ALL})
"""Every scenario by name."""

LONGEST: Final = max(len(scenario.steps) for scenario in _ALL)
"""Polls that the longest walk takes to its last step."""


CREDENTIALS: Final = Credentials("kco_test_api_this-is-public-and-opens-nothing", "M000001-hpp")
"""The reference endpoint's own published test credentials."""
