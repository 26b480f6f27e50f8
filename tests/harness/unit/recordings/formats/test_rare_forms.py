"""Rare forms of recordings, which the files of real libraries under `recordings` do not happen to have."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from hpp_contract.engine.errors import Unverifiable
from hpp_contract.model import Exchange, Instant
from hpp_contract.privacy.scrub import Scrubber
from hpp_contract.recordings import read_recordings, sources
from hpp_contract.recordings.formats.convert import Unreadable, as_json, content, scalar_text
from hpp_contract.recordings.formats.yaml_text import read_yaml
from hpp_contract.recordings.pytest_cassette import cassette_opener
from hpp_contract.recordings.recorded_sessions import recorded_sessions
from hpp_contract.recordings.write import Persister
from tests.harness.support.recording_tools import as_line, simulated

ID = "39a1c773-bafd-754d-af1f-b30c592f1267"
PATH = f"/hpp/v1/sessions/{ID}"
URL = f"https://h{PATH}"
PACKED = base64.b64encode(b"{}").decode()


def read(folder: Path, document: Any) -> tuple[list[Exchange], list[str]]:
    """The exchanges in a file that holds this document, and what is said of those that cannot be read."""
    file = folder / "recording.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document))
    found = read_recordings([str(file)])
    return found.exchanges, [each.removeprefix(str(file)) for each in found.unreadable]


def go_vcr(duration: str) -> dict[str, Any]:
    return {
        "interactions": [{"request": {"url": URL, "method": "GET"}, "response": {"code": 200, "duration": duration}}]
    }


def mockserver(body: Any) -> dict[str, Any]:
    return {"httpRequest": {"path": PATH}, "httpResponse": {"body": body}}


def nock(response: Any, scope: str = "https://h:443") -> list[dict[str, Any]]:
    return [{"scope": scope, "path": PATH, "status": 200, "response": response}]


def pact(body: Any, query: Any = None) -> dict[str, Any]:
    asked = {"method": "get", "path": PATH, "query": query}
    held = [{"type": "a message"}, {"request": asked, "response": {"body": body}}]
    return {"consumer": {}, "provider": {}, "interactions": held}


def ruby(**parts: Any) -> dict[str, Any]:
    asked = {"method": "get", "uri": URL, "body": {"encoding": "UTF-8"}}
    answered = {"status": {"code": 200}, "body": {"base64_string": PACKED}}
    return {"http_interactions": [{"request": asked, "response": answered} | parts]}


def schemathesis(**parts: Any) -> str:
    asked = {"method": "GET", "uri": URL}
    answered = {"status_code": 200, "content": {"$base64": PACKED}}
    interaction = {"request": asked, "response": answered, "timestamp": 1.5} | parts
    ended = {"ScenarioFinished": {"recorder": {"interactions": {"a": interaction}}}}
    events: tuple[dict[str, Any], ...] = ({"Initialize": {}}, ended)
    return "".join(json.dumps(event) + "\n" for event in events)


def wiremock(**response: Any) -> dict[str, Any]:
    stubs = [{"request": {"urlPattern": ".*"}, "response": {}}, {"request": {"url": PATH}, "response": response}]
    return {"mappings": stubs}


def vcrpy(**response: Any) -> dict[str, Any]:
    return {"interactions": [{"request": {"method": "GET", "uri": URL}, "response": {"headers": {}} | response}]}


@pytest.mark.parametrize(
    ("document", "body"),
    [
        (mockserver({"json": {"a": 1}}), b'{"a":1}'),
        (mockserver({"a": "ü"}), '{"a":"ü"}'.encode()),
        (mockserver({"json": '{"a": 1}'}), b'{"a": 1}'),
        (nock(["7b", "7d"]), b"{}"),
        (nock(["no", "hex"]), b'["no","hex"]'),
        (nock(["7"]), b'["7"]'),
        (pact({"content": PACKED, "encoded": "BASE64"}), b"{}"),
        (pact({"content": {"a": 1}, "contentType": "application/json", "encoded": False}), b'{"a":1}'),
        (pact({"content": "of its own", "x": 1}), b'{"content":"of its own","x":1}'),
        (pact("{ }"), b"{ }"),
        (pact(None), b""),
        (wiremock(jsonBody={"a": [1]}), b'{"a":[1]}'),
        (wiremock(base64Body=PACKED), b"{}"),
        (vcrpy(status_code=200, content="{}"), b"{}"),
        (vcrpy(status_code=200), b""),
        (vcrpy(status={"code": 200}, body={"string": "half a pair \ud800"}), b"half a pair \xed\xa0\x80"),
        (ruby(), b"{}"),
        (schemathesis(), b"{}"),
    ],
)
def test_bodies(tmp_path: Path, document: Any, body: bytes) -> None:
    """Every way to keep a body gives its bytes, and what cannot be an exchange is left out."""
    (exchange,), unreadable = read(tmp_path, document)
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.body, unreadable) == (200, body, [])


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (mockserver({"type": "REGEX", "regex": ".*"}), "#1: a matcher of many bodies, not a body"),
        (wiremock(base64Body="no"), "#2: a body is not base64, though it says so"),
        (
            {"httpRequest": {"path": PATH}, "httpResponse": 5},
            "#1: not in the form that this format has",
        ),
        (
            vcrpy(status={"code": 200}, body=5),
            "#1: a body is neither a text nor says that it is base64",
        ),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, document: Any, sentence: str) -> None:
    """What stands in the place of an exchange and is none is said, with its place."""
    exchanges, [said] = read(tmp_path, document)
    assert (exchanges, said.partition(" (read as ")[0]) == ([], sentence)


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("1m2.5s", 62.5), ("1h", 3600), ("250ms", 0.25), ("0s", None), ("1.2.3s", None), ("soon", None)],
)
def test_durations_of_go(tmp_path: Path, duration: str, seconds: float | None) -> None:
    """A duration is in Go's notation, or unknown."""
    assert read(tmp_path, go_vcr(duration))[0][0].elapsed == seconds


