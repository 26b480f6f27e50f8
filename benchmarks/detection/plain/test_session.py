"""The suite people write by hand: a schema, a few assertions, a second poll. pytest, requests and jsonschema."""

# ruff: noqa: D103  a suite as others write it

import os
from datetime import datetime

import pytest
import requests
from jsonschema import Draft202012Validator

BASE = os.environ["HPP_ENDPOINT"]
AUTH = (os.environ["HPP_USERNAME"], os.environ["HPP_API_KEY"])
SESSION_IDS = os.environ["HPP_SESSION_IDS"].split()
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"

FINAL = {"COMPLETED", "CANCELLED", "DISABLED"}
UUID = {"type": "string", "format": "uuid"}
INSTANT = {"type": "string", "format": "date-time"}
SCHEMA = {
    "type": "object",
    "required": ["session_id", "status", "updated_at", "expires_at"],
    "properties": {
        "session_id": UUID,
        "status": {
            "enum": [
                "WAITING",
                "BACK",
                "IN_PROGRESS",
                "MANUAL_ID_CHECK",
                "COMPLETED",
                "CANCELLED",
                "FAILED",
                "DISABLED",
                "ERROR",
            ]
        },
        "updated_at": INSTANT,
        "expires_at": INSTANT,
        "authorization_token": UUID,
        "order_id": UUID,
        "klarna_reference": {"type": "string", "minLength": 1},
        "customer": {"type": "object"},
        "manual_identification": {"type": "object"},
    },
    "if": {"properties": {"status": {"const": "COMPLETED"}}},
    "then": {"oneOf": [{"required": ["authorization_token"]}, {"required": ["order_id", "klarna_reference"]}]},
}
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)


def read(session_id, auth=AUTH):
    return requests.get(f"{BASE}/hpp/v1/sessions/{session_id}", auth=auth, timeout=10)


@pytest.mark.parametrize("session_id", SESSION_IDS)
def test_session_has_the_documented_shape(session_id):
    response = read(session_id)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("application/json")
    session = response.json()
    VALIDATOR.validate(session)
    assert session["session_id"] == session_id


@pytest.mark.parametrize("session_id", SESSION_IDS)
def test_dates_make_sense(session_id):
    session = read(session_id).json()
    updated = datetime.fromisoformat(session["updated_at"])
    expires = datetime.fromisoformat(session["expires_at"])
    assert updated < expires


@pytest.mark.parametrize("session_id", SESSION_IDS)
def test_polling_again_is_consistent(session_id):
    first = read(session_id).json()
    second = read(session_id).json()
    assert second["session_id"] == first["session_id"]
    assert second["expires_at"] == first["expires_at"]
    if first["status"] in FINAL:
        assert second == first


def test_unknown_session_is_not_found():
    assert read(UNKNOWN_ID).status_code == 404


def test_wrong_key_is_refused():
    assert read(SESSION_IDS[0], auth=("nobody", "wrong")).status_code == 401


def test_missing_key_is_refused():
    assert read(SESSION_IDS[0], auth=None).status_code == 401
