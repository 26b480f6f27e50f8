"""`hpp-contract serve`: what its options make it serve."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hpp_contract.cli import main
from hpp_contract.cli.serve import served_body
from hpp_contract.server import simulate_server


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@contextmanager
def stopped_at_once() -> Iterator[threading.Event]:
    """As if Ctrl-C was pressed right away."""
    stopped = threading.Event()
    stopped.set()
    yield stopped


@pytest.mark.socket
def test_serving_a_body_with_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body from a file is served beside named faults; that nobody asked is not a verdict."""
    monkeypatch.setattr(importlib.import_module("hpp_contract.cli.serve"), "_stop_signal", stopped_at_once)
    (tmp_path / "body.json").write_text("{broken")
    done = run("serve", "--port", "0", "--body", str(tmp_path / "body.json"), "--fault", "breaks-off")
    assert done.exit_code == 3
    assert "no request came to the reference endpoint" in done.output


@pytest.mark.parametrize(
    ("text", "is_error"),
    [("{broken", False), ("[]", False), ('{"error_code": 1}', True), ('{"correlation_id": 1, "status": 2}', False)],
)
def test_a_served_body_is_a_session_or_an_error(tmp_path: Path, text: str, is_error: bool) -> None:
    """An error object is answered with 404, all else as a session."""
    (tmp_path / "body").write_text(text)
    _, fault = served_body(tmp_path / "body")
    response = fault(simulate_server("waiting")[0]).response
    assert response is not None
    assert (response.status, response.body) == (404 if is_error else 200, text.encode())
