"""One word for one thing: names that were given up stay out of identifiers (docs/architecture.md, Glossary)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path, PurePath

import pytest

from tests.harness.support.paths import ROOT

RETIRED = {
    "result, read, faulty or reported": "told",
    "fault": "lie lies misliving misbehaved",
    "source": "teller",
    "faulty": "telling",
    "scenario, or CaseServer": "stage stages",
    "fingerprint": "glance glances glimpsed outline",
    "cache": "screen screens",
    "collect": "gather gathers gathered",
    "served": "gave",
    "record": "sighting sightings sighted",
    "transient": "weather",
    "timeline": "story stories",
    "constraint": "weakness weaknesses",
    "spec": "demand demands",
    "satisfiable": "keepable",
    "realistic": "believable",
    "minimize": "simplest",
    "generated": "drawn",
    "verdicts": "ledger",
    "simulate": "rehearse rehearsed rehearsal",
    "missing or unexpected": "amiss",
    "exempt": "spares",
    "pool": "crew",
    "limit": "leash patience grace",
    "rate": "pace",
    "other_host": "strayed elsewhere somewhere towards",
    "other_file": "foreign",
    "mismatch": "departure",
    "rendered or with_evidence": "portrait portraits illustrated",
    "sanitize": "gate",
    "learned or lines": "lessons remarks",
    "judge": "court",
    "encoding": "spell spells spelling spellings spelled",
    "error or failure": "trouble troubles",
    "result or sender": "trail door doors",
    "exit_reason": "obituary",
    "template": "oneshot",
    "retried": "healed",
    "wrong_clients or breaks": "zoo wired",
    "commands": "talking",
    "probe": "probing probed",
    "run or day": "night nights",
    "chance": "luck unlucky",
    "other or wrong": "stranger strangers",
    "standalone or only": "alone",
    "run": "play plays played playing player",
    "new, next or second": "another",
}
"""What to say instead, and the words that nobody outside this project would look for."""

INSTEAD = {word: instead for instead, words in RETIRED.items() for word in words.split()}

PLAIN = {"alone", "another", "drawn", "elsewhere", "foreign", "gave", "night", "nights", "outline", "play", "played",
         "playing", "plays", "screen", "somewhere", "spelling", "telling", "trouble"}  # fmt: skip
"""Ordinary words, which may stand in the name of a test: that is a sentence."""

ALLOWED = {
    ("play", "recordings"): "VCR plays a cassette",
    ("played", "recordings"): "VCR plays a cassette",
}
"""A retired word, and the folder in which it has the meaning that everybody gives it."""

FOLDERS = ("hpp_contract", "tests", "benchmarks", "examples")
FILES = [ROOT / "conftest.py", *sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))]
PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def defined(source: str) -> Iterator[tuple[int, str]]:
    """Line and name of everything that a module defines: functions, classes, parameters, variables, attributes."""
    for node in ast.walk(ast.parse(source)):
        line = getattr(node, "lineno", 1)
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield line, name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield line, name
            case ast.alias(asname=str(name)) | ast.ExceptHandler(name=str(name)):
                yield line, name
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                yield line, name


def complaints(path: PurePath, source: str) -> list[str]:
    """What is said of the retired words in a module's path, relative to the repository, and in what it defines."""
    names = [*((1, part) for part in path.with_suffix("").parts), *defined(source)]
    return [
        f"{path.as_posix()}:{line}: {name}: `{part}` is retired, say {INSTEAD[part]}"
        for line, name in names
        for part in map(str.lower, PARTS.findall(name))
        if part in INSTEAD
        and not (name.startswith("test_") and part in PLAIN)
        and not any((part, folder) in ALLOWED for folder in path.parts)
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_retired_words(path: Path) -> None:
    """No part of a file's path, nor of a name that it defines, is a retired word."""
    found = complaints(path.relative_to(ROOT), path.read_text(encoding="utf-8"))
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "source",
    [
        "def told(): pass",
        "async def is_told(): pass",
        "class ToldHTTP: pass",
        "class HTTPTold: pass",
        "TOLD = 1",
        "_told2: int = 1",
        "def f(*, told): pass",
        "f = lambda told: 1",
        "def f(*told): pass",
        "self.told = 1",
        "for told in x: pass",
        "[told for told in x]",
        "with x as told: pass",
        "import x as told",
        "from x import y as told",
        "try: pass\nexcept X as told: pass",
        "(told := 1)",
        "match x:\n    case [told]: pass",
        "match x:\n    case [*told]: pass",
        "match x:\n    case {**told}: pass",
    ],
)
def test_every_definition_is_seen(source: str) -> None:
    """A retired word is found wherever a name is defined, in any case, as a part of a longer one."""
    (found,) = set(complaints(PurePath("hpp_contract/x.py"), source))
    assert found.endswith("`told` is retired, say result, read, faulty or reported")


@pytest.mark.parametrize("path", ["hpp_contract/told.py", "tests/harness/told/test_x.py", "hpp_contract/x/is_told.py"])
def test_paths_are_seen(path: str) -> None:
    """A retired word in the name of a folder or file is found."""
    assert len(complaints(PurePath(path), "")) == 1


def test_other_uses_are_free() -> None:
    """Words within words, uses of names, keys and texts are no definitions; a test's name may be a sentence."""
    source = "untold = believe = x.told(told=1)['told']  # told\ndef test_keyboard_alone_will_do(): pass"
    assert complaints(PurePath("hpp_contract/x.py"), source) == []
    assert complaints(PurePath("hpp_contract/x.py"), "def keyboard_alone(): pass")


def test_everything_allowed_is_needed() -> None:
    """Each exception is one that some file makes use of."""
    used = {
        (part, folder)
        for path in FILES
        for _, name in defined(path.read_text(encoding="utf-8"))
        for part in map(str.lower, PARTS.findall(name))
        for folder in path.parts
        if not (name.startswith("test_") and part in PLAIN)
    }
    assert set(ALLOWED) - used == set()
