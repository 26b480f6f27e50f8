"""The evidence that the contract is held against: every test here is one rule on one body of evidence."""

from __future__ import annotations

import os

import pytest

from hpp_contract.engine import Report, Subject, judge
from hpp_contract.engine.errors import RunError
from hpp_contract.probe import ProbePlan, probe, target_from
from hpp_contract.recordings import read_recordings
from hpp_contract.rules import CATALOGUE
from hpp_contract.spec.schema_files import folder


@pytest.fixture(scope="session")
def of_cassettes(reports: list[Report]) -> Report:
    """The verdict on every committed cassette."""
    reading = read_recordings([os.path.relpath(folder("cassettes"))])
    subject = Subject("recording", "cassettes")
    unverified = "; ".join(reading.unreadable) or None
    return _reported(reports, Report(subject, judge(reading.exchanges, CATALOGUE, subject), unverified))


@pytest.fixture(scope="session")
def of_endpoint(reports: list[Report]) -> Report:
    """The verdict on the endpoint in HPP_ENDPOINT, or on the embedded one."""
    try:
        result = probe(target_from(None, os.environ, (), False), ProbePlan())
    except RunError as problem:
        pytest.exit(str(problem), returncode=problem.exit_code)
    verdicts = judge(result.exchanges, CATALOGUE, result.subject)
    return _reported(reports, Report(result.subject, verdicts, result.unverified, notes=result.notes))


def _reported(reports: list[Report], report: Report) -> Report:
    reports.append(report)
    if report.unverified:
        pytest.exit(f"could not verify {report.subject.name}: {report.unverified}", returncode=3)
    return report
