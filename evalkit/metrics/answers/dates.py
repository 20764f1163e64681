"""Days of a month and ordinal numbers in free text, rewritten so that they compare by meaning."""

from __future__ import annotations

import re

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_NAMES = "|".join(f"{name}|{name[:4]}|{name[:3]}" if name == "september" else f"{name}|{name[:3]}" for name in MONTHS)
_DAY = r"(0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_YEAR = r"(?:,? (?:19|20)\d\d\b)?"
_AFTER = re.compile(rf"(?<![\w.:-]){_DAY} (?:day )?(?:of )?({_NAMES})\b\.?(?! (?:be|have|not|well|also)\b){_YEAR}")
_BEFORE = re.compile(rf"\b({_NAMES})\.? (?:the )?{_DAY}(?![\w:%]|\.\d){_YEAR}")
_CHINESE = re.compile(r"(?<!\d)(1[0-2]|0?[1-9])\s*月\s*(0?[1-9]|[12]\d|3[01])\s*[日号]?(?!\d)")

_LOW = ("fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth",
        "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth")  # fmt: skip
# "first", "second" and "third" alone are words of an order more often than days
_ORDINALS = {word: place for place, word in enumerate(_LOW, 4)} | {"thirtieth": 30, "thirty-first": 31} | {
    f"twenty-{word}": place for place, word in enumerate(("first", "second", "third", *_LOW[:6]), 21)
}  # fmt: skip
_ORDINAL = re.compile(rf"\b(?:{'|'.join(sorted(_ORDINALS, key=len, reverse=True)).replace('-', '[ -]')})\b")


def ordinals(text: str) -> str:
    """ "twenty-sixth" -> "26th" in a lower-case text."""
    return _ORDINAL.sub(lambda found: f"{_ORDINALS[found[0].replace(' ', '-')]}th", text)


def dates(text: str, written: str) -> str:
    """Put a mark in place of every day of a month.

    Args:
        text: in lower case, numbers in digits.
        written: format of the mark, of month and day (both from 1).
    """

    def mark(month: str, day: str) -> str:
        number = int(month) if month.isdecimal() else 1 + next(
            place for place, name in enumerate(MONTHS) if name.startswith(month[:3])
        )  # fmt: skip
        return written.format(number, int(day))

    text = _AFTER.sub(lambda found: mark(found[2], found[1]), text)
    text = _BEFORE.sub(lambda found: mark(found[1], found[2]), text)
    return _CHINESE.sub(lambda found: mark(found[1], found[2]), text)
