"""Runs many command lines in the checkout by two processes, and keeps in files what each says and writes.

Started as a file, with the checkout on PYTHONPATH. Knows `hpp_contract.cli.main(args, clock=…)` and nothing else.
Everything is imported once; then each command has a process of its own, forked from that, so that none sees what
another left behind.
"""

from __future__ import annotations

import http.client
import importlib
import io
import json
import os
import pkgutil
import re
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

NOON = 1_795_348_800 * 1_000_000_000
"""2026-11-22T12:00:00Z, in nanoseconds since 1970: when every command believes to run."""

PROCESSES = 2
LONGEST = 120
"""Seconds after which a command is ended."""

Job = dict[str, Any]


def preload() -> None:
    """Import all of hpp_contract, whatever it consists of, with a time of day that stands still."""
    time.time_ns = lambda: NOON  # for what is handed no clock, such as `client --list`
    time.monotonic_ns = lambda: NOON  # moves the clock of probes and servers; waiting goes by time.monotonic
    package = importlib.import_module("hpp_contract")
    if not str(package.__file__).startswith(os.environ["PYTHONPATH"].partition(os.pathsep)[0] + os.sep):
        sys.exit(f"{package.__file__} is not the checkout")
    for module in pkgutil.walk_packages(package.__path__, "hpp_contract."):
        if not re.search(r"__main__|\.test_|fuzz_hooks", module.name):
            try:
                importlib.import_module(module.name)
            except Exception:  # what needs an optional library is imported when it is asked for
                traceback.print_exc()


def forked(action: Callable[[], object]) -> int:
    """The process id of a child that does this; it leaves with the action's exit code, with 99 when that crashes."""
    if child := os.fork():
        return child
    code = 0
    try:
        action()
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 99
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def ended(child: int) -> str:
    """What became of a child: its exit code, or what ended it."""
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return f"{code}\n" if code >= 0 else f"ended by {signal.Signals(-code).name}\n"


def command(arguments: list[str], folder: Path, stdin: str = os.devnull) -> int:
    """The process id of one command, which writes what it says into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)

    def run() -> None:
        for name, number in (("stdout", 1), ("stderr", 2)):
            os.dup2(os.open(folder / name, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), number)
            setattr(sys, name, io.TextIOWrapper(os.fdopen(os.dup(number), "wb"), "utf-8", "backslashreplace"))
        os.dup2(os.open(stdin, os.O_RDONLY), 0)
        sys.stdin = io.TextIOWrapper(os.fdopen(os.dup(0), "rb"), "utf-8")
        signal.alarm(LONGEST)
        importlib.import_module("hpp_contract.cli").main(arguments, clock=lambda: NOON)

    return forked(run)


def url_of(server: int, folder: Path) -> str:
    """Where a server that is starting says that it listens."""
    for _ in range(LONGEST * 100):
        text = (folder / "stdout").read_text(encoding="utf-8") if (folder / "stdout").exists() else ""
        if found := re.search(r"https?://[\w.]+:\d+", text):
            return found[0]
        if os.waitpid(server, os.WNOHANG)[0]:
            raise ChildProcessError(f"the server has ended: {text}")
        time.sleep(0.005)
    raise TimeoutError("the server does not say where it listens")


def exchanged(url: str, requests: list[list[Any]]) -> str:
    """What a server answers to [method, path, headers, body], byte for byte."""
    answers = []
    for method, path, headers, body in requests:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            fields = "".join(f"{name}: {value}\n" for name, value in response.getheaders())
            text = response.read().decode("utf-8", "backslashreplace")
            answers.append(f"> {method} {path}\n{response.status} {response.reason}\n{fields}\n{text}\n")
        except (OSError, http.client.HTTPException) as error:
            answers.append(f"> {method} {path}\n{type(error).__name__}: {error}\n")
        finally:
            connection.close()
    return "\n".join(answers) or "\n"


def do(job: Job, work: Path) -> None:
    """Run one job in its room: perhaps a server, perhaps requests to it, perhaps a command."""
    output = work / "said" / job["name"]
    output.mkdir(parents=True)
    os.chdir(work / "rooms" / job["room"])
    sys.path.insert(0, str(work / "inputs"))
    os.environ.update(job.get("environ", {}))
    server, url = 0, ""
    if "serve" in job:
        server = command(["serve", *job["serve"]], output / "server")
        url = url_of(server, output / "server")
    if "requests" in job:
        (output / "answers").write_text(exchanged(url, job["requests"]), encoding="utf-8")
    if "args" in job:
        arguments = [word.replace("{url}", url) for word in job["args"]]
        child = command(arguments, output, job.get("stdin", os.devnull))
        (output / "exit").write_text(ended(child), encoding="utf-8")
    if server:
        os.kill(server, signal.SIGINT)
        (output / "server" / "exit").write_text(ended(server), encoding="utf-8")


def do_all(chains: list[list[Job]], work: Path) -> None:
    """Do the jobs of these chains, and keep what each leaves behind in its room."""
    crashed = False
    for job in (job for chain in chains for job in chain):
        if ended(forked(partial(do, job, work))) != "0\n":
            print(f"{job['name']} could not be run, see above", flush=True)
            crashed = True
        target = work / "said" / job["name"] / "files"
        shutil.copytree(work / "rooms" / job["room"], target, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    sys.exit(crashed)


def main() -> None:
    """Do the chains of jobs in the file of the first argument, below the folder of the second."""
    chains, work = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2])
    preload()
    children = [forked(partial(do_all, chains[part::PROCESSES], work)) for part in range(PROCESSES)]
    codes = list(map(ended, children))
    sys.exit(codes != ["0\n"] * PROCESSES)


if __name__ == "__main__":
    main()
