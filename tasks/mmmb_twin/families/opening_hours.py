"""Opening-hours signs on shop doors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evalkit.tasks.mmmb_twin.canvas import MUTED, WHITE, Canvas, shade
from evalkit.tasks.mmmb_twin.facts import Picture
from evalkit.tasks.mmmb_twin.families.wording import Wording, others, picture
from evalkit.tasks.mmmb_twin.terms import PLACES, Term
from evalkit.tasks.mmmb_twin.values import WEEKDAYS, clock, weekday
from evalkit.tasks.mmmb_twin.world import World

if TYPE_CHECKING:
    from PIL.Image import Image

WORDS = {
    "en": Wording(
        labels=(),
        name="the opening hours of the {label}",
        intros=(
            "These are the opening hours of the {label}.", "I noted the opening hours of the {label}; here's the sign.",
            "On the door I found the opening hours of the {label}.", "Here are the opening hours of the {label}.",
        ),
        remarks=(
            "A rather irregular week.", "I can read the whole sign.", "Every day has its own hours, it seems.",
            "Handy to have a picture of that.",
        ),
        asks={
            "opens": (
                "When do they open on {day}?", "What is the opening time on {day}?",
                "From what time are they open on {day}?",
            ),
            "closes": (
                "When do they close on {day}?", "What is the closing time on {day}?",
                "Until what time are they open on {day}?",
            ),
            "closed": ("On which day are they closed?", "On which day of the week do they stay closed?"),
        },
        says={
            "opens": "on {day} they open at {value}", "closes": "on {day} they close at {value}",
            "closed": "they are closed on {value}",
        },
    ),
    "zh": Wording(
        labels=(),
        name="{label}的营业时间牌",
        intros=(
            "这是{label}的营业时间牌。", "我拍了{label}的营业时间牌。", "门上贴着{label}的营业时间牌。",
            "给你看{label}的营业时间牌。",
        ),
        remarks=("时间排得挺不规律的。", "整块牌子都能看清。", "好像每天时间都不一样。", "拍下来备用挺方便。"),
        asks={
            "opens": ("{day}几点开门？", "{day}的开门时间是几点？", "{day}从几点开始营业？"),
            "closes": ("{day}几点关门？", "{day}的关门时间是几点？", "{day}营业到几点？"),
            "closed": ("哪天不营业？", "星期几休息？"),
        },
        says={"opens": "{day}{value}开门", "closes": "{day}{value}关门", "closed": "{value}休息"},
    ),
}  # fmt: skip


def make(world: World, *, place: Term | None = None) -> Picture:
    """Hours for six days; one day is closed.

    Args:
        world: of the dialogue.
        place: whose door it is.
    """
    draws, words, language = world.draws, WORDS[world.language], world.language
    shop = place or world.one("map place", PLACES)
    opening = draws.sample(range(7 * 60, 11 * 60 + 1, 5), 7)
    closing = draws.sample(range(15 * 60, 21 * 60 + 1, 5), 7)
    closed = draws.integer(0, 6)
    spec = {
        "place": shop.en, "hours": [None if day == closed else [opening[day], closing[day]] for day in range(7)],
        "paint": draws.integer(0, len(MUTED) - 1), "look": draws.integer(0, 1),
    }  # fmt: skip
    times = [clock(value, language) for day in range(7) if day != closed for value in (opening[day], closing[day])]
    days = [weekday(day, language) for day in range(7)]
    facts = [words.fact("closed", "weekday", days[closed], choices=7, rivals=others(days, days[closed]), ask="closed")]
    for day in range(7):
        if day != closed:
            for key, value in (("opens", opening[day]), ("closes", closing[day])):
                answer = clock(value, language)
                slots: dict[str, Any] = {"rivals": others(times, answer), "ask": key, "day": days[day].text}
                facts.append(words.fact(f"{key}:{day}", "time", answer, choices=60, **slots))
    return picture(world, "opening_hours", words, spec, facts, label=shop.say(language))


def draw(spec: Mapping[str, Any]) -> Image:
    """A framed sign on a door."""
    paint = MUTED[spec["paint"]]
    canvas = Canvas(460, 480, shade(paint, 0.75))
    for x in (0, 228):
        canvas.box(x + 8, 8, 216, 464, None, shade(paint, 0.6), 3)
    board, ink = (WHITE, (44, 44, 50)) if spec["look"] else ((40, 46, 44), (238, 238, 226))
    canvas.box(46, 36, 368, 408, board, (180, 150, 100), 6, round=10)
    canvas.bold(230, 74, spec["place"].upper(), 27, ink, "mm")
    canvas.text(230, 106, "opening hours", 19, ink, "mm")
    for day, hours in enumerate(spec["hours"]):
        y = 142 + day * 41
        canvas.text(72, y, WEEKDAYS[day], 21, ink)
        shown = "closed" if hours is None else " - ".join(f"{value // 60}:{value % 60:02d}" for value in hours)
        canvas.text(388, y, shown, 21, (206, 84, 70) if hours is None else ink, "ra")
    return canvas.finished()
