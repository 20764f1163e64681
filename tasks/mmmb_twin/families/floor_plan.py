"""Floor plans: rooms with their areas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evalkit.tasks.mmmb_twin.canvas import INK, MUTED, WHITE, Canvas, shade
from evalkit.tasks.mmmb_twin.facts import Picture
from evalkit.tasks.mmmb_twin.families.wording import Wording, others, picture
from evalkit.tasks.mmmb_twin.terms import ROOMS, Term
from evalkit.tasks.mmmb_twin.values import quantity
from evalkit.tasks.mmmb_twin.world import World

if TYPE_CHECKING:
    from PIL.Image import Image

WORDS = {
    "en": Wording(
        labels=(
            "the flat by the park", "the attic flat", "the flat above the bakery", "the garden flat", "the corner flat",
            "the new-build flat", "the flat near the tram depot", "the flat with the red door",
        ),
        name="the floor plan of {label}",
        intros=(
            "This is the floor plan of {label}.", "The agent sent the floor plan of {label}.",
            "Here's the floor plan of {label}.", "I asked for the floor plan of {label}, and here it is.",
        ),
        remarks=(
            "A sensible layout.", "I see the rooms and their sizes.", "The plan is easy to read.",
            "Not a bad cut at all.",
        ),
        asks={"area": (
            "How large is the {room}?", "What area does the {room} have?",
            "How many square metres does the {room} have?",
        )},
        says={"area": "the {room} has {value}"},
    ),
    "zh": Wording(
        labels=(
            "公园旁那套房", "顶楼那套房", "面包房楼上那套房", "带花园的那套房", "转角那套房", "新楼盘那套房",
            "电车总站旁那套房", "红门那套房",
        ),
        name="{label}的户型图",
        intros=(
            "这是{label}的户型图。", "中介发来了{label}的户型图。", "给你看{label}的户型图。",
            "我要来了{label}的户型图，在这儿。",
        ),
        remarks=("布局挺合理的。", "房间和面积都看到了。", "图很好认。", "格局不错。"),
        asks={"area": ("{room}有多大？", "{room}的面积是多少？", "{room}有多少平方米？")},
        says={"area": "{room}有{value}"},
    ),
}  # fmt: skip
SIZE_ORDER = (  # larger rooms first, so that no pantry is larger than a living room
    "living room", "bedroom", "dining room", "kitchen", "guest room", "playroom", "study", "bathroom", "hall", "pantry",
)  # fmt: skip
# Ways to cut a flat into six rooms: x, y, width, height in units of the whole.
CUTS = (
    (
        (0, 0, 0.5, 0.55), (0.5, 0, 0.28, 0.4), (0.78, 0, 0.22, 0.4), (0, 0.55, 0.32, 0.45), (0.32, 0.55, 0.18, 0.45),
        (0.5, 0.4, 0.5, 0.6),
    ),
    (
        (0, 0, 0.34, 0.5), (0.34, 0, 0.3, 0.34), (0.64, 0, 0.36, 0.6), (0, 0.5, 0.34, 0.5), (0.34, 0.34, 0.3, 0.66),
        (0.64, 0.6, 0.36, 0.4),
    ),
    (
        (0, 0, 0.25, 0.5), (0.25, 0, 0.45, 0.5), (0.7, 0, 0.3, 0.35), (0, 0.5, 0.45, 0.5), (0.45, 0.5, 0.25, 0.5),
        (0.7, 0.35, 0.3, 0.65),
    ),
)  # fmt: skip


def make(world: World, *, wanted: tuple[Term, ...] = ()) -> Picture:
    """A flat of six rooms.

    Args:
        world: of the dialogue.
        wanted: rooms that must be in it.
    """
    draws, words, language = world.draws, WORDS[world.language], world.language
    cut = draws.integer(0, len(CUTS) - 1)
    free = [room for room in ROOMS if room not in wanted]
    rooms = sorted([*wanted, *draws.sample(free, 6 - len(wanted))], key=lambda room: SIZE_ORDER.index(room.en))
    scale = draws.between(84, 126)
    areas: list[float] = []
    for _, _, width, height in CUTS[cut]:
        area = round(scale * width * height + draws.between(-1.5, 1.5), 1)
        while area == int(area) or not world.claim("area", area):
            area = round(area + 0.3, 1)
        areas.append(area)
    ranked = sorted(range(6), key=lambda place: -areas[place])
    rooms = [rooms[ranked.index(place)] for place in range(6)]
    spec = {"cut": cut, "rooms": [[room.en, area] for room, area in zip(rooms, areas, strict=True)],
            "paint": draws.integer(0, len(MUTED) - 1), "flip": draws.chance(0.5)}  # fmt: skip
    answers = [quantity(area, "sq m", "平方米", language) for area in areas]
    facts = [
        words.fact(
            f"area:{room.en}", "area", answer, choices=200, rivals=others(answers, answer), room=room.say(language)
        )
        for room, answer in zip(rooms, answers, strict=True)
    ]
    return picture(world, "floor_plan", words, spec, facts)


def draw(spec: Mapping[str, Any]) -> Image:
    """Walls, doors, room names and areas."""
    canvas = Canvas(660, 460, (248, 248, 246))
    for place, ((x, y, width, height), (room, area)) in enumerate(zip(CUTS[spec["cut"]], spec["rooms"], strict=True)):
        if spec["flip"]:
            x = 1 - x - width
        left, top, wide, high = 24 + 612 * x, 20 + 420 * y, 612 * width, 420 * height
        canvas.box(left, top, wide, high, shade(MUTED[(spec["paint"] + place) % len(MUTED)], 1.72), INK, 5)
        middle = (left + wide / 2, top + high / 2)
        words = room.split(" ") if wide < 150 else [room]
        for number, word in enumerate(words):
            canvas.text(middle[0], middle[1] - 14 - 20 * (len(words) - 1 - number), word, 19, anchor="mm")
        canvas.text(middle[0], middle[1] + 14, f"{area:g} sq m", 18, (90, 60, 50), "mm")
        canvas.box(left + wide * 0.3, top + high - 4, 30, 8, WHITE)
        canvas.line([(left + wide * 0.3, top + high), (left + wide * 0.3 + 24, top + high - 22)], INK, 2)
    return canvas.finished()
