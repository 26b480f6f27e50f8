"""What the faults of the rules S do not cover: limits of time, and odd names and values."""

from __future__ import annotations

from email.utils import formatdate

import pytest

from hpp_contract.model import Exchange, Request, Response
from hpp_contract.rules.session import not_read_after_expiry, not_updated_in_future
from tests.harness.support.exchanges import ASKED, answered, found, rule_of

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


@pytest.mark.parametrize(("seconds", "count"), [(299, 0), (300, 0), (301, 1)])
def test_skew(seconds: int, count: int) -> None:
    """Five minutes of skew are allowed, and not a second more."""
    assert len(list(not_updated_in_future.check(dated("updated_at", seconds)))) == count
    assert len(list(not_read_after_expiry.check(dated("expires_at", -seconds)))) == count


def test_unknown_members_are_named_as_far_as_they_may_be_shown() -> None:
    """A name is shown where protocols write such names, and where it stands."""
    exchange = answered(body=b'{"status": "WAITING", "Anna Exempel-1.A b": 1, "a": {"b": "nul\\u0000"}}')
    assert [each.where for each in rule_of("HPP-S09")(exchange)] == ["/(some name)", "/a"]
    assert [each.where for each in rule_of("HPP-S15")(exchange)] == ["/a/b"]


def test_an_expired_session_says_when() -> None:
    """How long ago a session expired is said in words, and nothing is said of the documented examples."""
    body = b'{"status": "WAITING", "updated_at": "2019-05-13T14:51:46.288Z", "expires_at": "2019-05-15T13:51:43.507Z"}'
    fields = (("Date", formatdate(NOON, usegmt=True)),)
    text = "expired on 2019-05-15, 7.5 years before this answer: a stub? its dates must move"
    assert found("HPP-S16", answered(body=body, fields=fields)) == [text]
    assert found("HPP-S16", answered(body=body, fields=fields, provenance="documented")) == []
