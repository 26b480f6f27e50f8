"""Clients that mistreat the connection: time-outs, codings, ends that come too early, connections kept too long."""

from __future__ import annotations

import http.client
import socket

from tests.harness.zoo.caught import caught_by
from tests.harness.zoo.wired import Wired

Headers = dict[str, str]
GONE_WRONG = (OSError, http.client.HTTPException)


@caught_by("HPP-A33", "stalls-before-answer")
class WaitsForEver(Wired):
    def timeout(self) -> float | None:
        return None


@caught_by("HPP-A33", "stalls-between-chunks")
class TakesMillisecondsForSeconds(Wired):
    def timeout(self) -> float | None:
        return self.ask.timeout * 1000


@caught_by("HPP-A33", "stalls-in-body")
class ForgetsTimeoutAfterHeaders(Wired):
    def received(self, response: http.client.HTTPResponse) -> bytes:
        if isinstance(response.fp.raw._sock, socket.socket):
            response.fp.raw._sock.settimeout(None)
        return response.read()


@caught_by("HPP-A17", "gzip", "gzip-chunked")
class AsksForWhatItCannotRead(Wired):
    """It allows gzip and does not unpack it."""

    def unpacked(self, content: bytes) -> bytes:
        return content


@caught_by("HPP-A17", "body-in-pieces")
class ReadsFirstPieceOnly(Wired):
    def received(self, response: http.client.HTTPResponse) -> bytes:
        return response.read1(100_000)


@caught_by("HPP-A27", "breaks-off", "breaks-off-at-the-end", "reset-midway", "breaks-off-between-chunks")
class MendsHalfABody(Wired):
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


@caught_by("HPP-A27", "reset-before-answer", "closed-before-answer", "garbage")
class SwallowsNetworkErrors(Wired):
    def fetch(self, path: str, headers: Headers) -> tuple[int, bytes]:
        try:
            return super().fetch(path, headers)
        except GONE_WRONG:
            return 200, b"{}"


@caught_by("HPP-A27", "stalls-before-answer")
class TakesTimeoutForWaiting(Wired):
    def fetch(self, path: str, headers: Headers) -> tuple[int, bytes]:
        try:
            return super().fetch(path, headers)
        except TimeoutError:
            return 200, b'{"status": "WAITING"}'


@caught_by("HPP-A21", "closed-between-polls")
class TrustsKeptConnection(Wired):
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


@caught_by("HPP-A17", "reset-once")
class StaysBroken(Wired):
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
