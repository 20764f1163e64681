"""Photograph-like landscapes: light, haze and grain, with things to count and colours to remember."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evalkit.tasks.mmmb_twin.canvas import RGB, Canvas, Colour, gradient, grain, shade
from evalkit.tasks.mmmb_twin.draws import Draws
from evalkit.tasks.mmmb_twin.facts import Picture
from evalkit.tasks.mmmb_twin.families.wording import Wording, others, picture
from evalkit.tasks.mmmb_twin.terms import COLOURS, Term
from evalkit.tasks.mmmb_twin.values import count
from evalkit.tasks.mmmb_twin.world import World

if TYPE_CHECKING:
    from PIL.Image import Image

THINGS = {
    "boats": Term("sailing boat", "帆船"), "birds": Term("bird", "鸟"), "sheep": Term("sheep", "羊", plural="sheep"),
    "trees": Term("fir tree", "冷杉"),
}  # fmt: skip
PAINTED = {
    "roof": Term("roof of the cottage", "小屋的屋顶"),
    "tent": Term("tent", "帐篷"),
    "balloon": Term(
        "hot-air balloon",
        "热气球",
    ),
}
HAZE: tuple[tuple[Colour, Colour, Colour], ...] = (  # sky above, sky below, light on the land
    ((120, 170, 226), (214, 230, 242), (118, 160, 92)),
    ((236, 150, 96), (252, 222, 170), (134, 132, 84)),
    ((96, 112, 150), (196, 200, 214), (96, 124, 98)),
    ((154, 190, 214), (240, 240, 236), (150, 172, 106)),
)
WORDS = {
    "en": Wording(
        labels=(
            "the first morning", "the second day", "the evening at the lake", "the northern shore",
            "the view from the pass",
            "the camping weekend", "the day we got lost", "the last afternoon", "the early start", "the picnic spot",
        ),
        name="the landscape photo from {label}",
        intros=(
            "Here's my landscape photo from {label}.", "I like this landscape photo from {label}.",
            "This is the landscape photo from {label}.", "Look at the landscape photo from {label}.",
        ),
        remarks=(
            "What a peaceful view.", "Lovely light in that picture.", "Beautiful, I can almost smell the air.",
            "That looks like a great spot.",
        ),
        asks={
            "count": (
                "How many {things} are in it?", "How many {things} can be seen?",
                "How many {things} do you count in it?",
            ),
            "colour": ("What colour is the {thing}?", "Which colour does the {thing} have in it?"),
        },
        says={"count": "there are {value} {things} in it", "colour": "the {thing} is {value}"},
    ),
    "zh": Wording(
        labels=(
            "第一天早上", "第二天", "湖边那晚", "北岸", "山口观景台", "露营那个周末", "迷路那天", "最后一个下午",
            "一大早出发时", "野餐地",
        ),
        name="{label}的风景照",
        intros=(
            "这是{label}的风景照。", "我很喜欢{label}的风景照。", "再给你看一张{label}的风景照。",
            "你看，{label}的风景照。",
        ),
        remarks=("真是宁静的景色。", "光线很美。", "太美了，好像能闻到空气的味道。", "看起来是个好地方。"),
        asks={
            "count": ("里面有几{unit}{things}？", "能看到几{unit}{things}？", "照片里一共有几{unit}{things}？"),
            "colour": ("{thing}是什么颜色的？", "照片里{thing}是哪种颜色？"),
        },
        says={"count": "里面有{value}{unit}{things}", "colour": "{thing}是{value}的"},
    ),
}  # fmt: skip
UNITS = {"boats": "艘", "birds": "只", "sheep": "只", "trees": "棵"}


def make(world: World, *, numbers: Mapping[str, int] | None = None) -> Picture:
    """A landscape.

    Args:
        world: of the dialogue.
        numbers: of THINGS, where they are given.
    """
    draws, words, language = world.draws, WORDS[world.language], world.language
    amounts = {thing: (numbers or {}).get(thing) or draws.integer(2, 9) for thing in THINGS}
    colours = dict(zip(PAINTED, draws.sample(tuple(COLOURS), len(PAINTED)), strict=True))
    spec = {"numbers": amounts, "colours": colours, "haze": draws.integer(0, 3), "seed": draws.integer(0, 10**6)}
    facts = [
        words.fact(
            f"count:{thing}", "count", count(number, language), choices=8, things=THINGS[thing].many(language),
            unit=UNITS[thing],
        )
        for thing, number in amounts.items()
    ]  # fmt: skip
    shown = [COLOURS[colour].answer(language) for colour in COLOURS]
    for thing, colour in colours.items():
        answer = COLOURS[colour].answer(language)
        facts.append(
            words.fact(
                f"colour:{thing}", "colour", answer, choices=9, rivals=others(shown, answer),
                thing=PAINTED[thing].say(language),
            )
        )  # fmt: skip
    return picture(world, "landscape", words, spec, facts)


def draw(spec: Mapping[str, Any]) -> Image:
    """Sky, ridges in haze, a lake with boats, a meadow; grain over all."""
    draws = Draws("landscape", spec["seed"])
    above, below, land = HAZE[spec["haze"]]
    canvas = Canvas(640, 440, scale=2)
    canvas.image.paste(gradient(1280, 440, above, below), (0, 0))
    canvas.oval(draws.integer(60, 580), draws.integer(40, 90), 26, 26, (255, 248, 220))
    for depth in range(3):
        ridge = tuple(int(b + (a - b) * (0.25 + 0.22 * depth)) for a, b in zip(shade(land, 0.8), below, strict=True))
        points = [(0.0, 250.0)]
        points += [(x, 150 + 28 * depth + draws.between(-34, 30)) for x in range(0, 681, 68)]
        canvas.shape([*points, (680, 250)], ridge)  # type: ignore[arg-type]
    canvas.box(0, 222, 640, 76, shade(below, 0.82))
    for stripe in range(14):
        level, left = 226 + stripe * 5, draws.between(0, 520)
        canvas.line([(left, level), (left + draws.between(40, 120), level)], shade(below, 0.95), 1)
    canvas.shape([(0, 292), (220, 280), (430, 290), (640, 278), (640, 440), (0, 440)], land)
    balloon, cottage = draws.integer(90, 550), draws.pick((120, 500))
    for number, (x, y) in enumerate(_spread(draws, spec["numbers"]["birds"], 20, 620, 24, 112, 42, (balloon, 44))):
        _bird(canvas, x, y, 8 + number % 3)
    _balloon(canvas, balloon, 84, RGB[spec["colours"]["balloon"]])
    for x, y in _spread(draws, spec["numbers"]["boats"], 30, 610, 240, 274, 52):
        canvas.shape([(x - 13, y), (x + 13, y), (x + 8, y + 7), (x - 8, y + 7)], (96, 66, 44))
        canvas.shape([(x - 1, y - 2), (x - 1, y - 26), (x + 11, y - 2)], (248, 248, 244))
    trees = _spread(draws, spec["numbers"]["trees"], 10, 630, 308, 324, 34, (cottage, 62))
    for x, y in sorted(trees, key=lambda at: at[1]):
        canvas.box(x - 2, y, 4, 9, (84, 60, 40))
        for layer in range(3):
            wide, base = 13 - 3 * layer, y - 12 * layer + 2
            canvas.shape([(x - wide, base), (x + wide, base), (x, base - 20)], shade((44, 88, 56), 0.9 + 0.1 * layer))
    _cottage(canvas, cottage, 346, RGB[spec["colours"]["roof"]])
    _tent(canvas, draws.integer(270, 370), 382, RGB[spec["colours"]["tent"]])
    for x, y in _spread(draws, spec["numbers"]["sheep"], 30, 610, 404, 424, 44):
        canvas.oval(x, y, 13, 9, (246, 244, 238))
        canvas.oval(x + 13, y - 4, 5, 5, (60, 54, 50))
        for leg in (-7, -2, 4, 8):
            canvas.line([(x + leg, y + 7), (x + leg, y + 14)], (60, 54, 50), 2)
    return grain(canvas.finished(), spec["seed"], 5)


def _spread(
    draws: Draws, number: int, left: float, right: float, top: float, bottom: float, gap: float,
    clear: tuple[float, float] = (-1000, 0),
) -> list[tuple[float, float]]:  # fmt: skip
    """Points that keep `gap` pixels of distance from side to side, and off `clear` (place, distance)."""
    middles = [left + (slot + 0.5) * gap for slot in range(int((right - left) // gap))]
    chosen = draws.sample([x for x in middles if abs(x - clear[0]) > clear[1]], number)
    return [(x + draws.between(-gap / 6, gap / 6), draws.between(top, bottom)) for x in chosen]


def _bird(canvas: Canvas, x: float, y: float, wing: float) -> None:
    canvas.line([(x - wing, y - 5), (x - 2, y), (x, y + 1), (x + 2, y), (x + wing, y - 5)], (40, 40, 48), 2)


def _balloon(canvas: Canvas, x: float, y: float, paint: Colour) -> None:
    canvas.shape([(x - 22, y + 16), (x + 22, y + 16), (x + 6, y + 44), (x - 6, y + 44)], shade(paint, 0.85))
    canvas.oval(x, y, 27, 29, paint)
    canvas.oval(x, y, 9, 29, shade(paint, 1.3))
    canvas.box(x - 6, y + 46, 12, 9, (120, 84, 52))


def _cottage(canvas: Canvas, x: float, y: float, paint: Colour) -> None:
    canvas.box(x - 38, y, 76, 44, (240, 232, 214))
    canvas.box(x + 14, y - 46, 10, 26, (150, 90, 74))
    canvas.shape([(x - 48, y + 2), (x + 48, y + 2), (x, y - 40)], paint)
    canvas.box(x - 8, y + 16, 16, 28, (96, 66, 46))
    for side in (-30, 18):
        canvas.box(x + side, y + 12, 14, 14, (170, 200, 220), (110, 84, 60), 1)


def _tent(canvas: Canvas, x: float, y: float, paint: Colour) -> None:
    canvas.shape([(x - 44, y), (x + 44, y), (x, y - 46)], paint)
    canvas.shape([(x - 13, y), (x + 13, y), (x, y - 34)], shade(paint, 0.5))
