"""How many rows a batch should have: found by timing the run's own batches.

Sizes are powers of two up to what the memory holds, which is the last of them. Now and then one batch of the next
smaller or larger size is put between two of the present size. Rows are sorted by length and become shorter along the
way; the mean of the batches before and after has nearly the lengths of the one between, so their costs can be compared.
A cheaper size becomes the present one, and its other neighbour is tried next, once enough rows are behind for the trial
to be worth its risk: a run of 200 rows does not pay for one batch of 64 that is mostly padding. Nothing is computed for
the sake of measuring: all batches are the run's. When both neighbours are known to be dearer, they are tried again only
to make sure: ever more seldom, and while all trials together have cost little.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_STEEP = math.log(0.75)  # a larger batch that lowers the cost to this is taken up at once, and compared later
_APART = math.log(1.35)  # batches before and after that differ by more: one of them was disturbed
_TIE = math.log(1.015)  # a size is left only for one that is cheaper by this
_FLAT = math.log(1.02)  # halving costs no more: doubling, which gains about half of that, is not worth trying
_CLEAR = math.log(1.15)  # neighbours further apart than this need no third trial
_SEEN = 2  # trials of a neighbour, at least, before it counts as clear
_AGAIN = 2  # rows answered, in those at the last trial, before one that makes sure
_WAIT = 16  # batches of a remembered size before its neighbours are tried again
_EXCESS = 0.015  # of the time: what trials may have cost in all where they only make sure
_DEARER = 0.3  # what a size never tried may cost more, as a logarithm ...
_GAIN = 0.2  # ... and gain, where nothing tells: doubling gains about half of what the doubling before it did
_LEFT = 2  # rows left, in those of a trial, where no more are to come: fewer gain nothing by a better size


@dataclass(slots=True)
class Timed:
    """What batches of one size came to: rows, seconds, and batches."""

    rows: int = 0
    seconds: float = 0.0
    batches: int = 0


@dataclass(slots=True)
class _Trial:
    """A neighbour between two batches of the present size; costs are logarithms of seconds per unit."""

    level: int
    before: float
    cost: float | None = None
    units: float = 0.0
    seconds: float = 0.0


class SizeChoice:
    """Chooses the rows of each batch of one kind of work.

    Args:
        bound: rows that fit into the memory, of the work's usual length.
        start: rows to begin with; None begins with the bound.
        known: what an earlier run found (`facts`); unusable parts are ignored.
    """

    def __init__(self, bound: int, start: int | None = None, known: Mapping[str, Any] | None = None) -> None:
        bound = max(1, bound)
        self.sizes: tuple[int, ...] = (*(1 << power for power in range((bound - 1).bit_length())), bound)
        self.remembered = False
        self.timed: dict[int, Timed] = {}
        self._level = self._below(bound if start is None else start)
        self._ratios: dict[int, list[float]] = {}  # by the lower level: logarithms of cost(next) / cost(level)
        self._hasty: set[int] = set()  # of them, those without a batch after the trial
        self._trial: _Trial | None = None
        self._before: float | None = None  # cost of the last batch, if of the present size, in this order of rows
        self._asked = self._level
        self._done = 0
        self._due = 0.0  # rows to be answered before known neighbours are tried again
        self.seconds = self._excess = 0.0
        if known is not None:
            self._remember(known)

    @property
    def size(self) -> int:
        """Rows of a batch, as found so far."""
        return self.sizes[self._level]

    @property
    def settled(self) -> bool:
        """Whether nothing is left to try but to make sure."""
        return not self._untried()

    def rows(self, available: int, fits: int, last: bool = False) -> int:
        """Rows of the next batch at the most; never more than fit.

        Args:
            available: rows that can be put into the next batches, sorted by length.
            fits: rows as long as the first of them that fit into the memory.
            last: no more are to come.
        """
        if self._trial is None and self._before is not None:
            self._trial = self._begin(self._before, available, fits, last)
        trial = self._trial
        self._asked = trial.level if trial is not None and trial.cost is None else self._level
        return max(1, fits if self._is_top(self._asked) else min(self.sizes[self._asked], fits))

    def measured(self, rows: int, units: float, seconds: float) -> bool:
        """Take in a batch that was run.

        Args:
            rows: of it.
            units: of work in it: tokens read and written.
            seconds: it took.

        Returns:
            True when the size or what is known of it has changed.
        """
        first, self._done = not self._done, self._done + rows
        self.seconds += seconds
        trial, size = self._trial, self.sizes[self._asked]
        # What fits varies with the length of rows: a batch as full as the memory allows is one of the last size.
        whole = rows == size or (self._is_top(self._asked) and 2 * rows > size)
        if not whole or units <= 0 or seconds <= 0:
            self.seam()  # it did not fit, or rows ran out
            return False
        timed = self.timed.setdefault(size, Timed())
        timed.rows, timed.seconds, timed.batches = timed.rows + rows, timed.seconds + seconds, timed.batches + 1
        cost = math.log(seconds / units)
        if trial is None:
            # The first batch of all is slower, because libraries warm up: nothing is compared with it.
            self._before = None if first else cost
            return False
        if trial.cost is None:
            trial.cost, trial.units, trial.seconds = cost, units, seconds
            if trial.level < self._level or cost - trial.before > _STEEP:
                return False
            self._conclude(trial, trial.before)
            self._hasty.add(trial.level - 1)
            self._before = cost  # the trial's size is the present one now
            return True
        self._conclude(trial, cost)
        self._before = cost if self._asked == self._level else None
        return True

    def seam(self) -> None:
        """The next rows do not follow the last ones in length: a trial under way is given up."""
        self._trial = self._before = None

    def facts(self) -> dict[str, Any]:
        """What was found, as JSON: the size, its bound, rows a second by size, cost of the next size by size."""
        return {
            "rows": self.size,
            "bound": self.sizes[-1],
            "settled": self.settled,
            "remembered": self.remembered,
            "rows_per_second": {
                str(size): float(f"{timed.rows / timed.seconds:.4g}") for size, timed in sorted(self.timed.items())
            },
            "cost_of_next": {
                str(self.sizes[level]): [round(math.exp(value), 4) for value in values]
                for level, values in sorted(self._ratios.items())
            },
        }

    def _remember(self, known: Mapping[str, Any]) -> None:
        rows, ratios = known.get("rows"), known.get("cost_of_next")
        if not isinstance(rows, int) or isinstance(rows, bool) or rows < 1 or not isinstance(ratios, Mapping):
            return
        at_bound = rows == known.get("bound")
        self._level = len(self.sizes) - 1 if at_bound else self._below(rows)
        for level, size in enumerate(self.sizes[:-1]):
            values = ratios.get(str(size))
            if isinstance(values, Sequence) and values and all(_positive(value) for value in values):
                self._ratios[level] = [math.log(value) for value in values]
        self.remembered, self._due = True, float(_WAIT * self.size)

    def _below(self, rows: int) -> int:
        return max(level for level, size in enumerate(self.sizes) if size <= max(1, rows))

    def _is_top(self, level: int) -> bool:
        return level == len(self.sizes) - 1

    def _ratio(self, pair: int) -> float:
        return statistics.median(self._ratios[pair])  # one disturbed trial does not decide

    def _pairs(self) -> list[tuple[int, int]]:
        """Neighbours of the present size, each with the lower level of the two; the smaller first, it costs less."""
        found = [(self._level - 1, self._level - 1), (self._level + 1, self._level)]
        return [(level, pair) for level, pair in found if 0 <= level < len(self.sizes)]

    def _untried(self) -> list[int]:
        """Neighbours never tried that may be cheaper; then those tried in haste."""
        down = self._level - 1
        flat = bool(self._ratios.get(down)) and self._ratio(down) > -_FLAT
        untried = [
            level for level, pair in self._pairs() if not self._ratios.get(pair) and not (flat and level > self._level)
        ]
        return untried or [level for level, pair in self._pairs() if pair in self._hasty]

    def _begin(self, before: float, available: int, fits: int, last: bool) -> _Trial | None:
        """A trial of the neighbour that asks for one and for which there are rows; None where there is none."""
        levels = self._untried()
        if not levels:
            if self._done < self._due or self._excess > _EXCESS * self.seconds:
                return None
            pairs = sorted(self._pairs(), key=lambda found: len(self._ratios.get(found[1], [])))
            levels = [level for level, pair in pairs if not self._clear(pair)]
        for level in levels:
            if not self._worth(level):
                continue
            needed = self.sizes[level] + self.size
            room = fits if not self._is_top(level) else 2 * fits
            if needed * (_LEFT if last else 1) <= available and self.sizes[level] <= room:
                return _Trial(level, before)
        return None

    def _worth(self, level: int) -> bool:
        """Whether a size may gain, over as many rows as are behind, what trying it may cost."""
        pair = min(level, self._level)
        if self._ratios.get(pair):
            return True
        up = level > self._level
        known = self._ratios.get(pair - 1 if up else pair + 1)
        gain = max(0.0, (-1 if up else 1) * statistics.median(known) / 2) if known else _GAIN
        return _DEARER * self.sizes[level] <= gain * self._done

    def _clear(self, pair: int) -> bool:
        values = self._ratios.get(pair, [])
        return len(values) >= _SEEN and abs(self._ratio(pair)) > _CLEAR

    def _conclude(self, trial: _Trial, after: float) -> None:
        assert trial.cost is not None
        present = (trial.before + after) / 2
        if abs(trial.before - after) > _APART:  # delays only ever add: the faster one was not disturbed
            present = min(trial.before, after)
        ratio = trial.cost - present
        up = trial.level > self._level
        pair = min(trial.level, self._level)
        if pair in self._hasty:
            self._hasty.discard(pair)
            self._ratios[pair] = []
        self._ratios.setdefault(pair, []).append(ratio if up else -ratio)
        self._excess += max(0.0, trial.seconds - trial.units * math.exp(present))
        self._level = self._cheapest()
        self._due = _AGAIN * float(self._done)
        self._trial = None

    def _cheapest(self) -> int:
        """The cheapest size that trials lead to from the present one; that one where none is clearly cheaper."""
        best, least = self._level, -_TIE
        for step in (-1, 1):
            level, cost = self._level, 0.0
            while self._ratios.get(pair := level if step > 0 else level - 1):
                cost += step * self._ratio(pair)
                level += step
                if cost < least:
                    best, least = level, cost
        return best


def _positive(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < math.inf
