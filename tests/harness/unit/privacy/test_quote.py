"""What another program wrote is quoted on one line, cut, without keys and people."""

from __future__ import annotations

import pytest

from hpp_contract.privacy.quote import quote_first, quote_last


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("DEBUG  reading\n 17", "DEBUG reading 17"),
        ("sent kco_test_api_abcdefgh", "sent [redacted]"),
        ("Authorization: Basic TTAwMTppYW1zZWNyZXQxMjM=", "Authorization: Basic ‹credentials›"),
        ("order 39a1c773-bafd-754d-af1f-b30c592f1267 is paid", "order ‹a UUID› is paid"),
        ('{"given_name": "Ottilie", "status": "WAITING"}', '{"given_name": "aaaaaaa", "status": "WAITING"}'),
        ("for ottilie.x+y@mail.example: no", "for ‹a mail address›: no"),
        ("born 19710203-4321, call +46 70 123 45 67", "born ‹a number›, call ‹a number›"),
        ("at line 17 of v1.25.3 after 250 ms", "at line 17 of v1.25.3 after 250 ms"),
        ("\ufffd", "\ufffd"),
    ],
)
def test_quotes(text: str, quoted: str) -> None:
    """Words and short numbers stay, which say what went wrong."""
    assert quote_first(text.encode(), 200) == quote_last(text.encode(), 200) == quoted


def test_quotes_are_cut() -> None:
    """A beginning that is cut says so; an end is the end."""
    assert quote_first(b"a" * 90, 80) == "a" * 80 + "…"
    assert quote_last(b"b" + b"a" * 80, 80) == "a" * 80
    assert quote_first(b"\xff", 80) == "\ufffd"
