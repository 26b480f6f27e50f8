"""."""

from __future__ import annotations

import re

PSEUDONYM = "5c2bbed0-"
"""How the pseudonym of a UUID begins."""


BIRTH_DATE = "1900-01-01"
"""The pseudonym of every date of birth."""


INTERNALS = re.compile(
    rb"Traceback \(most recent|^\s+at [\w.$<>]+\(|Exception in thread|\bORA-\d{5}|SQLSTATE\[", re.MULTILINE
)
