"""Trials: the endpoints every tool is held against. Each is the embedded server with one fault, with an
honest peculiarity, or with neither. How a tool is run against one is not said here.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

from benchmarks.detection.drift import DRIFT
from benchmarks.detection.honest import HONEST
from hpp_contract.cases.scenarios import CREDENTIALS, Scenario, session_id
from hpp_contract.engine.fault import Fault
from hpp_contract.rules import CATALOGUE
from hpp_contract.server import Server
from hpp_contract.spec.schema_files import SHAPES

Group = Literal["plain", "catalogue", "drift", "honest"]
Extent = Literal["quick", "usual", "all"]

SESSIONS: Final = tuple(session_id(shape) for shape in SHAPES)
"""The session ids every tool is given: one for each documented shape."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One endpoint: `faults` are what it does wrong, `served` the sessions it serves in another way."""

    name: str
    group: Group
    faults: tuple[Fault, ...] = ()
    served: Mapping[str, Scenario] = field(default_factory=lambda: MappingProxyType({}))

    def serve(self) -> AbstractContextManager[Server]:
        """The endpoint, fresh: nobody has polled it yet."""
        return Server(self.faults, credentials=CREDENTIALS, served=self.served)


PLAIN: Final = Trial("the reference endpoint", "plain")

RULE_OF: Final[Mapping[str, str]] = MappingProxyType(
    {fault.name: rule.id for rule in CATALOGUE for fault in rule.faults if fault.source == "server"}
)
"""The id of the rule that each fault of the catalogue is declared beside."""

_DRIFT: Final = tuple(Trial(name, "drift", faults) for name, faults in DRIFT.items())
_HONEST: Final = tuple(Trial(name, "honest", faults, served) for name, (faults, served) in HONEST.items())


def chosen(extent: Extent) -> tuple[Trial, ...]:
    """The reference endpoint, then faults, then what is honest. Of the catalogue's faults: the first of each rule that
    an endpoint can break; `all` of them; or, `quick`, every sixth of those first, and of the others."""
    per_rule = 100 if extent == "all" else 1
    catalogue = tuple(
        Trial(fault.name, "catalogue", (fault,))
        for rule in CATALOGUE
        for fault in [fault for fault in rule.faults if fault.source == "server"][:per_rule]
    )
    step = 6 if extent == "quick" else 1
    return (PLAIN, *catalogue[::step], *_DRIFT[::step], *_HONEST)
