"""`hpp-contract endpoint`: probe an endpoint and judge its answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hpp_contract.cli._options import Options, common_options, finish
from hpp_contract.cli._probing import ProbeOptions, probing_options

if TYPE_CHECKING:
    from hpp_contract.probe import ProbeResult


@click.command()
@probing_options
@click.option("--fuzz", type=click.IntRange(1, 100_000), metavar="N", help="Send N generated reads too (Schemathesis).")
@common_options
def endpoint(probing: ProbeOptions, fuzz: int | None, options: Options) -> None:
    """Judge the endpoint at BASE_URL, else in HPP_ENDPOINT, else the embedded reference server.

    Sends GET only, 40 requests or fewer for five sessions, at most 10 a second. HPP_API_KEY, HPP_USERNAME (where it is
    needed) and HPP_SESSION_IDS are read from the environment. --fuzz sends N more, and never to production. --provision
    alone sends more than GET, to an order and a session of its own (HPP_ORDER may name a file with the order), and
    never to production either.

    \b
    Examples:
      hpp-contract endpoint
      hpp-contract endpoint --fuzz 200 --seed 7
      hpp-contract endpoint --provision
      HPP_API_KEY=… hpp-contract endpoint https://api.playground.kustom.co --session-id 39a1c773-…
    """
    from hpp_contract.engine import Report, judge
    from hpp_contract.rules import CATALOGUE

    probed = _fuzzed(probing, fuzz, options) if fuzz else probing.probe(options.seed, options.clock)
    verdicts = judge(probed.exchanges, CATALOGUE, probed.subject)
    report = Report(probed.subject, verdicts, probed.unverified, notes=probed.notes, learned=probed.learned)
    finish(report, options, probed.secrets, evidence=probed.exchanges)


def _fuzzed(probing: ProbeOptions, count: int, options: Options) -> ProbeResult:
    from hpp_contract.cli._progress import progress
    from hpp_contract.engine.errors import UsageProblem
    from hpp_contract.probe.fuzz.run import probe_and_fuzz

    if probing.allow_production:
        raise UsageProblem("--fuzz never goes to production: name a sandbox, and leave --allow-production out.")
    target = probing.target()
    with progress("probing and fuzzing the endpoint"):
        return probe_and_fuzz(target, probing.plan(options.seed, options.clock), count)
