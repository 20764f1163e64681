"""Arabic numerals in a Chinese text -> Chinese readings, as the package cn2an reads them (`transform(text, "an2cn")`).

Behaviour of cn2an 0.5.23, which URO-Bench pins. It differs from `chinese_numbers`: no 两, leading zeros are dropped
("007" -> 七), a year is read digit by digit, a numeral of more than 16 digits stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_DIGITS = "零一二三四五六七八九"
_PLACES = ("", "十", "百", "千")
_GROUPS = ("", "万", "亿", "万")
_LONGEST = 16  # digits
_WIDE = {ord("０") + digit: str(digit) for digit in range(10)}
_DATE = re.compile(r"(\d{2,4}年)?(\d{1,2}月)?(\d{1,2}日)?")
_FRACTION = re.compile(r"\d+/\d+")
_PERCENT = re.compile(r"-?(?:\d+\.)?\d+%")
_CELSIUS = re.compile(r"\d+℃")
_NUMBER = re.compile(r"-?(?:\d+\.)?\d+")
_RUN = re.compile(r"\d+")
_YEAR = re.compile(r"\d+(?=年)")


class _NotReadError(Exception):
    """A numeral that the package gives back as it is."""


def numerals_read(text: str) -> str:
    """The text with its dates, fractions, percentages, degrees and numbers read out, in this order."""
    for pattern, read in (
        (_DATE, _date), (_FRACTION, _fraction), (_PERCENT, _percent), (_CELSIUS, _celsius), (_NUMBER, _number),
    ):  # fmt: skip
        text = pattern.sub(lambda found, read=read: _attempted(found[0], read), text)  # type: ignore[misc]
    return text


def _attempted(found: str, read: Callable[[str], str]) -> str:
    try:
        return read(found)
    except _NotReadError:
        return found


def _date(found: str) -> str:
    years_read = _YEAR.sub(lambda year: "".join(_DIGITS[int(digit)] for digit in _ascii(year[0])), found)
    try:
        return _RUN.sub(lambda run: _whole(run[0]), years_read)
    except _NotReadError:
        return years_read


def _fraction(found: str) -> str:
    upper, lower = found.split("/")
    return f"{_whole(lower)}分之{_whole(upper)}"


def _percent(found: str) -> str:
    return "百分之" + _number(found[:-1])


def _celsius(found: str) -> str:
    return _whole(found[:-1]) + "摄氏度"


def _number(found: str) -> str:
    sign = "负" if found.startswith("-") else ""
    whole, _, decimals = found.removeprefix("-").partition(".")
    reading = sign + _whole(whole)
    return (
        f"{reading}点{''.join(_DIGITS[int(digit)] for digit in _ascii(decimals)[:_LONGEST])}" if decimals else reading
    )


def _ascii(digits: str) -> str:
    plain = digits.translate(_WIDE)
    if not plain.isascii():
        raise _NotReadError
    return plain


def _whole(digits: str) -> str:
    plain = _ascii(digits).lstrip("0") or "0"
    if len(plain) > _LONGEST:
        raise _NotReadError
    reading = ""
    for place, digit in zip(range(len(plain) - 1, -1, -1), plain, strict=True):
        if digit != "0":
            reading += _DIGITS[int(digit)] + (_PLACES[place % 4] if place % 4 else _GROUPS[place // 4])
            continue
        if place % 4 == 0:
            reading += _DIGITS[0] + _GROUPS[place // 4]
        if place < len(plain) - 1 and not reading.endswith(_DIGITS[0]):
            reading += _DIGITS[0]
    for written, said in (("零零", "零"), ("零万", "万"), ("零亿", "亿"), ("亿万", "亿")):
        reading = reading.replace(written, said)
    reading = reading.strip(_DIGITS[0])
    if reading.startswith("一十"):
        reading = reading[1:]
    return reading or _DIGITS[0]
