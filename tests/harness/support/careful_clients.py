"""Careful clients, each in the default manner of a library: nobody could blame them. No tests in here.

Those of Python are the libraries themselves; those of other languages do what their libraries do by default about
redirects, retries and errors, as their documentation has it. The examples of this repository are such clients in these
languages themselves, see tests/harness/e2e/test_examples.py.
"""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from hpp_contract.spec.session import MEMBERS
from tests.harness.support.sample_clients import Client, HppError


def url(base_url: str, session_id: str) -> str:
    return f"{base_url.rstrip('/')}/hpp/v1/sessions/{quote(session_id, safe='')}"


def session(status: int, body: bytes, asked: str) -> Any:
    """The session in an answer, looked at by somebody careful: the status code first, then the shape."""
    if status != 200:
        raise HppError(status, body)
    value = json.loads(body)
    if not isinstance(value, dict) or value.get("session_id") != asked or not isinstance(value.get("status"), str):
        raise TypeError("this is no session")
    return {name: value.get(name) for name in MEMBERS}


def with_requests(base_url: str, username: str, password: str, session_id: str, timeout: float) -> Any:
    headers = {"Authorization": Basic.header(username, password)}  # requests would take the text for Latin-1
    response = requests.get(url(base_url, session_id), headers=headers, timeout=timeout)
    return session(response.status_code, response.content, session_id)


def with_retries() -> Callable[..., Any]:
    """Requests, with the retries that its documentation shows."""
    kept = requests.Session()
    retries = urllib3.Retry(2, backoff_factor=0.01, status_forcelist=[502, 503, 504], raise_on_status=False)
    kept.mount("http://", HTTPAdapter(max_retries=retries))

    def read(base_url: str, username: str, password: str, session_id: str, timeout: float) -> Any:
        headers = {"Authorization": Basic.header(username, password)}
        response = kept.get(url(base_url, session_id), headers=headers, timeout=timeout)
        return session(response.status_code, response.content, session_id)

    return read


def with_httpx(base_url: str, username: str, password: str, session_id: str, timeout: float) -> Any:
    import httpx  # a library of our tests only

    response = httpx.get(url(base_url, session_id), auth=(username, password), timeout=timeout)
    return session(response.status_code, response.content, session_id)


async def with_async_httpx(base_url: str, username: str, password: str, session_id: str, timeout: float) -> Any:
    import httpx  # a library of our tests only

    async with httpx.AsyncClient(timeout=timeout) as client:
        response = await client.get(url(base_url, session_id), auth=(username, password))
    return session(response.status_code, response.content, session_id)


def with_urllib3() -> Callable[..., Any]:
    pool = urllib3.PoolManager()

    def read(base_url: str, username: str, password: str, session_id: str, timeout: float) -> Any:
        headers = {"Authorization": Basic.header(username, password)}
        response = pool.request("GET", url(base_url, session_id), headers=headers, timeout=timeout, retries=False)
        return session(response.status, response.data, session_id)

    return read


def with_urllib(base_url: str, username: str, password: str, session_id: str, timeout: float) -> Any:
    """The standard library, told to follow nothing: it takes the key along to wherever it is sent."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    request = urllib.request.Request(  # noqa: S310  the address of our own server
        url(base_url, session_id), headers={"Authorization": Basic.header(username, password)}
    )
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=timeout) as response:
            return session(response.status, response.read(), session_id)
    except urllib.error.HTTPError as error:
        with error:
            raise HppError(error.code, error.read()) from None


class Basic(Client):
    """Follows as many `redirects` as its library, without the key where they lead to another host, and tries again
    `retries` times after an answer with one of `retried` or none."""

    redirects = 0
    retries = 0
    retried: tuple[int, ...] = ()

    @staticmethod
    def header(username: str, password: str) -> str:
        return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()

    def headers(self) -> dict[str, str]:
        return {"Authorization": self.authorization(), "Accept": "*/*"}

    def fetch(self, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        for _ in range(self.retries):
            try:
                status, content = self.follow(path, headers)
            except OSError:
                pass
            else:
                if status not in self.retried:
                    return status, content
            time.sleep(0.01)
        return self.follow(path, headers)

    def follow(self, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        here = urlsplit(self.ask.base_url)
        status, content = self.send(here.hostname or "", here.port, path, headers)
        for _ in range(self.redirects):
            if status not in (301, 302, 303, 307, 308) or self.location is None:
                return status, content
            there = urlsplit(self.location)
            headers = {
                name: value for name, value in headers.items() if name != "Authorization" or there.netloc == here.netloc
            }
            status, content = self.send(there.hostname or "", there.port, there.path, headers)
        return status, content

    def interpret(self, status: int, content: bytes) -> Any:
        return session(status, content, self.ask.session_id)


class LikeFetch(Basic):
    """Node's fetch: twenty redirects, no retry, no error for a status code."""

    redirects = 20


class LikeGot(Basic):
    """Ten redirects, two retries after network errors and these status codes."""

    redirects = 10
    retries = 2
    retried = (408, 413, 429, 500, 502, 503, 504, 521, 522, 524)


class LikeFaraday(Basic):
    """Nothing without a middleware: no redirect, no retry."""


class LikeHttparty(Basic):
    """Five redirects; what it parses goes by the media type."""

    redirects = 5

    def interpret(self, status: int, content: bytes) -> Any:
        return super().interpret(status, content.strip() or b"null")


class LikeGuzzle(Basic):
    redirects = 5


class LikeCurl(Basic):
    """No redirect without --location."""


class LikeJavaHttpClient(Basic):
    """Redirect.NEVER, and one more try where a connection was lost before an answer."""

    retries = 1


class LikeOkHttp(Basic):
    redirects = 20
    retries = 1


class LikeGo(Basic):
    """net/http: ten redirects."""

    redirects = 10


CAREFUL: dict[str, Callable[..., Any]] = {
    "requests": with_requests,
    "requests with retries": with_retries(),
    "httpx": with_httpx,
    "httpx, async": with_async_httpx,
    "urllib3": with_urllib3(),
    "urllib": with_urllib,
    "fetch": LikeFetch(),
    "got": LikeGot(),
    "Faraday": LikeFaraday(),
    "HTTParty": LikeHttparty(),
    "Guzzle": LikeGuzzle(),
    "curl": LikeCurl(),
    "java.net.http.HttpClient": LikeJavaHttpClient(),
    "OkHttp": LikeOkHttp(),
    "Go net/http": LikeGo(),
}
"""Fifteen clients by the library in whose manner they are."""
