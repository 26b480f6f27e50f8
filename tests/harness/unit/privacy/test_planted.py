"""People and secrets do not survive scrubbing, wherever they stand in an exchange and however they are encoded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

from hpp_contract.engine import Outcome, Subject, judge
from hpp_contract.model import Exchange
from hpp_contract.privacy.scrub import Scrubber
from hpp_contract.rules import CATALOGUE
from tests.harness.support.planted import ENCODINGS, KINDS, PLACES, Planted, left, planted
from tests.harness.support.recording_tools import kept

MOST_LEFT = 1e-4


def remaining(seeds: Iterable[int]) -> list[tuple[int, Planted]]:
    """Those of which something is left after scrubbing, and that the last check would not refuse."""
    found = []
    for seed in seeds:
        one, scrub = planted(seed), Scrubber()
        if left(one, scrub(one.exchange)) and not scrub.ambiguous:
            found.append((seed, one))
    return found


def shown(found: list[tuple[int, Planted]]) -> list[str]:
    return [f"planted({seed}): {one.kind}, {one.encoding}, {one.place}" for seed, one in found]


def test_what_is_planted_is_seen() -> None:
    """Before scrubbing, what was planted is found, but for what an encoding or a header field cannot hold."""
    seen = [left(one, one.exchange) for one in map(planted, range(2000))]
    assert sum(seen) > 1800
    generated = [
        Counter(of) for of in zip(*((p.kind, p.encoding, p.place) for p in map(planted, range(4000))), strict=True)
    ]
    assert [len(each) for each in generated] == [len(KINDS), len(ENCODINGS), len(PLACES)]
    assert len(ENCODINGS) == 20


def test_nothing_planted_is_left() -> None:
    """Of four thousand texts planted in exchanges none is left."""
    assert shown(remaining(range(4000))) == []


@pytest.mark.slow
def test_hardly_anything_planted_is_left() -> None:
    """Of many more fewer than one in ten thousand."""
    found = remaining(range(4000, 14_000))
    assert len(found) < 10_000 * MOST_LEFT, shown(found)


def said(exchanges: list[Exchange]) -> dict[str, tuple[Outcome, int]]:
    verdicts = judge([kept(each) for each in exchanges], CATALOGUE, Subject("recording", "x"))
    return {each.rule.id: (each.outcome, each.total) for each in verdicts if "-K" not in each.rule.id}


@pytest.mark.parametrize("first", range(0, 600, 100))
def test_verdicts_on_what_was_planted_stay(first: int) -> None:
    """Every rule says the same before and after, whatever was planted in two reads of one session.

    Two reads with other credentials are two lives of it; of scrubbed credentials nobody can tell whose they were.
    """
    for seed in range(first, first + 100):
        pair, scrub = [planted(seed), planted(seed + 1_000_000)], Scrubber()
        both = [each.exchange for each in pair if "Authorization" not in each.place]
        assert said([scrub(each) for each in both]) == said(both), seed
