"""Whether a recorded value is a placeholder: a word that a recorder, or a person, wrote in the place of a secret.

As a rule a placeholder is the whole value. Words that no random text holds by chance make one of any value they are in.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_HOLDS: Final = re.compile(
    r"scrub|redact|filter|dummy|fake|mask|placeholder|x{4}|\*{3}|[<\[{]|^1900-\d\d-\d\d\Z", re.IGNORECASE
)

_REAL_KEY: Final = re.compile(r"kco_(?:live|test)_(?:api_)?([\w\-]{8,})")
"""An API key, with what makes it secret: it is one whatever words are in it, unless it is nothing but such a word."""

_WORD: Final = re.compile(r"redacted|filtered|masked|placeholder", re.IGNORECASE)

_IS: Final = re.compile(
    r"""[0\-]*0{8}[0\-]*[0-9a-f]{0,4}                     # all zeros, a counter at the end
    | [A-Z]{2}[A-Z0-9]*(?:_[A-Z0-9]+)+                    # TWO_WORDS: one alone may be a base32 secret
    | \$[A-Z_][A-Z0-9_]* | \$[a-z_]+ | %[A-Za-z_]\w*% | __\w+__ | :[a-z_]+
    | (?:process\.env|os\.environ|ENV)\W.* | your[ _\-]?[\w \-]*
    | (?P<one>[^\w\s]|[xX0])(?P=one){2,}                  # ..., ---, •••
    | (?:user(?:name)?)?:pass(?:word)?
    | (?i:hidden|sanitized|sanitised|removed|anonymized|anonymised|censored|omitted|stripped|obfuscated|obscured
      |deleted|erased|replaced|withheld|change[ _\-]?me)""",
    re.VERBOSE,
)


@lru_cache(maxsize=1024)
def is_placeholder(text: str) -> bool:
    """Whether a recorded value is a placeholder, ours or another tool's, and so gives nothing away.

    Of `user:key` only the key gives anything away.
    """
    key = _REAL_KEY.search(text)
    if key is not None and len(key[0]) >= len("kco_live_") + 12:
        return is_scrubbed(key[1]) or _WORD.fullmatch(key[1]) is not None
    if not text or _HOLDS.search(text) or is_scrubbed(text) or _IS.fullmatch(text):
        return True
    user, colon, secret = text.partition(":")
    return bool(colon) and is_placeholder(secret or user)


def is_scrubbed(text: str) -> bool:
    """Whether this is a placeholder of ours: the beginning of `scrubbedscrubbed…`, with other capitals for another
    text."""
    return bool(text) and ("scrubbed" * len(text)).startswith(text.lower())
