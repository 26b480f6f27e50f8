"""Rate limits of the sandbox: so many a second, by kind, named in every answer."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.model import Response
from hpp_contract.server import Application, Sandbox
from hpp_contract.server.sandbox.limits import PLAYGROUND, Limits
from tests.harness.support.merchant import ROOT, Clock, Merchant, content, open_shop
from tests.harness.support.not_none import not_none

SECOND = 10**9


def limited(clock: Clock) -> Merchant:
    return open_shop(clock, limits=PLAYGROUND)


def remaining(response: Response) -> list[str | None]:
    return [response.header(f"X-Ratelimit-{name}") for name in ("Limit", "Remaining", "Reset")]


def test_creating_sessions_is_limited() -> None:
    """Five hosted sessions a second can be made; the sixth is told when to come back, and may then."""
    clock = Clock()
    shop = limited(clock)
    orders = [content(shop.order())["order_id"] for _ in range(6)]
    answers = [shop.host(order_id) for order_id in orders]
    assert [answer.status for answer in answers] == [201] * 5 + [429]
    assert [remaining(answer) for answer in answers[3:]] == [["5, 5;w=1", left, "1"] for left in ("1", "0", "0")]
    assert content(answers[-1])["error_code"] == "TOO_MANY_REQUESTS"
    clock.now += SECOND
    assert shop.host(orders[-1]).status == 201


def test_reads_are_limited() -> None:
    """Fifty other requests a second are answered, in all and not for each session."""
    clock = Clock()
    shop = limited(clock)
    sessions = [shop.session(), shop.session()]
    clock.now += SECOND
    statuses = [shop.read(sessions[number % 2]).status for number in range(51)]
    assert statuses == [200] * 50 + [429]
    assert remaining(not_none(shop.reads[-1].response)) == ["50, 50;w=1", "0", "1"]
    clock.now += SECOND
    assert shop.read(sessions[0]).header("X-Ratelimit-Remaining") == "49"


def test_well_known_sessions_are_not_limited() -> None:
    """What is served for testing clients is served as fast as they ask."""
    shop = Merchant(Application(sandbox=Sandbox(clock=Clock())))
    url = f"{ROOT}/hpp/v1/sessions/00000000-0000-4000-8000-000000000000"
    assert {shop.send("GET", url).status for _ in range(60)} == {404}


def test_refused_requests_use_nothing_up() -> None:
    """Requests without credentials do not count against the merchant."""
    clock = Clock()
    shop = limited(clock)
    session = shop.session()
    clock.now += SECOND
    refused = Merchant(shop.application, authorization=None)
    for _ in range(60):
        refused.read(session)
        refused.order()
    assert shop.read(session).status == 200


@given(st.lists(st.integers(0, 400), min_size=1, max_size=60), st.integers(1, 5))
def test_no_second_exceeds_the_limit(pauses: list[int], allowed: int) -> None:
    """However requests are spread, no second on the clock grants more than are allowed, and the first always is one."""
    limits, now, granted = Limits({"other": allowed}), 0, list[int]()
    for pause in pauses:
        now += pause * SECOND // 1000
        turn = limits.turn("other", now)
        if turn.granted:
            granted.append(now // SECOND)
    assert max(map(granted.count, granted)) <= allowed
    assert granted[0] == pauses[0] * SECOND // 1000 // SECOND


def test_unnamed_kinds_are_unlimited() -> None:
    """A kind without a limit is always granted, and has no headers to tell."""
    assert {Limits({}).turn("other", 0).granted for _ in range(100)} == {True}
    assert Limits({}).turn("other", 0).headers == ()
