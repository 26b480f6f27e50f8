"""Real clients in several languages read the same through the proxy as directly, over http and https."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from hpp_contract.cases.scenarios import CREDENTIALS, session_id
from hpp_contract.server import Server
from hpp_contract.server.tls import Tls, throwaway
from tests.harness.e2e.test_examples import Example, missing, shown
from tests.harness.support.paths import ROOT
from tests.harness.support.proxying import proxying

pytestmark = pytest.mark.process

CLIENTS = [each for each in shown() if each.name in ("python-requests", "python-stdlib", "node-fetch", "php-curl")]
ASKED = ("completed-with-order", "waiting", "forbidden", "gone")


def answers(example: Example, url: str, tls: Tls | None) -> list[Any]:
    """What the adapter of an example says of each session that it is asked for."""
    ca_file = str(tls.ca_file) if tls is not None else None
    lines = [
        {"op": "read_session", "id": name, "base_url": url, "username": CREDENTIALS.username, "timeout_ms": 30_000,
         "password": CREDENTIALS.api_key, "session_id": session_id(name), "ca_file": ca_file}
        for name in ASKED
    ]  # fmt: skip
    trust = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"), ca_file) if ca_file else {}
    words = [sys.executable if word == "python3" else word for word in shlex.split(example.adapter)]
    done = subprocess.run(
        words, input="".join(f"{json.dumps(line)}\n" for line in [*lines, {"op": "bye"}]), capture_output=True,
        text=True, cwd=ROOT, env=os.environ | trust, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def without_ids(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer but for the correlation id, which is another for each request."""
    return {
        name: {key: held for key, held in each.items() if key != "correlation_id"} if isinstance(each, dict) else each
        for name, each in answer.items()
    }


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("example", CLIENTS, ids=lambda each: each.name)
def test_a_client_reads_the_same(
    example: Example, secure: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sessions and errors are the same, over TLS on both sides too, and the client's own credentials open them."""
    if what := missing(example):
        pytest.skip(f"{what} is not installed here: NOTHING was checked of {example.name}")
    tls = throwaway(tmp_path) if secure else None
    if tls is not None:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tls.ca_file))
    with ExitStack() as stack:
        server = stack.enter_context(Server(tls=tls))
        proxied = stack.enter_context(proxying(server.url, tls=tls))
        directly, through = (answers(example, url, tls) for url in (server.url, proxied.url))
    assert list(map(without_ids, through)) == list(map(without_ids, directly))
    assert [("session" in each, "error" in each) for each in through] == [(True, False)] * 2 + [(False, True)] * 2
    assert proxied.report.exit_code == 0
    assert len(server.log) == 2 * len(ASKED)
