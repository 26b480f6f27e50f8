"""Every format, on files that the real libraries wrote or, under `published`, on files after their documentation."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import pytest

from hpp_contract.engine import Outcome, Subject, judge
from hpp_contract.model import Exchange
from hpp_contract.recordings import read_recordings
from hpp_contract.recordings.formats import FORMATS
from hpp_contract.rules import CATALOGUE
from tests.harness.support.paths import RECORDINGS, ROOT
from tests.harness.support.recording_tools import recording_files

WALK = ["WAITING", "IN_PROGRESS", "COMPLETED", 404]
LAST = ["COMPLETED", 404]

SAMPLES = (
    "wiremock/mappings",
    "talkback",
    *sorted(
        path.relative_to(RECORDINGS).as_posix()
        for path in recording_files()
        if not {"mappings", "talkback"} & {*path.relative_to(RECORDINGS).parts}
    ),
)
"""The recordings: every file, but for the scripts that made them, and what has a file for each exchange as a folder."""

_OTHERS: dict[str, list[object]] = {
    "betamax.json": LAST,  # it keeps one interaction for each request
    "betamax-exact.json": LAST,
    "pact/shop-hpp-v2.json": ["WAITING", 404],
    "pact/shop-hpp-v3.json": ["WAITING", 404],
    "pact/shop-hpp-v4.json": ["WAITING", 404],
    "published/browser-chrome.har": [*WALK, "unanswered"],
    "schemathesis.vcr.yaml": [404] * 7,
    "schemathesis.har": [404] * 7,
    "schemathesis.ndjson": [404] * 7,
    "wiremock/requests.json": WALK[::-1],
    "wiremock/snapshot.json": WALK[::-1],
    "wiremock/mappings": [404, "WAITING"],
    "talkback": [404, "WAITING"],
}
EXPECTED = {name: _OTHERS.get(name, WALK) for name in SAMPLES}
"""What is read from each: the statuses of a paid session, but for what `_OTHERS` says."""

_OTHER = {"published/mockserver-expectations.json": 2}
"""How many exchanges of other operations are in a recording that has more than one."""

ONLY_OURS = ("pact", "schemathesis", "wiremock/mappings")
"""Recordings that hold no exchange of another operation, or in another file."""

TIMED = ("betamax", "ruby", "mitmproxy", "polly", "schemathesis", "published/browser", "published/mockserver-recorded",
         "wiremock/requests", "playwright", "talkback", "published/apisix", "published/charles", "published/easyvcr",
         "published/keploy", "published/kong", "published/okreplay", "published/scotch")  # fmt: skip


def status_of(exchange: Exchange) -> object:
    return exchange.session["status"] if exchange.session else exchange.status or exchange.failure


def statuses(path: Path) -> list[object]:
    return [status_of(exchange) for exchange in read_recordings([str(path)]).exchanges]


@pytest.mark.parametrize("name", SAMPLES)
def test_every_exchange_is_read(name: str) -> None:
    """The recording of a paid session gives its polls in order, byte for byte what a session is read from."""
    reading = read_recordings([str(RECORDINGS / name)])
    assert reading.unreadable == []
    read = [status_of(exchange) for exchange in reading.exchanges]
    assert read == EXPECTED[name], f"if {name} holds just that, say so in _OTHERS"
    assert all(exchange.evidence.rpartition("#")[2].isdigit() for exchange in reading.exchanges)


@pytest.mark.parametrize("name", SAMPLES)
def test_honest_recordings_break_nothing(name: str) -> None:
    """What a library changes in keeping an exchange is never taken for a broken contract."""
    verdicts = judge(read_recordings([str(RECORDINGS / name)]).exchanges, CATALOGUE, Subject("recording", name))
    broken = [verdict.rule.id for verdict in verdicts if verdict.outcome in (Outcome.BROKEN, Outcome.ERROR)]
    assert broken == []


@pytest.mark.parametrize("name", SAMPLES)
def test_times_are_kept_where_the_format_has_them(name: str) -> None:
    """A recorded time orders the exchanges of a session; formats without times leave it to the file."""
    timed = {exchange.at is not None for exchange in read_recordings([str(RECORDINGS / name)]).exchanges}
    assert timed == {name.startswith(TIMED)}, f"TIMED names what has times: is {name} in its right place?"


@pytest.mark.parametrize("name", [name for name in SAMPLES if not name.startswith(ONLY_OURS)])
def test_other_operations_are_counted_and_skipped(name: str) -> None:
    """An exchange of another operation in the same file is counted, and judged by nothing."""
    notes = read_recordings([str(RECORDINGS / name)]).notes
    assert len(notes) == 1, f"{name} needs one exchange of another operation, or a place in ONLY_OURS"
    assert f"{_OTHER.get(name, 1)} skipped (other operations)" in notes[0]


@pytest.mark.parametrize(
    "name", [name for name in SAMPLES if (RECORDINGS / name).is_file() and "playwright" not in name]
)
def test_the_name_of_the_file_means_nothing(tmp_path: Path, name: str) -> None:
    """A format is recognized from what is in the file: without its extension, and packed with gzip, it is the same."""
    plain = tmp_path / "recording"
    shutil.copy(RECORDINGS / name, plain)
    packed = tmp_path / "packed.log"
    packed.write_bytes(gzip.compress((RECORDINGS / name).read_bytes()))
    assert statuses(plain) == statuses(packed) == statuses(RECORDINGS / name)


def test_every_format_has_a_recording(tmp_path: Path) -> None:
    """No format is only claimed."""
    from hpp_contract.recordings.documents import parsed
    from hpp_contract.recordings.sources import input_file

    recognized = set()
    for name in SAMPLES:
        path = next(iter(sorted((RECORDINGS / name).iterdir()))) if (RECORDINGS / name).is_dir() else RECORDINGS / name
        source = input_file(0, str(path), tmp_path)
        if source.is_lines:
            continue
        document = parsed(source)
        recognized.add(next(each.name for each in FORMATS if each.recognizes(document)))
    missing = [each.name for each in FORMATS if each.name not in recognized]
    assert missing == [], "these have no sample in tests/harness/support/recordings, or another recognizes it first"


def test_every_format_is_documented() -> None:
    """The guide has each format in its table, under the name that the help of the command has."""
    page = (ROOT / "docs" / "recordings.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.split("\n") if line.startswith("| ")]
    for each in FORMATS:
        for name in each.name.partition(" (")[0].split(", "):
            assert any(name in row for row in rows), f"docs/recordings.md has no row for {name}"


def test_examples_form_no_trace(tmp_path: Path) -> None:
    """Stubs and contracts hold examples in any order: that one shows COMPLETED and the next WAITING breaks nothing."""
    exchanges = read_recordings([str(RECORDINGS / "wiremock" / "snapshot.json")]).exchanges
    verdicts = judge(exchanges, CATALOGUE, Subject("recording", "stubs"))
    assert [verdict.rule.id for verdict in verdicts if verdict.findings and verdict.rule.id.startswith("HPP-L")] == []
