"""What the faults of the rules R do not cover: odd credentials and header fields, and limits."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from hpp_contract.engine.rule import Severity
from hpp_contract.model import Context, Exchange, Instant, Request, Response, Trace
from hpp_contract.rules import CATALOGUE
from hpp_contract.rules.request import _path_shape, basic_credentials, path_exact, polls_politely
from tests.harness.support.exchanges import ASKED, ID, answered, rule_of

URL = ASKED.url
BASIC = (("Authorization", "Basic a2NvOmFiY2RlZg=="),)


@pytest.mark.parametrize(
    ("times", "judged"), [((1, 2), True), ((1,), False), ((1, None), False), ((None,), False), ((None, None), False)]
)
def test_politeness(times: tuple[int | None, ...], judged: bool) -> None:
    """How often a client asks is judged where it asked twice, and each time is known."""
    asked = (Exchange(Request("GET", URL), Response(200), at=Instant(at) if at else None) for at in times)
    assert polls_politely.when(Trace(ID, tuple(asked))) is judged


def missed(*requests: tuple[bool, int], kept: bool = False) -> int:
    """How often credentials are missed in requests: with or without them, and the status of the answer."""
    exchanges = tuple(
        Exchange(Request("GET", URL, BASIC if with_them else ()), Response(status), context=Context(recorded=kept))
        for with_them, status in requests
    )
    return len(list(basic_credentials.check(Trace(ID, exchanges))))


def test_challenges() -> None:
    """A request without credentials is accepted where a 401 answers it and the next has them, or where they may have
    been taken out of a recording."""
    assert missed((False, 401), (True, 200)) == 0
    assert missed((False, 200), (True, 200)) == 1
    assert missed((False, 401), (False, 401)) == 2
    assert missed((False, 401)) == 1
    assert missed((True, 200), (False, 401), (True, 200)) == 0
    assert missed((True, 200), (True, 200)) == 0
    assert missed((False, 200), kept=True) == 0


def test_redirected_requests_may_be_without_credentials() -> None:
    """A request that follows a redirect may have left the credentials behind; the one before it may not."""
    assert missed((True, 302), (False, 401)) == 0
    assert missed((False, 302), (False, 401)) == 1


@pytest.mark.parametrize(
    ("base_path", "path", "weight"),
    [("/", "//hpp/v1/sessions/", Severity.SHOULD), ("/eu/", "/eu//hpp/v1/sessions/", Severity.SHOULD),
     ("/eu/", "/hpp/v1/sessions/", None), ("", "//hpp/v1/sessions/", None), ("/eu", "/eu//hpp/v1/sessions/", None)],
)  # fmt: skip
def test_a_slash_too_many(base_path: str, path: str, weight: Severity | None) -> None:
    """A doubled slash weighs less only where the base URL itself ended in one."""
    request = Request("GET", f"https://hpp.example{path}{ID}", BASIC)
    [found] = path_exact(Exchange(request, Response(200), context=Context(base_path=base_path)))
    assert found.severity is weight


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["Basic a", "Basic b"], "2 of them"),
        (["Basic "], "Basic with nothing after it"),
        (["Basic"], "Basic with nothing after it"),
        (["Bearer abcdefgh"], "another authentication scheme"),
        (["bAsIc YWJj"], None),
        (["<scrubbed>"], None),
    ],
)
def test_credentials(values: list[str], found: str | None) -> None:
    """What is wrong with Authorization headers is said without showing them."""
    request = replace(ASKED, headers=tuple(("Authorization", value) for value in values))
    findings = basic_credentials(Trace(ID, (Exchange(request, Response(200)),)))
    assert [finding.found for finding in findings] == ([found] if found else [])


@pytest.mark.parametrize(
    ("accept", "refused"),
    [
        ("application/json", False),
        ("Text/HTML, APPLICATION/Json;q=0.5", False),
        ("application/*", False),
        ("*/*", False),
        ("", False),
        ("text/html", True),
    ],
)
def test_what_a_client_accepts(accept: str, refused: bool) -> None:
    """A client that accepts no JSON is found, in every notation of what it accepts."""
    rule = next(rule for rule in CATALOGUE if rule.slug == "accepts-json")
    assert bool(rule(answered(sent=(("Accept", accept),)))) == refused


def test_paths_are_shown_without_what_is_in_them() -> None:
    """Of a wrong path only words that look like a program's are repeated."""
    assert _path_shape("/hpp/v1/sessions/Ottilie/x-1/kco/39a1c773-bafd") == "/hpp/v1/sessions/…/…/kco/…"


def sent_to(url: str, key: str | None = None, **known: object) -> Exchange:
    headers = (("Authorization", key),) if key is not None else ()
    return Exchange(Request("GET", f"{url}/hpp/v1/sessions/{ID}", headers), Response(200),
                    context=Context(**known))  # type: ignore[arg-type]  # any facts  # fmt: skip


LIVE = "Basic kco_live_api_c2VjcmV0"
TEST = "Basic " + base64.b64encode(b"M1-a:kco_test_api_scrubbed").decode()


@pytest.mark.parametrize(
    ("exchange", "weight"),
    [
        (sent_to("http://127.0.0.1:80"), None),
        (sent_to("https://api.kustom.co", LIVE), None),
        (sent_to("http://shop.example"), "must"),
        (sent_to("http://8.8.8.8"), "must"),
        (sent_to("http://[2001:4860:4860::8888]"), "must"),
        *((sent_to(f"http://{host}"), "info") for host in (
            "wiremock:8080", "hpp.shop.test", "hpp.local.", "host.docker.internal", "10.0.0.7", "192.168.1.1",
            "[fd00::1]")),
        (sent_to("http://wiremock:8080", TEST), "info"),
        (sent_to("http://wiremock:8080", LIVE), "must"),
        (sent_to("http://wiremock:8080", redirected=True), "must"),
    ],
)  # fmt: skip
def test_plain_http(exchange: Exchange, weight: str | None) -> None:
    """Plain http is for information where nobody outside reads it, but for a live key and after a redirect."""
    rule = rule_of("HPP-R04")
    assert [rule.weight(finding) for finding in rule(exchange)] == ([weight] if weight else [])


@pytest.mark.parametrize(
    ("url", "key", "found"),
    [
        ("https://api.kustom.co", LIVE, 0),
        ("https://API.playground.kustom.co:443", TEST, 0),
        ("https://api.kustom.co", TEST, 1),
        ("https://api.playground.kustom.co", LIVE, 1),
        ("https://api.kustom.co", None, 0),
        ("https://api.kustom.co", "Basic <scrubbed>", 0),
        ("https://api-na.kustom.co", LIVE, 1),
        ("https://api.klarna.com", None, 1),
    ],
)
def test_environments(url: str, key: str | None, found: int) -> None:
    """A key goes to its own environment, and there are no other hosts; whoever else may be asked is not judged."""
    assert len(rule_of("HPP-R15")(sent_to(url, key))) == found
    assert not rule_of("HPP-R15").when(sent_to("https://kustom.co.example", key))
