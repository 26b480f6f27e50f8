"""Files as people have them: packed, in other encodings, of other tools, big, odd, or no files at all."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import sys
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hpp_contract.engine.errors import UsageProblem
from hpp_contract.recordings import documents, read_recordings, unpacking
from hpp_contract.recordings.formats import json_text
from hpp_contract.recordings.reading import LastRead
from tests.harness.support.recording_tools import as_line, kept, recording_files, simulated

URL = "https://h/hpp/v1/sessions/39a1c773-bafd-754d-af1f-b30c592f1267"
OTHER: dict[str, Any] = {"request": {"method": "GET", "url": "https://h/app.js"}, "response": None}


def entry(**content: Any) -> dict[str, Any]:
    return {"request": {"method": "GET", "url": URL}, "response": {"status": 200, "content": content}}


def har(*entries: Any) -> bytes:
    return json.dumps({"log": {"creator": {"name": "x"}, "entries": entries}}, ensure_ascii=False).encode()


def zipped(path: Path, **files: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name.replace("__", "/").replace("_", "."), content)
    return path


def said(path: Path) -> str:
    """The one sentence about a file that cannot be read."""
    [sentence] = read_recordings([str(path)]).unreadable
    return sentence.removeprefix(f"{path}: ")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("lines", [False, True], ids=["document", "lines"])
def test_encodings(tmp_path: Path, encoding: str, lines: bool) -> None:
    """A recording in another encoding, as PowerShell writes one, is read like one in UTF-8."""
    text = as_line(kept(simulated("waiting", 1)[0])) if lines else har(entry(text='{"a": "ü"}')).decode()
    (tmp_path / "log").write_bytes(text.encode(encoding))
    reading = read_recordings([str(tmp_path / "log")])
    assert (len(reading.exchanges), reading.unreadable) == (1, [])


def test_a_zip_with_a_har(tmp_path: Path) -> None:
    """A HAR in a zip is read with the bodies beside it, and nothing outside of the zip is."""
    (tmp_path / "secret").write_text("{}")
    packed = zipped(
        tmp_path / "a.zip", top__har_har=har(entry(_file="a.json"), entry(_file="../secret")), top__a_json=b"{ }"
    )
    first, second = (each.response for each in read_recordings([str(packed)]).exchanges)
    assert first is not None
    assert second is not None
    assert (first.body, second.body_kept) == (b"{ }", False)
    with zipfile.ZipFile(packed, "a") as more:
        more.writestr("../../outside", b"{}")
    assert len(read_recordings([str(packed)]).exchanges) == 2


def test_a_har_without_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a HAR comes from standard input, the files that it names are nowhere."""
    content = io.TextIOWrapper(io.BytesIO(har(entry(_file="a.json"))), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", content)
    [exchange] = read_recordings(["-"]).exchanges
    assert exchange.response is not None
    assert not exchange.response.body_kept


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"raw__1_c.txt": b""}, "a zip, a session archive of Fiddler: export it"),
        ({"trace_network": b""}, "a zip, a trace of Playwright"),
        ({"META-INF__a": b""}, "a zip, a Java archive"),
        ({"a_json": b"{}"}, "a zip without a HAR in it"),
        ({"a_har": har(), "b_har": har()}, "a zip with 2 HARs in it"),
    ],
)
def test_a_zip_without_one_har(tmp_path: Path, files: dict[str, bytes], sentence: str) -> None:
    """Another zip is called what it is, with the way to a recording; in a folder it is left out."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        for name, content in files.items():
            named = name.replace("__", "/")
            packed.writestr(named if "raw" in named else named.replace("_", "."), content)
    assert said(tmp_path / "a.zip").startswith(sentence)


def test_a_damaged_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A zip that is cut off, or would grow too much, is one sentence."""
    whole = zipped(tmp_path / "a.zip", a_har=har(entry(text="{}"))).read_bytes()
    (tmp_path / "a.zip").write_bytes(whole[:-30])
    assert said(tmp_path / "a.zip") == "a zip that ends early or is damaged"
    bomb = zipped(tmp_path / "b.zip", a_har=har(), b_json=b"x" * 5000)
    monkeypatch.setattr(unpacking, "MAX_SMALL", 10)
    monkeypatch.setattr(unpacking, "MAX_GROWTH", 1)
    assert said(bomb).startswith("a zip that is encrypted or too big")
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"x" * 5000))
    assert said(tmp_path / "a.gz").startswith("more than 0 MB once it is unpacked or read")


