"""`python -m benchmarks.variations CHECKOUT [RULE…]`: what an older version says of everything that the rules know is
honest, or these rules.

Each variation of the catalogue is served by this version, or written as a recording, and judged by the commands of
both, each in the `.venv` of its checkout. The table has the exit code of each: 1 says that the contract is broken, a
false alarm about what is honest.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final

from hpp_contract.cases.scenarios import CREDENTIALS, SCENARIOS, session_id
from hpp_contract.engine.edits import knowing
from hpp_contract.engine.fault import Variation
from hpp_contract.model import Exchange, Instant
from hpp_contract.model.instant import SECOND
from hpp_contract.privacy.scrub import Scrubber
from hpp_contract.rules import CATALOGUE
from hpp_contract.server import Server, simulate_server
from tests.harness.support.recording_tools import as_line

HERE: Final = Path(__file__).resolve().parent.parent
POLLS: Final = 3


def main(arguments: Sequence[str]) -> None:
    """Print the table, and how many are false alarms of each version."""
    old = Path(arguments[0]).resolve()
    rules = [rule for rule in CATALOGUE if rule.id in arguments[1:] or not arguments[1:]]
    pairs = [(rule, each) for rule in rules for each in rule.variations if each.source != "adapter"]
    alarms: Counter[str] = Counter()
    with ThreadPoolExecutor(2) as pool:
        for (rule, variation), codes in zip(pairs, pool.map(lambda pair: _codes(pair[1], old), pairs), strict=True):
            then, now = codes
            alarms += Counter(then=then == 1, now=now == 1)
            print(f"{rule.id}  {variation.name:<44} then {then}  now {now}", flush=True)
    print(
        f"{len(pairs)} honest variations: {alarms['then']} held broken by {old.name}, {alarms['now']} by this version"
    )


def _codes(variation: Variation, old: Path) -> tuple[int, int]:
    """What both versions end with."""
    if variation.source == "server":
        return _served(variation, old), _served(variation, HERE)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "log.ndjson"
        file.write_text("".join(f"{as_line(each)}\n" for each in _recorded(variation)), "utf-8")
        return _run(old, "recording", str(file)), _run(HERE, "recording", str(file))


def _served(variation: Variation, checkout: Path) -> int:
    scenario = variation.scenario if variation.scenario in SCENARIOS else "waiting"
    with Server([variation]) as server:
        ids = ["--session-id", session_id(scenario), "--session-id", session_id("lifecycle-paid")]
        return _run(checkout, "endpoint", server.url, *ids, "--polls", str(POLLS))


def _recorded(variation: Variation) -> tuple[Exchange, ...]:
    """Three reads, a second apart, as our recorder keeps them: what a client does before that, what another recorder
    does after it."""
    honest = simulate_server(variation.scenario, POLLS)
    apart = [replace(x, at=Instant(x.at.ns + n * SECOND, 9)) for n, x in enumerate(honest) if x.at is not None]
    scrub, recorded = Scrubber(CREDENTIALS.secrets), variation.recorded or tuple
    if variation.source == "client":
        return tuple(map(_kept, map(scrub, recorded(tuple(map(variation, apart))))))
    reads = enumerate(map(_kept, map(scrub, apart)))
    return recorded(tuple(variation(x) if variation.applies(variation.scenario, n) else x for n, x in reads))


def _kept(exchange: Exchange) -> Exchange:
    """With its provenance, and without what only its observer knew."""
    known = {"credentials": None, "session": None, "base_path": None, "recorded": True, "provenance": "embedded"}
    return knowing(**known)(exchange)


def _run(checkout: Path, *arguments: str) -> int:
    given = {
        "PYTHONPATH": str(checkout),
        "HPP_API_KEY": CREDENTIALS.api_key,
        "HPP_USERNAME": CREDENTIALS.username or "",
    }
    needed = given if arguments[0] == "endpoint" else {"PYTHONPATH": str(checkout)}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HPP_")}
    own = checkout / ".venv" / "bin" / "python"  # an older version may need what this one does without
    command = [str(own) if own.exists() else sys.executable, "-m", "hpp_contract", *arguments]
    done = subprocess.run(command, env={**kept, **needed}, cwd="/", capture_output=True, timeout=120, check=False)
    return done.returncode


if __name__ == "__main__":
    main(sys.argv[1:])
