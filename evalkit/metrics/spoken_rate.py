"""URO-Bench's error rate between two texts of a spoken reply, as a function and as a metric of single lines."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

from evalkit.core.errors import DataError
from evalkit.core.metric import Metric, mean
from evalkit.core.score import Vector
from evalkit.metrics.error_rate.text_steps import HANZI_PUNCTUATION
from evalkit.metrics.languages import canonical
from evalkit.metrics.line_metric import Assessed, Line, LineMetric, text_field

_PUNCTUATION = re.compile(f"[{HANZI_PUNCTUATION}{re.escape(string.punctuation)}]")


def spoken_rate(truth: str, hypothesis: str, language: str) -> float:
    """URO-Bench's error rate of one pair, a fraction that may exceed 1.

    English: words after Whisper's English normaliser. Chinese: characters, white space among them, without Chinese and
    ASCII punctuation, numerals read out. 1 where nothing is left of the first text, whatever the second one is.
    Source: URO-Bench metrics/mark_wer.py, commit 9e74bc0, with jiwer 3.0.5.

    Args:
        truth: its tokens are the denominator.
        hypothesis: the other text.
        language: "en" or "zh".
    """
    from rapidfuzz.distance import Levenshtein

    expected, given = _tokens(truth, language), _tokens(hypothesis, language)
    return Levenshtein.distance(expected, given) / len(expected) if expected else 1.0


@lru_cache(maxsize=4096)
def _tokens(text: str, language: str) -> tuple[str, ...]:
    from evalkit import normalize
    from evalkit.metrics.error_rate.tokenize import jiwer_words
    from evalkit.normalize.numbers_cn2an import numerals_read

    if language == "en":
        return tuple(jiwer_words(normalize.get("whisper_english")(text.strip().lower())))
    bare = _PUNCTUATION.sub("", text).replace("  ", " ")
    return tuple(numerals_read(bare.strip().lower()).strip())


def language_of(line: Line, place: str) -> str:
    """The language of a line: "en" or "zh".

    Raises:
        DataError: it has none, or another one.
        UnknownNameError: no language has that code.
    """
    given = line.get("language")
    code = canonical(given) if isinstance(given, str) else None
    if code not in ("en", "zh"):
        raise DataError(place, f'expected "language": "en" or "zh", got {given!r}; URO-Bench has a rule for these two')
    return code


class SpokenRate(LineMetric):
    """Mean over the replies of `spoken_rate`, %; a line is `{"reference", "response", "language"}`."""

    kind = "spoken_rate"
    PROFILES: ClassVar[Mapping[str, str]] = {"uro_bench": "the ASR-WER or ASR-CER of URO-Bench"}

    def __init__(self, profile: str = "uro_bench") -> None:
        super().__init__(profile)
        self.metrics = (Metric("error_rate", "WER/CER", ("sum", "replies"), mean, higher_is_better=False, decimals=3),)

    def identity(self) -> Mapping[str, Any]:
        """The rule's version."""
        return {"rule": 1}

    def check(self, line: Line, place: str) -> None:
        """Its language must be known."""
        language_of(line, place)

    def assess(self, line: Line, place: str) -> Assessed:
        """The rate."""
        written, heard = text_field(line, "reference", place), text_field(line, "response", place)
        rate = 100.0 * spoken_rate(written, heard, language_of(line, place))
        return Assessed({"error_rate": rate}, {"error_rate": (rate, 1.0)})

    def worst(self, line: Line, place: str) -> Mapping[str, Vector]:
        """Nothing of it was heard: 100 %."""
        return {"error_rate": (100.0, 1.0)}

    def missing(self, line: Line, place: str) -> Mapping[str, Vector]:
        """Dropped: where nothing was written, the official program has no pair."""
        return {}
