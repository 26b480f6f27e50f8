"""Transport failures: from whatever a library raised to one word and one sentence.

The sentences name the host and the remedy and quote nothing that came from the wire or from an exception: those may
hold credentials.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from dataclasses import dataclass
from typing import Final

import urllib3.exceptions

from hpp_contract.engine.refusal import causes

TIMEOUT: Final = "timeout"

_WORDS: Final[tuple[tuple[str, tuple[type[BaseException], ...]], ...]] = (
    ("proxy", (urllib3.exceptions.ProxyError,)),
    ("tls", (ssl.SSLError, urllib3.exceptions.SSLError)),
    ("dns", (socket.gaierror, urllib3.exceptions.NameResolutionError, UnicodeError)),
    ("refused", (ConnectionRefusedError,)),
    (TIMEOUT, (TimeoutError, urllib3.exceptions.TimeoutError)),
    ("reset", (ConnectionError, http.client.RemoteDisconnected)),
    ("garbage", (http.client.HTTPException,)),
    ("unreachable", (OSError,)),
)
"""The first that fits names the failure; an error is tried together with everything that caused it."""

_SENTENCES: Final = {
    "proxy": "the proxy in the environment did not let the request through to {host}: check HTTPS_PROXY and NO_PROXY.",
    "tls": "the TLS handshake with {host} failed{detail}: check its certificate, or let REQUESTS_CA_BUNDLE name the "
    "file of the authority that issued it.",
    "dns": "the name {host} does not resolve: check the spelling, and DNS on this machine.",
    "refused": "{host} refuses connections: check host and port, and that the endpoint is running.",
    TIMEOUT: "{host} did not answer in time: check that this machine may reach it (firewall, proxy, VPN).",
    "reset": "{host} closed the connection without an answer: check that it speaks http or https on this port.",
    "garbage": "{host} answers something that is not HTTP: check the port.",
    "oversized": "{host} answers with more bytes than any session has: check that it is the API.",
    "unreachable": "{host} cannot be reached from here: check the network.",
    "failed": "{host} could not be read{detail}.",
}

HOST_WIDE: Final = frozenset({"proxy", "tls", "dns", "refused", "unreachable"})
"""Failures that no id or header causes: one is enough to know that every other request would meet it too."""


@dataclass(frozen=True, slots=True)
class TransportError:
    """A transport failure: its `word`, and a `detail` (such as why a certificate was refused) that is safe to print."""

    word: str
    detail: str = ""

    def sentence(self, host: str) -> str:
        """What happened and what to do, about `host`."""
        detail = f" ({self.detail})" if self.detail else ""
        return _SENTENCES[self.word].format(host=host, detail=detail)


def classify_error(error: BaseException) -> TransportError:
    """The failure that `error` is about."""
    chain = list(causes(error))
    for word, types in _WORDS:
        if any(isinstance(cause, types) for cause in chain):
            return TransportError(word, _certificate_problem(chain) if word == "tls" else "")
    return TransportError("failed", type(error).__name__)


def _certificate_problem(chain: list[BaseException]) -> str:
    found = next((cause for cause in chain if isinstance(cause, ssl.SSLCertVerificationError)), None)
    return (found.verify_message or "").split(",")[0] if found is not None else ""
