"""What a value looks like, without the value."""

from __future__ import annotations

from hpp_contract.model.body import MISSING
from hpp_contract.privacy.describe import describe


def test_what_is_not_there() -> None:
    """A member that is missing has a name of its own."""
    assert (describe(MISSING), repr(MISSING)) == ("absent", "MISSING")
