"""Named error-rate profiles: the exact rules of official scorers, quirks included, and evalkit's default.

A profile is a normaliser, a token unit, an aggregation and a rule for what is missing. The same pair of texts
scores differently under each; no error rate means anything without the name of its profile.

Edit distances and token counts are the official ones everywhere. The split into substitutions, deletions and
insertions is official where the official program prints one (`official_split`), and rapidfuzz's elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from evalkit.core.errors import UnknownNameError
from evalkit.metrics.error_rate import schemes
from evalkit.metrics.error_rate.schemes import Scheme
from evalkit.metrics.languages import UnsupportedLanguageError, canonical

Aggregation = Literal["corpus", "utterance"]


def _never(hypothesis: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Profile:
    """One official rule for error rates.

    Args:
        name: what result rows carry.
        description: the rule in a sentence or two.
        source: the program it reproduces, "repository path".
        aggregation: "corpus", all errors over all reference tokens, or "utterance", the mean of the rates.
        scheme: what it does with texts of a language.
        decimals: digits of the percentage the official program prints; 2 where it prints all.
        languages: canonical codes it has a rule for; None means every language.
        missing: what a hypothesis of None is: "dropped" from the score, or an "empty" answer (all deletions).
        drops: hypotheses the official program leaves out of the score.
        rate: denominator of an utterance: "reference" tokens, "longer" of both sides, or "at_least_one"
            (1 for an empty reference).
        empty_reference: rate where there is no reference token at all: the number of "insertions" (as in
            jiwer 4) or "zero".
        delete_first: the alignment's tie-break is wenet's.
        official_split: substitutions, deletions and insertions are official, not only their sum.
    """

    name: str
    description: str
    source: str
    aggregation: Aggregation
    scheme: Callable[[str], Scheme]
    decimals: int = 2
    languages: frozenset[str] | None = None
    missing: Literal["dropped", "empty"] = "empty"
    drops: Callable[[str], bool] = _never
    rate: Literal["reference", "longer", "at_least_one"] = "reference"
    empty_reference: Literal["insertions", "zero"] = "insertions"
    delete_first: bool = False
    official_split: bool = False

    def language(self, code: str) -> str:
        """The canonical code of a language, if this profile has a rule for it.

        Raises:
            UnknownNameError: no such language.
            UnsupportedLanguageError: the official program has no rule for it.
        """
        language = canonical(code)
        if self.languages is not None and language not in self.languages:
            known = " and ".join(sorted(self.languages))
            raise UnsupportedLanguageError(
                f"profile '{self.name}' has no rule for language '{code}': {self.source} knows {known}. "
                "Use another profile, for example 'plain'."
            )
        return language


_EN_ZH = frozenset({"en", "zh"})
_ALL = (
    Profile(
        "plain",
        "evalkit's default. en: Whisper's English normaliser, words. zh, yue: NFKC, lower case, "
        "cn_tn, characters (yue in simplified script). ja, th, lo, my, km, bo and other scripts "
        "without spaces: characters. Others: Whisper's basic normaliser with combining marks kept, "
        "words; so Korean, where usage is divided between words and characters. What shows nothing "
        "(joiners, variation selectors) is deleted first; tr, az: I and its dotless small letter are "
        "a pair. Latin letters among characters are characters like any other; zh is not converted "
        "to simplified script.",
        "evalkit",
        "corpus",
        schemes.plain,
    ),
    Profile(
        "kimi",
        "The normalisation of qwen2audio; Chinese characters and Latin runs are tokens (sacreBLEU zh "
        "without punctuation). Predictions equal to 'null', its mark for a missing answer, leave the "
        "score.",
        "MoonshotAI/Kimi-Audio-Evalkit almeval/metrics/wer.py, almeval/datasets/ds_asr.py",
        "corpus",
        schemes.kimi,
        missing="dropped",
        drops=lambda hypothesis: hypothesis == "null",
    ),
    Profile(
        "qwen2audio",
        "en: Whisper's English, then basic normaliser, words. zh: cn_tn, yue: simplified and basic; "
        "both in characters, Latin letters too. Others, Japanese and Thai too: basic, words.",
        "QwenLM/Qwen2-Audio eval_audio/evaluate_asr.py",
        "corpus",
        schemes.qwen2audio,
    ),
    Profile(
        "lmms",
        "The rule of qwen2audio, in lmms-eval's LibriSpeech, FLEURS and Common Voice tasks.",
        "EvolvingLMMs-Lab/lmms-eval lmms_eval/tasks/asr_wer_utils.py",
        "corpus",
        schemes.qwen2audio,
    ),
    Profile(
        "lmms_wenetspeech",
        "Only Chinese characters and Latin words count, case kept; distance over the longer side; mean of utterances.",
        "EvolvingLMMs-Lab/lmms-eval lmms_eval/tasks/wenet_speech/utils.py",
        "utterance",
        schemes.lmms_wenetspeech,
        rate="longer",
    ),
    Profile(
        "seedtts",
        "Punctuation deleted. zh: characters, case kept, hypothesis to simplified script; en: "
        "lower-case words. Items without audio leave the score. Mean of utterances.",
        "BytedanceSpeech/seed-tts-eval run_wer.py, average_wer.py",
        "utterance",
        schemes.seedtts,
        decimals=3,
        languages=_EN_ZH,
        missing="dropped",
        official_split=True,
    ),
    Profile(
        "cv3",
        "The rule of seedtts in CV3-Eval: ja and ko in characters too, all others in lower-case words.",
        "FunAudioLLM/CV3-Eval utils/run_wer.py",
        "utterance",
        schemes.cv3,
        decimals=3,
        missing="dropped",
        official_split=True,
    ),
    Profile(
        "ultraeval",
        "English normaliser on every language; then zh, yue: cn_tn (yue in simplified script) and "
        "sacreBLEU zh tokens; ja: MeCab words; others: 13a words. Punctuation tokens count.",
        "OpenBMB/UltraEval-Audio audio_evals/lib/wer.py, audio_evals/agg/base.py",
        "corpus",
        schemes.ultraeval,
    ),
    Profile(
        "ultraeval_tts",
        "The rule of seedtts in UltraEval-Audio's synthesis sets: zh, yue, ja, ko, th in characters, "
        "others in lower-case words. Mean of utterances.",
        "OpenBMB/UltraEval-Audio audio_evals/evaluator/seed_tts_eval_asr_wer.py",
        "utterance",
        schemes.ultraeval_tts,
    ),
    Profile(
        "emergent_tts",
        "Whisper's English normaliser, words made only of punctuation dropped. Mean of utterances; "
        "items without audio leave the score.",
        "boson-ai/EmergentTTS-Eval-public utils_eval.py, inference.py",
        "utterance",
        schemes.emergent_tts,
        languages=frozenset({"en"}),
        missing="dropped",
    ),
    Profile(
        "wenet",
        "compute-wer.py --char=1: Chinese characters and words, upper case, tags and 17 punctuation "
        "marks dropped. Items without hypothesis leave the score; the rate is 0 where there is no "
        "reference token.",
        "wenet-e2e/wenet tools/compute-wer.py",
        "corpus",
        schemes.wenet,
        missing="dropped",
        empty_reference="zero",
        delete_first=True,
        official_split=True,
    ),
    Profile(
        "emova_asr",
        "No normalisation: words (en) or characters with spaces and punctuation (zh). Hypotheses of "
        "more than 1,000 characters leave the score.",
        "emova-ollm/EMOVA emova/eval/eval_wer_cer.py",
        "corpus",
        schemes.emova_asr,
        languages=_EN_ZH,
        drops=lambda hypothesis: len(hypothesis) > 1000,
    ),
    Profile(
        "emova_tts",
        "en: Whisper's English normaliser, words; zh: cn_tn with spaces removed, characters.",
        "emova-ollm/EMOVA emova/eval/whisper_asr/whisper_asr.py, paraformer_zh_asr.py",
        "corpus",
        schemes.emova_tts,
        languages=_EN_ZH,
    ),
    Profile(
        "mimo",
        "The rule of seedtts for recognition, without conversion to simplified script; the hypothesis"
        " ends at its first '('. Mean of utterances.",
        "XiaomiMiMo/MiMo-Audio-Eval slm_eval/evaluator/asr_evaluator.py",
        "utterance",
        schemes.mimo,
        languages=_EN_ZH,
        official_split=True,
    ),
    Profile(
        "auharness",
        "Digits spelled out by num2words; Whisper's English or basic normaliser; punctuation deleted;"
        " words, for Chinese too. An empty reference counts as one token.",
        "ServiceNow/AU-Harness metrics/word_error_rate_metrics.py",
        "corpus",
        schemes.auharness,
        rate="at_least_one",
    ),
)

PROFILES: dict[str, Profile] = {profile.name: profile for profile in _ALL}


def get_profile(name: str) -> Profile:
    """The profile of that name.

    Raises:
        UnknownNameError: there is none.
    """
    try:
        return PROFILES[name]
    except KeyError:
        raise UnknownNameError("error-rate profile", name, PROFILES) from None


@lru_cache(maxsize=256)
def scheme_of(name: str, language: str) -> Scheme:
    """What a profile does in a language.

    Raises:
        UnknownNameError: no such profile or language.
        UnsupportedLanguageError: the official program has no rule for the language.
    """
    profile = get_profile(name)
    return profile.scheme(profile.language(language))
