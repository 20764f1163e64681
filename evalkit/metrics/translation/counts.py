"""Sentence statistics of BLEU and chrF: n-gram matches and totals, which add up to the corpus score.

Source: sacreBLEU 2.6.0, sacrebleu/metrics/{bleu,chrf}.py; the counts are the same numbers, made by our own code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

ORDERS = 4  # of BLEU
CHARACTER_ORDERS = 6  # of chrF
_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


def bleu_counts(hypothesis: Sequence[str], references: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """BLEU's statistics of one sentence.

    Args:
        hypothesis: its tokens.
        references: tokens of each reference, at least one; an n-gram may match as often as in the reference that has
            it most often, and the length is that of the reference closest in length (of two, the shorter).

    Returns:
        Hypothesis length, reference length, matches of order 1-4, n-grams of order 1-4 in the hypothesis.
    """
    length = len(hypothesis)
    closest = min((len(tokens) for tokens in references), key=lambda other: (abs(other - length), other))
    matches = [0] * ORDERS
    for order in range(1, ORDERS + 1):
        found = list(_ngrams(hypothesis, order))
        if len(references) == 1:
            matched = _matches(found, list(_ngrams(references[0], order)))
        else:
            allowed: Counter[Any] = Counter()
            for tokens in references:
                allowed |= Counter(_ngrams(tokens, order))
            matched = sum(min(count, allowed[gram]) for gram, count in Counter(found).items())
        matches[order - 1] = matched
        if not matched:
            break  # what matches in no place does not match with a neighbour
    return (length, closest, *matches, *(max(length - n, 0) for n in range(ORDERS)))


def chrf_counts(hypothesis: str, references: Sequence[str], word_orders: int = 0) -> tuple[int, ...]:
    """ChrF's statistics of one sentence, against the reference that gives the best sentence score.

    Args:
        hypothesis: the text; white space does not count.
        references: at least one.
        word_orders: 0 for chrF, 2 for chrF++.

    Returns:
        For each order (characters 1-6, then words): n-grams of the hypothesis (0 where the reference has none of that
        order), n-grams of the reference, matches.
    """
    from evalkit.metrics.translation.reductions import chrf_of

    ours = _orders_of(hypothesis, word_orders)
    best: tuple[int, ...] = ()
    best_score = -1.0
    for reference in references:
        counts: list[int] = []
        for found, wanted in zip(ours, _orders_of(reference, word_orders), strict=True):
            counts += (len(found) if wanted else 0, len(wanted), _matches(found, wanted))
        if len(references) == 1:
            return tuple(counts)
        score = chrf_of(counts)
        if score > best_score:
            best, best_score = tuple(counts), score
    return best


def _ngrams(tokens: Sequence[str], order: int) -> Iterable[Any]:
    return zip(*(tokens[i:] for i in range(order)), strict=False)


def _matches(found: list[Any], wanted: list[Any]) -> int:
    """How many n-grams of one list the other has as well, each as often as the rarer side has it."""
    distinct, others = set(found), set(wanted)
    shared = distinct & others
    if not shared or len(distinct) == len(found) or len(others) == len(wanted):
        return len(shared)  # one side has each only once, as long n-grams mostly are
    left, right = Counter(found), Counter(wanted)
    return sum(min(left[gram], right[gram]) for gram in shared)


def _orders_of(text: str, word_orders: int) -> list[list[Any]]:
    line = "".join(text.split())
    length = len(line)
    orders: list[list[Any]] = [[line[i : i + n] for i in range(length - n + 1)] for n in range(1, CHARACTER_ORDERS + 1)]
    if word_orders:
        words = _words(text)
        orders += [list(_ngrams(words, n)) for n in range(1, word_orders + 1)]
    return orders


def _words(text: str) -> list[str]:
    """Words with one mark of punctuation split off, at the end or else at the beginning: "(hi)" is "(hi" and ")"."""
    words: list[str] = []
    for word in text.split():
        if len(word) == 1:
            words.append(word)
        elif word[-1] in _PUNCTUATION:
            words += (word[:-1], word[-1])
        elif word[0] in _PUNCTUATION:
            words += (word[0], word[1:])
        else:
            words.append(word)
    return words
