"""Choosing what to probe: everything unsafe or pointless is refused before anything is sent, in one clear sentence."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from hpp_contract.engine.errors import UsageProblem
from hpp_contract.probe import Target, target_from

SANDBOX = "https://api.playground.kustom.co"
KEY = "kco_test_api_not-a-real-one"
USERNAME = "M9-not-a-real-one"


def target(base_url: str | None = None, *session_ids: str, allow: bool = False, **environ: Any) -> Target:
    return target_from(base_url, environ, session_ids, allow)


def refusal(base_url: str | None = None, **environ: Any) -> str:
    with pytest.raises(UsageProblem) as caught:
        target(base_url, **environ)
    return str(caught.value)


# --- what is taken


def test_nothing_given_is_the_embedded_server() -> None:
    """Without an endpoint and a variable the embedded server is probed, some of its sessions if ids are given."""
    assert target().embedded
    assert target().base_url is None
    assert target(None, "a", "b").session_ids == ("a", "b")


VARIABLES = ("HPP_ENDPOINT", "HPP_API_KEY", "HPP_USERNAME", "HPP_SESSION_IDS")


@pytest.mark.parametrize("value", ["", " ", "x"])
@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable_without_an_endpoint_is_refused(name: str, value: str) -> None:
    """Whoever sets a variable means an endpoint: without one, as on a fork, whose secrets are empty, nothing runs."""
    environ = {name: value}
    if name == "HPP_ENDPOINT" and value == "x":
        environ = {"HPP_API_KEY": "", "HPP_ENDPOINT": " "}
    message = refusal(**environ)
    said = "HPP_ENDPOINT is empty" if "HPP_ENDPOINT" in environ else f"{name} is set, but HPP_ENDPOINT is not set"
    assert message.startswith(said)
    assert message.endswith(".")
    assert all(variable in message for variable in VARIABLES)


@pytest.mark.parametrize("place", [1, 3])
@pytest.mark.parametrize("odd", ["https://h/hpp/v1/sessions/x", "id:7", "39a1c773…1267", "39a1c773...1267", "a/b"])
def test_what_is_no_id_is_refused(odd: str, place: int) -> None:
    """A URL, or an id that a report has cut, would read nothing: it is refused by its number, and not repeated."""
    ids = ["one", "two", "three"]
    ids[place - 1] = odd
    cases: list[tuple[str | None, list[str], dict[str, str]]] = [
        (None, ids, {}),
        (SANDBOX, ids, {"HPP_API_KEY": KEY}),
        (SANDBOX, [], {"HPP_API_KEY": KEY, "HPP_SESSION_IDS": " ".join(ids)}),
    ]
    for base_url, given_ids, environ in cases:
        with pytest.raises(UsageProblem, match=f"^session id {place} of 3 holds") as caught:
            target_from(base_url, environ, given_ids, False)
        assert odd not in str(caught.value)


@pytest.mark.parametrize(
    ("given_url", "expected"),
    {
        "api.playground.kustom.co": SANDBOX,
        SANDBOX: SANDBOX,
        SANDBOX + "/": SANDBOX,
        " https://host.example:8443/eu/ ": "https://host.example:8443/eu",
        "https://host.example/a%2fb": "https://host.example/a%2Fb",
        "HTTPS://host.example": "https://host.example",
        "http://127.0.0.1:8080": "http://127.0.0.1:8080",
        "http://localhost": "http://localhost",
        "http://LOCALHOST.:80": "http://LOCALHOST.:80",
        "http://[::1]:8080/x": "http://[::1]:8080/x",
    }.items(),
)
def test_hosts_and_urls(given_url: str, expected: str) -> None:
    """A bare host means https; a URL is kept, without its last slash, from the argument and from the environment."""
    assert target(given_url, HPP_API_KEY=KEY).base_url == expected
    assert target(HPP_ENDPOINT=given_url, HPP_API_KEY=KEY).base_url == expected


def test_arguments_win() -> None:
    """An argument beats the environment, for the endpoint and for the sessions."""
    chosen = target("a.example", "one", HPP_ENDPOINT="b.example", HPP_SESSION_IDS="two", HPP_API_KEY=KEY)
    assert (chosen.base_url, chosen.session_ids) == ("https://a.example", ("one",))


def test_session_ids_are_separated_by_anything() -> None:
    """Commas, blanks and line breaks separate ids; repeated ones count once."""
    chosen = target(SANDBOX, HPP_API_KEY=KEY, HPP_SESSION_IDS=" a,b\n\n c ,, a ")
    assert chosen.session_ids == ("a", "b", "c")
    assert target(SANDBOX, "", " ", HPP_API_KEY=KEY).session_ids == ()


def test_both_forms_of_credentials() -> None:
    """A key alone is sent raw; with a username the pair is sent; white space around either is not part of it."""
    assert target(SANDBOX, HPP_API_KEY=f" {KEY}\n").credentials.authorization == f"Basic {KEY}"
    assert target(SANDBOX, HPP_API_KEY=KEY, HPP_USERNAME=f" {USERNAME} ").credentials.username == USERNAME


# --- what is refused


def test_key_is_demanded_by_name() -> None:
    """Without a key the message names the variable, where Kustom gives it, and the sandbox."""
    message = refusal(SANDBOX)
    assert all(word in message for word in ("HPP_API_KEY", "Kustom portal", "sandbox"))


@pytest.mark.parametrize("url", ["http://api.playground.kustom.co", "http://192.0.2.1", "http://localhost.example"])
def test_clear_text_is_refused(url: str) -> None:
    """Plain http is refused anywhere but on loopback."""
    assert "https" in refusal(url, HPP_API_KEY=KEY)


@pytest.mark.parametrize(
    "host",
    [
        "api.kustom.co",
        "API.Kustom.co",
        "api.kustom.co.",
        "api.klarna.com",
        "api-na.klarna.com",
        "api-oc.klarna.com:443",
    ],
)
def test_production_is_refused(host: str) -> None:
    """Production hosts need --allow-production, however they are written."""
    assert "--allow-production" in refusal(host, HPP_API_KEY=KEY)
    assert target(host, allow=True, HPP_API_KEY=KEY).base_url == f"https://{host}"


@pytest.mark.parametrize("host", ["api.playground.kustom.co", "api.playground.klarna.com", "notapi.kustom.co.example"])
def test_sandboxes_are_no_production(host: str) -> None:
    """The sandbox, and hosts that only look like production, are probed."""
    assert target(host, HPP_API_KEY=KEY).base_url == f"https://{host}"


def test_live_key_is_refused() -> None:
    """A live key is not sent anywhere without --allow-production, and not shown."""
    live = "kco_live_api_not-a-real-one"
    message = refusal(SANDBOX, HPP_API_KEY=live)
    assert "--allow-production" in message
    assert live not in message
    assert target(SANDBOX, allow=True, HPP_API_KEY=live).credentials.api_key == live


@pytest.mark.parametrize(
    ("url", "word"),
    {
        f"https://M1:{KEY}@host.example": "HPP_API_KEY",
        f"https://{KEY}@host.example": "HPP_API_KEY",
        KEY: "must not hold credentials",
        "https://host.example/?a=b": "query",
        "https://host.example?": "query",
        "https://host.example/#top": "fragment",
        f"{SANDBOX}/hpp/v1/sessions/39a1c773-bafd-754d-af1f-b30c592f1267": "HPP_SESSION_IDS",
        "https://": "https URL",
        "https://:8080": "https URL",
        "https://host.example:port": "https URL",
        "https://host.example:99999": "https URL",
        "https://host.example:0": "https URL",
        "ftp://host.example": "https URL",
        "https://[::1": "https URL",
        "https://ho st.example": "https URL",
        "https://host..example": "https URL",
        "https://" + "a" * 70 + ".example": "https URL",
        "https:\\\\host.example": "https URL",
        "https://host.example/é": "percent-encoded",
        "https://host.example/100%": "percent-encoded",
    }.items(),
    ids=lambda text: text[:40],
)
def test_no_base_url(url: str, word: str) -> None:
    """What is no base URL is refused with a sentence that says what one looks like."""
    message = refusal(url, HPP_API_KEY=KEY)
    assert word in message
    assert message.endswith(".")


@pytest.mark.parametrize("name", ["HPP_API_KEY", "HPP_USERNAME"])
def test_control_characters_are_refused(name: str) -> None:
    """A line break inside a credential would become a header of its own."""
    environ = {"HPP_API_KEY": KEY, name: f"{KEY}\r\nX-Evil: 1"}
    message = refusal(SANDBOX, **environ)
    assert name in message
    assert KEY not in message


@given(
    url=st.text(max_size=30) | st.from_regex(r"https?://[\w.@:\[\]%/?#-]{0,30}", fullmatch=True),
    key=st.text(min_size=20, max_size=30),
)
@example(url=f"https://x:{'k' * 20}@h", key="k" * 20)
def test_refusals_are_sentences_without_secrets(url: str, key: str) -> None:
    """Whatever is given, it is taken or refused by one sentence, and neither shows the key."""
    assume(key not in url or "@" in url)
    try:
        chosen = target(url, HPP_API_KEY=key)
    except UsageProblem as problem:
        assert key not in str(problem)
        assert len(str(problem).splitlines()) == 1
    else:
        assert key.strip() not in repr(chosen)
        assert chosen.embedded or (chosen.base_url or "").startswith(("https://", "http://"))