def test_no_room_for_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy stops before it fills the disk."""
    (tmp_path / "a.gz").write_bytes(gzip.compress(bytes(65 * 1024 * 1024)))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    assert said(tmp_path / "a.gz").startswith("no room for a copy of it")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a", b"2086:9:websocket;0:~8:response;", "a flow file of mitmproxy: export it by `mitmdump"),
        ("a.flow", b"\xff\x00\xfe", "a flow file of mitmproxy"),
        ("a", b"\xac\xed\x00\x05sr", "a session of Charles: export it"),
        ("a.chls", b"\x00\x01", "a session of Charles: export it"),
        ("a", b"<?xml version='1.0'?><!DOCTYPE charles-session><charles-session a='b'>", "a session of Charles in XML"),
        ("a", b"<?xml version='1.0'?><items burpVersion='1'>", "items of Burp Suite"),
        ("a.jtl", b'<?xml version="1.0"?>\n<testResults version="1.2"><httpSample/>', "results of JMeter: record"),
        ("a.jtl", b"timeStamp,elapsed,label,responseCode\n1,2,read,200\n", "results of JMeter as CSV"),
        ("a", b"\xd4\xc3\xb2\xa1", "a capture of network packets"),
        ("a", b"SQLite format 3\x00", "an SQLite database"),
        ("a", b'{"openapi": "3.1.0", "paths": {}}', "an OpenAPI document"),
        ("a", b'{"info": {}, "item": [{"name": "x"}]}', "a Postman collection without saved answers"),
        (
            "a",
            b'{"request_uri": "/", "status": 200}\n' * 2,
            "an access log of a web server",
        ),
    ],
)
def test_known_tools(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    """A file of a tool that is known and not read is called by its name, with the way to export it."""
    (tmp_path / name).write_bytes(content)
    assert said(tmp_path / name).startswith(sentence)


def test_a_folder_with_all_sorts(tmp_path: Path) -> None:
    """In a folder, what is no data and what is empty is left out; what is called like a recording is not."""
    for name, content in {
        "Makefile": "a:\n\tb",
        "x.bru": "meta {\n a: b: c",
        "empty.json": "",
        "cut.json": "[1",
    }.items():
        (tmp_path / name).write_text(content)
    os.mkfifo(tmp_path / "pipe")
    reading = read_recordings([str(tmp_path)])
    assert [note.removeprefix(f"{tmp_path}/") for note in reading.notes] == [
        f"{name}: not a recording, left out" for name in ("Makefile", "empty.json", "x.bru")
    ]
    assert [each.removeprefix(f"{tmp_path}/") for each in reading.unreadable] == [
        "cut.json: damaged or incomplete: not JSON at line 1, column 3"
    ]


def test_a_folder_that_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder in a folder that may not be listed is said, and the others are read."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b.har").write_bytes(har(entry(text="{}")))
    really = os.scandir

    def scandir(path: Any) -> Any:
        if str(path).endswith("/a"):
            raise PermissionError(13, "Permission denied", str(path))
        return really(path)

    monkeypatch.setattr(os, "scandir", scandir)
    reading = read_recordings([str(tmp_path)])
    assert (len(reading.exchanges), reading.unreadable) == (1, [f"{tmp_path / 'a'}: Permission denied"])


def test_what_is_no_file(tmp_path: Path) -> None:
    """A pipe is read once, a device never, and a file of the system whatever size it says it has."""
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(har(entry(text="{}")),))
    writer.start()
    assert len(read_recordings([str(tmp_path / "pipe")]).exchanges) == 1
    writer.join()
    assert said(Path("/dev/zero")) == "a device, not a recording"
    assert "neither JSON nor YAML" in said(Path("/proc/self/status")) or "known recording" in said(
        Path("/proc/self/status")
    )
    with pytest.raises(UsageProblem):
        read_recordings([str(tmp_path / "missing")])


def big(*more: Any) -> bytes:
    """A HAR that is opened only as far as its entries."""
    padding = OTHER | {"comment": "x" * 1000}
    return har(*more, *[padding] * 1200)


def test_a_big_document(tmp_path: Path) -> None:
    """Of a big document only what may be of this endpoint is parsed, and the rest is counted as before."""
    odd = b'{"request": {"url": NaN}, "broken": "\xff"}'
    read = entry(text="{}")
    no_read = {"request": {"method": "GET", "url": "https://h/sessions.js"}, "response": "odd"}
    data = big(read, no_read, read)
    (tmp_path / "a.har").write_bytes(data)
    reading = read_recordings([str(tmp_path / "a.har")])
    assert [each.evidence.rpartition("#")[2] for each in reading.exchanges] == ["1", "3"]
    assert "2 judged, 1201 skipped (other operations)" in reading.notes[0]
    (tmp_path / "b.har").write_bytes(data[:-3] + b", " + odd.replace(b"NaN", b"5") + data[-3:])
    assert len(read_recordings([str(tmp_path / "b.har")]).exchanges) == 2
    (tmp_path / "c.har").write_bytes(data[:-3] + b', {"a": NaN}' + data[-3:])  # what only Python's parser takes
    assert len(read_recordings([str(tmp_path / "c.har")]).exchanges) == 2
    (tmp_path / "d.har").write_bytes(data[:-1])
    assert "damaged or incomplete: not JSON at line 1" in said(tmp_path / "d.har")


@pytest.mark.parametrize("path", sorted(recording_files()), ids=lambda path: "-".join(path.parts[-2:]))
def test_big_and_small_are_read_alike(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opened only as far as its list, a recording gives what it gives when it is parsed as a whole."""
    before = read_recordings([str(path)])
    monkeypatch.setattr(json_text, "LARGE", 8)
    monkeypatch.setattr(documents, "LARGE", 8)
    after = read_recordings([str(path)])
    assert [(each.request, each.response, each.at, each.evidence) for each in after.exchanges] == [
        (each.request, each.response, each.at, each.evidence) for each in before.exchanges
    ]
    assert (after.notes, after.unreadable) == (before.notes, before.unreadable)


