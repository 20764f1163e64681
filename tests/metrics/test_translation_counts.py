"""BLEU and chrF of our own counts against sacreBLEU: the same float, on ordinary and hostile pairs."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics import BLEU, CHRF

from evalkit.core.metric import Metric, Tally
from evalkit.metrics.translation.counts import bleu_counts, chrf_counts
from evalkit.metrics.translation.reductions import corpus_bleu, corpus_chrf, corpus_chrf_plus_plus
from evalkit.metrics.translation.tokenizers import TOKENIZERS, signature, tokenizer

PIECES = [
    *["the", "The", "cat", "sat", "on", "mat", "mat.", ",", ".", "..", "...", "--", "-", "3.5", "1,000", "$5", ".5", "5.", "12-3", "x-y", "a&amp;b", "&lt;b&gt;", "&quot;", "<skipped>"],
    *["我爱", "北京", "天安门。", "今天，好", "１２", "“引”", "—", "℃", "→", "한국어", "カナ", "日本語です", "วันนี้", "(hi)", "(hi", "don't", "s'", "é", "é", "ß", "😀", "\u3000", "\u200b", "\xa0"],
    "-\n", "\n", "\t", "\r\n", "\ud800", "𠀀",
]  # fmt: skip
OFFLINE = [name for name in TOKENIZERS if not name.startswith(("flores", "ko"))]


def text(rng: random.Random, longest: int = 12) -> str:
    return " ".join(rng.choice(PIECES) for _ in range(rng.randrange(longest))) + rng.choice(["", "", " ", "\n"])


def corpora(seed: int, number: int) -> list[tuple[list[str], list[list[str]]]]:
    """Hypotheses, and one list a reference set; some hypotheses are near copies, some sides are empty."""
    rng = random.Random(seed)
    made = []
    for _ in range(number):
        size, sets = rng.randrange(1, 6), rng.randrange(1, 4)
        references = [[text(rng) for _ in range(size)] for _ in range(sets)]
        hypotheses = [rng.choice([text(rng), references[0][i], references[-1][i][2:] + " x"]) for i in range(size)]
        made.append((hypotheses, references))
    return made


def summed(rows: list[tuple[int, ...]]) -> list[float]:
    return [float(sum(column)) for column in zip(*rows, strict=True)]


def tokens(cut: object, sentence: str) -> list[str]:
    return cut(sentence.rstrip()).split()  # type: ignore[operator]


def bleu_sum(name: str, hypotheses: list[str], references: list[list[str]]) -> list[float]:
    cut = tokenizer(name)
    return summed(
        [
            bleu_counts(tokens(cut, one), [tokens(cut, refs[i]) for refs in references])
            for i, one in enumerate(hypotheses)
        ]
    )


@pytest.mark.parametrize("name", OFFLINE)
def test_bleu_is_sacrebleus_float(name: str) -> None:
    if name == "ja-mecab":
        pytest.importorskip("ipadic")
    official = BLEU(tokenize=name)
    for hypotheses, references in corpora(7, 250):
        if name in ("ja-mecab", "intl") and "\\ud800" in repr((hypotheses, references)):
            continue  # MeCab takes UTF-8 only
        wanted = official.corpus_score(hypotheses, references).score
        total = bleu_sum(name, hypotheses, references)
        assert corpus_bleu(total) == wanted, (hypotheses, references)
        assert float(corpus_bleu(np.array([total, total]).T)[1]) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(("words", "reduce"), [(0, corpus_chrf), (2, corpus_chrf_plus_plus)])
def test_chrf_is_sacrebleus_float(words: int, reduce: object) -> None:
    official = CHRF(word_order=words)
    for hypotheses, references in corpora(11, 400):
        wanted = official.corpus_score(hypotheses, references).score
        rows = [chrf_counts(one, [refs[i] for refs in references], words) for i, one in enumerate(hypotheses)]
        total = summed(rows)
        assert reduce(total) == wanted, (hypotheses, references)  # type: ignore[operator]
        both = reduce(np.array([total, total]).T)  # type: ignore[operator]
        assert float(both[0]) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("name", [name for name in OFFLINE if name.startswith(("ja", "intl"))])
def test_half_a_character_is_cut_too(name: str) -> None:
    if name == "ja-mecab":
        pytest.importorskip("ipadic")
    assert tokenizer(name)("今日 \ud800 ok").split() == ["今日", "\ufffd", "ok"]


PLAIN = {name: BLEU(tokenize=name) for name in ("13a", "zh", "char", "none")}
PLUS = CHRF(word_order=2)


@given(st.text(max_size=30), st.lists(st.text(max_size=30), min_size=1, max_size=3))
def test_any_text_at_all(hypothesis: str, references: list[str]) -> None:
    sets = [[reference] for reference in references]
    for name, official in PLAIN.items():
        total = bleu_sum(name, [hypothesis], sets)
        assert corpus_bleu(total) == official.corpus_score([hypothesis], sets).score
    wanted = PLUS.corpus_score([hypothesis], sets).score
    assert corpus_chrf_plus_plus([*map(float, chrf_counts(hypothesis, references, 2))]) == wanted


# Published or computed with sacreBLEU 2.6.0.
@pytest.mark.parametrize(
    ("name", "hypotheses", "references", "wanted"),
    [
        ("zh", ["我爱北京天安门"], ["我爱北京天安门。"], 86.6878),
        ("zh", ["我爱 iPhone 15"], ["我爱iPhone 15"], 100.0),
        ("13a", ["the cat sat on the mat"], ["The cat sat on the mat."], 64.3187),
        ("char", ["今日は良い天気です"], ["今日はいい天気です"], 59.6949),
        ("13a", ["วันนี้อากาศดี"], ["วันนี้อากาศดีมาก"], 0.0),
        ("char", ["วันนี้อากาศดี"], ["วันนี้อากาศดีมาก"], 79.3923),
        (
            "13a",
            ["the quick brown fox jumps", "hello there my friend ok"],
            ["the quick brown fox jumped", "hello there my dear friend"],
            50.0,
        ),
    ],
)
def test_golden_bleu(name: str, hypotheses: list[str], references: list[str], wanted: float) -> None:
    assert corpus_bleu(bleu_sum(name, hypotheses, [references])) == pytest.approx(wanted, abs=5e-5)


def test_arrays_and_sums_agree_where_an_order_is_missing() -> None:
    rng = np.random.default_rng(4)
    length, wanted = rng.integers(0, 7, (2, 3000))
    totals = np.maximum(length - np.arange(4)[:, None], 0)
    bleu = np.stack([length, wanted, *rng.integers(0, totals + 1), *totals]).astype(float)
    chrf = rng.integers(0, 3, (24, 3000)).astype(float)
    for total, reduce in ((bleu, corpus_bleu), (chrf, corpus_chrf_plus_plus), (chrf[:18], corpus_chrf)):
        one_by_one = [reduce([float(entry) for entry in column]) for column in total.T]
        np.testing.assert_allclose(reduce(total), one_by_one, rtol=1e-12)


def test_an_interval_over_distinct_pairs_is_that_of_resampled_corpora() -> None:
    rng = random.Random(1)
    pairs = [(" ".join(rng.choices("abcdefgh", k=12)), " ".join(rng.choices("abcdefgh", k=12))) for _ in range(1500)]
    rows = [bleu_counts(one.split(), [other.split()]) for one, other in pairs]
    tally = Tally()
    for row in rows:
        tally.add(tuple(map(float, row)))
    found = tally.interval(Metric("bleu", "BLEU", (), corpus_bleu), seed=3)
    draws = np.random.default_rng(8).integers(0, len(rows), (600, len(rows)))
    matrix = np.array(rows, dtype=float)
    values = [corpus_bleu([*map(float, matrix[drawn].sum(axis=0))]) for drawn in draws]
    low, high = np.quantile(values, [0.025, 0.975])
    assert found is not None
    assert found.low == pytest.approx(low, abs=0.35 * (high - low) / 2)
    assert found.high == pytest.approx(high, abs=0.35 * (high - low) / 2)


@pytest.mark.parametrize("name", OFFLINE)
def test_signatures_are_sacrebleus(name: str) -> None:
    if name == "ja-mecab":
        pytest.importorskip("ipadic")
    assert signature(name) == BLEU(tokenize=name).tokenizer_signature
