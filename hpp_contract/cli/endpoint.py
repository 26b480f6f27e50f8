"""`hpp-contract endpoint`: probe an endpoint and judge its answers."""

from __future__ import annotations

import click

from hpp_contract.cli._console import progress
from hpp_contract.cli._options import Options, common_options, finish
from hpp_contract.cli._probe_options import ProbeOptions, probe_options
from hpp_contract.engine import Report, judge
from hpp_contract.engine.errors import UsageProblem
from hpp_contract.probe import ProbeResult
from hpp_contract.rules import CATALOGUE


@click.command()
@probe_options
@click.option("--fuzz", type=click.IntRange(1, 100_000), metavar="N", help="Send N generated reads too (Schemathesis).")
@common_options
def endpoint(probe_with: ProbeOptions, fuzz: int | None, options: Options) -> None:
    """Judge the endpoint at BASE_URL, else in HPP_ENDPOINT, else the embedded reference server.

    Sends GET only, 40 requests or fewer for five sessions where all are answered, at most 10 a second. HPP_API_KEY,
    HPP_USERNAME (if it is needed) and HPP_SESSION_IDS are read from the environment. A run that reads no session could
    not verify (3). --fuzz sends N more, and never to production. Only
    --provision sends more than GET, to an order and a session of its own (HPP_ORDER may name a file with the order),
    and never to production either.

    \b
    Examples:
      hpp-contract endpoint
      hpp-contract endpoint --fuzz 200 --seed 7
      hpp-contract endpoint --provision
      HPP_API_KEY=… hpp-contract endpoint https://api.playground.kustom.co --session-id 39a1c773-…
    """
    result = _fuzzed(probe_with, fuzz, options) if fuzz else probe_with.run(options.seed, options.clock)
    verdicts = judge(result.exchanges, CATALOGUE, result.subject)
    report = Report(result.subject, verdicts, result.unverified, notes=result.notes, learned=result.learned)
    finish(report, options, result.secrets, evidence=result.exchanges)


def _fuzzed(probe_with: ProbeOptions, count: int, options: Options) -> ProbeResult:
    try:
        from hpp_contract.probe.fuzz.run import probe_and_fuzz  # schemathesis is slow to load, and optional
    except ModuleNotFoundError as error:
        if error.name != "schemathesis":
            raise
        raise UsageProblem("--fuzz needs another package: pip install 'hpp-contract[fuzz]'.") from error
    if probe_with.allow_production:
        raise UsageProblem("--fuzz never goes to production: name a sandbox, and leave --allow-production out.")
    target = probe_with.target()
    with progress("probing and fuzzing the endpoint"):
        return probe_and_fuzz(target, probe_with.plan(options.seed, options.clock), count)
