"""What a client case is: data about what the server sends, what the client is asked, and which rules are meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from hpp_contract.cases.scenarios import CREDENTIALS, SCENARIOS, Play, session_id
from hpp_contract.engine.fault import FOREVER, Edit, Fault
from hpp_contract.model.credentials import Credentials

TIMEOUT: Final = 2.0
"""Seconds that a client is given for a read, unless its case is about time-outs."""

SHORT: Final = 0.3
"""Seconds that it is given where the server keeps it waiting."""


@dataclass(frozen=True)
class Case:
    """One client case, recognised by its session ids alone.

    The server plays `scenario` with `edits` from poll `since` up to but not including `until`. The client is asked
    once for each entry of `reads`, which counts the case's sessions, `rest` seconds apart, with `base` appended to the
    server's URL and `timeout` seconds. `form` writes the session id around a UUID (`{decoy}` is one that nobody has).
    `rules` are what the case is about; all others are judged too, except what it `spares`. A `slow` case may keep a
    client waiting.
    """

    name: str
    description: str
    rules: tuple[str, ...]
    scenario: str = "in-progress"
    edits: tuple[Edit, ...] = ()
    since: int = 0
    until: int = FOREVER
    reads: tuple[int, ...] = (0,)
    pause: float = 0.0
    timeout: float = TIMEOUT
    base_path: str = ""
    credentials: Credentials = CREDENTIALS
    id_template: str = "{id}"
    exempt_rules: tuple[str, ...] = ()
    slow: bool = False
    needs_base_url: bool = False

    @cached_property
    def uuids(self) -> tuple[str, ...]:
        """What its session ids are recognised by: one a session, then the decoy's."""
        own = self.name if self.name in SCENARIOS else f"case-{self.name}"
        further = (f"case-{self.name}-{number}" for number in range(2, max(self.reads) + 2))
        return (session_id(own), *map(session_id, further), session_id(f"case-{self.name}-decoy"))

    @cached_property
    def sessions(self) -> tuple[str, ...]:
        """The ids of its sessions, as a caller knows them."""
        *own, decoy = self.uuids
        return tuple(self.id_template.format(id=name, upper=name.upper(), decoy=decoy) for name in own)

    def read_ids(self) -> Iterable[tuple[str, str]]:
        """For each read, the id that its messages carry and the session it asks for."""
        for number, session in enumerate(self.reads, 1):
            yield (self.name if number == 1 else f"{self.name}#{number}"), self.sessions[session]

    def plays(self, *adapted: Edit) -> dict[str, Play]:
        """What the server plays under each of its session ids; `adapted` edits come last, on every exchange."""
        scenario = SCENARIOS[self.scenario]
        lie = Fault(self.name, scenario.name, (*self.edits, *adapted), self.since, self.until)
        return {session: Play(scenario, lie) for session in self.sessions}


GENERATED: Final = "generated"
"""The case that every finding about a generated session names."""
