"""The tables of attacks, each of one kind. `most` bounds how many are made; all that are there, or the usual number,
when it is None."""

from __future__ import annotations

import json
import os
import random
import shlex
import socket
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, redirect_stderr
from functools import partial
from io import StringIO
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.attack.endpoints import ENDLESS, ODD, Speak, speaking
from benchmarks.attack.table import Item, Table, each, peak_mb, run
from hpp_contract.cases.scenarios import session_id
from hpp_contract.engine.errors import RunError
from hpp_contract.model import Exchange, Request, Response
from hpp_contract.model.credentials import Credentials
from hpp_contract.privacy.redact import Redactor
from hpp_contract.privacy.scrub import Scrubber
from hpp_contract.recordings.bulk.local import judge_recordings
from hpp_contract.server import Application, Sandbox, Server
from hpp_contract.server.wire import Listener
from tests.harness.support.leftovers import MARK, left
from tests.harness.support.paths import ADAPTER, ROOT
from tests.harness.support.planted import ENCODINGS, planted
from tests.harness.support.planted import left as left_in

KEY: Final = "kco_test_api_nobody-has-this-key-4711"
OTHER_KEY: Final = "A key/of another+form=4711"
IDS: Final = ("waiting", "completed-with-order")
MAX_TIME: Final = 8.0
"""Seconds that a run of an endpoint is given; those that never end use them up."""


# --- Hostile endpoints


def endpoints(most: int | None = None) -> Table:
    """`endpoint`, at servers that never end and at those that answer what nobody expects."""
    speaks: dict[str, Callable[[], Speak]] = {name: partial(_same, speak) for name, speak in ENDLESS.items()} | ODD
    return each(Table("hostile endpoints"), _some([*speaks.items()], most), _at_endpoint)


def _same(speak: Speak) -> Speak:
    return speak


def _at_endpoint(hostile: tuple[str, Callable[[], Speak]]) -> tuple[str, str | None, int]:
    name, make = hostile
    with speaking(make()) as url, TemporaryDirectory() as folder:
        environment = {"HPP_API_KEY": KEY, "HPP_SESSION_IDS": session_id("waiting")}
        done = run(["endpoint", url, "--max-time", str(MAX_TIME)], Path(folder), MAX_TIME, environment)
    return name, done.wrong(0, 1, 3) or _leak(KEY, done.said, None), done.peak_mb


# --- Servers that echo the key

_PLACES: Final[dict[str, Callable[[str], Response]]] = {
    "a member": lambda echo: _answer({"note": echo}),
    "the name of a member": lambda echo: _answer({echo: 1}),
    "the name of a member, deep": lambda echo: _answer({"customer": {"a": [{echo: {echo: echo}}]}}),
    "a status": lambda echo: _answer({"status": echo}),
    "an error code": lambda echo: _answer({"error_code": echo, "error_messages": [echo], "correlation_id": echo}, 404),
    "a header": lambda echo: _answer({}, 200, (("X-Request", echo),)),
    "the name of a header": lambda echo: _answer({}, 200, (("X-" + "".join(filter(str.isalnum, echo)), "1"),)),
    "known headers": lambda echo: _answer(
        {}, 200, tuple((name, echo) for name in ("Server", "Vary", "Cache-Control", "ETag", "WWW-Authenticate"))
    ),
    "a media type": lambda echo: Response(200, (("Content-Type", f"application/{echo}; charset={echo}"),), b"{}"),
    "a redirect": lambda echo: _answer({}, 302, (("Location", f"https://h.example/{echo}?k={echo}#{echo}"),)),
    "a reason": lambda echo: Response(401, (), b"", echo),
    "a page": lambda echo: Response(502, (("Content-Type", "text/html"),), f"<html><a href='{echo}'>{echo}".encode()),
    "what is no JSON": lambda echo: Response(200, (("Content-Type", "application/json"),), f"{{{echo}: ".encode()),
}


def _answer(value: object, status: int = 200, fields: tuple[tuple[str, str], ...] = ()) -> Response:
    return Response(status, (("Content-Type", "application/json"), *fields), json.dumps(value).encode())


