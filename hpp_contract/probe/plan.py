"""What a probe asks: a list of reads, made before anything is sent. A read is a GET."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import quote, unquote

from hpp_contract.engine.deadline import MAX_TIME_S
from hpp_contract.model import Headers
from hpp_contract.model.clock import Clock, system_clock
from hpp_contract.model.exchange import Created
from hpp_contract.privacy.describe import abbreviate
from hpp_contract.spec.endpoint import METHOD, SESSIONS_PATH


@dataclass(frozen=True, slots=True)
class ProbePlan:
    """How to probe: `polls` of each session, `max_latency` in seconds that an answer should take at most, `seed` of the
    made-up ids, `timeout` in seconds for connecting and for each read. `provision` makes a session of its own (from
    `order`, or an example), and `browser` opens its page in Chromium. `clock` dates the exchanges. After
    `max_time` seconds the run ends with what it has learned."""

    polls: int = 2
    max_latency: float = 3.0
    seed: int = 0
    timeout: float = 10.0
    provision: bool = False
    browser: bool = False
    order: Any = None
    clock: Clock = system_clock
    max_time: float = MAX_TIME_S


Form = Literal["key alone", "wrong username"]
"""Another form of credentials than the usual one: the key without its user name, or with one that is not its own."""


class Question(NamedTuple):
    """What a read asks, however often it is asked."""

    segment: str
    credentials: str
    form: str | None
    headers: Headers


@dataclass(frozen=True, slots=True)
class PlannedRead:
    """One planned GET: `segment` is the session id as it goes into the path (percent-encoded), `note` what is special
    about this read. `headers` are sent with the documented ones, or instead of those of the same name;
    `authorization` instead of the usual wrong credentials; `form` is that of credentials which are sent otherwise.
    `created` is what is known of a session that this run made."""

    segment: str
    session: Literal["known", "unknown", "malformed"]
    credentials: Literal["right", "wrong", "none"] = "right"
    note: str = ""
    headers: Headers = ()
    authorization: str = field(default="", repr=False)
    form: Form | None = None
    created: Created | None = None

    @property
    def question(self) -> Question:
        return Question(self.segment, self.credentials, self.form, self.headers)

    @property
    def asks_for_session(self) -> bool:
        """Whether this is an ordinary read of a session that was given."""
        return self.session == "known" and self.credentials == "right" and self.form is None and self.created is None

    @property
    def is_special(self) -> bool:
        """Whether its credentials are not the usual ones: it is sent when nothing else is in flight."""
        return self.credentials != "right" or self.form is not None

    @property
    def evidence(self) -> str:
        """The read in words that are safe to print: `GET …/hpp/v1/sessions/39a1c773…1267 (poll 2)`."""
        note = f" ({self.note})" if self.note else ""
        return f"{METHOD} …{SESSIONS_PATH}{abbreviate(unquote(self.segment))}{note}"


MALFORMED: Final[tuple[tuple[str, str], ...]] = (
    ("a word", "not-a-session-id"),
    ("an encoded slash", "39a1c773%2Fbafd"),
    ("encoded dot segments", "%2E%2E%2Fsessions"),
    ("not ASCII", quote("sëssion-✓", safe="")),
    ("2000 characters", "39a1c773" * 250),
)
"""What is wrong with each malformed id, and the id, percent-encoded."""


def reads(plan: ProbePlan, session_ids: Sequence[str], *, with_username: bool = False) -> list[PlannedRead]:
    """The reads of a standard probe, in order; `with_username` also in the other forms of credentials.

    The first three differ in kind, so that three failures at the start are about the endpoint and not about one id.
    Wrong credentials come last, in case they lock something.
    """
    unknown = random_uuid(random.Random(plan.seed))  # noqa: S311  an id, not a secret
    encoded = [quote(session_id, safe="") for session_id in session_ids]
    real = PlannedRead(encoded[0], "known") if encoded else PlannedRead(unknown, "unknown")
    only_key = replace(real, note="the key alone", form="key alone")
    misnamed = replace(real, credentials="wrong", note="a wrong user name", form="wrong username")
    return [
        PlannedRead(real.segment, real.session, "none", "no credentials"),
        PlannedRead(unknown, "unknown", note="unknown id"),
        *(
            PlannedRead(segment, "known", note=f"poll {poll}")
            for poll in range(1, plan.polls + 1)
            for segment in encoded
        ),
        *(PlannedRead(segment, "malformed", note=f"malformed id: {what}") for what, segment in MALFORMED),
        *([only_key] if with_username else []),
        PlannedRead(real.segment, real.session, "wrong", "wrong credentials"),
        *([misnamed] if with_username else []),
    ]


def random_uuid(source: random.Random) -> str:
    """A well-formed session id that no session has."""
    return str(uuid.UUID(int=source.getrandbits(128), version=4))
