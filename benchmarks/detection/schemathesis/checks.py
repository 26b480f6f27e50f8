"""Hand-written checks for Schemathesis, of the kind its guide on extending shows: loaded by SCHEMATHESIS_HOOKS.

A check sees one answer and its request. Two polls can be compared only by remembering, which one check here does.
"""

# ruff: noqa: ARG001, D103  checks as others write them: Schemathesis gives each all three arguments

import os
from datetime import datetime

import schemathesis

FINAL = {"COMPLETED", "CANCELLED", "DISABLED"}
OUTCOMES = ("authorization_token", "order_id", "klarna_reference")
remembered: dict[str, dict] = {}


def session_of(response):
    """The session in a 200, or None."""
    if response.status_code != 200:
        return None
    session = response.json()
    assert isinstance(session, dict), "the session is no object"
    return session


@schemathesis.check
def echoes_the_session_id(ctx, response, case):
    session = session_of(response)
    if session is not None:
        assert session["session_id"] == case.path_parameters["session_id"], "another session was answered"


@schemathesis.check
def dates_are_in_order(ctx, response, case):
    session = session_of(response)
    if session is not None:
        updated, expires = (datetime.fromisoformat(session[name]) for name in ("updated_at", "expires_at"))
        assert updated < expires, "updated after it expires"


@schemathesis.check
def outcome_fits_the_status(ctx, response, case):
    session = session_of(response)
    if session is None:
        return
    present = {name for name in OUTCOMES if name in session}
    if session["status"] == "COMPLETED":
        assert present in ({"authorization_token"}, {"order_id", "klarna_reference"}), f"completed with {present}"
    else:
        assert not present, f"{session['status']} with {present}"


@schemathesis.check
def stays_itself_between_polls(ctx, response, case):
    session = session_of(response)
    if session is None:
        return
    before = remembered.setdefault(session["session_id"], session)
    assert session["expires_at"] == before["expires_at"], "expires_at moved"
    assert before["status"] not in FINAL or session == before, "a final session changed"


@schemathesis.check
def errors_are_no_sessions(ctx, response, case):
    if response.status_code >= 400 and response.content:
        assert "session_id" not in response.json(), "an error with a session in it"


@schemathesis.check
def credentials_stay_secret(ctx, response, case):
    answer = response.text + str(response.headers)
    sent = response.request.headers.get("Authorization", "Basic ").removeprefix("Basic ")
    for secret in filter(None, (sent, os.environ["HPP_API_KEY"])):
        assert secret not in answer, "the credentials came back"


@schemathesis.check
def is_not_cached(ctx, response, case):
    if response.status_code == 200:
        caching = response.headers.get("cache-control", [""])[0]
        assert "no-store" in caching or "no-cache" in caching, "a session may be cached"
