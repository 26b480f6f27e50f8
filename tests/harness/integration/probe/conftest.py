"""What tests of probing share."""

from __future__ import annotations

import pytest

from hpp_contract.probe.sender import RateLimiter
from tests.harness.support.fake_time import FakeTime


@pytest.fixture
def fake_time(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    """The clock of every probe of the test, and sleeping that takes no time."""
    fake = FakeTime()
    monkeypatch.setattr(RateLimiter, "for_host", fake.limiter)
    return fake
