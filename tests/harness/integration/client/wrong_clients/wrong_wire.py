"""Clients that mistreat the connection: time-outs, codings, ends that come too early, connections kept too long."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from typing import Any

from tests.harness.integration.client.wrong_clients.client_in_parts import ClientInParts
from tests.harness.integration.client.wrong_clients.declare import breaks

Headers = dict[str, str]
GONE_WRONG = (OSError, http.client.HTTPException)


@breaks("HPP-A33", "stalls-before-answer")
class WaitsForEver(ClientInParts):
    def timeout(self) -> float | None:
        return None


@breaks("HPP-A33", "stalls-between-chunks")
class TakesMillisecondsForSeconds(ClientInParts):
    def timeout(self) -> float | None:
        return self.ask.timeout * 1000


@breaks("HPP-A33", "stalls-in-body")
class ForgetsTimeoutAfterHeaders(ClientInParts):
    def received(self, response: http.client.HTTPResponse) -> bytes:
        stream: Any = response.fp  # that it is over a socket, no type says
        if isinstance(stream.raw._sock, socket.socket):
            stream.raw._sock.settimeout(None)
        return response.read()


@breaks("HPP-A39", "stalls-before-answer")
class HasNoTimeout(WaitsForEver):
    """It has no time-out of its own, and its caller cannot set one."""

    hello = {"timeout": False}  # noqa: RUF012  as an SDK's author would write it


@breaks("HPP-R13", "unproven-server")
class TrustsAnybody(ClientInParts):
    """It looks at no certificate."""

    def connected(self, host: str, port: int | None) -> http.client.HTTPConnection:
        if not self.ask.base_url.startswith("https:"):
            return super().connected(host, port)
        anybody = ssl.create_default_context()
        anybody.check_hostname = False
        anybody.verify_mode = ssl.CERT_NONE
        return http.client.HTTPSConnection(host, port, timeout=self.timeout(), context=anybody)


@breaks("HPP-R13", "unproven-server")
class SpeaksPlainHttpToHttps(ClientInParts):
    """It takes no notice of the scheme."""

    def connected(self, host: str, port: int | None) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(host, port, timeout=self.timeout())


@breaks("HPP-A17", "lower-case-headers-gzip")
class KnowsHeadersLetterByLetter(ClientInParts):
    """Names of header fields have capitals, it thinks."""

    def packing(self, response: http.client.HTTPResponse) -> str | None:
        return dict(response.headers.items()).get("Content-Encoding")


@breaks("HPP-A17", "gzip", "gzip-chunked")
class AsksForWhatItCannotRead(ClientInParts):
    """It allows gzip and does not unpack it."""

    def unpacked(self, content: bytes) -> bytes:
        return content


@breaks("HPP-A17", "body-in-pieces")
class ReadsFirstPieceOnly(ClientInParts):
    def received(self, response: http.client.HTTPResponse) -> bytes:
        return response.read1(100_000)


@breaks("HPP-A27", "breaks-off", "breaks-off-at-the-end", "reset-midway", "breaks-off-between-chunks")
class MendsHalfABody(ClientInParts):
    """What has come until the connection ended is closed with a brace and taken for the session."""

    def received(self, response: http.client.HTTPResponse) -> bytes:
        try:
            return response.read()
        except http.client.IncompleteRead as error:
            return self.mended(error.partial)
        except ConnectionError:
            return b'{"status": "IN_PROGRESS"}'

    def mended(self, content: bytes) -> bytes:
        return content[: max(content.rfind(b", "), content.rfind(b","))] + b"}"


@breaks("HPP-A37", "breaks-off")
class HangsOnPrematureClose(ClientInParts):
    """What ends too early is still to come, it thinks."""

    def received(self, response: http.client.HTTPResponse) -> bytes:
        try:
            return response.read()
        except http.client.IncompleteRead:
            threading.Event().wait(30)
            raise


@breaks("HPP-A27", "reset-before-answer", "closed-before-answer", "garbage")
class SwallowsNetworkErrors(ClientInParts):
    def fetch(self, path: str, headers: Headers) -> tuple[int, bytes]:
        try:
            return super().fetch(path, headers)
        except GONE_WRONG:
            return 200, b"{}"


@breaks("HPP-A27", "stalls-before-answer")
class TakesTimeoutForWaiting(ClientInParts):
    def fetch(self, path: str, headers: Headers) -> tuple[int, bytes]:
        try:
            return super().fetch(path, headers)
        except TimeoutError:
            return 200, b'{"status": "WAITING"}'


@breaks("HPP-A21", "closed-between-polls")
class TrustsKeptConnection(ClientInParts):
    """It keeps its connection and does not notice when the server has closed it."""

    kept: http.client.HTTPConnection | None = None

    def send(self, host: str, port: int | None, path: str, headers: Headers) -> tuple[int, bytes]:
        if self.kept is None:
            self.kept = self.connected(host, port)
            self.kept.auto_open = 0
            self.kept.connect()
        self.kept.request(self.method, path, self.body, headers | {"Accept-Encoding": "identity"})
        response = self.kept.getresponse()
        return response.status, response.read()


@breaks("HPP-A17", "reset-once")
class StaysBroken(ClientInParts):
    """Once its connection has been lost it never opens another."""

    lost = False

    def fetch(self, path: str, headers: Headers) -> tuple[int, bytes]:
        if self.lost:
            raise ConnectionError("not connected")
        try:
            return super().fetch(path, headers)
        except GONE_WRONG:
            self.lost = True
            raise
