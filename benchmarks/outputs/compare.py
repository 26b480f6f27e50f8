"""Comparing two recordings: what is structural first and loudly, then the wording, most frequent first, then files.

An output becomes a list of atoms: lines of a text; tags, attributes and lines of markup; members of JSON. What
replaces another is wording where both are sentences with the same rule ids, numbers and outcomes in them; all else is
structural.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, Final, NamedTuple

WORDED: Final = frozenset(
    {
        *("advice", "answer", "description", "evidence", "example", "expected", "found", "known_failing", "message"),
        *("note", "notes", "problems", "question", "reason", "says", "text", "title", "unverified"),
        *("alt", "content", "aria-label"),
    }
)
"""Members of our JSON files, and attributes of our markup, whose texts are sentences for a person."""

_TALK: Final = ("stdout", "stderr", ".md", ".txt", "log")
_MARKS: Final = re.compile(r"HPP-[A-Z]\d\d|\b\d+\b|\b(?:broken|warned)\b")
_TAG: Final = re.compile(r"<[^>]*>", re.DOTALL)
_ATTRIBUTE: Final = re.compile(r'([\w:-]+)="([^"]*)"')


class Atom(NamedTuple):
    """A text, the place it has in a document, and whether it is a sentence."""

    text: str
    place: str = ""
    is_sentence: bool = False


@dataclass(frozen=True)
class Difference:
    """What became of a text, and whether that is more than wording."""

    structural: bool
    before: str
    after: str
    place: str = ""

    def __str__(self) -> str:
        return f"{self.place}{': ' * bool(self.place)}{self.before or '(nothing)'} → {self.after or '(nothing)'}"


def compare(before: Path, after: Path, say: Callable[[str], None] = print) -> int:
    """Say what differs; returns 1 when something structural does, else 0."""
    counts: Counter[Difference] = Counter()
    first: dict[Difference, str] = {}
    files: list[str] = []
    sides = [side / "outputs" for side in (before, after)]
    names = sorted({path.relative_to(side).as_posix() for side in sides for path in side.rglob("*") if path.is_file()})
    for name in names:
        if found := list(_compared(sides[0] / name, sides[1] / name)):
            files.append(f"  {'STRUCTURAL' if any(one.structural for one in found) else 'wording   '}  {name}")
        counts.update(found)
        first = dict.fromkeys(found, name) | first
    lines: dict[bool, list[str]] = {True: [], False: []}
    for difference, count in counts.most_common():
        lines[difference.structural].append(f"{count:6} ×  {difference}   [{first[difference]}]")
    if lines[True]:
        say("\n".join([f"!!! STRUCTURAL: {len(lines[True])} differences that are more than wording", *lines[True]]))
    say("\n".join([f"Wording: {len(lines[False])} substitutions", *lines[False]]))
    say("\n".join([f"Files: {len(names) - len(files)} identical, {len(files)} different", *files]))
    return int(bool(lines[True]))


def _compared(before: Path, after: Path) -> Iterator[Difference]:
    """The differences of one output, which may be missing on one side."""
    there = ["recorded" if path.exists() else "missing" for path in (before, after)]
    if "missing" in there:
        yield Difference(True, there[0], there[1], "file")
    elif (old := before.read_text(encoding="utf-8")) != (new := after.read_text(encoding="utf-8")):
        found = list(differences(atoms(before.name, old), atoms(after.name, new)))
        yield from found or [Difference(True, "bytes", "other bytes", "equal in meaning")]


def atoms(name: str, text: str) -> list[Atom]:
    """The atoms of an output, by the name of its file."""
    if name.endswith((".json", ".jsonl")):
        try:
            values = [json.loads(line) for line in (text.splitlines() if name.endswith("l") else [text])]
        except ValueError:
            values = [text]
        return [atom for value in values for atom in _members(value)]
    if name.endswith((".html", ".xml", ".svg")):
        return list(_markup(text))
    return [Atom(line, "EXIT CODE" * (name == "exit"), name.endswith(_TALK)) for line in text.splitlines()]


def _members(value: Any, path: tuple[str, ...] = ()) -> Iterator[Atom]:
    """A JSON value, member by member. List items have no number in their path, so that equal differences count."""
    if isinstance(value, dict | list) and value:
        for name, inner in value.items() if isinstance(value, dict) else (("*", inner) for inner in value):
            yield from _members(inner, (*path, name))
    else:
        member = next((name for name in reversed(path) if name != "*"), "")
        text = json.dumps(value, ensure_ascii=False)
        yield Atom(text, "/".join(path) or "(document)", isinstance(value, str) and member in WORDED)


def _markup(text: str) -> Iterator[Atom]:
    at = 0
    for tag in _TAG.finditer(text):
        yield from (Atom(line, "", True) for line in text[at : tag.start()].splitlines() if line.strip())
        yield Atom(_ATTRIBUTE.sub("", tag[0]))
        yield from (Atom(value, f"@{name}", name in WORDED) for name, value in _ATTRIBUTE.findall(tag[0]))
        at = tag.end()
    yield from (Atom(line, "", True) for line in text[at:].splitlines() if line.strip())


def differences(old: list[Atom], new: list[Atom]) -> Iterator[Difference]:
    """What replaces what: one by one where there are equally many, else as one paragraph, which may be wrapped anew."""
    for left, right in _replaced(old, new):
        pairs = zip(left, right, strict=True) if len(left) == len(right) else ()
        yield from (_difference([one], [other]) for one, other in pairs if one != other)
        if len(left) != len(right):
            yield _difference(left, right)


def _replaced(old: list[Atom], new: list[Atom]) -> Iterator[tuple[list[Atom], list[Atom]]]:
    """Parts that stand in each other's place. Finding these takes long in a long document, so it is done only where the
    documents differ in length, and not for what both begin and end with."""
    if len(old) == len(new):
        yield old, new
        return
    shorter = min(len(old), len(new))
    start = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    end = next((at for at in range(shorter - start) if old[-at - 1] != new[-at - 1]), shorter - start)
    old, new = old[start : len(old) - end], new[start : len(new) - end]
    for what, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what != "equal":
            yield old[i:j], new[k:m]


def _difference(left: list[Atom], right: list[Atom]) -> Difference:
    places = list(dict.fromkeys(atom.place for atom in (*left, *right)))
    before, after = (" ".join(" ".join(atom.text for atom in side).split()) for side in (left, right))
    sentences = all(atom.is_sentence for atom in (*left, *right)) and bool(before) is bool(after) and len(places) == 1
    wording = sentences and Counter(_MARKS.findall(before)) == Counter(_MARKS.findall(after))
    if before == after:  # only spaces differ
        before, after = (repr([atom.text for atom in side]) for side in (left, right))
    return Difference(not wording, *_shortened(before.split(" "), after.split(" ")), " | ".join(places))


def _shortened(before: list[str], after: list[str]) -> tuple[str, str]:
    """The words that differ, with one before and one after them where there are."""
    shorter = min(len(before), len(after))
    start = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    end = next((at for at in range(shorter - start) if before[-at - 1] != after[-at - 1]), shorter - start)
    first, last = max(0, start - 1), max(0, end - 1)
    return " ".join(before[first : len(before) - last]), " ".join(after[first : len(after) - last])
