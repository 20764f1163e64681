"""Departure boards: time, destination, platform and delay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evalkit.tasks.mmmb_twin.canvas import Canvas, Colour
from evalkit.tasks.mmmb_twin.facts import Picture
from evalkit.tasks.mmmb_twin.families.wording import Wording, others, picture
from evalkit.tasks.mmmb_twin.terms import CITIES, Term
from evalkit.tasks.mmmb_twin.values import clock, count
from evalkit.tasks.mmmb_twin.world import World

if TYPE_CHECKING:
    from PIL.Image import Image

LOOKS: tuple[tuple[Colour, Colour, Colour], ...] = (  # board, letters, headings
    ((18, 22, 30), (250, 214, 90), (255, 120, 90)),
    ((14, 30, 66), (236, 240, 248), (255, 200, 80)),
    ((30, 30, 30), (226, 232, 226), (120, 220, 140)),
)
WORDS = {
    "en": Wording(
        labels=(
            "the main hall", "the eastern entrance", "the bus level", "the north concourse", "the waiting room",
            "the stairs to the tunnel", "the taxi rank", "the side exit",
        ),
        name="the departure board at {label}",
        intros=(
            "This is the departure board at {label}.", "I took a photo of the departure board at {label}.",
            "Here's the departure board at {label}.", "Quick snapshot of the departure board at {label}.",
        ),
        remarks=(
            "I can read all the rows.", "Quite a few departures there.", "The board is perfectly legible.",
            "Thanks, times and platforms are clear.",
        ),
        asks={
            "platform": (
                "Which platform does the {city} service leave from?", "What platform is given for {city}?",
                "From which platform does it go to {city}?",
            ),
            "time": (
                "When does the {city} service leave?", "What departure time is shown for {city}?",
                "At what time does it go to {city}?",
            ),
            "delay": ("How many minutes late is the {city} service?", "What delay in minutes is announced for {city}?"),
        },
        says={
            "platform": "the {city} service leaves from platform {value}",
            "time": "the {city} service leaves at {value}",
            "delay": "the {city} service is {value} minutes late",
        },
    ),
    "zh": Wording(
        labels=("大厅", "东入口", "巴士层", "北广场", "候车室", "地道楼梯口", "出租车站旁", "侧门"),
        name="{label}的发车信息屏",
        intros=(
            "这是{label}的发车信息屏。", "我拍了{label}的发车信息屏。", "给你看{label}的发车信息屏。",
            "随手拍的，{label}的发车信息屏。",
        ),
        remarks=("每一行都能看清。", "班次还真不少。", "信息屏很清晰。", "好的，时间和站台都看到了。"),
        asks={
            "platform": ("去{city}的车在几号站台？", "{city}那一班是几站台发车？", "开往{city}的从哪个站台走？"),
            "time": ("去{city}的车几点开？", "{city}那一班的发车时间是几点？", "开往{city}的几点出发？"),
            "delay": ("去{city}的车晚点几分钟？", "{city}那一班晚点多少分钟？"),
        },
        says={
            "platform": "去{city}的车在{value}号站台", "time": "去{city}的车{value}开",
            "delay": "去{city}的车晚点{value}分钟",
        },
    ),
}  # fmt: skip


def make(
    world: World, *, wanted: tuple[Term, ...] = (), times: Mapping[str, int] | None = None, punctual: Term | None = None
) -> Picture:
    """A board of six departures, three of them late; only of the others the time can be asked for without doubt.

    Args:
        world: of the dialogue.
        wanted: destinations that must be on it.
        times: minutes after midnight, by destination in English, where they are given.
        punctual: a destination whose service is on time.
    """
    draws, words, language = world.draws, WORDS[world.language], world.language
    free = [city for city in CITIES[:-8] if city not in wanted]
    cities = draws.shuffled([*wanted, *draws.sample(free, 6 - len(wanted))])
    given = times or {}
    start = min(given.values()) - draws.integer(5, 40) if given else draws.integer(7 * 60, 20 * 60)
    free_times = [start + offset for offset in range(0, 150) if start + offset not in given.values()]
    minutes = {city.en: given.get(city.en, 0) for city in cities}
    drawn = draws.sample(free_times, len(cities))
    for city, free_time in zip(cities, drawn, strict=True):
        minutes[city.en] = minutes[city.en] or free_time
    cities.sort(key=lambda city: minutes[city.en])
    platforms = draws.sample(range(2, 25), 6)
    delays = draws.shuffled([0, 0, 0, *draws.sample(range(3, 50), 3)])
    if punctual is not None:
        place = next(place for place, city in enumerate(cities) if city is punctual)
        on_time = draws.pick([place for place in range(6) if not delays[place]])
        delays[place], delays[on_time] = delays[on_time], delays[place]
    rows: list[list[Any]] = [[minutes[c.en], c.en, p, d] for c, p, d in zip(cities, platforms, delays, strict=True)]
    spec = {"rows": rows, "look": draws.integer(0, 2)}
    moments = [clock(row[0], language) for row in rows]
    stops = [count(row[2], language) for row in rows]
    facts = []
    for city, moment, stop, row in zip(cities, moments, stops, rows, strict=True):
        slots: dict[str, Any] = {"city": city.say(language)}
        facts.append(
            words.fact(
                f"platform:{city.en}", "platform", stop, choices=23, rivals=others(stops, stop), ask="platform", **slots
            )
        )
        if not row[3]:
            facts.append(
                words.fact(f"time:{city.en}", "time", moment, choices=700, rivals=others(moments, moment), **slots)
            )
        else:
            late = count(row[3], language)
            facts.append(words.fact(f"delay:{city.en}", "minutes", late, choices=47, ask="delay", **slots))
    return picture(world, "departures", words, spec, facts)


def draw(spec: Mapping[str, Any]) -> Image:
    """Bright letters on a dark board."""
    ground, ink, mark = LOOKS[spec["look"]]
    canvas = Canvas(660, 380, ground)
    canvas.bold(24, 16, "DEPARTURES", 30, ink)
    for x, title in ((24, "time"), (130, "to"), (400, "platform"), (500, "remarks")):
        canvas.text(x, 62, title, 16, mark)
    canvas.line([(20, 86), (640, 86)], mark, 1)
    for place, (minutes, city, platform, delay) in enumerate(spec["rows"]):
        y = 98 + place * 45
        if place % 2:
            canvas.box(12, y - 5, 636, 42, tuple(min(255, value + 14) for value in ground))
        canvas.text(24, y, f"{minutes // 60 % 24:02d}:{minutes % 60:02d}", 25, ink)
        canvas.text(130, y, city, 25, ink)
        canvas.text(430, y, str(platform), 25, ink, "ma")
        canvas.text(500, y + 4, f"+{delay} min" if delay else "on time", 20, mark if delay else ink)
    return canvas.finished()
