"""Recording: freeze what commands are given, run every job in a checkout, keep what each said and wrote."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks.outputs.plan import Facts, Job, chains

HARNESS: Final = "tests/harness"
WRONG: Final = f"{HARNESS}/integration/client/wrong_clients"
_FOLDERS: Final = {
    "recordings": f"{HARNESS}/support/recordings",
    "cassettes": "cassettes",
    "examples": "examples",
    "pages": f"{HARNESS}/unit/drift/pages",
    WRONG: WRONG,
}
_NOT_COPIED: Final = shutil.ignore_patterns("__pycache__", "make", "node_modules", "test_*", ".*")

_CLIENTS: Final = f'''"""Every client, made: `--python clients:NAME`."""
import importlib, inspect, pathlib
import tests.harness.support.sample_clients as sample
from {WRONG.replace("/", ".")} import declare
WRONG, KEPT = {{}}, []
for path in [pathlib.Path("sample.py"), *sorted(pathlib.Path(declare.__file__).parent.glob("*[!_].py"))]:
    module = sample if path.stem == "sample" else importlib.import_module(f"{WRONG.replace("/", ".")}.{{path.stem}}")
    for name, kind in inspect.getmembers(module, inspect.isclass):
        if issubclass(kind, sample.Client) and kind.__module__ == module.__name__:
            globals()[name] = kind()
            if kind in declare.BUGS:
                WRONG[name] = declare.BUGS[kind].cases
            elif path.stem == "conforming":
                KEPT.append(name)
'''
_VALUES: Final = """
import importlib, inspect, json, sys
print("from datetime import UTC, datetime, timedelta")
for module, name in json.loads(sys.argv[1]):
    value = getattr(importlib.import_module(module), name)
    print(inspect.getsource(value) if inspect.isfunction(value) else f"{name} = {value!r}")