@pytest.mark.parametrize(
    ("document", "url"),
    [
        (nock({}), URL),
        (nock({}, "http://h:80"), f"http://h{PATH}"),
        (nock({}, "http://h:443"), f"http://h:443{PATH}"),
        (nock({}, "https://h/x:443"), f"https://h/x:443{PATH}"),
        (pact({}, "a=b"), f"https://unnamed.invalid{PATH}?a=b"),
        (pact({}, {"a": ["b c", "d"], "e": "f"}), f"https://unnamed.invalid{PATH}?a=b+c&a=d&e=f"),
    ],
)
def test_addresses(tmp_path: Path, document: Any, url: str) -> None:
    """The URL is the one that a client writes, with its query."""
    assert [each.request.url for each in read(tmp_path, document)[0]] == [url]


@pytest.mark.parametrize(
    ("headers", "pairs"),
    [
        ([["A", ["1", "2"]], ["B", "3"]], (("A", "1"), ("A", "2"), ("B", "3"))),
        ([{"name": "A", "values": ["1"]}, {"name": "B", "value": True}], (("A", "1"), ("B", "true"))),
        ({"A": None, "B": [1, 2.5]}, (("A", ""), ("B", "1"), ("B", "2.5"))),
    ],
)
def test_headers(tmp_path: Path, headers: Any, pairs: tuple[tuple[str, str], ...]) -> None:
    """Header fields come in every shape."""
    document = vcrpy(status={"code": 200}, body={"string": "{}"}, headers=headers)
    (exchange,), _ = read(tmp_path, document)
    assert exchange.response is not None
    assert exchange.response.headers == pairs


@pytest.mark.parametrize(
    ("document", "at", "failure"),
    [
        (ruby(response=None), None, "unanswered"),
        (ruby(recorded_at="Sun, 22 Nov 2026 01:02:03 GMT"), Instant.parse("2026-11-22T01:02:03Z"), None),
        (ruby(recorded_at="yesterday, I think"), None, None),
        (schemathesis(response=None), Instant(1_500_000_000, 6), "unanswered"),
        (schemathesis(timestamp=float("inf")), None, None),
        (schemathesis(timestamp="then"), None, None),
    ],
)
def test_times_and_failures(tmp_path: Path, document: Any, at: Instant | None, failure: str | None) -> None:
    """Times are read where they are times, and a request without an answer was never answered."""
    (exchange,), _ = read(tmp_path, document)
    assert (exchange.at.ns if exchange.at else None, exchange.failure) == (at.ns if at else None, failure)


def test_binary_yaml() -> None:
    """A binary value is bytes, as a name too; one that is not base64 is reported."""
    assert read_yaml('{a: !!binary "e30=", !!binary "4Q==": 1}') == {"a": b"{}", "á": 1}
    with pytest.raises(Unreadable, match="not base64"):
        read_yaml("!!binary no")


