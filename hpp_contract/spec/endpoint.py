"""The endpoint: its path and method, its hosts, what its API keys look like, and the variables that name it."""

from __future__ import annotations

import re
from typing import Final

METHOD: Final = "GET"

SESSIONS_PATH: Final = "/hpp/v1/sessions/"
"""The part of the path before the session id. A base path may precede it."""

SESSION_PATH: Final = SESSIONS_PATH + "{session_id}"

ORDERS_PATH: Final = "/checkout/v3/orders/"
"""What an order id follows in the path: a hosted session is made for an order."""

READ_SESSION: Final = re.compile(SESSIONS_PATH + r"([^/?#]+)/?$")
"""Finds the session id, still percent-encoded, at the end of a path."""

PLAYGROUND_HOST: Final = "api.playground.kustom.co"
PRODUCTION_HOST: Final = "api.kustom.co"
"""The documented hosts; there are no others."""

PLAYGROUND: Final = f"https://{PLAYGROUND_HOST}"

PRODUCTION: Final = re.compile(r"api(-[a-z0-9]+)?\.(kustom\.co|klarna\.com)")
"""The hosts on which sessions are real, in small letters."""

API_KEY: Final = re.compile(r"kco_(?:test|live)_api_[A-Za-z0-9_\-]+")

LIVE_KEY: Final = "kco_live_api_"
"""How the API key of a production environment begins."""

KEYS: Final = {"test": "kco_test_api_", "live": LIVE_KEY}
"""How the API key of each environment begins."""

ENDPOINT_VARIABLE: Final = "HPP_ENDPOINT"
"""The environment variable with the endpoint, a host or a URL."""

KEY_VARIABLE: Final = "HPP_API_KEY"
"""The environment variable with the API key: credentials are taken from the environment only."""

USERNAME_VARIABLE: Final = "HPP_USERNAME"
"""The environment variable with the user name, where the key needs one."""

SESSION_IDS_VARIABLE: Final = "HPP_SESSION_IDS"
"""The environment variable with the sessions to read, separated by commas or white space."""
