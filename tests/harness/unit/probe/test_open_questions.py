"""What is learned from an endpoint: every open question, answered only by what was seen, in words that are safe."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.engine import Subject
from hpp_contract.engine.report import NOT_ANSWERED, Report
from hpp_contract.model import Context, Exchange, Request, Response
from hpp_contract.probe.open_questions import learned
from hpp_contract.probe.provision import ProvisionResult
from hpp_contract.reporting.json_report import as_object

MALFORMED, OTHERS, COMPLETED, VISIT, DELETED, DIGITS, CHANGED = (
    "Is a malformed id answered with 400 or 404?",
    "Is another merchant's session answered with 403 or 404?",
    "What does a COMPLETED session hold?",
    "Does a plain GET of redirect_url move WAITING to IN_PROGRESS?",
    "What does a read answer after DELETE?",
    "How many fraction digits do instants have?",
    "Does changing the order move expires_at?",
)
PATH = "https://hpp.example/hpp/v1/sessions/39a1c773-bafd-754d-af1f-b30c592f1267"


def answered(status: int, body: Any = b"", *headers: tuple[str, str], **context: Any) -> Exchange:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Exchange(Request("GET", PATH), Response(status, headers, content), context=Context(**context))


def session(**members: Any) -> Exchange:
    whole = {"status": "WAITING", "updated_at": "2026-01-01T00:00:00.5Z", "expires_at": "2026-01-03T00:00:00Z"}
    return answered(200, whole | members)


def answers(*exchanges: Exchange, provisioned: ProvisionResult | None = None) -> dict[str, str]:
    return dict(learned(exchanges, provisioned))


def test_every_question_is_asked() -> None:
    """Where nothing was seen, every question is there and not answered."""
    assert set(answers().values()) == {NOT_ANSWERED}
    assert len(answers()) == 10


@pytest.mark.parametrize(
    ("exchange", "answer"),
    [
        (answered(401), "an empty body"),
        (answered(401, b"<html>no", ("Content-Type", "text/html")), "an HTML page (text/html)"),
        (answered(401, b"no", ("Date", "x")), "a body that is no JSON object"),
        (
            answered(
                401,
                {"error_code": "X", "a": 1},
                ("Content-Type", "Application/JSON"),
                ("X-Request-Anna", "s"),
                ("Date", ""),
            ),
            "an object with a, error_code (application/json; headers x-request-…)",
        ),
    ],
)
def test_what_errors_look_like(exchange: Exchange, answer: str) -> None:
    """An error is described by its body's kind, its media type and its header names, never by a value."""
    assert answers(exchange, exchange)["What does a 401 look like?"] == answer


def test_answers_that_differ_are_all_reported() -> None:
    """Where the endpoint answers differently, every answer is listed once, in the order seen."""
    html = answered(404, b"<html>", ("Content-Type", "text/html"))
    assert answers(answered(404), html, answered(404))["What does a 404 look like?"] == (
        "an empty body; an HTML page (text/html)"
    )


def test_malformed_ids() -> None:
    """Malformed ids are counted by how they are answered; one that was not answered says nothing."""
    seen = [answered(status, session="malformed") for status in (404, 400, 404)]
    lost = replace(seen[0], response=None)
    assert answers(*seen, lost)[MALFORMED] == "400 (1 of 3 ids), 404 (2 of 3 ids)"


def test_sessions_of_others() -> None:
    """A known id answered with 403 is another merchant's; 404, or a firewall's page, settles nothing."""
    page = answered(403, b"<html>", ("Content-Type", "text/html"), session="known")
    assert answers(page, answered(404, session="known"), answered(403, session="unknown"))[OTHERS] == NOT_ANSWERED
    assert answers(answered(403, session="known"))[OTHERS].startswith("403")


def test_completed_shapes() -> None:
    """What a completed session holds is said by the names of its outcome members."""
    token = session(status="COMPLETED", authorization_token="secret-token")
    order = session(status="COMPLETED", order_id="secret-order", klarna_reference="X")
    assert answers(order, token, order)[COMPLETED] == "order_id and klarna_reference; authorization_token"


