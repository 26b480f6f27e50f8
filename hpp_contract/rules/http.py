"""H: the HTTP around a session: status, availability, caching, what the bytes of a body must be, and what a session
that a probe made itself shows of them.

A rule about a body does not apply where an earlier one already explains the failure. Only what the API itself answered
to a GET is judged; what answers in its place is about availability.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, takewhile

from hpp_contract.engine.edits import (
    Edit,
    body,
    compress,
    cut,
    edit_json,
    fail,
    header,
    member,
    pause,
    rewrite,
    sent,
    slow,
    status,
)  # fmt: skip
from hpp_contract.engine.fault import fault, variation
from hpp_contract.engine.recorded import HEADERS_ONLY, read_of, recording
from hpp_contract.engine.rule import Finding, Severity, rule
from hpp_contract.model import Exchange, Instant, Response, Trace
from hpp_contract.model.body import BOM
from hpp_contract.model.exchange import AnsweredBy, response_of, values
from hpp_contract.model.instant import SECOND
from hpp_contract.privacy.names import shown_member, shown_value
from hpp_contract.rules.conditions import (
    api_responded,
    has_json,
    is_200,
    is_200_as_json,
    is_redirected_refusal,
    media_types,
    members_changed,
    read_twice,
    settled,
)  # fmt: skip
from hpp_contract.spec.page import REFERENCE
from hpp_contract.spec.session import UUID

DOCUMENTED = (200, 401, 403, 404)
TRANSIENT = (502, 503, 504)
"""Temporary answers of gateways. A recording does not show whether the request was sent again."""

AVAILABILITY = "Polling implies availability"
LIMITS = "Rate limits (Klarna's page, none of Kustom's)"


# --- Status and availability


def _well_formed(exchange: Exchange) -> bool:
    return api_responded(exchange) and exchange.context.session != "malformed" and not is_redirected_refusal(exchange)


def _unchanged(reads: tuple[Exchange, ...]) -> tuple[Exchange, ...]:
    """The first read, then conditional ones that are answered 304."""
    first, *further = reads
    unmodified: Edit = lambda exchange: body(b"")(status(304)(sent("If-None-Match", '"1"')(exchange)))  # noqa: E731
    return (header("ETag", '"1"')(first), *map(unmodified, further))


@rule(
    "HPP-H01", "status-documented", "must", "referenced", REFERENCE, when=_well_formed,
    faults=[
        fault("answers-202", "in-progress", status(202)),
        fault("redirects", "waiting", status(302), header("Location", "https://example.invalid/")),
        fault("answers-410", "unknown-id", status(410), also=("HPP-E03",)),
    ],
    variations=[
        variation("answers-304-when-asked", "waiting", source="recorder", recorded=_unchanged),
    ],
)  # fmt: skip
def status_documented(exchange: Exchange) -> Iterator[Finding]:
    """The status code of a read is 200, 401, 403 or 404.

    A client that branches on these takes a session behind another success or a redirect for an error, and its merchant
    never ships an order that was paid.
    """
    response = response_of(exchange)
    if response.status not in DOCUMENTED and response.status < 500:
        yield Finding("status", "200, 401, 403 or 404", str(response.status))


MINUTE = 60 * SECOND
"""A log shows that a session was not answered when it was asked for so long, and this often."""
OFTEN = 3


def _asked(trace: Trace) -> list[Exchange]:
    """The reads of a session that no retry replaced. A 401 is about the credentials, and says nothing of it."""
    return [
        exchange
        for exchange in trace.exchanges
        if exchange.is_read and exchange.status != 401 and not exchange.context.retried
    ]


def _is_answer(exchange: Exchange) -> bool:
    """Whether the API answered, or a page did that may mean what the API would have said: that there is no such id."""
    if exchange.is_answered or exchange.answered_by is AnsweredBy.LIMITED:
        return True
    refusal = exchange.status == 404 if exchange.context.recorded else exchange.context.session in _NO_SESSION
    return refusal and exchange.answered_by is AnsweredBy.PAGE and (exchange.status or 0) < 500


_NO_SESSION = ("unknown", "malformed")


def _unanswered(trace: Trace) -> list[Exchange]:
    """The last reads in a row without an answer of the API; none in an outage of everything, and none of a session that
    this run made: L08 is about that."""
    if any(exchange.context.created is not None for exchange in trace.exchanges):
        return []
    last = list(takewhile(lambda exchange: not _is_answer(exchange), reversed(_asked(trace))))
    return [] if any(exchange.context.unanswered == "outage" for exchange in last[:1]) else last[::-1]


def _weight_of_silence(trace: Trace, unanswered: list[Exchange]) -> Severity | None:
    """How much it weighs that a session ends unanswered; None where others were not seen to be answered meanwhile."""
    last, never = unanswered[-1], len(unanswered) == len(_asked(trace))
    if last.context.recorded:
        if not (never and trace.others_answered and _is_long(unanswered)):
            return Severity.INFO
    elif last.context.unanswered != "alone" and not (never and trace.others_answered):
        return None
    known = never and last.context.session != "malformed" and UUID.fullmatch(trace.session_id)
    return Severity.MUST if known else Severity.SHOULD


def _is_long(unanswered: list[Exchange]) -> bool:
    first, last = unanswered[0].at, unanswered[-1].at
    timed = all(exchange.at is not None for exchange in unanswered)
    return timed and len(unanswered) >= OFTEN and first is not None and last is not None and last - first >= 60


def _silences(trace: Trace, *, closed: bool) -> Iterator[Finding]:
    """The finding that a session is not answered: `closed`, without any response, or by something else than the API."""
    unanswered = _unanswered(trace)
    if not unanswered or all(exchange.response is None for exchange in unanswered) is not closed:
        return
    weight = _weight_of_silence(trace, unanswered)
    if weight is None:
        return
    how = ", ".join(sorted({str(exchange.status or exchange.failure or "none") for exchange in unanswered}))
    many = f"{how}, {len(unanswered)} of {len(_asked(trace))} times"
    expected = "an answer of the API, as to other requests"
    yield Finding("response" if closed else "status", expected, many, unanswered[-1].evidence, severity=weight)


def _some_read(trace: Trace) -> bool:
    """Whether anything was asked for in this session while there was somebody to answer."""
    asked = _asked(trace)
    return any(exchange.context.unanswered != "outage" for exchange in asked) or (bool(asked) and trace.others_answered)


@rule(
    "HPP-H02", "no-server-error", "must", "inferred", "No 5xx is documented", scope="trace", when=_some_read,
    faults=[
        fault("fails-on-session", "waiting", status(500), body(b"")),
        fault("shows-page-for-session", "failed", status(404), body(b"<html><body>Not here</body></html>"),
              header("Content-Type", "text/html")),
        fault("fails-on-unknown-id", "unknown-id", status(500), body(b"")),
        fault("fails-on-malformed-id", "malformed-id", status(500), body(b""), severity="should"),
        fault("keeps-server-errors", "waiting", status(500), body(b""), source="recorder", severity="info"),
    ],
    variations=[
        variation("fails-at-one-poll", "waiting", status(503), body(b""), until=1, warns=("HPP-H03", "HPP-L09")),
        variation("shows-gateway-page-once", "in-progress", status(502), body(b"<html>Bad gateway</html>"),
                  header("Content-Type", "text/html"), since=1, until=2, warns=("HPP-H03", "HPP-L09")),
        variation("limits-unknown-id", "unknown-id", status(429), body(b""), header("X-Ratelimit-Reset", "1")),
        variation("shows-page-for-malformed-id", "malformed-id", status(403), body(b"<html>Blocked</html>"),
                  header("Content-Type", "text/html")),
    ],
)  # fmt: skip
def no_server_error(trace: Trace) -> Iterator[Finding]:
    """No id is answered by a server error or a page every time while others are answered.

    A poller cannot tell such a session from an outage, so its merchant waits for an order that already exists.

    A malformed id, and a session that was answered before: should. In a recording: info, unless it shows three reads
    or more of one id, over a minute or more, while others were answered.
    """
    yield from _silences(trace, closed=False)


def _may_have_failed(exchange: Exchange) -> bool:
    """Whether this shows something about failures that pass: an answer, or a failure that was recorded."""
    return exchange.is_read and (exchange.is_answered or exchange.context.retried or exchange.context.recorded)


@rule(
    "HPP-H03", "no-passing-failure", "should", "inferred", AVAILABILITY, when=_may_have_failed,
    transient=True,
    faults=[fault("fails-once", "waiting", status(503), body(b""), until=1, also=("HPP-L09",))],
    variations=[variation("closes-after-each-answer", "waiting", header("Connection", "close"))],
)  # fmt: skip
def no_passing_failure(exchange: Exchange) -> Iterator[Finding]:
    """No request fails and then succeeds on a retry.

    A client without retries has lost that poll.
    """
    recorded = exchange.context.recorded and (exchange.response is None or exchange.response.status in TRANSIENT)
    if exchange.context.retried or recorded:
        yield Finding("response", "an answer at the first try", exchange.failure or str(exchange.status))


@rule(
    "HPP-H04", "answers", "must", "inferred", AVAILABILITY, scope="trace", when=_some_read, transient=True,
    faults=[fault("resets-connection", "waiting", fail("reset")),
            fault("answers-garbage", "in-progress", fail("garbage")),
            fault("closes-on-malformed-id", "malformed-id", fail("reset"), severity="should"),
            fault("keeps-lost-answers", "waiting", fail("reset"), source="recorder", severity="info",
                  also=("HPP-H03", "HPP-K06"))],
    variations=[variation("resets-one-poll", "waiting", fail("reset"), until=1, warns=("HPP-H03", "HPP-K06"))],
)  # fmt: skip
def answers(trace: Trace) -> Iterator[Finding]:
    """Every id gets an HTTP response when others do.

    If one session is never answered, the order that the consumer paid for is never learned of, and the consumer pays
    again elsewhere.

    A malformed id, and a session that was answered before: should. In a recording: info, unless it shows three reads
    or more of one id, over a minute or more, while others were answered.
    """
    yield from _silences(trace, closed=True)


# --- The bytes of a body


def _quoted(field: str, value: str) -> str:
    """What stands in a header field, in quotation marks."""
    return f'"{shown_value(field, value)[:60]}"'


def _light(where: str, expected: str, found: str) -> Finding:
    return Finding(where, expected, found, severity=Severity.SHOULD)


def _also(name: str, value: str) -> Edit:
    """Send one more header field, after those of the same name."""

    def edit(exchange: Exchange) -> Exchange:
        before = (field for field in response_of(exchange).headers if field[0].lower() == name.lower())
        rest = header(name, None)(exchange)
        return replace(rest, response=replace(response_of(rest), headers=(
            *response_of(rest).headers, *before, (name, value),
        )))  # fmt: skip

    return edit


@rule(
    "HPP-H05", "json-media-type", "must", "referenced", REFERENCE, when=is_200,
    faults=[fault("serves-html", "waiting", header("Content-Type", "text/html"),
                body(b"<html><body>Sign in</body></html>")),
            fault("mislabels-json", "in-progress", header("Content-Type", "text/plain")),
            fault("declares-no-type", "failed", header("Content-Type", None)),
            fault("declares-two-types", "waiting", _also("Content-Type", "text/html"), severity="should"),
            fault("leaves-quote-open", "failed", header("Content-Type", 'application/json; charset="utf-8'),
                  severity="should")],
    variations=[variation("writes-type-in-capitals", "waiting", header("Content-Type", "Application/JSON")),
                variation("repeats-type", "failed", _also("Content-Type", "application/json"))],
)  # fmt: skip
def json_media_type(exchange: Exchange) -> Iterator[Finding]:
    """A 200 is declared `application/json`.

    Clients choose their parser by it: one that is told of a page shows the merchant no session. An HTML page with
    status 200 usually comes from a gateway, and is read as a success with nothing in it.

    Two types that disagree, of which one is JSON, and a parameter whose quotation mark is never closed: should.
    """
    fields = values(response_of(exchange).headers, "content-type")
    declared = media_types(exchange)
    if "application/json" not in declared:
        yield Finding(
            "header Content-Type", "application/json", _quoted("Content-Type", fields[0]) if fields else "absent"
        )
    elif len(set(declared)) > 1:
        yield _light("header Content-Type", "one media type", _quoted("Content-Type", ", ".join(declared)))
    elif any(field.count('"') % 2 for field in fields):
        yield _light("header Content-Type", "quotation marks in pairs", "one that is not closed")


def _utf8_matters(exchange: Exchange) -> bool:
    return is_200_as_json(exchange) and response_of(exchange).content is not None


@rule(
    "HPP-H06", "utf-8", "must", "standard", "RFC 8259 §8.1 Character Encoding", when=_utf8_matters,
    faults=[
        fault("serves-utf-16", "waiting", rewrite(lambda content: content.decode().encode("utf-16"))),
        fault("declares-latin-1", "in-progress", header("Content-Type", "application/json;charset=iso-8859-1")),
    ],
    variations=[
        variation("quotes-charset", "waiting", header("Content-Type", 'application/json; charset="UTF-8"')),
        variation("declares-us-ascii", "failed", header("Content-Type", "application/json;charset=us-ascii")),
        variation("declares-no-charset", "back", header("Content-Type", "application/json")),
    ],
)  # fmt: skip
def utf8(exchange: Exchange) -> Iterator[Finding]:
    """The body is UTF-8 and not declared otherwise.

    A client that decodes it otherwise garbles the reference that the merchant finds the order by, or reads no session.
    """
    response = response_of(exchange)
    if not response.json.utf8:
        yield Finding("body", "UTF-8", "bytes that are not")
    charset = (response.header("content-type") or "").lower().partition("charset=")[2].partition(";")[0].strip(' "')
    if charset not in ("", "utf-8", "utf8", "us-ascii"):
        yield Finding("header Content-Type", "charset utf-8 or none", _quoted("Content-Type", charset))


@rule(
    "HPP-H07", "no-byte-order-mark", "must", "standard", "RFC 8259 §8.1 Character Encoding", when=_utf8_matters,
    faults=[fault("adds-byte-order-mark", "waiting", rewrite(lambda content: BOM + content))],
    variations=[variation("begins-with-blank-line", "waiting", rewrite(lambda content: b"\r\n" + content))],
)  # fmt: skip
def no_byte_order_mark(exchange: Exchange) -> Iterator[Finding]:
    """The body does not begin with a byte order mark.

    The parsers of several languages refuse the whole body for it: their clients lose the session, paid or not.
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
    variations=[
        variation("ends-with-line-break", "waiting", rewrite(lambda content: content + b"\r\n")),
        variation("indents-json", "failed", edit_json(lambda _: None), rewrite(lambda content: content.replace(
            b", ", b",\n  "))),
        variation("answers-304-beside-sessions", "completed-with-order", source="recorder", recorded=_unchanged),
        variation("answers-head-with-nothing", "failed", source="recorder",
                  recorded=recording(read_of(0), read_of(1, HEADERS_ONLY), read_of(2))),
    ],
)  # fmt: skip
def one_json_value(exchange: Exchange) -> Iterator[Finding]:
    """The body is exactly one JSON value.

    Many clients report an empty or truncated 200 as success, and their merchant loses the order in it.
    """
    if problem := response_of(exchange).json.syntax:
        yield Finding("body", "one JSON value", problem)


