"""H, continued: what a session shows that the probe made itself, so that it knows what it has to show.

`Context.created` says what is known of it. Of any other session these rules judge nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from hpp_contract.engine.edits import OTHER_UUID, Edit, edit_json, header, knowing, member
from hpp_contract.engine.fault import fault, variation
from hpp_contract.engine.rule import Finding, rule
from hpp_contract.model import Exchange, Instant, Trace
from hpp_contract.model.exchange import Created
from hpp_contract.model.instant import SECOND
from hpp_contract.spec.page import SESSION_LIFECYCLE, SESSION_LIFETIME

CREATE_SESSION = "Create HPP session › Response"
DAY_S = 24 * 3600.0


def _made(trace: Trace) -> list[tuple[Exchange, Created]]:
    """The reads of a session that this run made, each with what is known of it."""
    return [(read, read.context.created) for read in trace.reads if read.context.created is not None]


def _untouched(trace: Trace) -> list[tuple[Exchange, Created]]:
    """Those from before anybody opened its page, changed its order or disabled it."""
    return [(read, created) for read, created in _made(trace) if created.untouched]


def _is_made(trace: Trace) -> bool:
    return bool(_made(trace))


def _is_untouched(trace: Trace) -> bool:
    return bool(_untouched(trace))


def _read_twice_untouched(trace: Trace) -> bool:
    return len(_untouched(trace)) > 1


def _moved(name: str, seconds: float) -> Edit:
    """Move one of the session's instants by this many seconds."""

    def move(session: dict[str, Any]) -> None:
        was = Instant.parse(session[name]) or Instant(0)
        session[name] = Instant(was.ns + round(seconds * SECOND)).format(6)

    return edit_json(move)


_UNTOUCHED: Final[Edit] = knowing(created=Created("an order", untouched=True))


def _knowing_expiry(exchange: Exchange) -> Exchange:
    """Know that the creation answered the expiry that is read."""
    expires_at = (exchange.session or {}).get("expires_at")
    return knowing(created=Created("an order", expires_at=expires_at, untouched=True))(exchange)


def _knowing_url(change: Callable[[str], str | None]) -> Edit:
    """Know this of the creation's session_url, as a change of the URL that was read."""
    return lambda exchange: knowing(created=Created("an order", change(exchange.request.url)))(exchange)


@rule(
    "HPP-H17", "reads-change-nothing", "should", "standard", "RFC 9110 §9.2.1 Safe Methods", scope="trace",
    when=_read_twice_untouched,
    faults=[fault("notes-each-read", "waiting", _moved("updated_at", 0.000001), since=1)],
    variations=[variation("numbers-each-answer", "waiting", _UNTOUCHED, header("X-Request-Id", "7"),
                          source="recorder")],
)  # fmt: skip
def reads_change_nothing(trace: Trace) -> Iterator[Finding]:
    """A new session whose page nobody opened stays as it is, however often it is read.

    A merchant who polls would see the consumer come and go, where only the poll itself was.
    """
    (first, _), *further = _untouched(trace)
    for read, _ in further:
        for name in ("status", "updated_at"):
            if (read.session or {}).get(name) != (first.session or {}).get(name):
                yield Finding(f"/{name}", "as in the read before: nobody was there", "another value", read.evidence)
                return


@rule(
    "HPP-H18", "order-is-its-own", "must", "referenced", CREATE_SESSION, scope="trace", when=_is_made,
    faults=[fault("shows-order-of-another", "waiting", member("order_id", OTHER_UUID), also=("HPP-L06", "HPP-P01"))],
    variations=[variation("shows-no-order-yet", "waiting", _UNTOUCHED, source="recorder")],
)  # fmt: skip
def order_is_its_own(trace: Trace) -> Iterator[Finding]:
    """A session that was made for an order shows that order and no other.

    The merchant ships another consumer's order, and this one pays for nothing.
    """
    for read, created in _made(trace):
        order_id = (read.session or {}).get("order_id")
        if order_id is not None and order_id != created.order_id:
            yield Finding("/order_id", "the order that the session was made for", "another order", read.evidence)
            return


@rule(
    "HPP-H19", "expiry-as-created", "should", "referenced", CREATE_SESSION, scope="trace", when=_is_untouched,
    faults=[fault("reads-another-expiry", "waiting", _moved("expires_at", -60), also=("HPP-L05",))],
    variations=[variation("writes-expiry-with-offset", "waiting", _knowing_expiry, edit_json(lambda session:
        session.update(expires_at=session["expires_at"].replace("Z", "+00:00"))), source="recorder")],
)  # fmt: skip
def expiry_as_created(trace: Trace) -> Iterator[Finding]:
    """A new session is read with the `expires_at` that its creation answered.

    A client that keeps the first one stops polling too early, or too late.
    """
    for read, created in _untouched(trace):
        answered = Instant.parse(created.expires_at)
        if answered and read.expires_at and read.expires_at.ns != answered.ns:
            by = f"moved by {read.expires_at - answered:+.3f} s"
            yield Finding("/expires_at", "as the creation answered", by, read.evidence)
            return


@rule(
    "HPP-H20", "lives-a-day", "should", "referenced", SESSION_LIFETIME, scope="trace", when=_is_untouched,
    faults=[fault("expires-within-the-hour", "waiting", _moved("expires_at", -46 * 3600),
                  also=("HPP-H19", "HPP-L05"))],
    variations=[variation("expires-in-two-days", "waiting", _UNTOUCHED, source="recorder")],
)  # fmt: skip
def lives_a_day(trace: Trace) -> Iterator[Finding]:
    """A new session can be paid for 24 hours at least: 48 are documented.

    A consumer who comes back in the evening finds nothing to pay.
    """
    for read, _ in _untouched(trace):
        if read.expires_at and read.at and read.expires_at - read.at < DAY_S:
            lives = f"{(read.expires_at - read.at) / 3600:.1f} hours ahead"
            yield Finding("/expires_at", "24 hours ahead at least", lives, read.evidence)
            return


@rule(
    "HPP-H21", "session-url-reads-it", "should", "referenced", SESSION_LIFECYCLE, scope="trace", when=_is_made,
    faults=[fault("names-another-place", "waiting", _knowing_url(lambda url: url.replace("//", "//eu.")),
                  source="recorder")],
    variations=[variation("names-its-place", "waiting", _knowing_url(lambda url: url + "/"), source="recorder")],
)  # fmt: skip
def session_url_reads_it(trace: Trace) -> Iterator[Finding]:
    """The `session_url` of a creation is where this session is read, below the same base URL.

    A client that reads what it was given, as it should, asks another host, or for nothing.
    """
    read, created = _made(trace)[0]
    if created.session_url is not None and created.session_url.rstrip("/") != read.request.url:
        yield Finding("session_url of the creation", "the URL that reads this session", "another URL", read.evidence)
