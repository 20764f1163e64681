"""Short answers as tokens that compare by meaning: numbers with units, times of day, words, Chinese characters.

"Twenty-five euros", "25.00 EUR", "€25" and "二十五欧元" are one and the same number token; "quarter past seven",
"7:15" and "七点一刻" the same time, "May 3" and "5月3日" the same date. English and
Chinese are read; other languages compare as words.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from evalkit.metrics.answers.dates import dates, ordinals

Kind = Literal["word", "number", "time", "date", "break", "or"]

_UNITS: dict[str, str] = {}
for _unit, _names in {
    "EUR": "€ eur euro 欧元 欧",
    "USD": "$ usd dollar buck 美元 美金",
    "GBP": "£ gbp pound 英镑",
    "CHF": "chf franc 瑞士法郎 法郎",
    "CNY": "¥ cny rmb yuan 人民币",
    "money": "块钱 块 元",
    "%": "% percent pct",
    "km": "km kilometre kilometer 公里 千米",
    "mile": "mile mi 英里",
    "m": "metre meter 米",
    "cm": "cm centimetre centimeter 厘米",
    "m2": "m2 sqm 平方米 平米",
    "ft2": "ft2 sqft",
    "C": "°c ℃ 摄氏度",
    "F": "°f 华氏度",
    "degree": "° degree 度",
    "min": "min minute 分钟",
    "h": "hour hr 小时 钟头",
    "day": "day 天",
    "kg": "kg kilo kilogram kilogramme 公斤 千克",
    "g": "gram gramme 克",
    "l": "litre liter 升",
}.items():
    for _name in _names.split():
        _UNITS[_name] = _unit
_AGREE = {  # a bare degree sign leaves the scale open, as 元 leaves the currency
    *(frozenset(("degree", scale)) for scale in ("C", "F")),
    *(frozenset(("money", currency)) for currency in ("EUR", "USD", "GBP", "CHF", "CNY")),
}

_UNITS_SPOKEN = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS_SPOKEN = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SMALL = {word: value for value, word in enumerate(_UNITS_SPOKEN)}
_TENS = {word: 10 * place for place, word in enumerate(_TENS_SPOKEN, 2)}
_NUMBER_WORD = "|".join([*_SMALL, *_TENS])
_ENGLISH = re.compile(
    rf"\b(?:{_NUMBER_WORD}|a(?= hundred| thousand))(?:(?:[ -]| and )(?:{_NUMBER_WORD}|hundred|thousand))*\b"
)
_CHINESE_DIGIT = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_CHINESE_SCALE = {"十": 10, "百": 100, "千": 1000, "万": 10_000}
_CHINESE = re.compile(r"[零〇一二两三四五六七八九十百千万]+")
_HALF_DAY = r"(?:(上午|早上|早晨|凌晨|中午|下午|傍晚|晚上|夜里)\s*)?"
_CLOCK_ZH = re.compile(
    rf"{_HALF_DAY}(?<![\d.])(\d{{1,2}})\s*(?:点钟?|时)过?(?:\s*(半|1刻|3刻|整|\d{{1,2}}(?:\s*分(?!钟))?))?"
)
_CLOCK = re.compile(
    rf"{_HALF_DAY}(?<![\d.])(?<!\d:)([01]?\d|2[0-4])[:：]([0-5]\d)(?::[0-5]\d)?(?!\d)\s*(a\.?m\b\.?|p\.?m\b\.?)?"
)
_HALF_EN = re.compile(  # said after the time: "4.10 pm", "a quarter past four in the afternoon"
    r"(\x02\d+\x03|(?<![\d.:])(?:1[0-2]|0?[1-9])[.:][0-5]\d)\s*"
    r"(a\.?m\b\.?|p\.?m\b\.?|in the (?:morning|afternoon|evening)|at night)"
)
_HOUR_H = re.compile(r"(?<![\w.:])([01]?\d|2[0-3])h([0-5]\d)(?!\w)")
_HOUR = re.compile(r"(?<![\d.:])(1[0-2]|0?[1-9])\s*(?:o'clock\s*)?(a\.m\.|p\.m\.|am\b|pm\b|o'clock\b)")
_HALF_PAST = re.compile(
    r"\b(half|quarter|\d{1,2})(?: minutes)? past \ue001?(\d{1,2})\b"
    r"|\b(quarter|20|25|\d{1,2} minutes) to \ue001?(\d{1,2})\b"
)
_COUNTED_ZH = re.compile(r"(?<=[月点时过])\ue001(?=1\s*(?:[刻日号]|分(?!钟)))")  # 七点一刻, 五月一号
_PERCENT_ZH = re.compile(r"\ue000\s*\ue001?(\d+(?:\.\d+)?)")  # 百分之 itself holds a numeral
_POINT = re.compile(r"(?<=\d)\s*(?:点|point )\s*(?=\d)")
_RANGE = re.compile(r"(?<![\w:.-])(\d+(?:\.\d+)?)\s?[-–—~]\s?(?=(\d+(?:\.\d+)?)(?![\w:-]))")
_DASH = re.compile(r"\s[–—]+\s")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f]")
_TOKEN = re.compile(
    r"(?P<time>\x02\d+\x03)|(?P<date>\x04\d+\x03)"
    r"|(?P<code>\d*[a-z][a-z0-9']*\d[a-z0-9]*|\d+[a-z]+\d[a-z0-9]*)"
    r"|(?P<before>[€$£¥])?[^\S\n]?(?P<soft>\ue001)?(?P<number>(?:(?<![a-z0-9.])[-\u2212])?\d+(?:\.\d+)?)"
    r"(?:(?P<ordinal>st|nd|rd|th)\b|[^\S\n]?(?P<unit>°\s?[cf]\b|℃|[€$£¥%°]|[a-z]+2?(?![a-z0-9])|[\u4e00-\u9fff]{1,4}))?"
    r"|(?P<word>[^\W\d_\u3040-\u30ff\u3400-\u9fff]+(?:'[^\W\d_]+)*)"
    r"|(?P<char>[\u3040-\u30ff\u3400-\u9fff])"
    r"|(?P<slash>/)"
    r"|(?P<break>[.,;:!?\n()\[\]。，、；：！？=|]+)"
)
_SQUARE = re.compile(r"\bsq(?:uare|\.)? ?(m(?:et(?:re|er)s?)?|feet|foot|ft)\b")
_AREA = re.compile(r"(?<=\d)(?=(?:m|ft)2\b)")
_MINUS = re.compile(r"(?<!\d)(?<!\d )\b(?:minus|negative) (?=\d)|(?:零下|负)\s*(?=[\d零一二两三四五六七八九十])")
_BELOW = re.compile(r"(?<![\w.-])(\d+)( ?(?:°c?|℃|c\b|degrees?(?: celsius)?)?) below (?:zero|freezing)\b")
_CENTS = re.compile(r"(?<![\d.])(\d+) (euros?|dollars?|francs?|pounds?) (?:and )?(\d\d) (?:cents?|centimes?|pence)\b")
_JIAO = re.compile(r"(?<![\d.])(\d+)(块|元|欧元|美元|瑞士法郎)(\d)(?:[毛角]|(?=[^\w.]|$))")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d\d\s?(?:€|euros?\b|eur\b|francs?\b|chf\b))")
_SOFT = "\ue001"  # private characters mark what the text itself cannot hold
_ARTICLES = {"the", "a", "an"}
LETTER_A = "\u0250"  # a letter that no answer holds stands for the option "A", which would be an article
_OPTION_A = re.compile(
    r"(?<=option )A(?![\w'])|(?<=answer )A(?![\w'])|(?<=choice )A(?![\w'])|(?<=letter )A(?![\w'])|(?<=\()a(?=\))"
    r"|\A\s*a(?=[\s).:]*\Z)"
    r"|(?<![A-Za-z0-9_'])A(?![A-Za-z0-9_'])(?!\s+(?!(?:is|was|and|or|because|since|as|seems|means|says)\b)[a-z])",
)
_OR = {"or", "either"}
_OR_ZH = re.compile("或者|还是|或是|或|抑或")


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of an answer.

    Args:
        kind: "word" (also one Chinese character), "number", "time", "date", "break" between clauses, or "or".
        text: the word, or the marks of a break; empty for numbers.
        value: the number, minutes after midnight, or 100 times the month plus the day.
        unit: canonical unit of a number; None where it has none, or one nobody listed.
        soft: "one" or 一 alone, which is a number only to those who look for it ("the red one", 一遍).
    """

    kind: Kind
    text: str = ""
    value: float = 0.0
    unit: str | None = None
    soft: bool = False

    def fits(self, other: Token) -> bool:
        """Equal in meaning; numbers agree when one of them has no unit, or both have the same."""
        if self.kind != other.kind:
            return False
        if self.kind == "number":
            same_unit = self.unit == other.unit or None in (self.unit, other.unit)
            same_unit = same_unit or frozenset((self.unit, other.unit)) in _AGREE
            return same_unit and abs(self.value - other.value) <= 1e-6 * max(1.0, abs(self.value))
        return self.text == other.text if self.kind == "word" else self.value == other.value


