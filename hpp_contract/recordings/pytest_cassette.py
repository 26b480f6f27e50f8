"""Recorded sessions for an SDK's own tests, in process, with no request sent: what `hpp_cassette` gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hpp_contract.spec.endpoint import SESSIONS_PATH
from hpp_contract.spec.schema_files import folder


@dataclass(frozen=True)
class HppCassette:
    """A cassette in use: what to give to a client."""

    base_url: str
    session_id: str
    polls: int


@contextmanager
def cassette_opener() -> Iterator[Callable[[str | Path], HppCassette]]:
    """Yields a function that opens the cassette at a path, or of a name, until the block ends."""
    with ExitStack() as cassettes:
        yield lambda cassette: _open(_found(cassette), cassettes)


def _found(cassette: str | Path) -> Path:
    path = Path(cassette)
    if path.is_file():
        return path
    found = sorted(folder("cassettes").rglob(f"{path.name}.yaml"))
    if not found:
        names = ", ".join(sorted(each.stem for each in folder("cassettes").rglob("*.yaml")))
        raise pytest.UsageError(f"there is no cassette {str(cassette)!r}: give a path, or one of {names}.")
    return found[0]


def _open(path: Path, cassettes: ExitStack) -> HppCassette:
    import vcr  # type: ignore[import-untyped]  # vcrpy has no types

    from hpp_contract.recordings import read_recordings
    from hpp_contract.recordings.write import Persister

    first = read_recordings([str(path)]).exchanges[0].request
    # Neither host nor port: a client may use any. Each poll takes the next answer, so none is repeated.
    recorder = vcr.VCR(record_mode="none", match_on=["method", "path"])
    recorder.register_persister(Persister)
    cassette: Any = cassettes.enter_context(recorder.use_cassette(str(path)))
    return HppCassette(first.url.partition(SESSIONS_PATH)[0], first.session_id or "", len(cassette))
