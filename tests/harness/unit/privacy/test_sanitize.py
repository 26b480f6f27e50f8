"""The last check of a text."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.privacy.escapes import views
from hpp_contract.privacy.sanitize import contains_any, printable, without_commands
from tests.harness.support.github_runner import runner
from tests.harness.support.sample_reports import HOSTILE


@given(HOSTILE)
def test_printable_text_is_printable(text: str) -> None:
    """Printable text holds no control character, and a text that holds none, and no command, is left alone."""
    assert printable(text).isprintable()
    assert printable(text) == text or not text.isprintable() or "##" in text


COMMANDS = st.sampled_from(["::error::x", "##[error]x", "##vso[task.complete]x", "###[group]", "##teamcity[x]", "::"])
LINES = st.lists(st.sampled_from(["", " ", "\t", "\u3000", "x", "a::b", ":", "\n", "\r\n"]) | COMMANDS).map("".join)


@given(LINES)
def test_no_runner_finds_a_command(text: str) -> None:
    """In lines without commands no runner of CI finds one, and what is no command stays."""
    clean = without_commands(text)
    assert runner(clean) == []
    assert not re.search(r"##\w*\[", clean)
    assert not re.search(r"##\w*\[", printable(text))
    assert clean.replace(" ", "") == text.replace(" ", "")


def test_names_with_colons_stay() -> None:
    """What has colons inside a line is no command: a test of pytest, an address of IPv6."""
    text = "tests/test_x.py::test_y\nhttp://[::1]:80/ ## heading [x]\n"
    assert without_commands(text) == text


def test_a_secret_left_in_a_text_is_found() -> None:
    """A text that still holds one of the secrets is distinguished from one that holds none."""
    assert contains_any("key=abc", ["xyz", "abc"])
    assert contains_any("key=%2541bC", ["xyz", "abc"])
    assert not contains_any("key=", ["xyz", "abc"])


@given(st.text("abAB%4125 ", max_size=60), st.lists(st.text("abAB%4125 ", min_size=1, max_size=12), max_size=8))
def test_many_secrets_are_looked_for_at_once(text: str, secrets: list[str]) -> None:
    """What is found of many, long and short, is what is found one by one."""
    expected = any(secret.casefold() in view.casefold() for secret in secrets for view in views(text))
    assert contains_any(text, secrets) == expected
