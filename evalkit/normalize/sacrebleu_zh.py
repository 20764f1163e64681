"""The sacreBLEU tokenizers that error-rate toolkits use: ``zh``, ``13a`` and ``none``.

Behaviour of sacreBLEU 1.5.1 ``sacrebleu/tokenizers`` (mjpost/sacrebleu), the version that Qwen2-Audio and
Kimi-Audio-Evalkit need. Quirk of ``zh``: two ranges meant for rare ideographs are compared as strings of two characters
and work as U+2001 - U+2A6D and U+2F81 - U+2FA1. So dashes, curly quotes, arrows, currency and mathematical signs are
split off as if they were Chinese characters, while ideographs beyond U+FFFF are not split at all.
"""

from __future__ import annotations

import re

_SPLIT_RANGES = (
    (0x2001, 0x2A6D),  # meant as U+20000 - U+2A6D6
    (0x2E80, 0x2FDF),  # radicals
    (0x2FF0, 0x303F),  # ideographic descriptions, punctuation
    (0x3100, 0x312F),  # Bopomofo
    (0x31A0, 0x31EF),  # Bopomofo for Taiwanese and Hakka, strokes
    (0x3200, 0x4DB5),  # enclosed and squared characters, extension A
    (0x4E00, 0x9FBB),
    (0xF900, 0xFA2D),
    (0xFA30, 0xFA6A),
    (0xFA70, 0xFAD9),
    (0xFE10, 0xFE1F),
    (0xFE30, 0xFE4F),
    (0xFF00, 0xFFEF),  # full-width and half-width forms, Hangul ones too
)
# ASCII punctuation that always stands alone; the apostrophe and "," "-" "." do not.
_ALONE = '{|}~[\\]^_`!"#$%&()*+:;<=>?@/'
_MARKUP = (("<skipped>", ""), ("-\n", ""), ("\n", " "), ("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))


class _Spacing(dict[int, "str | int"]):
    """Translation table that puts spaces around characters; fills itself as characters come."""

    def __init__(self, split_ideographs: bool) -> None:
        super().__init__({ord(char): f" {char} " for char in _ALONE})
        self._ranges = _SPLIT_RANGES if split_ideographs else ()

    def __missing__(self, code: int) -> str | int:
        split = any(first <= code <= last for first, last in self._ranges)
        self[code] = image = f" {chr(code)} " if split else code
        return image


_with_ideographs = _Spacing(True)
_western_only = _Spacing(False)
# Each takes the neighbouring character with it, so of two points in a row the second may stay attached.
_point_after_no_digit = re.compile(r"([^0-9])([.,])")
_point_before_no_digit = re.compile(r"([.,])([^0-9])")
_dash_after_digit = re.compile(r"(?<=[0-9])-")


def _split_points(text: str) -> str:
    if "." in text or "," in text:
        text = _point_before_no_digit.sub(r" \1 \2", _point_after_no_digit.sub(r"\1 \2 ", text))
    if "-" in text:
        text = _dash_after_digit.sub(" - ", text)
    return " ".join(text.split())


def tokenize_zh(text: str) -> str:
    """Tokens of `text`, joined by single spaces: every Chinese character alone, the rest split as by ``13a``."""
    return _split_points(text.strip().translate(_with_ideographs))


def tokenize_13a(text: str) -> str:
    """Tokens of `text`, joined by single spaces, as in mteval-v13a."""
    for written, meant in _MARKUP:
        text = text.replace(written, meant)
    return _split_points(f" {text} ".translate(_western_only))


def tokenize_none(text: str) -> str:
    """Return `text` unchanged."""
    return text
