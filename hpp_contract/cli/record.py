"""`hpp-contract record`: keep what an endpoint answers, as evidence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hpp_contract.cli._options import Options, common_options, finish
from hpp_contract.cli._probing import ProbeOptions, probing_options

if TYPE_CHECKING:
    from hpp_contract.probe import ProbeResult
    from hpp_contract.recordings.write import Written


@click.command()
@click.option("--to", "folder", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Where to.")
@probing_options
@common_options
def record(folder: Path, probing: ProbeOptions, options: Options) -> None:
    """Record the endpoint at BASE_URL, else in HPP_ENDPOINT, else the embedded one, into vcrpy cassettes.

    Probes as `hpp-contract endpoint` does and writes one scrubbed cassette for each scenario: no credentials, no ids,
    no people. What the answers break is reported, and recorded all the same.

    \b
    Examples:
      hpp-contract record --to cassettes/embedded
      HPP_API_KEY=… hpp-contract record https://api.playground.kustom.co --session-id 39a1c773-… --to cassettes/sandbox
    """
    from hpp_contract.engine import Report, judge
    from hpp_contract.rules import CATALOGUE

    probed = probing.probe(options.seed, options.clock)
    verdicts = judge(probed.exchanges, CATALOGUE, probed.subject)
    kept = _kept(probed, folder, options.clock()) if probed.unverified is None else None
    notes = (*probed.notes, *(_told(kept, folder) if kept else ()))
    report = Report(probed.subject, verdicts, probed.unverified, notes=notes)
    finish(report, options, probed.secrets, evidence=probed.exchanges)


def _kept(probed: ProbeResult, folder: Path, now: int) -> Written:
    from urllib.parse import urlsplit

    from hpp_contract.cases.scenarios import SCENARIOS, session_id
    from hpp_contract.privacy.scrub import Scrubber
    from hpp_contract.recordings.write import EMBEDDED, recorded, write_cassettes

    host = urlsplit(probed.subject.name).hostname or probed.subject.name
    provenance = EMBEDDED if probed.subject.embedded else recorded(host, now)
    scrub = Scrubber(probed.secrets, salt=now // 1_000_000_000)
    names = {session_id(name): name for name in SCENARIOS} if probed.subject.embedded else {}
    return write_cassettes(probed.exchanges, folder, provenance, scrub, names)


def _told(kept: Written, folder: Path) -> list[str]:
    files = f"{len(kept.files)} cassette{'s' if len(kept.files) != 1 else ''}"
    told = [f"Recorded into {files} in {folder}, scrubbed: {', '.join(path.name for path in kept.files)}."]
    if kept.left_out:
        told.append(f"{kept.left_out} requests without a whole answer were left out: a cassette cannot hold them.")
    return told
