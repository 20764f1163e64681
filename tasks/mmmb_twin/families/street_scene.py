"""Streets: a row of houses in colours, vehicles parked in front of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evalkit.tasks.mmmb_twin.canvas import INK, RGB, WHITE, Canvas, Colour, gradient, shade
from evalkit.tasks.mmmb_twin.facts import Picture
from evalkit.tasks.mmmb_twin.families.wording import Wording, others, picture
from evalkit.tasks.mmmb_twin.terms import COLOURS, Term
from evalkit.tasks.mmmb_twin.values import count
from evalkit.tasks.mmmb_twin.world import World

if TYPE_CHECKING:
    from PIL.Image import Image

VEHICLES: dict[str, Term] = {
    "car": Term("car", "轿车", (), ("汽车", "小汽车", "小轿车")), "van": Term("van", "面包车", (), ("厢式车",)),
    "bus": Term(
        "bus", "公交车", (), ("巴士", "公共汽车")), "scooter": Term("scooter", "踏板摩托车", ("moped",),
        ("摩托车", "踏板车"),
    ),
    "truck": Term("truck", "卡车", ("lorry",), ("货车",)), "bicycle": Term("bicycle", "自行车", ("bike",), ("单车",)),
}  # fmt: skip
WORDS = {
    "en": Wording(
        labels=(
            "my uncle lives on", "we stayed on", "my colleague's office is on", "the market is held on",
            "the school is on",
            "I grew up on", "the tram turns into", "the café is on",
        ),
        name="the picture of the street {label}",
        intros=(
            "This is the street {label}.", "Here's the street {label}, seen from the other side.",
            "I took a picture of the street {label}.", "Do you like the street {label}?",
        ),
        remarks=(
            "What cheerful house fronts.", "A neat row of houses.", "Every house has a number over its door, I see.",
            "A colourful street.",
        ),
        asks={
            "house": ("What colour is house number {number}?", "In which colour is house number {number} painted?"),
            "vehicle": (
                "What is parked in front of house number {number}?",
                "Which vehicle stands in front of house number {number}?",
            ),
            "number": ("What number does the {colour} house have?", "Which house number is on the {colour} house?"),
        },
        says={
            "house": "house number {number} is {value}",
            "vehicle": "in front of house number {number} there is a {value}",
            "number": "the {colour} house has number {value}",
        },
    ),
    "zh": Wording(
        labels=(
            "舅舅家那条街", "我们住过的那条街", "公司楼下那条街", "赶集的那条街", "学校门口那条街", "我长大的那条街",
            "电车拐弯那条街", "咖啡馆那条街",
        ),
        name="{label}的照片",
        intros=(
            "这是{label}的照片。", "给你看{label}的照片，是从对面拍的。", "我拍了{label}的照片。",
            "你喜欢{label}的照片吗？",
        ),
        remarks=("房子颜色真活泼。", "一排房子挺整齐。", "每家门上都有门牌号。", "五颜六色的街道。"),
        asks={
            "house": ("{number}号房子是什么颜色的？", "门牌{number}号的房子刷的什么颜色？"),
            "vehicle": ("{number}号门前停的是什么车？", "停在{number}号房子前面的是什么车？"),
            "number": ("{colour}房子的门牌是几号？", "{colour}那栋房子是多少号？"),
        },
        says={
            "house": "{number}号房子是{value}的", "vehicle": "{number}号门前停着{value}",
            "number": "{colour}房子是{value}号",
        },
    ),
}  # fmt: skip


def make(world: World) -> Picture:
    """Five houses, three or four vehicles."""
    draws, words, language = world.draws, WORDS[world.language], world.language
    paints = draws.sample(tuple(COLOURS), 5)
    first = world.one("house number", range(3, 80))
    numbers = [first + 2 * place for place in range(5)]
    parked = draws.shuffled([*draws.sample(tuple(VEHICLES), draws.integer(3, 4)), "", ""])[:5]
    houses: list[list[Any]] = [
        [paint, number, vehicle, draws.pick(tuple(RGB)), draws.integer(2, 3)]
        for paint, number, vehicle in zip(paints, numbers, parked, strict=True)
    ]
    spec = {"houses": houses, "sky": draws.integer(0, 2)}
    colours = [COLOURS[paint].answer(language) for paint in COLOURS]
    plates = [count(number, language) for number in numbers]
    vehicles = [term.answer(language) for term in VEHICLES.values()]
    facts = []
    for (paint, number, vehicle, _, _), plate in zip(houses, plates, strict=True):
        mine = COLOURS[paint].answer(language)
        facts.append(
            words.fact(
                f"house:{number}", "colour", mine, choices=9, rivals=others(colours, mine), ask="house", number=number
            )
        )
        shown = COLOURS[paint].say(language)
        facts.append(
            words.fact(
                f"number:{paint}",
                "house number",
                plate,
                choices=80,
                rivals=others(plates, plate),
                ask="number",
                colour=shown,
            )
        )
        if vehicle:
            there = VEHICLES[vehicle].answer(language)
            facts.append(
                words.fact(
                    f"vehicle:{number}",
                    "vehicle",
                    there,
                    choices=6,
                    rivals=others(vehicles, there),
                    ask="vehicle",
                    number=number,
                )
            )
    return picture(world, "street_scene", words, spec, facts)


def draw(spec: Mapping[str, Any]) -> Image:
    """House fronts, a pavement and a road."""
    above, below = (
        ((150, 194, 232), (226, 238, 246)),
        ((236, 196, 160), (250, 232, 206)),
        ((178, 188, 200), (222, 226, 230)),
    )[spec["sky"]]
    canvas = Canvas(680, 440, scale=2)
    canvas.image.paste(gradient(1360, 880, above, below), (0, 0))
    canvas.box(0, 330, 680, 24, (190, 186, 178))
    canvas.box(0, 354, 680, 86, (92, 94, 100))
    for x in range(10, 680, 60):
        canvas.box(x, 406, 30, 5, (226, 222, 200))
    for place, (paint, number, vehicle, vehicle_paint, floors) in enumerate(spec["houses"]):
        _house(canvas, 10 + 132 * place, RGB[paint], number, floors)
        if vehicle:
            _vehicle(canvas, 76 + 132 * place, 382, vehicle, RGB[vehicle_paint])
    return canvas.finished()


def _house(canvas: Canvas, x: float, paint: Colour, number: int, floors: int) -> None:
    top = 330 - 84 * floors
    canvas.box(x, top, 128, 330 - top, paint, shade(paint, 0.7), 1)
    canvas.shape([(x - 4, top), (x + 132, top), (x + 110, top - 30), (x + 18, top - 30)], (110, 70, 58))
    for floor in range(floors - 1):
        for column in range(3):
            left, high = x + 14 + 38 * column, top + 16 + 84 * floor
            canvas.box(left, high, 26, 40, (206, 226, 238), WHITE, 3)
            canvas.line([(left + 13, high), (left + 13, high + 40)], WHITE, 2)
    canvas.box(x + 46, 262, 36, 68, shade(paint, 0.45), WHITE, 2)
    canvas.oval(x + 74, 298, 3, 3, (230, 200, 90))
    canvas.box(x + 44, 236, 40, 23, WHITE, INK, 1, round=4)
    canvas.text(x + 64, 248, str(number), 18, anchor="mm")
    for left in (10, 92):
        canvas.box(x + left, 270, 26, 34, (206, 226, 238), WHITE, 3)


def _vehicle(canvas: Canvas, x: float, y: float, kind: str, paint: Colour) -> None:
    glass: Colour = (196, 220, 234)
    if kind in ("bicycle", "scooter"):
        for side in (-22, 22):
            canvas.oval(x + side, y - 2, 15, 15, None, (24, 24, 26), 4)
        if kind == "bicycle":
            canvas.line([(x - 22, y - 2), (x - 8, y - 24), (x + 14, y - 24), (x + 22, y - 2)], paint, 4)
            canvas.line([(x - 8, y - 24), (x, y - 2), (x + 14, y - 24)], paint, 4)
            canvas.line([(x + 22, y - 2), (x + 12, y - 34), (x + 20, y - 36)], INK, 3)
            canvas.box(x - 16, y - 30, 16, 5, INK, round=2)
        else:
            canvas.shape(
                [
                    (x - 30, y - 6),
                    (x - 26, y - 22),
                    (x, y - 20),
                    (x + 4, y - 4),
                    (x + 18, y - 34),
                    (x + 26, y - 32),
                    (x + 16, y),
                ],
                paint,
            )
            canvas.box(x - 26, y - 30, 28, 8, INK, round=3)
            canvas.line([(x + 18, y - 36), (x + 12, y - 42)], INK, 4)
        return
    size = {"car": (92, 24), "van": (96, 52), "bus": (122, 58), "truck": (118, 30)}[kind]
    left, top = x - size[0] / 2, y - size[1]
    if kind == "car":
        canvas.shape([(x - 28, top), (x - 16, top - 20), (x + 18, top - 20), (x + 32, top)], paint)
        canvas.shape([(x - 22, top), (x - 13, top - 15), (x, top - 15), (x, top)], glass)
        canvas.shape([(x + 4, top), (x + 4, top - 15), (x + 16, top - 15), (x + 26, top)], glass)
    canvas.box(left, top, size[0], size[1], paint, round=7)
    if kind == "van":
        canvas.box(left + 66, top + 8, 24, 17, glass, round=3)
        canvas.line([(left + 60, top + 4), (left + 60, y - 4)], shade(paint, 0.7), 2)
    elif kind == "bus":
        for window in range(5):
            canvas.box(left + 8 + 22 * window, top + 9, 17, 18, glass, round=2)
    elif kind == "truck":
        canvas.box(left, top - 36, 76, 44, shade(paint, 1.35), shade(paint, 0.7), 2)
        canvas.box(left + 80, top - 22, 36, 30, paint, round=6)
        canvas.box(left + 92, top - 16, 20, 14, glass, round=2)
    for shift in (-0.3, 0.3):
        canvas.oval(x + shift * size[0], y, 11, 11, (30, 30, 32))
        canvas.oval(x + shift * size[0], y, 5, 5, (190, 190, 194))