def test_precision() -> None:
    """Digits and zones of both members are named, without an instant."""
    east = session(updated_at="2026-01-01T00:00:00.123456+02:00", expires_at="no instant")
    assert answers(session(), east)[DIGITS] == "updated_at 1 or 6, zone Z or an offset; expires_at 0, zone Z"


@pytest.mark.parametrize(
    ("provisioned", "answer"),
    [
        (
            ProvisionResult(waiting=session(), page=200, after_page=session()),
            "no, it stayed WAITING (the GET answered 200)",
        ),
        (
            ProvisionResult(waiting=session(), page=302, after_page=session(status="IN_PROGRESS")),
            'yes, to "IN_PROGRESS" (the GET answered 302)',
        ),
        (ProvisionResult(waiting=session(), page=None, after_page=session()), NOT_ANSWERED),
        (ProvisionResult(waiting=answered(404), page=200, after_page=session()), NOT_ANSWERED),
        (ProvisionResult(waiting=session(), page=200, after_page=answered(500)), NOT_ANSWERED),
    ],
)
def test_plain_visit(provisioned: ProvisionResult, answer: str) -> None:
    """Whether a plain GET enters the session is answered by the reads before and after it, if both are there."""
    assert answers(provisioned=provisioned)[VISIT] == answer


@pytest.mark.parametrize(
    ("provisioned", "answer"),
    [
        (ProvisionResult(disabled=204, after_disabling=session(status="DISABLED")), '200 with status "DISABLED"'),
        (ProvisionResult(disabled=204, after_disabling=answered(404)), "404"),
        (ProvisionResult(disabled=204, after_disabling=session(status="x y")), "200 with status a string of 3"),
        (ProvisionResult(disabled=500, after_disabling=session()), NOT_ANSWERED),
        (ProvisionResult(disabled=204), NOT_ANSWERED),
    ],
)
def test_after_delete(provisioned: ProvisionResult, answer: str) -> None:
    """What a read answers after DELETE is said if there was a DELETE that worked."""
    assert answers(provisioned=provisioned)[DELETED] == answer


@pytest.mark.parametrize(
    ("provisioned", "answer"),
    [
        (ProvisionResult(order_change=200, waiting=session(), expires_at="2026-01-03T00:00:00.000Z"), "no"),
        (ProvisionResult(order_change=204, waiting=session(), expires_at="2026-01-02T00:00:00Z"), "yes, by +86400 s"),
        (ProvisionResult(order_change=404, waiting=session(), expires_at="2026-01-02T00:00:00Z"),
         "not answered: changing the order was answered with 404"),
        (ProvisionResult(order_change=200, waiting=session(), expires_at=None), NOT_ANSWERED),
        (ProvisionResult(order_change=200, waiting=answered(404), expires_at="2026-01-02T00:00:00Z"), NOT_ANSWERED),
    ],
)  # fmt: skip
def test_changing_the_order(provisioned: ProvisionResult, answer: str) -> None:
    """Whether expires_at moves is answered by what the creation answered and the read after the change."""
    assert answers(provisioned=provisioned)[CHANGED] == answer


MEMBER = st.sampled_from(["session_id", "status", "updated_at", "expires_at", "order_id", "error_code"])
VALUE = st.none() | st.integers() | st.just("PRIVATE-value") | st.lists(st.just("PRIVATE-value"), max_size=2)


@given(
    st.lists(
        st.builds(
            answered,
            st.sampled_from([200, 204, 400, 401, 403, 404, 500]),
            st.binary(max_size=20) | st.dictionaries(MEMBER, VALUE),
            st.tuples(st.sampled_from(["Content-Type", "X-A"]), st.just("text/html")),
            session=st.sampled_from(["known", "unknown", "malformed"]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_no_value_is_shown(seen: list[Exchange]) -> None:
    """Whatever was seen, every question has an answer, and none repeats what a member held."""
    provisioned = ProvisionResult(tuple(seen), (), "x", 200, seen[0], 200, seen[-1], 204, seen[0])
    for answer in answers(*seen, provisioned=provisioned).values():
        assert answer
        assert "PRIVATE" not in answer


def test_report_without_answers_has_none() -> None:
    """A report about something else has no such part."""
    assert "learned" not in as_object(Report(Subject("recording", "x"), ()))
