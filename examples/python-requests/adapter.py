"""Lets hpp-contract judge the client beside this: in its own process (`--python adapter:read_session`), or behind a
command, one JSON object a line."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, fields
from functools import cache
from typing import Any

import requests
from hpp_client import HppClient, HppError, Session

HELLO = {
    "op": "hello",
    "client": {"name": "python-requests", "version": requests.__version__, "language": "python"},
    "fields": [field.name for field in fields(Session)],
    "error": ["http_status", "error_code", "error_messages", "correlation_id"],
    "status": "open",
    "timestamps": "instant",
}

client = cache(HppClient)  # as a shop would: one client, whose connections are kept from read to read


def read_session(
    base_url: str, username: str, password: str, session_id: str, timeout: float, ca_file: str | None = None
) -> Session:
    """What hpp-contract calls when it runs in the same process."""
    return client(base_url, username, password, ca_file).read_session(session_id, timeout)


def answer(ask: dict[str, Any]) -> dict[str, Any]:
    """The answer to one message of the adapter protocol."""
    if ask["op"] == "hello":
        return HELLO
    names = ("base_url", "username", "password", "session_id")
    try:
        session = read_session(*(ask[name] for name in names), ask["timeout_ms"] / 1000, ask["ca_file"])
    except HppError as error:
        return {"id": ask["id"], "error": {"type": type(error).__name__, "message": str(error), **vars(error)}}
    return {"id": ask["id"], "session": asdict(session)}


if __name__ == "__main__":
    for line in sys.stdin:
        message = json.loads(line)
        if message["op"] == "bye":
            break
        print(json.dumps(answer(message), default=lambda instant: instant.isoformat()), flush=True)
