"""Signposts: arms pointing to towns, with distances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evalkit.tasks.mmmb_twin.canvas import WHITE, Canvas, gradient, shade
from evalkit.tasks.mmmb_twin.facts import Picture
from evalkit.tasks.mmmb_twin.families.wording import Wording, others, picture
from evalkit.tasks.mmmb_twin.terms import TOWNS
from evalkit.tasks.mmmb_twin.values import quantity
from evalkit.tasks.mmmb_twin.world import World

if TYPE_CHECKING:
    from PIL.Image import Image

WORDS = {
    "en": Wording(
        labels=(
            "the bridge", "the chapel", "the car park", "the ford", "the old oak", "the end of the lane",
            "the youth hostel",
            "the crossroads",
        ),
        name="the signpost by {label}",
        intros=(
            "This is the signpost by {label}.", "We came past the signpost by {label}.",
            "Here's the signpost by {label}.",
            "I photographed the signpost by {label} so we don't forget it.",
        ),
        remarks=(
            "All the arms are readable.", "Good idea to photograph that.", "A proper old signpost.",
            "I can see where each arm points.",
        ),
        asks={"distance": (
            "How far is it to {town}?", "What distance does it give for {town}?",
            "How many kilometres to {town} does it say?",
        )},
        says={"distance": "it is {value} to {town}"},
    ),
    "zh": Wording(
        labels=("桥边", "小教堂旁", "停车场边", "浅滩旁", "老橡树下", "小路尽头", "青年旅舍旁", "十字路口"),
        name="{label}的路牌",
        intros=(
            "这是{label}的路牌。", "我们经过了{label}的路牌。", "给你看{label}的路牌。",
            "我拍下了{label}的路牌，免得忘记。",
        ),
        remarks=("每块牌子都看得清。", "拍下来是个好主意。", "很有年头的路牌。", "方向和地名我都看到了。"),
        asks={"distance": ("到 {town} 有多远？", "上面写着离 {town} 多少公里？", "{town} 还有多少公里？")},
        says={"distance": "到 {town} 有{value}"},
    ),
}  # fmt: skip


def make(world: World) -> Picture:
    """Four or five arms."""
    draws, words = world.draws, WORDS[world.language]
    towns = world.take("town", TOWNS, draws.integer(4, 5))
    lengths = world.take("distance", list(range(3, 96)), len(towns))
    spec = {
        "arms": [[town, km, draws.chance(0.5)] for town, km in zip(towns, lengths, strict=True)],
        "paint": draws.integer(0, 3), "sky": draws.integer(0, 2),
    }  # fmt: skip
    answers = [quantity(km, "km", "公里", world.language) for km in lengths]
    facts = [
        words.fact(
            f"distance:{town}",
            "distance",
            answer,
            choices=93,
            rivals=others(answers, answer),
            ask="distance",
            town=town,
        )
        for town, answer in zip(towns, answers, strict=True)
    ]
    return picture(world, "signpost", words, spec, facts)


def draw(spec: Mapping[str, Any]) -> Image:
    """A post with arms to the left and right."""
    sky = (((140, 186, 226), (230, 240, 244)), ((190, 200, 210), (236, 236, 232)), ((244, 200, 150), (252, 238, 214)))[
        spec["sky"]
    ]
    plate, ink = (
        ((246, 244, 236), (30, 30, 34)),
        ((38, 98, 62), WHITE),
        ((240, 206, 60), (30, 30, 30)),
        ((36, 70, 140), WHITE),
    )[spec["paint"]]
    canvas = Canvas(560, 460, scale=2)
    canvas.image.paste(gradient(1120, 920, *sky), (0, 0))
    canvas.shape([(0, 400), (180, 376), (400, 396), (560, 372), (560, 460), (0, 460)], (120, 156, 92))
    canvas.box(270, 34, 20, 400, (112, 82, 56))
    for place, (town, km, left) in enumerate(spec["arms"]):
        y = 50 + place * 66
        label = f"{town}  {km} km"
        if left:
            points = [(306, y), (306, y + 46), (70, y + 46), (36, y + 23), (70, y)]
        else:
            points = [(254, y), (490, y), (524, y + 23), (490, y + 46), (254, y + 46)]
        canvas.shape(points, plate, shade(plate, 0.6))
        canvas.text(176 if left else 384, y + 23, label, 25, ink, "mm")
    return canvas.finished()
