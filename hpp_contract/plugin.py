"""The pytest plugin, for an SDK's own tests: a server for the client to read from, and the contract as one test class.

In an SDK's test suite, the whole adoption:

    from hpp_contract.plugin import ClientContract

    class TestContract(ClientContract):
        @staticmethod
        def read_session(base_url, username, password, session_id, timeout):
            return MyClient(base_url, username, password, timeout=timeout).read(session_id)
"""

from __future__ import annotations

import re
import unittest
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hpp_contract.cases import Case
    from hpp_contract.client import GeneratedOptions
    from hpp_contract.engine import Report
    from hpp_contract.engine.known_failing import Entry
    from hpp_contract.model import Exchange
    from hpp_contract.model.credentials import Credentials
    from hpp_contract.recordings.pytest_cassette import HppCassette
    from hpp_contract.reporting.view import Block
    from hpp_contract.server import Server

_RULE = re.compile(r"\b(?:HPP-)?[AR]\d\d\b", re.IGNORECASE)
"""What `-k` chooses rules by."""

SUITE = "hpp_contract.suite"
REPRODUCE = "pytest"
"""How the evidence of a case begins; the whole command to run its test again is at the end of the failure."""
CLIENT = pytest.StashKey[Callable[..., Any]]()
KNOWN_FAILING = pytest.StashKey["tuple[Entry, ...]"]()
JUDGED = pytest.StashKey["dict[str, Any]"]()
"""What the rules came to in the case of a test, as plain values: pytest-xdist sends them from process to process."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let `-k` choose the test of a case by any rule that the case is about, or that can be broken in it."""
    case = getattr(getattr(item, "callspec", None), "params", {}).get("hpp_case")
    if case is not None and _RULE.search(item.config.getoption("keyword") or ""):
        from hpp_contract.client.ideal_client import rules_judged

        item.extra_keyword_matches.update({*case.rules, *rules_judged(case)})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Hand on what the rules came to with the report of the test."""
    report = yield
    if report.when == "call" and JUDGED in item.stash:
        vars(report)["hpp_contract"] = item.stash[JUDGED]  # an attribute that pytest-xdist sends along
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say of each client what matters, over all the cases that were run."""
    reports = (report for reports in terminalreporter.stats.values() for report in reports)
    cases = [case for report in reports if (case := getattr(report, "hpp_contract", None)) is not None]
    for client in dict.fromkeys(case["client"] for case in cases):
        lines = _matters([case for case in cases if case["client"] == client])
        if lines:
            terminalreporter.section(f"hpp-contract: {client}")
            for line in lines:
                terminalreporter.line(line)


def _matters(cases: list[dict[str, Any]]) -> tuple[str, ...]:
    """What matters about a client that came to this in its cases."""
    from hpp_contract.engine import Outcome, Report, RuleVerdict, Subject
    from hpp_contract.engine.report import Slice
    from hpp_contract.reporting.view import ReportView
    from hpp_contract.rules import CATALOGUE

    parts = tuple(
        Slice(case["case"], {rule: Outcome(word) for rule, word in case["outcomes"].items()}) for case in cases
    )
    verdicts = []
    for rule in CATALOGUE:
        worst = min((part.outcomes[rule.id] for part in parts if rule.id in part.outcomes), key=_rank, default=None)
        known = all(rule.id in case["known"] for case in cases if case["outcomes"].get(rule.id) == worst)
        if worst is not None:
            verdicts.append(RuleVerdict(rule, worst, known_failing="on record" if known else None))
    return ReportView(Report(Subject("client", ""), tuple(verdicts), slices=parts)).matters


def _rank(outcome: str) -> int:
    """0 for the worst outcome of a rule."""
    return ("error", "broken", "warned", "ok").index(outcome)


class ContractWarning(UserWarning):
    """A client does not do what the contract recommends."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the plugin's two options."""
    group = parser.getgroup("hpp-contract")
    group.addoption("--hpp-client", metavar="MODULE:CALLABLE", help=f"The client that --pyargs {SUITE} judges.")
    group.addoption(
        "--hpp-known-failing", metavar="FILE", type=Path, help="Rules that clients may break, with reasons."
    )


