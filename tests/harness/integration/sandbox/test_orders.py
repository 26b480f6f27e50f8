"""Orders of the sandbox: what they must hold, who may make them, what is kept of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.cases.scenarios import CREDENTIALS
from hpp_contract.model import Request
from hpp_contract.model.credentials import Credentials
from hpp_contract.server import Application, Sandbox, Server
from hpp_contract.server.sandbox.validation import order_problems, session_problems
from tests.harness.support.merchant import LINE, ORDER, ROOT, Merchant, content, open_shop
from tests.harness.support.not_none import not_none

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
REQUIRED = [
    *((name,) for name in ORDER),
    *(("order_lines", 0, name) for name in LINE),
    *(("merchant_urls", name) for name in ORDER["merchant_urls"]),
]


def changed(path: tuple[Any, ...], *value: Any) -> dict[str, Any]:
    """The order with the member at `path` replaced by `value`, or without it."""
    order: dict[str, Any] = json.loads(json.dumps(ORDER))
    *above, last = path
    place: Any = order
    for step in above:
        place = place[step]
    del place[last]
    if value:
        place[last] = value[0]
    return order


def named(path: tuple[Any, ...]) -> str:
    return ".".join(map(str, path)).replace(".0.", "[0].")


def test_order_is_made() -> None:
    """A right order is answered with 201, its id and where it is."""
    made = open_shop().order()
    assert made.status == 201
    assert made.header("location") == f"{ROOT}/checkout/v3/orders/{content(made)['order_id']}"
    assert content(made).items() >= ORDER.items()


@pytest.mark.parametrize("path", REQUIRED, ids=named)
def test_each_required_member(path: tuple[Any, ...]) -> None:
    """Without a required member an order is refused with an error object that names the member."""
    refused = open_shop().post("/checkout/v3/orders", changed(path))
    error = content(refused)
    assert (refused.status, error["error_code"]) == (400, "BAD_VALUE")
    assert error["correlation_id"] == refused.header("klarna-correlation-id")
    assert [message.split()[0] for message in error["error_messages"]] == [named(path)]


@given(st.sampled_from(REQUIRED), st.none() | st.booleans() | st.floats() | st.just([]) | st.just({"a": 1}))
def test_each_required_type(path: tuple[Any, ...], value: Any) -> None:
    """No required member may be null, a truth value, a fraction, or an empty list."""
    if path == ("merchant_urls",) and isinstance(value, dict):
        value = []
    assert any(problem.startswith(named(path)) for problem in order_problems(changed(path, value)))


@pytest.mark.parametrize("url", ["http://shop.example", "https://", "shop.example", "javascript:x()", "https://[", ""])
def test_merchant_urls_are_https(url: str) -> None:
    """The URLs of an order are https URLs of a host."""
    assert order_problems(changed(("merchant_urls", "push"), url)) == ["merchant_urls.push must be an https URL"]


@given(JSON)
def test_nothing_sent_is_repeated(value: Any) -> None:
    """Whatever JSON is sent is refused in sentences of our own, or will do; it never raises."""
    body = value if isinstance(value, dict) else {"order_lines": value, "merchant_urls": value, "options": value}
    sentences = [*order_problems(body), *session_problems(body)]
    assert all(sentence.isascii() and " must be " in sentence for sentence in sentences)


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_body(body: bytes) -> None:
    """Whatever bytes are sent to whichever operation, the answer is an error object."""
    shop = open_shop()
    for path in ("/checkout/v3/orders", "/hpp/v1/sessions"):
        answer = shop.send("POST", ROOT + path, body)
        assert answer.status == 400
        assert content(answer)["error_messages"]


@pytest.mark.parametrize("body", [b'{"locale": "a", "locale": "a"}', b'{"locale": NaN}', b"\xef\xbb\xbf{}", b"[]"])
def test_lax_json_is_refused(body: bytes) -> None:
    """What only lenient parsers read is no JSON object."""
    refused = open_shop().send("POST", f"{ROOT}/checkout/v3/orders", body)
    assert content(refused)["error_messages"] == ["The request body must be one JSON object"]


@pytest.mark.parametrize("authorization", [None, "Basic wrong", Credentials("x", "y").authorization])
def test_wrong_credentials_are_refused(authorization: str | None) -> None:
    """Without the right credentials each operation answers 401 and does nothing."""
    shop = open_shop()
    session = shop.session()
    refused = Merchant(shop.application, authorization=authorization)
    order_url = f"{ROOT}/checkout/v3/orders/{content(shop.order())['order_id']}"
    answers = [
        refused.order(),
        refused.send("POST", order_url, b'{"locale": "en-SE"}'),
        refused.host("any"),
        refused.disable(session),
        refused.read(session),
    ]
    assert {answer.status for answer in answers} == {401}
    assert shop.status(session) == "WAITING"


@pytest.mark.parametrize("username", [True, False], ids=["with a username", "raw key"])
def test_both_forms_of_credentials(username: bool) -> None:
    """The raw key and base64 of username and key open every operation."""
    form = CREDENTIALS if username else Credentials(CREDENTIALS.api_key)
    shop = Merchant(open_shop().application, authorization=form.authorization)
    session = shop.session()
    assert shop.status(session) == "WAITING"
    assert shop.disable(session).status == 204


def test_order_is_changed() -> None:
    """A changed order shows its new members and keeps the others; what would not do is refused."""
    shop = open_shop()
    path = f"/checkout/v3/orders/{content(shop.order())['order_id']}"
    assert content(shop.post(path, {"locale": "en-SE"})).items() >= (ORDER | {"locale": "en-SE"}).items()
    assert shop.post(path, {"locale": 1}).status == 400
    assert shop.post("/checkout/v3/orders/unknown", {}).status == 404


def test_prefix_is_kept() -> None:
    """Every URL that the sandbox gives starts with the base path it was called under."""
    shop = Merchant(open_shop().application, root=f"{ROOT}/eu/x")
    order = shop.order()
    links = content(shop.host(content(order)["order_id"]))
    for url in (not_none(order.header("location")), links["session_url"], links["redirect_url"]):
        assert url.startswith(f"{ROOT}/eu/x/")
    assert shop.status(links) == "WAITING"


def test_demanded_base_path() -> None:
    """With a base path of its own, the server makes orders only below it."""
    application = Application(base_path="/eu", sandbox=Sandbox())
    for root, status in ((f"{ROOT}/eu", 201), (ROOT, 404), (f"{ROOT}/eur", 404)):
        assert Merchant(application, root=root).order().status == status


@pytest.mark.socket
def test_no_customer_is_kept(tmp_path: Any) -> None:
    """What an order says of a person is neither shown nor stored."""
    with Server(sandbox=Sandbox(tmp_path / "state")) as server:
        person = {"billing_address": {"given_name": "Fiktiv-Testperson"}, "customer": {"date_of_birth": "1900-02-28"}}
        made = Merchant(server.application).order(**person)
        assert made.status == 201
        stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for kept in (made.body, stored):
        assert b"Yellow T-shirt" in kept
        assert b"Fiktiv" not in kept
        assert b"1900-02-28" not in kept


def test_only_reads_are_logged() -> None:
    """The sandbox's own operations are no reads, so no rule about clients judges them."""
    shop = open_shop()
    session = shop.session()
    shop.application(Request("GET", session["redirect_url"]))
    shop.disable(session)
    assert shop.application.log.count == 0
    shop.read(session)
    assert shop.application.log.count == 1
