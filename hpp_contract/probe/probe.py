"""Probing: sends the planned reads one after the other and keeps what came back, with what is known about it.

The rules decide what the answers mean; here is decided whether there were any: a gateway, a firewall or a refused key
says nothing about the contract. What was answered is kept and judged all the same.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final
from urllib.parse import unquote

from hpp_contract.cases.scenarios import LONGEST, SCENARIOS, session_id
from hpp_contract.engine import Subject
from hpp_contract.engine.deadline import Deadline, OutOfTime
from hpp_contract.model import Exchange
from hpp_contract.model.asked import Asked, asked
from hpp_contract.model.exchange import AnsweredBy
from hpp_contract.privacy.describe import abbreviate
from hpp_contract.probe.open_questions import Answers, learned
from hpp_contract.probe.plan import PlannedRead, ProbePlan, reads
from hpp_contract.probe.provision import ProvisionResult, provision
from hpp_contract.probe.sender import Sender
from hpp_contract.probe.target import EMBEDDED, Target
from hpp_contract.probe.transcript import Transcript, is_answer, why_unanswered
from hpp_contract.probe.wire import HOST_WIDE, TransportError
from hpp_contract.server import Sandbox, Server

MAX_FAILED_READS: Final = 3
"""Reads, of different kinds, that fail before anything succeeded; then nothing else is asked."""

OUTAGE_LIMIT_S: Final = 5.0
"""Seconds to wait, once, where something answers in the API's place: an outage may be over then. A tenth on this
machine."""

MAX_SILENCE: Final = 5
"""Reads in a row that fail after something succeeded; then another question shows whether anything is answered."""

MAX_TOGETHER: Final = 4
"""Reads in flight at the same time, of different sessions, where an endpoint takes its time."""

SLOW_S: Final = 0.5
"""Seconds that an answer takes at least where more than one read at a time is worth it."""

_REMEDIES: Final = {
    AnsweredBy.PAGE: "{host} answers every request with an HTML page ({detail}), not with the API: a gateway or a "
    "firewall is in between, and a runner outside Europe may see nothing else. Run from an allowed network, or check "
    "the host.",
    AnsweredBy.LIMITED: "{host} answers every request with {detail} (too many requests): wait, and use the key only "
    "here.",
    AnsweredBy.UNAVAILABLE: "{host} answers every request with a server error ({detail}): try again later, or check "
    "the host.",
}
"""What to do about each of those that answer in the API's place, but for CLOSED."""

_LOCAL_PAGE: Final = (
    "{host} answers every request with an HTML page ({detail}), not with the API: another web server listens there, or "
    "the base URL lacks a path. Check the port, and what stands before /hpp/v1."
)

