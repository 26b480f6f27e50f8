"""Facts of what a server sent: what is recorded and scrubbed has those of the run itself."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hpp_contract.drift import Baseline, compare_with_baseline
from hpp_contract.drift.collect import collect_facts
from hpp_contract.model import Context, Exchange
from hpp_contract.privacy.scrub import Scrubber
from hpp_contract.probe import ProbePlan, probe, target_from
from hpp_contract.recordings import read_recordings


def kept_as_lines(exchanges: tuple[Exchange, ...], file: Path) -> list[Exchange]:
    """The exchanges as a gateway would log them, read again."""
    with file.open("w", encoding="utf-8") as log:
        for exchange in exchanges:
            request, response = exchange.request, exchange.response
            assert response is not None
            headers = {name: "Basic <scrubbed>" if name == "Authorization" else v for name, v in request.headers}
            line = {
                "request": {"method": request.method, "url": request.url, "headers": headers, "body": None},
                "response": {
                    "status": response.status,
                    "headers": dict(response.headers),
                    "body": response.body.decode(),
                },
            }
            log.write(json.dumps(line) + "\n")
    return read_recordings([str(file)]).exchanges


@pytest.mark.socket
def test_recordings_of_a_run_have_its_facts(tmp_path: Path) -> None:
    """The same answers, kept without any knowledge of what was asked, are no change from what was seen live."""
    live = probe(target_from(None, {}, (), False), ProbePlan()).exchanges
    kept = kept_as_lines(live, tmp_path / "log.ndjson")
    for baseline, fresh in ((live, kept), (kept, live)):
        result = compare_with_baseline(Baseline(collect_facts(baseline).facts), fresh)
        assert (result.changes, result.unverified) == ((), None)


@pytest.mark.socket
def test_scrubbing_changes_no_fact() -> None:
    """A scrubbed recording has the facts of the run."""
    live = probe(target_from(None, {}, (), False), ProbePlan()).exchanges
    scrub = Scrubber()
    kept = [replace(scrub(exchange), context=Context(recorded=True, provenance="recorded")) for exchange in live]
    for baseline, fresh in ((live, kept), (kept, live)):
        assert compare_with_baseline(Baseline(collect_facts(baseline).facts), fresh).changes == ()
