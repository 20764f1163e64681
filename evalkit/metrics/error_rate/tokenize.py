"""How prepared text becomes tokens: words, characters, or a mixture."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

Tokenizer = Callable[[str], list[str]]

_RUNS_OF_SPACE = re.compile(r"\s\s+")
_ODD_SPACE = re.compile(r"[^\S ]")
# Of these characters alone, sacreBLEU's zh tokenizer splits off the Chinese ones and leaves the runs
# between them.
_ONLY_HANZI_AND_ALPHANUMERIC = re.compile(r"[\u4e00-\u9fa5a-zA-Z0-9 ]*").fullmatch
_HANZI_OR_RUN = re.compile(r"[\u4e00-\u9fa5]|[a-z0-9]+")
_HANZI_OR_LATIN = re.compile(r"[\u4e00-\u9fff]|[a-zA-Z']+\w*")


def words(text: str) -> list[str]:
    """White-space delimited words."""
    return text.split()


def characters(text: str) -> list[str]:
    """Every character (code point), spaces included."""
    return list(text)


def jiwer_words(text: str) -> list[str]:
    """Words as jiwer's default transform cuts them: at spaces only.

    Two or more white-space characters in a row are a space; a single tab or line feed does not end a word.
    """
    if _ODD_SPACE.search(text):
        text = _RUNS_OF_SPACE.sub(" ", text).strip()
        return [word for word in text.split(" ") if word]
    return text.split()


def sacrebleu_zh_words(text: str) -> list[str]:
    """SacreBLEU's zh tokens, lower-cased, without those made only of punctuation.

    Chinese characters are single tokens; Latin words and numbers stay whole. Source: Kimi-Audio-Evalkit
    almeval/metrics/wer.py.
    """
    from evalkit.metrics.error_rate.text_steps import without_punctuation_words
    from evalkit.normalize.sacrebleu_zh import tokenize_zh

    if _ONLY_HANZI_AND_ALPHANUMERIC(text):
        return _HANZI_OR_RUN.findall(text.lower())
    return without_punctuation_words(tokenize_zh(text)).split()


def sacrebleu_zh(text: str) -> list[str]:
    """SacreBLEU's zh tokens, lower-cased. Source: UltraEval-Audio audio_evals/lib/wer.py."""
    from evalkit.normalize.sacrebleu_zh import tokenize_zh

    if _ONLY_HANZI_AND_ALPHANUMERIC(text):
        return _HANZI_OR_RUN.findall(text.lower())
    return tokenize_zh(text).lower().split()


def sacrebleu_13a(text: str) -> list[str]:
    """SacreBLEU's 13a tokens, lower-cased. Source: UltraEval-Audio audio_evals/lib/wer.py."""
    from evalkit.normalize.sacrebleu_zh import tokenize_13a

    return tokenize_13a(text).lower().split()


def sacrebleu_ja_mecab(text: str) -> list[str]:
    """Japanese words by MeCab with the IPA dictionary, lower-cased.

    Raises:
        MissingExtraError: sacreBLEU's Japanese extra is not installed.
    """
    mecab: Callable[[str], str] = _mecab()
    return mecab(text).lower().split()


@cache
def _mecab() -> Callable[[str], str]:
    try:
        from sacrebleu.tokenizers.tokenizer_ja_mecab import TokenizerJaMecab

        tokenizer: Callable[[str], str] = TokenizerJaMecab()
    except (ImportError, RuntimeError) as error:  # sacreBLEU reports a missing MeCab as RuntimeError
        from evalkit.core.errors import MissingExtraError

        raise MissingExtraError(
            "sacrebleu[ja]", "japanese", "profile ultraeval cuts Japanese words with MeCab and"
        ) from error
    return tokenizer


def hanzi_or_latin(text: str) -> list[str]:
    r"""Chinese characters and Latin words; digits, punctuation and all else are dropped; case is kept.

    A Latin word runs on through every ``\w``, so through Chinese characters that follow without a space: the
    official tokenizer does so. Source: lmms-eval lmms_eval/tasks/wenet_speech/utils.py.
    """
    return _HANZI_OR_LATIN.findall(text)