Progress = Callable[[int, int], None]
"""Called with the reads done and the reads planned."""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What a probe found: `exchanges` to judge, in the order they happened.

    `unverified` says what could not be verified, or why nothing could; `answered` whether the API said anything that is
    more than a refused key, so that it can be compared. `learned` are the documentation's open questions, each with
    what this endpoint answers. `secrets` must not be in any report.
    """

    subject: Subject
    exchanges: tuple[Exchange, ...]
    unverified: str | None = None
    notes: tuple[str, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)
    learned: Answers = ()
    answered: bool = True


def probe(
    target: Target,
    plan: ProbePlan = ProbePlan(),  # noqa: B008  immutable
    on_progress: Progress | None = None,
    deadline: Deadline | None = None,
) -> ProbeResult:
    """Probe `target` by `plan`, until `deadline` where the time of the run has begun before this. An embedded target is
    started for as long as that takes.

    Raises UsageProblem where the environment makes probing impossible, and for nothing that the network does.
    """
    with running(target, plan) as (own, plan):
        return _probe(own, plan, deadline or Deadline.after(plan.max_time), on_progress)


@contextmanager
def running(target: Target, plan: ProbePlan) -> Iterator[tuple[Target, ProbePlan]]:
    """The target and plan as they are; an embedded target is started, and both are completed for it.

    Its sessions are one for every scenario, unless the target names others, and they are read until the longest
    scenario has shown its end twice. Raises what `Server` raises.
    """
    if target.base_url is not None:
        yield target, plan
        return
    ids = target.session_ids or tuple(session_id(name) for name in SCENARIOS)
    with Server(sandbox=Sandbox(clock=plan.clock)) as server:
        own = replace(target, base_url=server.url, credentials=server.credentials, session_ids=ids)
        yield own, replace(plan, polls=max(plan.polls, LONGEST + 1))


def _probe(target: Target, plan: ProbePlan, deadline: Deadline, on_progress: Progress | None) -> ProbeResult:
    sender = Sender(target, plan, deadline)
    transcript = Transcript()
    provisioned = over = None
    try:
        _ask_all(sender, transcript, target, plan, on_progress)
        transcript.confirm(sender.ask_again, partial(_wait, sender))
        if (
            plan.provision
            and not transcript.outage()
            and nothing_verified(transcript.exchanges, sender.error, target) is None
        ):
            provisioned = provision(sender, plan.order, browser=plan.browser)
            over = provisioned.over
    except OutOfTime as end:
        over = str(end)
    finally:
        sender.close()
    return _result(target, transcript, sender, provisioned, over)


def _ask_all(
    sender: Sender, transcript: Transcript, target: Target, plan: ProbePlan, on_progress: Progress | None
) -> None:
    """Ask what is planned; not to the end where nothing is answered any more."""
    planned = deque(reads(plan, target.session_ids, with_username=bool(target.credentials.username)))
    total, silence, together = len(planned), 0, 1
    while planned:
        some = _next(planned, together, transcript)
        if not some:
            continue
        doubtful = False
        for read, exchanges in sender.ask_together(some):
            silence = 0 if transcript.add(read, exchanges) else silence + 1
            doubtful |= silence == MAX_SILENCE
        done = total - len(planned)
        if on_progress is not None:
            on_progress(done, total)
        if doubtful and transcript.is_silent(sender.ask_again):
            return
        if _is_hopeless(done, transcript, sender.error):
            if done > MAX_FAILED_READS or not transcript.is_unavailable:
                return
            _wait(sender)
        together = 1 if done < MAX_FAILED_READS else how_many(transcript.exchanges[-len(some) :], plan.timeout)


def _next(planned: deque[PlannedRead], together: int, transcript: Transcript) -> list[PlannedRead]:
    """The reads that are sent next, `together` at most, taken from `planned`; none where the next of them is left out.
    No two are of one session, and credentials that are wrong, or in another form, are sent alone."""
    some: list[PlannedRead] = []
    while planned and len(some) < together:
        each = planned[0]
        if some and (each.is_special or any(each.segment == other.segment for other in some)):
            break
        planned.popleft()
        read = _in_other_form(each, transcript) if each.form is not None else each
        if read is not None and not transcript.is_stalled(read):
            some.append(read)
        if each.is_special:
            break
    return some


def how_many(last: Sequence[Exchange], timeout: float) -> int:
    """How many reads to send at the same time after these: more than one to an endpoint that takes its time, and not so
    many that one which answers them one after the other would come near the `timeout`."""
    slowest = max(exchange.elapsed or 0.0 for exchange in last)
    if slowest < SLOW_S or not all(map(is_answer, last)):
        return 1
    return max(1, min(MAX_TOGETHER, int(timeout / (1.5 * slowest))))


def _wait(sender: Sender) -> None:
    sender.pause(OUTAGE_LIMIT_S / 10 if sender.is_local else OUTAGE_LIMIT_S)


def _in_other_form(read: PlannedRead, transcript: Transcript) -> PlannedRead | None:
    """The read with another form of credentials, of something that the usual form is accepted for; None without one."""
    accepted = transcript.accepted()
    return None if accepted is None else replace(read, segment=accepted.segment, session=accepted.session)


def _is_hopeless(done: int, transcript: Transcript, error: TransportError | None) -> bool:
    """Whether nothing was answered so far and nothing is likely to be."""
    if transcript.is_answered:
        return False
    return done >= MAX_FAILED_READS or (error is not None and error.word in HOST_WIDE)


def _result(
    target: Target, transcript: Transcript, sender: Sender, provisioned: ProvisionResult | None, over: str | None
) -> ProbeResult:
    """What came of a probe; `over` says that its time was over before its end."""
    subject = Subject("endpoint", EMBEDDED if target.embedded else target.base_url or "", target.embedded)
    own = tuple(transcript.exchanges)
    nothing = nothing_verified(own, sender.error, target)
    own = tuple(map(_of_nobody, own)) if _is_refused(own) else own
    exchanges = (*own, *(provisioned.reads if provisioned else ()))
    made = provisioned.reads if provisioned else ()
    lost = [*transcript.outage(), *(each for each in made if each.context.unanswered == "outage")]
    why = nothing or over or _silent(transcript, lost, target) or _unread(target, exchanges, provisioned)
    notes = () if nothing else (*_notes(transcript), *(provisioned.notes if provisioned else ()))
    answers = () if nothing or (target.embedded and provisioned is None) else learned(exchanges, provisioned)
    return ProbeResult(subject, exchanges, why, notes, sender.secrets, answers, nothing is None)


def _of_nobody(exchange: Exchange) -> Exchange:
    """The exchange as what it turned out to be: asked with credentials that are nobody's here."""
    if exchange.context.credentials != "right" or exchange.context.form is not None:
        return exchange
    return replace(exchange, context=replace(exchange.context, credentials="wrong"))


# --- What could not be verified


