"""Chance: when an absence is news, and when it is the luck of few samples."""

from __future__ import annotations

from functools import cache
from math import comb
from typing import Final

LIMIT: Final = 0.05
"""An absence that luck explains with more than this probability is no change."""


@cache
def p_by_chance(always: int, fresh: int, without: int) -> float:
    """The probability that at least `without` of `fresh` samples lack what `always` earlier samples all had.

    Nothing is assumed of how often it is there (Laplace's rule of succession): after 18 samples that had it, one sample
    without it is a chance of 1 in 20; after 4 samples, two without it are less.
    """
    return sum(_exactly(always, fresh, missing) for missing in range(without, fresh + 1))


def _exactly(always: int, fresh: int, missing: int) -> float:
    # Beta-binomial with the posterior Beta(always + 1, 1), in whole numbers.
    return (always + 1) / ((always + fresh + 1) * comb(always + fresh, missing)) * comb(fresh, missing)


def is_significant(always: int, fresh: int, without: int) -> bool:
    """Whether `without` of `fresh` samples lacking it says more than luck could."""
    return without > 0 and p_by_chance(always, fresh, without) <= LIMIT
