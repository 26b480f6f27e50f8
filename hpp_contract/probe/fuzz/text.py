"""What a fuzzing run says: how to send a request again, and notes. Never a credential, never a whole session id."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import unquote

from hpp_contract.privacy.describe import abbreviate
from hpp_contract.probe.fuzz.requests import GeneratedRequest
from hpp_contract.probe.fuzz.schema import PREFIX

SHOWN: Final = 120
"""Characters of a path segment that a command shows at most."""


def curl(attempt: GeneratedRequest, base_url: str, username: str | None) -> str:
    """The command that sends `attempt` again. Our credentials are named by their variables; a session that exists is
    abbreviated, for its owner to fill in."""
    fields = [f"-H {shlex.quote(f'{name}: {value}' if value else f'{name};')}" for name, value in attempt.headers]
    words = ("curl -i --path-as-is", _credentials(attempt, username), *fields, _url(attempt, base_url))
    return " ".join(filter(None, words))


def _credentials(attempt: GeneratedRequest, username: str | None) -> str:
    if attempt.credentials_override is None:
        return '-u "$HPP_USERNAME:$HPP_API_KEY"' if username else '-H "Authorization: Basic $HPP_API_KEY"'
    return f"-H {shlex.quote(f'Authorization: {attempt.credentials_override}')}" if attempt.credentials_override else ""


def _url(attempt: GeneratedRequest, base_url: str) -> str:
    start, segment = f"{base_url}{PREFIX}", attempt.segment
    if attempt.session == "known":
        return shlex.quote(start + abbreviate(unquote(segment)))
    if len(segment) <= SHOWN:
        return shlex.quote(start + segment)
    if len(set(segment)) == 1:
        return f"{shlex.quote(start)}\"$(printf '{segment[0]}%.0s' $(seq {len(segment)}))\""
    return f"{shlex.quote(start + segment[:SHOWN])}… (of {len(segment)} characters)"


def sent(done: int, planned: int, seed: int) -> str:
    """How many requests were sent."""
    if done < planned:
        return f"Only {done} of {planned} generated requests were sent: answers took too long, or none came any more."
    return f"{done} generated requests were sent; --fuzz with --seed {seed} sends them again."


def alike(broken: Iterable[tuple[str, str]], count: int, command: str) -> str:
    """That many requests fail alike, and the command for the simplest."""
    rules = ", ".join(sorted({rule for rule, _ in broken}))
    requests = "1 generated request breaks" if count == 1 else f"{count} generated requests break"
    return f"{requests} {rules}; {'it' if count == 1 else 'the simplest'} is sent again by: {command}"


def objected(titles: Iterable[str]) -> Iterator[str]:
    """What Schemathesis' own checks object to beside, and why that is no finding."""
    for title, count in sorted(Counter(titles).items()):
        yield (
            f"Schemathesis objects to {count} of the answers by a check of its own ({title}); no rule of the contract "
            "demands otherwise, so this is no finding."
        )
