"""One clock: nothing but `hpp_contract.model.clock` reads the time of day, and no test turns it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.support.clock_readers import READS, UNLESS_GIVEN, clock_readers
from tests.harness.support.paths import ROOT, SUPPORT

CLOCK = ROOT / "hpp_contract/model/clock.py"
STOPPED = ROOT / "benchmarks/outputs/driver.py"
MAY = (CLOCK, ROOT / "tests/any_day.py", STOPPED, Path(__file__), SUPPORT / "clock_readers.py")
"""The clock, what moves it for `make test-any-day`, what stops it to compare outputs, and the names that this test
looks for."""

ITS_OWN = {
    "tests/harness/integration/cli/test_clock.py",
    "tests/harness/integration/probe/test_wire.py",
    "tests/harness/project/test_any_day.py",
    "tests/harness/project/test_one_clock.py",
    "tests/harness/support/clock_readers.py",
}
STAND_STILL = "hand in `noon` of tests/harness/support/fake_time.py (CONTRIBUTING.md, The time of day)"
FOLDERS = ("hpp_contract", "tests", "examples", "benchmarks")
SOURCES = [ROOT / "conftest.py", *(path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")))]


def test_nothing_else_reads_the_time_of_day() -> None:
    """The clock is one function; `make test-any-day` alone moves it."""
    lines = []
    for path in (each for each in SOURCES if each not in MAY):
        remedy = STAND_STILL if ROOT / "tests" in path.parents else "take a Clock as an argument"
        for line, name in dict(reversed(clock_readers(path.read_text(encoding="utf-8")))).items():
            lines.append(f"{path.relative_to(ROOT)}:{line}: {name} reads or moves the clock: {remedy}.")
    assert not lines, "\n".join(lines)


def test_tests_do_not_live_today() -> None:
    """A test that needs a day hands in a clock that stands still; only tests of the system's own clock read that."""
    paths = [path for path in SOURCES if ROOT / "tests" in path.parents]
    texts = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    found = {name for name, text in texts.items() if "import" in text and "system_clock" in text} - ITS_OWN
    assert not found, f"{', '.join(sorted(found))}: {STAND_STILL}."


def test_the_clock_itself_is_found() -> None:
    """The search sees the one place that may read it, and that place reads it once."""
    assert {name for _, name in clock_readers(CLOCK.read_text(encoding="utf-8"))} == {"time.time_ns", "time_ns"}


def ways(function: str) -> list[str]:
    """Ways to get hold of a function."""
    owner, _, name = function.rpartition(".")
    outer, _, inner = owner.rpartition(".")
    top = function.partition(".")[0]
    found = [
        f"import {top}\n{function}()",
        f"import {top} as t\nf = t{function.removeprefix(top)}\nf()",
        f"def f():\n    import {top}\n    return map({function}, [])",
        f"import {top}\nclass C:\n    clock: object = {function}",
    ]
    if outer:
        found += [f"from {outer} import {inner}\nx = {inner}.{name}", f"from {outer} import {inner} as i\ni.{name}()"]
    if owner not in ("datetime.datetime", "datetime.date"):  # classes
        found += [f"from {owner} import {name}\nx = {name}", f"from {owner} import {name} as n\nn()"]
    return found


@pytest.mark.parametrize("function", sorted({*READS, *UNLESS_GIVEN}))
def test_every_way_is_found(function: str) -> None:
    """A function that reads the time of day is found by whatever name it goes, called or handed on."""
    for source in ways(function):
        assert clock_readers(source), source


@pytest.mark.parametrize(
    "source",
    [
        "from time import *",
        "import time\nt = time\nt.time()",
        "import time\ngetattr(time, 'ti' + 'me')()",
        "import datetime\ngetattr(datetime.datetime, 'now')()",
        "from importlib import import_module\nimport_module('time').time()",
        "__import__('time').time()",
        "from x import application\napplication.time.time_ns()",
        "from datetime import datetime\nD = datetime\nD.now()",
        "thing.utcnow()",
        "def f(self):\n    self.send_response(200)",
        "monkeypatch.setattr('time.time_ns', lambda: 0)",
        "monkeypatch.setattr('hpp_contract.server.application.time.time', lambda: 0)",
        "import time\nmonkeypatch.setattr(time, 'sleep', lambda _: None)",
        "monkeypatch.setattr(application.time, 'time_ns', lambda: 0)",
        "import time_machine",
        "from freezegun import freeze_time",
        "run('python', '-c', 'import time; print(time.time())')",
        'database.execute("SELECT CURRENT_TIMESTAMP")',
        "database.execute(\"SELECT strftime('%s')\" + \"datetime('now')\")",
        "import time\ntime.strftime('%Y')",
        "from email.utils import formatdate\nformatdate(usegmt=True)",
        "from email.utils import formatdate\nformatdate(None)",
        "import time\ntime.gmtime(None)",
        "monkeypatch.setattr(application, 'time', Fake)",
        "patch('hpp_contract.server.wire.time')",
        "monkeypatch.setattr('hpp_contract.model.clock.system_clock', lambda: 0)",
        "import time\ntime.sleep = lambda _: None",
        "from freezegun.api import freeze_time",
        "from datetime import datetime, date\nD, E = datetime, date\nD.now()",
        "from datetime import datetime\ndef f(cls=datetime):\n    cls.now()",
        "from datetime import datetime\nclass D(datetime):\n    pass\nD.now()",
        "self._time = time\nself._time.time()",
        "run('python', '-c', 'from time import time; print(time())')",
        'database.execute("select current_timestamp")',
    ],
)
def test_every_disguise_is_found(source: str) -> None:
    """Searching a clock, replacing it, and reading it from a text are found too."""
    assert clock_readers(source), source


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.monotonic() + time.perf_counter()\ntime.sleep(1)",
        "from email.utils import formatdate\nformatdate(5, usegmt=True)\nformatdate(timeval=5)",
        "import time\ntime.strftime('%Y', moment)\ntime.gmtime(5)",
        "from datetime import UTC, datetime\ndatetime.fromtimestamp(5, UTC).strftime('%Y')\nx: datetime = y",
        "isinstance(x, datetime.datetime)",
        "class Clock:\n    now: int = 5\n\n    def turn(self):\n        self.now += 1",
        '"""time.time() is read nowhere."""',
        "import uuid\nuuid.uuid4()",
        "print(result.time)\nf(started=span.time)",
        "def f(time):\n    g(time)",
        "import datetime\nisinstance(x, datetime.time)",
    ],
)
def test_durations_and_given_times_are_free(source: str) -> None:
    """What measures how long something takes, or is told the time, is no finding."""
    assert clock_readers(source) == []
