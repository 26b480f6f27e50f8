"""Every client case, for the client that `--hpp-client` names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hpp_contract.plugin import CLIENT, ClientContract


class TestClient(ClientContract):
    """The client of `--hpp-client`, case by case."""

    def _client(self, request: pytest.FixtureRequest) -> Callable[..., Any]:
        try:
            return request.config.stash[CLIENT]
        except KeyError:
            pytest.skip("no client was named: add --hpp-client=MODULE:CALLABLE")
