"""Recorded sessions played in process: the plugin's `hpp_cassette`, for every library that vcrpy reaches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import urllib3
import vcr

from hpp_contract.cli import main
from hpp_contract.recordings.player import HppCassette
from hpp_contract.schemas import DOCUMENTED


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
def test_the_fixture_plays_to_clients(hpp_cassette: Callable[[str], HppCassette], library: str, shape: str) -> None:
    """A cassette is played in process to a client on any of these libraries, whatever host it was told."""
    recorded = hpp_cassette(shape)
    session = READERS[library](f"http://127.0.0.1:9/hpp/v1/sessions/{recorded.session_id}")
    assert session["session_id"] == recorded.session_id


def test_the_fixture_plays_polls(hpp_cassette: Callable[[Path], HppCassette], tmp_path: Path) -> None:
    """Each poll gets the next answer, and what was not recorded fails."""
    with pytest.raises(SystemExit, match="0"):
        main(["record", "--to", str(tmp_path / "recorded")])
    recorded = hpp_cassette(tmp_path / "recorded" / "lifecycle-paid.yaml")
    url = f"{recorded.base_url}/hpp/v1/sessions/{recorded.session_id}"
    statuses = [urllib3.PoolManager().request("GET", url).json()["status"] for _ in range(recorded.polls)]
    assert statuses[:3] == ["WAITING", "IN_PROGRESS", "COMPLETED"]
    with pytest.raises(vcr.errors.CannotOverwriteExistingCassetteException):
        urllib3.PoolManager().request("GET", f"{url}0", retries=False)
