"""From files to exchanges: what is read, what is skipped, and what is damaged."""

from __future__ import annotations

from pathlib import Path

from hpp_contract.recordings import read_recordings
from hpp_contract.recordings.formats import ndjson
from hpp_contract.recordings.formats.convert import Skipped
from hpp_contract.recordings.reading import items
from hpp_contract.recordings.sources import Damage, Piece, input_file
from tests.harness.support.recording_tools import as_line, kept, simulated


def test_a_folder_with_another_file(tmp_path: Path) -> None:
    """A file in a folder that is no recording is a note; named by its path, it is a recording that cannot be read."""
    other = tmp_path / "package.json"
    other.write_text('{"name": "shop"}')
    (tmp_path / "log.ndjson").write_text(as_line(kept(simulated("waiting", 1)[0])) + "\n")
    assert read_recordings([str(tmp_path)]).notes == [f"{other}: not a recording, left out"]
    [sentence] = read_recordings([str(other)]).unreadable
    assert sentence.startswith(f"{other}: not in a known recording format")


def test_each_line_is_an_item(tmp_path: Path) -> None:
    """Each line is an item: what it is made into, a skipped operation, or damage with its place."""
    log = tmp_path / "log.ndjson"
    log.write_text(as_line(kept(simulated("waiting", 1)[0])) + "\n{}\n[")
    source = input_file(0, str(log), tmp_path)

    def first_only(line: tuple[int, int, bytes | None]) -> str | Skipped:
        ndjson.parse(line[2])
        return "first" if line[0] == 1 else Skipped.OPERATION

    read = list(items(Piece(source, 0, source.size, 1), first_only, lambda _: "exchange"))
    sentence = f"{log}#3: not JSON at character 2 of the line (read as NDJSON)"
    assert read == ["first", Skipped.OPERATION, Damage(sentence)]
