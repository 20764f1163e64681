"""From summed statistics to the corpus score: sacreBLEU's BLEU (smoothing exp), chrF and chrF++.

Source: sacreBLEU 2.6.0, sacrebleu/metrics/{bleu,chrf}.py. For one sum the value is bit-equal to sacreBLEU's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from evalkit.core.metric import reduction
from evalkit.metrics.translation.counts import CHARACTER_ORDERS, ORDERS

WORD_ORDERS = 2  # of chrF++
_BETA_SQUARED = 4  # recall weighs twice as much as precision


@reduction
def corpus_bleu(total: Any) -> Any:
    """BLEU, 0-100, with brevity penalty; an order without a match counts as a half, a quarter ... of a match.

    Args:
        total: summed entries as `bleu_counts` gives them: numbers, or arrays of shape (resamples,).
    """
    entries = [total[i] for i in range(2 + 2 * ORDERS)]
    if isinstance(entries[0], (int, float)):
        return _bleu(entries[0], entries[1], entries[2 : 2 + ORDERS], entries[2 + ORDERS :])
    import numpy as np

    found, wanted, *rest = (np.asarray(entry, dtype=np.float64) for entry in entries)
    matches, totals = np.stack(rest[:ORDERS]), np.stack(rest[ORDERS:])
    none = matches == 0
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        brevity = np.where(found < wanted, np.exp(1 - wanted / found), 1.0)
        precisions = (
            100.0 * np.where(none, 1.0, matches) / (np.where(none, 2.0 ** np.cumsum(none, axis=0), 1.0) * totals)
        )
        score = brevity * np.exp(np.log(precisions).sum(axis=0) / ORDERS)
    return np.where(none.all(axis=0) | (totals[-1] == 0), 0.0, score)


def _bleu(found: float, wanted: float, matches: Sequence[float], totals: Sequence[float]) -> float:
    if not any(matches) or not totals[-1]:
        return 0.0
    brevity = math.exp(1 - wanted / found) if found < wanted else 1.0
    halved, logs = 1.0, []
    for matched, possible in zip(matches, totals, strict=True):
        if matched:
            logs.append(math.log(100.0 * matched / possible))
        else:
            halved *= 2
            logs.append(math.log(100.0 / (halved * possible)))
    return brevity * math.exp(sum(logs) / ORDERS)


@reduction
def corpus_chrf(total: Any) -> Any:
    """ChrF2, 0-100: F-score of the mean precision and recall of character n-grams of order 1-6.

    Args:
        total: summed entries as `chrf_counts` gives them: numbers, or arrays of shape (resamples,).
    """
    return chrf_of([total[i] for i in range(3 * CHARACTER_ORDERS)])


@reduction
def corpus_chrf_plus_plus(total: Any) -> Any:
    """ChrF2++, 0-100: as `corpus_chrf`, with word n-grams of order 1-2."""
    return chrf_of([total[i] for i in range(3 * (CHARACTER_ORDERS + WORD_ORDERS))])


def chrf_of(counts: Sequence[Any]) -> Any:
    """The score of counts of any number of orders; an order that one side lacks does not count."""
    if not isinstance(counts[0], (int, float)):
        return _chrf_arrays(counts)
    precision = recall = 0.0
    orders = 0
    for found, wanted, matched in zip(counts[::3], counts[1::3], counts[2::3], strict=True):
        if found > 0 and wanted > 0:
            precision += matched / found
            recall += matched / wanted
            orders += 1
    if not precision + recall:
        return 0.0
    precision /= orders
    recall /= orders
    score = (1 + _BETA_SQUARED) * precision * recall
    score /= (_BETA_SQUARED * precision) + recall
    return 100 * score


def _chrf_arrays(counts: Sequence[Any]) -> Any:
    import numpy as np

    table = np.stack([np.asarray(entry, dtype=np.float64) for entry in counts])
    found, wanted, matched = table[::3], table[1::3], table[2::3]
    both = (found > 0) & (wanted > 0)
    orders = np.maximum(both.sum(axis=0), 1)
    precision = np.where(both, matched / np.where(both, found, 1.0), 0.0).sum(axis=0) / orders
    recall = np.where(both, matched / np.where(both, wanted, 1.0), 0.0).sum(axis=0) / orders
    some = precision + recall > 0
    weighted = np.where(some, _BETA_SQUARED * precision + recall, 1.0)
    return np.where(some, 100 * (1 + _BETA_SQUARED) * precision * recall / weighted, 0.0)