class _Echo:
    """Answers like the reference server, with what every tenth request and the last ones are answered instead."""

    def __init__(self, answer: Response, key: str) -> None:
        self._honest = Application(Credentials(key))
        self._answer = answer
        self._count = 0

    def __call__(self, request: Request) -> Exchange:
        self._count += 1
        if self._count % 3 == 0:
            return Exchange(request, self._answer)
        return self._honest(request)


_COMMANDS: Final[dict[str, tuple[str, ...]]] = {
    "endpoint": ("endpoint", "URL", "--json", "r.json", "--html", "r.html", "--junit", "r.xml", "--markdown", "r.md",
                 "--gitlab", "r.gl.json", "--annotations", "-v"),
    "record": ("record", "URL", "--to", "kept"),
    "drift": ("drift", "URL", "--baseline", "base", "--accept", "--reason", "first", "--history", "h.jsonl"),
}  # fmt: skip


def echoes(most: int | None = None) -> Table:
    """`endpoint` with every format, `record` and `drift --accept`, at servers that echo the key in twenty encodings."""
    tries = [
        (command, key, place, encoding)
        for encoding in ENCODINGS
        for place in _PLACES
        for command, key in ((draw.choice([*_COMMANDS]), draw.choice((KEY, OTHER_KEY))),)
    ]
    return each(Table("echoing servers"), _some(tries, most), _echoing)


draw = random.Random(4711)  # noqa: S311  the same attacks each time


def _echoing(attack: tuple[str, str, str, str]) -> tuple[str, str | None, int]:
    command, key, place, encoding = attack
    echo = ENCODINGS[encoding](key)
    header_safe = echo.encode("latin-1", "replace").decode("latin-1").replace("\n", " ")
    listener = Listener(0, _Echo(_PLACES[place](header_safe), key), None)
    try:
        with TemporaryDirectory() as folder:
            words = [listener.origin if word == "URL" else word for word in _COMMANDS[command]]
            ids = ",".join(map(session_id, IDS))
            done = run(words, Path(folder), 60, {"HPP_API_KEY": key, "HPP_SESSION_IDS": ids})
            wrong = done.wrong(0, 1, 3) or _leak(key, done.said, Path(folder))
    finally:
        listener.stop()
    return f"{command}, {place}, {encoding}", wrong, done.peak_mb


def _leak(key: str, said: str, folder: Path | None) -> str | None:
    """Where the key is, in any encoding: in what was printed, in a file or its name."""
    finds = Redactor([key]).finds
    if finds(said):
        return "the key is on the screen"
    for path in folder.rglob("*") if folder else ():
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        if finds(path.name) or finds(text):
            return f"the key is in {path.name}"
        if path.name.endswith(".partial"):
            return f"{path.name} was left"
    return None


# --- Hostile recordings

_SAMPLES: Final = (ROOT / "tests/harness/support/recordings", ROOT / "tests/harness/support/recording_cases",
                   ROOT / "cassettes")  # fmt: skip
_LONGEST: Final = 200_000
_SHARE: Final = 250
RECORDINGS: Final = 10_000


def recordings(most: int | None = None) -> Table:
    """`recording`, with samples of every format in which bytes were changed, taken out, repeated or exchanged."""
    return _in_shares("mutated recordings", RECORDINGS if most is None else most, judge_share)


def _in_shares(name: str, count: int, share: Callable[[range], tuple[list[str], int]]) -> Table:
    """A table of so many seeds, in processes of their own; `share` gives what did not hold of some, and its memory."""
    table, began = Table(name), time.monotonic()
    shares = [range(start, min(start + _SHARE, count)) for start in range(0, count, _SHARE)]
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as processes:
        for failed, peak in processes.map(share, shares):
            table.peak_mb = max(table.peak_mb, peak)
            table.failed += failed
    table.tried, table.seconds = count, time.monotonic() - began
    return table


