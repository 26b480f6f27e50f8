"""Every unreadable file gets one clear sentence, and the others are still judged."""

from __future__ import annotations

import gzip
import io
import json
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.recordings import documents, read_recordings
from hpp_contract.recordings.bulk.local import Judged, judge_recordings
from hpp_contract.recordings.formats.ndjson import MAX_LINE
from tests.harness.support.recording_tools import as_line, kept, recording_files, simulated, write_lines

FILES = sorted(recording_files())


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One exchange that nothing is wrong with."""
    return write_lines(
        tmp_path_factory.mktemp("good") / "good.ndjson", [kept(each) for each in simulated("waiting", 1)]
    )


def judged(*paths: Path) -> Judged:
    result = judge_recordings([str(path) for path in paths], processes=1)
    for sentence in result.unreadable:
        assert "\n" not in sentence
        assert sentence.startswith(tuple(str(path) for path in paths))
    assert result.damaged >= len(result.unreadable)
    assert (result.damaged == 0) == (result.unreadable == ())
    return result


def sentence_about(path: Path, content: bytes, good: Path) -> str:
    """The one sentence about a file with this content; the good file beside it is judged all the same."""
    path.write_bytes(content)
    result = judged(path, good)
    assert result.judged == 1
    (sentence,) = result.unreadable
    return sentence.removeprefix(str(path))


@given(data=st.data())
def test_damaged_files(data: st.DataObject, good: Path) -> None:
    """Real recordings, cut off or with bytes replaced, are judged as far as they can be read, and never crash."""
    content = data.draw(st.sampled_from(FILES)).read_bytes()
    place = data.draw(st.integers(0, len(content)))
    noise = data.draw(
        st.binary(max_size=4) | st.sampled_from([b"\n", b"\r", b"\x00", b"{", b"]", b'"', b"*a", b"&a ", b"\xff"])
    )
    rest = data.draw(st.sampled_from([b"", content[place:], content[place + 1 :], content[place + 40 :]]))
    path = good.parent / "damaged"
    path.write_bytes(content[:place] + noise + rest)
    assert judged(path, good).judged >= 1


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, held in inner for place in places(held, (*path, key)))]


WRONG: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, 7.5, 10**400, "", "x", "\ud800", [], [[]], {}, {"a": []}, ["x"], [None], {"code": 99999}]
)


@given(data=st.data())
def test_wrong_types(data: st.DataObject, good: Path) -> None:
    """Real recordings with any value replaced by another of any type are judged as far as they can be read."""
    file = data.draw(
        st.sampled_from(
            [
                file
                for file in FILES
                if file.read_bytes()[:1] in b"{[" and "json5" not in file.name and "ndjson" not in file.name
            ]
        )
    )
    document = json.loads(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        *path, last = data.draw(st.sampled_from(places(document)[1:]))
        holder = document
        for key in path:
            holder = holder[key]
        holder[last] = deepcopy(data.draw(WRONG))
        if not places(document)[1:]:
            break
    path = good.parent / "mistyped"
    path.write_text(json.dumps(document))
    assert judged(path, good).judged >= 1


@given(data=st.data())
def test_wrong_types_in_lines(data: st.DataObject, good: Path) -> None:
    """The same for NDJSON of this project."""
    value = json.loads(as_line(kept(simulated("completed-with-order", 1)[0])))
    *path, last = data.draw(st.sampled_from(places(value)[1:]))
    holder = value
    for key in path:
        holder = holder[key]
    holder[last] = deepcopy(data.draw(WRONG))
    file = good.parent / "mistyped.ndjson"
    file.write_text(good.read_text(encoding="utf-8") + json.dumps(value) + "\n")
    result = judged(file)
    assert result.judged + result.damaged + len(result.notes) == 2


@given(content=st.binary(max_size=300))
def test_noise(content: bytes, good: Path) -> None:
    """Arbitrary bytes are no recording, and that is said in one sentence."""
    path = good.parent / "noise"
    path.write_bytes(content)
    assert judged(path, good).judged == 1
    assert judged(path).judged == 0


LAUGHS = b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"b%d: &b%d [%b]\n" % (n, n, b", ".join([b"*b%d" % (n - 1) if n else b"*a"] * 9)) for n in range(12)
)
MERGES = b"a: &a {x: 1}\n" + b"".join(
    b"b%d: &b%d {<<: [%b]}\n" % (n, n, b", ".join([b"*b%d" % (n - 1) if n else b"*a"] * 9)) for n in range(30)
)
CASSETTE = b"""version: 1
interactions:
- request: {method: GET, uri: 'https://h/hpp/v1/sessions/x', headers: {}, body: null}
  response: {status: {code: 200}, headers: {%b}, body: {string: ''}}
