"""An example client on every client case and on a case for each committed cassette."""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from hpp_contract.cases import CASES
from hpp_contract.client import RunOptions, run
from hpp_contract.client.adapters.command import CommandAdapter
from hpp_contract.client.recorded import recorded_cases
from hpp_contract.engine import Report, Subject
from hpp_contract.engine.rule import Rule
from hpp_contract.spec.schema_files import folder
from tests.contract.rules import about, assert_kept, verified

ADAPTER: Final = Path(__file__).parents[2] / "examples" / "python-requests" / "adapter.py"

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def of_client(counts: Counter[str], reports: list[Report]) -> Report:
    """The verdict on the example client."""
    recorded = recorded_cases([str(folder("cassettes"))])
    command = shlex.join([sys.executable, "-X", "utf8", str(ADAPTER)])  # whatever the locale
    subject = Subject("client", ADAPTER.parent.name)
    report = run((*CASES.values(), *recorded), lambda: CommandAdapter(command), subject, RunOptions(extra_adapters=2))
    counts[f"cases read by {subject.name}"] += len(CASES)
    counts["cassettes"] += len(recorded)
    if report.exit_code:
        reports.append(report)
    return report


@pytest.fixture
def verification(of_client: Report) -> Report:
    return verified(of_client)


def test_verified(verification: Report) -> None:
    """The client answers."""
    assert verification.rules


@pytest.mark.parametrize("rule", about("client"))
def test_kept(of_client: Report, rule: Rule, counts: Counter[str]) -> None:
    """The example client does not break the rule."""
    assert_kept(of_client, rule)
    counts["rules kept"] += 1
