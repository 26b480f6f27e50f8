"""An adapter that reads sessions well and does one thing wrong, named by its argument; no test is in here."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import signal
import sys
import time
from typing import Any
from urllib.parse import quote, urlsplit

HELLO = {"op": "hello", "client": {"name": "hostile", "version": "1", "language": "python"}}


def say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def read(ask: dict[str, Any]) -> dict[str, Any]:
    parts = urlsplit(ask["base_url"])
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(str(parts.hostname), parts.port, timeout=ask["timeout_ms"] / 1000)
    key = base64.b64encode(f"{ask['username']}:{ask['password']}".encode()).decode()
    try:
        path = f"{parts.path.rstrip('/')}/hpp/v1/sessions/{quote(ask['session_id'], safe='')}"
        connection.request("GET", path, headers={"Authorization": f"Basic {key}"})
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException) as error:
        return {"error": {"kind": "network", "type": type(error).__name__, "message": str(error)}}
    finally:
        connection.close()
    return answer(response.status, body)


def answer(status: int, body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    parsed = value if isinstance(value, dict) else {}
    if status == 200 and isinstance(value, dict):
        return {"session": value}
    parts = {name: parsed.get(name) for name in ("error_code", "correlation_id")}
    return {"error": {"kind": "http", "type": "HppError", "message": f"HTTP {status}", "http_status": status, **parts}}


def misbehave(how: str, ask: dict[str, Any], read: dict[str, Any]) -> None:  # noqa: C901  one line a misdeed
    """Answer, wrongly."""
    right = {"id": ask["id"], **read}
    if how == "floods":
        while True:
            sys.stdout.write("x" * 60_000 + "\n")
    if how == "floods-with-answers":
        while True:
            say({"id": "smoke", "empty": True})
    if how == "prints-100-mb":
        for _ in range(100):
            sys.stdout.write("x" * 1_000_000)
    if how == "floods-stderr":
        while True:
            sys.stderr.write("x" * 60_000 + "\n")
    if how == "hangs" or how in [f"hangs-on-{part}s" for part in read]:
        time.sleep(600)
    if how == "ignores-sigterm":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(600)
    if how == "forks" and os.fork() == 0:
        time.sleep(600)
    if how == "forks-away" and os.fork() == 0:
        os.setsid()
        time.sleep(600)
    if how == "forks-and-leaves":
        if os.fork() == 0:
            time.sleep(600)
        os._exit(3)
    if how == "closes-stdin":
        os.close(0)
        say(right)
        time.sleep(600)
    if how == "closes-stdout":
        os.close(1)
        time.sleep(600)
    if how == "crashes" or how in [f"crashes-on-{part}s" for part in read]:
        sys.stderr.write(f"Traceback: boom with {ask['password']}\n")
        os._exit(1)
    if how == "prints":
        sys.stdout.write(f"DEBUG reading {ask['id']}\n")
    if how == "indents":
        sys.stdout.write(json.dumps(right, indent=1) + "\n")
    if how == "answers-late":
        time.sleep(0.3)
    wrong: dict[str, dict[str, Any]] = {
        "wrong-id": {"id": "nobody"},
        "no-id": {"id": None},
        "no-part": {"session": None, "error": None},
        "session-is-text": {"session": "COMPLETED"},
    }
    spoiled = {**right, **wrong.get(how, {})}
    say({name: value for name, value in spoiled.items() if value is not None})
    if how == "answers-twice":
        say(right)


def main(how: str) -> None:
    for line in sys.stdin:
        ask = json.loads(line)
        if ask["op"] == "bye":
            if how == "stays":
                time.sleep(600)
            return
        if ask["op"] == "hello":
            if how == "crashes-on-hello":
                os._exit(2)
            if how == "answers-hello-wrongly":
                say({"error": "what?"})
            elif how != "no-hello":
                say(HELLO)
            continue
        misbehave(how, ask, read(ask))


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main(sys.argv[1])