"""


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", ": empty"),
        (b" \n\n", ": empty"),
        (b"hello", ": not in a known recording format"),
        (b'{"log": ', ": damaged or incomplete: not JSON at line 1, column 9"),
        (b'{"log": {}}', ": not in a known recording format"),
        (b"a: b: c", ": neither JSON nor YAML at line 1"),
        (b"a: \xff", ": not UTF-8 text at byte 4"),
        ("a: ü".encode("utf-16"), ": not in a known recording format"),
        ("a: ü".encode("utf-16")[:-1], ": UTF-16 that ends early or is damaged"),
        (b"[" * 100_000, ": nested too deeply"),
        (b"- " * 20_000, ": nested too deeply"),
        (b'{"a": ' * 100_000, ": nested too deeply"),
        (LAUGHS, ": more than 4000000 values, its aliases followed"),
        (MERGES, ": more than 4000000 values, its aliases followed"),
        (b"a: &a [*a]", ": an alias that contains itself or is not defined"),
        (b"a: *b", ": an alias that contains itself or is not defined"),
        (b"--- a\n--- b\n", ": a second YAML document at line 2"),
        (b"? [a]\n: b\n", ": a list or an object stands where a name belongs"),
        (b'{"interactions": 5}', ": not in a known recording format"),
        (b'{"http_interactions": 5}', ": the exchanges are not a list"),
        (b'{"http_interactions": ["sessions"]}', "#1: member request is missing"),
        (b'{"http_interactions": [{"a": [5, "sessions"]}]}', "#1: member request is missing"),
        (CASSETTE % b"a: &x [*x]", ": an alias that contains itself or is not defined"),
        (CASSETTE % b"a: {b: c}", "#1: a list or an object stands where a text belongs"),
        (gzip.compress(b'{"log": {}}', mtime=0)[:-4], ": gzip that ends early or is damaged"),
        (b"\x1f\x8bnope", ": gzip that ends early or is damaged"),
    ],
)  # fmt: skip
def test_the_sentence(tmp_path: Path, good: Path, content: bytes, sentence: str) -> None:
    """What is wrong with a file is said with the place, and without a traceback."""
    assert sentence_about(tmp_path / "file", content, good).startswith(sentence)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (b"{", "#2: not JSON at character 2 of the line"),
        (b'{"request": {}}', "#2: member method is missing"),
        (b"[]", "#2: member request is missing"),
        (b"\xff", "#2: not UTF-8 at byte 1 of the line"),
        (b"[" * 100_000, "#2: nested too deeply"),
        (b"1" * 10_000, "#2: a number too long to read"),
        (b'{"request": {"method": "GET", "url": "x", "headers": 5}}', "#2: headers are neither an object nor a list"),
        (b"x" * (MAX_LINE + 1), "#2: a line longer than 8 MB"),
    ],
)
def test_the_line(tmp_path: Path, good: Path, line: bytes, sentence: str) -> None:
    """A line that is no exchange is named by its number, and those before and after it are judged."""
    path = tmp_path / "log.ndjson"
    path.write_bytes(good.read_bytes() + line + b"\n\r\n" + good.read_bytes())
    result = judged(path)
    assert result.judged == 2
    (unreadable,) = result.unreadable
    assert unreadable.removeprefix(str(path)).startswith(sentence)


def test_mixed_line_ends(tmp_path: Path, good: Path) -> None:
    """Lines may end in any way that leaves them apart, the last in none."""
    line = good.read_bytes().strip()
    path = tmp_path / "log.ndjson"
    path.write_bytes(b"\xef\xbb\xbf" + line + b"\r\n" + line + b"\n\n\r\n" + line)
    assert (judged(path).judged, judged(path).damaged) == (3, 0)


def test_yaml_runs_no_code(tmp_path: Path, good: Path) -> None:
    """Tags that name classes or functions build nothing and call nothing."""
    trap = tmp_path / "trap"
    content = f"!!python/object/apply:os.mkdir ['{trap}']\n"
    assert "not in a known recording format" in sentence_about(tmp_path / "file", content.encode(), good)
    content = f"interactions:\n- !!python/object/new:os.mkdir ['{trap}']\n"
    sentence_about(tmp_path / "file", content.encode(), good)
    assert not trap.exists()


@pytest.mark.parametrize(
    "content",
    [b"a: \x00", b'a: "\\UFFFFFFFF"', b'a: "\\U00110000"', b"%YAML 1." + b"9" * 5000 + b"\n---\na: 1"],
    ids=["control character", "no int", "no character", "long version"],
)
def test_yaml_is_refused_alike_without_libyaml(
    content: bytes, tmp_path: Path, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where PyYAML was built without libyaml, what is no YAML is still one sentence and no crash."""
    assert "neither JSON nor YAML" in sentence_about(tmp_path / "file", content, good)
    monkeypatch.delattr("yaml.CSafeLoader", raising=False)
    assert "neither JSON nor YAML" in sentence_about(tmp_path / "file", content, good)


