"""Clients that ask wrongly: one bug each in what the server gets to see."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote_plus, unquote, urlsplit

from tests.harness.integration.client.wrong_clients.declare import breaks
from tests.harness.support.sample_clients import ChallengedClient, Client, FollowingClient

Headers = dict[str, str]


@breaks("HPP-R01", "smoke")
class Posts(Client):
    method = "POST"


@breaks("HPP-R02", "base-url-with-prefix")
class DropsPathPrefix(Client):
    def path(self) -> str:
        return f"/hpp/v1/sessions/{self.segment()}"


@breaks("HPP-R02", "base-url-with-slash")
class DoublesSlash(Client):
    def path(self) -> str:
        return urlsplit(self.ask.base_url).path + f"/hpp/v1/sessions/{self.segment()}"


@breaks("HPP-R02", "smoke")
class AppendsSlash(Client):
    def path(self) -> str:
        return super().path() + "/"


@breaks("HPP-R02", "smoke")
class BustsCaches(Client):
    def path(self) -> str:
        return super().path() + "?_=1556812800"


@breaks("HPP-R02", "smoke")
class AsksForOtherVersion(Client):
    def path(self) -> str:
        return super().path().replace("/v1/", "/v2/")


@breaks("HPP-R02", "smoke", "not-found")
class HardCodesHost(Client):
    def fetch(self, path: str, headers: Headers) -> tuple[int, bytes]:
        return self.send("127.0.0.1", 1, path, headers)


@breaks("HPP-R03", "id-with-dot-segments")
class PastesId(Client):
    """What `../` leads to is asked for as it stands, as HTTP libraries that tidy paths up do."""

    def segment(self) -> str:
        return self.ask.session_id.rpartition("../")[2]


@breaks("HPP-R03", "id-with-space")
class EncodesIdAsFormField(Client):
    def segment(self) -> str:
        return quote_plus(self.ask.session_id)


@breaks("HPP-R03", "id-with-percent", "id-with-slash")
class EncodesIdTwice(Client):
    def segment(self) -> str:
        return quote_plus(super().segment())


@breaks("HPP-R03", "id-with-question-mark")
class LeavesQuestionMarkInId(Client):
    def segment(self) -> str:
        return self.ask.session_id


@breaks("HPP-R14", "smoke", "waiting")
class WaitsForChallenge(ChallengedClient):
    """It sends its credentials only when it is asked for them."""


@breaks("HPP-A35", "unauthorized", "unauthorized-401-html")
class InsistsOnRefusedKey(Client):
    """It sends the same key again and again."""

    def fetch(self, path: str, headers: Headers) -> tuple[int, bytes]:
        for _ in range(3):
            status, content = super().fetch(path, headers)
            if status != 401:
                break
        return status, content


@breaks("HPP-R05", "smoke")
class NeverSendsCredentials(Client):
    def headers(self) -> Headers:
        return {name: value for name, value in super().headers().items() if name != "Authorization"}


@breaks("HPP-R05", "read-twice")
class LosesCredentialsAfterFirstRead(Client):
    """They were put on a session object that is not kept."""

    def __init__(self) -> None:
        self.given: Headers = {"Authorization": "once"}

    def headers(self) -> Headers:
        kept = {name: value for name, value in super().headers().items() if name != "Authorization"}
        return kept | ({"Authorization": self.authorization()} if self.given.pop("Authorization", None) else {})


@breaks("HPP-R05", "smoke")
class SendsBearerToken(Client):
    def authorization(self) -> str:
        return f"Bearer {self.ask.password}"


@breaks("HPP-R05", "smoke", also=("HPP-R12",))
class EncodesKeyWithoutUsername(Client):
    def authorization(self) -> str:
        return "Basic " + base64.b64encode(self.ask.password.encode()).decode()


class _Mangles(Client):
    """Changes the key on its way into the request."""

    def authorization(self) -> str:
        self.ask.password = self.mangled(self.ask.password)
        return super().authorization()

    def mangled(self, key: str) -> str:
        return key


@breaks("HPP-R12", "key-with-colon")
class CutsKeyAtColon(_Mangles):
    def mangled(self, key: str) -> str:
        return key.partition(":")[0]


@breaks("HPP-R12", "key-with-symbols")
class DecodesKeyLikeUrl(_Mangles):
    def mangled(self, key: str) -> str:
        return unquote(key)


@breaks("HPP-R12", "key-non-ascii")
class ReplacesWhatIsNotAscii(_Mangles):
    def mangled(self, key: str) -> str:
        return key.encode("ascii", "replace").decode()


@breaks("HPP-R12", "long-key")
class BreaksBase64Lines(Client):
    def authorization(self) -> str:
        pair = f"{self.ask.username}:{self.ask.password}".encode()
        return "Basic " + base64.encodebytes(pair).split(b"\n")[0].decode()


@breaks("HPP-R12", "smoke")
class HardCodesKey(Client):
    def authorization(self) -> str:
        return "Basic kco_test_api_left-over-from-testing"


@breaks("HPP-R10", "smoke", also=("HPP-R02",))
class PutsKeyIntoUrl(Client):
    def path(self) -> str:
        return f"{super().path()}?api_key={self.ask.password}"


@breaks("HPP-R06", "smoke")
class SendsBody(Client):
    body = b"{}"


@breaks("HPP-R09", "smoke")
class AcceptsOnlyXml(Client):
    def headers(self) -> Headers:
        return super().headers() | {"Accept": "application/xml"}


@breaks("HPP-A35", "unavailable-503", "server-error-500-html")
class HammersAnOutage(Client):
    """It retries without pause and, but for the sake of these tests, without end."""

    def fetch(self, path: str, headers: Headers) -> tuple[int, bytes]:
        for _ in range(30):
            status, content = super().fetch(path, headers)
            if status < 500:
                break
        return status, content


@breaks("HPP-R11", "read-twice", also=("HPP-A35",))
class ReadsInABurst(Client):
    def fetch(self, path: str, headers: Headers) -> tuple[int, bytes]:
        for _ in range(60):
            answer = super().fetch(path, headers)
        return answer


@breaks("HPP-A36", "redirect-elsewhere", "permanent-redirect-elsewhere")
class TakesCredentialsAlong(FollowingClient):
    def send(self, host: str, port: int | None, path: str, headers: Headers) -> tuple[int, bytes]:
        return super().send(host, port, path, headers | self.headers())


@breaks("HPP-A36", "redirect-elsewhere", also=("HPP-R14",))
class TakesCredentialsAlongWhenAsked(ChallengedClient):
    """It sends its credentials only when asked for them, and then to whoever it is sent to."""

    def fetch(self, path: str, headers: Headers) -> tuple[int, bytes]:
        status, content = super().fetch(path, headers)
        if status == 302 and self.location:
            there = urlsplit(self.location)
            status, content = self.send(there.hostname or "", there.port, there.path, headers)
        return status, content


@breaks("HPP-A15", "lifecycle-missed", "refusal-after-session")
class Caches(Client):
    def __init__(self) -> None:
        self.cache: dict[str, Any] = {}

    def __call__(self, base_url: str, username: str, password: str, session_id: str, timeout: float) -> Any:
        if session_id not in self.cache:
            self.cache[session_id] = super().__call__(base_url, username, password, session_id, timeout)
        return self.cache[session_id]
