"""Whether a profile suits the texts it gets: some official programs keep punctuation, for they were fed none."""

from __future__ import annotations

import re
from typing import Any

PUNCTUATION = "punctuation_counts"  # flag of a sample
_KEEP = frozenset({"wenet", "emova_asr"})  # their words keep the ASCII punctuation that stands at them
_AT_A_WORD = re.compile(r"[A-Za-z\u00c0-\u024f][.,!?;:\"](?:\s|$)")
NOTICE = (
    "{n} of {total} samples have punctuation at words, which this error-rate profile takes for a part of the word "
    "('world.' is not 'world'); it suits texts without punctuation, and 'plain' or 'kimi' others"
)


def ill_suited(profile: str, *texts: Any) -> bool:
    """True where punctuation at the words of a text makes errors that the profile's rule was not meant to count."""
    return profile in _KEEP and any(isinstance(text, str) and _AT_A_WORD.search(text) is not None for text in texts)