def nothing_verified(exchanges: Sequence[Exchange], error: TransportError | None, target: Target) -> str | None:
    """Why nothing can be concluded from these exchanges, in one sentence; None when something can.

    `error` is the last transport error, if there was one.
    """
    if _is_refused(exchanges):
        return _refused(target)
    if not exchanges or any(map(_says_something, exchanges)):
        return None
    kinds = Counter(_in_its_place(exchange) for exchange in exchanges)
    kind, _ = kinds.most_common(1)[0]
    if kind is AnsweredBy.CLOSED and error is not None:
        sentence = error.sentence(target.host)
    else:
        statuses = sorted({str(x.status) for x in exchanges if _in_its_place(x) is kind})
        remedy = _LOCAL_PAGE if kind is AnsweredBy.PAGE and target.is_loopback else _REMEDIES[kind]
        sentence = remedy.format(host=target.host, detail=f"HTTP {', '.join(statuses)}")
    return sentence if len(kinds) == 1 else f"No request was answered by the API. Most often: {sentence}"


def _is_refused(exchanges: Sequence[Exchange]) -> bool:
    """Whether the API refuses the credentials, whatever they are for."""
    ours = [x for x in exchanges if x.context.credentials == "right" and x.context.form is None]
    answers = [x for x in ours if x.answered_by is AnsweredBy.API and x.context.session != "malformed"]
    return bool(answers) and all(exchange.status == 401 for exchange in answers)


def _says_something(exchange: Exchange) -> bool:
    """Whether the API answered, and not with a page under 200: it is judged, but verifies nothing else."""
    return is_answer(exchange) and not (exchange.response is not None and exchange.response.is_html)


def _in_its_place(exchange: Exchange) -> AnsweredBy:
    if exchange.response is not None and exchange.response.is_html:
        return AnsweredBy.PAGE
    return AnsweredBy.UNAVAILABLE if exchange.answered_by is AnsweredBy.API else exchange.answered_by


def _silent(transcript: Transcript, lost: Sequence[Exchange], target: Target) -> str | None:
    """What an outage that did not end (`lost`), or a limit, kept from being answered; None when nothing was."""
    if lost:
        how = ", ".join(sorted(set(map(why_unanswered, lost))))
        return (
            f"{target.host} stopped answering during the run ({how}), so {len(lost)} of the questions were not "
            "answered: try again later. What was answered is judged."
        )
    limited = [x for x in transcript.specific() if asked(x) is Asked.SESSION and x.answered_by is AnsweredBy.LIMITED]
    if limited:
        return f"{len(limited)} of the sessions were never answered but with HTTP 429 (too many requests): wait."
    return None


def _unread(target: Target, exchanges: Sequence[Exchange], provisioned: ProvisionResult | None) -> str | None:
    """Why a run that read no session verified too little; None when it read one."""
    ours = [x for x in exchanges if x.context.session == "known" and x.context.credentials == "right"]
    if any(exchange.session is not None for exchange in ours):
        return None
    if target.session_ids or target.embedded:
        words = sorted({why_unanswered(exchange) for exchange in ours})
        every = f"all {words[0].removeprefix('HTTP ')}" if len(words) == 1 else " or ".join(words)
        count = len({exchange.request.session_id for exchange in ours})
        return (
            f"no session was read ({count} {'id' if count == 1 else 'ids'}, {every}). Sessions end after 48 hours, and "
            "belong to one merchant and one environment: give the ids of live ones, or --provision."
        )
    if provisioned is not None:
        return "only refusals were tried: no session was read, because none could be provisioned."
    return (
        "only refusals were tried: no session ids were given, so no session was read. Set HPP_SESSION_IDS or "
        "--session-id, or make a session with --provision."
    )


# --- What is said beside the verdict


def _notes(transcript: Transcript) -> Iterator[str]:
    """Which sessions were not to be read, by their number, and which questions were asked in vain."""
    sessions = list(transcript.of_sessions())
    for number, (segment, exchanges) in enumerate(sessions, start=1):
        statuses = {exchange.status for exchange in exchanges if is_answer(exchange)}
        if len(statuses) == 1 and statuses <= {403, 404}:
            yield (
                f"Session {number} of {len(sessions)} ({abbreviate(unquote(segment))}) was answered with "
                f"{statuses.pop()} at every read: it has expired, or belongs to another merchant or environment."
            )
    in_vain = [x for x in transcript.specific() if asked(x) is not Asked.SESSION]
    if in_vain:
        questions = ", ".join(f"{asked(x).replace('-', ' ')} ({why_unanswered(x)})" for x in in_vain)
        yield f"Asked, and not answered by the API: {questions}. What it would have answered was not verified."


def _refused(target: Target) -> str:
    if target.credentials.username:
        sent = "as base64 of HPP_USERNAME:HPP_API_KEY; a key that is sent without a user name needs HPP_USERNAME unset"
    else:
        sent = (
            "alone, as `Basic <key>`, without a user name; a key that belongs to a user name needs HPP_USERNAME (such "
            "as M000001-abcdef) beside it"
        )
    return f"{target.host} refuses the credentials (HTTP 401): the key was sent {sent}. Keys differ per environment."
