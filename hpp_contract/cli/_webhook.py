"""`--webhook`: one JSON post about what a drift run found that was not known. It says nothing of people or keys.

The address is a secret of its own, and is never printed: a note about it names the host.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import Any, Final
from urllib.parse import urlsplit

from hpp_contract import __version__
from hpp_contract.drift.history import Run
from hpp_contract.engine.errors import UsageProblem
from hpp_contract.model.exchange import is_loopback
from hpp_contract.reporting.view import ChangeGroup, ReportView

DAYS: Final = 3
"""Days in a row on which nothing could be verified, after which that is news."""

LISTED: Final = 10
"""Changes that the text lists; the report has more."""

TIMEOUT_S: Final = 10.0

_ID: Final = re.compile(r"(?i)\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{4,8}…[0-9a-f]{4}\b")


def check_address(address: str) -> None:
    """Raise UsageProblem for an address that what is told must not be sent to."""
    try:
        parts = urlsplit(address)
        allowed = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
        valid = allowed and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise UsageProblem("--webhook wants an https URL, or http on this machine.")


def news(view: ReportView, runs: Sequence[Run], run: Run) -> dict[str, Any] | None:
    """What to post about `run`, which came after `runs`: new changes, or another three days without a verification;
    None when there is nothing."""
    groups = [group for group in view.changes if not (group.is_known or _is_expected(group))]
    lines = [f"{group.label}: {group.title}" for group in groups[:LISTED]]
    lines += [f"… and {len(groups) - LISTED} more"] if len(groups) > LISTED else []
    days, before = _days_unverified((*runs, run)), _days_unverified(runs)
    is_lasting = days > 0 and days % DAYS == 0 and days != before
    if not groups and not is_lasting:
        return None
    headline, reason = view.verdict
    again = f" on {days} days in a row" if is_lasting else ""
    text = "\n".join(filter(None, (f"{headline}{again}", view.report.subject.name, reason, *lines)))
    return {
        "tool": "hpp-contract",
        "version": __version__,
        "text": _ID.sub("(id)", text),
        "exit_code": view.report.exit_code,
        "changes": [
            {"class": group.change_class.value, "fact": group.fact, "what": _ID.sub("(id)", group.title)}
            for group in groups
        ],
    }


def _is_expected(group: ChangeGroup) -> bool:
    """Whether all of it is on record as a known failure."""
    return all(change.known_failing is not None for change in group.changes)


def _days_unverified(runs: Sequence[Run]) -> int:
    """The days of the last runs that could verify nothing, one after the other."""
    lasting = takewhile(lambda run: run.verdict == "unverified", reversed(runs))
    return len({run.at[:10] for run in lasting})


def post(address: str, message: dict[str, Any]) -> str:
    """Post the message; a sentence about why that failed, empty when it did not. Follows no redirect."""
    import requests  # only this option needs it here

    host = urlsplit(address).hostname
    try:
        with requests.post(
            address,
            json=message,
            timeout=TIMEOUT_S,
            allow_redirects=False,
            stream=True,  # the answer is not read
            auth=lambda request: request,  # nor is ~/.netrc
        ) as answer:
            return "" if answer.ok and not answer.is_redirect else _failed(host, f"answered {answer.status_code}")
    except (requests.RequestException, ValueError, OSError) as error:
        return _failed(host, f"could not be reached ({type(error).__name__})")


def _failed(host: str | None, how: str) -> str:
    return f"The webhook at {host} {how}, so it was not told of this. The verdict is the same."
