"""The last check of a text."""

from __future__ import annotations

from hypothesis import given

from hpp_contract.privacy.sanitize import contains_any, printable
from tests.harness.support.sample_reports import HOSTILE


@given(HOSTILE)
def test_printable_text_is_printable(text: str) -> None:
    """Printable text holds no control character, and a text that holds none is left alone."""
    assert printable(text).isprintable()
    assert printable(text) == text or not text.isprintable()


def test_a_secret_left_in_a_text_is_found() -> None:
    """A text that still holds one of the secrets is distinguished from one that holds none."""
    assert contains_any("key=abc", ["xyz", "abc"])
    assert contains_any("key=%2541bC", ["xyz", "abc"])
    assert not contains_any("key=", ["xyz", "abc"])
