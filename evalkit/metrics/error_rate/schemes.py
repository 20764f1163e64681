"""What each profile does with a text in each language, up to its tokens."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from evalkit.metrics.error_rate import text_steps as steps
from evalkit.metrics.error_rate import tokenize
from evalkit.metrics.error_rate.invisible import without_invisible
from evalkit.metrics.error_rate.text_steps import Step, chain, each, normalizer, unchanged
from evalkit.metrics.languages import UNSPACED, UnsupportedLanguageError

Unit = Literal["WER", "CER", "MER"]
_only_hanzi = re.compile("[\u4e00-\u9fa5 ]*").fullmatch


@dataclass(frozen=True, slots=True)
class Scheme:
    """One profile in one language.

    Args:
        unit: what a token is: "WER" words, "CER" characters, "MER" Chinese characters and Latin words.
        reference: prepares the references.
        hypothesis: prepares the hypotheses.
        tokens: cuts a prepared text.
    """

    unit: Unit
    reference: Step
    hypothesis: Step
    tokens: Callable[[str], list[str]]

    def own_tokens(self, text: str) -> str:
        """The text without spaces where it is plainly its own token sequence, "" where it must be cut.

        Every mixed tokenizer makes each Chinese character a token, and most Chinese texts hold nothing else.
        """
        return text.replace(" ", "") if self.unit == "MER" and _only_hanzi(text) else ""


def _same(unit: Unit, prepare: Step, tokens: Callable[[str], list[str]]) -> Scheme:
    return Scheme(unit, prepare, prepare, tokens)


def _qwen_normalization(language: str) -> Step:
    if language == "zh":
        return chain(each(steps.without_tags_and_spaces), normalizer("cn_tn"))
    first = each(steps.without_tags)
    if language == "en":  # the basic normaliser runs on top: only Chinese is exempt
        return chain(first, normalizer("whisper_english"), normalizer("whisper_basic"))
    if language == "yue":
        return chain(first, normalizer("zhconv_cn"), normalizer("whisper_basic"))
    return chain(first, normalizer("whisper_basic"))


def kimi(language: str) -> Scheme:
    """Kimi-Audio-Evalkit: Qwen2-Audio's normalisation, sacreBLEU's zh tokens for every language."""
    unit: Unit = "MER" if language in {"zh", "yue", "ja"} else "WER"
    return _same(unit, _qwen_normalization(language), tokenize.sacrebleu_zh_words)


def qwen2audio(language: str) -> Scheme:
    """Qwen2-Audio: characters for zh and yue, words for the rest, Japanese and Thai included."""
    prepare = chain(_qwen_normalization(language), each(steps.without_punctuation_words))
    if language in {"zh", "yue"}:
        return _same("CER", chain(prepare, each(steps.without_spaces)), tokenize.characters)
    return _same("WER", prepare, tokenize.words)


def ultraeval(language: str) -> Scheme:
    """UltraEval-Audio: the English normaliser on every language, punctuation stays."""
    english = chain(each(steps.ultraeval_latin), normalizer("whisper_english"))
    if language == "zh":
        return _same("MER", chain(english, normalizer("cn_tn")), tokenize.sacrebleu_zh)
    if language == "yue":
        return _same("MER", chain(english, normalizer("zhconv_cn"), normalizer("cn_tn")), tokenize.sacrebleu_zh)
    return _same("WER", english, tokenize.sacrebleu_ja_mecab if language == "ja" else tokenize.sacrebleu_13a)


_CHARACTERS_SEEDTTS = chain(each(steps.without_punctuation), each(steps.without_spaces))
_WORDS_SEEDTTS = each(lambda text: steps.without_punctuation(text).lower())


def seedtts(language: str) -> Scheme:
    """seed-tts-eval: punctuation deleted; Chinese hypotheses, not references, to simplified characters."""
    if language == "zh":
        return Scheme(
            "CER",
            _CHARACTERS_SEEDTTS,
            chain(normalizer("zhconv_cn"), _CHARACTERS_SEEDTTS),
            tokenize.characters,
        )
    return _same("WER", _WORDS_SEEDTTS, tokenize.jiwer_words)


def cv3(language: str) -> Scheme:
    """CV3-Eval: seed-tts-eval with characters for ja and ko too."""
    if language in {"ja", "ko"}:
        return _same("CER", _CHARACTERS_SEEDTTS, tokenize.characters)
    return seedtts(language)


def ultraeval_tts(language: str) -> Scheme:
    """UltraEval-Audio's seed_tts_eval_asr_wer: characters for yue and th as well."""
    return _same("CER", _CHARACTERS_SEEDTTS, tokenize.characters) if language in {"yue", "th"} else cv3(language)


