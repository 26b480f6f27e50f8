"""Secrets are taken out of any text."""

from __future__ import annotations

import base64
import re
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.privacy.redact import Redactor

secrets = st.text(st.characters(codec="utf-8"), min_size=4, max_size=40)
around = st.text("abc =:/", max_size=9)


@given(secrets, around, around)
def test_no_encoding_is_left(secret: str, before: str, after: str) -> None:
    """A secret is found raw, percent-encoded in either case and in base64, whatever stands around it."""
    quoted = quote(secret, safe="")
    encoded = base64.b64encode(secret.encode()).decode()
    for form in (secret, quoted, re.sub("%..", lambda code: code[0].lower(), quoted), encoded, encoded.rstrip("=")):
        assert "[redacted]" in Redactor([secret])(f"{before}{form}{after}")
