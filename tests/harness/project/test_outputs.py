"""The tool that compares all outputs of two commits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.outputs.compare import atoms, compare, differences
from benchmarks.outputs.plan import CHAINS, Facts, chains
from benchmarks.outputs.record import WRONG, normal, record, self_contained
from tests.harness.support.paths import ROOT

REPORT = {"exit_code": 1, "rules": [{"id": "HPP-S05", "outcome": "broken", "findings": [{"found": "no such word"}]}]}


def compared(folder: Path, before: dict[str, str], after: dict[str, str]) -> tuple[int, str]:
    """The exit code, and what is said, of comparing two recordings with these outputs."""
    for side, files in (("before", before), ("after", after)):
        for name, text in files.items():
            path = folder / side / "outputs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    said: list[str] = []
    return compare(folder / "before", folder / "after", said.append), "\n".join(said)


def test_equal_recordings_are_equal(tmp_path: Path) -> None:
    """Two equal recordings differ in nothing."""
    files = {"x/exit": "0\n", "x/stdout": "kept\n"}
    assert compared(tmp_path, files, files) == (0, "Wording: 0 substitutions\nFiles: 2 identical, 0 different")


def test_wording_is_counted(tmp_path: Path) -> None:
    """The same substitution in many files is one line with a count, and fails nothing."""
    before = {f"{number}/stdout": f"Rule {number} says: Not exercised here.\n" for number in range(3)}
    after = {name: text.replace("Not exercised", "Not tested") for name, text in before.items()}
    code, said = compared(tmp_path, before, after)
    assert code == 0
    assert "     3 ×  Not exercised here. → Not tested here.   [0/stdout]" in said
    assert "STRUCTURAL" not in said


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("exit", "0\n", "1\n"),
        ("stdout", "58 ok, 1 broken\n", "58 ok, 2 broken\n"),
        ("stdout", "HPP-S05 is kept\n", "HPP-S06 is kept\n"),
        ("stdout", "one\n", "one\ntwo\n"),
        ("files/waiting.yaml", "note: a\n", "note: b\n"),
        ("hashes", "ab  vectors/x.json\n", "cd  vectors/x.json\n"),
        ("files/report.xml", '<testcase name="a"/>', '<testcase name="b"/>'),
        ("files/report.html", "<p>text<br>", "<b>text<br>"),
        ("files/report.json", json.dumps(REPORT), json.dumps(REPORT, indent=1)),
        ("files/report.json", json.dumps(REPORT), json.dumps({**REPORT, "exit_code": 3})),
        ("files/report.json", json.dumps(REPORT), json.dumps(dict(reversed(REPORT.items())))),
        ("files/history.jsonl", "{}\n", "{}\n{}\n"),
        ("files/report.json", "{", "}"),
    ],
)
def test_structure_is_said_first(name: str, before: str, after: str, tmp_path: Path) -> None:
    """Another exit code, number, rule, line, tag, byte of a data file or JSON value fails, and is said first."""
    code, said = compared(tmp_path, {f"x/{name}": before}, {f"x/{name}": after})
    assert code == 1
    assert said.startswith("!!! STRUCTURAL: ")
    assert f"STRUCTURAL  x/{name}" in said


def test_missing_output_is_structural(tmp_path: Path) -> None:
    """A command that no longer writes a file is more than wording."""
    code, said = compared(tmp_path, {"x/stdout": "", "x/exit": "0"}, {"x/stdout": ""})
    assert code == 1
    assert "file: recorded → missing   [x/exit]" in said


@pytest.mark.parametrize(
    ("change", "structural"),
    [
        ({"found": "a word that nobody knows"}, False),
        ({"found": "no such word, 2 times"}, True),
        ({"found": None}, True),
        ({"id": "HPP-S06"}, True),
        ({"outcome": "warned"}, True),
        ({"findings": []}, True),
        ({"severity": "must"}, True),
    ],
)
def test_json_by_member(change: dict[str, Any], structural: bool) -> None:
    """In JSON the sentences of findings are wording; members, ids, outcomes, counts and numbers are structure."""
    old = {"id": "HPP-S05", "outcome": "broken", "findings": ["x"], "found": "no such word"}
    sides = [atoms("x.json", json.dumps(value)) for value in (old, old | change)]
    assert {each.structural for each in differences(*sides)} == {structural}


def test_sentences_in_markup_are_wording() -> None:
    """The text between tags, and messages in attributes, are wording."""
    old, new = '<failure message="was not so"><p>It was.</p>', '<failure message="was different"><p>It is.</p>'
    assert [each.structural for each in differences(atoms("x.xml", old), atoms("x.xml", new))] == [False, False]


def test_paragraph_that_is_wrapped_anew_is_wording() -> None:
    """Lines that replace each other are one paragraph, however many they are."""
    old, new = "a rule that\nnobody broke\n", "a rule that was kept by\nwhoever came\nby\n"
    assert [each.structural for each in differences(atoms("stdout", old), atoms("stdout", new))] == [False]


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("See more of the old here", "See more of the new here", "the old here → the new here"),
        ("See more", "See", "See more → See"),
        ("See", "", "See → (nothing)"),
        ("a  b", "a b", "['a  b'] → ['a b']"),
    ],
)
def test_difference_shows_the_words_that_differ(old: str, new: str, shown: str) -> None:
    """Of a long sentence, what differs is shown with a word of context."""
    assert str(next(differences(atoms("stdout", old), atoms("stdout", new)))) == shown


def test_only_what_varies_is_normalized() -> None:
    """Ports, addresses, folders and random ids become words; numbers and ids that are known stay."""
    known, new, other = (f"{digit * 8}-bafd-4111-8111-39a1c773bafd" for digit in "123")

    def normalized(text: str, **job: bool) -> str:
        return normal(text, job, {"/x/y/z": "<work>"}, frozenset((known,)))

    assert normalized("http://127.0.0.1:40001/hpp <f at 0x7f00aa00>") == "http://127.0.0.1:PORT/hpp <f at ADDRESS>"
    assert normalized("/x/y/z/rooms 12345 poll 2") == "<work>/rooms 12345 poll 2"
    assert normalized(f"{known} {new} {other} {new}") == f"{known} RANDOM-UUID-1 RANDOM-UUID-2 RANDOM-UUID-1"
    assert normalized(f"::stop-commands::{'ab' * 16}\n::{'ab' * 16}::") == "::stop-commands::TOKEN\n::TOKEN::"
    assert normalized("at 12.5 ms, 9674c0b6…d437") == "at 12.5 ms, 9674c0b6…d437"
    assert normalized("at 12.5 ms, 9674c0b6…d437", live=True, made=True) == "at TIME, RANDOM-ID"


def test_frozen_clients_are_self_contained() -> None:
    """What wrong clients import from each other stays, what they import from the project becomes a value."""
    dotted = WRONG.replace("/", ".")
    own, other = f"from {dotted}.declare import breaks\n", "from hpp_contract.a import B\n"
    assert self_contained(own + other) == (f"{own}from values import B\n", {("hpp_contract.a", "B")})


def test_every_output_has_a_name_of_its_own(tmp_path: Path) -> None:
    """No two commands keep their outputs in one place, or one within the other's; a chain is one list in one room."""
    sessions = {name: name for name in ("waiting", "completed-with-order", "in-progress")}
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "x.har").touch()
    facts = Facts(["endpoint"], ["HPP-S05"], sessions, {"answers-202": "waiting"}, {"Wrong": ["smoke"]}, ["Kept"])
    found = chains(facts, tmp_path)
    names = [each["name"] for chain in found for each in chain]
    assert len(names) == len(set(names)) > 100
    assert not [name for name in names if any(name.startswith(f"{other}/") for other in names)]
    assert [{each["room"] for each in chain} for chain in found[: len(CHAINS)]] == [{name} for name in CHAINS]
    fault = next(each for chain in found for each in chain if each["name"] == "fault/answers-202")
    assert fault["serve"] == ["--fault", "answers-202"]
    assert fault["environ"]["HPP_SESSION_IDS"] == "waiting in-progress completed-with-order"


