"""Town maps: named streets crossing, a place in some of the blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evalkit.tasks.mmmb_twin.canvas import MUTED, WHITE, Canvas, shade, text_width
from evalkit.tasks.mmmb_twin.facts import Picture
from evalkit.tasks.mmmb_twin.families.wording import Wording, others, picture
from evalkit.tasks.mmmb_twin.terms import PLACES, STREETS, Term
from evalkit.tasks.mmmb_twin.values import name as named
from evalkit.tasks.mmmb_twin.world import World

if TYPE_CHECKING:
    from PIL.Image import Image

WORDS = {
    "en": Wording(
        labels=(
            "the old town", "the station quarter", "the island side", "the new district", "the university area",
            "the northern suburb", "the valley village", "the spa district",
        ),
        name="the map of {label}",
        intros=(
            "This is the map of {label}.", "I got this map of {label} at the tourist office.",
            "Here's a map of {label}.", "They printed a map of {label} for me.",
        ),
        remarks=(
            "A simple grid; I can read the street names.", "Good, the places are marked with dots.",
            "That map is easy to follow.",
            "I see the streets and the marked places.",
        ),
        asks={
            "corner": (
                "What is marked at the corner of {down} and {across}?",
                "Which place lies where {down} crosses {across}?",
                "What would I find at the corner of {across} and {down}?",
            ),
            "street": (
                "Which street running north to south passes the {place}?",
                "On which north-south street is the {place}?",
            ),
        },
        says={
            "corner": "the {value} is at the corner of {down} and {across}", "street": "the {place} is on {value}",
        },
    ),
    "zh": Wording(
        labels=("老城", "车站片区", "江心岛一侧", "新区", "大学城", "北郊", "山谷村", "温泉区"),
        name="{label}的地图",
        intros=(
            "这是{label}的地图。", "我在游客中心拿了一张{label}的地图。", "给你看{label}的地图。",
            "他们帮我打印了{label}的地图。",
        ),
        remarks=(
            "街道横平竖直，路名都看得清。", "好的，各个地点用圆点标出来了。", "这张地图很好认。",
            "街道和标出的地点我都看到了。",
        ),
        asks={
            "corner": (
                "{down} 和 {across} 的路口标的是什么？", "{down} 跟 {across} 交叉的地方是哪儿？",
                "{across} 与 {down} 的拐角处是什么地方？",
            ),
            "street": ("{place}在哪条南北走向的街上？", "经过{place}的南北向街道叫什么？"),
        },
        says={"corner": "{down} 和 {across} 的路口是{value}", "street": "{place}在 {value} 上"},
    ),
}  # fmt: skip


def make(world: World, *, wanted: tuple[Term, ...] = ()) -> Picture:
    """A map of three streets by three with six places at their corners.

    Args:
        world: of the dialogue.
        wanted: places that must be on it.
    """
    draws, words, language = world.draws, WORDS[world.language], world.language
    streets = world.take("street", STREETS, 6)
    down, across = streets[:3], streets[3:]
    corners = draws.sample([(x, y) for x in range(3) for y in range(3)], 6)
    free = [place for place in PLACES if place not in wanted]
    places = draws.shuffled([*wanted, *world.take("map place", free, 6 - len(wanted))])
    spec = {
        "down": down, "across": across,
        "places": [[place.en, x, y] for place, (x, y) in zip(places, corners, strict=True)],
        "park": list(draws.sample([(x, y) for x in range(4) for y in range(4)], 3)), "look": draws.integer(0, 2),
        "river": draws.integer(0, 3),
    }  # fmt: skip
    answers = [place.answer(language) for place in places]
    facts = []
    for place, answer, (x, y) in zip(places, answers, corners, strict=True):
        facts.append(
            words.fact(
                f"corner:{down[x]}/{across[y]}", "place", answer, choices=len(PLACES), rivals=others(answers, answer),
                ask="corner", down=down[x], across=across[y],
            )
        )  # fmt: skip
        facts.append(
            words.fact(
                f"street:{place.en}", "street", named(down[x]), choices=len(STREETS),
                rivals=tuple(named(street) for street in down if street != down[x]), place=place.say(language),
            )
        )  # fmt: skip
    return picture(world, "street_map", words, spec, facts)


def draw(spec: Mapping[str, Any]) -> Image:
    """A plan with roads, parks, a river and labelled dots."""
    ground = ((236, 232, 222), (228, 236, 226), (234, 230, 238))[spec["look"]]
    canvas = Canvas(660, 560, ground)
    xs, ys = [150, 330, 510], [130, 290, 450]
    for x, y in spec["park"]:
        left, top = ([0, *xs][x] + 26 if x else 10), ([0, *ys][y] + 26 if y else 10)
        canvas.box(left, top, 104, 78, (190, 220, 170), round=12)
    edge = (
        [(0, 60), (180, 84), (380, 52), (660, 70)]
        if spec["river"] % 2
        else [(0, 520), (200, 500), (430, 536), (660, 508)]
    )
    canvas.line(edge, (150, 190, 224), 26)
    for x, street in zip(xs, spec["down"], strict=True):
        canvas.box(x - 13, 0, 26, 560, WHITE)
        _upright(canvas, x, 214, street)
    for y, street in zip(ys, spec["across"], strict=True):
        canvas.box(0, y - 13, 660, 26, WHITE)
        canvas.text(240, y, street, 14, (90, 90, 96), "mm")
    for place, x, y in spec["places"]:
        paint = MUTED[(x * 3 + y + spec["look"]) % len(MUTED)]
        at = (xs[x] + 24, ys[y] - 25)
        canvas.oval(at[0], at[1], 9, 9, shade(paint, 0.9), WHITE, 2)
        canvas.box(at[0] + 12, at[1] - 13, text_width(place, 18) + 10, 26, WHITE, paint, 1, round=4)
        canvas.text(at[0] + 17, at[1], place, 18, anchor="lm")
    canvas.bold(628, 30, "N", 22, anchor="mm")
    canvas.shape([(628, 44), (620, 64), (636, 64)], (60, 60, 60))
    return canvas.finished()


def _upright(canvas: Canvas, x: float, y: float, street: str) -> None:
    """A street's name, turned by a quarter."""
    from PIL import Image

    label = Canvas(int(text_width(street, 14)) + 6, 20)
    label.text(3, 10, street, 14, (90, 90, 96), "lm")
    turned = label.finished().transpose(Image.Transpose.ROTATE_90)
    canvas.image.paste(turned, (int(x - turned.width / 2), int(y - turned.height / 2)))
