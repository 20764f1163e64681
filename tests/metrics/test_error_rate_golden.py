"""Every profile against what its official program counted on our texts (see golden/README.md)."""

from __future__ import annotations

import json
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from evalkit.metrics.error_rate.counting import PROFILES, error_rate, errors_batch, get_profile, statistic, value_of
from evalkit.metrics.error_rate.counts import Counts
from evalkit.metrics.error_rate.wenet import counts_by_script

GOLDEN = Path(__file__).parent / "golden"
Row = dict[str, Any]


def _rows(name: str) -> list[Row]:
    return [json.loads(line) for line in (GOLDEN / name).read_text(encoding="utf-8").splitlines()]


def _groups() -> dict[tuple[str, str], list[Row]]:
    groups = defaultdict(list)
    for row in _rows("error_rate.jsonl"):
        groups[row["profile"], row["language"]].append(row)
    return groups


GROUPS = _groups()


def _need_packages(profile: str, language: str) -> None:
    if profile == "ultraeval" and language == "ja":
        pytest.importorskip("MeCab", reason="the official Japanese words of ultraeval come from MeCab")
        pytest.importorskip("ipadic")
        pytest.importorskip("sacrebleu")
    if profile == "auharness" and find_spec("num2words") is None:
        pytest.skip("auharness spells digits with num2words")


@pytest.mark.parametrize(("profile", "language"), sorted(GROUPS))
def test_counts_are_the_official_ones(profile: str, language: str) -> None:
    _need_packages(profile, language)
    rows = GROUPS[profile, language]
    counted = errors_batch([row["reference"] for row in rows], [row["hypothesis"] for row in rows], profile, language)
    for row, counts in zip(rows, counted, strict=True):
        if row.get("dropped"):
            assert counts is None, row
        elif profile == "auharness":
            assert counts is not None
            assert statistic(counts, profile) == (row["errors"], row["denominator"]), row
        else:
            assert counts == Counts(row["S"], row["D"], row["I"], row["N"]), row


def test_every_official_profile_has_golden_rows() -> None:
    assert {profile for profile, _ in GROUPS} == set(PROFILES) - {"plain"}


@pytest.mark.parametrize(
    "row", _rows("error_rate_corpora.jsonl"), ids=lambda row: f"{row['profile']}-{row['language'][:3]}"
)
def test_corpus_values_are_the_official_ones(row: Row) -> None:
    profile = row["profile"]
    rows = [other for language in row["language"].split() for other in _selected(row, language)]
    # wenet's rule does not depend on the language; the others have one language a line
    language = row["language"].split()[0]
    references = [other["reference"] for other in rows]
    hypotheses = [other["hypothesis"] for other in rows]
    result = error_rate(references, hypotheses, profile, language)
    assert result.percent == row["percent"]
    for name in ("S", "D", "I", "N"):
        if name in row:
            assert (
                getattr(result.counts, {"S": "substitutions", "D": "deletions", "I": "insertions", "N": "tokens"}[name])
                == row[name]
            )
    if "errors" in row:
        assert result.counts.errors == row["errors"]
    if "scripts" in row:
        scripts = counts_by_script(references, hypotheses)
        assert {name: _script(counts) for name, counts in scripts.items()} == row["scripts"]


def _selected(row: Row, language: str) -> list[Row]:
    rows = GROUPS[row["profile"], language]
    if "first" in row:
        return rows[: row["first"][language]]
    return [other for other in rows if other.get("dropped") or other["N"]]


def _script(counts: Counts) -> dict[str, float]:
    percent = round(value_of(counts, "wenet") * 100, get_profile("wenet").decimals)
    return {
        "percent": percent,
        "S": counts.substitutions,
        "D": counts.deletions,
        "I": counts.insertions,
        "N": counts.tokens,
    }


# One pair, three official answers: the reason why profiles have names. Languages that seed-tts-eval has no rule for
# are scored by its rule for characters (yue) and for words (fr).
TABLE = [
    ("zh", "我用iPhone打电话", "我用爱疯打电话", 6 / 11, 2 / 6, 6 / 11),
    ("zh", "今天是2008年8月8日", "今天是二零零八年八月八日", 0, 0, 0.5),
    ("zh", "他說臺灣很美", "他说台湾很美", 0.5, 0.5, 0.5),
    ("zh", "OK好的", "ok好的", 0, 0, 0.5),
    ("zh", "你好，世界", "你好世界", 0, 0, 0),
    ("en", "Mr. Smith paid twenty dollars", "mister smith paid $20", 0, 0, 0.6),
    ("en", "The colour of e-mail", "the color of email", 0.4, 0.4, 0.25),
    ("en", "don't stop", "do not stop", 0, 0, 1.0),
    ("en", "one hundred and five", "105", 0, 0, 1.0),
    ("yue", "佢哋係邊個", "佢哋系边个", 0, 0, 0.6),
    ("fr", "L'été, c'est fini!", "l été c est fini", 0, 0, 4 / 3),
]
SEEDTTS_RULE = {"yue": "zh", "fr": "en"}


@pytest.mark.parametrize(("language", "reference", "hypothesis", "qwen2audio", "kimi", "seedtts"), TABLE)
def test_the_same_pair_under_three_toolkits(
    language: str, reference: str, hypothesis: str, qwen2audio: float, kimi: float, seedtts: float
) -> None:
    def value(profile: str, code: str) -> float:
        return error_rate([reference], [hypothesis], profile, code).value

    assert value("qwen2audio", language) == pytest.approx(qwen2audio)
    assert value("lmms", language) == pytest.approx(qwen2audio)
    assert value("kimi", language) == pytest.approx(kimi)
    assert value("seedtts", SEEDTTS_RULE.get(language, language)) == pytest.approx(seedtts)


@pytest.mark.parametrize(
    ("reference", "tokens"),
    [("今天是2008年8月8日", 12), ("我用iPhone打电话", 11), ("OK好的", 4), ("你好，世界", 4), ("他說臺灣很美", 6)],
)
def test_qwen2audio_counts_latin_letters_as_characters(reference: str, tokens: int) -> None:
    assert error_rate([reference], [""], "qwen2audio", "zh").counts == Counts(0, tokens, 0, tokens)


def test_corpus_rate_is_not_the_mean_of_utterances() -> None:
    long = "a b c d e f g h i j"
    result = error_rate([long, "x"], [long, "y"], "qwen2audio", "en")
    assert result.value == result.corpus == pytest.approx(1 / 11)
    assert result.mean == 0.5
    assert error_rate([long, "x"], [long, "y"], "seedtts", "en").value == 0.5


def test_wenet_prints_rates_per_script() -> None:
    references = ["我用 iPhone 打电话", "hello world 你好", "<noise> 好的，OK"]
    hypotheses = ["我用iphone打电话", "hello word 你好", "好的 ok"]
    result = error_rate(references, hypotheses, "wenet", "zh")
    assert result.counts == Counts(1, 0, 0, 13)
    assert result.percent == 7.69
    assert counts_by_script(references, hypotheses) == {
        "Mandarin": Counts(0, 0, 0, 9),
        "English": Counts(1, 0, 0, 4),
    }


def test_published_wenetspeech_sums_are_consistent() -> None:
    # sums printed in wenet examples/wenetspeech/s0/README.md with the rate 9.46 %
    published = Counts(substitutions=26013, deletions=6899, insertions=6295, tokens=414285)
    assert round(100 * value_of(published, "wenet"), 2) == 9.46
