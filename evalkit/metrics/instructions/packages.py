"""What two kinds of rules need from other packages: the language of a text, its sentences and words.

They are the packages of the official program, for another detector or splitter gives other scores. Its language
detector draws random numbers; ours starts each text from the same seed, as the package advises, so that a text is
always read the same.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

from evalkit.core.errors import MissingExtraError, UsageError

_SEED = 0
_LOADING = threading.Lock()
_WHY = "the instructions on language, capitals or sentences"


@cache
def _detector() -> Any:
    try:
        import langdetect
    except ImportError as error:
        raise MissingExtraError("langdetect", "instructions", _WHY) from error
    langdetect.DetectorFactory.seed = _SEED
    with _LOADING:  # the package loads its languages one by one at the first text; other threads would see but some
        langdetect.detector_factory.init_factory()
    return langdetect


@cache
def _sentence_splitter() -> Any:
    try:
        from nltk.tokenize.punkt import PunktTokenizer
    except ImportError as error:
        raise MissingExtraError("nltk", "instructions", _WHY) from error
    try:
        return PunktTokenizer("english")
    except LookupError as error:
        raise UsageError(
            "NLTK's table of English sentences is not there. Fetch it once with: python -m nltk.downloader punkt_tab"
        ) from error


def require(package: str) -> None:
    """Load "langdetect" or "nltk".

    Raises:
        MissingExtraError: it is not installed.
        UsageError: its data are not there.
    """
    if package == "langdetect":
        _detector()
    else:
        _sentence_splitter()


def language_of(text: str) -> str | None:
    """ISO 639-1 code of the text's language, None where nothing in it tells (digits, marks)."""
    langdetect = _detector()
    try:
        return str(langdetect.detect(text))
    except langdetect.LangDetectException:
        return None


def count_sentences(text: str) -> int:
    """Number of English sentences, by NLTK's Punkt."""
    return len(_sentence_splitter().tokenize(text))


def words_of(text: str) -> list[str]:
    """Words as NLTK cuts them: by sentence, then as the Penn Treebank; a word with hyphens is one."""
    from nltk.tokenize.destructive import NLTKWordTokenizer

    words = NLTKWordTokenizer()
    return [word for sentence in _sentence_splitter().tokenize(text) for word in words.tokenize(sentence)]
