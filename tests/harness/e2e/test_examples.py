"""The examples keep the contract, run by the very commands their README shows."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from hpp_contract.cases import CASES
from hpp_contract.cli.client import trusting
from hpp_contract.client import RunOptions, run
from hpp_contract.client.adapters.command import CommandAdapter
from hpp_contract.client.adapters.command_template import MARK, CommandTemplateAdapter
from hpp_contract.engine import Outcome, Subject
from hpp_contract.server.tls import throwaway
from tests.harness.support.paths import ROOT

FOLDER = ROOT / "examples"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
LIBRARIES = {"python-requests": "requests", "python-httpx-async": "httpx"}
EXTENSIONS = {"php-curl": "curl"}
PACKAGES = {"typescript-fetch": ("typescript", "@types/node")}
TOOLS = {"shell-curl": ("curl", "jq"), "kotlin-httpclient": ("java",)}
"""What an example needs beside the first word of each of its commands."""
BY_ENVIRONMENT = ("node-fetch", "typescript-fetch", "go-net-http", "csharp-httpclient", "shell-curl", "python-stdlib")
"""What the environment tells whom to trust; the others are told by `ca_file`."""
NOT_MET = {"HPP-R09", "HPP-R15", "HPP-A39", "HPP-A40"}
"""Rules about an Accept header, about Kustom's own hosts, and about clients without time-outs or with verdicts."""
LIMIT = 80
"""Lines of a client or an adapter: an example is read before it is run."""


@dataclass(frozen=True)
class Example:
    """What the README says about a folder: commands that prepare it, and the command of its adapter."""

    name: str
    steps: tuple[str, ...]
    adapter: str


def shown() -> list[Example]:
    """Every example that the README shows."""
    found = []
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL):
        *steps, last = block.splitlines()
        if command := re.fullmatch(r'hpp-contract client --command "(.*)"', last):
            name = re.findall(r"(?:examples|build)/([a-z-]+)", command[1])[0]
            found.append(Example(name, tuple(steps), command[1]))
    return found


def missing(example: Example) -> str | None:
    """What has to be installed before this example can be run."""
    tools = [shlex.split(line)[0] for line in (*example.steps, example.adapter)]
    tools = [tool for tool in tools if tool != "python3" and not tool.startswith("build/")]
    if absent := [tool for tool in (*tools, *TOOLS.get(example.name, ())) if shutil.which(tool) is None]:
        return absent[0]
    packages = [name for name in PACKAGES.get(example.name, ()) if not (ROOT / "node_modules" / name).exists()]
    if packages:
        return f"the npm package {packages[0]}"
    library, extension = LIBRARIES.get(example.name), EXTENSIONS.get(example.name)
    if library and importlib.util.find_spec(library) is None:
        return f"the Python package {library}"
    if extension:
        asked = ["php", "-r", f"exit((int) !extension_loaded('{extension}'));"]
        return f"PHP's extension {extension}" if subprocess.run(asked, check=False).returncode else None
    return None


@pytest.mark.process
@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("example", shown(), ids=lambda example: example.name)
def test_example_keeps_the_contract(
    example: Example, secure: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An example breaks and warns of nothing in any case, over http and https, and leaves no rule unexercised but those
    about what it does not do."""
    if what := missing(example):
        pytest.skip(f"{what} is not installed here: NOTHING was checked of examples/{example.name}")
    monkeypatch.chdir(ROOT)
    steps, adapter = (text.replace("build/", f"{tmp_path}/") for text in ("\n".join(example.steps), example.adapter))
    subprocess.run(["sh", "-ec", steps], check=True)
    words = [sys.executable if word == "python3" else word for word in shlex.split(adapter)]
    cases, command = tuple(CASES.values()), shlex.join(words)
    adapter_class: type[CommandAdapter | CommandTemplateAdapter] = (
        CommandTemplateAdapter if MARK in command else CommandAdapter
    )
    trusted = throwaway(tmp_path) if secure else None
    options = RunOptions(extra_adapters=1, all=MARK in command, tls=trusted)
    with trusting(trusted if example.name in BY_ENVIRONMENT else None):
        report = run(cases, lambda: adapter_class(command), Subject("client", example.name), options)
    counted = {v.rule.id: v.findings for v in report.rules if v.rule.severity != "info"}
    assert {name: findings for name, findings in counted.items() if findings} == {}
    assert {v.rule.id for v in report.rules if v.outcome is Outcome.NOT_EXERCISED} <= NOT_MET
    assert {v.outcome for v in report.rules} <= {Outcome.OK, Outcome.NOT_EXERCISED}


def test_every_folder_is_shown() -> None:
    """The README says of every example how it is run."""
    folders = {path.name for path in FOLDER.iterdir() if path.is_dir()}
    assert {example.name for example in shown()} == folders
    assert len(folders) >= 6


def test_examples_are_short() -> None:
    """No client and no adapter is longer than a reader's patience."""
    sources = [path for path in FOLDER.glob("*/*") if path.is_file() and path.stem != "Json"]
    assert {
        path.name: count for path in sources if (count := len(path.read_text(encoding="utf-8").splitlines())) >= LIMIT
    } == {}
