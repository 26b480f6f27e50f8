"""`hpp-contract recording`: judge what was recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import click

from hpp_contract.cli._console import progress
from hpp_contract.cli._options import Options, common_options, finish, refuse_idle
from hpp_contract.engine import Report, Subject
from hpp_contract.model import Exchange
from hpp_contract.recordings import read_recordings
from hpp_contract.recordings.bulk.local import SMALL, Judged, judge_recordings
from hpp_contract.recordings.formats import FORMATS
from hpp_contract.recordings.reading import nothing_in
from hpp_contract.recordings.sources import STDIN, files
from hpp_contract.recordings.urls import is_url


def _address(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """How the addresses of callbacks begin. An empty text would be all of them."""
    if value is not None and not value.startswith(("http://", "https://", "/")):
        raise click.BadParameter("it is the beginning of a URL, https://shop.example/hpp, or of a path, /hpp.")
    return value


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option("--processes", type=click.IntRange(1), metavar="N", help="Judge in N processes; by default one per core.")
@click.option(
    "--engine", type=click.Choice(["local", "dask"]), default="local", show_default=True, help="Judge here, or on Dask."
)
@click.option("--scheduler", metavar="ADDRESS", help="The Dask cluster to judge on; by default one on this machine.")
@click.option(
    "--callback-url",
    metavar="PREFIX",
    callback=_address,
    help="Judge what is posted to a URL, or /path, that begins so as a status callback.",
)
@common_options
def recording(
    paths: tuple[str, ...],
    processes: int | None,
    engine: str,
    scheduler: str | None,
    callback_url: str | None,
    options: Options,
) -> None:
    """Judge recordings: files, folders of them, patterns with *, URLs that fsspec opens, or - for standard input,
    packed with gzip or not.

    Recognised by their content: FORMATS, and logs in this project's NDJSON.

    \b
    Examples:
      hpp-contract recording tests/cassettes
      zcat gateway.ndjson.gz | hpp-contract recording - --junit report.xml
      hpp-contract recording shop.har --callback-url https://shop.example/hpp
      hpp-contract recording --engine dask 's3://logs/2026-11-*.ndjson'
    """
    refuse_idle(("seed",), "judging a recording chooses nothing at random")
    judge = _engine(engine, scheduler, processes)
    with progress("judging recordings") as advance:
        judged = judge(paths, callback_url=callback_url, on_progress=advance)
    report = Report(
        Subject("recording", " ".join(paths)),
        judged.verdicts,
        _unverified(judged, paths),
        notes=(*judged.notes, *judged.unreadable[1:]),
    )
    finish(report, options, evidence=_exchanges(paths, callback_url) if options.detailed else ())


recording.help = (recording.help or "").replace("FORMATS", ", ".join(each.name for each in FORMATS))


def _engine(engine: str, scheduler: str | None, processes: int | None) -> Callable[..., Judged]:
    if scheduler is not None and (engine != "dask" or processes is not None):
        wrong = "needs --engine dask" if engine != "dask" else "takes no --processes: its workers are there already"
        raise click.UsageError(f"--scheduler {wrong}.")
    if engine == "dask":
        from hpp_contract.recordings.bulk.dask import judge_on_dask  # distributed is slow to load, and optional

        return partial(judge_on_dask, scheduler=scheduler, processes=processes)
    return partial(judge_recordings, processes=processes)


NO_BODY: Final = (
    "no session was read: the bodies of all answers with status 200 ({lost}) were not kept, or cannot be unpacked. "
    "Record with bodies: a browser keeps them in a HAR with content."
)


def _unverified(judged: Judged, paths: Sequence[str]) -> str | None:
    """One sentence for however much could not be read; the first others are in the notes."""
    if judged.damaged > 1:
        return f"{judged.damaged} files or exchanges could not be read, the first: {judged.unreadable[0]}"
    if judged.damaged:
        return next(iter(judged.unreadable), None)
    if not judged.judged:
        return nothing_in(paths, judged.notes)
    lost = judged.bodies.lost_200
    return NO_BODY.format(lost=lost) if lost and not judged.bodies.kept_200 else None


def _exchanges(paths: Sequence[str], callback_url: str | None) -> Sequence[Exchange]:
    """The exchanges for a detailed report; none of logs, which are too big for one."""
    names = [name for name, _ in files(paths)]
    if any(name == STDIN or is_url(name) or not Path(name).is_file() for name in names):  # a pipe gives all once
        return ()
    if sum(Path(name).stat().st_size for name in names) > SMALL:
        return ()
    reading = read_recordings(names, callback_url)
    return [*reading.exchanges, *reading.callbacks]
