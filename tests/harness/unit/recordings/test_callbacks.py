"""Status callbacks in recordings: which requests are any, what is said of the others, and whose sessions they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.engine import Judge, Outcome, Subject
from hpp_contract.engine import edits as editing
from hpp_contract.engine.recorded import call_back
from hpp_contract.model import Exchange
from hpp_contract.model.trace import traces
from hpp_contract.recordings import read_recordings
from hpp_contract.recordings.bulk.local import judge_recordings
from hpp_contract.recordings.recorded_sessions import recorded_sessions
from hpp_contract.rules import CATALOGUE
from tests.harness.support.not_none import not_none
from tests.harness.support.recording_tools import as_line, kept, recordings, simulated, write_lines
from tests.harness.unit.recordings.bulk.test_bulk import in_memory

URL: Final = "https://shop.example/hpp/status"
OTHER_ORDER: Final = "b2c9d0aa-0000-4111-8222-333344445555"


def paid(*, callback: bool = True) -> list[Exchange]:
    """A paid session, and a callback of its end that comes too early and with another order; marked as one or not."""
    careful = editing.edits(
        kept, editing.sent("Authorization", "Basic <scrubbed>"), editing.knowing(provenance="embedded")
    )
    reads = [careful(each) for each in simulated("completed-with-order", 2)]
    called = call_back(editing.member("order_id", OTHER_ORDER)(reads[0]))
    return [replace(called, context=replace(called.context, callback=callback)), *reads]


def broken(path: Path, callback_url: str | None = None) -> set[str]:
    judged = judge_recordings([str(path)], processes=1, callback_url=callback_url)
    return {each.rule.id for each in judged.verdicts if each.outcome in (Outcome.BROKEN, Outcome.WARNED)}


def notes(path: Path, callback_url: str | None = None) -> list[str]:
    judged = judge_recordings([str(path)], processes=1, callback_url=callback_url)
    assert (judged.unreadable, judged.damaged) == ((), 0)
    return [note.removeprefix(f"{path}: ") for note in judged.notes]


def har(path: Path, exchanges: list[Exchange], padding: int = 0) -> Path:
    """The exchanges in the form of a browser's HAR."""

    def fields(pairs: Any) -> list[dict[str, str]]:
        return [{"name": name, "value": value} for name, value in pairs]

    def entry(each: Exchange) -> dict[str, Any]:
        request, response = each.request, not_none(each.response)
        asked: dict[str, Any] = {"method": request.method, "url": request.url, "headers": fields(request.headers)}
        if request.body:
            asked["postData"] = {"mimeType": "application/json", "text": request.body.decode()}
        content = {"size": len(response.body), "text": response.body.decode()}
        return {
            "startedDateTime": json.loads(as_line(each))["at"],
            "request": asked,
            "response": {"status": response.status, "headers": fields(response.headers), "content": content},
        }

    other = {"request": {"method": "POST", "url": "https://h/x", "headers": []}, "response": {}, "x": "y" * 1000}
    page = {"request": {"method": "GET", "url": "https://h/x", "headers": []}, "response": {}, "x": "y" * 1000}
    entries = [*map(entry, exchanges), *[other, page] * (padding // 2)]
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}), encoding="utf-8")
    return path


def big_har(path: Path, exchanges: list[Exchange]) -> Path:
    """One that is opened only as far as its entries."""
    return har(path, exchanges, 2000)


def test_a_line_that_says_so(tmp_path: Path) -> None:
    """A line of our NDJSON with `"callback": true` is judged by what its session says, and by nothing else."""
    log = write_lines(tmp_path / "log.ndjson", paid())
    assert broken(log) == {"HPP-L06", "HPP-L10"}
    assert notes(log) == ["1 status callback was judged like a read of the session in it"]
    assert judge_recordings([str(log)], processes=1).verdicts == in_memory([str(log)])


@pytest.mark.parametrize("beginning", [URL, "https://shop.example/", "/hpp/", "/hpp/status"])
@pytest.mark.parametrize(
    "write", [write_lines, har, lambda path, each: har(path, each, 2000)], ids=["lines", "har", "big"]
)
def test_an_address(tmp_path: Path, write: Callable[[Path, list[Exchange]], Path], beginning: str) -> None:
    """In any format, what is posted to an address that begins as was told is a callback, and nothing without that."""
    log = write(tmp_path / "log", paid(callback=False))
    assert broken(log, beginning) == {"HPP-L06", "HPP-L10"}
    assert broken(log) == set()
    assert judge_recordings([str(log)], processes=1, callback_url=beginning).verdicts == in_memory(
        [str(log)], beginning
    )


@pytest.mark.parametrize("beginning", ["https://shop.example/other", "/status", "http://shop.example/"])
def test_another_address(tmp_path: Path, beginning: str) -> None:
    """What is posted elsewhere is another operation, and that there was no callback is said."""
    log = har(tmp_path / "log.har", paid(callback=False))
    assert notes(log, beginning) == [
        "2 judged, 1 skipped (other operations)",
        f"no status callback was sent to an address that begins with {beginning}",
    ]


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"\xff", b'{"event_id": "1"}', b'{"session": {}}', b'{"event_id": 1, "session": null}',
     b'{"event_id": 1, "session": [{}]}', b'{"event_id": 1, "session": {}'],
)  # fmt: skip
def test_what_is_no_callback(tmp_path: Path, body: bytes) -> None:
    """What is posted there and has not the form of a callback is not judged, and said."""
    odd, *reads = paid(callback=False)
    odd = editing.sent_body(body)(odd)
    said = "1 requests to the address of status callbacks hold no event_id and session: not judged"
    log = write_lines(tmp_path / "log.ndjson", [odd, *reads])
    assert (broken(log, URL), notes(log, URL)[0]) == (set(), said)
    marked = replace(odd, context=replace(odd.context, callback=True))
    log = write_lines(tmp_path / "marked.ndjson", [marked, *reads])
    assert (broken(log), notes(log)) == (set(), [said])
    assert read_recordings([str(log)]).callbacks == []