def tokens(text: str, *, options: bool = False) -> list[Token]:
    """Tokens of an answer; articles, markdown and plural endings are dropped, traditional characters simplified.

    Args:
        text: the answer.
        options: "A" is the letter of an option, unless a noun follows it.
    """
    written = _rewritten(_OPTION_A.sub(f" {LETTER_A} ", unicodedata.normalize("NFKC", text)) if options else text)
    return [token for match in _TOKEN.finditer(written) for token in _made(match)]


def _rewritten(text: str) -> str:
    text = unicodedata.normalize("NFKC", _CONTROL.sub(" ", text)).casefold().replace("\u2019", "'")
    text = _SQUARE.sub(lambda found: "sqm" if found[1].startswith("m") else "sqft", _AREA.sub(" ", text))
    text = _BELOW.sub(r"-\1\2", _MINUS.sub("-", text))
    if re.search(r"[\u3400-\u9fff]", text):
        from evalkit.normalize.zhconv_cn import zhconv_cn

        text = _CHINESE.sub(_chinese_number, zhconv_cn(text).replace("百分之", "\ue000"))
        text = _PERCENT_ZH.sub(r"\1%", _COUNTED_ZH.sub("", text))
        text = _CLOCK_ZH.sub(_chinese_time, text)
        text = _OR_ZH.sub(" or ", text)
    text = re.sub(r"[*_`#~\"]+", "", text)
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    text = _RANGE.sub(_range, _DASH.sub(": ", text))
    text = _ENGLISH.sub(_english_number, ordinals(text))
    text = _CENTS.sub(r"\1.\3 \2", _JIAO.sub(r"\1.\3\2", _DECIMAL_COMMA.sub(".", text)))
    text = dates(text, " \x04{}{:02d}\x03 ")
    text = _POINT.sub(".", text)
    text = _HALF_PAST.sub(_spoken_time, text)
    text = _CLOCK.sub(lambda found: _time(int(found[2]), int(found[3]), found[4] or found[1]), text)
    text = _HOUR.sub(lambda found: _time(int(found[1]), 0, found[2]), text)
    text = _HOUR_H.sub(lambda found: _time(int(found[1]), int(found[2]), None), text)
    return _HALF_EN.sub(_half_day, text)