def pytest_configure(config: pytest.Config) -> None:
    """Find the client and the known failures. An error in either is a usage error."""
    name, known_failing = config.getoption("--hpp-client"), config.getoption("--hpp-known-failing")
    if not name and config.getoption("pyargs") and any(arg.startswith(SUITE) for arg in config.args):
        raise pytest.UsageError(f"{SUITE} judges a client: add --hpp-client=MODULE:CALLABLE, the function that reads.")
    if not name and known_failing is None:
        return
    from hpp_contract.client.adapters.python import resolve
    from hpp_contract.engine.errors import UsageProblem
    from hpp_contract.engine.known_failing import read_known_failing
    from hpp_contract.rules import CATALOGUE

    try:
        if name:
            config.stash[CLIENT] = resolve(name, here=False)
        if known_failing is not None:
            config.stash[KNOWN_FAILING] = read_known_failing(known_failing, [rule.id for rule in CATALOGUE])
    except UsageProblem as problem:
        raise pytest.UsageError(str(problem)) from None


class HppServer:
    """A reference endpoint on this machine, with its published credentials and well-known sessions."""

    def __init__(self, server: Server) -> None:
        self._server = server

    @property
    def url(self) -> str:
        """The base URL to give to a client."""
        return self._server.url

    @property
    def credentials(self) -> Credentials:
        return self._server.credentials

    @property
    def username(self) -> str:
        return self._server.credentials.username or ""

    @property
    def api_key(self) -> str:
        return self._server.credentials.api_key

    @property
    def log(self) -> tuple[Exchange, ...]:
        """The requests so far and what was answered, oldest first."""
        return self._server.log

    def session(self, name: str) -> str:
        """The session id of the scenario, fault or client case called `name`, or of `no-credentials`, which is to be
        read without a key; raises LookupError for any other."""
        from hpp_contract.cases import CASES
        from hpp_contract.cases.scenarios import SCENARIOS, session_id
        from hpp_contract.engine.errors import suggest
        from hpp_contract.rules import FAULTS

        names = {**dict.fromkeys((*SCENARIOS, "no-credentials", *(fault.name for fault in FAULTS))), **CASES}
        if name not in names:
            hint = suggest(name, names, "hpp-contract client --list shows the cases.")
            raise LookupError(f"there is no scenario, fault or case {name!r}; {hint}")
        return CASES[name].sessions[0] if name in CASES else session_id(name)


@pytest.fixture
def hpp_server() -> Iterator[HppServer]:
    """A reference endpoint of this test's own."""
    from hpp_contract.cases import case_faults
    from hpp_contract.server import Server

    with Server(served=case_faults()) as server:
        yield HppServer(server)


@pytest.fixture
def hpp_cassette() -> Iterator[Callable[[str | Path], HppCassette]]:
    """Replays a cassette until the end of the test, for clients on requests, httpx or urllib3: call it with a path, or
    with the name of a committed one (`completed-with-order`). A request that is not in it fails."""
    from hpp_contract.recordings.pytest_cassette import cassette_opener

    with cassette_opener() as load:
        yield load


