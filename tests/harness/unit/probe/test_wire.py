"""One GET without its socket: after how long it is abandoned."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
from requests.adapters import HTTPAdapter

from hpp_contract.probe import connection, wire


def test_an_answer_that_drips_is_abandoned() -> None:
    """A body that is still coming when the time is up is a time-out."""

    class Dripping:
        def read1(self, _: int, *, decode_content: bool) -> bytes:
            assert not decode_content
            return b"x"

    with pytest.raises(TimeoutError):
        wire._read(Dripping(), 10, deadline=0.0)


@pytest.mark.parametrize(("proxy", "held"), [("http://proxy.example", True), ("socks5h://proxy.example", False)])
def test_connections_through_a_proxy(monkeypatch: pytest.MonkeyPatch, proxy: str, held: bool) -> None:
    """Those through a proxy of HTTP can be cut; those of SOCKS are another package's, and are left as they are."""
    manager = Mock(pool_classes_by_scheme={})
    monkeypatch.setattr(HTTPAdapter, "proxy_manager_for", lambda *_, **__: manager)
    adapter = connection._Adapter(connection._Handle())
    assert adapter.proxy_manager_for(proxy) is manager
    assert (manager.pool_classes_by_scheme != {}) == held
