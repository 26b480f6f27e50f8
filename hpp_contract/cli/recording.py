"""`hpp-contract recording`: judge what somebody kept."""

from __future__ import annotations

from collections.abc import Sequence

import click

from hpp_contract.cli.options import Options, common_options, finish


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@common_options
def recording(paths: tuple[str, ...], options: Options) -> None:
    """Judge recordings: files, or folders of them.

    \b
    Examples:
      hpp-contract recording cassettes/documented
      hpp-contract recording gateway.ndjson --junit report.xml
    """
    from hpp_contract.cli.progress import waiting
    from hpp_contract.recordings import read_recordings
    from hpp_contract.rules.catalogue import CATALOGUE
    from hpp_contract.verdict import Report, Subject, judge

    subject = Subject("recording", " ".join(paths))
    with waiting("judging recordings"):
        reading = read_recordings(paths)
        verdicts = judge(reading.exchanges, CATALOGUE, subject)
    notes = (*reading.notes, *reading.unreadable[1:])
    finish(Report(subject, verdicts, _unverified(reading.unreadable), notes=notes), options)


def _unverified(unreadable: Sequence[str]) -> str | None:
    """One sentence for however many files; the others are in the notes."""
    if len(unreadable) < 2:
        return next(iter(unreadable), None)
    return f"{len(unreadable)} files or parts of files could not be read, the first: {unreadable[0]}"