def test_values_that_are_no_json() -> None:
    """Bytes are read where a text is looked for, and what JSON does not have is refused."""
    assert (scalar_text(b"\xe9"), content(b"\xe9"), content({"string": b"\xe9"})) == ("é", b"\xe9", b"\xe9")
    with pytest.raises(Unreadable, match="JSON does not have"):
        as_json({"a": b"bytes"})


def test_lines_that_cannot_be_read(tmp_path: Path) -> None:
    """A line that is no exchange is reported by its number, and the others are read."""
    line = as_line(simulated("waiting", 1)[0])
    exchanges, (sentence,) = read(tmp_path, f'{line}\n{{"request": 5}}\n')
    assert len(exchanges) == 1
    assert sentence.startswith("#2: ")


def test_nothing_to_judge(tmp_path: Path) -> None:
    """A recording of other operations only is reported, and so is a file that cannot be opened any more."""
    other = vcrpy(status={"code": 200}, body={"string": ""})
    other["interactions"][0]["request"]["uri"] = "https://h/other"
    exchanges, (sentence,) = read(tmp_path, other)
    assert exchanges == []
    assert "no read-session exchange" in sentence


def test_a_file_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be read is a sentence with the system's reason."""
    (tmp_path / "a.yaml").write_text("interactions: []")

    def fails(*_: object) -> None:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(sources, "input_file", fails)
    assert read_recordings([str(tmp_path / "a.yaml")]).unreadable == [f"{tmp_path / 'a.yaml'}: Permission denied"]


def test_playing_what_cannot_be_played(tmp_path: Path) -> None:
    """A cassette of no such name, and a recording that cannot be read, say so; unanswered requests are no session."""
    with (
        cassette_opener() as play,
        pytest.raises(pytest.UsageError, match="no cassette 'nowhere': give a path, or one of "),
    ):
        play("nowhere")
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps(vcrpy(status={"code": 200}, body=5)))
    with pytest.raises(Unverifiable, match="neither a text nor"):
        recorded_sessions([str(broken)])
    silent = tmp_path / "silent.json"
    silent.write_text(json.dumps(ruby(response=None)))
    assert recorded_sessions([str(silent)]) == ()


def test_a_recorded_session_under_another_id(tmp_path: Path) -> None:
    """The answers speak of the id that was asked for, in the place of the recorded one."""
    (honest,) = simulated("waiting", 1)
    (tmp_path / "a.ndjson").write_text(as_line(honest))
    (recorded,) = recorded_sessions([str(tmp_path / "a.ndjson")])
    assert recorded.edit()(honest).session == honest.session
    assert recorded.edit(ID)(honest).session == (honest.session or {}) | {"session_id": ID}


def test_vcrpy_reads_through_our_persister(tmp_path: Path) -> None:
    """The persister gives vcrpy a cassette as its own does, in UTF-8, and says in vcrpy's words that there is none."""
    from vcr.persisters.filesystem import CassetteNotFoundError  # type: ignore[import-untyped]  # vcrpy has no types
    from vcr.serializers import yamlserializer  # type: ignore[import-untyped]  # vcrpy has no types

    persister, (exchange,) = Persister(Scrubber()), simulated("waiting", 1)
    persister.write(tmp_path / "a.yaml", [exchange], "embedded")
    requests, responses, *_ = persister.load_cassette(str(tmp_path / "a.yaml"), yamlserializer)
    assert [each.uri for each in requests] == [exchange.request.url]
    assert [each["status"]["code"] for each in responses] == [200]
    with pytest.raises(CassetteNotFoundError):
        persister.load_cassette(str(tmp_path / "b.yaml"), yamlserializer)


@pytest.mark.parametrize(
    "answer",
    [
        '{"status": 200, "jsonBody": {"a": 1}}',
        '{"bodyFileName": "a.json"}',
        '{"status": 200, "base64Body": "eyJhIjogMX0="}',
    ],
)
def test_a_mapping_on_one_line_is_no_exchange_of_ours(tmp_path: Path, answer: str) -> None:
    """A WireMock mapping written without line breaks is read as what it is."""
    (tmp_path / "__files").mkdir()
    (tmp_path / "__files" / "a.json").write_text('{"a": 1}', encoding="utf-8")
    mapping = f'{{"request": {{"method": "GET", "url": "/hpp/v1/sessions/x"}}, "response": {answer}}}'
    (tmp_path / "mapping.json").write_text(mapping, encoding="utf-8")
    reading = read_recordings([str(tmp_path / "mapping.json")])
    assert reading.unreadable == []
    [exchange] = reading.exchanges
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.json.value) == (200, {"a": 1})
