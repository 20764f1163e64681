"""Typed values in free text: every number word, clock, date and unit, against values worked out another way."""

from __future__ import annotations

import pytest

from evalkit.metrics.answers.occurrence import occurs, pattern, places
from evalkit.metrics.answers.values import Token, singular, tokens

ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]  # fmt: skip
TENS = {20: "twenty", 30: "thirty", 40: "forty", 50: "fifty", 60: "sixty", 70: "seventy", 80: "eighty", 90: "ninety"}
HAN = "零一二三四五六七八九"


def english(number: int) -> str:
    if number < 20:
        return ONES[number]
    if number < 100:
        return TENS[number // 10 * 10] + (f"-{ONES[number % 10]}" if number % 10 else "")
    if number < 1000:
        rest = f" and {english(number % 100)}" if number % 100 else ""
        return f"{ONES[number // 100]} hundred{rest}"
    rest = f" {english(number % 1000)}" if number % 1000 else ""
    return f"{english(number // 1000)} thousand{rest}"


def chinese(number: int) -> str:
    if number < 10:
        return HAN[number]
    for size, char in ((10_000, "万"), (1000, "千"), (100, "百"), (10, "十")):
        if number >= size:
            head, rest = divmod(number, size)
            gap = "零" if 0 < rest < size // 10 else ""
            return ("" if size == 10 and head == 1 else chinese(head)) + char + gap + (chinese(rest) if rest else "")
    raise AssertionError


NUMBERS = [
    *range(2, 100),
    100,
    101,
    110,
    115,
    120,
    199,
    205,
    342,
    999,
    1000,
    1001,
    1250,
    2005,
    9999,
    12_345,
    40_000,
    99_999,
]


def only(text: str) -> Token:
    (found,) = (token for token in tokens(text) if token.kind != "break")
    return found


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_is_the_same_however_it_is_written(number: int) -> None:
    wanted = Token("number", value=float(number))
    assert only(str(number)) == wanted
    assert only(english(number)) == wanted
    assert only(chinese(number)) == wanted


def test_special_numbers() -> None:
    assert only("zero").value == 0
    assert only("零").value == 0
    assert only("a hundred").value == 100
    assert only("a thousand").value == 1000
    assert [token.value for token in tokens("one two three")] == [1, 2, 3]
    assert [token.value for token in tokens("twenty thirty")] == [20, 30]
    assert [token.value for token in tokens("five twenty")] == [5, 20]
    assert [token.value for token in tokens("twenty five hundred")] == [2500]
    assert [token.value for token in tokens("twenty ten")] == [20, 10]
    assert [token.value for token in tokens("ninety zero")] == [90, 0]
    assert only("二〇二五").value == 2025
    assert only("两百").value == 200
    assert only("十万").value == 100_000
    assert only("三十五万零二").value == 350_002
    assert (only("one").soft, only("一").soft, only("two").soft, only("1").soft) == (True, True, False, False)
    assert not tokens("one euro")[0].soft
    assert only("1,234,567").value == 1_234_567
    assert only("minus 5").value == only("负五").value == only("−5").value == -5
    assert only("5 below zero").value == -5
    assert only("3 point 5").value == 3.5


ORDINALS = {
    4: "fourth", 5: "fifth", 6: "sixth", 7: "seventh", 8: "eighth", 9: "ninth", 10: "tenth", 11: "eleventh", 12: "twelfth",
    13: "thirteenth", 14: "fourteenth", 15: "fifteenth", 16: "sixteenth", 17: "seventeenth", 18: "eighteenth",
    19: "nineteenth", 20: "twentieth", 21: "twenty-first", 22: "twenty-second", 23: "twenty-third", 24: "twenty-fourth",
    25: "twenty-fifth", 26: "twenty-sixth", 27: "twenty-seventh", 28: "twenty-eighth", 29: "twenty-ninth",
    30: "thirtieth", 31: "thirty-first",
}  # fmt: skip
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


@pytest.mark.parametrize("day", range(1, 32))
@pytest.mark.parametrize("month", [1, 5, 9, 12])
def test_a_day_is_the_same_however_it_is_written(month: int, day: int) -> None:
    name, wanted = MONTHS[month - 1], Token("date", value=100.0 * month + day)
    end = {1: "st", 2: "nd", 3: "rd"}.get(day % 10 if day // 10 != 1 else 0, "th")
    ways = [f"{name} {day}", f"{day} {name}", f"the {day}{end} of {name}", f"{name[:3]} {day}{end}, 2025",
            f"{month}月{day}日", f"{chinese(month)}月{chinese(day)}号", f"{name} the {day:02d}"]  # fmt: skip
    if day in ORDINALS:
        ways += [f"the {ORDINALS[day]} of {name}", f"{name} {ORDINALS[day].replace('-', ' ')}"]
    for way in ways:
        assert only(way) == wanted, way


@pytest.mark.parametrize("month", range(1, 13))
def test_months_by_their_short_names(month: int) -> None:
    name = MONTHS[month - 1]
    for short in {name[:3], name[:4] if name == "September" else name[:3]}:
        assert only(f"{short}. 7") == Token("date", value=100.0 * month + 7)
        assert only(f"7 {short}.") == Token("date", value=100.0 * month + 7)


@pytest.mark.parametrize(
    "text", ["3 may be enough", "I saw 5 may have gone", "July 32", "13月5日", "1.5 May", "May 3:15"]
)
def test_what_is_no_date(text: str) -> None:
    assert all(token.kind != "date" for token in tokens(text))


@pytest.mark.parametrize("hour", range(24))
@pytest.mark.parametrize("minute", [0, 5, 15, 30, 45, 59])
def test_a_time_is_the_same_however_it_is_written(hour: int, minute: int) -> None:
    wanted = Token("time", value=float(60 * hour + minute))
    short, half = (hour % 12) or 12, "pm" if hour >= 12 else "am"
    ways = [f"{hour:02d}:{minute:02d}", f"{hour}:{minute:02d}:30", f"{short}:{minute:02d} {half}", f"{hour}：{minute:02d}",
            f"{short}:{minute:02d} {half[0]}.{half[1]}.", f"{hour}h{minute:02d}", f"{hour}点{minute:02d}分"]  # fmt: skip
    if minute == 0:
        ways += [f"{short} {half}", f"{hour}点", f"{hour}点整", f"{hour}时"]
    if 1 <= hour <= 11:
        ways += [f"{short}.{minute:02d} am", f"{short}:{minute:02d} in the morning"]
        ways += [f"凌晨{hour}:{minute:02d}", f"上午{hour}点{minute}分" if minute > 9 else f"早上{hour}点{minute:02d}分"]
    if hour > 12:
        ways += [f"{short}:{minute:02d} in the {'evening' if hour > 17 else 'afternoon'}", f"下午{short}:{minute:02d}"]
        ways += [f"傍晚{short}:{minute:02d}", f"晚上{short}:{minute:02d}", f"夜里{short}:{minute:02d}"]
    if 18 <= hour <= 23:
        ways += [f"{short}:{minute:02d} at night"]
    for way in ways:
        assert only(way) == wanted, way


SPOKEN_TIMES = {
    "half past seven": 450, "quarter past seven": 435, "quarter to seven": 405, "twenty past seven": 440,
    "twenty to seven": 400, "twenty-five to seven": 395, "ten minutes to seven": 410, "ten minutes past twelve": 730,
    "quarter to one": 765, "five past 7": 425, "half past seven in the evening": 1170, "12 am": 0, "12 pm": 720,
    "12:30 am": 30, "12:30 pm": 750, "7 o'clock": 420, "24:00": 0, "七点半": 450, "七点一刻": 435, "七点三刻": 465,
    "晚上十二点": 720, "凌晨十二点": 0, "4:10 at night": 250, "5:59 at night": 359, "6:01 at night": 1081, "12:10 at night": 730,
}  # fmt: skip


@pytest.mark.parametrize("text", SPOKEN_TIMES)
def test_times_as_people_say_them(text: str) -> None:
    assert only(text) == Token("time", value=float(SPOKEN_TIMES[text]))


@pytest.mark.parametrize("text", ["half past thirteen", "7:60", "25点", "3点5", "75 past 7", "7点75分"])
def test_what_is_no_time(text: str) -> None:
    assert all(token.kind != "time" for token in tokens(text))


UNITS = {
    "EUR": ["€", "eur", "euro", "euros", "欧元", "欧"], "USD": ["$", "usd", "dollars", "bucks", "美元", "美金"],
    "GBP": ["£", "gbp", "pounds", "英镑"], "CHF": ["chf", "francs", "瑞士法郎", "法郎"], "CNY": ["¥", "cny", "rmb", "yuan", "人民币"],
    "money": ["块钱", "块", "元"], "%": ["%", "percent", "pct"],
    "km": ["km", "kilometres", "kilometer", "公里", "千米"], "mile": ["miles", "mi", "英里"],
    "m": ["metres", "meter", "米"], "cm": ["cm", "centimetres", "centimeter", "厘米"],
    "m2": ["m2", "sqm", "平方米", "平米", "square metres", "sq. m"], "ft2": ["ft2", "sqft", "square feet", "sq ft"],
    "C": ["°c", "℃", "° C", "摄氏度"], "F": ["°f", "华氏度"], "degree": ["°", "degrees", "度"],
    "min": ["min", "minutes", "分钟"], "h": ["hours", "hr", "小时", "钟头"], "day": ["days", "天"],
    "kg": ["kg", "kilos", "kilogram", "kilogrammes", "公斤", "千克"], "g": ["grams", "gramme", "克"],
    "l": ["litres", "liter", "升"],
}  # fmt: skip


@pytest.mark.parametrize(("unit", "written"), [(unit, name) for unit, names in UNITS.items() for name in names])
def test_units(unit: str, written: str) -> None:
    assert only(f"17 {written}") == Token("number", value=17.0, unit=unit)
    if not written.startswith(("sq", "° ")):
        assert only(f"17{written}") == Token("number", value=17.0, unit=unit)


def test_units_before_and_units_nobody_listed() -> None:
    for sign, unit in {"€": "EUR", "$": "USD", "£": "GBP", "¥": "CNY"}.items():
        assert only(f"{sign}17") == Token("number", value=17.0, unit=unit)
    assert tokens("17 boxes") == [Token("number", value=17.0), Token("word", "box")]
    assert tokens("17本书") == [Token("number", value=17.0), Token("word", "本"), Token("word", "书")]
    assert tokens("17元钱")[0].unit == "money"
    assert only("5 euros and 50 cents") == only("5.50 €") == only("5欧元5角") == Token("number", value=5.5, unit="EUR")
    assert only("百分之二十三") == Token("number", value=23.0, unit="%")
    assert only("67,50 €").value == 67.5


def number(value: float, unit: str | None = None) -> Token:
    return Token("number", value=value, unit=unit)


@pytest.mark.parametrize(
    ("one", "other", "fits"),
    [
        (number(5), number(5), True), (number(5), number(5, "km"), True), (number(5, "km"), number(5), True),
        (number(5, "km"), number(5, "mile"), False), (number(5, "C"), number(5, "degree"), True),
        (number(5, "F"), number(5, "degree"), True), (number(5, "C"), number(5, "F"), False),
        *((number(5, "money"), number(5, unit), True) for unit in ("EUR", "USD", "GBP", "CHF", "CNY")),
        (number(5, "money"), number(5, "km"), False), (number(5), number(5.00001), False),
        (number(1e6), number(1e6 + 0.5), True), (number(1e6), number(1e6 + 1.5), False),
        (number(0.5), number(0.5 + 0.9e-6), True), (number(0.5), number(0.5 + 1.5e-6), False),
        (number(-1e6), number(-1e6 - 0.5), True),
        (number(5), Token("time", value=5.0), False), (Token("time", value=5.0), Token("time", value=5.0), True),
        (Token("date", value=5.0), Token("date", value=6.0), False), (Token("word", "a"), Token("word", "a"), True),
        (Token("word", "a"), Token("word", "b"), False),
    ],
)  # fmt: skip
def test_what_is_equal_in_meaning(one: Token, other: Token, fits: bool) -> None:
    assert one.fits(other) is fits


def test_ranges_and_differences() -> None:
    assert [(token.kind, token.value) for token in tokens("3-4")] == [("number", 3), ("or", 0), ("number", 4)]
    assert [(token.kind, token.value) for token in tokens("251-143")] == [("number", 251), ("number", 143)]
    assert [(token.kind, token.value) for token in tokens("4-4")] == [("number", 4), ("number", 4)]


@pytest.mark.parametrize(
    ("word", "one"),
    [("boxes", "box"), ("berries", "berry"), ("mugs", "mug"), ("churches", "church"), ("dishes", "dish"),
     ("classes", "class"), ("class", "class"), ("bus", "bus"), ("cars", "car"), ("ties", "tie"), ("axes", "axe"),
     ("glass", "glass"), ("cities", "city")],
)  # fmt: skip
def test_singulars(word: str, one: str) -> None:
    assert singular(word) == one


@pytest.mark.parametrize(
    ("text", "is_option"),
    [("A", True), ("a", True), ("(a)", True), ("option A", True), ("The answer A", True), ("A is right", True),
     ("A cat", False), ("a cat", False), ("It is A.", True), ("choice A", True), ("letter A", True), ("A because", True)],
)  # fmt: skip
def test_the_letter_of_an_option(text: str, is_option: bool) -> None:
    assert bool(list(places(tokens(text, options=True), pattern("A")))) is is_option


def test_where_a_wording_occurs() -> None:
    read = tokens("a red car and a red cup")
    assert list(places(read, pattern("red"))) == [0, 3]
    assert list(places(read, pattern("red cup"))) == [3]
    assert list(places(read, pattern("cup"))) == [4]
    assert list(places(read, pattern("and a red cup of"))) == []
    assert list(places(read, pattern("a red car and a red cup"))) == [0]
    assert occurs("It costs twenty euros", ["€20", "thirty"])
    assert not occurs("It costs twenty euros", ["€30"])
    assert not occurs("nothing", [])
    assert pattern("red, or blue") == (Token("word", "red"), Token("word", "blue"))
