"""The connection that requests go over, and a way to end it from another thread.

Nothing but the end of its connection stops a thread that reads an answer which never ends: one byte a second, endless
headers, one `100 Continue` after the other. Libraries keep the socket of a request in flight to themselves, so a second
handle of it is kept here for as long as the request takes.
"""

from __future__ import annotations

import contextlib
import http
import http.client
import io
import socket
import threading
from typing import Any, ClassVar

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection


class _Handle:
    """A second handle of the socket that is in use, if any. Shut down through it, the socket ends for all; what has
    arrived already, and goes on arriving, must not be read any more once `is_cut`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.is_cut = False

    def hold(self, used: socket.socket) -> None:
        with self._lock:
            self._release()
            self._socket = socket.fromfd(used.fileno(), used.family, used.type)
            if self.is_cut:  # it was given up before it was connected
                self._shut_down()

    def release(self) -> None:
        with self._lock:
            self._release()

    def cut(self) -> None:
        with self._lock:
            self.is_cut = True
            self._shut_down()

    def _shut_down(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):  # the other side was faster
                self._socket.shutdown(socket.SHUT_RDWR)

    def _release(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class _Checked(io.RawIOBase):
    """What comes from a socket until it is cut."""

    def __init__(self, source: io.RawIOBase, handle: _Handle) -> None:
        self._source = source
        self._handle = handle

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._handle.is_cut:
            raise ConnectionAbortedError
        return self._source.readinto(buffer)

    def close(self) -> None:
        self._source.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    """An answer that does not begin with an interim one: http.client skips 100 Continue, and takes 103 Early Hints for
    the final answer (RFC 9110 §15.2)."""

    def _read_status(self) -> tuple[str, int, str]:
        answer: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]  # typeshed leaves it out
        while http.HTTPStatus.SWITCHING_PROTOCOLS < answer[1] < http.HTTPStatus.OK:
            http.client.parse_headers(self.fp)
            answer = super()._read_status()  # type: ignore[misc]
        return answer


class _Held:
    """A connection of urllib3 whose socket, new or kept, is held while it is used."""

    handle: ClassVar[_Handle]
    sock: Any

    def _new_conn(self) -> Any:
        new = super()._new_conn()  # type: ignore[misc]  # both of urllib3's connections, which this is mixed into, have it
        self.handle.hold(new)
        return new

    def putrequest(self, *arguments: Any, **options: Any) -> None:
        if self.sock is not None:
            self.handle.hold(self.sock)
        super().putrequest(*arguments, **options)  # type: ignore[misc]

    def response_class(self, *arguments: Any, **options: Any) -> http.client.HTTPResponse:
        """What http.client makes of an answer, also of a proxy's, over a source that can be cut."""
        response = _Answer(*arguments, **options)
        response.fp = io.BufferedReader(_Checked(response.fp.detach(), self.handle))
        return response


class _Adapter(HTTPAdapter):
    """Requests' adapter over connections that are held, through a proxy too."""

    def __init__(self, handle: _Handle) -> None:
        held = {"handle": handle}
        plain = type("Plain", (_Held, HTTPConnection), held)
        secure = type("Secure", (_Held, HTTPSConnection), held)
        self._classes: dict[str, type[HTTPConnectionPool]] = {
            "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self._hold(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        if not proxy.lower().startswith("socks"):  # another package's connections
            self._hold(manager)
        return manager

    def _hold(self, manager: PoolManager) -> None:
        manager.pool_classes_by_scheme = self._classes


class Connection:
    """At most one connection at a time, of one request at a time, kept for the next."""

    def __init__(self) -> None:
        self._handle = _Handle()
        self.adapter: HTTPAdapter = _Adapter(self._handle)

    def done(self) -> None:
        """The request has ended: its connection may be closed, or kept, by the library alone."""
        self._handle.release()

    def cut(self) -> None:
        """End the connection, whoever waits for something on it."""
        self._handle.cut()

    def close(self) -> None:
        """Close what was kept."""
        self.adapter.close()