def _made(match: re.Match[str]) -> list[Token]:
    if match["time"]:
        return [Token("time", value=float(match["time"][1:-1]))]
    if match["date"]:
        return [Token("date", value=float(match["date"][1:-1]))]
    if match["number"]:
        return _number(match)
    if match["break"]:
        return [Token("break", match["break"])]
    if match["slash"]:
        return [Token("or", "/")]
    if match["code"]:
        return [Token("word", match["code"])]
    if match["char"]:
        return [Token("word", match["char"])]
    return _word(match["word"])


def _word(word: str) -> list[Token]:
    if word in _OR:
        return [Token("or", word)]
    return [] if word in _ARTICLES else [Token("word", singular(word))]


def _number(match: re.Match[str]) -> list[Token]:
    value = float(match["number"].replace("\u2212", "-"))
    written = (match["unit"] or "").replace(" ", "")
    unit = _UNITS.get(match["before"] or "")
    rest: list[Token] = []
    if written:
        known = _UNITS.get(written) or _UNITS.get(singular(written))
        if known is None and "\u4e00" <= written[0] <= "\u9fff":
            known, rest = _chinese_unit(written)
        elif known is None:
            rest = _word(written)
        unit = known or unit
    soft = match["soft"] is not None and value == 1 and unit is None
    return [Token("number", value=value, unit=unit, soft=soft), *rest]


def _chinese_unit(written: str) -> tuple[str | None, list[Token]]:
    """The longest unit the characters begin with, and the rest as tokens."""
    for size in range(len(written), 0, -1):
        if written[:size] in _UNITS:
            return _UNITS[written[:size]], [Token("word", char) for char in written[size:]]
    return None, [Token("word", char) for char in written]


