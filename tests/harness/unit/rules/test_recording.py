"""What the faults of the rules K do not cover: how a recorder may write what it took out."""

from __future__ import annotations

import pytest

from hpp_contract.model import Headers
from hpp_contract.rules import CATALOGUE
from tests.harness.support.exchanges import answered


@pytest.mark.parametrize(
    ("sent", "fields", "count"),
    [
        ((("Cookie", "sid=secret"),), (), 1),
        ((("Cookie", "sid=<scrubbed>"),), (), 0),
        ((), (("Set-Cookie", "sid=secret; Path=/"),), 1),
        ((), (("Set-Cookie", "sid=scrubbed; Path=/x"),), 0),
    ],
)
def test_kept_cookies(sent: Headers, fields: Headers, count: int) -> None:
    """A recording holds no cookie of either side, and a placeholder is none."""
    rule = next(rule for rule in CATALOGUE if rule.slug == "no-kept-cookies")
    assert len(rule(answered(sent=sent, fields=fields, recorded=True))) == count


def test_a_length_that_is_wrong() -> None:
    """A kept Content-Length says how long the body is."""
    rule = next(rule for rule in CATALOGUE if rule.check.__name__ == "length_agrees")
    assert [len(rule(answered(fields=(("Content-Length", declared),), recorded=True))) for declared in ("2", "3")] == [
        0,
        1,
    ]
