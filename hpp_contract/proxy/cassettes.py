"""Recording what passed through the proxy: scrubbed cassettes, added to what is in their folder."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Final

from hpp_contract.engine.errors import Unverifiable, UsageProblem
from hpp_contract.engine.lock import locked
from hpp_contract.model import Exchange
from hpp_contract.model.clock import Clock
from hpp_contract.model.instant import SECOND
from hpp_contract.privacy.scrub import Scrubber
from hpp_contract.proxy.secrets import Secrets
from hpp_contract.proxy.wording import times
from hpp_contract.recordings.write import Persister, named, recorded, refuse_to_mix, unused_name

MAX_CASSETTES: Final = 1_000
"""Cassettes that one run writes: then it records no more."""

_LISTED: Final = 20


class Cassettes:
    """Writes exchanges with `host` into `folder`; `secrets` are not kept.

    Raises UsageProblem when the folder cannot be written, or holds recordings of another kind of endpoint. What goes
    wrong later is in `problem`, because the verdict does not depend on it.
    """

    def __init__(self, folder: Path, host: str, secrets: Secrets, clock: Clock) -> None:
        self._folder, self._secrets = folder, secrets
        started = clock()
        self._provenance = recorded(host, started)
        self._salts = count(started // SECOND)
        self._files: list[Path] = []
        self._left_out = self._unrecorded = 0
        self._problem: str | None = None
        self._failed = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            refuse_to_mix(folder, self._provenance)
        except OSError as error:
            raise UsageProblem(self._unwritable(error)) from None

    def write(self, exchanges: Sequence[Exchange]) -> None:
        """Add a cassette of each session in these exchanges, and of each way of being refused."""
        whole = [each for each in exchanges if each.response is not None and each.response.complete]
        self._left_out += len(exchanges) - len(whole)
        # One for each batch: what a Scrubber remembers grows with all that it ever saw.
        scrub = self._scrubber()
        try:
            with locked((self._folder,)):
                taken = {path.stem for path in self._folder.glob("*.yaml")}
                for name, group in named(whole).items():
                    free = unused_name(name, taken)
                    taken.add(free)
                    self._write(free, group, scrub)
        except OSError as error:
            self._fail(self._unwritable(error))
        except Unverifiable as problem:  # another run holds the folder
            self._fail(str(problem))

    @property
    def problem(self) -> str | None:
        """Why not everything was recorded that should be; None when it was."""
        if self._problem is None:
            return None
        return self._problem + (f" And {times(self._failed - 1, 'further cassette')}." if self._failed > 1 else "")

    @property
    def notes(self) -> list[str]:
        """What was recorded, and what was not."""
        names = [path.name for path in self._files]
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        listed = f": {', '.join(names[:_LISTED])}{more}" if names else ""
        notes = [f"Recorded into {times(len(names), 'cassette')} in {self._folder}, scrubbed{listed}."]
        if self._left_out:
            left_out = times(self._left_out, "read")
            notes.append(f"{left_out} without a whole answer not recorded: a cassette cannot hold them.")
        if self._unrecorded:
            unrecorded = times(self._unrecorded, "read")
            notes.append(f"{unrecorded} not recorded: one run writes {MAX_CASSETTES} cassettes.")
        return notes

    def _write(self, name: str, group: Sequence[Exchange], scrub: Scrubber) -> None:
        if len(self._files) >= MAX_CASSETTES:
            self._unrecorded += len(group)
            return
        path = self._folder / f"{name}.yaml"
        try:
            self._persist(path, group, scrub)
        except Unverifiable:  # perhaps because of what is in another one of the batch
            try:
                self._persist(path, group, self._scrubber())
            except Unverifiable as problem:
                self._fail(str(problem))

    def _persist(self, path: Path, group: Sequence[Exchange], scrub: Scrubber) -> None:
        Persister(scrub).write(path, [scrub(exchange) for exchange in group], self._provenance)
        self._files.append(path)

    def _scrubber(self) -> Scrubber:
        return Scrubber(self._secrets.texts, salt=next(self._salts))

    def _fail(self, problem: str) -> None:
        self._problem = self._problem or problem
        self._failed += 1

    def _unwritable(self, error: OSError) -> str:
        return f"{self._folder} could not be written ({error.strerror}): name another folder."
