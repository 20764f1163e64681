"""The Chinese text normaliser ``TextNorm`` with every option off, and EMOVA's variant with spaces removed.

Behaviour of speechio/chinese_text_normalization ``python/cn_tn.py``, which Kimi-Audio-Evalkit, Qwen2-Audio,
UltraEval-Audio, lmms-eval and EMOVA carry: numerals become Chinese readings, then every punctuation character becomes a
space. No case folding, no traditional-to-simplified conversion, no full-width conversion.

Quirks that scores depend on: each rule first finds all its matches and then rewrites the *first* occurrence of each
matched string anywhere in the text, so a repeated numeral can be rewritten inside another one; "-5" loses its sign;
leading "^" and trailing "$" are deleted instead of blanked; full-width and other Unicode digits count as digits.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from typing import NamedTuple

from evalkit.normalize.chinese_numbers import read_digits, read_number
from evalkit.normalize.first_occurrences import replace_each

_NUMBER = r"\d+(?:\.\d+)?"
_YEAR = r"(?:[089]\d|(?:19|20)\d\d)年"
_MONTH_DAY = r"\d\d?月(?:\d\d?[日号])?"
# "3万元" ends at 万: the source tries the bare magnitude first.
_MONEY_UNIT = "(?:[千百]?万|[亿千百元块角毛分])"
_MEASURE_WORDS = (
    "丈世丘丝两个丸代令件伏位冬出刀分刻勺匹升单卮厘双叠口只合名周啖回场块坡堂堆墙壳壶夏夜天头季客家寸对寻尺尾层山"
    "岁岭常幢年座张忽户手扎打担挑捆撮支斗斛斤日旬时春曲更月本条杯板枝根桶棵毫江泡溪炮煲片瓶盆盏盒盘石砣碗碟秋秒程窠"
    "笼管箩箱篮簋粒纪线罐网罗群脚腔袋袭课贯贴跳身辆辈道里针钟钧钱钵铢铺锅锱阙队阵面页顶颗首"
)


def _read_date(date: str) -> str:
    year, _, rest = date.rpartition("年")
    month, _, day = rest.partition("月")
    reading = read_digits(year) + "年" if year else ""
    if month:
        reading += read_number(month) + "月"
    if day:
        reading += read_number(day[:-1]) + day[-1]
    return reading


_number = re.compile(_NUMBER)
_not_spoken_in_phones = str.maketrans("", "", "+- ")


def _read_money(money: str) -> str:
    return _number.sub(lambda m: read_number(m[0]), money)


def _read_phone(phone: str) -> str:
    return read_digits(phone.translate(_not_spoken_in_phones))


def _read_fraction(fraction: str) -> str:
    numerator, denominator = fraction.split("/")
    return f"{read_number(denominator)}分之{read_number(numerator)}"


class _Rule(NamedTuple):
    """One rewriting step.

    Attributes:
        pattern: its group 1 is the string to rewrite. The non-digit that some patterns take in front (and behind)
            matters: two matches cannot share it. Where a pattern begins with digits, a match that fails at the first of
            them fails at all: looking there alone keeps long numerals from being read again and again.
        read: the reading of a matched string.
        hints: the pattern matches only texts that hold one of these characters; empty for any text with a digit.
    """

    pattern: re.Pattern[str]
    read: Callable[[str], str]
    hints: frozenset[str] = frozenset()


_RULES = (
    _Rule(re.compile(rf"\D({_YEAR}(?:{_MONTH_DAY})?|{_MONTH_DAY})"), _read_date, frozenset("年月")),
    _Rule(
        re.compile(rf"\D({_NUMBER}[多余几]?{_MONEY_UNIT}(?:\d{_MONEY_UNIT}?)?)"),
        _read_money,
        frozenset("万亿千百元块角毛分"),
    ),
    _Rule(re.compile(r"\D((?:\+?86 ?)?1(?:[38]\d|5[0-35-9]|7[678]|9[89])\d{8})\D"), _read_phone),
    _Rule(re.compile(r"\D((?:0(?:10|2[1-3]|[3-9]\d\d)-?)?[1-9]\d{6,7})\D"), _read_phone),
    _Rule(re.compile(r"(?<!\d)(\d+/\d+)"), _read_fraction, frozenset("/")),
    _Rule(re.compile(rf"(?<!\d)({_NUMBER}%)"), lambda percent: "百分之" + read_number(percent[:-1]), frozenset("%")),
    _Rule(
        re.compile(rf"(?<!\d)({_NUMBER})[多余几]?(?:[{_MEASURE_WORDS}]|[千微][克米])"),
        read_number,
        frozenset(_MEASURE_WORDS + "千微"),
    ),
    _Rule(re.compile(r"(\d{4,32})"), read_digits),
    _Rule(re.compile(rf"({_NUMBER})"), read_number),
)
_LETTER_TWO_LETTER = re.compile(r"((?<![a-zA-Z])[a-zA-Z]+二[a-zA-Z]+)")
_any_digit = re.compile(r"\d").search
_space_run = re.compile(r"(?<=[a-zA-Z0-9])\s+(?=[a-zA-Z0-9])|(\s+)")

# ASCII punctuation, and the punctuation of Chinese texts as listed in the source (no full-width full stop "．").
_BLANKED = (
    string.punctuation
    + "·–—‘’‛“”„‟…‧﹏〰〾〿"
    + "".join(
        chr(code)
        for first, last in ("、〃", "〈】", "〔〟", "！－", "／／", "：＠", "［｀", "｛､")
        for code in range(ord(first), ord(last) + 1)
    )
)
_blank_punctuation = str.maketrans(dict.fromkeys(_BLANKED, " "))


def _rewrite(text: str, rule: _Rule) -> str:
    found = rule.pattern.findall(text)
    return replace_each(text, found, rule.read) if found else text


def _read_numerals(text: str) -> str:
    # The marks at both ends give a numeral there a non-digit neighbour; the percent sign has one form from here on.
    text = f"^{text}$".replace("％", "%")
    chars = set(text)
    for rule in _RULES:
        if rule.hints and rule.hints.isdisjoint(chars):
            continue
        rewritten = _rewrite(text, rule)
        if rewritten is not text:
            if not _any_digit(rewritten):
                return rewritten
            text, chars = rewritten, set(rewritten)
    return text


def cn_tn(text: str) -> str:
    """Normalise `text` as ``TextNorm()`` with all options off does."""
    if _any_digit(text):
        text = _read_numerals(text)
    if "二" in text:
        # "B2B" has become B二B by now; letters around any 二 are taken for such a name.
        names = _LETTER_TWO_LETTER.findall(text)
        text = replace_each(text, names, lambda name: name.replace("二", "2"), inner="二")
    return text.lstrip("^").rstrip("$").translate(_blank_punctuation)


def cn_tn_remove_space(text: str) -> str:
    """Normalise `text` as ``TextNorm(remove_space=True)`` does (EMOVA's setting).

    White space goes, except that one space stays between two ASCII letters or digits.
    """
    return _space_run.sub(lambda m: "" if m[1] else " ", cn_tn(text))
