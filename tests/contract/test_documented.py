"""The documented examples, the schemas and the cassettes say the same."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
import requests
import vcr  # type: ignore[import-untyped]  # vcrpy has no types

from hpp_contract.recordings import read_recordings
from hpp_contract.rules.schemas import violations
from hpp_contract.spec.schema_files import DOCUMENTED, example, folder, load

URL = "https://api.kustom.co/hpp/v1/sessions/39a1c773-bafd-754d-af1f-b30c592f1267"


def cassette(shape: str) -> Path:
    return folder("cassettes") / "documented" / f"{shape}.yaml"


@pytest.mark.parametrize("shape", DOCUMENTED)
def test_example_is_valid(shape: str, counts: Counter[str]) -> None:
    """The documented example satisfies its own schema and the session schema."""
    assert violations(shape, example(shape)) == violations("session", example(shape)) == ()
    counts["examples valid by their schemas"] += 1


@pytest.mark.parametrize("shape", DOCUMENTED)
def test_examples_agree(shape: str) -> None:
    """Schema, OpenAPI document and cassette hold the same example."""
    answers = load("openapi")["paths"]["/hpp/v1/sessions/{session_id}"]["get"]["responses"]["200"]["content"]
    (exchange,) = read_recordings([str(cassette(shape))]).exchanges
    assert answers["application/json"]["examples"][shape]["value"] == example(shape) == exchange.session


@pytest.mark.parametrize("shape", DOCUMENTED)
def test_cassette_replays(shape: str, counts: Counter[str]) -> None:
    """The cassette replays through requests and vcrpy, with nothing sent."""
    with vcr.use_cassette(cassette(shape), record_mode="none"):
        answer = requests.get(URL, timeout=1)
    assert answer.status_code == 200
    assert json.loads(answer.content) == example(shape)
    counts["cassettes replayed"] += 1


def test_cassette_refuses_other_requests() -> None:
    """A request that no cassette holds fails instead of reaching the network."""
    with (
        vcr.use_cassette(cassette("waiting"), record_mode="none"),
        pytest.raises(vcr.errors.CannotOverwriteExistingCassetteException),
    ):
        requests.get(f"{URL}0", timeout=1)


@pytest.mark.parametrize("shape", DOCUMENTED)
def test_provenance_is_honest(shape: str) -> None:
    """No documented cassette claims to be a recording."""
    (exchange,) = read_recordings([str(cassette(shape))]).exchanges
    assert exchange.context.provenance == "documented"
