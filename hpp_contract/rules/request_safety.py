"""R: to whom a client gives the credentials, and when. Judged from whole reads, unlike other rules of the letter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hpp_contract.engine.rule import Finding, rule
from hpp_contract.model import Response
from hpp_contract.model.client_read import ClientRead
from hpp_contract.model.exchange import values
from hpp_contract.rules.answer.faults import adapter_fault, adapter_variation, repeat_requests, return_error


def _unproven(read: ClientRead) -> bool:
    return read.unproven is not None and read.result.skipped is None


def _speak(read: ClientRead) -> ClientRead:
    """Talk to the server all the same."""
    return replace(read, spoken_to=True)


@rule(
    "HPP-R13", "verifies-the-server", "must", "standard", "RFC 9110 §4.3.4 https Certificate Verification",
    scope="answer", when=_unproven,
    consequence="credentials", reach="{count} servers without a valid certificate are/is spoken to",
    faults=[adapter_fault("looks-at-no-certificate", "unproven-server", _speak),
            adapter_fault("looks-at-no-name", "server-of-another-name", _speak)],
    variations=[adapter_variation("blames-itself-for-the-certificate", "unproven-server", return_error(kind="client"))],
)  # fmt: skip
def verifies_the_server(read: ClientRead) -> Iterator[Finding]:
    """A client says nothing to a server whose certificate it has no reason to trust.

    Anybody on the way between a shop and the API can answer in its place: the key of the merchant is theirs, and so is
    the word that a session is paid.
    """
    if read.spoken_to:
        with_key = any(values(exchange.request.headers, "authorization") for exchange in read.served)
        yield Finding("TLS", f"no request: {read.unproven}", f"a request{', with credentials' if with_key else ''}")


def _authorized(read: ClientRead) -> bool:
    """Credentials were sent at all, and nothing is declared."""
    sent = any(values(exchange.request.headers, "authorization") for exchange in read.served)
    return sent and read.can.auth == "preemptive"


def _wait_for_challenge(read: ClientRead) -> ClientRead:
    """Ask without credentials first."""
    first = read.served[0]
    bare = replace(first, request=replace(first.request, headers=()), response=Response(401))
    return replace(read, served=(bare, *read.served))


@rule(
    "HPP-R14", "asks-with-credentials", "should", "inferred", "Read Session › Example", scope="answer",
    when=_authorized,
    consequence="set-up", reach="{count} reads are/is sent without credentials at first",
    faults=[adapter_fault("waits-for-a-challenge", "smoke", _wait_for_challenge)],
    variations=[adapter_variation("sends-the-key-with-every-try", "unavailable-503", repeat_requests(3))],
)  # fmt: skip
def asks_with_credentials(read: ClientRead) -> Iterator[Finding]:
    """The first request of a read carries the credentials.

    A client that answers only a challenge asks twice each time, and stays outside when a 401 comes without
    `WWW-Authenticate`, as gateways send it. One that declares `"auth": "challenge"` is not judged by this.
    """
    if not values(read.served[0].request.headers, "authorization"):
        yield Finding("header Authorization", "sent with the first request", "sent only after a 401")