def test_sentences_are_bounded(tmp_path: Path) -> None:
    """A file in which nothing can be read is one count and a few sentences, however long it is."""
    path = tmp_path / "log.ndjson"
    path.write_text(as_line(kept(simulated("waiting", 1)[0])) + "\n" + "{}\n" * 1000)
    result = judged(path)
    assert (result.damaged, len(result.unreadable)) == (1000, 20)


@pytest.mark.slow
def test_a_huge_line_is_not_read(tmp_path: Path, good: Path) -> None:
    """A line of hundreds of megabytes costs no memory: it is refused unread."""
    import tracemalloc

    path = tmp_path / "log.ndjson"
    with path.open("wb") as file:
        file.write(good.read_bytes())
        file.seek(256_000_000, io.SEEK_CUR)  # a hole: no disk is used
        file.write(b"\n" + good.read_bytes())
    tracemalloc.start()
    result = judged(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (result.judged, result.damaged) == (2, 1)
    assert peak < 64 * 1024 * 1024


def test_a_huge_document_is_not_read(tmp_path: Path, good: Path) -> None:
    """A document beyond any recording's size is refused before it is opened."""
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.write(b'{"log": ')
        file.seek(1_000_000_000)
        file.write(b"}")
    assert "more than 256 MB is read only as NDJSON" in judged(path, good).unreadable[0]


def test_standard_input(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` is standard input, packed or not."""
    for content in (good.read_bytes(), gzip.compress(good.read_bytes())):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))
        assert judge_recordings(["-"], processes=1).judged == 1


@pytest.mark.parametrize(
    ("text", "bound", "said"),
    [
        ('{"a": ' + "1" * 10_000 + "}", documents.MAX_YAML, "a number too long to read"),
        ("{a: b}", documents.MAX_YAML, "not in a known recording format (hpp-contract recording --help"),
        ("{a: b}", 6, "damaged or incomplete: not JSON at line 1, column 2"),
    ],
    ids=["a long number", "YAML in its flow style", "too much of it for YAML"],
)
def test_documents_that_cannot_be_read(
    text: str, bound: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A document that looks like JSON is refused for what is wrong with it."""
    monkeypatch.setattr(documents, "MAX_YAML", bound)
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    [sentence] = judge_recordings([str(path)], processes=1).unreadable
    assert sentence.startswith(f"{path}: {said}")


@pytest.mark.parametrize("name", ["missing.json", "../secret.json"])
def test_bodies_are_taken_from_their_own_shelf(name: str, tmp_path: Path) -> None:
    """A WireMock body that is not in `__files`, or lies outside of it, makes its mapping unreadable."""
    (tmp_path / "__files").mkdir()
    (tmp_path / "secret.json").write_text("{}", encoding="utf-8")
    url = "/hpp/v1/sessions/39a1c773-bafd-754d-af1f-b30c592f1267"
    mapping = {"request": {"method": "GET", "url": url}, "response": {"bodyFileName": name}}
    (tmp_path / "mapping.json").write_text(json.dumps({"mappings": [mapping]}), encoding="utf-8")
    reading = read_recordings([str(tmp_path / "mapping.json")])
    assert reading.exchanges == []
    [sentence] = reading.unreadable
    assert "#1: its body is in a file (bodyFileName) that is in no folder __files" in sentence
    assert sentence.endswith("copy __files too, and give the mapping as a file (read as WireMock)")
    assert name not in sentence


def test_json_with_something_after_it(tmp_path: Path) -> None:
    """What is one JSON value with something behind it, and not a value a line either, is damaged there."""
    path = tmp_path / "log.json"
    path.write_text('{"log":\n1} x', encoding="utf-8")
    assert read_recordings([str(path)]).unreadable == [f"{path}: damaged or incomplete: not JSON at line 2, column 4"]


@pytest.mark.parametrize("year", [1, 1677, 2263, 9999])
def test_times_beyond_64_bits(tmp_path: Path, year: int) -> None:
    """A log whose times no clock of ours can hold is judged, twice the same line included."""
    first, second = map(json.loads, map(as_line, simulated("waiting", 2)))
    times = [f"{year:04}-05-0{day}T00:00:00Z" for day in (1, 2)]
    lines = [json.dumps(line | {"at": at}) for at in times for line in (first, second, first)]
    (tmp_path / "log.ndjson").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    assert judge_recordings([str(tmp_path / "log.ndjson")]).judged == 6