def singular(word: str) -> str:
    """A crude singular: "boxes" -> "box", "berries" -> "berry", "mugs" -> "mug"; the same on both sides."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("xes", "ches", "shes", "sses")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _time(hour: int, minute: int, half: str | None) -> str:
    half = (half or "").replace(".", "").strip()
    if half in ("pm", "下午", "傍晚", "晚上", "夜里") and hour < 12:
        hour += 12
    elif half in ("am", "凌晨") and hour == 12:
        hour = 0
    return f" \x02{hour % 24 * 60 + minute}\x03 "


def _chinese_time(found: re.Match[str]) -> str:
    half, hour, rest = found[1], int(found[2]), found[3] or ""
    if hour > 24 or (rest.isdecimal() and len(rest) == 1):
        return found[0]  # 3点5 is a decimal
    minute = {"": 0, "整": 0, "半": 30, "1刻": 15, "3刻": 45}.get(rest)
    if minute is None:
        minute = int(re.sub(r"\D", "", rest))
    return _time(hour, minute, half) if minute < 60 else found[0]


def _half_day(found: re.Match[str]) -> str:
    if found[1].startswith("\x02"):
        hour, minute = divmod(int(found[1][1:-1]), 60)
    else:
        hour, minute = map(int, re.split("[.:]", found[1]))
    half = {"in the morning": "am", "in the afternoon": "pm", "in the evening": "pm"}.get(found[2], found[2])
    return _time(hour, minute, "pm" if half == "at night" and 5 < hour < 12 else half)


def _spoken_time(found: re.Match[str]) -> str:
    word, hour = (found[1], int(found[2])) if found[1] else (found[3].split()[0], int(found[4]))
    minute = {"half": 30, "quarter": 15}.get(word) or int(word)
    if hour > 12 or minute >= 60:
        return found[0]
    if found[1]:
        return _time(hour, minute, None)
    return _time((hour - 1) or 12, 60 - minute, None)


def _range(found: re.Match[str]) -> str:
    """3-4 is a range, 251-143 a difference."""
    return f"{found[1]} or " if float(found[1]) < float(found[2]) else f"{found[1]} "


def _english_number(found: re.Match[str]) -> str:
    """ "two hundred and five" -> 205; words that make no number together stand side by side."""
    if found[0] == "one":
        return _SOFT + "1"
    done: list[int] = []
    total, current, last = 0, None, 0
    for word in re.split(r"[ -]+", found[0]):
        if word == "and":
            continue
        if word in ("hundred", "thousand"):
            scale = 100 if word == "hundred" else 1000
            current = (current if current is not None else 1) * scale
            if scale == 1000:
                total, current = total + current, None
            last = scale
            continue
        value = 1 if word == "a" else _SMALL.get(word, _TENS.get(word, 0))
        fits = current is None or last >= 100 or (last in _TENS.values() and 0 < value < 10)
        if not fits:
            done.append(total + (current or 0))
            total, current = 0, None
        current = (current or 0) + value
        last = value
    done.append(total + (current or 0))
    return " ".join(map(str, done))


def _chinese_number(found: re.Match[str]) -> str:
    """三十五 -> 35, 二〇二五 -> 2025; kept apart from digits beside it (星期三16:00)."""
    text = found[0]
    before, after = found.string[: found.start()], found.string[found.end() :][:1]
    digit_before = before[-1:].isdecimal()
    if digit_before and text[0] in _CHINESE_SCALE:
        return text  # 3万
    if text == "千" and after in ("米", "克") and before.rstrip()[-1:].isdecimal():
        return text  # 3 千米
    space_before, space_after = " " * digit_before, " " * after.isdecimal()
    return f"{space_before}{_SOFT + '1' if text == '一' else _chinese_value(text)}{space_after}"


def _chinese_value(text: str) -> str:
    if not any(char in _CHINESE_SCALE for char in text):
        return "".join(str(_CHINESE_DIGIT[char]) for char in text)
    total, section, digit = 0, 0, 0
    for char in text:
        if char in _CHINESE_DIGIT:
            digit = _CHINESE_DIGIT[char]
        elif char == "万":
            total, section, digit = total + (section + digit) * 10_000, 0, 0
        else:
            section += (digit or 1) * _CHINESE_SCALE[char]
            digit = 0
    return str(total + section + digit)