def test_other_methods_and_the_endpoint_itself(tmp_path: Path) -> None:
    """A GET at the address is no callback, and a POST to a session is what it is, whatever it holds."""
    called, *reads = paid(callback=False)
    asked = editing.method("GET")(called)
    wrong = editing.url(lambda _: reads[0].request.url)(called)
    log = write_lines(tmp_path / "log.ndjson", [asked, wrong, *reads])
    assert broken(log, "https://") == {"HPP-R01"}
    assert notes(log, "https://")[0] == "3 judged, 1 skipped (other operations)"


def test_a_damaged_entry_at_the_address(tmp_path: Path) -> None:
    """An entry of a document that was posted there and cannot be read is said; elsewhere it does not matter."""
    path = har(tmp_path / "log.har", paid(callback=False))
    document = json.loads(path.read_text(encoding="utf-8"))
    document["log"]["entries"][0]["response"] = {"status": "odd"}
    document["log"]["entries"] += [{"request": 5}, {"request": {"method": "POST", "url": URL}, "response": 5}]
    path.write_text(json.dumps(document), encoding="utf-8")
    judged = judge_recordings([str(path)], processes=1, callback_url="/hpp/")
    assert [sentence.removeprefix(f"{path}#") for sentence in judged.unreadable] == [
        "1: a status code is not a number from 100 to 999 (read as HAR)",
    ]
    assert judge_recordings([str(path)], processes=1).unreadable == ()


def test_callbacks_are_no_recorded_session(tmp_path: Path) -> None:
    """A callback is no answer to a read: no client is served it."""
    log = write_lines(tmp_path / "log.ndjson", paid())
    [recorded] = recorded_sessions([str(log)])
    assert recorded.polls == 2
    only_called = write_lines(tmp_path / "alone.ndjson", paid()[:1])
    assert read_recordings([str(only_called)]).unreadable[0].startswith("no read-session exchange")
    assert notes(only_called) == ["1 status callback was judged like a read of the session in it"]


def grouped(*exchanges: Exchange) -> list[tuple[int, int]]:
    """How many reads and callbacks each trace has."""
    return [(len(trace.exchanges), len(trace.callbacks)) for trace in traces(exchanges)]


def test_whose_session_it_is() -> None:
    """A callback joins the reads of its session where one reader and one place that is called are all there are."""
    called, *reads = paid()
    other_place = editing.url(lambda url: url.replace("shop.", "other."))(called)
    other_reader = editing.sent("Authorization", "Basic kco_test_api_another-merchants")(reads[0])
    nameless = editing.sent_body(b'{"event_id": "1", "session": {"session_id": 5}}')(called)
    session_id = not_none(called.session_id).encode()
    capitals = editing.sent_body(called.request.body.replace(session_id, session_id.upper()))(called)
    assert grouped(called, *reads) == [(2, 1)]
    assert grouped(*reads, capitals, called) == [(2, 2)]
    assert grouped(called, other_place) == [(0, 1), (0, 1)]
    assert grouped(*reads, called, other_place) == [(2, 0), (0, 1), (0, 1)]
    assert grouped(called, other_reader, *reads) == [(0, 1), (1, 0), (2, 0)]
    assert grouped(nameless, *reads) == [(2, 0)]
    undated = [editing.drop("updated_at")(each) for each in reads]
    [rule] = [rule for rule in CATALOGUE if rule.id == "HPP-L10"]
    assert [rule(trace) for trace in traces([called, *undated])] == [[]]
    assert nameless.session_id is None


def test_a_callback_is_ordered_by_its_update() -> None:
    """When a callback came says nothing of when its session was so: only `updated_at` does."""
    first, second, third = (kept(each) for each in simulated("lifecycle-paid", 3))
    late = replace(call_back(second), at=third.at)
    undated = call_back(editing.drop("updated_at")(second))
    [trace] = traces([first, third, late, late, undated])
    at = {first: 1, third: 3, late: 2}
    assert [(at[one], at[two]) for one, two in trace.steps] == [(1, 3), (1, 2), (2, 3), (1, 2), (2, 3)]
    assert not any(undated in step for step in trace.steps)


@given(recordings, st.data())
def test_no_callback_is_judged_by_its_request(exchanges: list[Exchange], data: st.DataObject) -> None:
    """Whatever a callback holds, no rule about requests, HTTP, errors or kept recordings says anything of it."""
    called = call_back(data.draw(st.sampled_from(exchanges)))
    judging = Judge(CATALOGUE, Subject("recording", ""))
    judging.all([called, call_back(called)])
    assert {verdict.rule.letter for verdict in judging.verdicts if verdict.total} <= {"S", "P", "C", "L"}
