"""The sandbox's guide: what it shows works as shown, and what it says there is is there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hpp_contract.probe.open_questions import learned
from hpp_contract.rules import CATALOGUE
from hpp_contract.server import Sandbox, Server
from hpp_contract.server.sandbox.callbacks import ANSWER_LIMIT_S, DELAYS_S
from hpp_contract.server.sandbox.limits import PLAYGROUND
from tests.harness.support.paths import ROOT

GUIDE = ROOT / "docs" / "sandbox.md"


def guide() -> str:
    return " ".join(GUIDE.read_text(encoding="utf-8").split())


@pytest.mark.process
@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="bash or curl is not on the path")
def test_shown_checkout_works(tmp_path: Path) -> None:
    """The checkout that the guide shows goes from WAITING by IN_PROGRESS to COMPLETED."""
    (script,) = re.findall(r"```bash\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    with Server(sandbox=Sandbox()) as server:
        script = "set -eu\n" + script.replace("http://127.0.0.1:8080", server.url)
        done = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert re.findall(r'"status": "(\w+)"', done.stdout) == ["WAITING", "IN_PROGRESS", "COMPLETED"]
    assert "klarna_reference" in done.stdout
    assert "<h1>Pay 100.00 SEK</h1>" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_numbers_are_right() -> None:
    """Limits, patience and pauses are those of the code."""
    delays = "{:.0f}, {:.0f} and {:.0f} seconds".format(*DELAYS_S)
    assert delays in guide()
    assert f"{ANSWER_LIMIT_S:.0f} seconds to answer" in guide()
    assert f"{PLAYGROUND['create session']} sessions created and {PLAYGROUND['other']} other requests" in guide()


def test_questions_are_listed() -> None:
    """Every question that a run asks is in the guide; those about errors in one line."""
    for question, _ in learned(()):
        assert question in guide() or question.startswith("What does a 40")


def test_shown_fault_exists() -> None:
    """The fault of the example applies to the scenario that the guide names."""
    scenarios = {fault.name: fault.scenario for rule in CATALOGUE for fault in rule.faults}
    assert scenarios["answers-202"] == "in-progress"
