"""R: the request a client sends. Judged from what the server saw, or from a recording."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

from hpp_contract.engine import fault
from hpp_contract.engine.edits import at, body, header, knowing, method, sent, sent_body, status, url
from hpp_contract.engine.recorded import HEADERS_ONLY, read_of, recording
from hpp_contract.engine.rule import Finding, Severity, rule
from hpp_contract.model import Exchange, Instant, Request, Trace
from hpp_contract.model.credentials import decoded, key_of
from hpp_contract.model.exchange import is_local, is_loopback, values
from hpp_contract.model.placeholder import is_scrubbed
from hpp_contract.privacy.names import shown_method
from hpp_contract.privacy.redact import is_placeholder
from hpp_contract.rules.conditions import always, for_session
from hpp_contract.spec.endpoint import (
    API_KEY,
    KEYS,
    LIVE_KEY,
    METHOD,
    PLAYGROUND_HOST,
    PRODUCTION_HOST,
    SESSION_PATH,
    SESSIONS_PATH,
)
from hpp_contract.spec.page import AUTHENTICATION, BASE_URLS

client_fault = partial(fault.fault, source="client")
honest_client = partial(fault.variation, source="client")
_HARMLESS = ("HEAD", "OPTIONS")
"""Methods that read no session and change none."""
_PCHARS = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})+")


@rule(
    "HPP-R01", "uses-get", "must", "stated", "Read Session › Operation", scope="request", when=for_session,
    consequence="set-up", reach="{count} reads are/is sent with another method than GET",
    faults=[client_fault("sends-post", "waiting", method("POST"))],
    variations=[honest_client("looks-before-it-reads", "waiting",
                    recorded=recording(read_of(0, HEADERS_ONLY), read_of(1))),
                honest_client("asks-for-permission", "waiting", recorded=recording(
                    read_of(0, method("OPTIONS"), status(204), body(b"")), read_of(1)))],
)  # fmt: skip
def uses_get(exchange: Exchange) -> Iterator[Finding]:
    """A session is read with GET.

    Any other method on this path does something else: DELETE disables the session permanently, and the consumer who is
    on the page can no longer pay.
    """
    if exchange.request.method not in (METHOD, *_HARMLESS):
        yield Finding("request method", METHOD, shown_method(exchange.request.method))


@rule(
    "HPP-R02", "path-exact", "must", "stated", "Read Session › Url structure", scope="request", when=always,
    consequence="set-up", reach="{count} reads do/does not ask at the documented address: {found}",
    faults=[
        client_fault("adds-trailing-slash", "waiting", url(lambda u: u + "/")),
        client_fault("adds-query", "waiting", url(lambda u: u + "?expand=order"), severity="should"),
        client_fault("doubles-slash", "waiting", url(lambda u: u.replace("/hpp/", "//hpp/"))),
        client_fault("drops-version", "waiting", url(lambda u: u.replace("/v1", ""))),
        client_fault("appends-to-a-slash", "waiting", knowing(base_path="/"),
            url(lambda u: u.replace("/hpp/", "//hpp/")), severity="should"),
    ],
    variations=[honest_client("bypasses-caches", "waiting", url(lambda u: u + "?_=1"), warns=("HPP-R02",)),
                honest_client("asks-at-another-port", "waiting", url(lambda u: u.replace("example", "example:8443")))],
)  # fmt: skip
def path_exact(exchange: Exchange) -> Iterator[Finding]:
    """The request goes to exactly `{base}/hpp/v1/sessions/{session_id}`, with no query.

    A dropped path prefix or a doubled slash reaches another resource, or none, behind many gateways: the client gets a
    404 for a session that is paid, and its merchant gives the order up.

    A query weighs less: it is not documented, and nearly every server ignores it. So does a slash too many where the
    base URL itself ends in one.
    """
    parts = exchange.request.parts
    given = exchange.context.base_path
    base = given.rstrip("/") if given is not None else None
    prefix, found, rest = parts.path.partition(SESSIONS_PATH)
    expected = f"{base if base is not None else '{base}'}{SESSION_PATH}"
    if not found or not rest or "/" in rest or prefix.endswith("/") or (base is not None and prefix != base):
        doubled = bool(given) and given != base and parts.path.startswith(f"{base}/{SESSIONS_PATH}")
        weight = Severity.SHOULD if doubled else None
        yield Finding("request path", expected, _path_shape(parts.path), severity=weight)
    if parts.query or exchange.request.url.endswith("?"):
        yield Finding("request query", "none", "a query", severity=Severity.SHOULD)


def _path_shape(path: str) -> str:
    """The path with anything that may be an id left out."""
    public = ("hpp", "v1", "sessions", "")
    return "/".join(
        part if part in public or re.fullmatch(r"[a-z][a-z0-9]{0,11}", part) else "…" for part in path.split("/")
    )


@rule(
    "HPP-R03", "id-percent-encoded", "should", "standard", "RFC 3986 §3.3 Path", scope="request", when=for_session,
    consequence="set-up", reach="{count} reads do/does not send the id as one encoded path segment",
    faults=[client_fault("sends-raw-id", "waiting", url(lambda u: u[:-1] + "é"))],
    variations=[honest_client("encodes-every-dash", "waiting", url(lambda u: u[:-36] + u[-36:].replace("-", "%2D")))],
)  # fmt: skip
def id_percent_encoded(exchange: Exchange) -> Iterator[Finding]:
    """The session id is one percent-encoded path segment.

    An unencoded id can change which resource is asked for: `../` leads to another path.
    """
    raw = exchange.request.raw_session_id or ""
    if not _PCHARS.fullmatch(raw) or raw in (".", ".."):
        yield Finding("request path", "the id as one encoded segment", "characters that a path segment cannot have")


@rule(
    "HPP-R04", "https-outside-loopback", "must", "referenced", AUTHENTICATION, scope="request",
    when=for_session, reads=["request authorization"],
    consequence="credentials", reach="{count} reads send/sends the credentials without https",
    faults=[client_fault("speaks-plain-http", "waiting", url(lambda u: "http://hpp.example/" + u.split("/", 3)[3])),
            client_fault("speaks-plain-http-inside", "waiting", url(lambda u: "http://hpp/" + u.split("/", 3)[3]),
                severity="info"),
            client_fault("sends-live-key-in-clear", "waiting", url(lambda u: "http://hpp/" + u.split("/", 3)[3]),
                sent("Authorization", f"Basic {LIVE_KEY}abcdefgh"))],
    variations=[honest_client("asks-a-mock-in-its-network", "waiting",
                    url(lambda u: "http://wiremock:8080/" + u.split("/", 3)[3])),
                honest_client("asks-a-private-address", "waiting",
                    url(lambda u: "http://172.17.0.2:8080/" + u.split("/", 3)[3])),
                honest_client("asks-a-name-for-tests", "waiting",
                    url(lambda u: "http://hpp.shop.test/" + u.split("/", 3)[3]))],
)  # fmt: skip
def https_outside_loopback(exchange: Exchange) -> Iterator[Finding]:
    """Credentials are sent over https only; plain http is for loopback.

    Everybody on the way reads the merchant's API key, and with it the merchant's orders.

    It is for information where nobody outside can be on the way, at a host of a single label, under `.test`, `.local`,
    `.internal` or at a private address, as of a mock in a compose network; but not with a live key, and not where a
    redirect from https led there.
    """
    parts = exchange.request.parts
    host = parts.hostname or ""
    if parts.scheme != "https" and not is_loopback(host):
        harmless = is_local(host) and not exchange.context.redirected and _environment(exchange) != "live"
        severity = Severity.INFO if harmless else None
        yield Finding("request scheme", "https", parts.scheme[:20] or "none", severity=severity)


def _environment(exchange: Exchange) -> str | None:
    """The environment that the API key is for: `test` or `live`; None where it does not say."""
    for value in values(exchange.request.headers, "authorization"):
        key = key_of(value)
        return next((name for name, start in KEYS.items() if key.startswith(start)), None)
    return None


def _reads(trace: Trace) -> bool:
    """The credentials can be judged: they were seen on the wire, or kept in the recording."""
    return any(values(x.request.headers, "authorization") or not x.context.recorded for x in trace.exchanges)


@rule(
    "HPP-R05", "basic-credentials", "must", "referenced", AUTHENTICATION, scope="requests", when=_reads,
    reads=["request authorization"],
    consequence="unreadable", reach="{count} reads carry/carries no credentials as documented",
    faults=[client_fault("sends-no-credentials", "waiting", sent("Authorization", None)),
            client_fault("sends-bearer", "waiting", sent("Authorization", "Bearer abcdefgh")),
            client_fault("encodes-key-without-username", "waiting",
                sent("Authorization", "Basic a2NvX3Rlc3RfYXBpX2V4YW1wbGU="))],
    variations=[honest_client("sends-key-alone", "waiting", sent("Authorization", "Basic kco_test_api_opens-nothing")),
                honest_client("leaves-user-name-empty", "waiting",
                    sent("Authorization", "Basic OmtjbzpvcGVucy1ub3RoaW5n")),
                honest_client("hides-key-and-scheme", "waiting", sent("Authorization", "Bearer SHOP_API_TOKEN"),
                    knowing(recorded=True), source="recorder"),
                honest_client("answers-a-challenge", "waiting", recorded=recording(
                    read_of(0, sent("Authorization", None), status(401), body(b""),
                        header("WWW-Authenticate", "Basic realm=hpp"), knowing(credentials="none")), read_of(1)))],
)  # fmt: skip
def basic_credentials(trace: Trace) -> Iterator[Finding]:
    """Each read carries `Basic <API key>` or `Basic base64(<username>:<API key>)`, at once or after one 401 challenge.

    Without them every answer is 401, which a careless client reports as a session that is still waiting: the merchant
    does not deliver what the consumer has paid for.

    A request that follows a redirect may be without them. Where a recorder wrote a placeholder, nobody knows the scheme
    that was sent.
    """
    before, following = [None, *trace.exchanges[:-1]], [*trace.exchanges[1:], None]
    for earlier, exchange, later in zip(before, trace.exchanges, following, strict=True):
        sent_values = values(exchange.request.headers, "authorization")
        if not sent_values:
            challenged = exchange.status == 401 and later is not None and values(later.request.headers, "authorization")
            # Who follows a redirect may leave the credentials behind (RFC 9110 §15.4).
            excused = challenged or (earlier is not None and 300 <= (earlier.status or 0) < 400)
            if not excused and not exchange.context.recorded:
                yield Finding("header Authorization", "Basic credentials", "absent", exchange.evidence)
        elif problem := _credential_problem(sent_values, recorded=exchange.context.recorded):
            yield Finding("header Authorization", "Basic credentials", problem, exchange.evidence)


def _credential_problem(sent_values: list[str], *, recorded: bool) -> str | None:
    """What is wrong with the Authorization headers sent, in words that give nothing away."""
    if len(sent_values) > 1:
        return f"{len(sent_values)} of them"
    scheme, _, token = sent_values[0].partition(" ")
    if is_placeholder(scheme) and not API_KEY.fullmatch(scheme):  # a recorder took out the scheme too
        return None
    if scheme.lower() != "basic":
        if recorded and token and is_placeholder(token) and not is_scrubbed(token):  # our recorder keeps the scheme
            return None
        return "another authentication scheme"
    if not token.strip():
        return "Basic with nothing after it"
    text = decoded(token.strip())
    return "an API key in base64 without a username" if text and API_KEY.fullmatch(text) else None


@rule(
    "HPP-R06", "no-body", "should", "standard", "RFC 9110 §9.3.1 GET", scope="request", when=for_session,
    consequence="set-up", reach="{count} reads have/has a request body",
    faults=[client_fault("sends-body", "waiting", sent_body(b"{}"))],
    variations=[honest_client("says-that-body-is-empty", "waiting", sent("Content-Length", "0"))],
)  # fmt: skip
def no_body(exchange: Exchange) -> Iterator[Finding]:
    """A GET has no request body.

    Some gateways refuse or drop a GET with a body, and its meaning is undefined.
    """
    if exchange.request.method == "GET" and exchange.request.body:
        yield Finding("request body", "none", f"{len(exchange.request.body)} bytes")


@rule(
    "HPP-R07", "json-content-type", "info", "shown", "Read Session › Example", scope="request", when=for_session,
    reads=["request content-type"],
    consequence="set-up", reach="{count} reads have/has no Content-Type as in the example",
    faults=[client_fault("omits-content-type", "waiting", sent("Content-Type", None))],
    variations=[honest_client("names-charset", "waiting", sent("Content-Type", "application/json; charset=utf-8"))],
)  # fmt: skip
def json_content_type(exchange: Exchange) -> Iterator[Finding]:
    """The documented example sends `Content-Type: application/json`.

    Most working clients send none on a GET, so this is for information only.
    """
    declared = (exchange.request.header("content-type") or "").partition(";")[0].strip().lower()
    if declared != "application/json":
        yield Finding("header Content-Type", "application/json", "absent" if not declared else "another type")


@rule(
    "HPP-R08", "no-cache", "info", "shown", "Read Session › Example", scope="request", when=for_session,
    reads=["request cache-control"],
    consequence="set-up", reach="{count} reads have/has no Cache-Control as in the example",
    faults=[client_fault("omits-cache-control", "waiting", sent("Cache-Control", None))],
    variations=[honest_client("forbids-storing-too", "waiting", sent("Cache-Control", "no-store, No-Cache"))],
)  # fmt: skip
def no_cache(exchange: Exchange) -> Iterator[Finding]:
    """The documented example sends `Cache-Control: no-cache`.

    It keeps caches on the way from answering a poll. The endpoint's own answers already forbid caching.
    """
    if "no-cache" not in (exchange.request.header("cache-control") or "").lower():
        yield Finding("header Cache-Control", "no-cache", "absent or without it")


def _names_accept(exchange: Exchange) -> bool:
    return for_session(exchange) and exchange.request.header("accept") is not None


@rule(
    "HPP-R09", "accepts-json", "should", "standard", "RFC 9110 §12.5.1 Accept", scope="request", when=_names_accept,
    reads=["request accept"],
    consequence="set-up", reach="{count} reads accept/accepts no JSON",
    faults=[client_fault("accepts-only-xml", "waiting", sent("Accept", "application/xml"))],
    variations=[honest_client("accepts-any-type", "waiting", sent("Accept", "text/html, */*;q=0.1"))],
)  # fmt: skip
def accepts_json(exchange: Exchange) -> Iterator[Finding]:
    """An Accept header, when sent, admits `application/json`.

    A server that honours it may answer 406, or a page in another format.
    """
    ranges = [part.partition(";")[0].strip().lower() for part in (exchange.request.header("accept") or "").split(",")]
    if not {"application/json", "application/*", "*/*", ""} & set(ranges):
        yield Finding("header Accept", "application/json or a range that holds it", "other types only")


@rule(
    "HPP-R10", "no-credentials-in-url", "must", "standard", "RFC 9110 §4.2.4 userinfo deprecated", scope="request",
    when=for_session,
    consequence="credentials", reach="{count} reads have/has the credentials in the URL",
    faults=[client_fault("puts-key-in-url", "waiting", url(lambda u: u.replace("://", "://M1:kco_test_api_example@")))],
    variations=[honest_client("names-its-shop", "waiting", url(lambda u: u.replace("://", "://kco-live.")))],
)  # fmt: skip
def no_credentials_in_url(exchange: Exchange) -> Iterator[Finding]:
    """Credentials are never part of the URL.

    URLs end up in access logs, error trackers and browser histories, where other people find the merchant's key.
    """
    request: Request = exchange.request
    if request.parts.password is not None or request.parts.username is not None or API_KEY.search(request.url):
        yield Finding("request URL", "no userinfo and no API key", "credentials")


def _timed(trace: Trace) -> bool:
    return len(trace.exchanges) > 1 and all(exchange.at is not None for exchange in trace.exchanges)


@rule(
    "HPP-R11", "polls-politely", "should", "referenced",
    "Rate limits (Klarna's page, none of Kustom's: 50 reads a second in the playground)",
    scope="requests", when=_timed,
    consequence="set-up", reach="{count} sessions are/is polled too often",
    faults=[client_fault("polls-in-a-burst", "waiting", at(Instant(0)))],
    variations=[honest_client("polls-as-often-as-it-may", "waiting",
                    recorded=recording(*(read_of(0, after=poll / 50) for poll in range(50))))],
)  # fmt: skip
def polls_politely(trace: Trace) -> Iterator[Finding]:
    """One session is polled at most 50 times within a second.

    Beyond the limit the answer is 429 for the whole merchant, not only for this poller.
    """
    times = [exchange.at for exchange in trace.exchanges if exchange.at is not None]
    for start, end in zip(times, times[50:], strict=False):
        if end - start < 1:
            yield Finding("request times", "at most 50 a second", "more than 50 within a second")
            return


def _basic_judged(exchange: Exchange) -> bool:
    """Basic credentials were sent, and the observer knows the right ones."""
    sent = values(exchange.request.headers, "authorization")
    judged = exchange.context.credentials is not None and not exchange.context.recorded
    return judged and any(value.lower().startswith("basic ") for value in sent)


@rule(
    "HPP-R12", "credentials-as-given", "must", "referenced", AUTHENTICATION, scope="request", when=_basic_judged,
    reads=["request authorization"],
    consequence="unreadable", reach="{count} reads carry/carries other credentials than the client was given",
    faults=[client_fault("mangles-credentials", "waiting", knowing(credentials="wrong"))],
    variations=[honest_client("writes-scheme-in-small-letters", "waiting",
                    sent("Authorization", "basic kco_test_api_this-is-public-and-opens-nothing"))],
)  # fmt: skip
def credentials_as_given(exchange: Exchange) -> Iterator[Finding]:
    """The credentials sent are the ones the client was given.

    A key that is cut at a colon, trimmed or put into small letters may work in tests and fails with the next key: the
    merchant who changes keys gets 401 for every session, and no order is fulfilled.
    """
    if exchange.context.credentials == "wrong":
        yield Finding("header Authorization", "the credentials the client was given", "other ones")


_HOSTS: Final = {"test": PLAYGROUND_HOST, "live": PRODUCTION_HOST}
"""The documented host of each environment."""


def _at_kustom(exchange: Exchange) -> bool:
    host = (exchange.request.parts.hostname or "").lower()
    return for_session(exchange) and host.endswith((".kustom.co", ".klarna.com"))


@rule(
    "HPP-R15", "right-environment", "should", "referenced", BASE_URLS, scope="request", when=_at_kustom,
    reads=["request authorization"],
    consequence="credentials", reach="{count} reads go/goes to another environment than the key is for",
    faults=[client_fault("asks-undocumented-host", "waiting",
                url(lambda u: "https://api-na.kustom.co/" + u.split("/", 3)[3])),
            client_fault("takes-test-key-to-production", "waiting",
                url(lambda u: f"https://{PRODUCTION_HOST}/" + u.split("/", 3)[3]))],
    variations=[honest_client("reads-production", "waiting", sent("Authorization", f"Basic {LIVE_KEY}opens-nothing"),
                    url(lambda u: f"https://{PRODUCTION_HOST}/" + u.split("/", 3)[3])),
                honest_client("reads-playground", "waiting",
                    url(lambda u: f"https://{PLAYGROUND_HOST.upper()}:443/" + u.split("/", 3)[3]))],
)  # fmt: skip
def right_environment(exchange: Exchange) -> Iterator[Finding]:
    """Of Kustom's and Klarna's hosts a client asks a documented one: the playground with a `kco_test_` key, production
    with a `kco_live_` key.

    Regional hosts such as `api-na.kustom.co` do not exist, hosts of Klarna's serve Kustom's merchants no more, and in
    the other environment the key opens nothing.
    """
    host = (exchange.request.parts.hostname or "").lower()
    environment = _environment(exchange)
    if host not in _HOSTS.values():
        yield Finding("request host", " or ".join(_HOSTS.values()), "another host of Kustom's or Klarna's")
    elif environment is not None and host != _HOSTS[environment]:
        yield Finding("request host", f"{_HOSTS[environment]} for a {environment} key", host)