def mimo(language: str) -> Scheme:
    """MiMo-Audio-Eval: seed-tts-eval's rule for recognition; the hypothesis ends at its first ``(``."""
    cut = each(steps.before_parenthesis)
    if language == "zh":
        return Scheme("CER", _CHARACTERS_SEEDTTS, chain(cut, _CHARACTERS_SEEDTTS), tokenize.characters)
    return Scheme("WER", _WORDS_SEEDTTS, chain(cut, _WORDS_SEEDTTS), tokenize.jiwer_words)


def wenet(language: str) -> Scheme:
    """Wenet, compute-wer.py: one rule for every language."""
    from evalkit.metrics.error_rate.wenet import tokens

    return _same("MER", unchanged, tokens)


def lmms_wenetspeech(language: str) -> Scheme:
    """lmms-eval's WenetSpeech task: one rule for every language."""
    return _same("MER", unchanged, tokenize.hanzi_or_latin)


def emova_asr(language: str) -> Scheme:
    """EMOVA recognition: no normalisation; Chinese characters include spaces and punctuation."""
    if language == "zh":
        return _same("CER", unchanged, tokenize.characters)
    return _same("WER", unchanged, tokenize.words)


def emova_tts(language: str) -> Scheme:
    """EMOVA synthesis: normalised."""
    if language == "zh":
        return _same("CER", chain(each(str.strip), normalizer("cn_tn_remove_space")), tokenize.characters)
    return _same("WER", normalizer("whisper_english"), tokenize.words)


def emergent_tts(language: str) -> Scheme:
    """EmergentTTS-Eval: Qwen2-Audio's English rule without the second, basic normaliser."""
    prepare = chain(
        each(str.lower),
        each(steps.without_tags),
        normalizer("whisper_english"),
        each(steps.without_punctuation_words),
    )
    return _same("WER", prepare, tokenize.words)


def auharness(language: str) -> Scheme:
    """AU-Harness: digits spelled out, words for every language, Chinese included."""
    if language == "ja":
        raise UnsupportedLanguageError(
            "profile 'auharness' has no rule for Japanese: the official program stops with a TypeError there "
            "(it calls jiwer 4 with an argument that jiwer 4 does not have). "
            "Use another profile, for example 'plain'."
        )
    prepare = chain(
        each(steps.digits_to_words(language)),
        normalizer("whisper_english" if language == "en" else "whisper_basic"),
        each(steps.without_any_punctuation),
    )
    return _same("WER", prepare, tokenize.jiwer_words)


def plain(language: str) -> Scheme:
    """The default of evalkit."""
    visible = each(without_invisible)
    if language == "en":
        return _same("WER", chain(visible, normalizer("whisper_english")), tokenize.words)
    clean = each(steps.plain_words)
    if language in {"tr", "az"}:
        clean = chain(each(steps.turkic_lower), clean)
    if language not in UNSPACED:
        return _same("WER", clean, tokenize.words)
    prepare = chain(clean, each(steps.without_spaces))
    if language == "yue":
        prepare = chain(visible, each(steps.wide_to_ascii), normalizer("zhconv_cn"), normalizer("cn_tn"), prepare)
    elif language == "zh":
        prepare = chain(visible, each(steps.wide_to_ascii), normalizer("cn_tn"), prepare)
    return _same("CER", prepare, tokenize.characters)
