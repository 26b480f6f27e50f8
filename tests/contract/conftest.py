"""The evidence that the contract is held against, and what a run of it says in the end."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from hpp_contract.engine import Report, judge
from hpp_contract.engine.errors import BROKEN, KEPT, USAGE, RunError, UsageProblem
from hpp_contract.probe import ProbePlan, Target, probe, target_from
from hpp_contract.probe.probe import running
from hpp_contract.rules import CATALOGUE
from tests.contract.summary import FOLDER, VERDICTS, Summary

SUMMARY = pytest.StashKey[Summary]()


def summary_of(config: pytest.Config) -> Summary:
    """The summary of this run."""
    return config.stash.setdefault(SUMMARY, Summary())


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
def endpoint() -> Iterator[Endpoint]:
    """The endpoint in HPP_ENDPOINT or the embedded one, which runs until the end, and how to probe it."""
    try:
        target = target_from(None, os.environ, (), allow_production=False)
    except UsageProblem as problem:
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
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note how each test of this folder ended."""
    report = yield
    error = call.excinfo.value if call.excinfo else None
    if isinstance(error, RunError):  # one sentence says it all
        report.longrepr = str(error)
    if call.when in ("setup", "call") and item.path.is_relative_to(FOLDER):
        summary_of(item.config).heard(item, call.when, error)
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
    of_ours = session.items and all(item.path.is_relative_to(FOLDER) for item in session.items)
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if of_ours and reporter is not None and session.exitstatus in (KEPT, BROKEN, USAGE):
        if session.exitstatus != USAGE:
            session.exitstatus = summary_of(session.config).code(session.testsfailed)
        reporter.write_line(VERDICTS[session.exitstatus])
    return result
