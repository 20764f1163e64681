"""Arabic numerals -> Chinese readings, as the text normaliser of speechio reads them.

Behaviour of ``num2chn`` in speechio/chinese_text_normalization ``python/cn_tn.py`` (simplified script, middle-sized
units: 万 10^4, 亿 10^8, 兆 10^12, ... 载 10^44). Leading zeros are read as one 零 ("012" -> 零一十二), several zeros
and nothing else as nothing ("00" -> ""), and a lone 2 is 二 ("2" -> 二, "200" -> 两百).

One difference: numerals so long that the official recursion ends in an error (some 40,000 digits) are read.
"""

from __future__ import annotations

import re
from functools import lru_cache

_DIGITS = "零一二三四五六七八九"
_UNITS = ((1, "十"), (2, "百"), (3, "千"), *((4 * i, unit) for i, unit in enumerate("万亿兆京垓秭穰沟涧正载", start=1)))
_LARGEST_POWER, _LARGEST_UNIT = _UNITS[-1]
# The unit that splits a numeral of so many digits: the largest one with fewer zeros than the numeral has digits.
_UNIT_OF_LENGTH = {length: max(unit for unit in _UNITS if unit[0] < length) for length in range(2, _LARGEST_POWER + 1)}
# 二 is read 两 before a unit other than 十, at the start or after a unit other than 十.
_LIANG = re.compile(r"(?<![零一二三四五六七八九十])二(?=[百千万亿兆京垓秭穰沟涧正载])")
_ASCII_DIGITS = str.maketrans("0123456789", _DIGITS)


def read_digits(numeral: str) -> str:
    """Read digit by digit: "2008" -> 二零零八. Any Unicode decimal digit (category Nd) is understood."""
    if numeral.isascii():
        return numeral.translate(_ASCII_DIGITS)
    return "".join([_DIGITS[int(digit)] for digit in numeral])


@lru_cache(maxsize=8192)
def read_number(numeral: str) -> str:
    """Read as a quantity: "12.05" -> 十二点零五.

    Args:
        numeral: decimal digits, optionally with one period and more digits.
    """
    whole, _, fraction = numeral.partition(".")
    reading = _LIANG.sub("两", _read_whole(whole)) if len(whole) > 1 else read_digits(whole)
    if fraction:
        reading = (reading or _DIGITS[0]) + "点" + read_digits(fraction)
    return reading[1:] if reading.startswith("一十") else reading


def _read_whole(digits: str) -> str:
    significant = digits.lstrip("0")
    # Beyond 10^44 the largest unit is used again for every further 44 digits.
    head = len(significant) % _LARGEST_POWER or _LARGEST_POWER
    starts = [0, *range(head, len(significant), _LARGEST_POWER)]
    ends = [*starts[1:], len(significant)]
    reading = _LARGEST_UNIT.join([_read_block(significant[start:end]) for start, end in zip(starts, ends, strict=True)])
    return _DIGITS[0] + reading if significant and len(significant) < len(digits) else reading


def _read_block(digits: str) -> str:
    """Read at most 44 digits from the left, one unit at a time; zeros before a digit are read as one 零."""
    spoken: list[str] = []
    while rest := digits.lstrip("0"):
        if len(rest) < len(digits):
            spoken.append(_DIGITS[0])
        if len(rest) == 1:
            spoken.append(read_digits(rest))
            break
        power, unit = _UNIT_OF_LENGTH[len(rest)]
        # The part before the unit starts with a digit that counts, or with a zero of another script, read 零.
        head = rest[:-power]
        spoken += (_read_block(head) if len(head) > 1 else read_digits(head), unit)
        digits = rest[-power:]
    return "".join(spoken)
