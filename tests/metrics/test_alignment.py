"""Distances and splits against plain programs and against jiwer; invariants of every profile."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import jiwer
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.metrics.error_rate import alignment
from evalkit.metrics.error_rate.alignment import (
    Symbols,
    TooManyTokensError,
    align_delete_first,
    split,
    split_delete_first,
)
from evalkit.metrics.error_rate.counting import PROFILES, errors, errors_batch, tokenize_pair
from evalkit.metrics.error_rate.counts import Counts

PROFILES_HERE = sorted(set(PROFILES) - {"auharness"})  # it needs an optional package for digits
few_letters = st.text("abc", max_size=12)
# what the rules treat differently: scripts, digits, marks, tags, brackets, quotes, odd spaces
texts = st.lists(
    st.sampled_from(
        ["我", "的", "說", "二", "年", "个", "OK", "it's", "don't ", "Mr. ", "2008年", "3.5", "25%", "1/2", "-5",
         "é", "ñ", "ก", "ดี", "हूँ", "あ", "한", "，", "。", "！",
         "(", ")", "（a）", "<n>", "<|zh|>", "[x]", "'", '"', "&amp;", " ",
         "  ", "\t", "\u3000", "null", "twenty ", "one ", "$"]
    ),
    max_size=12,
).map("".join)  # fmt: skip


def _wenet_table(reference: str, hypothesis: str) -> tuple[int, int, int]:
    """The whole distance table, deletion before insertion before diagonal, traced back from the end."""
    rows, columns = len(reference) + 1, len(hypothesis) + 1
    table = [[max(i, j) if not (i and j) else 0 for j in range(columns)] for i in range(rows)]
    choice = [["" for _ in range(columns)] for _ in range(rows)]
    for i in range(1, rows):
        for j in range(1, columns):
            options = [
                (table[i - 1][j] + 1, "D"),
                (table[i][j - 1] + 1, "I"),
                (table[i - 1][j - 1] + (reference[i - 1] != hypothesis[j - 1]), "S"),
            ]
            table[i][j], choice[i][j] = min(options, key=lambda option: option[0])
    counted = {"S": 0, "D": 0, "I": 0}
    i, j = rows - 1, columns - 1
    while i or j:
        step = choice[i][j] or ("D" if i else "I")
        counted[step] += step != "S" or reference[i - 1] != hypothesis[j - 1]
        i -= step in "DS"
        j -= step in "IS"
    return counted["S"], counted["D"], counted["I"]


@given(few_letters, few_letters)
@settings(max_examples=500)
def test_wenet_ties_go_to_deletions_then_insertions(reference: str, hypothesis: str) -> None:
    assert split_delete_first(reference, hypothesis) == _wenet_table(reference, hypothesis)


def test_wenet_and_jiwer_split_differently() -> None:
    assert sum(split("abca", "bcda")) == sum(split_delete_first("abca", "bcda"))
    different = [
        (r, h)
        for r in ("ab", "abc", "aabb", "abab", "bbaa")
        for h in ("ba", "cab", "bab", "abba", "baab")
        if split(r, h) != split_delete_first(r, h)
    ]
    assert different


@given(st.text("ab", max_size=300), st.text("ab", max_size=300))
@settings(max_examples=30)
def test_long_sequences_cross_machine_words(reference: str, hypothesis: str) -> None:
    path = align_delete_first(reference, hypothesis)
    rebuilt = "".join(hypothesis[j] for operation, _, j in reversed(path) if operation != "delete")
    covered = "".join(reference[i] for operation, i, _ in reversed(path) if operation != "insert")
    assert (covered, rebuilt) == (reference, hypothesis)
    assert sum(operation != "equal" for operation, _, _ in path) == sum(split(reference, hypothesis))


@given(few_letters.filter(bool), few_letters)
@settings(max_examples=300)
def test_split_is_that_of_jiwer(reference: str, hypothesis: str) -> None:
    output = jiwer.process_words(" ".join(reference), " ".join(hypothesis))
    assert split(reference, hypothesis) == (output.substitutions, output.deletions, output.insertions)


def test_symbols_tell_tokens_apart() -> None:
    symbols = Symbols()
    tokens = ["我", "iphone", "\U00010000", "iphone", "i", "phone", "", "\U00010001"]
    encoded = symbols.encode(tokens)
    assert len(encoded) == len(tokens)
    assert [a == b for a in encoded for b in encoded] == [a == b for a in tokens for b in tokens]


def test_too_many_tokens_for_one_table_are_scored_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    references = [f"word{i} tail" for i in range(40)]
    hypotheses = [f"word{i} tail end" if i % 2 else f"sword{i} tail" for i in range(40)]
    expected = errors_batch(references, hypotheses, "emova_asr")
    monkeypatch.setattr(alignment, "_LAST_SYMBOL", 0x10010)
    with pytest.raises(TooManyTokensError):
        Symbols().encode(references)
    assert errors_batch(references, hypotheses, "emova_asr") == expected


@pytest.mark.parametrize("profile", PROFILES_HERE)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_totals_are_those_of_jiwer_on_the_same_tokens(profile: str, language: str) -> None:
    if profile == "emergent_tts" and language == "zh":
        return
    pairs = [
        ("今天是2008年8月8日，OK", "今天2008 8月9日好OK ok"), ("the cat, sat on the mat", "cat sat at the the mat"),
        ("Mr. Smith's $20", "mister smith twenty dollars"), ("他說 hello 你好", "他说hallo你你好"),
        ("a b c d e", "e d c b a"),
    ]  # fmt: skip
    for reference, hypothesis in pairs:
        expected, given_tokens = tokenize_pair(reference, hypothesis, profile, language)
        ids: dict[str, str] = {}
        lines = [" ".join(ids.setdefault(t, f"t{len(ids)}") for t in side) for side in (expected, given_tokens)]
        counts = errors(reference, hypothesis, profile, language)
        assert counts is not None
        output = jiwer.process_words(*lines)
        assert counts.errors == output.substitutions + output.deletions + output.insertions
        assert counts.tokens == output.hits + output.substitutions + output.deletions
        if profile != "wenet":
            assert counts.insertions == output.insertions


@pytest.mark.parametrize("profile", PROFILES_HERE)
@pytest.mark.parametrize("language", ["en", "zh", "yue", "fr", "th", "ko"])
@given(pairs=st.lists(st.tuples(texts, texts), min_size=1, max_size=6))
@settings(max_examples=25)
def test_invariants(profile: str, language: str, pairs: list[tuple[str, str]]) -> None:
    allowed = PROFILES[profile].languages
    if allowed is not None and language not in allowed:
        return
    references, hypotheses = [r for r, _ in pairs], [h for _, h in pairs]
    batch = errors_batch(references, hypotheses, profile, language)
    assert batch == [errors(r, h, profile, language) for r, h in pairs]
    for (reference, hypothesis), counts in zip(pairs, batch, strict=True):
        if counts is None:
            continue
        expected, heard = tokenize_pair(reference, hypothesis, profile, language)
        assert counts.tokens == len(expected)
        assert counts.hypothesis_tokens == len(heard)
        assert min(counts.substitutions, counts.deletions, counts.insertions) >= 0
        assert abs(len(expected) - len(heard)) <= counts.errors <= max(len(expected), len(heard))
        assert (counts.errors == 0) == (expected == heard)


@pytest.mark.parametrize("profile", PROFILES_HERE)
def test_a_perfect_answer_has_no_error(profile: str) -> None:
    for text in ("He said it's 3.5% of $20, Mr. Brown!", "ok OK", "naïve café"):
        counts = errors(text, text, profile, "en")
        assert counts is not None
        assert counts.errors == 0 < counts.tokens


def test_counts_add() -> None:
    assert Counts(1, 2, 3, 10) + Counts(0, 1, 0, 5) == Counts(1, 3, 3, 15)
    assert Counts(1, 2, 3, 10).errors == 6


def _benchmark() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "error_rate_speed.py"
    spec = importlib.util.spec_from_file_location("error_rate_speed", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_fast_path_equals_the_straightforward_program() -> None:
    benchmark = _benchmark()
    references, hypotheses = benchmark.pairs(400)
    fast = benchmark.evalkit(references, hypotheses)
    assert fast == benchmark.straightforward(references, hypotheses)
    assert fast == benchmark.with_jiwer(references, hypotheses)
    assert sum(fast) > 400
