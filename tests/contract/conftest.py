"""The evidence that the contract is held against, and what a run of it says in the end."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from hpp_contract.engine import Report, judge
from hpp_contract.engine.errors import USAGE, RunError, UsageProblem
from hpp_contract.probe import ProbePlan, Target, probe, target_from
from hpp_contract.probe.probe import running
from hpp_contract.rules import CATALOGUE
from tests.contract.summary import NAME, UNVERIFIABLE, VERDICTS, Summary


def pytest_configure(config: pytest.Config) -> None:
    """Let the summary hear every test, those of other folders too."""
    config.pluginmanager.register(Summary(), NAME)


def summary_of(config: pytest.Config) -> Summary:
    """The summary of this run."""
    summary = config.pluginmanager.get_plugin(NAME)
    assert isinstance(summary, Summary)
    return summary


@pytest.fixture(scope="module")
def counts(request: pytest.FixtureRequest) -> Counter[str]:
    """How much was tried, in words: the numbers of this part's line in the summary."""
    return summary_of(request.config).parts[request.path.stem].counts


@pytest.fixture(scope="session")
def reports(pytestconfig: pytest.Config) -> list[Report]:
    """Reports to print, each as a table, when the run ends."""
    return summary_of(pytestconfig).reports


@dataclass(frozen=True)
class Endpoint:
    """What to probe and how. A failing test prints its arguments, and nobody shall read ids there."""

    target: Target = field(repr=False)
    plan: ProbePlan = field(repr=False)


@pytest.fixture(scope="session")
def endpoint(pytestconfig: pytest.Config) -> Iterator[Endpoint]:
    """The endpoint in HPP_ENDPOINT or the embedded one, which runs until the end, and how to probe it."""
    try:
        target = target_from(None, os.environ, (), allow_production=False)
    except UsageProblem as problem:
        summary_of(pytestconfig).is_misused = True
        pytest.exit(str(problem), returncode=USAGE)
    with running(target, ProbePlan()) as (own, plan):
        yield Endpoint(own, plan)


@pytest.fixture(scope="session")
def of_endpoint(endpoint: Endpoint, reports: list[Report]) -> Report:
    """The verdict on the endpoint, probed as `hpp-contract endpoint` does."""
    result = probe(endpoint.target, endpoint.plan)
    verdicts = judge(result.exchanges, CATALOGUE, result.subject)
    report = Report(result.subject, verdicts, result.unverified, notes=result.notes, learned=result.learned)
    reports.append(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Mark a test that could not verify, of which one sentence says all."""
    report = yield
    if call.excinfo is not None and isinstance(call.excinfo.value, RunError):
        report.longrepr = str(call.excinfo.value)
        report.user_properties.append(UNVERIFIABLE)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what was run and what became of it."""
    summary = summary_of(config)
    if summary.parts:
        summary.write(terminalreporter)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[Any]:
    """Leave with the exit code of the verdict, and let it be the last line, where nothing but the contract was run."""
    result = yield
    code = summary_of(session.config).code(session.exitstatus)
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if code is not None and reporter is not None:
        session.exitstatus = code
        reporter.write_line(VERDICTS[code])
    return result
