"""Report files are written whole or not at all, and the catalogue prints every rule."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from hpp_contract.reporting.catalogue import explain, rules_markdown, rules_text
from hpp_contract.reporting.files import check, write
from hpp_contract.verdict.problems import UsageProblem
from tests.harness.support.sample_reports import make_rule


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


def test_write_follows_a_link_and_spares_a_pipe(tmp_path: Path) -> None:
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


# --- The catalogue


def test_rules_text_fits_its_width() -> None:
    """The list of rules names every rule whole, at any width of 40 or more."""
    rules = [make_rule(f"HPP-S0{n}", slug="x" * n * 5) for n in range(1, 7)]
    for width in (40, 80, 200):
        text = rules_text(rules, width)
        assert all(f"{rule.id} must   {rule.slug}" in text for rule in rules)
        assert max(map(len, text.splitlines())) <= width or width == 40


def test_explain_says_it_all() -> None:
    """An explanation has id, sentence, reason, weight, basis, source, scope and the pair of examples."""
    text = explain(make_rule("HPP-S01"), ("> GET good", "> GET bad"))
    for expected in [
        "HPP-S01 a-rule\n\nThe rule is kept.",
        "Why\n  Otherwise somebody loses a session.",
        "Weight\n  must: breaking it fails the run",
        "Basis\n  stated: Read Session › Operation",
        "Judged by\n  one request and its response",
        "Kept by\n  > GET good",
        "Broken by\n  > GET bad",
    ]:
        assert expected in text


def test_rules_markdown_has_a_row_per_rule() -> None:
    """RULES.md has one table row per rule, under its letter."""
    text = rules_markdown([make_rule("HPP-S01"), make_rule("HPP-H01", "info", "b|c")])
    assert text.index("## H:") < text.index("| HPP-H01 |") < text.index("## S:") < text.index("| HPP-S01 |")
    assert "b\\|c" in text
    assert "2 rules: 1 must, 0 should, 1 info." in text
