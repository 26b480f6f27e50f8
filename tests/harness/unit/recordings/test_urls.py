"""Recordings at URLs and behind patterns are those that the paths name; what cannot be read is a sentence."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]  # fsspec has no types

from hpp_contract.engine.errors import Unverifiable, UsageProblem
from hpp_contract.recordings import urls
from hpp_contract.recordings.bulk.local import judge_recordings
from hpp_contract.recordings.sources import files
from tests.harness.support.paths import RECORDINGS
from tests.harness.support.recording_tools import EDITS, kept, simulated, write_lines


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two logs, one packed in a folder below, a cassette, and what is no recording."""
    names = ("session_id=null", 'session_id=""', 'session_id="x"', "session_id=5")
    polls = [EDITS[name](kept(each)) for name, each in zip(names, simulated("lifecycle-paid", 4), strict=True)]
    text = write_lines(tmp_path / "a.ndjson", polls).read_bytes()
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "b.ndjson.gz").write_bytes(gzip.compress(text * 3))
    (tmp_path / "c.yaml").write_bytes((RECORDINGS / "ruby-vcr.yml").read_bytes())
    for name in (".hidden", "README.md", "below/.c.ndjson", "below/__files"):
        (tmp_path / name).write_bytes(text)
    return tmp_path


def names(*paths: str) -> list[tuple[str, bool]]:
    return [(name.removeprefix("file://"), found) for name, found in files(paths)]


def test_a_folder_at_a_url_is_a_folder(folder: Path) -> None:
    """The same files are found in it, the same left out, and the verdict on them is the same but for their names."""
    path, url = str(folder), folder.as_uri()
    assert names(url) == names(path)
    assert len(names(url)) == 3
    local, remote = judge_recordings([path], processes=1), judge_recordings([url], processes=1)
    assert str(remote.verdicts).replace("file://", "") == str(local.verdicts)
    assert (remote.judged, remote.damaged) == (local.judged, 0)
    assert "file://" in str(remote.verdicts)


@pytest.mark.parametrize("pattern", ["*.ndjson", "below/*.gz", "*/b.*", "**/*.gz", "*"])
def test_a_pattern_names_what_a_shell_would_name(folder: Path, pattern: str) -> None:
    """`*` means the same in a path and in a URL; a folder that it names is looked into, a file in it is taken as named;
    hidden files are no match of a path."""
    found = names(f"{folder}/{pattern}")
    assert found
    assert names(f"{folder.as_uri()}/{pattern}") == found


def test_a_file_named_like_a_pattern(tmp_path: Path) -> None:
    """A file that has a star in its name is that file."""
    (tmp_path / "a*b").write_text("{")
    (tmp_path / "axb").write_text("{")
    assert names(f"{tmp_path}/a*b") == [(f"{tmp_path}/a*b", False)]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("file:///no/such/file", "file:///no/such/file names no file: give a recording or a folder of recordings."),
        ("file:///no/such/*.har", "file:///no/such/*.har names no file: give a recording or a folder of recordings."),
        ("nonsense://a/b", "nonsense://a/b is not a URL that fsspec opens: Protocol not known: nonsense."),
        ("s3://key:hush@bucket/b", "a URL with a user, a password or a query would end up in the report: leave them"),
        ("https://h/log?sig=hush", "a URL with a user, a password or a query would end up in the report: leave them"),
    ],
)
def test_a_url_that_makes_no_sense(url: str, said: str) -> None:
    """A URL that names nothing, or that holds a secret, is a usage error, which does not repeat the secret."""
    with pytest.raises(UsageProblem) as raised:
        judge_recordings([url])
    assert str(raised.value).startswith(said)
    assert "hush" not in str(raised.value)


def test_fsspec_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, the sentence says how to get it."""
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(UsageProblem) as raised:
        judge_recordings(["s3://bucket/log"])
    assert str(raised.value) == "s3://bucket/log needs another package: pip install 'hpp-contract[dask]'."


class Broken:
    """A store that fails in its own words."""

    def __getattr__(self, name: str) -> object:
        raise RuntimeError("secret words of a library")


def test_a_store_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a store raises is one sentence without its words, and of a file that was found an OSError."""
    monkeypatch.setattr(urls, "_filesystem", lambda _: (Broken(), "bucket/log"))
    with pytest.raises(Unverifiable) as raised:
        judge_recordings(["s3://bucket/log"])
    assert str(raised.value) == "s3://bucket/log cannot be listed (RuntimeError): check that it may be read."
    for action in (urls.opened, urls.size, lambda url: urls.read(url, 0, 1)):
        with pytest.raises(OSError, match=r"cannot be read \(RuntimeError\)$"):
            action("s3://bucket/log")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Two polls of one session."""
    return write_lines(tmp_path / "log.ndjson", [kept(each) for each in simulated("lifecycle-paid", 2)])


class Taciturn(LocalFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A store that does not tell how long a file is."""

    def size(self, path: str) -> None:
        """Nothing, as of a server that sends no Content-Length."""


def test_a_store_that_tells_no_size(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recording of unknown size is one sentence."""
    monkeypatch.setattr(urls, "_filesystem", lambda url: (Taciturn(), url.removeprefix("file://")))
    judged = judge_recordings([log.as_uri()], processes=1)
    assert judged.unreadable == (f"{log.as_uri()}: its server does not give its size",)
    assert (judged.judged, judged.damaged) == (0, 1)


@pytest.mark.parametrize("action", [urls.size, urls.opened, lambda url: urls.read(url, 0, 1)])
def test_a_store_without_the_file(action: Callable[[str], object], tmp_path: Path) -> None:
    """What a store says in an operating system's words is passed on."""
    with pytest.raises(FileNotFoundError):
        action((tmp_path / "nothing").as_uri())
