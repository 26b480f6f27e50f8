"""`hpp-contract record`: record what an endpoint answers."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import click

from hpp_contract.cases.scenarios import SCENARIOS, session_id
from hpp_contract.cli._options import Options, common_options, finish
from hpp_contract.cli._probe_options import ProbeOptions, probe_options
from hpp_contract.engine import Report, judge
from hpp_contract.engine.errors import UsageProblem
from hpp_contract.model.instant import SECOND
from hpp_contract.privacy.scrub import Scrubber
from hpp_contract.probe import ProbeResult
from hpp_contract.recordings.write import EMBEDDED, Written, recorded, write_cassettes
from hpp_contract.reporting.view import plural
from hpp_contract.rules import CATALOGUE


@click.command()
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="Write here.",
)
@probe_options
@common_options
def record(folder: Path, probe_with: ProbeOptions, options: Options) -> None:
    """Record the endpoint at BASE_URL, else in HPP_ENDPOINT, else the embedded one, into vcrpy cassettes.

    Probes as `hpp-contract endpoint` does and writes one scrubbed cassette for each scenario: no credentials, no ids,
    no personal data. Answers that break rules are reported, and recorded too.

    \b
    Examples:
      hpp-contract record --to cassettes/embedded
      hpp-contract record https://api.playground.kustom.co --to cassettes/sandbox
    """
    if folder.exists() and not folder.is_dir():
        raise UsageProblem(f"{folder} is a file: name a folder to record into.")
    result = probe_with.run(options.seed, options.clock)
    verdicts = judge(result.exchanges, CATALOGUE, result.subject)
    written = _write(result, folder, options.clock()) if result.unverified is None else None
    notes = (*result.notes, *(_notes(written, folder) if written else ()))
    report = Report(result.subject, verdicts, result.unverified, notes=notes)
    finish(report, options, result.secrets, evidence=result.exchanges)


def _write(result: ProbeResult, folder: Path, now: int) -> Written:
    host = urlsplit(result.subject.name).hostname or result.subject.name
    provenance = EMBEDDED if result.subject.embedded else recorded(host, now)
    scrub = Scrubber(result.secrets, salt=now // SECOND)
    names = {session_id(name): name for name in SCENARIOS} if result.subject.embedded else {}
    return write_cassettes(result.exchanges, folder, provenance, scrub, names)


def _notes(written: Written, folder: Path) -> list[str]:
    files = ", ".join(path.name for path in written.files)
    notes = [f"Recorded into {plural(len(written.files), 'cassette')} in {folder}, scrubbed: {files}."]
    if written.left_out:
        notes.append(f"{written.left_out} requests without a whole answer were left out: a cassette cannot hold them.")
    return notes
