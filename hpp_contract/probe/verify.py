"""Whether a probe verified anything: a gateway, a firewall or a refused key says nothing about the contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from hpp_contract.model import Exchange
from hpp_contract.probe.target import Target
from hpp_contract.probe.transport import TransportError

_REMEDIES: Final = {
    "page": "{host} answers every request with a page for people (HTML, {detail}), not with the API: a gateway or a "
    "firewall is in between, and a runner outside Europe may see nothing else. Run from an allowed network, or check "
    "the host.",
    "limited": "{host} answers every request with {detail} (too many requests): wait, and use the key only here.",
    "server": "{host} answers every request with a server error ({detail}): try again later, or check the host.",
}


def unverified(exchanges: Sequence[Exchange], trouble: TransportError | None, target: Target) -> str | None:
    """Why nothing can be concluded from these exchanges, in one sentence; None when something can.

    `trouble` is the last transport failure, if there was one.
    """
    authorized = [exchange for exchange in exchanges if exchange.context.credentials == "right"]
    if authorized and all(exchange.status == 401 for exchange in authorized):
        return _refused(target)
    kinds = Counter(blocked_by(exchange) for exchange in exchanges)
    if None in kinds or not kinds:
        return None
    kind = next(name for name, _ in kinds.most_common() if name is not None)
    sentence = _sentence(kind, exchanges, trouble, target.host)
    return sentence if len(kinds) == 1 else f"No request was answered by the API. Most often: {sentence}"


def blocked_by(exchange: Exchange) -> str | None:
    """What stood in the API's place: `transport`, `page`, `limited` or `server`; None when it answered itself."""
    response = exchange.response
    if response is None:
        return "transport"
    if response.is_html:
        return "page"
    if response.status == 429:
        return "limited"
    return "server" if response.status >= 500 else None


def _sentence(kind: str, exchanges: Sequence[Exchange], trouble: TransportError | None, host: str) -> str:
    if kind == "transport" and trouble is not None:
        return trouble.sentence(host)
    statuses = sorted({str(exchange.status) for exchange in exchanges if blocked_by(exchange) == kind})
    return _REMEDIES[kind].format(host=host, detail=f"HTTP {', '.join(statuses)}")


def _refused(target: Target) -> str:
    if target.credentials.username:
        sent = "sent as base64 of HPP_USERNAME:HPP_API_KEY; a key that is sent raw needs HPP_USERNAME unset"
    else:
        sent = "sent raw; a key that belongs to a username needs HPP_USERNAME (such as M000001-abcdef) beside it"
    return f"{target.host} refuses the credentials (HTTP 401): HPP_API_KEY was {sent}. Keys differ per environment."
