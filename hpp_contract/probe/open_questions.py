"""What this endpoint answers to the questions that the documentation leaves open.

An answer says what was seen, in words that are safe to print. None is right or wrong: the documentation does not say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from hpp_contract.engine.report import NOT_ANSWERED
from hpp_contract.model import Exchange, Instant, Response
from hpp_contract.model.exchange import response_of
from hpp_contract.privacy.describe import show
from hpp_contract.privacy.names import shown_header, shown_member, shown_value
from hpp_contract.probe.provision import ProvisionResult
from hpp_contract.spec.session import INSTANTS, OUTCOME

Answers = tuple[tuple[str, str], ...]
"""Questions, each with its answer."""

_COMMON: Final = frozenset({"date", "content-length", "connection", "keep-alive", "transfer-encoding", "content-type"})


def learned(exchanges: Sequence[Exchange], provisioned: ProvisionResult | None = None) -> Answers:
    """Every open question with its answer; `provisioned` is what provisioning saw, None without it."""
    seen = provisioned or ProvisionResult()
    return tuple((question, answer(exchanges, seen) or NOT_ANSWERED) for question, answer in _QUESTIONS)


def _error(status: int) -> Callable[[Sequence[Exchange], ProvisionResult], str]:
    """What errors with this status look like."""

    def answer(exchanges: Sequence[Exchange], _: ProvisionResult) -> str:
        return "; ".join(_distinct(_look(exchange) for exchange in exchanges if exchange.status == status))

    return answer


def _look(exchange: Exchange) -> str:
    """An error in words: its body, its media type, and the names of its uncommon headers."""
    response = response_of(exchange)
    names = sorted({shown_header(name.lower()) for name, _ in response.headers} - _COMMON)
    media_type = shown_value("content-type", response.media_type)
    more = "; ".join(filter(None, (media_type, f"headers {', '.join(names)}" if names else "")))
    return f"{_body(response)} ({more})" if more else _body(response)


def _body(response: Response) -> str:
    if not response.body:
        return "an empty body"
    if response.is_html:
        return "an HTML page"
    value = response.json.value
    return (
        f"an object with {', '.join(sorted({*map(shown_member, value)}))}"
        if isinstance(value, dict)
        else "a body that is no JSON object"
    )


def _malformed(exchanges: Sequence[Exchange], _: ProvisionResult) -> str:
    asked = [exchange for exchange in exchanges if exchange.context.session == "malformed" and exchange.response]
    statuses = sorted({exchange.status or 0 for exchange in asked})
    counts = {status: sum(exchange.status == status for exchange in asked) for status in statuses}
    return ", ".join(f"{status} ({count} of {len(asked)} ids)" for status, count in counts.items())


def _others(exchanges: Sequence[Exchange], _: ProvisionResult) -> str:
    forbidden = (exchange.response for exchange in exchanges if exchange.context.session == "known")
    refused = any(response.status == 403 and not response.is_html for response in forbidden if response)
    return "403, for an id that was given as known" if refused else ""


def _completed(exchanges: Sequence[Exchange], _: ProvisionResult) -> str:
    sessions = [exchange.session for exchange in exchanges if (exchange.session or {}).get("status") == "COMPLETED"]
    return "; ".join(_distinct(" and ".join(m for m in OUTCOME if m in (session or {})) for session in sessions))


def _plain_visit(_: Sequence[Exchange], provisioned: ProvisionResult) -> str:
    before, after = _status(provisioned.waiting), _status(provisioned.after_page)
    if provisioned.page is None or before != "WAITING" or not after:
        return ""
    what = "no, it stayed WAITING" if after == before else f"yes, to {show(after)}"
    return f"{what} (the GET answered {provisioned.page})"


def _after_delete(_: Sequence[Exchange], provisioned: ProvisionResult) -> str:
    read = provisioned.after_disabling
    if provisioned.disabled != 204 or read is None or read.response is None:
        return ""
    status = _status(read)
    return f"{read.status} with status {show(status)}" if status else str(read.status)


def _precision(exchanges: Sequence[Exchange], _: ProvisionResult) -> str:
    return "; ".join(filter(None, (_written(exchanges, member) for member in INSTANTS)))


def _written(exchanges: Sequence[Exchange], member: str) -> str:
    """How a member's instants are written: `updated_at 3, zone Z`."""
    texts = [text for text in ((exchange.session or {}).get(member) for exchange in exchanges) if isinstance(text, str)]
    instants = [(instant, text) for text in texts if (instant := Instant.parse(text))]
    digits = " or ".join(map(str, sorted({instant.digits for instant, _ in instants})))
    zones = " or ".join(sorted({"Z" if text.endswith("Z") else "an offset" for _, text in instants}))
    return f"{member} {digits}, zone {zones}" if instants else ""


def _order_change(_: Sequence[Exchange], provisioned: ProvisionResult) -> str:
    read = provisioned.waiting
    before = Instant.parse(provisioned.expires_at)
    if provisioned.order_change is None or read is None or read.expires_at is None or before is None:
        return ""
    if not 200 <= provisioned.order_change < 300:
        return f"{NOT_ANSWERED}: changing the order was answered with {provisioned.order_change}"
    moved = read.expires_at - before
    return "no" if not moved else f"yes, by {moved:+.0f} s"


def _status(exchange: Exchange | None) -> str:
    value = (exchange.session or {}).get("status") if exchange is not None else None
    return value if isinstance(value, str) else ""


def _distinct(answers: Iterable[str]) -> Iterator[str]:
    return iter(dict.fromkeys(filter(None, answers)))


_QUESTIONS: Final[tuple[tuple[str, Callable[[Sequence[Exchange], ProvisionResult], str]], ...]] = (
    ("What does a 401 look like?", _error(401)),
    ("What does a 403 look like?", _error(403)),
    ("What does a 404 look like?", _error(404)),
    ("Is a malformed id answered with 400 or 404?", _malformed),
    ("Is another merchant's session answered with 403 or 404?", _others),
    ("What does a COMPLETED session hold?", _completed),
    ("Does a plain GET of redirect_url move WAITING to IN_PROGRESS?", _plain_visit),
    ("What does a read answer after DELETE?", _after_delete),
    ("How many fraction digits do instants have?", _precision),
    ("Does changing the order move expires_at?", _order_change),
)
"""In the order of the documentation's gaps, each with where its answer is seen."""
