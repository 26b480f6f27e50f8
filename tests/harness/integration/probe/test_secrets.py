"""Safety on a real endpoint: one that echoes the credentials in every way finds none of them shown or kept."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from hpp_contract.model import Request, Response
from hpp_contract.model.credentials import Credentials
from hpp_contract.probe.sender import RateLimiter
from hpp_contract.server import application
from tests.harness.support.merchant import ORDER, content
from tests.harness.support.not_none import not_none
from tests.harness.support.recording_server import recording
from tests.harness.support.run_commands import PROVISIONING, READING, run, settle_in
from tests.harness.support.serving import serving

OWN = Credentials("kco_test_api_5b/9+made=up key", "M424242-made&up")
RAW = Credentials("a key without any mark/+=")
FORMS = {"with a username": OWN, "raw key": RAW}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own in which all is that is written."""
    settle_in(tmp_path, monkeypatch)
    return tmp_path


@pytest.fixture(params=list(FORMS.values()), ids=list(FORMS))
def credentials(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Credentials:
    """Credentials that servers made from here on let in."""
    init = application.Application.__init__
    monkeypatch.setattr(
        application.Application,
        "__init__",
        lambda self, _=request.param, *more, **how: init(self, request.param, *more, **how),
    )
    param: Credentials = request.param
    return param


def secret_forms(credentials: Credentials) -> dict[str, bytes]:
    """Key, username and pair as they could be met: raw, percent-encoded, in base64 and base64url, in JSON and HTML."""
    pair = f"{credentials.username}:{credentials.api_key}"
    forms: dict[str, str] = {}
    for secret in filter(None, (credentials.api_key, credentials.username, pair if credentials.username else None)):
        encoded = base64.b64encode(secret.encode()).decode()
        forms |= {
            f"{secret} raw": secret,
            f"{secret} percent-encoded": quote(secret, safe=""),
            f"{secret} percent-encoded, slashes kept": quote(secret),
            f"{secret} base64": encoded.rstrip("="),
            f"{secret} base64url": encoded.rstrip("=").replace("+", "-").replace("/", "_"),
            f"{secret} JSON": json.dumps(secret)[1:-1],
            f"{secret} HTML": secret.replace("&", "&amp;"),
        }
    return {name: form.encode() for name, form in forms.items()}


def leaks(credentials: Credentials, said: str, folder: Path) -> list[str]:
    """Where a secret is found: in what was said, or in which file or file name."""
    places = {"the screen": said.encode()}
    for path in folder.rglob("*"):
        places[f"the name of {path.name}"] = str(path.relative_to(folder)).encode()
        if path.is_file():
            places[str(path.relative_to(folder))] = path.read_bytes()
    forms = secret_forms(credentials)
    return [f"{form} in {place}" for place, data in places.items() for form, text in forms.items() if text in data]


def echo(request: Request, response: Response) -> Response:
    """The answer with everything that the request said of its sender, in headers, values and names of members."""
    sent = (request.header("authorization") or "").removeprefix("Basic ")
    try:
        decoded = base64.b64decode(sent, validate=True).decode()
    except ValueError:
        decoded = sent
    texts = (sent, decoded, quote(decoded, safe=""))
    echoes = ((f"X-Echo-{number}", text) for number, text in enumerate(texts, start=1))
    headers = tuple((name, text.encode().decode("latin-1")) for name, text in echoes)
    if response.media_type != "application/json":
        return replace(response, headers=(*response.headers, *headers))
    members = {"echo": decoded, decoded: sent, "status_reason": decoded.partition(":")[0], "deep": [{"again": sent}]}
    value = content(response)
    if "error_messages" in value:
        value |= {"error_messages": [decoded, sent], "correlation_id": decoded, "error_code": decoded}
    else:
        value |= {"updated_at": decoded, "klarna_reference": sent, "status": decoded}
    return replace(response, headers=(*response.headers, *headers), body=json.dumps(value | members).encode())


def page(request: Request, response: Response) -> Response:
    echoed = echo(request, response)
    return Response(403, (*echoed.headers[4:], ("Content-Type", "text/html")), b"<html>" + echoed.body)


def refuse(request: Request, response: Response) -> Response:
    return replace(echo(request, response), status=401)


def redirecting(request: Request, response: Response) -> Response:
    sent = (request.header("authorization") or "").partition(" ")[2]
    return Response(302, (("Location", f"https://elsewhere.example/?sent={quote(sent)}&raw={sent}"),), response.body)


def breaking(request: Request, response: Response) -> Response:
    echoed = echo(request, response)
    return replace(echoed, body=echoed.body[:-3], complete=False)


Behaviour = Callable[[Request, Response], Response]
HOSTILE: list[Behaviour] = [echo, page, refuse, redirecting, breaking]


@pytest.fixture
def search(home: Path, credentials: Credentials) -> Iterator[list[str]]:
    """What commands said; when the test ends, that and every file are searched for the credentials."""
    said: list[str] = []
    yield said
    assert said
    assert leaks(credentials, "".join(said), home) == []


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more of it than on loopback: the waiting itself is tested elsewhere."""
    monkeypatch.setattr(RateLimiter, "for_host", lambda *, loopback: RateLimiter(0, (0.01, 0.01)))  # noqa: ARG005


@pytest.mark.socket
@pytest.mark.parametrize("behave", HOSTILE, ids=lambda behave: behave.__name__)
def test_no_secret_leaks(
    behave: Behaviour, credentials: Credentials, search: list[str], home: Path, no_waiting: None
) -> None:
    """However an endpoint throws the credentials back, no command shows or keeps them, in any form, anywhere."""
    with recording(behave) as (recorder, url):
        for name, arguments in (*READING, *PROVISIONING):
            search.append(run(name, url, arguments, credentials))
    assert any(credentials.authorization == request.header("authorization") for request in recorder.got)
    assert (home / "report.json").exists()


@pytest.mark.socket
@pytest.mark.parametrize("problem", ["closed port", "wrong protocol", "unknown host", "usage"])
def test_no_secret_leaks_when_nothing_works(
    problem: str, credentials: Credentials, search: list[str], no_waiting: None
) -> None:
    """What cannot be reached, or is asked for wrongly, is said without the credentials."""
    with recording() as (_, url):
        urls = {
            "closed port": "http://127.0.0.1:1",
            "wrong protocol": url.replace("http:", "https:"),
            "unknown host": "https://unknown.invalid",
            "usage": f"https://{quote(credentials.api_key)}@host.example/{credentials.api_key}",
        }
        for name, arguments in (*READING, *PROVISIONING):
            search.append(run(name, urls[problem], arguments, credentials))


@pytest.mark.socket
def test_no_secret_leaks_when_we_fail(
    credentials: Credentials, search: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of our own, whose traceback -v prints, is printed without the credentials."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(f"{credentials.authorization} {credentials.api_key} {credentials.username}")

    monkeypatch.setattr("hpp_contract.cli.endpoint.judge", fail)
    with recording() as (_, url):
        search.append(run("endpoint", url, ("-v",), credentials))
    assert "RuntimeError" in search[0]


@pytest.mark.process
def test_no_secret_of_a_client_leaks(home: Path) -> None:
    """What a client sends to the reference endpoint, wherever it puts its credentials, is neither shown nor kept."""
    files = [part for kind in ("json", "html", "markdown", "junit") for part in (f"--{kind}", str(home / kind))]
    with serving("--state", str(home / "state"), "-v", *files) as served:
        for credentials in FORMS.values():
            key, headers = credentials.api_key, {"Authorization": credentials.authorization, "X-Key": OWN.api_key}
            for path in (
                f"/hpp/v1/sessions/{quote(key, safe='')}",
                f"/hpp/v1/sessions/x?key={quote(key)}",
                f"/{quote(key)}",
            ):
                requests.get(served.url + path, headers=headers, timeout=60)
            requests.post(f"{served.url}/checkout/v3/orders", json=ORDER | {"locale": key}, headers=headers, timeout=60)
        _, said = served.end()
    assert "seen at" in said
    for credentials in FORMS.values():
        assert leaks(credentials, served.said + said, home) == []


def test_search_finds_what_is_there(home: Path) -> None:
    """The search itself finds a secret in every form, on the screen, in a file and in a file's name."""
    for form in secret_forms(OWN).values():
        assert leaks(OWN, f"x{form.decode()}y", home)
    (home / "file").write_bytes(b"\x00" + base64.b64encode(OWN.api_key.encode()))
    assert any("in file" in leak for leak in leaks(OWN, "", home))
    (home / "file").unlink()
    (home / f"x{quote(not_none(OWN.username), safe='')}").touch()
    assert any("the name of" in leak for leak in leaks(OWN, "", home))
