"""What stands for a secret that was taken out, and what may be one."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.model.placeholder import is_placeholder

WORDS = (
    "", "REDACTED", "[Filtered]", "<AUTH>", "***", "xxxx", "scrubbedscr", "0000000000000000000000000000000000000001",
    "00000000-0000-0000-0000-000000000000", "SHOP_API_TOKEN", "HPP_AUTH2", "HIDDEN", "hidden", "SANITIZED", "removed",
    "Anonymized", "$AUTH", "${AUTH}", "$auth_token", "%AUTHORIZATION%", "%AUTH%", "__TOKEN__", "<%= ENV['KEY'] %>",
    "{{token}}", ":token", "ENV['TOKEN']", "process.env.TOKEN", "your-api-key", "YOUR_API_KEY", "...", "---",
    "•••••", "user:pass", "username:password", "SHOP_USER:SHOP_PASSWORD", "M000001-shop:HIDDEN", ":removed", "M1:",
)  # fmt: skip


@pytest.mark.parametrize("text", [word for word in WORDS if word != "M1:"])
def test_what_tools_write(text: str) -> None:
    """What recorders and people write in the place of a secret accuses nobody, also after Basic is decoded."""
    assert is_placeholder(text)


@pytest.mark.parametrize(
    "text",
    [
        "JBSWY3DPEHPK3PXP", "GEZDGNBVGY3TQOJQ", "TOKEN2345ABCDEFGH", "Zm9vYmFyYmF6", "iamsecret123",
        "M000001-shop:Zm9v", "Zm9vOmJhcg==", "kco_live_api_c2VjcmV0c2VjcmV0", "kco_live_abcdefgh1234",
        "kco_test_api_xxxxmaskxxxx", "kco_test_filterfilter", "M000001:kco_live_api_redactedfakes",
        "a1a8f727-2756-6058-bd3c-40069be0994b",
        "$2b$12$KIXQ", "100000000000", "sid", "M1:",
    ],
)  # fmt: skip
def test_what_may_be_a_secret(text: str) -> None:
    """One word of capitals and digits may be base32, and an API key is one whatever words are in it."""
    assert not is_placeholder(text)


@given(st.binary(min_size=10, max_size=40), st.sampled_from([base64.b32encode, base64.b16encode]))
def test_encoded_secrets(secret: bytes, encode: object) -> None:
    """No secret in base32 or base16 is taken for a placeholder, but for one of zeros."""
    text = encode(secret).decode().rstrip("=")  # type: ignore[operator]
    assert not is_placeholder(text) or "00000000" in text or "XXXX" in text


@given(st.sampled_from(["live", "test"]), st.from_regex(r"[A-Za-z0-9_\-]{12,40}", fullmatch=True))
def test_api_keys(kind: str, rest: str) -> None:
    """An API key of any twelve characters is none, unless nothing is in it but a word in its place."""
    secret = rest.removeprefix("api_")
    word = ("scrubbed" * 9).startswith(secret) or secret.lower() in ("redacted", "filtered", "masked", "placeholder")
    assert is_placeholder(f"kco_{kind}_{rest}") == word
