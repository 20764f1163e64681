"""Whisper's basic text normaliser and the cleaning steps it shares with the English one.

Behaviour of openai/whisper ``whisper/normalizers/basic.py`` (``BasicTextNormalizer``), quirks included: leading and
trailing space survive as one space each, and with diacritics kept every combining mark (category M) becomes a space,
which breaks Thai, Hindi and other words written with vowel signs.
"""

from __future__ import annotations

import re
import unicodedata

# "<a]" is closed by either kind of bracket; round brackets need at least one character between them.
_BRACKET_SPAN = re.compile(r"[<\[][^>\]]*[>\]]")
_PAREN_SPAN = re.compile(r"\([^)]+\)")

_LETTERS_WITHOUT_DECOMPOSITION = {
    **{"œ": "oe", "æ": "ae", "ø": "o", "ß": "ss", "ł": "l", "đ": "d", "ð": "d", "þ": "th"},
    **{"Œ": "OE", "Æ": "AE", "Ø": "O", "ẞ": "SS", "Ł": "L", "Đ": "D", "Ð": "D", "Þ": "th"},
}


class BlankSymbols(dict[int, "str | int"]):
    """Translation table that blanks every mark, symbol and punctuation character (categories M, S, P).

    It fills itself one character at a time, so ``str.translate`` asks the Unicode database once per character.

    Args:
        fold_letters: drop non-spacing marks (Mn) instead of blanking them, and spell out letters such as "ø" that
            Unicode does not decompose. Meant for text in NFKD.
        keep: characters that stay as they are.
    """

    def __init__(self, *, fold_letters: bool = False, keep: str = "") -> None:
        super().__init__({ord(char): char for char in keep})
        self._fold_letters = fold_letters

    def __missing__(self, code: int) -> str | int:
        char = chr(code)
        category = unicodedata.category(char)
        image: str | int
        if self._fold_letters and char in _LETTERS_WITHOUT_DECOMPOSITION:
            image = _LETTERS_WITHOUT_DECOMPOSITION[char]
        elif self._fold_letters and category == "Mn":
            image = ""
        else:
            image = " " if category[0] in "MSP" else code
        self[code] = image
        return image


def drop_spans(text: str) -> str:
    """Delete ``<...>``/``[...]`` spans, then ``(...)`` spans; linear in the length of the text."""
    # Beyond its last closer no span can end; cutting there keeps "[[[[..." from being scanned again and again.
    end = max(text.rfind(">"), text.rfind("]")) + 1
    if end and ("<" in text or "[" in text):
        text = _BRACKET_SPAN.sub("", text[:end]) + text[end:]
    end = text.rfind(")") + 1
    if end and "(" in text:
        text = _PAREN_SPAN.sub("", text[:end]) + text[end:]
    return text


def squeeze_space(text: str) -> str:
    """Replace every run of white space by one space; a run at either end leaves one space there."""
    body = " ".join(text.split())
    if not text or not (text[0].isspace() or text[-1].isspace()):
        return body
    if not body:
        return " "
    return (" " if text[0].isspace() else "") + body + (" " if text[-1].isspace() else "")


_KEEPING_DIACRITICS = BlankSymbols()
_DROPPING_DIACRITICS = BlankSymbols(fold_letters=True)


def whisper_basic(text: str) -> str:
    """Normalise `text` as ``BasicTextNormalizer()`` does."""
    text = drop_spans(text.lower())
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    # Compatibility forms can bring capitals back ("℡" -> "TEL"), hence the second lowering.
    return squeeze_space(text.translate(_KEEPING_DIACRITICS).lower())


def whisper_basic_diacritics(text: str) -> str:
    """Normalise `text` as ``BasicTextNormalizer(remove_diacritics=True)`` does."""
    text = drop_spans(text.lower())
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
    return squeeze_space(text.translate(_DROPPING_DIACRITICS).lower())
