"""Clients in Python, and how they are called."""

from __future__ import annotations

from typing import Any

from hpp_contract.client.adapters.adapter import Ask
from hpp_contract.client.adapters.python import PythonAdapter
from hpp_contract.model.client_read import ClientResult

ID = "39a1c773-bafd-754d-af1f-b30c592f1267"
ASK = Ask("smoke", "http://127.0.0.1:1", "user", "key", ID, 1.0)
WAIT = 60.0
"""Seconds that nothing here needs, however loaded the machine is."""


class Unsigned:
    """A callable whose parameters cannot be learned, like some built-in ones."""

    __signature__ = 5

    def __call__(self, *values: Any) -> dict[str, Any]:
        return {"session_id": values[3]}


def test_a_function_without_a_signature() -> None:
    """A callable that does not say what it takes is given the five arguments by place."""
    adapter = PythonAdapter(Unsigned())
    result, _ = adapter.read(ASK, WAIT)
    adapter.close()
    assert result == ClientResult(session={"session_id": ID})
