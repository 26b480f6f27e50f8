"""Recording what passed through the proxy: scrubbed cassettes, added to what is in their folder."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Final

from hpp_contract.model import Exchange
from hpp_contract.model.clock import Clock
from hpp_contract.model.instant import SECOND
from hpp_contract.privacy.scrub import Scrubber
from hpp_contract.proxy.secrets import Secrets
from hpp_contract.proxy.wording import times
from hpp_contract.recordings.write import recorded, write_cassettes

MAX_CASSETTES: Final = 1_000
"""Cassettes that one run writes: then it records no more."""

_LISTED: Final = 20


class Cassettes:
    """Writes exchanges with `host` into `folder`. `secrets` are not kept.

    Raises UsageProblem at once when the folder cannot be written, or holds recordings of another kind of endpoint.
    """

    def __init__(self, folder: Path, host: str, secrets: Secrets, clock: Clock) -> None:
        self._folder, self._secrets = folder, secrets
        self._started = clock()
        self._provenance = recorded(host, self._started)
        self._salts = count(self._started // SECOND)
        self._files: list[Path] = []
        self._left_out = 0
        self._unrecorded = 0
        self.write(())

    def write(self, exchanges: Sequence[Exchange]) -> None:
        """Add cassettes of these exchanges. Raises UsageProblem, and Unverifiable when a secret is left in one."""
        if len(self._files) >= MAX_CASSETTES:
            self._unrecorded += len(exchanges)
            return
        # One for each batch: what a Scrubber remembers grows with all that it ever saw.
        scrub = Scrubber(self._secrets.texts, salt=next(self._salts))
        written = write_cassettes(exchanges, self._folder, self._provenance, scrub, adding=True)
        self._files += written.files
        self._left_out += written.left_out

    @property
    def notes(self) -> list[str]:
        """What was recorded, and what was not."""
        names = [path.name for path in self._files]
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        listed = f": {', '.join(names[:_LISTED])}{more}" if names else ""
        notes = [f"Recorded into {times(len(names), 'cassette')} in {self._folder}, scrubbed{listed}."]
        if self._left_out:
            notes.append(
                f"{times(self._left_out, 'read')} without a whole answer not recorded: a cassette cannot hold them."
            )
        if self._unrecorded:
            notes.append(f"{times(self._unrecorded, 'read')} not recorded: one run writes {MAX_CASSETTES} cassettes.")
        return notes
