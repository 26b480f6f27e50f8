"""openapi-core in pytest, as its documentation shows: a client's responses are validated against the OpenAPI file."""

# ruff: noqa: D103  a suite as others write it

import json
import os
from pathlib import Path

import pytest
import requests
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse

BASE = os.environ["HPP_ENDPOINT"]
AUTH = (os.environ["HPP_USERNAME"], os.environ["HPP_API_KEY"])
SESSION_IDS = os.environ["HPP_SESSION_IDS"].split()
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="session")
def openapi():
    path = Path(os.environ["HPP_OPENAPI"])
    description = json.loads(path.read_text("utf-8"))
    description["servers"] = [{"url": BASE}]
    return OpenAPI.from_dict(description, base_uri=path.as_uri())


def read(session_id, auth=AUTH):
    return requests.get(f"{BASE}/hpp/v1/sessions/{session_id}", auth=auth, timeout=10)


def validate(openapi, response):
    request = RequestsOpenAPIRequest(response.request)
    openapi.validate_response(request, RequestsOpenAPIResponse(response))


@pytest.mark.parametrize("session_id", SESSION_IDS)
def test_session(openapi, session_id):
    for _ in range(2):
        response = read(session_id)
        assert response.status_code == 200
        validate(openapi, response)


def test_unknown_session(openapi):
    response = read(UNKNOWN_ID)
    assert response.status_code == 404
    validate(openapi, response)


@pytest.mark.parametrize("auth", [None, ("nobody", "wrong")], ids=["none", "wrong"])
def test_refused(openapi, auth):
    response = read(SESSION_IDS[0], auth)
    assert response.status_code == 401
    validate(openapi, response)
