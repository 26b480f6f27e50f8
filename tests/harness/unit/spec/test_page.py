"""The addresses of what rules name as their sources."""

from __future__ import annotations

import pytest

from hpp_contract.rules import CATALOGUE
from hpp_contract.spec.page import address

READ_SESSION = "https://docs.kustom.co/contents/checkout/hosted-payment-page/api-documentation/read-session"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Read Session", READ_SESSION),
        ("Read Session › Url structure", f"{READ_SESSION}#url-structure"),
        ("Read Session › Happy flow examples › Newly created HPP Session", f"{READ_SESSION}#newly-created-hpp-session"),
        ("RFC 9110 §15.5.2 401 Unauthorized", "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.2"),
        ("RFC 7617", "https://www.rfc-editor.org/rfc/rfc7617"),
        ("API reference 1.1 › 404", "https://docs.klarna.com/api/hpp-merchant/"),
        ("Polling implies availability", None),
    ],
)
def test_addresses(source: str, expected: str | None) -> None:
    """A page, a section of the Read Session page and a section of an RFC have an address; a reason of ours has none."""
    assert address(source) == expected


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.id)
def test_what_is_said_somewhere_can_be_looked_up(rule: object) -> None:
    """Every rule that is not inferred names a source with an address."""
    assert rule.basis == "inferred" or address(rule.source)  # type: ignore[attr-defined]
