"""Reading recordings: from files to exchanges.

A file is NDJSON, read line by line, or one document, JSON or YAML, whose format is recognized from what is in it.
No file is trusted: size, depth and the growth of YAML aliases are bounded, and YAML builds plain values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeVar
from urllib.parse import urljoin

from hpp_contract.model import Exchange
from hpp_contract.model.exchange import callback_session
from hpp_contract.model.trace import DELETE
from hpp_contract.recordings.documents import parsed
from hpp_contract.recordings.formats import FORMATS, ndjson
from hpp_contract.recordings.formats.addresses import is_about_session, is_callback_to
from hpp_contract.recordings.formats.convert import Item as FormatItem
from hpp_contract.recordings.formats.convert import NoRecording, Other, Skipped, Unreadable
from hpp_contract.recordings.formats.known_tools import not_read
from hpp_contract.recordings.sources import Damage, InputFile, LeftOut, Line, Piece, examine, files, numbered_lines
from hpp_contract.spec.endpoint import METHOD, SESSION_PATH

Item = TypeVar("Item")


@dataclass
class Reading:
    """What was read: `exchanges` of the read-session operation, with those that disabled a session, status
    `callbacks`, `notes` for information, and sentences about what could not be read (`unreadable`)."""

    exchanges: list[Exchange] = field(default_factory=list)
    callbacks: list[Exchange] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def read_recordings(paths: Sequence[str], callback_url: str | None = None) -> Reading:
    """Every exchange in files and folders, kept in memory: for cassettes. Logs are judged by `bulk`.
    `callback_url` is how the addresses of status callbacks begin.

    A file that cannot be read is a sentence in `unreadable`, and the others are still read. Raises UsageProblem for a
    path that does not exist.
    """
    reading = Reading()
    with TemporaryDirectory(prefix="hpp-contract-") as spool:
        for number, (name, found) in enumerate(files(paths)):
            source = examine(number, name, Path(spool), found)
            if isinstance(source, Damage):
                reading.unreadable.append(source.sentence)
            else:
                _read(replace(source, callbacks=callback_url), reading)
    if all(each.request.method == DELETE for each in reading.exchanges) and not reading.unreadable:
        reading.unreadable.append(nothing_in(paths, reading.notes))
    return reading


def _read(source: InputFile, reading: Reading) -> None:
    def on_line(line: Line) -> Exchange | Skipped:
        return judged_as(ndjson.exchange_on(line[2], f"{source.name}#{line[0]}"), source.callbacks)

    judged, skipped = 0, Counter[Skipped]()
    for item in items(Piece(source, 0, source.size, 1), on_line, lambda exchange: exchange):
        if isinstance(item, Exchange) and item.context.callback:
            reading.callbacks.append(item)
            judged += 1
        elif isinstance(item, Exchange):
            reading.exchanges.append(item)
            deletes = item.request.method == DELETE
            skipped[Skipped.OPERATION] += deletes
            judged += not deletes
        elif isinstance(item, Damage):
            reading.unreadable.append(item.sentence)
        elif isinstance(item, LeftOut):
            reading.notes.append(item.note)
        else:
            skipped[item] += 1
    reading.notes += skipped_notes(source.name, skipped, judged)


def items(
    piece: Piece, on_line: Callable[[Line], Item | Skipped | None], on_exchange: Callable[[Exchange], Item]
) -> Iterator[Item | Skipped | LeftOut | Damage]:
    """What each exchange of a piece becomes, and in the place of one that cannot be judged why.

    `on_line` makes an item of a line of NDJSON, or None where all is done for it, and raises Unreadable. `on_exchange`
    makes one of an exchange in a document.
    """
    source = piece.source
    try:
        if source.is_lines:
            for line in numbered_lines(piece):
                try:
                    item = on_line(line)
                except Unreadable as problem:
                    yield Damage(f"{source.name}#{line[0]}: {problem} (read as NDJSON)")
                    continue
                if item is not None:
                    yield item
            return
        for item_read in LAST_READ.items(source):
            if isinstance(item_read, Unreadable):
                yield Damage(f"{source.name}{item_read}")
            elif isinstance(item_read, Skipped):
                yield item_read
            else:
                yield on_exchange(item_read)
    except (Unreadable, OSError) as error:
        other_file = source.found and (isinstance(error, NoRecording) or not source.may_be_recording)
        yield _left_out(source.name, error) if other_file else Damage.of(source.name, error)


def _left_out(name: str, error: Unreadable | OSError) -> LeftOut:
    """That a file in a folder is no recording: of a known tool, with the way to export it."""
    known = isinstance(error, NoRecording) and str(error) not in (_EMPTY, _UNKNOWN)
    return LeftOut(f"{name}: {LEFT_OUT}, {error}" if known else f"{name}: not a recording, {LEFT_OUT}")


LEFT_OUT: Final = "left out"
_EMPTY: Final = "empty"
_UNKNOWN: Final = "not in a known recording format (hpp-contract recording --help lists them)"


def judged_as(exchange: Exchange, callbacks: str | None) -> Exchange | Skipped:
    """The exchange where it asks something about one session, or is a status callback: its recording says so, or it is
    a POST to an address that begins with `callbacks`.

    A DELETE on the path of a session is another documented operation, which is counted as such; what follows it is
    judged by it.
    """
    request, context = exchange.request, exchange.context
    if not context.callback:
        if is_about_session(request.method, request.url):
            return exchange
        if callbacks is None or not is_callback_to(callbacks, request.method, request.url):
            return Skipped.OPERATION
    if callback_session(request.body) is None:
        return Skipped.NO_CALLBACK
    return replace(exchange, context=replace(context, callback=True))


def nothing_in(paths: Sequence[str], notes: Sequence[str] = ()) -> str:
    """The sentence about recordings in which there is nothing to judge; `notes` may say what is there instead."""
    instead = " Stubs for it are here, but they are patterns or templates, or forward or fail on purpose."
    met = instead if any(STUBS in note for note in notes) else ""
    if exported := next((note for note in notes if f": {LEFT_OUT}, " in note), None):
        met += f" {exported}."
    return f"no read-session exchange in {', '.join(paths)}: give recordings of {METHOD} …{SESSION_PATH}.{met}"


def skipped_notes(name: str, skipped: Mapping[Skipped, int], judged: int) -> Iterator[str]:
    """Sentences about a file that also holds what is not judged."""
    if other := skipped.get(Skipped.OPERATION):
        yield f"{name}: {judged} judged, {other} skipped (other operations)"
    if stubs := skipped.get(Skipped.STUB):
        yield f"{name}: {stubs} {STUBS}: not judged"
    if unsent := skipped.get(Skipped.UNSENT):
        yield f"{name}: {unsent} requests that the browser blocked never left it, and are not judged"
    if odd := skipped.get(Skipped.NO_CALLBACK):
        yield f"{name}: {odd} requests to the address of status callbacks hold no event_id and session: not judged"


def lost_bodies_note(lost: int) -> str:
    """The sentence about bodies that nobody can read."""
    bodies, were = ("body", "was") if lost == 1 else ("bodies", "were")
    return f"{lost} {bodies} {were} not kept, or cannot be unpacked: no rule judged what is in there"


def callbacks_note(callbacks: int, beginning: str | None) -> str | None:
    """The sentence about status callbacks, where there are or should be any."""
    if callbacks:
        one = callbacks == 1
        number = "1 status callback was" if one else f"{callbacks} status callbacks were"
        return f"{number} judged like {'a read of the session in it' if one else 'reads of the sessions in them'}"
    return f"no status callback was sent to an address that begins with {beginning}" if beginning else None


STUBS: Final = "stubs for this endpoint are patterns or templates, or forward or fail on purpose"


def read_document(source: InputFile) -> Iterator[Exchange | Unreadable | Skipped]:
    """Every exchange of the file, with evidence `name#index`, and what stands in the place of one.

    Raises NoRecording for a file in no known format, Unreadable when nothing in it can be read, and OSError when it
    cannot be opened.
    """
    document = parsed(source)
    for format_ in FORMATS:
        if format_.recognizes(document):
            before: Exchange | None = None
            try:
                for item in format_.read(document, source.folder):
                    placed = _placed(_wanted(item, source.callbacks), source.name, format_.short)
                    yield redirected(placed, before) if isinstance(placed, Exchange) else placed
                    before = placed if isinstance(placed, Exchange) else before
            except Unreadable as problem:
                raise Unreadable(f"{problem} (read as {format_.short})") from problem
            return
    raise NoRecording(not_read(document) or _UNKNOWN)


def redirected(exchange: Exchange, before: Exchange | None) -> Exchange:
    """The exchange, knowing whether the one before it in its file is a redirect from https to it."""
    answered = before.response if before is not None else None
    location = answered.header("location") if answered is not None and 300 <= answered.status < 400 else None
    if before is None or location is None or before.request.parts.scheme != "https":
        return exchange
    if urljoin(before.request.url, location) != exchange.request.url:
        return exchange
    return replace(exchange, context=replace(exchange.context, redirected=True))


def _wanted(item: FormatItem, callbacks: str | None) -> Exchange | Unreadable | Skipped:
    """The item as it is judged; what is of another operation is read only where it may be a status callback."""
    if isinstance(item, Other):
        item = item.posted(callbacks) if callbacks is not None else Skipped.OPERATION
    return judged_as(item, callbacks) if isinstance(item, Exchange) else item


def _placed(item: Exchange | Unreadable | Skipped, name: str, format_: str) -> Exchange | Unreadable | Skipped:
    """An item with its place, and a problem with the format that the file was read as."""
    if isinstance(item, Exchange):
        return replace(item, evidence=name + item.evidence)
    return Unreadable(f"{item} (read as {format_})") if isinstance(item, Unreadable) else item


class LastRead:
    """What was read of the last document: who needs its exchanges again, as the judging of sessions does, need not
    parse it a second time."""

    MOST: Final = 20_000
    """Exchanges that are kept. A document of more is read again."""

    def __init__(self) -> None:
        self._last: tuple[InputFile, list[Exchange | Unreadable | Skipped]] | None = None

    def items(self, source: InputFile) -> Iterator[Exchange | Unreadable | Skipped]:
        """As `read_document`."""
        if self._last is not None and self._last[0] == source:
            yield from self._last[1]
            return
        kept: list[Exchange | Unreadable | Skipped] = []
        exchanges = 0
        for item in read_document(source):
            exchanges += isinstance(item, Exchange)
            if exchanges <= self.MOST:
                kept.append(item)
            yield item
        if exchanges <= self.MOST:
            self._last = source, kept


LAST_READ: Final = LastRead()
"""That of this process."""
