"""Shelves: many objects with colours, in rows."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evalkit.tasks.mmmb_twin.canvas import RGB, Canvas, shade
from evalkit.tasks.mmmb_twin.facts import Picture
from evalkit.tasks.mmmb_twin.families.objects import OBJECT_DRAWINGS
from evalkit.tasks.mmmb_twin.families.wording import Wording, others, picture
from evalkit.tasks.mmmb_twin.terms import COLOURS, OBJECTS
from evalkit.tasks.mmmb_twin.values import count
from evalkit.tasks.mmmb_twin.world import World

if TYPE_CHECKING:
    from PIL.Image import Image

WORDS = {
    "en": Wording(
        labels=(
            "the hallway", "the attic room", "the back office", "my aunt's living room", "the holiday flat",
            "the workshop",
            "the reading corner", "the flea market stall", "the shop window", "the summer house",
        ),
        name="the shelf in {label}",
        intros=(
            "Have a look at the shelf in {label}.", "This photo shows the shelf in {label}.",
            "I snapped the shelf in {label} today.", "Here you can see the shelf in {label}.",
        ),
        remarks=(
            "What a colourful collection.", "There's quite a lot standing there.",
            "I can see all three boards clearly.",
            "A nicely filled shelf.",
        ),
        asks={
            "colour": ("What colour is the {thing}?", "Which colour does the {thing} have?"),
            "right_of": (
                "What stands directly to the right of the {colour} {thing}?",
                "What comes right after the {colour} {thing}, going from left to right?",
            ),
            "left_of": (
                "What stands directly to the left of the {colour} {thing}?",
                "What is the left neighbour of the {colour} {thing}?",
            ),
            "count": ("How many {things} are there?", "How many {things} do you count?"),
        },
        says={
            "colour": "the {thing} is {value}", "right_of": "to the right of the {colour} {thing} is the {value}",
            "left_of": "to the left of the {colour} {thing} is the {value}", "count": "there are {value} {things}",
        },
    ),
    "zh": Wording(
        labels=(
            "走廊", "阁楼", "后面办公室", "姑妈家客厅", "度假公寓", "工作间", "阅读角", "跳蚤市场摊位", "店铺橱窗",
            "夏日小屋",
        ),
        name="{label}的那个架子",
        intros=(
            "看看{label}的那个架子。", "这张照片拍的是{label}的架子。", "今天我拍了{label}的架子。",
            "这是{label}的架子。",
        ),
        remarks=("颜色真丰富。", "上面摆的东西还真不少。", "三层我都看清楚了。", "摆得满满当当的。"),
        asks={
            "colour": ("{thing}是什么颜色的？", "那个{thing}是哪种颜色？"),
            "right_of": ("{colour}{thing}右边紧挨着的是什么？", "从左往右数，{colour}{thing}后面紧接着放的是什么？"),
            "left_of": ("{colour}{thing}左边紧挨着的是什么？", "紧靠{colour}{thing}左侧的是什么东西？"),
            "count": ("一共有几{unit}{things}？", "{things}总共有多少{unit}？"),
        },
        says={
            "colour": "{thing}是{value}的", "right_of": "{colour}{thing}右边是{value}",
            "left_of": "{colour}{thing}左边是{value}",
            "count": "{things}有{value}{unit}",
        },
    ),
}  # fmt: skip
ROWS, SLOTS = 3, 5


def make(
    world: World, *, number: tuple[str, int] | None = None, items: Sequence[Sequence[tuple[str, str]]] = (),
    label: str | None = None,
) -> Picture:  # fmt: skip
    """A shelf.

    Args:
        world: of the dialogue.
        number: kind of object and how many of it there must be.
        items: (kind, colour) by row, where the whole shelf is given.
        label: where it stands, if that is given.
    """
    rows = [list(row) for row in items] or _filled(world, number)
    spec = {"rows": rows, "wall": world.draws.integer(0, 5), "wood": world.draws.integer(0, 3)}
    return picture(world, "shelf", WORDS[world.language], spec, _facts(world, rows), label)


def _filled(world: World, number: tuple[str, int] | None) -> list[list[tuple[str, str]]]:
    draws = world.draws
    colours = list(COLOURS)
    kind, size = number or (draws.pick([name for name in OBJECTS if name != "plant"]), draws.integer(2, 7))
    singles = draws.sample([name for name in OBJECTS if name != kind], min(9, ROWS * SLOTS - size))
    things = [(kind, draws.pick(colours)) for _ in range(size)] + [(name, draws.pick(colours)) for name in singles]
    things = draws.shuffled(things)
    sizes = [len(things) // ROWS + (row < len(things) % ROWS) for row in range(ROWS)]
    rows, at = [], 0
    for length in draws.shuffled(sizes):
        rows.append(things[at : at + length])
        at += length
    return rows


def _facts(world: World, rows: Sequence[Sequence[tuple[str, str]]]) -> list[Any]:
    words, language = WORDS[world.language], world.language
    flat = [thing for row in rows for thing in row]
    kinds = Counter(kind for kind, _ in flat)
    pairs = Counter(flat)
    names = {kind: OBJECTS[kind].answer(language) for kind in kinds}
    facts = []
    for kind, colour in flat:
        if kinds[kind] == 1:
            answer = COLOURS[colour].answer(language)
            rivals = others([term.answer(language) for term in COLOURS.values()], answer)
            facts.append(
                words.fact(
                    f"colour:{kind}", "colour", answer, choices=9, rivals=rivals, thing=OBJECTS[kind].say(language)
                )
            )
    for kind, total in kinds.items():
        if total > 1:
            slots: dict[str, Any] = {"things": OBJECTS[kind].many(language), "unit": OBJECTS[kind].unit}
            facts.append(words.fact(f"count:{kind}", "count", count(total, language), choices=7, **slots))
    for row in rows:
        for (left, left_colour), (right, right_colour) in itertools.pairwise(row):
            for key, thing, colour, neighbour in (
                ("right_of", left, left_colour, right),
                ("left_of", right, right_colour, left),
            ):
                if pairs[(thing, colour)] == 1 and thing != neighbour:
                    said = [answer for kind, answer in names.items() if kind not in (thing, neighbour)]
                    slots = {"thing": OBJECTS[thing].say(language), "colour": COLOURS[colour].say(language)}
                    facts.append(
                        words.fact(
                            f"{key}:{colour} {thing}", "object", names[neighbour], choices=len(OBJECTS),
                            rivals=tuple(said), ask=key, **slots,
                        )
                    )  # fmt: skip
    return facts


def draw(spec: Mapping[str, Any]) -> Image:
    """A wall with three boards."""
    wall = ((232, 224, 208), (206, 220, 226), (226, 212, 218), (214, 224, 206), (238, 234, 226), (204, 206, 216))[
        spec["wall"]
    ]
    wood = ((150, 108, 70), (96, 72, 54), (196, 160, 116), (224, 220, 214))[spec["wood"]]
    canvas = Canvas(640, 480, wall, scale=2)
    canvas.box(28, 20, 584, 446, shade(wall, 0.9), wood, 10)
    for index, row in enumerate(spec["rows"]):
        floor = 158 + index * 146
        canvas.box(28, floor, 584, 12, wood)
        canvas.box(28, floor + 12, 584, 4, shade(wood, 0.7))
        step = 560 / max(4, len(row))
        start = 40 + (560 - step * len(row)) / 2
        for place, (kind, colour) in enumerate(row):
            OBJECT_DRAWINGS[kind](canvas, start + step * (place + 0.5), floor, RGB[colour])
    return canvas.finished()
