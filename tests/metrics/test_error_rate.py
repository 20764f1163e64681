"""The interface of error rates: odd input, missing answers, aggregation, languages, evalkit's own profile."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import pytest

from evalkit.core.errors import EvalkitError, MissingExtraError, UnknownNameError
from evalkit.metrics.error_rate import text_steps, tokenize
from evalkit.metrics.error_rate.counting import (
    PROFILES,
    LengthMismatchError,
    error_rate,
    errors,
    errors_batch,
    get_profile,
    statistic,
    summarize,
    tokenize_pair,
    unit,
    value_of,
)
from evalkit.metrics.error_rate.counts import Counts
from evalkit.metrics.error_rate.profiles import scheme_of
from evalkit.metrics.languages import UnsupportedLanguageError, canonical

FLEURS = [
    "ar",
    "yue",
    "zh",
    "nl",
    "en",
    "fr",
    "de",
    "id",
    "it",
    "ja",
    "ko",
    "ms",
    "pt",
    "ru",
    "es",
    "th",
    "tr",
    "ur",
    "vi",
]
EN_ZH = {"en", "zh"}
ALL = set(FLEURS)
RULES_FOR = {
    "plain": ALL,
    "kimi": ALL,
    "qwen2audio": ALL,
    "lmms": ALL,
    "lmms_wenetspeech": ALL,
    "seedtts": EN_ZH,
    "cv3": ALL,
    "ultraeval": ALL,
    "ultraeval_tts": ALL,
    "emergent_tts": {"en"},
    "wenet": ALL,
    "emova_asr": EN_ZH,
    "emova_tts": EN_ZH,
    "mimo": EN_ZH,
    "auharness": ALL - {"ja"},
}
SENTENCES = {
    "ar": "كيف حالك اليوم", "yue": "我哋今日去飲茶", "zh": "今天天气很好", "nl": "het is een mooie dag",
    "en": "good morning",
    "fr": "il fait très beau", "de": "die Straße ist groß", "id": "selamat pagi", "it": "che bella giornata",
    "ja": "今日はいい天気です", "ko": "오늘 날씨가 좋네요", "ms": "selamat petang", "pt": "você não está aqui",
    "ru": "сегодня хорошая погода", "es": "mañana hará sol", "th": "วันนี้อากาศดี", "tr": "bugün hava güzel",
    "ur": "یہ ایک اچھا دن ہے", "vi": "hôm nay trời đẹp",
}  # fmt: skip


@pytest.mark.parametrize("profile", sorted(PROFILES))
@pytest.mark.parametrize("language", FLEURS)
def test_each_profile_scores_or_refuses_each_fleurs_language(profile: str, language: str) -> None:
    text = SENTENCES[language]
    if language not in RULES_FOR[profile]:
        with pytest.raises(UnsupportedLanguageError, match=profile):
            errors(text, text, profile, language)
        return
    if (profile, language) == ("ultraeval", "ja"):
        pytest.importorskip("MeCab", reason="the official Japanese words of ultraeval come from MeCab")
        pytest.importorskip("sacrebleu")
    counts = errors(text, text, profile, language)
    assert counts is not None
    assert counts.errors == 0
    # lmms_wenetspeech drops everything but Chinese characters and Latin letters
    assert counts.tokens > 0 or profile == "lmms_wenetspeech"
    assert unit(profile, language) in {"WER", "CER", "MER"}


def test_a_language_without_official_rule_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedLanguageError) as caught:
        errors("bonjour", "bonjour", "seedtts", "fr")
    for part in ("seedtts", "fr", "en and zh", "seed-tts-eval"):
        assert part in str(caught.value)


def test_an_unknown_profile_names_its_neighbours() -> None:
    with pytest.raises(UnknownNameError, match="qwen2audio"):
        errors("a", "a", "qwen2-audio")
    with pytest.raises(UnknownNameError):
        get_profile("")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("zh", "zh"), ("zh-CN", "zh"), ("zh_TW", "zh"), ("cmn", "zh"), ("cmn_hans_cn", "zh"), ("Chinese", "zh"),
        ("yue", "yue"), ("yue_hant_hk", "yue"), ("zh-yue", "yue"), ("Cantonese", "yue"),
        ("en_us", "en"), ("EN", "en"), ("jp", "ja"), ("kr", "ko"), ("es_419", "es"), ("pt-BR", "pt"), ("ar_eg", "ar"),
        ("deu", "de"), ("hi", "hi"), ("Thai", "th"),
    ],
)  # fmt: skip
def test_languages_have_many_spellings(code: str, expected: str) -> None:
    assert canonical(code) == expected


def test_ambiguous_and_unknown_languages_are_refused() -> None:
    with pytest.raises(EvalkitError, match="'yue'"):
        canonical("zh-HK")
    with pytest.raises(UnknownNameError):
        canonical("englisch")
    with pytest.raises(UnknownNameError):
        errors("a", "a", "plain", "xx")


def test_lists_of_different_length_are_refused() -> None:
    with pytest.raises(LengthMismatchError, match="2 references but 1 hypotheses"):
        errors_batch(["a", "b"], ["a"])
    with pytest.raises(ValueError, match="2 references"):
        error_rate(["a", "b"], ["a"])


def test_what_is_not_text_is_named() -> None:
    with pytest.raises(EvalkitError, match="hypothesis 1 is int"):
        errors_batch(["a", "b"], ["a", 7])  # type: ignore[list-item]
    with pytest.raises(EvalkitError, match="reference 0 is NoneType"):
        errors_batch([None], ["a"])  # type: ignore[list-item]
    with pytest.raises(EvalkitError, match=r"errors\(\)"):
        errors_batch("abc", "abd")


MISSING_LEAVES_THE_SCORE = {"kimi", "seedtts", "cv3", "wenet", "emergent_tts"}


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_no_answer_is_dropped_or_empty_as_the_program_does(profile: str) -> None:
    counts = errors("two words", None, profile)
    if profile in MISSING_LEAVES_THE_SCORE:
        assert counts is None
    else:
        assert counts == errors("two words", "", profile) == Counts(0, 2, 0, 2)


def test_kimi_drops_null_and_nothing_like_it() -> None:
    assert errors("好的", "null", "kimi", "zh") is None
    for hypothesis in ("Null", " null", "null.", ""):
        assert errors("好的", hypothesis, "kimi", "zh") is not None
    assert errors("null", "null", "qwen2audio", "en") == Counts(0, 0, 0, 1)


def test_emova_drops_long_hypotheses() -> None:
    assert errors("a", "b" * 1000, "emova_asr") == Counts(1, 0, 0, 1)
    assert errors("a", "b" * 1001, "emova_asr") is None
    assert errors("a", "b" * 1001, "emova_tts") == Counts(1, 0, 0, 1)


def test_dropped_pairs_are_counted() -> None:
    result = error_rate(["好的", "你好", "再见"], ["好的", "null", None], "kimi", "zh")
    assert (result.n_total, result.n_scored, result.n_dropped) == (3, 1, 2)
    assert result.value == 0.0
    assert result.counts == Counts(0, 0, 0, 2)


def test_nothing_scored_has_no_value() -> None:
    for result in (error_rate([], []), error_rate(["x"], [None], "kimi")):
        assert math.isnan(result.value)
        assert math.isnan(result.mean)
        assert result.n_scored == 0


def test_an_empty_reference_costs_its_insertions() -> None:
    counts = errors("", "three more words", "plain")
    assert counts == Counts(0, 0, 3, 0)
    assert value_of(counts) == 3.0  # as jiwer 4
    assert value_of(Counts(0, 0, 0, 0)) == 0.0
    assert statistic(counts) == (3.0, 0.0)
    corpus = error_rate(["", "a b"], ["c", "a b"], "plain")
    assert corpus.value == 0.5  # one error over two reference tokens
    assert corpus.mean == 0.0
    assert corpus.n_empty_reference == 1
    assert error_rate([""], ["a b"], "plain").value == 2.0


def test_an_empty_reference_leaves_the_mean_of_utterances() -> None:
    result = error_rate(["", "a b"], ["c", "a x"], "seedtts", "en")
    assert result.value == 0.5
    assert (result.n_scored, result.n_empty_reference, result.counts.insertions) == (2, 1, 1)
    assert statistic(Counts(0, 0, 1, 0), "seedtts") == (0.0, 0.0)
    assert math.isnan(error_rate(["!"], ["a"], "seedtts", "en").value)


def test_profiles_with_an_own_rule_for_empty_references() -> None:
    inserted = Counts(0, 0, 3, 0)
    assert value_of(inserted, "wenet") == 0.0
    assert error_rate(["。"], ["你好"], "wenet", "zh").value == 0.0
    assert value_of(inserted, "auharness") == 3.0
    assert statistic(inserted, "auharness") == (3.0, 1.0)
    assert value_of(inserted, "lmms_wenetspeech") == 1.0
    assert error_rate(["1", "你好"], ["1", "你坏"], "lmms_wenetspeech", "zh").value == 0.25


def test_rates_above_one_are_not_capped() -> None:
    result = error_rate(["hello"], ["hello hello hello hello"], "qwen2audio", "en")
    assert result.value == 3.0
    assert result.percent == 300.0


def test_lmms_wenetspeech_divides_by_the_longer_side() -> None:
    assert value_of(Counts(1, 0, 3, 2), "lmms_wenetspeech") == pytest.approx(4 / 5)
    assert error_rate(["你好"], ["你好吗啊呀"], "lmms_wenetspeech", "zh").value == pytest.approx(3 / 5)


def test_official_rounding() -> None:
    assert error_rate(["a b c"], ["a b d"], "seedtts", "en").percent == 33.333
    assert error_rate(["a b c"], ["a b d"], "kimi", "en").percent == 33.33


def test_only_the_hypothesis_is_converted_in_seedtts() -> None:
    assert errors("他說", "他说", "seedtts", "zh") == Counts(1, 0, 0, 2)
    assert errors("他说", "他說", "seedtts", "zh") == Counts(0, 0, 0, 2)
    assert errors("他说", "他說", "mimo", "zh") == Counts(1, 0, 0, 2)


def test_tokens_of_a_pair() -> None:
    assert tokenize_pair("我用iPhone 15打电话。", "OK", "kimi", "zh") == (
        [*"我用", "iphone", *"十五打电话"],
        ["ok"],
    )
    assert tokenize_pair("L'été!", "it's", "plain", "fr") == (["l", "été"], ["it", "s"])
    assert tokenize_pair("it's 5%", "", "plain", "en") == (["it", "is", "5%"], [])


def test_shards_add_up() -> None:
    references = ["a b c", "d e", "f", "", "g h i j"]
    hypotheses = ["a x c", "d", "f f", "k", "g h i j"]
    for profile in ("plain", "seedtts", "wenet", "lmms_wenetspeech"):
        whole = error_rate(references, hypotheses, profile, "en")
        parts = errors_batch(references[3:], hypotheses[3:], profile) + errors_batch(
            references[:3], hypotheses[:3], profile
        )
        assert summarize(parts, profile, "en") == whole
        sums = [sum(column) for column in zip(*(statistic(c, profile) for c in parts if c), strict=True)]
        assert sums[0] / sums[1] == pytest.approx(whole.value)


def test_units() -> None:
    expected = {
        ("plain", "zh"): "CER", ("plain", "th"): "CER", ("plain", "ko"): "WER", ("plain", "en"): "WER",
        ("kimi", "zh"): "MER", ("kimi", "en"): "WER", ("qwen2audio", "yue"): "CER", ("qwen2audio", "ja"): "WER",
        ("wenet", "en"): "MER", ("ultraeval", "zh"): "MER", ("ultraeval_tts", "ko"): "CER", ("cv3", "yue"): "WER",
        ("auharness", "zh"): "WER",
    }  # fmt: skip
    assert {key: unit(*key) for key in expected} == expected


# evalkit's own profile


def test_plain_keeps_vowel_signs() -> None:
    # Whisper's basic normaliser cuts these words at every vowel sign
    assert tokenize_pair("हूँ ठीक है।", "", "plain", "hi")[0] == ["हूँ", "ठीक", "है"]
    assert tokenize_pair("كِتَابٌ جديد؟", "", "plain", "ar")[0] == ["كِتَابٌ", "جديد"]
    assert tokenize_pair("ดี มาก", "", "plain", "th")[0] == list("ดีมาก")
    assert len(tokenize_pair("हूँ ठीक है।", "", "qwen2audio", "hi")[0]) > 3


def test_plain_ignores_case_punctuation_width_and_invisible_characters() -> None:
    for reference, hypothesis, language in (
        ("Ｗｉ-Ｆｉ密码是１２３。", "wifi密码是一百二十三", "zh"),
        ("今日は、いい天気です！", "今日はいい天気です", "ja"),
        ("Straße, GROSS", "straße gross", "de"),
        ("می\u200cروم", "میروم", "ur"),
        ("佢哋係邊個", "佢哋系边个", "yue"),
        ("[laughs] Hola (risas) señor", "hola señor", "es"),
    ):
        assert errors(reference, hypothesis, "plain", language) == Counts(
            0, 0, 0, len(tokenize_pair(reference, "", "plain", language)[0])
        )


def test_plain_does_not_hide_traditional_script_in_mandarin() -> None:
    assert errors("他说", "他說", "plain", "zh") == Counts(1, 0, 0, 2)


# optional packages


def _without(monkeypatch: pytest.MonkeyPatch, module: str, cached: Callable[..., Any]) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    cached.cache_clear()  # type: ignore[attr-defined]
    scheme_of.cache_clear()


def test_a_missing_package_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    _without(monkeypatch, "sacrebleu.tokenizers.tokenizer_ja_mecab", tokenize._mecab)
    with pytest.raises(MissingExtraError, match=r"pip install -e '?.*\[japanese\]'"):
        errors("今日", "今日", "ultraeval", "ja")
    _without(monkeypatch, "num2words", text_steps._num2words)
    with pytest.raises(EvalkitError, match=r"pip install -e .*\[numbers\]"):
        errors("3 cats", "three cats", "auharness", "en")
    scheme_of.cache_clear()
