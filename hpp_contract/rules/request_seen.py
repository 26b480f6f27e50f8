"""R: what only the server that was asked can tell about a request, because it knows what is right."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from hpp_contract.engine import fault
from hpp_contract.engine.edits import knowing
from hpp_contract.engine.rule import Finding, rule
from hpp_contract.model import Exchange
from hpp_contract.model.exchange import values

client_fault = partial(fault.fault, source="client")


def _basic_judged(exchange: Exchange) -> bool:
    """Basic credentials were sent to somebody who knows the right ones."""
    sent = values(exchange.request.headers, "authorization")
    judged = exchange.context.credentials is not None and not exchange.context.recorded
    return judged and any(value.lower().startswith("basic ") for value in sent)


@rule(
    "HPP-R12", "credentials-as-given", "must", "referenced", "Authentication", scope="request", when=_basic_judged,
    reads=["request authorization"],
    faults=[client_fault("mangles-credentials", "waiting", knowing(credentials="wrong"))],
)  # fmt: skip
def credentials_as_given(exchange: Exchange) -> Iterator[Finding]:
    """The credentials sent are the ones the client was given.

    A key cut at a colon, trimmed or lowered works in the tests and fails with the next key.
    """
    if exchange.context.credentials == "wrong":
        yield Finding("header Authorization", "the credentials the client was given", "other ones")
