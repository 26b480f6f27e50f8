"""A recorded request that a redirect from https led to knows that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hpp_contract.recordings import read_recordings

ID = "39a1c773-bafd-754d-af1f-b30c592f1267"
PATH = f"/hpp/v1/sessions/{ID}"
SECURE, PLAIN = f"https://api.kustom.co{PATH}", f"http://gateway{PATH}"


def entry(url: str, status: int, location: str | None = None) -> dict[str, Any]:
    headers = [{"name": "Location", "value": location}] if location is not None else []
    request = {"method": "GET", "url": url, "headers": []}
    return {"request": request, "response": {"status": status, "headers": headers, "content": {"size": 0}}}


@pytest.mark.parametrize(
    ("entries", "known"),
    [
        ([entry(SECURE, 302, PLAIN), entry(PLAIN, 200)], [False, True]),
        ([entry(SECURE, 302, PATH), entry(SECURE, 200)], [False, True]),
        ([entry(SECURE, 302, "http://other/"), entry(PLAIN, 200)], [False, False]),
        ([entry(PLAIN, 302, PLAIN), entry(PLAIN, 200)], [False, False]),
        ([entry(SECURE, 200, PLAIN), entry(PLAIN, 200)], [False, False]),
        ([entry(SECURE, 302), entry(PLAIN, 200)], [False, False]),
    ],
)
def test_redirects(tmp_path: Path, entries: list[dict[str, Any]], known: list[bool]) -> None:
    """It is the answer before it in the file, with a location that is this very URL."""
    (tmp_path / "log.har").write_text(json.dumps({"log": {"entries": entries}}), encoding="utf-8")
    read = read_recordings([str(tmp_path / "log.har")]).exchanges
    assert [exchange.context.redirected for exchange in read] == known
