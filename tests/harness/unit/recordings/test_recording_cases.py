"""Small recordings in the forms that people have them, each with its right value: a form is a kind, not a file."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from hpp_contract.engine import Outcome
from hpp_contract.recordings.bulk.local import judge_recordings
from tests.harness.support.paths import SUPPORT
from tests.harness.support.recording_tools import kept, simulated, write_lines

CASES: Final = SUPPORT / "recording_cases"


@dataclass(frozen=True)
class Right:
    """How many exchanges are `judged`, `notes` of what is not, what is `said` of what cannot be read (nothing in it is
    damaged unless it is said), and which rules are `broken`."""

    judged: int
    notes: tuple[str, ...] = ()
    said: str | None = None
    broken: tuple[str, ...] = ()


_OTHER: Final = ("1 skipped (other operations)",)
_STUB: Final = ("1 stubs for this endpoint are patterns or templates, or forward or fail on purpose",)

_LOST: Final = ("1 body was not kept, or cannot be unpacked",)

ONE: Final = Right(1)
"""One exchange, in which no rule is broken."""

_RIGHT: Final[dict[str, Right]] = {
    "apisix-http-logger.ndjson": Right(1, _LOST),
    "envoy.ndjson": Right(0, said="an access log of Envoy: it keeps no bodies"),
    "fiddler.saz": Right(0, said="a zip, a session archive of Fiddler: export it by File › Export Sessions"),
    "folder": Right(1, notes=("A.swift: not a recording", "c.toml: not a recording", "x.bru: not a recording")),
    "go-vcr-lossy-gzip.yaml": Right(0, said="bytes of it are lost (read as go-vcr)"),
    "har-blocked-by-browser.har": Right(1, notes=("1 requests that the browser blocked never left it",)),
    "har-body-not-kept.har": Right(1, _LOST),
    "har-content-encoding-no-coding.har": Right(1, _LOST),
    "har-other-data-url.har": Right(1, _OTHER),
    "har-other-status-minus-2.har": Right(1, _OTHER),
    "har-placeholders.har": Right(8),
    "har-preflight.har": Right(1, _OTHER),
    "har-text-empty-size.har": Right(1, broken=("HPP-H08",)),
    "har-truncated-body.har": Right(1, _LOST),
    "har-two-sessions.har": Right(2),
    "insomnia4.json": Right(0, said="an export of Insomnia: it holds no answers"),
    "jmeter.xml": Right(0, said="results of JMeter"),
    "mockserver-error.json": Right(0, _STUB),
    "mockserver-no-path.json": Right(1, _OTHER),
    "mockserver-regex-path.json": Right(0, _STUB),
    "mockserver-template.json": Right(0, _STUB),
    "nginx-json.ndjson": Right(0, said="an access log of nginx: it keeps no bodies"),
    "otel.json": Right(0, said="traces of OpenTelemetry: it keeps no bodies"),
    "pact-message.json": Right(0),
    "pact-no-method.json": Right(1, _OTHER),
    "php-vcr-null-response.yml": Right(1, _OTHER),
    "playwright-har.zip": Right(0),
    "recording-lone-surrogate-status.json": Right(1, broken=("HPP-S05",)),
    "ruby-vcr-userinfo-real.yml": Right(1, broken=("HPP-K01", "HPP-R10")),
    "vcrpy-multi-doc.yaml": Right(0, said="a second YAML document at line 26"),
    "vcrpy-null-body.yaml": Right(1, _LOST),
    "wiremock-body-file-template.json": Right(0, _STUB),
    "wiremock-fault.json": Right(0, _STUB),
    "wiremock-other-body-elsewhere.json": Right(1, _OTHER),
    "wiremock-url-pattern.json": Right(0, _STUB),
}
"""What differs from `ONE`."""

NAMES: Final = sorted(path.name for path in CASES.iterdir() if path.suffix != ".bin")


@pytest.mark.parametrize("name", NAMES)
def test_the_right_value(name: str) -> None:
    """What is in the file is judged, what is not of this endpoint is skipped, and nobody is blamed for the recorder."""
    right, judged = _RIGHT.get(name, ONE), judge_recordings([str(CASES / name)], processes=1)
    assert (judged.judged, judged.damaged) == (right.judged, 0 if right.said is None else 1), judged.unreadable
    assert right.said is None or right.said in judged.unreadable[0]
    assert all(any(note in each for each in judged.notes) for note in right.notes), judged.notes
    broken = {verdict.rule.id for verdict in judged.verdicts if verdict.outcome in (Outcome.BROKEN, Outcome.ERROR)}
    assert broken == {*right.broken}


def test_every_value_has_its_file() -> None:
    """No right value is of a file that is not there any more."""
    assert {*_RIGHT} <= {*NAMES}


def test_a_stub_that_is_no_exchange_is_said() -> None:
    """Where a recording holds only stubs that match many requests, the sentence says that they were met."""
    from hpp_contract.recordings.reading import nothing_in, read_recordings

    reading = read_recordings([str(CASES / "wiremock-url-pattern.json")])
    [sentence] = reading.unreadable
    assert sentence == nothing_in([str(CASES / "wiremock-url-pattern.json")], reading.notes)
    assert "Stubs for it are here" in sentence


def test_a_known_tool_in_a_folder(tmp_path: Path) -> None:
    """In a folder too a file of a known tool is called by its name, with the way to export it: as a note beside
    recordings, and in the sentence where there is nothing else."""
    from hpp_contract.recordings.reading import read_recordings

    shutil.copy(CASES / "fiddler.saz", tmp_path)
    named = f"{tmp_path / 'fiddler.saz'}: left out, a zip, a session archive of Fiddler: export it by File"
    assert named in read_recordings([str(tmp_path)]).unreadable[0]
    write_lines(tmp_path / "log.ndjson", [kept(each) for each in simulated("waiting", 1)])
    judged = judge_recordings([str(tmp_path)], processes=1)
    assert (judged.damaged, judged.judged) == (0, 1)
    assert judged.notes[0].startswith(named)
