"""The honest client once more, with what it does to a connection in parts that can be spoiled. Nothing else."""

from __future__ import annotations

import gzip
import http.client

from tests.harness.support.sample_clients import Client

Headers = dict[str, str]


class ClientInParts(Client):
    """The honest client, with what it does to a connection in parts that can be spoiled."""

    def send(self, host: str, port: int | None, path: str, headers: Headers) -> tuple[int, bytes]:
        connection = self.connected(host, port)
        try:
            connection.request(self.method, path, self.body, headers)
            response = connection.getresponse()
            self.location = response.headers.get("Location")
            content = self.received(response)
            packed = self.packing(response) == "gzip"
            return response.status, self.unpacked(content) if packed else content
        finally:
            connection.close()

    def packing(self, response: http.client.HTTPResponse) -> str | None:
        return response.headers.get("Content-Encoding")

    def received(self, response: http.client.HTTPResponse) -> bytes:
        return response.read()

    def unpacked(self, content: bytes) -> bytes:
        return gzip.decompress(content)
