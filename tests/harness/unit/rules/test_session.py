"""What the faults of the rules S do not cover: limits of time, and odd names and values."""

from __future__ import annotations

from email.utils import formatdate

import pytest

from hpp_contract.model import Exchange, Request, Response
from hpp_contract.rules.session import not_read_after_expiry, not_updated_in_future
from tests.harness.support.exchanges import ASKED, answered, rule_of

URL = ASKED.url
NOON = 1_795_348_800


def dated(member: str, seconds: int) -> Exchange:
    """A session with an instant so many seconds after the answer's Date."""
    body = f'{{"status": "WAITING", "{member}": "{formatted(NOON + seconds)}"}}'.encode()
    response = Response(200, (("Date", formatdate(NOON, usegmt=True)), ("Content-Type", "application/json")), body)
    return Exchange(Request("GET", URL), response)


def formatted(second: int) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize(("seconds", "found"), [(299, 0), (300, 0), (301, 1)])
def test_skew(seconds: int, found: int) -> None:
    """Five minutes of skew are allowed, and not a second more."""
    assert len(list(not_updated_in_future.check(dated("updated_at", seconds)))) == found
    assert len(list(not_read_after_expiry.check(dated("expires_at", -seconds)))) == found


def test_unknown_members_are_named_as_they_are() -> None:
    """A name is shown as far as it is printable, and where it stands."""
    exchange = answered(body=b'{"status": "WAITING", "Risk_Score-1.A b": 1, "a": {"b": "nul\\u0000"}}')
    assert [each.where for each in rule_of("HPP-S09")(exchange)] == ["/Risk_Score-1.A?b", "/a"]
    assert [each.where for each in rule_of("HPP-S15")(exchange)] == ["/a/b"]
