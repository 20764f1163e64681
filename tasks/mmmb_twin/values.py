"""Values as answers in the language of the dialogue, with further wordings that are right as well."""

from __future__ import annotations

from evalkit.tasks.mmmb_twin.facts import Answer, Language

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKDAYS_ZH = "一二三四五六日"
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
CURRENCIES = {"EUR": ("euros", "欧元"), "USD": ("dollars", "美元"), "CHF": ("francs", "瑞士法郎")}


def money(amount: float, currency: str, language: Language) -> Answer:
    """An amount such as 14.5 in one of CURRENCIES."""
    number = f"{amount:.2f}" if amount != int(amount) else f"{int(amount)}"
    name = CURRENCIES[currency][language == "zh"]
    return Answer(f"{number} {name}" if language == "en" else f"{number}{name}", (number,), round(amount, 2))


def count(number: int, language: Language) -> Answer:
    """A number of things."""
    return Answer(str(number), (), number)


def quantity(number: float, unit_en: str, unit_zh: str, language: Language) -> Answer:
    """A number with a unit."""
    shown = f"{number:g}"
    if language == "zh":
        return Answer(f"{shown}{unit_zh}", (), number)
    return Answer(shown + (unit_en if unit_en in ("%", "°C", "°") else f" {unit_en}"), (), number)


def clock(minutes: int, language: Language, *, half_day: bool = False) -> Answer:
    """A time of day.

    Args:
        minutes: after midnight.
        language: of the dialogue.
        half_day: read off a dial, where 7:25 and 19:25 look the same.
    """
    hour, minute = divmod(minutes % 1440, 60)
    text = f"{hour}:{minute:02d}"
    others = (f"{(hour + 12) % 24}:{minute:02d}",) if half_day else ()
    if language == "zh":
        return Answer(text, (f"{hour}点{minute}分" if minute else f"{hour}点", *others), minutes)
    return Answer(text, others, minutes)


def weekday(index: int, language: Language) -> Answer:
    """A day of the week; 0 is Monday."""
    if language == "zh":
        short = _WEEKDAYS_ZH[index]
        others = ("周日", "礼拜天", "星期天", "周天") if index == 6 else (f"周{short}", f"礼拜{short}")
        return Answer(f"星期{short}", others, index)
    name = WEEKDAYS[index]
    return Answer(name, (name[:3], f"{name}s"), index)


def day_of_month(day: int, month: int, language: Language) -> Answer:
    """A date; `month` counts from 1."""
    if language == "zh":
        return Answer(f"{month}月{day}日", (f"{month}月{day}号", f"{day}号", f"{day}日"), day)
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(day % 10 if day not in (11, 12, 13) else 0, "th")
    name = MONTHS[month - 1]
    return Answer(f"the {day}{suffix}", (f"{name} {day}", f"{day} {name}", f"{day}{suffix} of {name}"), day)


def code(text: str) -> Answer:
    """A code such as K7-309."""
    plain = text.replace("-", "").replace(" ", "")
    spaced = text.replace("-", " ")
    return Answer(text, tuple(dict.fromkeys(form for form in (plain, spaced) if form != text)))


def name(text: str, *others: str) -> Answer:
    """A name or another word that is given as it is written."""
    return Answer(text, tuple(other for other in others if other != text))
