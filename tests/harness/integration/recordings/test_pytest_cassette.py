"""Recorded sessions played in process: the plugin's `hpp_cassette`, for every library that vcrpy reaches."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import urllib3
import vcr  # type: ignore[import-untyped]  # vcrpy has no types

from hpp_contract.cli import main
from hpp_contract.recordings.pytest_cassette import HppCassette
from hpp_contract.spec.schema_files import DOCUMENTED, folder


async def _by_async_httpx(url: str) -> Any:
    async with httpx.AsyncClient() as client:
        return (await client.get(url)).json()


READERS: dict[str, Callable[[str], Any]] = {
    "requests": lambda url: requests.get(url, timeout=1).json(),
    "urllib3": lambda url: urllib3.request("GET", url).json(),
    "httpx": lambda url: httpx.get(url).json(),
    "httpx-async": lambda url: asyncio.run(_by_async_httpx(url)),
}


@pytest.mark.parametrize("shape", DOCUMENTED)
@pytest.mark.parametrize("library", READERS)
def test_the_fixture_answers_clients(hpp_cassette: Callable[[str], HppCassette], library: str, shape: str) -> None:
    """A cassette is played in process to a client on any of these libraries, whatever host it was told."""
    recorded = hpp_cassette(shape)
    session = READERS[library](f"http://127.0.0.1:9/hpp/v1/sessions/{recorded.session_id}")
    assert session["session_id"] == recorded.session_id


@pytest.mark.socket
def test_the_fixture_answers_poll_by_poll(hpp_cassette: Callable[[Path], HppCassette], tmp_path: Path) -> None:
    """Each poll gets the next answer, and what was not recorded fails."""
    with pytest.raises(SystemExit, match="0"):
        main(["record", "--to", str(tmp_path / "recorded")])
    recorded = hpp_cassette(tmp_path / "recorded" / "lifecycle-paid.yaml")
    url = f"{recorded.base_url}/hpp/v1/sessions/{recorded.session_id}"
    statuses = [urllib3.PoolManager().request("GET", url).json()["status"] for _ in range(recorded.polls)]
    assert statuses[:3] == ["WAITING", "IN_PROGRESS", "COMPLETED"]
    with pytest.raises(vcr.errors.CannotOverwriteExistingCassetteException):
        urllib3.PoolManager().request("GET", f"{url}0", retries=False)


WITHOUT_METADATA = """interactions:
- request: {body: null, headers: {}, method: GET, uri: 'https://api.kustom.co/hpp/v1/sessions/39a1c773'}
  response:
    body: {string: '{"session_id": "39a1c773", "title": "försäljning ✓"}'}
    headers: {Content-Type: [application/json]}
    status: {code: 200, message: OK}
version: 1
"""

PLAYED = """
import sys
import urllib3
from hpp_contract.recordings.pytest_cassette import cassette_opener

with cassette_opener() as play:
    recorded = play(sys.argv[1])
    print(ascii(urllib3.request("GET", f"http://127.0.0.1:9/hpp/v1/sessions/{recorded.session_id}").json()["title"]))
"""


@pytest.mark.process
def test_the_locale_is_no_matter(tmp_path: Path) -> None:
    """A cassette in UTF-8 is played as it is where the locale's encoding is another."""
    cassette = tmp_path / "foreign.yaml"
    cassette.write_text(WITHOUT_METADATA, encoding="utf-8")
    environ = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", PLAYED, cassette], env=environ, capture_output=True, text=True, check=False
    )
    assert done.stdout == "'f\\xf6rs\\xe4ljning \\u2713'\n", done.stderr


def test_our_cassettes_are_ascii() -> None:
    """Whoever plays a cassette of ours with vcrpy alone, which reads it in the locale's encoding, reads it right."""
    for cassette in folder("cassettes").rglob("*.yaml"):
        assert cassette.read_bytes().isascii(), cassette.name
