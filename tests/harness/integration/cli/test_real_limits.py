"""Limits as a system really has them: on the processes of a user, and on the open files of a process."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.support.paths import ROOT
from tests.harness.support.refusing import COMMANDS, FILE, PROCESS, THREAD


def limited(limit: int, number: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command under a limit of this process alone."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE", "COV_"))}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, timeout=300, cwd=ROOT,
        env=environ | {"PYTHONPATH": str(ROOT)}, preexec_fn=lambda: restrict(limit, number),
    )  # fmt: skip


LIBC = ctypes.CDLL(None, use_errno=True)
NOBODY = 54321
"""A uid that owns no process."""


def restrict(limit: int, number: int) -> None:
    """Set the limit for this process. It counts a user's processes: root becomes one who has none, in all but files."""
    if limit == resource.RLIMIT_NPROC and os.geteuid() == 0:
        for capability in (21, 24):  # CAP_SYS_ADMIN and CAP_SYS_RESOURCE, whose owners know no such limit
            LIBC.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
        os.setresuid(NOBODY, 0, 0)
    elif limit == resource.RLIMIT_NPROC:
        number += own_tasks()
    resource.setrlimit(limit, (number, number))


def own_tasks() -> int:
    """Threads of this user's."""
    mine = [folder for folder in Path("/proc").glob("[0-9]*") if folder.stat().st_uid == os.getuid()]
    return sum(len(list(folder.glob("task/*"))) for folder in mine)


REAL = {
    "endpoint": (COMMANDS["endpoint"], (1, 2, 3, 4, 5), (5, 6, 7, 8, 9, 10, 12)),
    "client": (COMMANDS["client --command"], (1, 3, 4, 5, 6, 7, 9, 20), (6, 12, 20, 24, 28, 31, 34, 37, 60)),
    "recording": (COMMANDS["recording"], (1, 2, 3, 6), (6, 8, 10, 11, 12, 13, 14, 30)),
}


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts processes so")
@pytest.mark.parametrize("name", REAL)
def test_few_processes(name: str) -> None:
    """Under a real limit on processes, a command is done or says which it was refused."""
    probe = "import threading; threading.Thread(target=print).start()"
    if limited(resource.RLIMIT_NPROC, 1, "-c", probe).returncode == 0:
        pytest.skip("whoever runs this may start more processes than a limit says, or others of theirs have ended")
    command, numbers, _ = REAL[name]
    for number in numbers:
        done = limited(resource.RLIMIT_NPROC, number, "-m", "hpp_contract", *command)
        assert (done.returncode, done.stderr) in [(0, ""), (3, THREAD), (3, PROCESS)], number


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="how many files Python itself needs differs")
@pytest.mark.parametrize("name", REAL)
def test_few_files(name: str) -> None:
    """Under a real limit on open files, a command is done or says that it was refused one."""
    command, _, numbers = REAL[name]
    for number in numbers:
        done = limited(resource.RLIMIT_NOFILE, number, "-m", "hpp_contract", *command)
        assert (done.returncode, done.stderr) in [(0, ""), (3, FILE)], number
