"""Weather forecasts: six days with a symbol and two temperatures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evalkit.tasks.mmmb_twin.canvas import WHITE, Canvas, Colour, shade
from evalkit.tasks.mmmb_twin.facts import Answer, Fact, Picture
from evalkit.tasks.mmmb_twin.families.wording import Wording, others, picture
from evalkit.tasks.mmmb_twin.terms import WEATHER
from evalkit.tasks.mmmb_twin.values import WEEKDAYS, quantity, weekday
from evalkit.tasks.mmmb_twin.world import World

if TYPE_CHECKING:
    from PIL.Image import Image

WORDS = {
    "en": Wording(
        labels=(
            "the coast", "the valley", "the capital", "the lake district", "the island", "the high plateau",
            "the border town",
            "my home town",
        ),
        name="the weather forecast for {label}",
        intros=(
            "This is the weather forecast for {label}.", "I looked up the weather forecast for {label}.",
            "Here's the weather forecast for {label}.", "Screenshot of the weather forecast for {label}.",
        ),
        remarks=(
            "Changeable, it seems.", "I see six days with their temperatures.", "The forecast is easy to read.",
            "Good to have that at hand.",
        ),
        asks={
            "high": (
                "What's the high for {day}?", "What maximum temperature is forecast for {day}?",
                "How warm is it supposed to get on {day}?",
            ),
            "low": (
                "What's the low for {day}?", "What minimum temperature is forecast for {day}?",
                "How cold is it supposed to get on {day}?",
            ),
            "sky": ("What kind of weather does the symbol for {day} show?", "What does the icon for {day} stand for?"),
        },
        says={
            "high": "the high for {day} is {value}", "low": "the low for {day} is {value}",
            "sky": "the symbol for {day} says {value}",
        },
    ),
    "zh": Wording(
        labels=("海边", "山谷", "首都", "湖区", "岛上", "高原", "边境小镇", "老家"),
        name="{label}的天气预报",
        intros=(
            "这是{label}的天气预报。", "我查了{label}的天气预报。", "给你看{label}的天气预报。",
            "{label}的天气预报，我截了图。",
        ),
        remarks=("天气变化还挺大。", "六天的气温都看到了。", "预报图很好读。", "提前看看挺好。"),
        asks={
            "high": ("{day}最高多少度？", "{day}的最高气温是多少？", "预报{day}最热到几度？"),
            "low": ("{day}最低多少度？", "{day}的最低气温是多少？", "预报{day}最冷到几度？"),
            "sky": ("{day}的图标表示什么天气？", "{day}预报是什么天气？"),
        },
        says={"high": "{day}最高{value}", "low": "{day}最低{value}", "sky": "{day}是{value}"},
    ),
}  # fmt: skip


def make(world: World, *, highs: Mapping[int, int] | None = None) -> Picture:
    """A forecast of six days in a row.

    Args:
        world: of the dialogue.
        highs: of days (0 is Monday), where they are given; the forecast then covers them.
    """
    draws, words, language = world.draws, WORDS[world.language], world.language
    start = draws.integer(0, 6)
    if highs and (start + 6) % 7 in highs:
        start = (start + 1) % 7  # the one day left out is the day before the first
        while (start + 6) % 7 in highs:
            start = (start + 1) % 7
    days = [(start + place) % 7 for place in range(6)]
    base = draws.integer(6, 22)
    pool = [value for value in range(base - 3, base + 14) if value not in (highs or {}).values()]
    drawn = dict(zip(days, draws.sample(pool, 6), strict=True))
    tops = [(highs or {}).get(day, drawn[day]) for day in days]
    lows = draws.sample(range(min(tops) - 14, min(tops) - 1), 6)
    skies = [draws.pick([sky for sky in WEATHER if sky != "snow" or top < 9]) for top in tops]
    spec = {"days": [list(row) for row in zip(days, skies, tops, lows, strict=True)], "look": draws.integer(0, 3)}
    highest = [quantity(value, "°C", "度", language) for value in tops]
    lowest = [quantity(value, "°C", "度", language) for value in lows]
    facts = []
    for place, day in enumerate(days):
        shown = weekday(day, language).text
        sky = WEATHER[skies[place]].answer(language)
        facts.append(_temperature(words, "high", day, shown, highest, place))
        facts.append(_temperature(words, "low", day, shown, lowest, place))
        skies_said = [term.answer(language) for term in WEATHER.values()]
        facts.append(
            words.fact(f"sky:{day}", "weather", sky, choices=6, rivals=others(skies_said, sky), ask="sky", day=shown)
        )
    return picture(world, "forecast", words, spec, facts)


def _temperature(words: Wording, wish: str, day: int, shown: str, answers: list[Answer], place: int) -> Fact:
    """The high or low of a day."""
    mine = answers[place]
    return words.fact(
        f"{wish}:{day}", "temperature", mine, choices=24, rivals=others(answers, mine), ask=wish, day=shown
    )


def draw(spec: Mapping[str, Any]) -> Image:
    """Columns with symbols, the high above the low."""
    ground = ((70, 120, 180), (56, 72, 110), (110, 150, 170), (90, 110, 150))[spec["look"]]
    canvas = Canvas(648, 300, ground, scale=2)
    for place, (day, sky, high, low) in enumerate(spec["days"]):
        x = 12 + 104 * place
        canvas.box(x, 14, 100, 272, shade(ground, 1.12 + 0.1 * (place % 2)), round=12)
        canvas.bold(x + 50, 42, WEEKDAYS[day][:3], 24, WHITE, "mm")
        _symbol(canvas, x + 50, 116, sky)
        canvas.bold(x + 50, 204, f"{high}°", 34, WHITE, "mm")
        canvas.text(x + 50, 250, f"{low}°", 25, (206, 220, 238), "mm")
    return canvas.finished()


def _symbol(canvas: Canvas, x: float, y: float, sky: str) -> None:
    sun: Colour = (252, 208, 70)
    if sky == "sun":
        for dx, dy in ((0, -36), (25, -25), (36, 0), (25, 25), (0, 36), (-25, 25), (-36, 0), (-25, -25)):
            canvas.line([(x + dx * 0.72, y + dy * 0.72), (x + dx, y + dy)], sun, 4)
        canvas.oval(x, y, 20, 20, sun)
        return
    if sky == "fog":
        for row in range(5):
            canvas.box(x - 36 + 7 * (row % 2), y - 26 + 13 * row, 62, 7, (224, 228, 234), round=3)
        return
    grey: Colour = (236, 240, 244) if sky in ("cloud", "snow") else (170, 178, 190)
    for dx, dy, radius in ((-18, 0, 17), (4, -10, 23), (24, 2, 15)):
        canvas.oval(x + dx, y + dy - 8, radius, radius, grey)
    canvas.box(x - 34, y - 6, 72, 17, grey, round=8)
    if sky == "rain":
        for dx in (-22, -6, 10, 26):
            canvas.line([(x + dx, y + 18), (x + dx - 7, y + 38)], (96, 170, 250), 4)
    elif sky == "snow":
        for dx, dy in ((-20, 22), (-2, 30), (16, 22), (28, 34), (-12, 40)):
            canvas.oval(x + dx, y + dy, 5, 5, WHITE)
    elif sky == "storm":
        canvas.shape(
            [(x + 4, y + 8), (x - 12, y + 32), (x, y + 32), (x - 6, y + 50), (x + 16, y + 24), (x + 3, y + 24)], sun
        )