"""
_COMMAND: Final = "import sys; from hpp_contract.cli import main; main(sys.argv[1:])"

_VARIES: Final = (
    (r"(127\.0\.0\.1|localhost)(:|&#58;)\d{4,5}\b", r"\1\2PORT"),
    (r"\bPort \d{4,5}\b", "Port PORT"),
    (r"\bin \d+\.\d s\b", "in TIME"),  # generated sessions
    (r" at 0x[0-9a-f]{6,}", " at ADDRESS"),
)
_LIVE: Final = (
    (r"\b(at|after) \d+(?:\.\d+)? m?s\b", r"\1 TIME"),
    (r">\d+(?:\.\d+)? m?s<", ">TIME<"),
    (r"2026-11-22T12:00:\d\d\.\d{9}Z", "2026-11-22T12:00:TIMEZ"),
    (r'\b(c?x[12]?|width)="[\d.]+%"', r'\1="TIME%"'),
)
"""What pages and cassettes say of the time since a probe began."""

_SHORT: Final = r"\b[0-9a-f]{8}…[0-9a-f]{4}\b"
_GUARD: Final = re.compile(r"::stop-commands::([0-9a-f]{16,})")
_RANDOM: Final = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b")
"""A UUID of the version that is made at random: correlation ids, orders and sessions of the sandbox."""


def record(to: Path, checkout: Path, inputs: Path | None = None, also: Path | None = None) -> None:
    """Record `checkout` into the new folder `to`. Without the `inputs` of an earlier recording they are frozen from the
    checkout, with the recordings in `also`."""
    to.mkdir(parents=True)
    if inputs is None:
        freeze(checkout, to / "inputs", also)
    else:
        shutil.copytree(inputs, to / "inputs")
    with tempfile.TemporaryDirectory(prefix="outputs-") as place:
        work = Path(place).resolve()
        shutil.copytree(to / "inputs", work / "inputs")
        jobs = [job for chain in json.loads((work / "inputs/jobs.json").read_text("utf-8")) for job in chain]
        for job in jobs:
            _prepare(job, work)
        driver = (str(Path(__file__).with_name("driver.py")), str(work / "inputs/jobs.json"), str(work))
        with (to / "log").open("w", encoding="utf-8") as log:
            _python(checkout, *driver, cwd=work, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        places = {str(work): "<work>", str(checkout): "<checkout>", str(Path(sys.executable).parent): "<python>"}
        known = frozenset(uuid for path in _files(to / "inputs") for uuid in _RANDOM.findall(_text(path.read_bytes())))
        for job in jobs:
            _keep(job, work, to / "outputs", partial(normal, job=job, places=places, known=known))


def freeze(checkout: Path, folder: Path, also: Path | None = None) -> None:
    """Make the folder of inputs from a checkout. Its clients import nothing but each other: what they need of the
    project is written down as values."""
    for name, source in _FOLDERS.items():
        shutil.copytree(checkout / source, folder / name, ignore=_NOT_COPIED)
    if also is not None:
        shutil.copytree(also, folder / "also", ignore=_NOT_COPIED)
    (folder / HARNESS / "support").mkdir()
    shutil.copy(checkout / HARNESS / "support/sample_clients.py", folder / HARNESS / "support")
    needs: set[tuple[str, str]] = set()
    for path in (folder / "tests").rglob("*.py"):
        text, names = self_contained(path.read_text(encoding="utf-8"))
        path.write_text(text, encoding="utf-8")
        needs |= names
    values = _python(checkout, "-c", _VALUES, json.dumps(sorted(needs)), stdout=subprocess.PIPE)
    (folder / "values.py").write_text(values, encoding="utf-8")
    (folder / "clients.py").write_text(_CLIENTS, encoding="utf-8")
    jobs = chains(_facts(checkout, folder), folder)
    (folder / "jobs.json").write_text(json.dumps(jobs, indent=1) + "\n", encoding="utf-8")


def self_contained(text: str) -> tuple[str, set[tuple[str, str]]]:
    """A module of clients that imports from no other part of the project; and the (module, name) it has of those."""
    own = (WRONG.replace("/", "."), "tests.harness.support.sample_clients")
    lines, needs = text.splitlines(), set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("hpp_contract", "tests")):
            module = str(node.module)
            if not module.startswith(own):
                needs |= {(module, alias.name) for alias in node.names}
                lines[node.lineno - 1] = lines[node.lineno - 1].replace(module, "values")
    return "\n".join(lines) + "\n", needs


def _facts(checkout: Path, folder: Path) -> Facts:
    """The names of everything there is, by the command line."""

    def said(*arguments: str) -> str:
        return _python(checkout, "-c", _COMMAND, *arguments, stdout=subprocess.PIPE)

    scenarios, _, faults = said("serve", "--list").partition("Faults")
    show = f"import sys, json; sys.path.insert(0, {str(folder)!r}); import clients"
    wrong, kept = json.loads(
        _python(checkout, "-c", f"{show}; print(json.dumps([clients.WRONG, clients.KEPT]))", stdout=subprocess.PIPE)
    )
    return Facts(
        commands=re.findall(r"^  ([a-z]+) +\S", said("--help").partition("Commands:")[2], re.MULTILINE),
        rules=sorted(set(re.findall(r"HPP-[A-Z]\d\d", said("rules")))),
        sessions={name: uuid for uuid, name in re.findall(r"^  ([\w-]{36})  ([\w-]+)", scenarios, re.MULTILINE)},
        faults=dict(re.findall(r"^  [\w-]{36}  ([\w-]+) .* on ([\w-]+)$", faults, re.MULTILINE)),
        wrong=wrong,
        kept=kept,
    )


def _python(checkout: Path, *arguments: str, cwd: Path | None = None, **more: Any) -> str:
    """Run Python in a checkout, with an environment that says nothing of this machine; its output, where asked for."""
    home = str(cwd or checkout)
    environ = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "HOME": home, "TMPDIR": home,
        "PYTHONPATH": str(checkout), "PYTHONUTF8": "1", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONSAFEPATH": "1", "LC_ALL": "C.UTF-8", "TZ": "UTC",
        "COLUMNS": "1000",  # a line that is wrapped in another place would be a difference
    }  # fmt: skip
    command = [sys.executable, *arguments]
    return str(subprocess.run(command, env=environ, cwd=home, text=True, check=True, **more).stdout)


def _prepare(job: Job, work: Path) -> None:
    """Make the files that a job finds in its room."""
    room = work / "rooms" / job["room"]
    room.mkdir(parents=True, exist_ok=True)
    for name, text in job.get("files", {}).items():
        (room / name).write_text(text, encoding="utf-8")
    for name, source in job.get("copies", {}).items():
        shutil.copytree(work / "inputs" / source, room / name)
    for name, old, new in job.get("edits", []):
        text = (room / name).read_text(encoding="utf-8")
        if old not in text:
            raise ValueError(f"{name} does not hold {old!r}: the edit would change nothing")
        (room / name).write_text(text.replace(old, new), encoding="utf-8")


def _keep(job: Job, work: Path, outputs: Path, normalize: Callable[[str], str]) -> None:
    """Copy what a job said and wrote, normalized; of many files the hashes alone."""
    source, target, hashes = work / "said" / job["name"], outputs / job["name"], []
    for path in _files(source):
        name = path.relative_to(source)
        if job.get("hashed") and name.parts[0] == "files":
            hashes.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n")
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text(normalize(_text(path.read_bytes())), encoding="utf-8", newline="")
    if hashes:
        (target / "hashes").write_text("".join(hashes), encoding="utf-8")


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _text(content: bytes) -> str:
    return content.decode("utf-8", "backslashreplace")


def normal(text: str, job: Job, places: dict[str, str], known: frozenset[str]) -> str:
    """A text as it is in every run: what honestly varies, and nothing else, becomes a word. Random UUIDs, `known` ones
    excepted, become numbers in the order in which the text has them, so that equal ones can still be seen."""
    for place, name in places.items():
        text = text.replace(place, name)
    made = ((_SHORT, "RANDOM-ID"),) if job.get("made") else ()
    for pattern, instead in (*_VARIES, *(_LIVE if job.get("live") else ()), *made):
        text = re.sub(pattern, instead, text)
    for token in set(_GUARD.findall(text)):
        text = text.replace(token, "TOKEN")
    met: dict[str, str] = {uuid: uuid for uuid in known}
    return _RANDOM.sub(lambda found: met.setdefault(found[0], f"RANDOM-UUID-{len(met) - len(known) + 1}"), text)
