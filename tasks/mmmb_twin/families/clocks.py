"""World clocks: dials with hands, one for each city."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evalkit.tasks.mmmb_twin.canvas import INK, MUTED, WHITE, Canvas, shade
from evalkit.tasks.mmmb_twin.facts import Picture
from evalkit.tasks.mmmb_twin.families.wording import Wording, others, picture
from evalkit.tasks.mmmb_twin.terms import CITIES
from evalkit.tasks.mmmb_twin.values import clock
from evalkit.tasks.mmmb_twin.world import World

if TYPE_CHECKING:
    from PIL.Image import Image

WORDS = {
    "en": Wording(
        labels=(
            "the hotel lobby", "the travel agency", "the newsroom", "the office on the third floor",
            "the language school",
            "the airport lounge", "the map room", "the shipping company",
        ),
        name="the wall clocks in {label}",
        intros=(
            "These are the wall clocks in {label}.", "I stood in front of the wall clocks in {label} for a while.",
            "Look at the wall clocks in {label}; some of them are surely wrong.",
            "Here are the wall clocks in {label}, one for each city.",
        ),
        remarks=(
            "They don't agree with real time zones, but I can read them.", "A classic row of dials.",
            "Each dial has its city underneath.", "I can make out all the hands.",
        ),
        asks={"time": (
            "What time does the {city} clock show?", "Where do the hands of the {city} clock stand?",
            "Which time can be read off the dial marked {city}?",
        )},
        says={"time": "the {city} clock shows {value}"},
    ),
    "zh": Wording(
        labels=("酒店大堂", "旅行社", "新闻编辑部", "三楼办公室", "语言学校", "机场休息室", "地图室", "船运公司"),
        name="{label}墙上的那排钟",
        intros=(
            "这是{label}墙上的那排钟。", "我在{label}看到墙上挂了一排钟。",
            "你看{label}墙上的那排钟，肯定有走得不准的。",
            "{label}墙上挂着各个城市的钟，我拍下来了。",
        ),
        remarks=(
            "跟真实时区对不上，不过都看得清。", "很经典的一排挂钟。", "每个钟下面都写着城市名。",
            "指针我都看清楚了。",
        ),
        asks={"time": ("{city}那个钟显示几点？", "{city}的钟指针指在几点几分？", "标着{city}的表盘是几点？")},
        says={"time": "{city}的钟显示{value}"},
    ),
}  # fmt: skip


def make(world: World, *, half_day: bool = True) -> Picture:
    """Three or four clocks.

    Args:
        world: of the dialogue.
        half_day: accept both readings of a dial.
    """
    draws, words = world.draws, WORDS[world.language]
    cities = world.take("clock city", CITIES[-10:], draws.integer(3, 4))
    times = draws.sample([minutes for minutes in range(60, 720, 5) if minutes % 60], len(cities))
    spec = {
        "clocks": [[city.en, minutes] for city, minutes in zip(cities, times, strict=True)],
        "wall": draws.integer(0, len(MUTED) - 1), "face": draws.integer(0, 2),
    }  # fmt: skip
    answers = [clock(minutes, world.language, half_day=half_day) for minutes in times]
    facts = [
        words.fact(
            f"time:{city.en}",
            "time",
            answer,
            choices=132,
            rivals=others(answers, answer),
            city=city.say(world.language),
        )
        for city, answer in zip(cities, answers, strict=True)
    ]
    return picture(world, "clocks", words, spec, facts)


def draw(spec: Mapping[str, Any]) -> Image:
    """Dials on a wall, city names on plates."""
    wall = shade(MUTED[spec["wall"]], 1.6)
    number = len(spec["clocks"])
    canvas = Canvas(180 * number, 270, wall, scale=2)
    canvas.box(0, 236, 180 * number, 34, shade(wall, 0.7))
    for place, (city, minutes) in enumerate(spec["clocks"]):
        dial(canvas, 90 + 180 * place, 110, 74, minutes, spec["face"], shade(MUTED[spec["wall"]], 0.7))
        canvas.box(90 + 180 * place - 56, 200, 112, 30, WHITE, INK, 1, round=4)
        canvas.text(90 + 180 * place, 215, city, 19, anchor="mm")
    return canvas.finished()


def dial(canvas: Canvas, x: float, y: float, radius: float, minutes: int, face: int, rim: tuple[int, int, int]) -> None:
    """A clock face; `minutes` after twelve."""
    canvas.oval(x, y, radius, radius, rim)
    canvas.oval(x, y, radius * 0.9, radius * 0.9, ((252, 252, 248), (244, 236, 214), (236, 242, 248))[face])
    for mark in range(60):
        angle = math.radians(mark * 6)
        inner = 0.78 if mark % 5 == 0 else 0.84
        ends = [(x + radius * share * math.sin(angle), y - radius * share * math.cos(angle)) for share in (inner, 0.87)]
        canvas.line(ends, INK, 2.4 if mark % 5 == 0 else 0.8)
    for hour in range(1, 13):
        angle = math.radians(hour * 30)
        at = (x + radius * 0.65 * math.sin(angle), y - radius * 0.65 * math.cos(angle))
        canvas.text(at[0], at[1], str(hour), int(radius * 0.2), anchor="mm")
    for share, length, thick in (((minutes / 720) % 1, 0.46, 6), ((minutes / 60) % 1, 0.74, 3.4)):
        angle = 2 * math.pi * share
        tail = (x - radius * 0.1 * math.sin(angle), y + radius * 0.1 * math.cos(angle))
        canvas.line([tail, (x + radius * length * math.sin(angle), y - radius * length * math.cos(angle))], INK, thick)
    canvas.oval(x, y, 5, 5, (190, 40, 40))
