"""ClientRead: what a client returned to its caller for one read, and what the server had answered the client.

The rules say whether the two agree; `client` obtains them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from hpp_contract.model.exchange import Exchange, Response
from hpp_contract.spec.session import MEMBERS

Verdict = Literal["paid", "open", "failed", "gone"]
"""All that some clients tell their caller of a session: paid, maybe paid later, never paid, or not there any more."""

VERDICTS: Final[tuple[Verdict, ...]] = ("paid", "open", "failed", "gone")
ERROR_PARTS: Final = ("http_status", "error_code", "error_messages", "correlation_id")

STATUS_CODES: Final = range(100, 600)
"""What is an HTTP status (RFC 9110 §15). Any other number means that there was none: many clients write 0 or -1."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a client says it can do; the defaults are what is assumed of one that says nothing.

    `fields` are the members it exposes and `error` the parts of an error its caller can reach. A `closed` status is an
    enumeration that cannot hold an unknown value; `base_url` is native when the client takes one as it is. One that
    `answers` with a verdict gives no session; a `concurrent` one can read two at the same time.
    """

    name: str = ""
    version: str = ""
    language: str = ""
    fields: tuple[str, ...] = MEMBERS
    error: tuple[str, ...] = ERROR_PARTS
    status: Literal["open", "closed"] = "open"
    timestamps: Literal["string", "instant"] = "string"
    timeout: bool = True
    base_url: Literal["native", "injected", "patched"] = "native"
    auth: Literal["preemptive", "challenge"] = "preemptive"
    answers: Literal["session", "verdict"] = "session"
    concurrent: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """The error a client gave its caller. Anything the caller cannot reach is None.

    `kind` is http, decode, network, timeout or client, `type` the error's own name. `message` is all the text that a
    caller would log, and may hold anything.
    """

    kind: str = "client"
    type: str = ""
    message: str = field(default="", repr=False)
    http_status: int | None = None
    error_code: str | None = None
    error_messages: tuple[str, ...] | None = None
    correlation_id: str | None = None


@dataclass(frozen=True, slots=True)
class ClientResult:
    """What came back for one read; exactly one of these is set, but for a `verdict` beside a session.

    `session` maps exposed members to JSON values (an instant to RFC 3339, or to a number of seconds or milliseconds
    since 1970); `empty` is success with nothing in it, `other` success with what is no session, in words; `skipped`
    says why a client did not read; `problem` says, in words that are safe to print, how the adapter or client failed to
    answer, `hung` that it was not done in time.
    """

    session: Mapping[str, Any] | None = None
    failure: Failure | None = None
    empty: bool = False
    other: str | None = None
    verdict: Verdict | None = None
    skipped: str | None = None
    problem: str | None = None
    hung: bool = False


@dataclass(frozen=True, eq=False)
class ClientRead:
    """One read of session `asked` in a case: the client's `result`, and what the server had `served` for it.

    `served` holds the exchanges of this read in order (retries and challenges included), `earlier` those of earlier
    reads of the same session, `others` those of the case's other sessions, `other_host_requests` what reached another
    host. `timeout` is what the client was given and `elapsed` what it took, both in seconds. `unproven` says why the
    server could not prove to be the one that was asked, where it could not; `spoken_to` whether the client talked to it
    all the same.
    """

    case: str
    asked: str
    result: ClientResult
    served: tuple[Exchange, ...] = ()
    earlier: tuple[Exchange, ...] = ()
    others: tuple[Exchange, ...] = ()
    other_host_requests: tuple[Exchange, ...] = ()
    can: Capabilities = Capabilities()
    timeout: float = 2.0
    elapsed: float = 0.0
    evidence: str = ""
    unproven: str | None = None
    spoken_to: bool = False
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def last(self) -> Exchange | None:
        """The exchange that decided this read."""
        return self.served[-1] if self.served else None

    @property
    def response(self) -> Response | None:
        """The response that decided this read; None when none came."""
        return self.last.response if self.last is not None else None

    @property
    def status(self) -> int | None:
        return self.last.status if self.last is not None else None
