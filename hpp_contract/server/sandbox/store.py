"""Where orders and sessions are kept: SQLite, in memory or in a file that several processes share.

A transaction changes a session's status: two processes never both do. Credentials are never stored.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from hpp_contract.server.sandbox.lifecycle import may_become
from hpp_contract.server.sandbox.records import Order, Session

APPLICATION: Final = 0x48505043
"""Marks a database file as a sandbox's (`HPPC`), so that no other database is written to."""

VERSION: Final = 1
LOCK_LIMIT_S: Final = 10.0
"""Seconds to wait for another process to finish its write."""

_MILLISECOND: Final = 1_000_000

_ORDERS: Final = "CREATE TABLE orders (id TEXT PRIMARY KEY, content TEXT NOT NULL, created INTEGER NOT NULL)"
_SESSIONS: Final = """
CREATE TABLE sessions (
    id TEXT PRIMARY KEY, page TEXT NOT NULL UNIQUE, order_id TEXT NOT NULL UNIQUE, mode TEXT NOT NULL,
    urls TEXT NOT NULL, updated INTEGER NOT NULL, expires INTEGER NOT NULL, status TEXT NOT NULL
)
"""


class Unusable(Exception):
    """A file that cannot hold the state; its text says why."""


class Store:
    """Keeps orders and sessions in `file`, made when missing, or in memory. Raises Unusable. Safe from any thread."""

    def __init__(self, file: Path | None = None) -> None:
        self._lock = threading.Lock()
        try:
            self._database = _open(file)
        except (sqlite3.Error, OSError) as error:
            raise Unusable("it is not a database, or cannot be opened") from error

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def add_order(self, order: Order) -> None:
        with self._writing() as database:
            values = (order.id, json.dumps(order.content), order.created)
            database.execute("INSERT INTO orders VALUES (?, ?, ?)", values)

    def change_order(self, order: Order) -> None:
        with self._writing() as database:
            database.execute("UPDATE orders SET content = ? WHERE id = ?", (json.dumps(order.content), order.id))

    def order(self, order_id: str) -> Order | None:
        row = self._row("SELECT id, content, created FROM orders WHERE id = ?", order_id)
        return Order(row[0], json.loads(row[1]), row[2]) if row else None

    def add_session(self, session: Session) -> bool:
        """Keep a new session; False when its order has one already."""
        values = (session.id, session.page, session.order_id, session.mode, json.dumps(dict(session.urls)),
                  session.updated, session.expires, session.status)  # fmt: skip
        try:
            with self._writing() as database:
                database.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
        except sqlite3.IntegrityError:
            return False
        return True

    def session(self, session_id: str) -> Session | None:
        return _session(self._row("SELECT * FROM sessions WHERE id = ?", session_id))

    def session_of_page(self, page: str) -> Session | None:
        return _session(self._row("SELECT * FROM sessions WHERE page = ?", page))

    def move(self, session_id: str, status: str, now: int) -> Session | None:
        """The session after its change to `status` at `now` (ns); None when that change is not allowed."""
        with self._writing() as database:
            before = _session(database.execute("SELECT * FROM sessions WHERE id = ?", (session_id,)).fetchone())
            if before is None or not may_become(before.status, status):
                return None
            # Instants have milliseconds, and a change must show in them.
            updated = max(now, before.updated + _MILLISECOND)
            database.execute("UPDATE sessions SET status = ?, updated = ? WHERE id = ?", (status, updated, session_id))
            return _session(database.execute("SELECT * FROM sessions WHERE id = ?", (session_id,)).fetchone())

    def counts(self) -> tuple[int, int]:
        """Orders and sessions kept."""
        row = self._row("SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM sessions)")
        return (row[0], row[1]) if row else (0, 0)

    def _row(self, query: str, *values: str) -> Any:
        with self._lock:
            return self._database.execute(query, values).fetchone()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, exclusive from its first read on."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                self._database.execute("ROLLBACK")
                raise


def _open(file: Path | None) -> sqlite3.Connection:
    if file is not None:
        file.touch(mode=0o600)  # merchants put one-time tokens into their URLs
    database = sqlite3.connect(
        str(file) if file else ":memory:", timeout=LOCK_LIMIT_S, isolation_level=None, check_same_thread=False
    )
    try:
        database.execute("BEGIN IMMEDIATE")  # of processes that start at once, one makes the tables
        _claim(database)
        database.execute("COMMIT")
        _write_ahead(database)
    except BaseException:
        database.close()
        raise
    return database


def _claim(database: sqlite3.Connection) -> None:
    """Mark a new database as a sandbox's; raises Unusable for any other."""
    mark = (_one(database, "PRAGMA application_id"), _one(database, "PRAGMA user_version"))
    if mark == (0, 0) and not _one(database, "SELECT count(*) FROM sqlite_master"):
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute(f"PRAGMA user_version = {VERSION}")
        database.execute(_ORDERS)
        database.execute(_SESSIONS)
    elif mark[0] != APPLICATION:
        raise Unusable("it is a database of something else")
    elif mark[1] != VERSION:
        raise Unusable("another version of hpp-contract made it")


def _one(database: sqlite3.Connection, query: str) -> int:
    return int(database.execute(query).fetchone()[0])


def _write_ahead(database: sqlite3.Connection) -> None:
    """Let readers and a writer work in parallel. SQLite waits for locks in every step but the change to this mode."""
    deadline = time.monotonic() + LOCK_LIMIT_S
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            database.execute("PRAGMA synchronous = NORMAL")
            return


def _session(row: Any) -> Session | None:
    if row is None:
        return None
    session_id, page, order_id, mode, urls, updated, expires, status = row
    return Session(session_id, page, order_id, mode, json.loads(urls), updated, expires, status)