class ClientContract:
    """The contract for clients, a test per case. Subclass it and define `read_session`.

    `read_session` may be a method, a static method or a function, sync or async. It returns what your client exposes (a
    mapping or any object with a session's members) or raises. `hello` may declare what it cannot do, as in the adapter
    protocol; `timeout` is the most seconds that one read may take, `generated` how many generated sessions are read.
    """

    hello: Mapping[str, Any] | None = None
    timeout: float = 10.0
    generated: int = 25

    if TYPE_CHECKING:
        read_session: Any

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if issubclass(cls, unittest.TestCase):
            raise TypeError(
                f"{cls.__name__}: a ClientContract cannot be a unittest.TestCase too, whose tests take no parameters. "
                "Leave TestCase out of its bases; what setUp did can be done in setup_method."
            )

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        from hpp_contract.cases import CASES

        if "hpp_case" in metafunc.fixturenames:
            declared = self.hello or getattr(getattr(self, "read_session", None), "hello", None) or {}
            concurrent = declared.get("concurrent") is True
            cases = [case for case in CASES.values() if not case.needs_tls and (concurrent or not case.concurrent)]
            metafunc.parametrize("hpp_case", cases, ids=[f"{case.rules[0]}-{case.name}" for case in cases])

    def test_contract(self, hpp_case: Case, request: pytest.FixtureRequest) -> None:
        """The client keeps the contract in this case."""
        self._judge([hpp_case], hpp_case.name, request)

    def test_generated(self, request: pytest.FixtureRequest) -> None:
        """The client reads any session that the contract allows: the same ones in every run."""
        from hpp_contract.cases import GENERATED
        from hpp_contract.client import GeneratedOptions

        self._judge([], GENERATED, request, GeneratedOptions(self.generated))

    def _client(self, request: pytest.FixtureRequest) -> Callable[..., Any]:  # noqa: ARG002  overrides need it
        """The function that reads a session, bound to this instance if it takes one."""
        from hpp_contract.client.adapters.python import accepts

        method = getattr(self, "read_session", None)
        if method is None:
            raise pytest.UsageError(
                f"{type(self).__name__} has no client: define "
                "read_session(base_url, username, password, session_id, timeout) in it."
            )
        function: Callable[..., Any] = getattr(method, "__func__", method)
        return function if not accepts(method) and accepts(function) else method

    def _judge(
        self, cases: list[Case], name: str, request: pytest.FixtureRequest, generated: GeneratedOptions | None = None
    ) -> None:
        from hpp_contract.client import RunOptions, run
        from hpp_contract.client.adapters.python import PythonAdapter
        from hpp_contract.engine import Subject

        client = self._client(request)
        subject = Subject("client", type(self).__name__)
        options = RunOptions(self.timeout, reproduce_command=REPRODUCE, generated=generated)
        report = run(cases, lambda: PythonAdapter(client, self.hello), subject, options)
        report = _with_known_failures(report, name, request.config.stash.get(KNOWN_FAILING, ()))
        request.node.stash[JUDGED] = {
            "client": request.node.nodeid.rpartition("::")[0],
            "case": name,
            "outcomes": {rule: str(outcome) for part in report.slices for rule, outcome in part.outcomes.items()},
            "known": [verdict.rule.id for verdict in report.rules if verdict.known_failing is not None],
        }
        _conclude(report, request.config.cwd_relative_nodeid(request.node.nodeid))


def _with_known_failures(report: Report, case: str, entries: tuple[Entry, ...]) -> Report:
    """The report with the failures of this case that are on record."""
    from hpp_contract.engine.known_failing import apply

    return apply(report, tuple(entry for entry in entries if entry.case in (None, case)), frozenset({case}))


def _conclude(judged: Report, test: str) -> None:
    """Pass, fail, warn, skip, or expect the failure that is on record."""
    from hpp_contract.engine import Outcome
    from hpp_contract.reporting.view import ReportView

    blocks = ReportView(judged).blocks
    broken = [block for block in blocks if block.verdict.counts or block.verdict.outcome is Outcome.ERROR]
    doubt = [] if judged.unverified is None else [f"Could not verify: {judged.unverified}"]
    expected = [verdict for verdict in judged.rules if verdict.known_failing and verdict.outcome is Outcome.BROKEN]
    for block in blocks:
        if block.verdict.outcome is Outcome.WARNED and not block.verdict.known_failing:
            warnings.warn(_text(block), ContractWarning, stacklevel=2)
    if broken or judged.problems or doubt:
        texts = [*map(_text, broken), *judged.problems, *doubt, f"Reproduce: pytest {test!r}"]
        pytest.fail("\n\n".join(texts), pytrace=False)
    if expected:
        pytest.xfail("; ".join(f"{verdict.rule.id}: {verdict.known_failing}" for verdict in expected))
    if all(verdict.outcome is Outcome.NOT_EXERCISED for verdict in judged.rules):
        pytest.skip(" ".join((*judged.notes[1:], *judged.asides)) or "the client skipped this case")


def _text(block: Block) -> str:
    """A rule and its findings, safe to print."""
    from hpp_contract.privacy.redact import Redactor
    from hpp_contract.privacy.sanitize import printable

    findings = [
        f"  where     {view.finding.where}\n  expected  {view.finding.expected}\n  found     {view.found}"
        + ("" if view.finding.evidence.startswith(REPRODUCE) else f"\n  evidence  {view.finding.evidence}")
        for view in block.findings
    ]
    text = "\n\n".join([f"{block.name}: {block.rule.summary}", *findings])
    return "\n".join(printable(line) for line in Redactor()(text).split("\n"))
