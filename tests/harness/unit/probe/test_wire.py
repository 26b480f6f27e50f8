"""One GET without its socket: after how long it is abandoned."""

from __future__ import annotations

import pytest

from hpp_contract.probe import wire


def test_an_answer_that_drips_is_abandoned() -> None:
    """A body that is still coming when the time is up is a time-out."""

    class Dripping:
        def read1(self, _: int, *, decode_content: bool) -> bytes:
            assert not decode_content
            return b"x"

    with pytest.raises(TimeoutError):
        wire._read(Dripping(), 10, deadline=0.0)
