"""Spelled-out English numbers -> digits, as the number step of Whisper's English normaliser does it.

Behaviour of ``EnglishNumberNormalizer`` in openai/whisper ``whisper/normalizers/english.py``, quirks included: "1" is
written "one" even inside "1.5" (-> "one.5"), "point" vanishes before "hundred", a second sign overrides the first.

One difference, on input where the official code stops with an error: a single numeral of more digits than Python
converts (4,300) is passed through as an ordinary word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import NamedTuple


class Kind(Enum):
    """What a word of the number vocabulary does."""

    ZERO = auto()
    UNIT = auto()  # one .. nineteen
    UNIT_FINAL = auto()  # ones, first, ...: the number ends here, with a suffix
    TEN = auto()
    TEN_FINAL = auto()
    SCALE = auto()  # hundred, thousand, ...
    SCALE_FINAL = auto()
    SIGN = auto()
    CURRENCY = auto()
    PERCENT = auto()
    PER = auto()
    AND = auto()
    REPEAT = auto()  # double, triple
    POINT = auto()


class Entry(NamedTuple):
    """A vocabulary word: its kind, its number, and the mark (suffix, sign, currency) it writes."""

    kind: Kind
    number: int = 0
    mark: str = ""


_UNITS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
)
_TEN_STEMS = "twent thirt fort fift sixt sevent eight ninet"
_ILLION_STEMS = "m b tr quadr quint sext sept oct non dec"


def _build_vocabulary() -> dict[str, Entry]:
    words = {word: Entry(Kind.ZERO) for word in ("o", "oh", "zero")}
    ordinals = {"one": "first", "two": "second", "three": "third", "five": "fifth", "twelve": "twelfth"}
    suffixes = {"one": "st", "two": "nd", "three": "rd"}
    words["zeroth"] = Entry(Kind.UNIT_FINAL, 0, "th")
    for number, unit in enumerate(_UNITS.split(), start=1):
        words[unit] = Entry(Kind.UNIT, number)
        words["sixes" if unit == "six" else unit + "s"] = Entry(Kind.UNIT_FINAL, number, "s")
        # The source forms the ordinal by rule: "eighth", but also "nineth" for nine.
        ordinal = ordinals.get(unit) or unit + ("h" if unit.endswith("t") else "th")
        words[ordinal] = Entry(Kind.UNIT_FINAL, number, suffixes.get(unit, "th"))
    for number, stem in enumerate(_TEN_STEMS.split(), start=2):
        words[stem + "y"] = Entry(Kind.TEN, number * 10)
        words[stem + "ies"] = Entry(Kind.TEN_FINAL, number * 10, "s")
        words[stem + "ieth"] = Entry(Kind.TEN_FINAL, number * 10, "th")
    illions = [stem + "illion" for stem in _ILLION_STEMS.split()]
    scales = {"hundred": 100, "thousand": 1000, **{word: 10 ** (6 + 3 * i) for i, word in enumerate(illions)}}
    for scale, number in scales.items():
        words[scale] = Entry(Kind.SCALE, number)
        words[scale + "s"] = Entry(Kind.SCALE_FINAL, number, "s")
        words[scale + "th"] = Entry(Kind.SCALE_FINAL, number, "th")
    for sign, names in (("-", ("minus", "negative")), ("+", ("plus", "positive"))):
        words.update((name, Entry(Kind.SIGN, mark=sign)) for name in names)
    for mark, name in (("£", "pound"), ("€", "euro"), ("$", "dollar"), ("¢", "cent")):
        words[name] = words[name + "s"] = Entry(Kind.CURRENCY, mark=mark)
    words["percent"] = Entry(Kind.PERCENT)
    words["per"] = Entry(Kind.PER)
    words["and"] = Entry(Kind.AND)
    words["double"] = Entry(Kind.REPEAT, 2)
    words["triple"] = Entry(Kind.REPEAT, 3)
    words["point"] = Entry(Kind.POINT)
    return words


VOCABULARY = _build_vocabulary()
_DECIMAL_KINDS = frozenset({Kind.ZERO, Kind.UNIT, Kind.TEN})
_PREFIXES = frozenset("-+£€$¢")
_numeral = re.compile(r"(\d+)(?:\.(\d+))?").fullmatch
_decimal_text = re.compile(r"(\d*)(?:\.(\d*))?").fullmatch


def _number_text(value: int | str) -> str:
    """Decimal digits of `value`, also beyond the size at which ``str(int)`` refuses."""
    try:
        return str(value)
    except ValueError:
        head, tail = divmod(int(value), 10**4000)
        return _number_text(head) + str(tail).zfill(4000)


def _scaled(value: int | str | None, scale: int) -> int | None:
    """`value` times `scale` ("two" "thousand"), or None where no whole number comes out ("1.2.3" "million")."""
    if value is None:
        return scale
    if isinstance(value, int):
        # Only what follows the last thousand is scaled: "one thousand two hundred" is 1000 + 2 * 100.
        rest = value % 1000
        return value - rest + rest * scale
    parts = _decimal_text(value)
    if parts is None or not (parts[1] or parts[2]):
        return None
    fraction = parts[2] or ""
    try:
        product = int(parts[1] + fraction) * scale
    except ValueError:  # more digits than Python converts
        return None
    whole, rest = divmod(product, 10 ** len(fraction))
    return None if rest else whole


class _NumberReader:
    """Reads words left to right; `value` is the number under construction, `prefix` the sign or currency due.

    `value` is an int while it can still grow by arithmetic, and a str once digits have been strung together.
    """

    __slots__ = ("following", "out", "preceding", "prefix", "value")

    def __init__(self) -> None:
        self.out: list[str] = []
        self.value: int | str | None = None
        self.prefix = ""
        self.preceding: Kind | None = None
        self.following: str | None = None

    def read(self, words: Sequence[str]) -> list[str]:
        count = len(words)
        position = 0
        while position < count:
            word = words[position]
            entry = VOCABULARY.get(word)
            position += 1
            if entry is None:
                if not (word[-1].isdecimal() and self._take_numeral(word)):
                    self._flush()
                    self._put(word)
                continue
            before = VOCABULARY.get(words[position - 2]) if position > 1 else None
            self.preceding = before.kind if before else None
            self.following = words[position] if position < count else None
            if _HANDLERS[entry.kind](self, word, entry):
                position += 1
        self._flush()
        return self.out

    def _put(self, text: int | str) -> None:
        self.out.append(self.prefix + (text if isinstance(text, str) else _number_text(text)))
        self.prefix = ""
        self.value = None

    def _flush(self) -> None:
        if self.value is not None:
            self._put(self.value)

    def _following_entry(self) -> Entry | None:
        return VOCABULARY.get(self.following) if self.following is not None else None

    def _number_may_follow(self) -> bool:
        word = self.following
        return word is not None and (word in VOCABULARY or _numeral(word) is not None)

    def _take_numeral(self, word: str) -> bool:
        """Take a token written in digits, with or without sign or currency before it; False if it is none."""
        marked = word[0] in _PREFIXES
        body = word[1:] if marked else word
        match = _numeral(body)
        if match is None:
            return False
        try:
            whole = match[2] is None or int(match[2]) == 0
            value = int(match[1]) if whole else body
        except ValueError:  # more digits than Python converts
            return False
        if isinstance(self.value, str) and self.value.endswith("."):
            self.value += word
            return True
        self._flush()
        if marked:
            self.prefix = word[0]
        self.value = value
        return True

    def _with_unit(self, unit: int) -> int | str:
        value = self.value
        if value is None:
            return unit
        if isinstance(value, str) or self.preceding is Kind.UNIT:
            text = _number_text(value)
            if self.preceding is Kind.TEN and unit < 10:
                text = text[:-1]
            return text + str(unit)
        if value % (10 if unit < 10 else 100) == 0:
            return value + unit
        return _number_text(value) + str(unit)

    def _with_ten(self, ten: int) -> int | str:
        value = self.value
        if value is None:
            return ten
        if isinstance(value, int) and value % 100 == 0:
            return value + ten
        return _number_text(value) + str(ten)

    def _digits_so_far(self) -> str:
        # A plain 0 counts as nothing here: "0 oh five" reads "05".
        return _number_text(self.value) if self.value else ""

    # Handlers return True where they have also used up the following word.

    def _zero(self, word: str, entry: Entry) -> bool:
        self.value = self._digits_so_far() + "0"
        return False

    def _unit(self, word: str, entry: Entry) -> bool:
        self.value = self._with_unit(entry.number)
        return False

    def _unit_final(self, word: str, entry: Entry) -> bool:
        self._put(_number_text(self._with_unit(entry.number)) + entry.mark)
        return False

    def _ten(self, word: str, entry: Entry) -> bool:
        self.value = self._with_ten(entry.number)
        return False

    def _ten_final(self, word: str, entry: Entry) -> bool:
        self._put(_number_text(self._with_ten(entry.number)) + entry.mark)
        return False

    def _scale(self, word: str, entry: Entry) -> bool:
        product = _scaled(self.value, entry.number)
        if product is None:
            self._flush()
            product = entry.number
        self.value = product
        return False

    def _scale_final(self, word: str, entry: Entry) -> bool:
        product = _scaled(self.value, entry.number)
        if product is None:
            self._flush()
            product = entry.number
        self._put(_number_text(product) + entry.mark)
        return False

    def _sign(self, word: str, entry: Entry) -> bool:
        self._flush()
        if self._number_may_follow():
            self.prefix = entry.mark
        else:
            self._put(word)
        return False

    def _currency(self, word: str, entry: Entry) -> bool:
        if self.value is None:
            self._put(word)
        else:
            self.prefix = entry.mark
            self._flush()
        return False

    def _percent(self, word: str, entry: Entry) -> bool:
        self._put(word if self.value is None else _number_text(self.value) + "%")
        return False

    def _per(self, word: str, entry: Entry) -> bool:
        if self.value is not None and self.following == "cent":
            self._put(_number_text(self.value) + "%")
            return True
        self._flush()
        self._put(word)
        return False

    def _and(self, word: str, entry: Entry) -> bool:
        if self.preceding is not Kind.SCALE or not self._number_may_follow():
            self._flush()
            self._put(word)
        return False

    def _repeat(self, word: str, entry: Entry) -> bool:
        repeated = self._following_entry()
        if repeated and repeated.kind in (Kind.ZERO, Kind.UNIT):
            self.value = self._digits_so_far() + str(repeated.number) * entry.number
            return True
        self._flush()
        self._put(word)
        return False

    def _point(self, word: str, entry: Entry) -> bool:
        if not self._number_may_follow():
            self._flush()
            self._put(word)
            return False
        digit = self._following_entry()
        if digit is None or digit.kind in _DECIMAL_KINDS:
            self.value = self._digits_so_far() + "."
        return False


_HANDLERS: dict[Kind, Callable[[_NumberReader, str, Entry], bool]] = {
    kind: getattr(_NumberReader, f"_{kind.name.lower()}") for kind in Kind
}

_AND_A_HALF = re.compile(r"\band\s+a\s+half\b")
_LETTER_MEETS_DIGIT = re.compile(r"(?<=[a-z])(?=[0-9])|(?<=[0-9])(?=[a-z])")
_SPACE_BEFORE_SUFFIX = re.compile(r"(?<=[0-9])\s+(?=(?:st|nd|rd|th|s)\b)")
_CURRENCY_AND_CENTS = re.compile(r"([€£$])([0-9]+) (?:and )?¢([0-9]{1,2})\b")
_ONLY_CENTS = re.compile(r"[€£$]0.([0-9]{1,2})\b")  # any character may stand for the decimal point
_SINGLE_ONE = re.compile(r"\b1(s?)\b")
_ANY_DIGIT = re.compile("[0-9]")


def _expand_half(text: str) -> str:
    """'two and a half' -> 'two point five'; 'and a half' at the very start of the text is lost."""
    parts = _AND_A_HALF.split(text)
    pieces: list[str] = []
    for part in parts[:-1]:
        words = part.split()
        if words:
            last = VOCABULARY.get(words[-1])
            countable = last is not None and (last.kind in _DECIMAL_KINDS or last.kind is Kind.SCALE)
            pieces += [part, "point five" if countable else "and a half"]
    if parts[-1].strip():
        pieces.append(parts[-1])
    return " ".join(pieces)


def rewrite_numbers(text: str) -> str:
    """Write the spelled-out numbers of lower-case `text` in digits; white space comes out as single spaces.

    Follows ``EnglishNumberNormalizer`` of openai/whisper.
    """
    if "half" in text:
        text = _expand_half(text)
    if _ANY_DIGIT.search(text):
        text = _SPACE_BEFORE_SUFFIX.sub("", _LETTER_MEETS_DIGIT.sub(" ", text))
    text = " ".join(_NumberReader().read(text.split()))
    if "¢" in text:
        text = _CURRENCY_AND_CENTS.sub(lambda m: f"{m[1]}{m[2]}.{m[3]:0>2}", text)
    if "0" in text:
        text = _ONLY_CENTS.sub(lambda m: f"¢{int(m[1])}", text)
    if "1" in text:
        text = _SINGLE_ONE.sub(r"one\1", text)
    return text