@rule(
    "HPP-H09", "no-duplicate-member", "must", "standard", "RFC 8259 §4 Objects", when=has_json,
    faults=[fault("repeats-member", "waiting", rewrite(lambda content: content[:-1] + b', "status": "WAITING"}'))],
    variations=[variation("repeats-name-in-depth", "manual-id-check")],
)  # fmt: skip
def no_duplicate_member(exchange: Exchange) -> Iterator[Finding]:
    """No object names a member twice.

    Which of the two a client sees depends on its language: one reads WAITING where another reads COMPLETED, and one of
    two merchants ships what nobody paid for.
    """
    for name in response_of(exchange).json.duplicates:
        yield Finding(f"/{shown_member(name)}", "once", "more than once")


@rule(
    "HPP-H10", "no-nan", "must", "standard", "RFC 8259 §6 Numbers", when=has_json,
    faults=[fault("serves-nan", "waiting", rewrite(lambda content: content[:-1] + b', "x": NaN}'), also=("HPP-S09",))],
    variations=[variation("refers-to-nan", "completed-with-order", member("klarna_reference", "NaN"))],
)  # fmt: skip
def no_nan(exchange: Exchange) -> Iterator[Finding]:
    """No number is NaN or infinite.

    JSON has no NaN and no infinity: a client with a strict parser can never read this session, whatever else is in it.
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
            return shown_value("Cache-Control", directive)
    return None


@rule(
    "HPP-H11", "not-cacheable", "should", "inferred", "Read Session speaks of polling", when=api_responded,
    reads=["response cache-control"],
    faults=[
        fault("allows-caching", "waiting", header("Cache-Control", "public, max-age=600")),
        fault("caches-not-found", "unknown-id", header("Cache-Control", "max-age=3600")),
    ],
    variations=[
        variation("says-nothing-of-caching", "waiting", header("Cache-Control", None)),
        variation("revalidates", "failed", header("Cache-Control", 'private, max-age="0", must-revalidate'),
                  header("ETag", 'W/"1"')),
    ],
)  # fmt: skip
def not_cacheable(exchange: Exchange) -> Iterator[Finding]:
    """Answers must not be cached.

    A poller behind a cache sees WAITING long after the consumer paid.
    """
    if directive := _stored_by_caches(response_of(exchange)):
        yield Finding("header Cache-Control", "no-store, no-cache or nothing that allows storing", f'"{directive}"')


def _identified_later(session: dict[str, object]) -> object:
    """What the session was a second before it was identified."""
    updated = Instant.parse(session.get("updated_at"))
    return updated and session.update(updated_at=Instant(updated.ns - SECOND).format(3))


def _expire_later(session: dict[str, object]) -> object:
    expires = Instant.parse(session.get("expires_at"))
    return expires and session.update(expires_at=Instant(expires.ns + SECOND // 1000).format(3))


@rule(
    "HPP-H12", "same-update-same-answer", "should", "inferred", "updated_at dates the last change", scope="trace",
    when=read_twice,
    faults=[fault("changes-silently", "completed-with-order", member("klarna_reference", "Z999ZZ9Z"), since=1,
                also=("HPP-L06",))],
    variations=[
        variation("identifies-later", "manual-id-check", edit_json(_identified_later),
                  edit_json(lambda session: session.pop("manual_identification")), until=1),
        variation("nulls-then-omits", "waiting", member("customer", None), until=1, warns=("HPP-S10",)),
        variation("moves-expiry-alone", "waiting", edit_json(_expire_later), since=1, warns=("HPP-L05",)),
    ],
)  # fmt: skip
def same_update_same_answer(trace: Trace) -> Iterator[Finding]:
    """Two answers with the same `updated_at` are the same session.

    A client that compares `updated_at` to notice changes misses the ones that do not move it. A null is an absent
    member here; `expires_at` has a rule of its own, and a token ends by itself.
    """
    for before, after in pairwise(trace.reads):
        changed = members_changed(before, after)
        if changed and not {"updated_at", "status"} & {*changed}:
            yield Finding(f"/{changed[0][:40]}", "unchanged while updated_at is", "another value", after.evidence)


# --- Time, length and coding


def _timed(exchange: Exchange) -> bool:
    return exchange.elapsed is not None and api_responded(exchange)


@rule(
    "HPP-H13", "answers-in-time", "should", "inferred", "Polling implies promptness", when=_timed,
    transient=True,
    faults=[fault("answers-late", "waiting", slow(3.1), until=1)],
    variations=[variation("takes-its-time", "waiting", slow(1.2), until=1)],
)  # fmt: skip
def answers_in_time(exchange: Exchange) -> Iterator[Finding]:
    """An answer takes no longer than `--max-latency` (default: 3 seconds).

    The consumer is looking at the page while the merchant polls. No page says how long a read may take.
    """
    if exchange.elapsed is not None and exchange.elapsed > exchange.context.max_latency:
        yield Finding("response time", f"at most {exchange.context.max_latency:g} s", f"{exchange.elapsed:.2f} s")


@rule(
    "HPP-H14", "whole-body", "must", "standard", "RFC 9112 §8 Handling Incomplete Messages",
    when=settled,
    faults=[fault("breaks-off", "waiting", cut(30)), fault("breaks-off-later", "in-progress", cut(1), since=2)],
    variations=[variation("sends-in-pieces", "waiting", pause(0.01, 0.01)),
                variation("sends-chunked", "failed", header("Transfer-Encoding", "chunked")),
                variation("sends-no-length", "back", header("Connection", "close"))],
)  # fmt: skip
def whole_body(exchange: Exchange) -> Iterator[Finding]:
    """The whole promised body arrives.

    A client that does not check this parses a part of the body, and drops the order behind it.
    """
    if not response_of(exchange).complete:
        yield Finding("body", "all the bytes promised", f"only {len(response_of(exchange).body)} of them")


def _coded(exchange: Exchange) -> bool:
    return api_responded(exchange) and response_of(exchange).header("content-encoding") is not None


@rule(
    "HPP-H15", "content-coding-asked-for", "must", "standard", "RFC 9110 §12.5.3 Accept-Encoding", when=_coded,
    reads=["request accept-encoding"],
    faults=[fault("pretends-gzip", "waiting", header("Content-Encoding", "gzip")),
            fault("uses-odd-coding", "in-progress", header("Content-Encoding", "x-hpp"))],
    variations=[variation("packs-when-asked", "waiting", sent("Accept-Encoding", "gzip, br"), compress,
                          source="recorder"),
                variation("names-identity", "failed", header("Content-Encoding", "identity"))],
)  # fmt: skip
def content_coding_asked_for(exchange: Exchange) -> Iterator[Finding]:
    """A content coding is one the request allowed, and it decodes.

    A client that did not ask for gzip sees noise where its session is, and gives the payment up.
    """
    response = response_of(exchange)
    coding = (response.header("content-encoding") or "").strip().lower()
    if response.content is None and not exchange.context.recorded:
        yield Finding("header Content-Encoding", "a coding that decodes", _quoted("Content-Encoding", coding))
    elif coding not in ("", "identity") and exchange.request.header("accept-encoding") == "identity":
        yield Finding("header Content-Encoding", "identity, as asked for", _quoted("Content-Encoding", coding))


def _limited(exchange: Exchange) -> bool:
    return exchange.answered_by is AnsweredBy.LIMITED and exchange.is_read


@rule(
    "HPP-H16", "limit-says-when", "should", "referenced", LIMITS, when=_limited,
    transient=True, reads=["response retry-after", "response x-ratelimit-reset"],
    faults=[fault("limits-without-hint", "waiting", status(429), body(b""), until=1, also=("HPP-H03",))],
    variations=[variation("limits-with-hint", "waiting", status(429), body(b""), header("X-Ratelimit-Reset", "1"),
                          until=1, warns=("HPP-H03",))],
)  # fmt: skip
def limit_says_when(exchange: Exchange) -> Iterator[Finding]:
    """A 429 says when to try again, by `Retry-After` or `X-Ratelimit-Reset`.

    Clients retry at random, all at once.
    """
    if not any(response_of(exchange).header(name) for name in ("retry-after", "x-ratelimit-reset")):
        yield Finding("header X-Ratelimit-Reset", "present, or Retry-After", "absent")
