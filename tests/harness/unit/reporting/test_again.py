"""The command that shows a finding again."""

from __future__ import annotations

from hpp_contract.engine import Report, Subject
from hpp_contract.engine.rule import Finding
from hpp_contract.reporting.view import reproduce_command


def test_a_generated_session_is_shown_again_by_serving_it() -> None:
    """The command that shows a client's finding in a generated session serves its file."""
    shown = reproduce_command(
        Report(Subject("client", "app:read"), ()),
        Finding("result", "x", "y", "{}: hpp-contract serve --body 'a b.json'"),
    )
    assert shown == "hpp-contract serve --body 'a b.json'"
