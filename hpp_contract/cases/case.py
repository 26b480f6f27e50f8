"""A client case: what a client is asked to read, the fault that it meets, and the rules it is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from hpp_contract.cases.scenarios import CREDENTIALS, SCENARIOS, session_id
from hpp_contract.engine.edits import Edit, header
from hpp_contract.engine.fault import FOREVER, Fault
from hpp_contract.model import Exchange
from hpp_contract.model.credentials import Credentials

TIMEOUT: Final = 2.0
"""Seconds that a client is given for a read, unless its case is about time-outs."""

SHORT: Final = 0.15
"""Seconds that a client is given for a read where the server keeps it waiting. So little that waiting costs nobody
much, and enough for a client that has been running: see `run_case.WARM_UP`."""

GENERATED: Final = "generated"
"""The case that every finding about a generated session names."""

OTHER_HOST: Final = "https://elsewhere.example"
"""Stands for another host's address until the case is run, see `to_other_host`."""


@dataclass(frozen=True)
class Case:
    """One client case, recognized by its session ids alone.

    Reads of its sessions meet `fault`, which may have no edits. The client is asked once for each entry of `reads`,
    which counts the case's sessions, `pause` seconds apart, with `base_path` appended to the server's URL and `timeout`
    seconds; a `concurrent` case asks for all of them at the same time. `id_template` writes the session id around a
    UUID (`{decoy}` is one that no session has). `rules` are what the case is about; all others are judged too, except
    `exempt_rules`. A `slow` case may keep a client waiting. `unproven` says why the server of a case cannot prove to be
    the one that is asked; a case that `needs_tls` is run only where the client was given an authority to trust.
    """

    fault: Fault
    description: str
    rules: tuple[str, ...]
    reads: tuple[int, ...] = (0,)
    pause: float = 0.0
    timeout: float = TIMEOUT
    base_path: str = ""
    credentials: Credentials = CREDENTIALS
    id_template: str = "{id}"
    exempt_rules: tuple[str, ...] = ()
    slow: bool = False
    needs_base_url: bool = False
    concurrent: bool = False
    unproven: str | None = None
    needs_tls: bool = False

    @property
    def name(self) -> str:
        return self.fault.name

    @cached_property
    def uuids(self) -> tuple[str, ...]:
        """What its session ids are recognized by: one a session, then the decoy's."""
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

    def faults(self, *adapted: Edit) -> dict[str, Fault]:
        """What reads of each of its session ids meet, also without what an id from a file ends in; `adapted` edits come
        last, on every exchange."""
        ids = [form for session in self.sessions for form in (session, session.strip())]
        return dict.fromkeys(ids, replace(self.fault, edits=(*self.fault.edits, *adapted)))


def case(
    name: str,
    description: str,
    rules: tuple[str, ...],
    *edits: Edit,
    scenario: str = "in-progress",
    since: int = 0,
    until: int = FOREVER,
    **asked: Any,
) -> Case:
    """A Case whose fault has its name; `asked` are further fields of it."""
    return Case(Fault(name, scenario, edits, since, until), description, rules, **asked)


def to_other_host(origin: str) -> Edit:
    """Put `origin` where a redirect says OTHER_HOST."""

    def edit(exchange: Exchange) -> Exchange:
        location = exchange.response.header("location") if exchange.response is not None else None
        if location is None or not location.startswith(OTHER_HOST):
            return exchange
        return header("Location", origin + location.removeprefix(OTHER_HOST))(exchange)

    return edit
