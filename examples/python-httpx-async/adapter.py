"""Lets hpp-contract judge the client beside this: in its own process (`--python adapter:read_session`), or behind a
command, one JSON object a line."""

from __future__ import annotations

import asyncio
import json
import sys
from functools import cache
from typing import Any

import httpx
from hpp_client import HppClient, HppError, Session

HELLO = {
    "op": "hello",
    "client": {"name": "python-httpx-async", "version": httpx.__version__, "language": "python"},
    "fields": list(Session.__annotations__),
    "error": ["http_status", "error_code", "error_messages", "correlation_id"],
    "status": "open",
    "timestamps": "string",
}

client = cache(HppClient)  # as a service would: one client, whose connections are kept from read to read


async def read_session(
    base_url: str, username: str, password: str, session_id: str, timeout: float, ca_file: str | None = None
) -> Session:
    """What hpp-contract calls when it runs in the same process."""
    return await client(base_url, username, password, ca_file).read_session(session_id, timeout)


async def answer(ask: dict[str, Any]) -> dict[str, Any]:
    """The answer to one message of the adapter protocol."""
    if ask["op"] == "hello":
        return HELLO
    names = ("base_url", "username", "password", "session_id")
    try:
        session = await read_session(*(ask[name] for name in names), ask["timeout_ms"] / 1000, ask["ca_file"])
    except HppError as error:
        parts = {"type": type(error).__name__, "message": str(error), "http_status": error.status}
        return {"id": ask["id"], "error": parts | {name: error.body.get(name) for name in HELLO["error"][1:]}}
    return {"id": ask["id"], "session": session}


async def main() -> None:
    """Answer what stdin asks until it says bye."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        message = json.loads(line)
        if message["op"] == "bye":
            break
        print(json.dumps(await answer(message)), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