def judge_share(seeds: range) -> tuple[list[str], int]:
    """What did not hold of the recordings with these seeds, and the most memory of this process."""
    files = [path for place in _SAMPLES for path in sorted(place.rglob("*")) if path.is_file()]
    files = [path for path in files if path.stat().st_size <= _LONGEST and path.suffix != ".py"]
    failed = []
    with TemporaryDirectory() as folder:
        for seed in seeds:
            source = random.Random(seed)  # noqa: S311  the same each time
            sample = source.choice(files)
            path = Path(folder) / f"mutant{sample.suffix}"
            path.write_bytes(mutated(sample.read_bytes(), source, files))
            try:
                judge_recordings([str(path)], processes=1)
            except RunError:
                pass
            except Exception as error:
                failed.append(f"{sample.name}, seed {seed}: {type(error).__name__}")
    return failed, peak_mb()


_WORDS: Final = (
    b"null", b"[]", b"{}", b'""', b"-1", b"1e999", b"NaN", b"\x00", b"\xff\xfe", b"!!python/object:os.system",
    b"&a [*a]", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"true", b"9" * 5000, b"[" * 2000, b"\\ud800",
    b"2026-99-99T99:99:99Z", b"\r\n", b"---\n", b"::error::", b"\x1f\x8b",
)  # fmt: skip


def mutated(data: bytes, source: random.Random, files: list[Path]) -> bytes:
    """The bytes with a few changes."""
    for _ in range(source.randint(1, 4)):
        start = source.randrange(len(data) + 1)
        end = min(len(data), start + source.choice((1, 2, 8, 64, 1024)))
        kind = source.randrange(7)
        if kind == 0:
            data = data[:start] + bytes(source.randrange(256) for _ in range(end - start)) + data[end:]
        elif kind == 1:
            data = data[:start] + data[end:]
        elif kind == 2:
            data = data[:end] + data[start:end] * source.choice((1, 50)) + data[end:]
        elif kind == 3:
            data = data[:start]
        elif kind == 4:
            other = source.choice(files).read_bytes()
            data = data[:start] + other[source.randrange(len(other) + 1) :][:2048] + data[end:]
        else:
            data = data[:start] + source.choice(_WORDS) + data[start if kind == 5 else end :]
    return data


# --- Hostile adapters

ADAPTERS: Final = (
    "floods", "floods-with-answers", "prints-100-mb", "floods-stderr", "hangs", "ignores-sigterm", "forks",
    "forks-away", "forks-and-leaves", "closes-stdin", "closes-stdout", "crashes", "prints", "answers-late", "wrong-id",
    "no-id", "no-part", "session-is-text", "answers-twice", "stays", "crashes-on-hello", "answers-hello-wrongly",
    "no-hello", "honest",
)  # fmt: skip


def adapters(most: int | None = None) -> Table:
    """`client`, with adapters that flood, hang, fork, crash and lie; none leaves a process behind."""
    return each(Table("hostile adapters"), _some(ADAPTERS, most), _with_adapter)


def _with_adapter(how: str) -> tuple[str, str | None, int]:
    token = str(uuid.uuid4())
    command = shlex.join([sys.executable, "-S", str(ADAPTER), how])
    words = ["client", "--command", command, "--only", "smoke,waiting", "--timeout", "2", "--max-time", "20"]
    with TemporaryDirectory() as folder:
        done = run(words, Path(folder), 20, {MARK: token, "HPP_API_KEY": KEY})
    wrong = done.wrong(0, 1, 3) or _leak(KEY, done.said, None)
    return how, wrong or ("a process is left" if _is_left(token) else None), done.peak_mb


def _is_left(token: str) -> bool:
    """Whether a process with this mark is still there after a while: the last signal may not be felt yet."""
    until = time.monotonic() + 10
    while left(token):
        if time.monotonic() > until:
            return True
        time.sleep(0.05)
    return False


# --- Requests to the sandbox

REQUESTS: Final = 20_000


