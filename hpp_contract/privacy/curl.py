"""The curl line that sends a read again: credentials and sessions are variables in it, for who runs it to fill in."""

from __future__ import annotations

import re
import shlex
from typing import Final

from hpp_contract.model import Exchange
from hpp_contract.model.credentials import decoded
from hpp_contract.spec.endpoint import KEY_VARIABLE, SESSIONS_PATH, USERNAME_VARIABLE

SHOWN: Final = 120
"""Characters of a path segment that a line shows at most."""

SESSION_VARIABLE: Final = "HPP_SESSION_ID"

NO_SESSION: Final = "00000000-0000-4000-8000-000000000000"
"""A well-formed id that stands for any that no session has."""

ONLY_KEY: Final = f'-H "Authorization: Basic ${KEY_VARIABLE}"'
WITH_USERNAME: Final = f'-u "${USERNAME_VARIABLE}:${KEY_VARIABLE}"'
"""The two documented forms of credentials."""


def curl(exchange: Exchange) -> str:
    """The line that asks what a probe asked; empty when the exchange is no read whose question is known."""
    request, context = exchange.request, exchange.context
    if not exchange.is_read or context.session is None or not request.raw_session_id:
        return ""
    start = shlex.quote(f"{request.base_url}{SESSIONS_PATH}")
    segments = {"known": f'"${SESSION_VARIABLE}"', "unknown": NO_SESSION}
    segment = segments.get(context.session) or quoted_segment(request.raw_session_id)
    return " ".join(filter(None, ("curl -i --path-as-is", _credentials(exchange), start + segment)))


def quoted_segment(segment: str) -> str:
    """A segment of a path for a shell; a long one as the repetition that it is, or cut, which is said."""
    if len(segment) <= SHOWN:
        return shlex.quote(segment)
    repeated = _REPEATED.fullmatch(segment)
    if repeated:
        return f"\"$(printf '{repeated[1]}%.0s' $(seq {len(segment) // len(repeated[1])}))\""
    return f"{shlex.quote(segment[:SHOWN])}… (of {len(segment)} characters)"


_REPEATED: Final = re.compile(r"([A-Za-z0-9._-]{1,16}?)\1+")


def _credentials(exchange: Exchange) -> str:
    context, sent = exchange.context, exchange.request.header("authorization") or ""
    if context.credentials == "none":
        return ""
    if context.form == "wrong username":
        return f'-u "wrong:${KEY_VARIABLE}"'
    if context.credentials == "wrong":
        return "-u wrong:wrong"
    return WITH_USERNAME if ":" in (decoded(sent.partition(" ")[2]) or "") else ONLY_KEY
