"""H: the HTTP around a session: status, availability, caching, and what the bytes of a body must be.

A rule about a body does not apply where an earlier one already explains the failure.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from hpp_contract.engine.edits import body, cut, fail, header, member, rewrite, slow, status
from hpp_contract.engine.fault import fault
from hpp_contract.engine.rule import Finding, rule
from hpp_contract.model import Exchange, Response, Trace
from hpp_contract.model.body import BOM
from hpp_contract.model.exchange import response_of
from hpp_contract.rules.conditions import always, api_responded, has_json, is_200, is_200_as_json, read_twice, responded
from hpp_contract.spec.page import REFERENCE

DOCUMENTED = (200, 401, 403, 404)
LIMITED = 429
TRANSIENT = (502, 503, 504)
"""Temporary answers of gateways. A recording does not show whether the request was sent again."""


def _well_formed(exchange: Exchange) -> bool:
    return api_responded(exchange) and exchange.context.session != "malformed"


@rule(
    "HPP-H01", "status-documented", "must", "referenced", REFERENCE, when=_well_formed,
    faults=[
        fault("answers-202", "in-progress", status(202)),
        fault("redirects", "waiting", status(302), header("Location", "https://example.invalid/")),
        fault("answers-410", "unknown-id", status(410), also=("HPP-E03",)),
    ],
)  # fmt: skip
def status_documented(exchange: Exchange) -> Iterator[Finding]:
    """The status code is 200, 401, 403 or 404 (or 429 from the rate limiter).

    Clients branch on these; they do not see a session behind another success code or a redirect.
    """
    response = response_of(exchange)
    if response.status not in (*DOCUMENTED, LIMITED) and response.status < 500:
        yield Finding("status", "200, 401, 403 or 404", str(response.status))


@rule(
    "HPP-H02", "no-server-error", "must", "inferred", "No 5xx is documented", when=responded,
    faults=[
        fault("fails-on-session", "waiting", status(500), body(b"")),
        fault("fails-on-unknown-id", "unknown-id", status(500), body(b""), also=("HPP-E03",)),
        fault("fails-on-malformed-id", "malformed-id", status(500), body(b"")),
    ],
)  # fmt: skip
def no_server_error(exchange: Exchange) -> Iterator[Finding]:
    """No id, known or not, well-formed or not, makes the endpoint answer 5xx every time.

    A poller cannot tell a session that breaks the server from an outage, and waits for an order that already
    exists.
    """
    code = response_of(exchange).status
    temporary = exchange.context.retried or (exchange.context.recorded and code in TRANSIENT)
    if code >= 500 and not temporary:
        yield Finding("status", "below 500", str(code))


@rule(
    "HPP-H03", "no-passing-failure", "should", "inferred", "Polling implies availability", when=always,
    transient=True,
    faults=[fault("fails-once", "waiting", status(503), body(b""), until=1, also=("HPP-L09",))],
)  # fmt: skip
def no_passing_failure(exchange: Exchange) -> Iterator[Finding]:
    """No request fails and then succeeds on a retry.

    A client without retries has lost that poll.
    """
    recorded = exchange.context.recorded and (exchange.response is None or exchange.response.status in TRANSIENT)
    if exchange.context.retried or recorded:
        yield Finding("response", "an answer at the first try", exchange.failure or str(exchange.status))


def _live(exchange: Exchange) -> bool:
    return not exchange.context.recorded and not exchange.context.retried


@rule(
    "HPP-H04", "answers", "must", "inferred", "Polling implies availability", when=_live, transient=True,
    faults=[fault("resets-connection", "waiting", fail("reset")),
            fault("answers-garbage", "in-progress", fail("garbage"))],
)  # fmt: skip
def answers(exchange: Exchange) -> Iterator[Finding]:
    """Every request gets an HTTP response when others do.

    If one session is never answered, nobody learns of its order.
    """
    if exchange.response is None:
        yield Finding("response", "an HTTP response", exchange.failure or "none")


@rule(
    "HPP-H05", "json-media-type", "must", "referenced", REFERENCE, when=is_200,
    faults=[fault("serves-html", "waiting", header("Content-Type", "text/html"),
                body(b"<html><body>Sign in</body></html>")),
            fault("mislabels-json", "in-progress", header("Content-Type", "text/plain")),
            fault("declares-no-type", "failed", header("Content-Type", None))],
)  # fmt: skip
def json_media_type(exchange: Exchange) -> Iterator[Finding]:
    """A 200 is declared `application/json`.

    Clients choose their parser by it. An HTML page with status 200 usually comes from a gateway.
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

    Wrong encoding garbles names.
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

    The parsers of several languages refuse it, so some clients cannot read the session.
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

    Many clients report an empty or truncated 200 as success, and the order in it is lost.
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

    JSON has no NaN and no infinity, so strict parsers refuse the whole session.
    """
    for name in response_of(exchange).json.constants:
        yield Finding("body", "JSON numbers", name)


def _stored_by_caches(response: Response) -> str | None:
    """The directive that lets a shared or private cache answer the next poll, if any."""
    header_value = (response.header("cache-control") or "").lower()
    directives = {part.strip() for part in header_value.split(",")}
    if {"no-store", "no-cache"} & directives:
        return None
    for directive in sorted(directives):
        name, _, seconds = directive.partition("=")
        if name == "public" or (name in ("max-age", "s-maxage") and seconds.strip('"') not in ("", "0")):
            return directive[:40]
    return None


@rule(
    "HPP-H11", "not-cacheable", "should", "inferred", "Read Session speaks of polling", when=responded,
    reads=["response cache-control"],
    faults=[
        fault("allows-caching", "waiting", header("Cache-Control", "public, max-age=600")),
        fault("caches-not-found", "unknown-id", header("Cache-Control", "max-age=3600")),
    ],
)  # fmt: skip
def not_cacheable(exchange: Exchange) -> Iterator[Finding]:
    """Answers must not be cached.

    A poller behind a cache sees WAITING long after the consumer paid.
    """
    if directive := _stored_by_caches(response_of(exchange)):
        yield Finding("header Cache-Control", "no-store, no-cache or nothing that allows storing", f'"{directive}"')


@rule(
    "HPP-H12", "same-update-same-answer", "should", "inferred", "updated_at dates the last change", scope="trace",
    when=read_twice,
    faults=[fault("changes-silently", "completed-with-order", member("klarna_reference", "Z999ZZ9Z"), since=1,
                also=("HPP-L06",))],
)  # fmt: skip
def same_update_same_answer(trace: Trace) -> Iterator[Finding]:
    """Two answers with the same `updated_at` are the same session.

    A client that compares `updated_at` to notice changes misses the ones that do not move it.
    """
    for before, after in pairwise(trace.reads):
        one, two = before.session or {}, after.session or {}
        if one.get("updated_at") == two.get("updated_at") and one.get("status") == two.get("status") and one != two:
            changed = sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))
            yield Finding(f"/{changed[0][:40]}", "unchanged while updated_at is", "another value", after.evidence)


def _timed(exchange: Exchange) -> bool:
    return exchange.elapsed is not None and exchange.response is not None


@rule(
    "HPP-H13", "answers-in-time", "should", "inferred", "Polling implies promptness", when=_timed,
    transient=True,
    faults=[fault("answers-late", "waiting", slow(1.1))],
)  # fmt: skip
def answers_in_time(exchange: Exchange) -> Iterator[Finding]:
    """An answer takes no longer than `--max-latency` (default: 1 second).

    The consumer is looking at the page while the merchant polls.
    """
    if exchange.elapsed is not None and exchange.elapsed > exchange.context.max_latency:
        yield Finding("response time", f"at most {exchange.context.max_latency:g} s", f"{exchange.elapsed:.2f} s")


def _final(exchange: Exchange) -> bool:
    """Some response came, and no retry replaced it."""
    return responded(exchange) and not exchange.context.retried


@rule(
    "HPP-H14", "whole-body", "must", "standard", "RFC 9112 §8 Handling Incomplete Messages",
    when=_final,
    faults=[fault("breaks-off", "waiting", cut(30)), fault("breaks-off-later", "in-progress", cut(1), since=2)],
)  # fmt: skip
def whole_body(exchange: Exchange) -> Iterator[Finding]:
    """The whole promised body arrives.

    Clients that do not check this parse a part of the body.
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
    """A content coding is one the request allowed, and it decodes.

    A client that did not ask for gzip cannot read the body.
    """
    response = response_of(exchange)
    coding = (response.header("content-encoding") or "").strip().lower()
    if response.content is None and not exchange.context.recorded:
        yield Finding("header Content-Encoding", "a coding that decodes", f'"{coding[:20]}"')
    elif coding not in ("", "identity") and exchange.request.header("accept-encoding") == "identity":
        yield Finding("header Content-Encoding", "identity, as asked for", f'"{coding[:20]}"')


def _limited(exchange: Exchange) -> bool:
    return exchange.response is not None and exchange.response.status == LIMITED


@rule(
    "HPP-H16", "limit-says-when", "should", "referenced", "Rate limits", when=_limited,
    transient=True, reads=["response retry-after", "response x-ratelimit-reset"],
    faults=[fault("limits-without-hint", "waiting", status(429), body(b""))],
)  # fmt: skip
def limit_says_when(exchange: Exchange) -> Iterator[Finding]:
    """A 429 says when to try again, by `Retry-After` or `X-Ratelimit-Reset`.

    Clients retry at random, all at once.
    """
    if not any(response_of(exchange).header(name) for name in ("retry-after", "x-ratelimit-reset")):
        yield Finding("header X-Ratelimit-Reset", "present, or Retry-After", "absent")
