"""Report files are written whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from hpp_contract.engine import files
from hpp_contract.engine.errors import UsageProblem
from hpp_contract.engine.files import check, write


def test_write_replaces_a_file_whole(tmp_path: Path) -> None:
    """A report file is replaced, keeps its mode, and leaves no draft behind."""
    target = tmp_path / "report.json"
    target.write_text("old")
    target.chmod(0o640)
    write(target, "neu \ud800\n")
    assert target.read_bytes() == b"neu \\ud800\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [target]


def test_write_leaves_the_old_file_when_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fills up while a report is written costs the new report, not the old one."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "report.json"
    target.write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageProblem, match=r"report\.json could not be written \(No space left on device\)"):
        write(target, "new")
    assert target.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_write_follows_a_link_and_leaves_a_pipe(tmp_path: Path) -> None:
    """A symbolic link stays one, and a named pipe is written into, not replaced."""
    target, link, pipe = tmp_path / "target", tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(target)
    write(link, "text")
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == "text"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write(pipe, "text")
    assert os.read(reader, 10) == b"text"
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    os.close(reader)


def test_check_names_what_is_wrong(tmp_path: Path) -> None:
    """A missing folder, a folder in the file's place and a file below a file are one sentence each."""
    for path, reason in [
        (tmp_path / "no" / "x", "does not exist"),
        (tmp_path, "is a folder"),
        (tmp_path / "file" / "x", "does not exist"),
    ]:
        (tmp_path / "file").touch()
        with pytest.raises(UsageProblem, match=reason):
            check(path)


def test_a_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That a report cannot be written is said before the run."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UsageProblem, match="cannot be written: no permission; name another file"):
        files.check(tmp_path / "report.json")


def test_what_a_killed_run_left_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next writing of a file removes the drafts of processes that no longer run, and no others."""
    target, ended, running = tmp_path / "re[p].json", 77, 78

    def is_there(number: int, _: int) -> None:
        if number != os.getpid():
            raise ProcessLookupError if number == ended else PermissionError

    monkeypatch.setattr(os, "kill", is_there)
    gone = [tmp_path / f".re[p].json.{ended}-{number:08x}" for number in range(2)]
    others = [
        tmp_path / f".re[p].json.{os.getpid()}-00000000",
        tmp_path / f".re[p].json.{running}-00000000",
        tmp_path / f".other.json.{ended}-00000000",
        tmp_path / f".re[p].json.{ended}-notes",
    ]
    for path in (*gone, *others):
        path.write_text("draft", encoding="utf-8")
    assert sorted(files.abandoned(target)) == gone
    with monkeypatch.context() as windows:
        windows.setattr(os, "name", "nt")
        assert files.abandoned(target) == []
    write(target, "new")
    assert sorted(tmp_path.iterdir()) == sorted([target, *others])


def test_before_a_file_takes_its_place(tmp_path: Path) -> None:
    """What is to be done before is done when all is written; when it fails, the old file stays and nothing is left."""
    target, pipe = tmp_path / "report.json", tmp_path / "pipe"
    target.write_text("old", encoding="utf-8")
    seen: list[list[str]] = []

    def look() -> None:
        seen.append(sorted(path.read_text(encoding="utf-8") for path in tmp_path.iterdir()))

    def fail() -> None:
        raise UsageProblem("no")

    write(target, "new", before=look)
    assert seen == [["new", "old"]]
    with pytest.raises(UsageProblem, match="no"):
        write(target, "newer", before=fail)
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == ["new"]
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(UsageProblem, match="no"):
        write(pipe, "text", before=fail)
    os.close(reader)
