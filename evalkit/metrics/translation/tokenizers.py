"""The tokenizers of BLEU, by sacreBLEU's names.

The four that are plain rules are our own code, so the core install has BLEU for most languages; those that need a
dictionary, a model or another Unicode table are sacreBLEU's, behind extras. Source: sacreBLEU 2.6.0
(mjpost/sacrebleu, sacrebleu/tokenizers), which the tests compare with.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from evalkit.core.errors import MissingExtraError, UnknownNameError, UsageError
from evalkit.normalize.sacrebleu_zh import tokenize_13a, tokenize_none, tokenize_zh

Tokenizer = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class _Foreign:
    """A tokenizer of the package sacrebleu: module, class, and the extra that brings what it needs."""

    module: str
    name: str
    package: str
    extra: str
    signature: str


def _characters(text: str) -> str:
    return " ".join(text)


_OWN: dict[str, Tokenizer] = {"13a": tokenize_13a, "zh": tokenize_zh, "char": _characters, "none": tokenize_none}
_FOREIGN: dict[str, _Foreign] = {
    "intl": _Foreign("tokenizer_intl", "TokenizerV14International", "sacrebleu", "translation", "intl"),
    "ja-mecab": _Foreign("tokenizer_ja_mecab", "TokenizerJaMecab", "sacrebleu[ja]", "japanese", "ja-mecab-0.996-IPA"),
    "ko-mecab": _Foreign("tokenizer_ko_mecab", "TokenizerKoMecab", "sacrebleu[ko]", "korean", "ko-mecab"),
    "flores101": _Foreign("tokenizer_spm", "Flores101Tokenizer", "sacrebleu", "translation", "flores101"),
    "flores200": _Foreign("tokenizer_spm", "Flores200Tokenizer", "sacrebleu", "translation", "flores200"),
}
TOKENIZERS: dict[str, str] = {
    "13a": "as mteval-v13a: punctuation apart, for languages with spaces (default)",
    "zh": "every Chinese character alone, the rest as 13a",
    "char": "every character alone",
    "ja-mecab": "Japanese words by MeCab with the IPA dictionary",
    "ko-mecab": "Korean morphemes by MeCab-ko",
    "flores101": "SentencePiece model of FLORES-101 (spBLEU); sacreBLEU fetches it once",
    "flores200": "SentencePiece model of FLORES-200 (spBLEU); sacreBLEU fetches it once",
    "intl": "as mteval-v14 international: Unicode punctuation and symbols apart",
    "none": "split at white space only",
}


def _encodable(text: str) -> str:
    """Half a surrogate pair, which programs behind C interfaces do not take, becomes a replacement character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def known(name: str) -> str:
    """The name, when there is such a tokenizer.

    Raises:
        UnknownNameError: there is none.
    """
    if name not in TOKENIZERS:
        raise UnknownNameError("tokenizer", name, TOKENIZERS)
    return name


def signature(name: str) -> str:
    """What sacreBLEU's signature says after "tok:"."""
    return _FOREIGN[name].signature if name in _FOREIGN else name


@cache
def tokenizer(name: str) -> Tokenizer:
    """The function that cuts a text into tokens, joined by spaces.

    Raises:
        UnknownNameError: no such tokenizer.
        MissingExtraError: its package is not installed.
        UsageError: its model cannot be fetched.
    """
    if known(name) in _OWN:
        return _OWN[name]
    foreign = _FOREIGN[name]
    try:
        module = importlib.import_module(f"sacrebleu.tokenizers.{foreign.module}")
        found: Tokenizer = getattr(module, foreign.name)()
    except (ImportError, RuntimeError, AttributeError) as error:  # sacreBLEU reports a missing MeCab as RuntimeError
        raise MissingExtraError(foreign.package, foreign.extra, f"the tokenizer '{name}'") from error
    except OSError as error:
        raise UsageError(
            f"the tokenizer '{name}' needs a model that sacreBLEU fetches on first use, and that failed: {error}"
        ) from error
    return lambda text: found(_encodable(text))
