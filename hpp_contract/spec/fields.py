"""What each member and header field says: nothing private, an id, a person, a message or a secret. Plain data.

Code that shows, scrubs, masks or compares values uses these tables. Members and header fields that no table names may
hold anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

Kind = Literal["public", "id", "person", "message", "secret"]
"""`public` identifies nobody. `id` names one session, order or request. `person` is about the consumer. `message` is
free text. `secret` opens something: credentials, and the token that places an order."""

MEMBERS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "session_id": "id",
        "status": "public",
        "updated_at": "public",
        "expires_at": "public",
        "order_id": "id",
        "klarna_reference": "id",
        "authorization_token": "secret",
        "customer": "person",
        "manual_identification": "person",
        "error_code": "public",
        "error_messages": "message",
        "error_message": "message",
        "correlation_id": "id",
    }
)
"""The members of a session, then those of an error object. An object is all of its kind, but for `expires_at` in it."""

PERSON_MEMBERS: Final = (
    "date_of_birth",
    "family_name",
    "given_name",
    "national_identification_number",
    "title",
    "challenge",
)
"""The texts within `customer` and `manual_identification` that are about the consumer."""

ENUMERATIONS: Final = ("status", "error_code")
"""Members with a fixed set of values, on which programs branch."""

_PUBLIC_HEADERS: Final = (
    "accept", "accept-encoding", "age", "allow", "cache-control", "connection", "content-encoding", "content-length",
    "content-type", "date", "expires", "pragma", "retry-after", "server", "transfer-encoding", "user-agent", "vary",
    "www-authenticate", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset",
)  # fmt: skip

HEADERS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        **dict.fromkeys(_PUBLIC_HEADERS, "public"),
        "authorization": "secret",
        "cookie": "secret",
        "proxy-authorization": "secret",
        "set-cookie": "secret",
        "klarna-correlation-id": "id",
    }
)
"""Header fields by name in small letters. The value of a `public` one may be shown as it is."""

HARMLESS_HEADERS: Final = frozenset(
    {
        *_PUBLIC_HEADERS,
        "accept-charset", "accept-language", "accept-ranges", "alt-svc", "content-language", "etag", "host",
        "keep-alive", "last-modified", "location", "strict-transport-security", "te", "trailer", "upgrade", "via",
        "x-content-type-options", "x-frame-options", "x-xss-protection",
    }
)  # fmt: skip
"""Header fields that may be kept once ids and keys are taken out of their values. All others are masked."""

FRAMING_HEADERS: Final = frozenset(
    {
        "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "age",
        "alt-svc", "content-length", "content-type", "date", "via",
    }
)  # fmt: skip
"""Header fields of the connection, the clock or a node, or that are compared in another way: no facts of their own."""

LIST_HEADERS: Final = frozenset({"allow", "cache-control", "content-encoding", "vary"})
"""Header fields whose value is a list that clients act on; its order and case mean nothing."""

PSEUDONYM: Final = "5c2bbed0-"
"""How the pseudonym of a UUID begins."""

BIRTH_DATE: Final = "1900-01-01"
"""The pseudonym of every date of birth."""

PUBLISHED: Final = ("documented", "embedded")
"""Provenances whose every value is public already."""

INTERNALS: Final = re.compile(
    rb"Traceback \(most recent|^\s+at [\w.$<>]+\(|^\s*at [\w.$<>]+ ?\([^)\n]*\.\w+:\d+|"
    rb"\bFile \"[^\"\n]+\", line \d+, in |Exception in thread|\bORA-\d{5}|SQLSTATE\[",
    re.MULTILINE,
)
"""What a stack trace or a database message looks like in a body."""


def of_kind(table: Mapping[str, Kind], *kinds: Kind) -> frozenset[str]:
    """The names in `table` that are of one of these kinds."""
    return frozenset(name for name, kind in table.items() if kind in kinds)
