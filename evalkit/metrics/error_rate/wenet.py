"""The unit of wenet's tools/compute-wer.py with ``--char=1``: mixed tokens, and its error counts per script.

A letter without case (category Lo: Chinese characters, kana, hangul, Thai, Arabic letters, ...) is a token.
Anything else that is not blank or listed punctuation starts a token that runs on through printable ASCII.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from evalkit.metrics.error_rate.counts import Counts

# Skipped where a token could start; inside an ASCII run they stay ("hello," is one token).
_PUNCTUATION = frozenset("!,?、。！，；？：「」︰『』《》")
_BLANK = " \t\r\n"
_RUN = r"[^ \t\r\n\u0080-\U0010ffff]*"
# A run of ASCII, or any other character with the ASCII that follows it.
_PIECE = re.compile(rf"[^ \t\r\n\u0080-\U0010ffff]+|[\u0080-\U0010ffff]{_RUN}")
# Inside ASCII: skip listed punctuation; "<" opens a tag that ends with the first ">"; else all that is left.
_ASCII_TOKEN = re.compile(r"[!,?]|<[^>]*>?|[^!,?<].*", re.DOTALL)


@lru_cache(maxsize=65536)
def _kind(char: str) -> str:
    """What a character outside ASCII does: "skip", "single" or "start"."""
    category = unicodedata.category(char)
    if char in _PUNCTUATION or category in {"Zs", "Cn"}:
        return "skip"
    return "single" if category == "Lo" else "start"


def characters_and_words(text: str) -> list[str]:
    """Tokens as ``--char=1`` cuts them, before upper-casing and tag removal."""
    tokens: list[str] = []
    for piece in _PIECE.findall(text):
        rest = piece
        if piece[0] >= "\x80":
            kind = _kind(piece[0])
            if kind == "start":
                tokens.append(piece)
                continue
            if kind == "single":
                tokens.append(piece[0])
            rest = piece[1:]
        tokens.extend(token for token in _ASCII_TOKEN.findall(rest) if token not in {"!", ",", "?"})
    return tokens


def tokens(text: str) -> list[str]:
    """The tokens that are compared: upper case, ``<...>`` tags removed, empty tokens dropped."""
    kept = []
    for token in characters_and_words(text):
        token = token.upper()
        if "<" in token:
            token = _without_tags(token)
        if token:
            kept.append(token)
    return kept


def _without_tags(token: str) -> str:
    # an unclosed "<" swallows the rest
    return re.sub(r"<[^>]*(?:>|$)", "", token)


def script(token: str) -> str:
    """Cluster of a token: Mandarin, English, Number, Japanese or Other.

    Marks that occur inside words and numbers (``& ' @ ℃ = . - _ # + ;``) do not decide. A token of several
    scripts is Other.
    """
    names = {name for name in map(_script_of, token) if name}
    return names.pop() if len(names) == 1 else "Other"


_SCRIPTS = (
    ("DIGIT", "Number"),
    ("CJK UNIFIED IDEOGRAPH", "Mandarin"),
    ("CJK COMPATIBILITY IDEOGRAPH", "Mandarin"),
    ("LATIN CAPITAL LETTER", "English"),
    ("LATIN SMALL LETTER", "English"),
    ("HIRAGANA LETTER", "Japanese"),
)
_NEUTRAL = ("AMPERSAND", "APOSTROPHE", "COMMERCIAL AT", "DEGREE CELSIUS", "EQUALS SIGN", "FULL STOP",
            "HYPHEN-MINUS", "LOW LINE", "NUMBER SIGN", "PLUS SIGN", "SEMICOLON")  # fmt: skip


@lru_cache(maxsize=65536)
def _script_of(char: str) -> str:
    name = unicodedata.name(char, "")
    for start, cluster in _SCRIPTS:
        if name.startswith(start):
            return cluster
    return "" if name.startswith(_NEUTRAL) else "Other"


def counts_by_script(references: Iterable[str], hypotheses: Iterable[str | None]) -> dict[str, Counts]:
    """Error counts per script, as compute-wer.py prints below its overall line.

    An inserted token counts for its own script; a substituted or deleted one for that of the reference token.

    Args:
        references: reference texts.
        hypotheses: one hypothesis for each; None drops the pair.

    Returns:
        Counts by cluster, in order of first appearance.
    """
    from evalkit.metrics.error_rate.alignment import Symbols, align_delete_first

    totals: dict[str, list[int]] = {}
    for reference, hypothesis in zip(references, hypotheses, strict=True):
        if hypothesis is None:
            continue
        expected, given = tokens(reference), tokens(hypothesis)
        for token in given + expected:
            totals.setdefault(script(token), [0, 0, 0, 0])
        symbols = Symbols()
        for operation, i, j in align_delete_first(symbols.encode(expected), symbols.encode(given)):
            if operation == "insert":
                totals[script(given[j])][2] += 1
                continue
            cluster = totals[script(expected[i])]
            cluster[3] += 1
            if operation != "equal":
                cluster[0 if operation == "substitute" else 1] += 1
    return {name: Counts(*total) for name, total in totals.items()}
