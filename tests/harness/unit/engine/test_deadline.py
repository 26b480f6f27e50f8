"""When a run ends."""

from __future__ import annotations

import math

import pytest

from hpp_contract.engine.deadline import NEVER, Deadline, OutOfTime
from hpp_contract.engine.errors import UNVERIFIED


def test_a_deadline_passes() -> None:
    """Before it nothing happens; after it the error says how long the run had, and what gives it more."""
    assert 0 < Deadline.after(60).left <= 60
    Deadline.after(60).check()
    over = Deadline.after(0)
    assert (over.is_over(), over.left) == (True, 0)
    with pytest.raises(OutOfTime, match=r"over after 0 s: .* Give it more with --max-time\.$") as raised:
        over.check()
    assert raised.value.exit_code == UNVERIFIED


def test_never() -> None:
    """What nobody bounds does not end."""
    NEVER.check()
    assert (NEVER.is_over(), NEVER.left) == (False, math.inf)
