"""Cases about the connection: stalls, breaks, content codings, credentials and base URLs."""

from __future__ import annotations

from typing import Final

from hpp_contract.cases.case import SHORT, Case, case
from hpp_contract.engine.edits import (
    Edit,
    close_after,
    compress,
    cut,
    fail,
    halve,
    header,
    lower_case,
    pause,
    reset_midway,
    slow,
)
from hpp_contract.model.credentials import Credentials

_LOST: Final = ("HPP-A27",)
_READ: Final = ("HPP-A17",)
_WAIT: Final = 20.0
"""Seconds of silence: longer than any client here may wait."""


def _stall(name: str, description: str, *steps: Edit, rules: tuple[str, ...] = ("HPP-A33", "HPP-A27")) -> Case:
    return case(name, description, rules, *steps, timeout=SHORT, slow=True)


def _lost(name: str, description: str, *steps: Edit) -> Case:
    return case(name, description, _LOST, *steps, slow=True)


def _read(name: str, description: str, *steps: Edit) -> Case:
    return case(name, description, _READ, *steps)


WIRE: Final = (
    _stall("stalls-before-answer", "The server takes the request and does not answer.", slow(_WAIT)),
    _stall("stalls-in-body", "The server stops sending in the middle of the body.", pause(_WAIT)),
    _stall("stalls-between-chunks", "The server stops sending in the middle of a chunked body.",
           header("Transfer-Encoding", "chunked"), pause(_WAIT)),
    _stall("drips", "The body comes in pieces: each is in time, the whole is not.", pause(*[0.05] * 5),
           rules=("HPP-A34",)),
    case("late-but-in-time", "The answer takes a tenth of a second.", _READ, slow(0.1), slow=True),
    case("body-in-pieces", "The body comes in three pieces.", _READ, pause(0.03, 0.03)),
    _lost("reset-before-answer", "The connection is reset before an answer.", fail("reset")),
    _lost("closed-before-answer", "The connection is closed before an answer.", fail("close")),
    _lost("reset-midway", "The connection is reset in the middle of the body.", reset_midway),
    _lost("breaks-off", "The connection is closed in the middle of the body.", halve),
    _lost("breaks-off-at-the-end", "The connection is closed a few bytes before the end.", cut(3)),
    _lost("breaks-off-between-chunks", "A chunked body ends without its last chunk.",
          header("Transfer-Encoding", "chunked"), halve),
    _lost("garbage", "The answer is not HTTP.", fail("garbage")),
    _read("chunked", "The body is chunked.", header("Transfer-Encoding", "chunked")),
    _read("gzip", "The body is gzip, if the client allows it.", compress),
    _read("gzip-chunked", "The body is gzip, if the client allows it, and chunked.", compress,
          header("Transfer-Encoding", "chunked")),
    _read("connection-close", "The server announces that it closes the connection.", header("Connection", "close")),
    _read("many-headers", "The answer has sixty further headers.",
          *(header(f"X-Trace-{number}", "0123456789abcdef") for number in range(60))),
    _read("lower-case-headers", "The names of all header fields are in small letters, as HTTP/2 has them.",
          lower_case),
    _read("lower-case-headers-gzip", "The same, and the body is gzip, if the client allows it.", compress, lower_case),
    case("closed-between-polls", "The server closes the keep-alive connection after the first answer.", ("HPP-A21",),
         close_after, until=1, reads=(0, 0), pause=0.1),  # a client cannot know before the close arrives
)  # fmt: skip

_KEY: Final = ("HPP-R12", "HPP-R05", "HPP-A17")
_BASE: Final = ("HPP-R02",)

REQUESTS: Final = (
    case("key-with-colon", "The API key has colons in it.", _KEY,
         credentials=Credentials("kco_test_api_with:colons:inside", "M000002-hpp")),
    case("key-with-symbols", "The API key has the special characters of Base64 and of URLs in it.", _KEY,
         credentials=Credentials("kco_test_api_a+b/c=d&e%20f?g#h", "M000003-hpp")),
    case("key-non-ascii", "The API key has letters outside ASCII.", _KEY,
         credentials=Credentials("kco_test_api_grön-åäö", "M000004-hpp"), exempt_rules=("HPP-R02",)),
    case("long-key", "The API key has 300 characters: Base64 must not break its line.", _KEY,
         credentials=Credentials("kco_test_api_" + "0123456789" * 29, "M000005-hpp")),
    case("key-with-line-break", "The API key ends in a line break, as from a file; it may be cut off.", _KEY,
         credentials=Credentials("kco_test_api_read-from-a-file\n", "M000006-hpp"), exempt_rules=("HPP-R02",)),
    case("base-url-with-slash", "The base URL ends in a slash.", _BASE, base_path="/", needs_base_url=True),
    case("base-url-with-prefix", "The base URL has a path.", _BASE, base_path="/eu/gateway", needs_base_url=True),
    case("base-url-with-prefix-and-slash", "The base URL has a path and ends in a slash.", _BASE,
         base_path="/eu/gateway/", needs_base_url=True),
    case("unproven-server", "The server's certificate is signed by an authority that nobody trusts.", ("HPP-R13",),
         unproven="its certificate is signed by an unknown authority"),
    case("server-of-another-name", "The server's certificate is for another host.", ("HPP-R13",),
         unproven="its certificate is for another host", needs_tls=True),
)  # fmt: skip
