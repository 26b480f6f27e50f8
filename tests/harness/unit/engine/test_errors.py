"""What the system refuses is said in a sentence that helps, and is no fault of ours."""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path

import pytest

from hpp_contract.engine.errors import Unverifiable, UsageProblem, disk_refusal, system_refusal


def test_no_folder_for_temporary_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no temporary file can be made, the sentence names the variable that says where."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/nowhere/at/all"])
    with pytest.raises(FileNotFoundError) as raised:
        tempfile.mkdtemp()
    refused = system_refusal(raised.value)
    assert isinstance(refused, Unverifiable)
    assert str(refused) == (
        "the system refused a folder for temporary files: name one that can be written in the variable TMPDIR."
    )
    assert system_refusal(FileNotFoundError(errno.ENOENT, "No such file or directory")) is None
    assert system_refusal(FileNotFoundError(errno.ENOENT)) is None


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_disk_that_refuses(number: int) -> None:
    """A disk that is full or can only be read is no internal error; what somebody explained already stays."""
    assert "TMPDIR" in str(disk_refusal(OSError(number, "refused")))
    assert system_refusal(OSError(number, "refused")) is None
    assert disk_refusal(OSError(errno.ENOENT, "no file")) is None
    assert disk_refusal(UsageProblem(f"{Path('x')} could not be written")) is None
