"""The reference endpoint as a function: a Request goes in, the Exchange to send comes out.

Honest behaviour is computed first, then edited by the faults that apply to its scenario. Nothing here knows of sockets.
The only state is how often each session was read, the log, and what a sandbox keeps.
"""

from __future__ import annotations

import base64
import binascii
import threading
import uuid
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal

from hpp_contract.cases.responses import answer, dated, refusal
from hpp_contract.cases.scenarios import CREDENTIALS, SCENARIOS, Scenario, session_id
from hpp_contract.engine.errors import raise_refusal
from hpp_contract.engine.fault import Variant
from hpp_contract.model import Context, Exchange, Instant, Request, Response
from hpp_contract.model.asked import Asked
from hpp_contract.model.clock import Clock, system_clock
from hpp_contract.model.credentials import Credentials
from hpp_contract.model.exchange import is_loopback, values
from hpp_contract.model.instant import SECOND
from hpp_contract.privacy.describe import abbreviate
from hpp_contract.rules import FAULTS
from hpp_contract.server.sandbox import Sandbox
from hpp_contract.spec.endpoint import SESSIONS_PATH
from hpp_contract.spec.session import UUID

AGE: Final = 600 * SECOND
"""Nanoseconds that every session is older than its server: time for all steps of a scenario to have happened."""

RENEWAL: Final = 40 * 3600 * SECOND
"""Nanoseconds after which the sessions of a server that still runs start again: later they would be served expired."""

HEALTHY: Final = "/-/healthy"
"""Where whoever starts the server asks whether it answers: not a part of the endpoint, never logged or judged."""

LOG_SIZE: Final = 10_000
"""Exchanges that the log keeps: the newest."""

Authority = Literal["right", "wrong", "none"]
Identity = Literal["known", "unknown", "malformed"]


@dataclass(frozen=True, slots=True)
class Resolution:
    """How a request is answered: the name of its `scenario`, which faults apply to, and the scenario itself, the
    sandbox's answer or the status that refuses the request."""

    scenario: str
    answer: Scenario | Response | int
    credentials: Authority
    session: Identity | None = None