def sandbox(most: int | None = None) -> Table:
    """The sandbox, with requests in which bytes were changed: each is answered, or its connection closed, and the
    server goes on. In a process of its own, so that the memory is that of the server."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(ask_sandbox, REQUESTS if most is None else most).result()


def ask_sandbox(count: int) -> Table:
    """The table of that many requests."""
    table, began = Table("requests to the sandbox"), time.monotonic()
    source = random.Random(17)  # noqa: S311  the same each time
    with Server(sandbox=Sandbox(limits={})) as server, _complaints() as complaints:
        port = int(server.url.rpartition(":")[2])
        for number in range(count):
            table.add(f"request {number}", _asked(port, _request(source, server.credentials.authorization)))
        honest = _asked(port, _line("GET", _WAITING, server.credentials.authorization))
        table.failed += [f"the server does not go on: {honest}"] if honest else []
    table.failed += complaints
    table.peak_mb = peak_mb()
    table.seconds = time.monotonic() - began
    return table


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """What the server says of errors of its own."""
    found: list[str] = []
    with redirect_stderr(StringIO()) as said:
        yield found
    found.extend(said.getvalue().splitlines())


_WAITING: Final = f"/hpp/v1/sessions/{session_id('waiting')}"
_PATHS: Final = (
    "/hpp/v1/sessions", "/hpp/v1/sessions/", _WAITING, "/-/healthy", "/", "/checkout/v3/orders",
    "/checkout/v3/orders/x", "/payments/x", "//", "/%00", "/hpp/v1/sessions/%2e%2e",
)  # fmt: skip
_METHODS: Final = ("GET", "POST", "DELETE", "PUT", "HEAD", "OPTIONS", "PATCH", "TRACE", "get", "X" * 300, "")
_FIELDS: Final = (
    "Host: evil.example", "Host: 127.0.0.1", "Content-Length: -1", "Content-Length: 99999999999",
    "Transfer-Encoding: chunked", "Expect: 100-continue", "Connection: close", "X: " + "a" * 9000,
    "Content-Length: 5", "Content-Type: application/json", ": x", "\x00: \x00", "Upgrade: h2c",
)  # fmt: skip
_BODIES: Final = (
    b"", b"{}", b"[" * 10_000, b'{"payment_session_url": 1}', b"\xff" * 100, b"5\r\nhello\r\n0\r\n\r\n",
    b"ffffffffffff\r\n", b'{"purchase_country": {"a": [null]}}', b'"' + b"a" * 100_000,
)  # fmt: skip


def _line(method: str, path: str, authorization: str, *fields: str) -> bytes:
    lines = (f"{method} {path} HTTP/1.1", "Host: localhost", f"Authorization: {authorization}", "Connection: close")
    return ("\r\n".join((*lines, *fields)) + "\r\n\r\n").encode("utf-8")


def _request(source: random.Random, authorization: str) -> bytes:
    fields = source.sample(_FIELDS, source.randint(0, 3))
    who = source.choice((authorization, authorization, "Basic x", ""))
    data = _line(source.choice(_METHODS), source.choice(_PATHS), who, *fields) + source.choice(_BODIES)
    return mutated(data, source, [ADAPTER]) if source.random() < 0.5 else data


def _asked(port: int, data: bytes) -> str | None:
    """What is wrong with the answer to this."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        except TimeoutError:
            return "no answer and no end"
        except OSError:  # closed in our face
            return None
    return None if answer[:7] in (b"", b"HTTP/1.") else "an answer that is no HTTP"


# --- People in recordings

PEOPLE: Final = 30_000


def people(most: int | None = None) -> Table:
    """Scrubbing, of exchanges with a name, a number, a mail address or a token planted in them, in twenty encodings:
    held is what nothing is left of."""
    return _in_shares("planted people", PEOPLE if most is None else most, scrub_share)


def scrub_share(seeds: range) -> tuple[list[str], int]:
    """What is left of the people with these seeds, and the most memory of this process."""
    failed = []
    for seed in seeds:
        found, scrub = planted(seed), Scrubber()
        if left_in(found, scrub(found.exchange)) and not scrub.ambiguous:
            failed.append(f"planted({seed}): {found.kind}, {found.encoding}, {found.place}")
    return failed, peak_mb()


TABLES: Final[Mapping[str, Callable[[int | None], Table]]] = {
    "echoes": echoes,
    "endpoints": endpoints,
    "recordings": recordings,
    "adapters": adapters,
    "sandbox": sandbox,
    "people": people,
}


def _some(items: Sequence[Item], most: int | None) -> list[Item]:
    """As many as are wanted, from all over."""
    if most is None or most >= len(items):
        return list(items)
    return list(islice(items, 0, None, max(1, len(items) // most)))[:most]
