"""The snapshots' own test: a difference is shown and accepted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.support.paths import ROOT
from tests.harness.support.pinned import ACCEPT, SHOWN, assert_pinned

OLD = ("HPP-H11 b", "HPP-H11 a", "HPP-S01 c", "waiting")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert_pinned(tmp_path / "said", OLD, accepted=True)
    return tmp_path / "said"


def shown_difference(folder: Path, statements: tuple[str, ...]) -> list[str]:
    with pytest.raises(pytest.fail.Exception) as failure:
        assert_pinned(folder, statements, accepted=False)
    return str(failure.value).splitlines()


def test_what_is_accepted_is_pinned(folder: Path) -> None:
    """Every statement is a line of its letter's file, in the order of the alphabet."""
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == {
        "H.txt": "HPP-H11 a\nHPP-H11 b\n",
        "S.txt": "HPP-S01 c\n",
        "facts.txt": "waiting\n",
    }
    assert_pinned(folder, OLD[::-1], accepted=False)


def test_a_difference_is_shown(folder: Path) -> None:
    """A statement that goes and one that comes are shown, with the command that accepts them."""
    assert shown_difference(folder, (*OLD[1:], "HPP-H12 a")) == [
        "said is not what is pinned:",
        "--- H.txt",
        "+++ H.txt",
        "@@ -2 +2 @@",
        "-HPP-H11 b",
        "+HPP-H12 a",
        f"To accept this: {ACCEPT}",
    ]


def test_a_missing_file_is_a_difference(folder: Path) -> None:
    """A file that is missing is a difference, not a reason to write it."""
    (folder / "S.txt").unlink()
    assert shown_difference(folder, OLD)[1:5] == ["--- S.txt is missing", "+++ S.txt", "@@ -0,0 +1 @@", "+HPP-S01 c"]


@pytest.mark.parametrize(("text", "shown"), [("HPP-X01\n", ["@@ -1 +0,0 @@", "-HPP-X01"]), ("", [])])
def test_a_stale_file_is_a_difference(folder: Path, text: str, shown: list[str]) -> None:
    """A file that nothing is said in is a difference even when it is empty, and goes when that is accepted."""
    (folder / "X.txt").write_text(text)
    assert shown_difference(folder, OLD)[1:-1] == ["--- X.txt", "+++ X.txt holds nothing that is still said", *shown]
    assert_pinned(folder, OLD, accepted=True)
    assert not (folder / "X.txt").exists()


def test_a_long_difference_is_cut(folder: Path) -> None:
    """What is not shown of a difference is counted."""
    lines = shown_difference(folder, (*OLD, *(f"HPP-X{number:03}" for number in range(100))))
    assert len(lines) == SHOWN + 3
    assert lines[-2] == f"… and {103 - SHOWN} further lines"


def test_the_environment_accepts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HPP_UPDATE decides, unless the caller does."""
    monkeypatch.delenv("HPP_UPDATE", raising=False)
    with pytest.raises(pytest.fail.Exception):
        assert_pinned(folder, ["HPP-S02"])
    monkeypatch.setenv("HPP_UPDATE", "1")
    assert_pinned(folder, ["HPP-S02"])
    assert [path.name for path in folder.iterdir()] == ["S.txt"]


def test_the_command_is_the_documented_one() -> None:
    """CONTRIBUTING.md names the command that a failing snapshot names."""
    assert f"`{ACCEPT}`" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
