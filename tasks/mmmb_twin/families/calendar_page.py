"""Calendar pages: a month with appointments."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evalkit.tasks.mmmb_twin.canvas import MUTED, WHITE, Canvas, font, shade
from evalkit.tasks.mmmb_twin.facts import Picture
from evalkit.tasks.mmmb_twin.families.wording import Wording, others, picture
from evalkit.tasks.mmmb_twin.terms import EVENTS, Term
from evalkit.tasks.mmmb_twin.values import MONTHS, day_of_month
from evalkit.tasks.mmmb_twin.world import World

if TYPE_CHECKING:
    from PIL.Image import Image

WORDS = {
    "en": Wording(
        labels=(
            "the kitchen calendar", "the calendar in the hall", "my partner's calendar", "the team calendar",
            "the calendar in the clubhouse", "my flatmate's calendar", "the calendar on the fridge",
        ),
        name="{label}",
        intros=(
            "This is {label}.", "Here's a photo of {label}.", "I took a picture of {label}.", "Have a look at {label}.",
        ),
        remarks=(
            "A busy month.", "I see the entries in the boxes.", "That's neatly kept.",
            "There's something on in every week, more or less.",
        ),
        asks={
            "date": (
                "On which date is the entry {event}?", "What date has {event} on it?",
                "Which day of the month is marked {event}?",
            ),
            "event": ("What is entered on {date}?", "What's written in the box of {date}?", "What is on for {date}?"),
        },
        says={"date": "{event} is on {value}", "event": "{value} is entered on {date}"},
    ),
    "zh": Wording(
        labels=("厨房的月历", "门厅的月历", "我爱人的月历", "团队的月历", "活动室的月历", "室友的月历", "冰箱上的月历"),
        name="{label}",
        intros=("这是{label}。", "我拍了{label}。", "给你看一下{label}。", "你看看{label}。"),
        remarks=("这个月真忙。", "格子里的安排我看到了。", "记得很整齐。", "几乎每周都有事。"),
        asks={
            "date": ("{event}安排在几号？", "哪一天写着{event}？", "{event}是几号？"),
            "event": ("{date}写的是什么？", "{date}那一格有什么安排？", "{date}有什么事？"),
        },
        says={"date": "{event}在{value}", "event": "{date}写的是{value}"},
    ),
}  # fmt: skip


def make(world: World, *, wanted: tuple[Term, ...] = (), days: Mapping[str, int] | None = None) -> Picture:
    """A month with six or seven entries.

    Args:
        world: of the dialogue.
        wanted: events that must be in it.
        days: of events, by English name, where they are given.
    """
    draws, words, language = world.draws, WORDS[world.language], world.language
    year = 2025 + draws.integer(0, 2)
    size = draws.integer(6, 7)
    free = [event for event in EVENTS if event not in wanted]
    events = [*wanted, *world.take("calendar event", free, size - len(wanted))]
    given = dict(days or {})
    open_days = [day for day in range(1, 29) if day not in given.values()]
    dates = {event.en: given.get(event.en) or 0 for event in events}
    free_days = iter(draws.shuffled(open_days))
    for event in events:
        dates[event.en] = dates[event.en] or next(free_days)
    spec = {"year": year, "month": world.month, "entries": sorted([day, name] for name, day in dates.items()),
            "paint": draws.integer(0, len(MUTED) - 1), "look": draws.integer(0, 1)}  # fmt: skip
    facts = []
    days_said = [day_of_month(dates[event.en], world.month, language) for event in events]
    names_said = [event.answer(language) for event in events]
    for event, day, said in zip(events, days_said, names_said, strict=True):
        shown = f'"{event.en}"' if language == "en" else f"“{event.zh}”"
        facts.append(
            words.fact(f"date:{event.en}", "date", day, choices=28, rivals=others(days_said, day), event=shown)
        )
        facts.append(
            words.fact(
                f"event:{dates[event.en]}", "event", said, choices=len(EVENTS), rivals=others(names_said, said),
                ask="event", date=day.text,
            )
        )  # fmt: skip
    return picture(world, "calendar_page", words, spec, facts)


def draw(spec: Mapping[str, Any]) -> Image:
    """A grid of weeks from Monday to Sunday."""
    paint = MUTED[spec["paint"]]
    canvas = Canvas(686, 520, WHITE)
    canvas.box(0, 0, 686, 70, paint)
    canvas.bold(343, 36, f"{MONTHS[spec['month'] - 1]} {spec['year']}", 34, WHITE, "mm")
    entries = dict(spec["entries"])
    first = datetime.date(spec["year"], spec["month"], 1)
    following = datetime.date(spec["year"] + spec["month"] // 12, spec["month"] % 12 + 1, 1)
    for place, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")):
        canvas.text(7 + 96 * place + 48, 86, name, 16, shade(paint, 0.6), "mm")
    for number in range((following - first).days):
        cell = first.weekday() + number
        x, y = 7 + 96 * (cell % 7), 100 + 70 * (cell // 7)
        entry = entries.get(number + 1)
        fill = shade(paint, 1.75) if entry and spec["look"] else (250, 250, 248)
        canvas.box(x, y, 96, 70, fill, (190, 190, 190))
        canvas.bold(x + 6, y + 4, str(number + 1), 17, (200, 70, 60) if cell % 7 == 6 else (60, 60, 66))
        if entry:
            _entry(canvas, x + 48, y + 45, entry, shade(paint, 0.5))
    return canvas.finished()


def _entry(canvas: Canvas, x: float, y: float, text: str, colour: tuple[int, int, int]) -> None:
    """An entry in one or two lines."""
    words = text.split(" ")
    lines = (
        [text]
        if font(15).getlength(text) < 90
        else [" ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])]
    )
    for number, line in enumerate(lines):
        canvas.text(x, y + 17 * (number - (len(lines) - 1) / 2), line, 15, colour, "mm")
