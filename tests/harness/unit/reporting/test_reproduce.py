"""The command that reproduces a finding."""

from __future__ import annotations

from hpp_contract.engine import Report, Subject
from hpp_contract.engine.rule import Finding
from hpp_contract.reporting.reproduce import reproduce_command


def test_a_generated_session_is_reproduced_by_serving_it() -> None:
    """The command for a client's finding in a generated session serves its file."""
    command = reproduce_command(
        Report(Subject("client", "app:read"), ()),
        Finding("result", "x", "y", "{}: hpp-contract serve --body 'a b.json'"),
    )
    assert command == "hpp-contract serve --body 'a b.json'"
