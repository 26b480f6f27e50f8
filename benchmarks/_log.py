"""A gateway's log as long as wanted, made with the suite: sessions that live and are polled, a few of them badly."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

from hpp_contract.cases.scenarios import LIFETIME, SCENARIOS, Scenario
from hpp_contract.model import Instant

SECOND = 1_000_000_000
START = 1_790_000_000 * SECOND
BETWEEN_SESSIONS = SECOND // 20
BETWEEN_POLLS = 100
"""Sessions that begin between two polls of one: five seconds at twenty new sessions a second."""

_SCENARIOS = ("lifecycle-paid", "lifecycle-retried", "lifecycle-missed", "lifecycle-cancelled", "waiting", "failed")
_HEAD = {
    "Authorization": "Basic <scrubbed>",
    "Content-Type": "application/json",
    "Cache-Control": "no-cache",
    "User-Agent": "shop/2.1",
}


def write_log(path: Path, sessions: int, polls: int = 10, *, broken: int = 1000, seed: int = 0) -> int:
    """Write the NDJSON of `sessions` sessions, each polled `polls` times; one exchange in `broken` breaks a rule.
    Returns the number of exchanges."""
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.writelines(_lines(sessions, polls, broken, random.Random(seed)))  # noqa: S311  noise, not a secret
    return sessions * polls


def _lines(sessions: int, polls: int, broken: int, chance: random.Random) -> Iterator[str]:
    number, templates = 0, [[_template(SCENARIOS[name], poll) for poll in range(polls)] for name in _SCENARIOS]
    for slot in range(sessions + polls * BETWEEN_POLLS):
        at = START + slot * BETWEEN_SESSIONS
        for poll in range(polls):
            index = slot - poll * BETWEEN_POLLS
            if 0 <= index < sessions:
                number += 1
                template, after = templates[index % len(templates)][poll]
                line = _filled(template, at + chance.randrange(BETWEEN_SESSIONS), index, after, chance.getrandbits(48))
                yield line.replace("COMPLETED", "COMPLETE") if number % broken == 0 else line


def _template(scenario: Scenario, poll: int) -> tuple[str, int]:
    """A line with marks for what differs, and how long (ns) after its creation the session was updated."""
    step = scenario.steps[min(poll, len(scenario.steps) - 1)]
    marks = {"session_id": "@S", "order_id": "@O", "authorization_token": "@T", "klarna_reference": "@K",
             "updated_at": "@U", "expires_at": "@E"}  # fmt: skip
    body = {name: marks.get(name, value) for name, value in scenario.body("@S", poll, 0).items()}
    headers = {
        "Date": "@D",
        "Content-Type": "application/json;charset=utf-8",
        "Cache-Control": "no-cache, no-store, max-age=0, must-revalidate",
        "Klarna-Correlation-Id": "@C",
    }
    url = "https://api.playground.kustom.co/hpp/v1/sessions/@S"
    line = {
        "at": "@A",
        "request": {"method": "GET", "url": url, "headers": _HEAD, "body": None},
        "response": {"status": 200, "headers": headers, "body": json.dumps(body)},
    }
    return json.dumps(line) + "\n", round(step.after * SECOND)


def _filled(template: str, at: int, index: int, after: int, noise: int) -> str:
    created = START + index * BETWEEN_SESSIONS - 600 * SECOND
    ids = f"{index:08x}-bafd"
    values = {
        "@S": f"{ids}-4111-8111-39a1c773bafd",
        "@O": f"{ids}-5222-8111-39a1c773bafd",
        "@T": f"{ids}-7333-8111-39a1c773bafd",
        "@K": f"K{index:07X}",
        "@C": f"{noise >> 16:08x}-{noise & 0xFFFF:04x}-4111-8111-39a1c773bafd",
        "@A": Instant(at).format(3),
        "@D": formatdate(at // SECOND, usegmt=True),
        "@U": Instant(created + after).format(3),
        "@E": Instant(created + LIFETIME).format(3),
    }
    for mark, value in values.items():
        template = template.replace(mark, value)
    return template
