"""Which hosts may be spoken to in plain text."""

from __future__ import annotations

import pytest

from hpp_contract.model.exchange import is_loopback


@pytest.mark.parametrize("host", ["localhost", "LocalHost.", "shop.localhost", "127.0.0.1", "127.8.9.10", "::1"])
def test_this_machine(host: str) -> None:
    """Loopback addresses, `localhost` and all names under it are this machine."""
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "mylocalhost", "localhost.example", "127.0.0.1.example", "10.0.0.1", "::", "::2"])
def test_other_machines(host: str) -> None:
    """No other name or address is, however much it looks like one."""
    assert not is_loopback(host)