class Log:
    """What clients sent: the newest `LOG_SIZE` exchanges, in the order of their requests. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: deque[Exchange] = deque(maxlen=LOG_SIZE)
        self._count = 0

    def add(self, exchange: Exchange) -> None:
        """Keep the exchange under its number."""
        with self._lock:
            self._count += 1
            evidence = f"request {self._count}: {request_line(exchange.request)}"
            self._kept.append(replace(exchange, evidence=evidence))

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        with self._lock:
            return tuple(self._kept)

    @property
    def count(self) -> int:
        """Exchanges ever added, forgotten ones included."""
        with self._lock:
            return self._count

    def after(self, count: int) -> tuple[int, tuple[Exchange, ...]]:
        """How many exchanges were ever added, and those of them that are kept beyond the first `count`."""
        with self._lock:
            new = min(self._count - count, len(self._kept))
            return self._count, tuple(self._kept)[len(self._kept) - new :]


class Application:
    """Answers read-session requests under any path prefix, or only under `base_path` when one is given.

    `faults` apply to their scenarios whatever the id; under a fault's own well-known id only that fault applies.
    `otherwise` is served under every well-formed id that is unknown, each value of `served` under its key. A `sandbox`
    answers for the sessions it made, and whatever is not a read of a session; only reads are logged. `clock`
    dates sessions and answers (the sandbox's own when there is one). It no longer asks for credentials once
    `asks_for_credentials` is False. Safe to call from any thread.
    """

    def __init__(
        self,
        credentials: Credentials = CREDENTIALS,
        faults: Iterable[Variant] = (),
        *,
        otherwise: Scenario | None = None,
        base_path: str = "",
        served: Mapping[str, Scenario | Variant] = MappingProxyType({}),
        sandbox: Sandbox | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.credentials = credentials
        self.asks_for_credentials = True
        self.loopback_only = False
        self.log = Log()
        self.clock = clock or (sandbox.clock if sandbox is not None else system_clock)
        self._faults = tuple(faults)
        self._otherwise = otherwise
        self._base_path = base_path
        self._sandbox = sandbox
        self._scenarios = {session_id(name): scenario for name, scenario in SCENARIOS.items()}
        self._own_faults = {session_id(fault.name): fault for fault in (*FAULTS, *self._faults)}
        self._scenarios |= {
            name: met if isinstance(met, Scenario) else SCENARIOS[met.scenario] for name, met in served.items()
        }
        self._own_faults |= {name: met for name, met in served.items() if isinstance(met, Variant)}
        self._created = self.clock() - AGE
        self._polls: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Exchange:
        """The exchange to send for `request`; also logged, unless it is for the sandbox alone or asks for health."""
        now = self.clock()
        if request.path == HEALTHY:
            healthy = Response(200, (("Content-Type", "text/plain"), ("Cache-Control", "no-store")), b"healthy\n")
            return Exchange(request, dated(healthy, now), at=Instant(now, 9))
        if self.loopback_only and not is_loopback(request.parts.hostname or ""):
            # A page that a browser loads from elsewhere has a name of its own lead here (DNS rebinding).
            return Exchange(request, dated(refusal(421), now), at=Instant(now, 9))
        answered = self._sandbox_answer(request)
        if answered is not None:
            return Exchange(request, dated(answered, now), at=Instant(now, 9))
        resolution = self._resolve(request)
        poll = self._poll(request, resolution, now)
        response = dated(self._honest(request, resolution, poll), now)
        honest = Exchange(request, response, at=Instant(now, 9), context=self._context(resolution))
        try:
            edited = self._with_faults(honest, resolution.scenario, poll)
        except Exception as error:  # an edit that does not fit its scenario is our mistake: it shows as a 500
            raise_refusal(error)
            edited = replace(honest, response=dated(refusal(500), now))
        exchange = replace(edited, request=request, at=honest.at, context=honest.context)
        self.log.add(exchange)
        return exchange

    def _sandbox_answer(self, request: Request) -> Response | None:
        """The sandbox's answer to what is not a read of a session; None when it has none."""
        wanted = request.session_id
        ours = wanted in self._scenarios or wanted in self._own_faults
        if self._sandbox is None or ours or not request.path.startswith(f"{self._base_path}/"):
            return None
        return self._sandbox.answer(request, authorized=self._authority(request) == "right")

    def _resolve(self, request: Request) -> Resolution:
        authority = self._authority(request)
        wanted = request.session_id
        if wanted is None or not self._is_below_base(request):
            return Resolution("other-path", 404, authority)
        if request.method != "GET":
            return Resolution("not-get", 405, authority)
        if authority != "right" and self.asks_for_credentials:
            return Resolution(Asked.NO_CREDENTIALS if authority == "none" else Asked.WRONG_CREDENTIALS, 401, authority)
        return replace(self._session(wanted), credentials=authority)

    def _session(self, wanted: str) -> Resolution:
        scenario = self._scenarios.get(wanted)
        fault = self._own_faults.get(wanted)
        if scenario is None and fault is not None:
            if fault.scenario in (Asked.UNKNOWN_ID, Asked.MALFORMED_ID):
                return Resolution(fault.scenario, 404, "right", "unknown")
            scenario = SCENARIOS.get(fault.scenario, SCENARIOS["waiting"])
        if scenario is not None:
            return Resolution(scenario.name, scenario, "right", "known")
        made = self._sandbox.read(wanted) if self._sandbox is not None else None
        if made is not None:
            return Resolution(*made, "right", "known")
        if not UUID.fullmatch(wanted):
            return Resolution(Asked.MALFORMED_ID, 404, "right", "malformed")
        if self._otherwise is not None:
            return Resolution(self._otherwise.name, self._otherwise, "right", "known")
        return Resolution(Asked.UNKNOWN_ID, 404, "right", "unknown")

    def _is_below_base(self, request: Request) -> bool:
        return not self._base_path or request.path.startswith(f"{self._base_path}/hpp/")

    def _authority(self, request: Request) -> Authority:
        sent = values(request.headers, "authorization")
        if not sent:
            return "none"
        return "right" if len(sent) == 1 and is_authorized(sent[0], self.credentials) else "wrong"

    def _poll(self, request: Request, resolution: Resolution, now: int) -> int:
        """How often this session was read in this scenario before."""
        key = (resolution.scenario, request.raw_session_id or "")
        with self._lock:
            if now - self._created > RENEWAL:
                self._created = now - AGE
                self._polls.clear()
            self._polls[key] += 1
            return self._polls[key] - 1

    def _honest(self, request: Request, resolution: Resolution, poll: int) -> Response:
        scenario = resolution.answer
        if isinstance(scenario, Response):
            return scenario
        if isinstance(scenario, int):
            return refusal(scenario)
        if scenario.refused is not None:
            return refusal(scenario.refused)
        return answer(200, scenario.body(request.session_id or "", poll, self._created), str(uuid.uuid4()))

    def _with_faults(self, exchange: Exchange, scenario: str, poll: int) -> Exchange:
        own = self._own_faults.get(exchange.request.session_id or "")
        for fault in (*self._faults, *([own] if own is not None and own not in self._faults else [])):
            if fault.applies(scenario, poll):
                exchange = fault(exchange)
        return exchange

    def _context(self, resolution: Resolution) -> Context:
        return Context(
            credentials=resolution.credentials,
            session=resolution.session,
            base_path=self._base_path or None,
            secrets=self.credentials.secrets,
        )


def is_authorized(header: str, credentials: Credentials) -> bool:
    """Whether this Authorization header carries `credentials` in one of the two documented forms, or with an empty user
    name, which was seen to be accepted."""
    scheme, _, token = header.partition(" ")
    # Header fields arrive decoded as Latin-1: encoding undoes that and gives the bytes as sent.
    sent = token.strip().encode("latin-1", "replace")
    # RFC 7617 leaves the encoding open: libraries choose Latin-1 as often as UTF-8, and both are accepted. What a key
    # from a file ends in is not part of it, whether it is sent or not.
    keys, named, unnamed = (
        {form for written in (text, text.strip()) for form in (written.encode(), written.encode("latin-1", "replace"))}
        for text in (credentials.api_key, f"{credentials.username}:{credentials.api_key}", f":{credentials.api_key}")
    )
    return scheme.lower() == "basic" and (sent in keys or _decoded(sent) in named | unnamed)


def _decoded(token: bytes) -> bytes | None:
    try:
        return base64.b64decode(token, validate=True)
    except binascii.Error:
        return None


def request_line(request: Request) -> str:
    """The request in words that are safe to print: `GET …/hpp/v1/sessions/39a1c773…1267`."""
    method = request.method if request.method.isascii() and request.method.isalpha() else "(odd method)"
    session_id = request.session_id
    target = "(another path)" if session_id is None else f"…{SESSIONS_PATH}{abbreviate(session_id)}"
    return f"{method[:20]} {target}"
