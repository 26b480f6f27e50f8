"""What the guide for authors of clients shows in Python works, and what it shows of a report is what is printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.support.paths import ROOT

pytestmark = pytest.mark.process

GUIDE = (ROOT / "docs" / "sdk-authors.md").read_text(encoding="utf-8")


def shown(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with the guide's client in it."""
    [client] = re.findall(r"cat > shop.py <<'PY'\n(.*?)PY\n", GUIDE, re.DOTALL)
    (tmp_path / "shop.py").write_text(client, encoding="utf-8")
    return tmp_path


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT), str(folder)])
    environ = os.environ | {
        "PYTHONPATH": path,
        "COLUMNS": "100",
        "PYTEST_ADDOPTS": "",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, check=False, cwd=folder, env=environ, capture_output=True, text=True, timeout=60)


def pytest_in(folder: Path, *arguments: str) -> str:
    return python(folder, "pytest", "-p", "hpp_contract.plugin", "-p", "no:cacheprovider", *arguments).stdout


def test_contract_class(shop: Path) -> None:
    """The class of the guide is a whole test suite, whose tests are called as the guide says."""
    [code] = [block for block in shown("python") if "ClientContract" in block]
    (shop / "test_contract.py").write_text(code, encoding="utf-8")
    output = pytest_in(shop, "-k", "smoke or redirect-elsewhere", "-rf")
    assert "2 failed, 1 passed" in output
    assert "test_contract[HPP-A36-redirect-elsewhere]" in output


def test_fixture(shop: Path) -> None:
    """The test of the guide that uses the server passes."""
    [code] = [block for block in shown("python") if "hpp_server" in block]
    (shop / "test_paid.py").write_text(code, encoding="utf-8")
    assert "1 passed" in pytest_in(shop)


def test_suite_without_a_file(shop: Path) -> None:
    """The shown command judges a client without any file of its author's."""
    [command] = re.findall(r"^ +pytest (.*)$", GUIDE, re.MULTILINE)
    assert "1 passed" in pytest_in(shop, *command.split(), "-k", "smoke")


def test_verdicts(tmp_path: Path) -> None:
    """The client of the guide that only says a word is kept in every case, and judged by that word."""
    [code] = [block for block in shown("python") if '"answers"' in block]
    (tmp_path / "paid.py").write_text(code, encoding="utf-8")
    run = python(tmp_path, "hpp_contract", "client", "--python", "paid:read_session", "-v")
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"^ok +HPP-A40 ", run.stdout, re.MULTILINE)
    (tmp_path / "paid.py").write_text(code.replace('"open")}', '"paid")}'), encoding="utf-8")
    run = python(tmp_path, "hpp_contract", "client", "--python", "paid:read_session")
    assert run.returncode == 1
    assert "sessions get a wrong word (HPP-A40)" in run.stdout.splitlines()[1]


def test_declaration(shop: Path) -> None:
    """What the guide declares is understood, and judged as it says."""
    [code] = [block for block in shown("python") if '"fields"' in block]
    with (shop / "shop.py").open("a", encoding="utf-8") as client:
        client.write(code)
    run = python(
        shop, "hpp_contract", "client", "--python", "shop:read_session", "--only", "smoke,unknown-status", "-v"
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "HPP-A09 all-members-exposed  warned" in run.stdout
    assert re.search(r"not exercised +HPP-A18", run.stdout)


def test_shown_report_is_true(shop: Path) -> None:
    """The finding that the guide shows is printed just so, and what it counts is as many."""
    from hpp_contract.cases import CASES

    run = python(shop, "hpp_contract", "client", "--python", "shop:read_session")
    [finding] = shown("text")
    assert finding in run.stdout
    assert "one rule is broken, and three warn" in GUIDE
    assert "Contract broken: 1 rule" in run.stdout
    assert "1 broken, 3 warned" in run.stdout
    [cases] = re.findall(r"(\d+) situations", GUIDE)
    assert round(len(CASES), -1) == int(cases)