@pytest.mark.process
def test_records_what_a_command_says_and_writes(tmp_path: Path) -> None:
    """A recording holds exit code, both streams and every file, and what a server answered; the same again is equal."""
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    rules = {"name": "list", "room": "list", "args": ["rules", "--markdown", "RULES.md"]}
    wrong = {"name": "wrong", "room": "wrong", "args": ["explain", "HPP-Z99"]}
    served: dict[str, Any] = {"name": "served", "room": "served", "serve": [], "requests": [["GET", "/", {}, None]]}
    (inputs / "jobs.json").write_text(json.dumps([[rules, wrong], [served]]), encoding="utf-8")
    for name in ("before", "after"):
        record(tmp_path / name, ROOT, inputs)
    outputs = tmp_path / "before" / "outputs"
    assert (outputs / "list/files/RULES.md").read_bytes() == (ROOT / "RULES.md").read_bytes()
    assert (outputs / "wrong/exit").read_text(encoding="utf-8") == "2\n"
    assert "HPP-Z99" in (outputs / "wrong/stderr").read_text(encoding="utf-8")
    assert (outputs / "served/answers").read_text(encoding="utf-8").startswith("> GET /\n404 Not Found\n")
    assert (outputs / "served/server/exit").read_text(encoding="utf-8") in ("0\n", "1\n")
    assert compare(tmp_path / "before", tmp_path / "after") == 0