def test_a_big_file_of_lines(tmp_path: Path) -> None:
    """Lines of a tool that is not read are not parsed, and what is damaged in them does not matter."""
    line = b'{"start_time": "2026", "response_code": 200, "x": "' + b"x" * 1000 + b'"}\n'
    (tmp_path / "a").write_bytes(line * 1200 + b"{damaged\n")
    assert said(tmp_path / "a").startswith("an access log of Envoy")
    events = b'{"Initialize": {}}\n' + line * 1200 + b"{damaged\n"
    (tmp_path / "b").write_bytes(events)
    assert said(tmp_path / "b").startswith("no read-session exchange")


def test_more_values_than_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document of so many values that they would not fit into memory is refused by their number."""
    (tmp_path / "a.json").write_bytes(b'{"log": {"entries": [' + b"{}," * 400_000 + b"{}]}}")
    monkeypatch.setattr(json_text, "MAX_COMMAS", 300_000)
    assert said(tmp_path / "a.json") == "more than 4000000 values in one document: such a log is read only as NDJSON"
    monkeypatch.setattr(json_text, "MAX_COMMAS", 500_000)
    monkeypatch.setattr(json_text, "MAX_VALUES", 300_000)
    (tmp_path / "b.json").write_bytes(b'{"a": [' + b"{}," * 400_000 + b"{}]}")
    assert said(tmp_path / "b.json").startswith("more than 300000 values in one document")
    (tmp_path / "c.json").write_bytes(b'{"log": {"entries": []}, "x": "' + b"x" * 2_000_000 + b'"}')
    assert said(tmp_path / "c.json").startswith("no read-session exchange")


def test_a_document_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who needs the exchanges of the last document again gets them; of one of too many they are read again."""
    from hpp_contract.recordings import reading
    from hpp_contract.recordings.sources import input_file

    (tmp_path / "a.har").write_bytes(har(entry(text="{}"), entry(text="{}")))
    source, parsed = input_file(0, str(tmp_path / "a.har"), tmp_path), list[Any]()
    really = reading.read_document

    def counting(source: Any) -> Any:
        parsed.append(source)
        return really(source)

    monkeypatch.setattr(reading, "read_document", counting)
    last = LastRead()
    assert [*map(str, last.items(source))] == [*map(str, last.items(source))]
    assert len(parsed) == 1
    monkeypatch.setattr(LastRead, "MOST", 1)
    few = LastRead()
    assert [len([*few.items(source)]), len([*few.items(source)]), len(parsed)] == [2, 2, 3]
