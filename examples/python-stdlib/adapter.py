"""Lets hpp-contract judge the client beside this: one JSON object a line, in and out. Logs would go to stderr."""

from __future__ import annotations

import json
import platform
import sys
from functools import cache
from typing import Any

from hpp_client import HppClient, HppError

HELLO = {
    "op": "hello",
    "client": {"name": "python-stdlib", "version": platform.python_version(), "language": "python"},
    "error": ["http_status", "error_code", "error_messages", "correlation_id"],
    "status": "open",
    "timestamps": "string",
}

client = cache(HppClient)  # as a shop would: one client for each shop


def answer(ask: dict[str, Any]) -> dict[str, Any]:
    """The answer to one message of the adapter protocol."""
    if ask["op"] == "hello":
        return HELLO
    try:
        shop = client(ask["base_url"], ask["username"], ask["password"])
        session = shop.read_session(ask["session_id"], ask["timeout_ms"] / 1000)
    except HppError as error:
        return {"id": ask["id"], "error": {"type": type(error).__name__, "message": str(error), **vars(error)}}
    return {"id": ask["id"], "session": session}


for line in sys.stdin:
    message = json.loads(line)
    if message["op"] == "bye":
        break
    print(json.dumps(answer(message)), flush=True)
