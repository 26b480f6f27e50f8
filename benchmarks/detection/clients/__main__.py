"""`python -m benchmarks.detection.clients`: every wrong and every right client, against the suite and against stubs."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from benchmarks.detection.clients.stubs import prism, wiremock
from benchmarks.detection.clients.suite import Read, with_prism, with_wiremock
from benchmarks.detection.documents import write_documents
from benchmarks.detection.environment import Environment, node_version, prepare
from benchmarks.detection.tools import ROOT
from hpp_contract.cases import CASES
from hpp_contract.cases.scenarios import CREDENTIALS
from hpp_contract.client import RunOptions, run
from hpp_contract.client.adapters.adapter import Ask
from hpp_contract.client.adapters.python import PythonAdapter
from hpp_contract.engine import Outcome, Subject
from hpp_contract.model.client_read import ClientResult
from tests.harness.integration.client.wrong_clients.test_bugs import CONFORMING, WRONG
from tests.harness.support.sample_clients import Client, RawKeyClient

WAIT = 5.0
"""Seconds after which a read is given up; the client is told one second, and may try again."""

RIGHT = [client for client in CONFORMING if client is not RawKeyClient]
"""All but the one for whose `Authorization` its author would set up the stubs in another way."""

Notices = Callable[[type[Client]], bool]


@dataclass(frozen=True, slots=True)
class Column:
    """What one way of testing noticed: the names of the clients, and the median `seconds` for one of them."""

    name: str
    noticed: tuple[str, ...]
    seconds: float


def judged(client: type[Client], *, strict: bool) -> bool:
    """Whether `hpp-contract client` fails it."""
    report = run(
        tuple(CASES.values()), lambda: PythonAdapter(client()), Subject("client", "a"), RunOptions(extra_adapters=3)
    )
    return report.exit_code != 0 or (strict and any(rule.outcome is Outcome.WARNED for rule in report.rules))


def stubbed(url: str, checks: Callable[[Read, str], Iterator[bool]]) -> Notices:
    """Whether a suite against the stub at `url` fails it."""

    def notices(client: type[Client]) -> bool:
        adapter = PythonAdapter(client())

        def read(identity: str) -> ClientResult:
            ask = Ask(str(uuid4()), url, CREDENTIALS.username or "", CREDENTIALS.api_key, identity, 1.0)
            return adapter.read(ask, WAIT)[0]

        try:
            return any(list(checks(read, url)))
        finally:
            adapter.close()

    return notices


def column(name: str, notices: Notices, clients: Sequence[type[Client]]) -> Column:
    """Hold every client against one way of testing."""
    noticed, took = [], []
    for client in clients:
        begin = time.monotonic()
        noticed += [client.__name__] if notices(client) else []
        took.append(time.monotonic() - begin)
    print(f"{name:<24} {len(noticed)} of {len(clients)}", flush=True)
    return Column(name, tuple(noticed), sorted(took)[len(took) // 2])


def columns(environment: Environment) -> list[Column]:
    """Every way of testing, ours first."""
    clients = [*WRONG, *RIGHT]
    node = {name: node_version(environment, name) for name in ("wiremock", "@stoplight/prism-cli")}
    with ExitStack() as stack:
        first, second = (Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(2))
        at_wiremock = stubbed(stack.enter_context(wiremock(environment, first)), with_wiremock)
        at_prism = stubbed(stack.enter_context(prism(environment, second)), with_prism)
        return [
            column("**hpp-contract client --strict**", lambda client: judged(client, strict=True), clients),
            column("**hpp-contract client**", lambda client: judged(client, strict=False), clients),
            column(f"WireMock {node['wiremock']} and a suite by hand", at_wiremock, clients),
            column(f"Prism mock {node['@stoplight/prism-cli']} and a suite by hand", at_prism, clients),
        ]


def compare_clients(cache: Path) -> None:
    """Compare, and keep the result in the cache folder, as `clients.json`."""
    environment = prepare(cache)
    write_documents(environment.documents)
    found = {made.name: {"noticed": made.noticed, "seconds": made.seconds} for made in columns(environment)}
    wrong, right = [[client.__name__ for client in clients] for clients in (WRONG, RIGHT)]
    (cache / "clients.json").write_text(
        json.dumps({"wrong": wrong, "right": right, "columns": found}, indent=1), "utf-8"
    )


if __name__ == "__main__":
    compare_clients(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".bench")
