"""Judging a log: exchanges a second and memory, on one core and on all, there on Dask too (its start included), beside
openapi-core on the same exchanges. Then a HAR of many other exchanges.

    python -m benchmarks recordings
    SESSIONS=100000 python -m benchmarks recordings      the million of the requirement; a log of 800 MB
    BEFORE=CHECKOUT python -m benchmarks recordings      beside an older version, run in turns

Needs `pip install openapi-core` for the comparison, and says so when it is not there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks._log import write_log
from hpp_contract.recordings.bulk.local import available_cores
from hpp_contract.spec.schema_files import folder

SESSIONS = 20_000
COMPARED = 3_000


def main() -> None:
    """Print a line for each way of judging."""
    sessions = int(os.environ.get("SESSIONS") or SESSIONS)
    with TemporaryDirectory() as place:
        log = Path(place) / "log.ndjson"
        count = write_log(log, sessions)
        print(f"{count:,} exchanges of {sessions:,} sessions, {log.stat().st_size / 1e6:,.0f} MB")
        if before := os.environ.get("BEFORE"):
            _beside(log, count, Path(before).resolve())
        one = _judged(log, count, 1)
        if available_cores() > 1:
            _judged(log, count, available_cores())
        if find_spec("distributed"):
            _judged(log, count, available_cores(), "dask.judge_on_dask")
        har = Path(place) / "browser.har"
        _write_har(har, reads=100, others=5_000)
        print(f"a HAR of {har.stat().st_size / 1e6:.0f} MB, 100 reads among 5,000 other exchanges:")
        _judged(har, 100, 1)
        other = _openapi_core(log)
        if other:
            print(f"openapi-core  {other:8,.0f} exchanges/s, the response alone: {one / other:.0f} times slower")


def _write_har(path: Path, reads: int, others: int) -> None:
    """A HAR as a browser exports one: scripts and pages, and a few reads of sessions among them."""
    fields = [{"name": f"x-field-{number}", "value": "v" * 30} for number in range(12)]
    script = "function(a,b){return a+b};\n" * 400
    session = '{"session_id": "%s", "status": "WAITING", "updated_at": "%s", "expires_at": "2026-11-22T11:00:00.123Z"}'
    with path.open("w", encoding="ascii") as file:
        file.write('{"log": {"version": "1.2", "entries": [')
        for number in range(reads + others):
            url, text, at = f"https://shop.example/{number}.js", script, "2026-11-20T12:00:00.000Z"
            if number % (1 + others // reads) == 0:
                name, at = f"5c2bbed0-0000-7000-8000-{number:012}", f"2026-11-20T12:{number % 60:02}:00.000Z"
                url, text = f"https://api.playground.kustom.co/hpp/v1/sessions/{name}", session % (name, at)
            content = {"size": len(text), "text": text}
            entry = {
                "startedDateTime": at,
                "request": {"method": "GET", "url": url, "headers": fields},
                "response": {"status": 200, "headers": fields, "content": content},
            }
            file.write((", " if number else "") + json.dumps(entry))
        file.write("]}}")


def _judged(log: Path, count: int, processes: int, judge: str = "local.judge_recordings") -> float:
    """Judge the log in processes of their own, as a user would; returns exchanges a second and core."""
    command = [sys.executable, "-c", _SCRIPT, str(log), str(processes), judge]
    begin = time.perf_counter()
    done = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peak = 0
    while done.poll() is None:
        peak = max(peak, _memory(done.pid))
        time.sleep(0.2)
    seconds = time.perf_counter() - begin
    result = json.loads(done.stdout.read()) if done.stdout else {}
    if result.get("judged") != count:
        sys.exit(f"{result} judged of {count}")
    rate = count / result["seconds"]
    plural = "es" if processes > 1 else "  "
    where = "Dask" if "dask" in judge else "    "
    print(
        f"{processes} process{plural} {where} {rate:8,.0f} exchanges/s, {rate / processes:8,.0f} per core, "
        f"CPU {1e6 * result['cpu'] / count:.0f} µs each, {peak / 1e6:.0f} MB at most in all; {seconds:.1f} s wall"
    )
    return rate / processes


def _beside(log: Path, count: int, before: Path) -> None:
    """Processor time an exchange of the older version and of this one, run in turns: the least of five each."""
    least: dict[Path, float] = {}
    for checkout in [before, Path(__file__).resolve().parent.parent] * 5:
        command = [sys.executable, "-c", _SCRIPT, str(log), "1", "local.judge_recordings"]
        done = subprocess.run(command, cwd=checkout, capture_output=True, check=True)  # it is imported from there
        cpu = 1e6 * json.loads(done.stdout)["cpu"] / count
        least[checkout] = min(cpu, least.get(checkout, cpu))
    then, now = least.values()
    print(f"one process, CPU an exchange: {then:.1f} µs in {before.name}, {now:.1f} µs here: {then / now:.2f} times")


_SCRIPT = """
import json, resource, sys, time
if __name__ == "__main__":
    from pkgutil import resolve_name
    try:
        judge = resolve_name(f"hpp_contract.recordings.bulk.{sys.argv[3]}")
    except (ImportError, AttributeError):  # of before there was such a package
        judge = resolve_name("hpp_contract.recordings.engine.judge_recordings")
    begin, started = time.perf_counter(), time.process_time()
    judged = judge([sys.argv[1]], processes=int(sys.argv[2])).judged
    seconds, own = time.perf_counter() - begin, time.process_time() - started
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = own + children.ru_utime + children.ru_stime
    print(json.dumps({"judged": judged, "seconds": seconds, "cpu": cpu}))
"""


def _memory(pid: int) -> int:
    """Bytes that a process and all it started have for themselves: shared pages are counted in parts."""
    total = 0
    for process in (pid, *_children(pid)):
        try:
            lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8").splitlines()
        except OSError:  # it has ended, or this is no Linux
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def _children(pid: int) -> list[int]:
    try:
        threads = Path(f"/proc/{pid}/task").glob("*/children")
        direct = [int(each) for thread in threads for each in thread.read_text().split()]
    except OSError:
        return []
    return [each for child in direct for each in (child, *_children(child))]


def _openapi_core(log: Path) -> float | None:
    """Exchanges a second that openapi-core validates, their requests parsed and their responses checked."""
    try:
        from openapi_core import OpenAPI
        from openapi_core.testing import MockRequest, MockResponse
    except ImportError:
        print("openapi-core  not installed here: pip install openapi-core to compare")
        return None
    contract = OpenAPI.from_file_path(str(folder("schemas") / "openapi.json"))
    with log.open(encoding="ascii") as lines:
        exchanges = list(islice(lines, COMPARED))
    begin = time.perf_counter()
    refused = sum(not _validates(contract, json.loads(line), MockRequest, MockResponse) for line in exchanges)
    seconds = time.perf_counter() - begin
    if refused > COMPARED / 100:
        print(f"openapi-core  refuses {refused} of {COMPARED}")
    return COMPARED / seconds


def _validates(contract: Any, line: dict[str, Any], request_of: Any, response_of: Any) -> bool:
    sent, answered = line["request"], line["response"]
    host, _, path = sent["url"].removeprefix("https://").partition("/")
    request = request_of(f"https://{host}", "get", f"/{path}", headers=sent["headers"])
    response = response_of(answered["body"].encode(), answered["status"], answered["headers"], "application/json")
    try:
        contract.validate_response(request, response)
    except Exception:
        return False
    return True
