"""H: what the bytes of a body must be, and only as far as a body is worth reading: one fault, one finding."""

from __future__ import annotations

from collections.abc import Iterator

from hpp_contract.engine.edits import body, cut, header, rewrite
from hpp_contract.engine.fault import fault
from hpp_contract.engine.rule import Finding, rule
from hpp_contract.model import Exchange
from hpp_contract.model.body import BOM
from hpp_contract.model.exchange import response_of
from hpp_contract.rules.conditions import has_json, is_200, is_200_as_json, responded


@rule(
    "HPP-H05",
    "json-media-type",
    "must",
    "referenced",
    "API reference 1.1 › getSessionById",
    when=is_200,
    faults=[
        fault(
            "serves-html", "waiting", header("Content-Type", "text/html"), body(b"<html><body>Sign in</body></html>")
        ),
        fault("mislabels-json", "in-progress", header("Content-Type", "text/plain")),
        fault("declares-no-type", "failed", header("Content-Type", None)),
    ],
)
def json_media_type(exchange: Exchange) -> Iterator[Finding]:
    """A 200 is declared `application/json`.

    Clients choose their parser by it, and a page for people under 200 is how a captive gateway looks.
    """
    if response_of(exchange).media_type != "application/json":
        found = response_of(exchange).header("content-type")
        yield Finding("header Content-Type", "application/json", f'"{found[:60]}"' if found else "absent")


def _utf8_matters(exchange: Exchange) -> bool:
    return is_200_as_json(exchange) and response_of(exchange).content is not None


@rule(
    "HPP-H06", "utf-8", "must", "standard", "RFC 8259 §8.1 Character Encoding", when=_utf8_matters,
    faults=[
        fault("serves-utf-16", "waiting", rewrite(lambda content: content.decode().encode("utf-16"))),
        fault("declares-latin-1", "in-progress", header("Content-Type", "application/json;charset=iso-8859-1")),
    ],
)  # fmt: skip
def utf8(exchange: Exchange) -> Iterator[Finding]:
    """The body is UTF-8 and not declared otherwise.

    A name read in the wrong encoding is a person who does not exist.
    """
    response = response_of(exchange)
    if not response.json.utf8:
        yield Finding("body", "UTF-8", "bytes that are not")
    charset = (response.header("content-type") or "").lower().partition("charset=")[2].partition(";")[0].strip(' "')
    if charset not in ("", "utf-8", "utf8", "us-ascii"):
        yield Finding("header Content-Type", "charset utf-8 or none", f'"{charset[:20]}"')


@rule(
    "HPP-H07", "no-byte-order-mark", "must", "standard", "RFC 8259 §8.1 Character Encoding", when=_utf8_matters,
    faults=[fault("adds-byte-order-mark", "waiting", rewrite(lambda content: BOM + content))],
)  # fmt: skip
def no_byte_order_mark(exchange: Exchange) -> Iterator[Finding]:
    """The body does not begin with a byte order mark.

    The parsers of several languages refuse it, so the session is unreadable to some clients only.
    """
    if response_of(exchange).json.bom:
        yield Finding("body", "no byte order mark", "one")


def _readable(exchange: Exchange) -> bool:
    return _utf8_matters(exchange) and response_of(exchange).json.utf8


@rule(
    "HPP-H08", "one-json-value", "must", "standard", "RFC 8259 §2 JSON Grammar", when=_readable,
    faults=[
        fault("serves-nothing", "waiting", body(b"")),
        fault("trails-bytes", "in-progress", rewrite(lambda content: content + b"}")),
        fault("stops-early", "failed", rewrite(lambda content: content[:-20])),
        fault("serves-page-as-json", "back", body(b"<html></html>")),
    ],
)  # fmt: skip
def one_json_value(exchange: Exchange) -> Iterator[Finding]:
    """The body is exactly one JSON value.

    An empty or truncated 200 is reported as success by half of all clients, and the order in it is gone.
    """
    if problem := response_of(exchange).json.syntax:
        yield Finding("body", "one JSON value", problem)


@rule(
    "HPP-H09", "no-duplicate-member", "must", "standard", "RFC 8259 §4 Objects", when=has_json,
    faults=[fault("repeats-member", "waiting", rewrite(lambda content: content[:-1] + b', "status": "WAITING"}'))],
)  # fmt: skip
def no_duplicate_member(exchange: Exchange) -> Iterator[Finding]:
    """No object names a member twice.

    Which of the two a client sees depends on its language: one reads WAITING where another reads COMPLETED.
    """
    for name in response_of(exchange).json.duplicates:
        yield Finding(f"/{name[:40]}", "once", "more than once")


@rule(
    "HPP-H10", "no-nan", "must", "standard", "RFC 8259 §6 Numbers", when=has_json,
    faults=[fault("serves-nan", "waiting", rewrite(lambda content: content[:-1] + b', "x": NaN}'), also=("HPP-S09",))],
)  # fmt: skip
def no_nan(exchange: Exchange) -> Iterator[Finding]:
    """No number is NaN or infinite.

    JSON has none, so strict parsers lose the whole session.
    """
    for name in response_of(exchange).json.constants:
        yield Finding("body", "JSON numbers", name)


def _final(exchange: Exchange) -> bool:
    """Some response came, and it is not one that a retry made good."""
    return responded(exchange) and not exchange.context.retried


@rule(
    "HPP-H14", "whole-body", "must", "standard", "RFC 9112 §8 Handling Incomplete Messages",
    when=_final,
    faults=[fault("breaks-off", "waiting", cut(30)), fault("breaks-off-later", "in-progress", cut(1), since=2)],
)  # fmt: skip
def whole_body(exchange: Exchange) -> Iterator[Finding]:
    """The whole promised body arrives.

    Clients that do not check it parse what they got.
    """
    if not response_of(exchange).complete:
        yield Finding("body", "all the bytes promised", f"only {len(response_of(exchange).body)} of them")


def _coded(exchange: Exchange) -> bool:
    return exchange.response is not None and exchange.response.header("content-encoding") is not None


@rule(
    "HPP-H15", "content-coding-asked-for", "must", "standard", "RFC 9110 §12.5.3 Accept-Encoding", when=_coded,
    reads=["request accept-encoding"],
    faults=[fault("pretends-gzip", "waiting", header("Content-Encoding", "gzip")),
            fault("uses-odd-coding", "in-progress", header("Content-Encoding", "x-hpp"))],
)  # fmt: skip
def content_coding_asked_for(exchange: Exchange) -> Iterator[Finding]:
    """A content coding is one the request allowed, and decodes.

    A client that did not ask for gzip receives bytes it takes for a broken session.
    """
    response = response_of(exchange)
    coding = (response.header("content-encoding") or "").strip().lower()
    if response.content is None and not exchange.context.recorded:
        yield Finding("header Content-Encoding", "a coding that decodes", f'"{coding[:20]}"')
    elif coding not in ("", "identity") and exchange.request.header("accept-encoding") == "identity":
        yield Finding("header Content-Encoding", "identity, as asked for", f'"{coding[:20]}"')
