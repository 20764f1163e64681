"""Whisper's English text normaliser.

Behaviour of openai/whisper ``whisper/normalizers/english.py`` (``EnglishTextNormalizer``), quirks included: "'s" always
becomes "is", "st" always "saint", hyphens become spaces, the spelling list turns "archaeology" into
"archeology</span>". For the only known difference see `evalkit.normalize.english_numbers`.

How it is fast: once brackets are gone and spaced apostrophes are joined, everything before the number step happens
inside one white-space-delimited chunk of text, so each distinct chunk is rewritten once and remembered. A text whose
chunks contain nothing numeric needs no more than a look-up per chunk.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from evalkit.normalize.english_numbers import VOCABULARY, rewrite_numbers
from evalkit.normalize.spelling import american_spellings
from evalkit.normalize.whisper_basic import BlankSymbols, drop_spans, squeeze_space

_FILLERS = ("hmm", "mm", "mhm", "mmm", "uh", "um")
_WHOLE_WORDS = {
    **dict.fromkeys(_FILLERS, ""),
    **{"wanna": "want to", "gotta": "got to", "gonna": "going to", "imma": "i am going to"},
    **{f"{modal}a": f"{modal} have" for modal in ("would", "could", "should")},
    # An expanded title brings its own space: "mr.smith" becomes two words.
    **{"mr": "mister ", "mrs": "missus ", "st": "saint ", "dr": "doctor ", "prof": "professor ", "capt": "captain "},
    **{"gov": "governor ", "ald": "alderman ", "gen": "general ", "sen": "senator ", "rep": "representative "},
    **{"pres": "president ", "rev": "reverend ", "hon": "honorable ", "asst": "assistant ", "assoc": "associate "},
    **{"lt": "lieutenant ", "col": "colonel ", "jr": "junior ", "sr": "senior ", "esq": "esquire "},
}
_IRREGULAR = {
    **{"won't": "will not", "can't": "can not", "let's": "let us", "ain't": "aint", "y'all": "you all"},
    **{"i'ma": "i am going to", "ma'am": "madam"},
}
_ENDINGS = {"'re": " are", "'s": " is", "'d": " would", "'ll": " will", "'t": " not", "'ve": " have", "'m": " am"}
_KEPT_SYMBOLS = ".%$¢€£"

_whole_words = re.compile(rf"\b(?:{'|'.join(_WHOLE_WORDS)})\b")
_irregular = re.compile(rf"\b(?:{'|'.join(_IRREGULAR)})\b")
_not = re.compile(r"n't\b")
_endings = re.compile(rf"(?:{'|'.join(_ENDINGS)})\b")
_fillers = re.compile(rf"\b(?:{'|'.join(_FILLERS)})\b")
_space_before_apostrophe = re.compile(r"(?<!\s)\s+'")
# "gotta" counts because it is "got to" by the time the source looks; "let's" has become "let us" by then.
_had = re.compile(r"'d (?=(?:been|gone|done)\b)")
_has = re.compile(r"(?<!\blet)'s (?=(?:been|gone|got|gotta)\b)")
_comma_between_digits = re.compile(r"(\d),(\d)")
_period_before_no_digit = re.compile(r"\.([^0-9]|$)")
_symbol_before_no_digit = re.compile(r"[.$¢€£]([^0-9])")
_percent_after_no_digit = re.compile(r"([^0-9])%")
_kept_symbol = re.compile(f"[{_KEPT_SYMBOLS}]")
_calls_for_numbers = re.compile(rf"[\d{_KEPT_SYMBOLS}]")

_blank_symbols = BlankSymbols(fold_letters=True, keep=_KEPT_SYMBOLS)


class _Chunk(NamedTuple):
    """A chunk of input after the steps before the numbers.

    Attributes:
        words: the words it became, as one string.
        final: the same in American spelling, or None where the number step must look at the sentence.
    """

    words: str
    final: str | None


class _ChunkTable(dict[str, _Chunk]):
    """Remembers short chunks; forgets all when full, so that memory stays bounded on any corpus.

    A long chunk is most often a sentence in a script without spaces, which does not come again.
    """

    LIMIT = 50_000
    LONGEST = 32

    def __missing__(self, chunk: str) -> _Chunk:
        words = _rewrite_chunk(chunk).split()
        text = " ".join(words)
        # "and" alone changes nothing; "half" may be the end of "and a half".
        numeric = _calls_for_numbers.search(text) or any(
            (word in VOCABULARY and word != "and") or "half" in word for word in words
        )
        entry = _Chunk(text, None if numeric else respell(text))
        if len(chunk) <= self.LONGEST:
            if len(self) >= self.LIMIT:
                self.clear()
            self[chunk] = entry
        return entry


def _rewrite_chunk(chunk: str) -> str:
    if chunk.isalpha() and chunk.isascii():
        return _WHOLE_WORDS.get(chunk, chunk)
    chunk = _whole_words.sub(lambda m: _WHOLE_WORDS[m[0]], chunk)
    if "'" in chunk:
        chunk = _irregular.sub(lambda m: _IRREGULAR[m[0]], chunk)
        # First, because what stands before it may be an ending too: "he'dn't".
        chunk = _not.sub(" not", chunk)
        chunk = _endings.sub(lambda m: _ENDINGS[m[0]], chunk)
    chunk = _comma_between_digits.sub(r"\1\2", chunk)
    chunk = _period_before_no_digit.sub(r" \1", chunk)
    return unicodedata.normalize("NFKD", chunk).translate(_blank_symbols)


def respell(text: str) -> str:
    """American spelling for every word of lower-case `text`; white space comes out as single spaces."""
    spellings = american_spellings()
    return " ".join([spellings.get(word, word) for word in text.split()])


_chunks = _ChunkTable()


def whisper_english(text: str) -> str:
    """Normalise `text` as ``EnglishTextNormalizer()`` does."""
    text = drop_spans(text.lower())
    if "'" in text:
        text = _space_before_apostrophe.sub("'", _fillers.sub("", text))
        text = _has.sub(" has ", _had.sub(" had ", text))
    chunks = [_chunks[chunk] for chunk in text.split()]
    finals = [chunk.final for chunk in chunks]
    if None not in finals:
        return " ".join(filter(None, finals))
    text = respell(rewrite_numbers(" ".join([chunk.words for chunk in chunks])))
    if _kept_symbol.search(text):
        # A currency sign or period is kept only before a digit, a percent sign only after one.
        text = _percent_after_no_digit.sub(r"\1 ", _symbol_before_no_digit.sub(r" \1", text))
        text = squeeze_space(text)
    return text
