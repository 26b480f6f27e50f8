"""`hpp-contract endpoint`: probe an endpoint and judge its answers."""

from __future__ import annotations

import click

from hpp_contract.cli.options import Options, common_options, finish
from hpp_contract.cli.probing import Probing, probing_options


@click.command()
@probing_options
@common_options
def endpoint(probing: Probing, options: Options) -> None:
    """Judge the endpoint at BASE_URL, else in HPP_ENDPOINT, else the embedded reference server.

    Sends GET only, 40 requests or fewer for five sessions, at most 10 a second. HPP_API_KEY, HPP_USERNAME (where it is
    needed) and HPP_SESSION_IDS are read from the environment.

    \b
    Examples:
      hpp-contract endpoint
      HPP_API_KEY=… hpp-contract endpoint https://api.playground.kustom.co --session-id 39a1c773-…
    """
    from hpp_contract.rules.catalogue import CATALOGUE
    from hpp_contract.verdict import Report, judge

    probed = probing.probe(options.seed)
    verdicts = judge(probed.exchanges, CATALOGUE, probed.subject)
    finish(Report(probed.subject, verdicts, probed.unverified, notes=probed.notes), options, probed.secrets)
