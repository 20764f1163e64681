"""Sums over bootstrap resamples and over exchanges of two runs' statistics, drawn exactly and fast.

Only sums matter, so units with equal statistics need not be drawn one by one: how often a resample holds each of
the frequent rows is one draw from a multinomial distribution, and how many of the units with one difference are
exchanged is one draw from a binomial. Both are the textbook schemes, not approximations of them.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

_FREQUENT = 8  # a row that occurs this often is cheaper as a multinomial cell than drawn unit by unit
_CELLS_AT_ONCE = 4_000_000  # bounds the memory of one block of draws (32 MB of float64)
_DRAWS_AT_ONCE = 1 << 12
_ENUMERATED = 100_000  # exchanges that are all tried rather than drawn


def bootstrap_totals(rows: Matrix, rng: np.random.Generator, resamples: int) -> Matrix:
    """Sums of bootstrap resamples.

    Args:
        rows: statistics of the units, shape (units, entries).
        rng: source of randomness; the order of the rows does not matter to the result.
        resamples: how many.

    Returns:
        Shape (resamples, entries).
    """
    n = len(rows)
    if n == 0:
        return np.zeros((resamples, rows.shape[1]))
    distinct, counts = np.unique(rows, axis=0, return_counts=True)
    often = counts >= _FREQUENT
    frequent, rare = distinct[often], distinct[~often]
    units = np.repeat(np.arange(len(rare), dtype=np.int32), counts[~often])
    shares = np.append(counts[often], len(units)) / n
    totals = np.empty((resamples, rows.shape[1]))
    step = max(1, _CELLS_AT_ONCE // max(len(shares), len(rare)))
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        drawn = rng.multinomial(n, shares, size=size)
        block = drawn[:, :-1] @ frequent
        if len(units):
            block = block + _drawn_one_by_one(units, drawn[:, -1], len(rare), rng) @ rare
        totals[start : start + size] = block
    return totals


def _drawn_one_by_one(
    units: NDArray[np.int32], sizes: NDArray[np.int64], rows: int, rng: np.random.Generator
) -> Matrix:
    """How often each row is drawn, shape (resamples, rows).

    Args:
        units: row of each unit.
        sizes: draws of each resample.
        rows: number of rows.
        rng: source of randomness.
    """
    held = np.empty((len(sizes), rows))
    step = max(1, _DRAWS_AT_ONCE // len(units))  # few units: many resamples in one call; many: as they fit the cache
    for start in range(0, len(sizes), step):
        block = sizes[start : start + step]
        picked = units[rng.integers(0, len(units), block.sum(), dtype=np.uint32)]
        places = picked if len(block) == 1 else np.repeat(np.arange(len(block)) * rows, block) + picked
        held[start : start + step] = np.bincount(places, minlength=len(block) * rows).reshape(len(block), rows)
    return held


@dataclass(frozen=True, slots=True)
class Exchanged:
    """Sums of both runs after exchanges.

    Args:
        first, second: shape (exchanges, entries).
        weights: probability of each exchange when these are all there are; None when they were drawn.
    """

    first: Matrix
    second: Matrix
    weights: NDArray[np.float64] | None


def exchanged_totals(a: Matrix, b: Matrix, rng: np.random.Generator, permutations: int) -> Exchanged:
    """Sums of two runs when each unit's two rows are exchanged with probability 1/2.

    Args:
        a: statistics of the units in the first run, shape (units, entries).
        b: the same of the second run.
        rng: source of randomness; not used where all exchanges can be tried.
        permutations: number of random exchanges.
    """
    gains, counts, flipped = _gains(b - a)
    # Units whose gain is the negative of its row start out exchanged, so that one coin serves both directions.
    base = flipped @ gains
    if _combinations(counts) <= _ENUMERATED:
        moved, weights = _all_counts([int(count) for count in counts])
        shift = moved @ gains - base
    else:
        weights = None
        shift = _random_counts(gains, counts, rng, permutations) - base
    return Exchanged(a.sum(axis=0) + shift, b.sum(axis=0) - shift, weights)


def enumerable(differences: Matrix) -> bool:
    """Whether all exchanges of units with these differences, shape (units, entries), are tried."""
    return _combinations(_gains(differences)[1]) <= _ENUMERATED


def _combinations(counts: NDArray[np.int64]) -> float:
    return math.prod(int(count) + 1 for count in counts) if len(counts) <= 40 else math.inf


def _gains(differences: Matrix) -> tuple[Matrix, NDArray[np.int64], NDArray[np.int64]]:
    """Distinct gains up to sign, how many units have each, and how many of those with the other sign."""
    moving = differences[(differences != 0).any(axis=1)]
    if not len(moving):
        empty = np.zeros(0, dtype=np.int64)
        return np.zeros((0, differences.shape[1])), empty, empty
    leading = moving[np.arange(len(moving)), (moving != 0).argmax(axis=1)]
    negative = leading < 0
    gains, where, counts = np.unique(
        np.where(negative[:, None], -moving, moving) + 0.0, axis=0, return_inverse=True, return_counts=True
    )
    flipped = np.bincount(where.reshape(-1)[negative], minlength=len(gains))
    return gains, counts, flipped


def _all_counts(counts: list[int]) -> tuple[Matrix, NDArray[np.float64]]:
    """Every number of exchanged units per gain, and its probability."""
    moved = np.array(list(itertools.product(*(range(count + 1) for count in counts))), dtype=np.float64)
    log_shares = [
        np.array([math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in range(n + 1)])
        - n * math.log(2.0)
        for n in counts
    ]
    logs = np.zeros(len(moved))
    for i, shares in enumerate(log_shares):
        logs += shares[moved[:, i].astype(np.int64)]
    weights = np.exp(logs)
    return moved.reshape(len(weights), len(counts)), weights / weights.sum()


def _random_counts(gains: Matrix, counts: NDArray[np.int64], rng: np.random.Generator, permutations: int) -> Matrix:
    """Summed gains of the exchanged units, shape (permutations, entries)."""
    single = counts == 1
    shared, lone = gains[~single], gains[single]
    summed = np.zeros((permutations, gains.shape[1]))
    octets = -(-len(lone) // 8)
    step = max(1, _CELLS_AT_ONCE // max(1, len(shared), 8 * octets))
    for start in range(0, permutations, step):
        size = min(step, permutations - start)
        block = summed[start : start + size]
        if len(shared):
            block += rng.binomial(counts[~single], 0.5, size=(size, len(shared))) @ shared
        if len(lone):
            coins = np.unpackbits(rng.integers(0, 256, (size, octets), dtype=np.uint8), axis=1)[:, : len(lone)]
            block += coins.astype(np.float64) @ lone
    return summed
