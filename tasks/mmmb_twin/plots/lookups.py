"""Last questions that look something up in an image which was named in a statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evalkit.tasks.mmmb_twin import values
from evalkit.tasks.mmmb_twin.facts import Answer, Fact, Picture, Piece, Plot, Statement
from evalkit.tasks.mmmb_twin.families import (
    bars,
    calendar_page,
    clocks,
    departures,
    forecast,
    opening_hours,
    signpost,
    street_map,
)  # fmt: skip
from evalkit.tasks.mmmb_twin.plots.image import hide, pieces
from evalkit.tasks.mmmb_twin.plots.mixed_wording import ASKS, SAYS
from evalkit.tasks.mmmb_twin.plots.recall import word
from evalkit.tasks.mmmb_twin.small_talk import upper_first
from evalkit.tasks.mmmb_twin.terms import CITIES, EVENTS, Term
from evalkit.tasks.mmmb_twin.world import World


def tell(
    world: World, key: str, answer: Answer, fact: Any, *, topic: str = "", change: bool = False, **slots: Any
) -> Statement:
    """A statement of SAYS; `fact` is what a program reads."""
    says = world.says(
        SAYS[f"{key} change" if change else key][world.language], v=answer.text, V=upper_first(answer.text), **slots
    )
    return Statement(topic=topic or key, kind=key, answer=answer, says=says, asks=(), fact={"value": fact})


def maybe_changed(
    world: World, key: str, old: tuple[Answer, Any], new: tuple[Answer, Any], *, topic: str = "", **slots: Any
) -> tuple[Statement, tuple[Piece, ...]]:
    """The statement that holds, and in four of ten cases an earlier one that it corrects."""
    if not world.draws.chance(0.4):
        return tell(world, key, *new, topic=topic, **slots), ()
    first = tell(world, key, *old, topic=topic, **slots)
    return tell(world, key, *new, topic=topic, change=True, **slots), (Piece(statement=first, before=0),)


def _lookup(
    name: str,
    world: World,
    stated: Statement,
    superseded: Sequence[Piece],
    picture: Picture,
    fact: Fact,
    question: str,
    read: Sequence[Any],
    noise: Sequence[Piece] = (),
    hidden: frozenset[tuple[str, str]] = frozenset(),
) -> Plot:
    """What one picture has for the thing that was stated."""
    same = {(picture.name, key) for key, other in picture.facts.items() if fact.answer.text in other.says}
    return Plot(
        name=name, question=question, kind=fact.kind, answer=fact.answer,
        needed=(Piece(statement=stated), Piece(picture=picture)), rivals=fact.rivals, choices=fact.choices,
        query={"op": "lookup", "topic": stated.topic, "picture": picture.name, "read": list(read)},
        noise=(*superseded, *noise), hidden=hidden | same,
    )  # fmt: skip


def ask_for(world: World, key: str, **slots: object) -> str:
    """One of the questions of ASKS."""
    return world.says(ASKS[key][world.language], **slots)


def my_train(world: World, images: int = 1) -> Plot:
    """Platform or time of the traveller's own service; somebody else travels elsewhere."""
    language = world.language
    old, new, other = world.draws.sample(CITIES[:-8], 3)
    board = departures.make(world, wanted=(old, new, other), punctual=new)
    stated, superseded = maybe_changed(
        world, "destination", (old.answer(language), old.en), (new.answer(language), new.en)
    )
    friend = tell(world, "destination other", other.answer(language), other.en, p=world.person())
    wish = world.draws.pick(("platform", "time"))
    question = ask_for(world, "platform" if wish == "platform" else "departure", picture=board.name)
    return _lookup(
        "my_train",
        world,
        stated,
        superseded,
        board,
        board.facts[f"{wish}:{new.en}"],
        question,
        [wish],
        [Piece(statement=friend)],
    )


def companion(world: World, images: int = 1) -> Plot:
    """The date somebody joins: the statement names the event, the calendar its date."""
    language, person = world.language, world.person()
    old, new = world.take("calendar event", EVENTS, 2)
    page = calendar_page.make(world, wanted=(old, new))
    said = {term.en: (f'"{term.en}"' if language == "en" else f"“{term.zh}”") for term in (old, new)}
    stated, superseded = maybe_event(world, person, old, new, said)
    question = ask_for(world, "joins", p=person, picture=page.name)
    return _lookup("companion", world, stated, superseded, page, page.facts[f"date:{new.en}"], question, ["date"])


def maybe_event(
    world: World, person: str, old: Term, new: Term, said: Mapping[str, str]
) -> tuple[Statement, tuple[Piece, ...]]:
    """The event somebody joins, perhaps after another one."""
    language, topic = world.language, f"attends {person}"
    if not world.draws.chance(0.4):
        return tell(world, "attends", new.answer(language), new.en, topic=topic, p=person, event=said[new.en]), ()
    first = tell(world, "attends", old.answer(language), old.en, topic=topic, p=person, event=said[old.en])
    second = tell(
        world, "attends", new.answer(language), new.en, topic=topic, change=True, p=person, event=said[new.en]
    )
    return second, (Piece(statement=first, before=0),)


def outing(world: World, images: int = 1) -> Plot:
    """The temperature on the day of an outing."""
    draws, language = world.draws, world.language
    page = forecast.make(world)
    old, new = draws.sample([row[0] for row in page.spec["days"]], 2)
    stated, superseded = maybe_changed(
        world, "outing", (values.weekday(old, language), old), (values.weekday(new, language), new)
    )
    wish = draws.pick(("high", "low"))
    question = ask_for(world, f"outing {wish}", picture=page.name)
    return _lookup("outing", world, stated, superseded, page, page.facts[f"{wish}:{new}"], question, [wish])


def my_field(world: World, images: int = 1) -> Plot:
    """The bars of the category somebody is in charge of, over one chart or several."""
    draws, language = world.draws, world.language
    title = draws.pick(tuple(bars.CHARTS))
    old, new = draws.sample(bars.CHARTS[title], 2)
    shown = [bars.make(world, chart=title, wanted=(old, new)) for _ in range(images)]
    stated, superseded = maybe_changed(
        world, "category", (old.answer(language), old.en), (new.answer(language), new.en)
    )
    facts = [one.facts[f"value:{new.en}"] for one in shown]
    if images == 1:
        question = ask_for(world, "mine", picture=shown[0].name)
        return _lookup("my_field", world, stated, superseded, shown[0], facts[0], question, ["value"])
    answer = values.count(int(sum(fact.answer.number or 0 for fact in facts)), language)
    return Plot(
        name="my_field",
        question=ask_for(world, "mine total", number=word(world, images)),
        kind="number",
        answer=answer,
        needed=(Piece(statement=stated), *pieces(shown)),
        choices=500,
        noise=superseded,
        query={"op": "lookup_sum", "topic": stated.topic, "pictures": [one.name for one in shown], "read": ["value"]},
        hidden=hide(shown, f"value:{new.en}"),
    )


def far_clock(world: World, images: int = 1) -> Plot:
    """The time on the dial of the city somebody lives in; somebody else lives in another."""
    language = world.language
    wall = clocks.make(world)
    names = {city.en: city for city in CITIES}
    mine, theirs = (names[city] for city in world.draws.sample([row[0] for row in wall.spec["clocks"]], 2))
    person, other = world.person(), world.person()
    stated = tell(world, "lives", mine.answer(language), mine.en, topic=f"lives {person}", p=person)
    friend = tell(world, "lives", theirs.answer(language), theirs.en, topic=f"lives {other}", p=other)
    question = ask_for(world, "dial", p=person, picture=wall.name)
    return _lookup(
        "far_clock",
        world,
        stated,
        (),
        wall,
        wall.facts[f"time:{mine.en}"],
        question,
        ["time"],
        [Piece(statement=friend)],
    )


def night(world: World, images: int = 1) -> Plot:
    """How far it is to where one sleeps tonight."""
    post = signpost.make(world)
    old, new = world.draws.sample([row[0] for row in post.spec["arms"]], 2)
    stated, superseded = maybe_changed(world, "night", (values.name(old), old), (values.name(new), new))
    question = ask_for(world, "bed", picture=post.name)
    return _lookup("night", world, stated, superseded, post, post.facts[f"distance:{new}"], question, ["distance"])


def free_day(world: World, images: int = 1) -> Plot:
    """Opening or closing time on the one day somebody can go."""
    draws, language = world.draws, world.language
    sign = opening_hours.make(world)
    old, new = draws.sample([day for day, hours in enumerate(sign.spec["hours"]) if hours], 2)
    stated, superseded = maybe_changed(
        world, "free day", (values.weekday(old, language), old), (values.weekday(new, language), new), place=sign.label
    )
    wish = draws.pick(("opens", "closes"))
    question = ask_for(world, "open" if wish == "opens" else "close", picture=sign.name)
    return _lookup("free_day", world, stated, superseded, sign, sign.facts[f"{wish}:{new}"], question, [wish])


def corner(world: World, images: int = 1) -> Plot:
    """What stands at the corner where somebody waits."""
    plan, person = street_map.make(world), world.person()
    corners = [key for key in plan.facts if key.startswith("corner:")]
    old, new = world.draws.sample(corners, 2)
    told = []
    for key in (old, new):
        down, across = key.removeprefix("corner:").split("/")
        told.append((down, across))
    changed = world.draws.chance(0.4)
    topic = f"corner {person}"
    spots = [
        tell(
            world,
            "corner",
            values.name(f"{down} / {across}"),
            [down, across],
            topic=topic,
            change=changed and place == 1,
            p=person,
            down=down,
            across=across,
        )
        for place, (down, across) in enumerate(told)
    ]
    superseded = (Piece(statement=spots[0], before=0),) if changed else ()
    question = ask_for(world, "meeting", p=person, picture=plan.name)
    return _lookup("corner", world, spots[1], superseded, plan, plan.facts[new], question, ["corner"])


LOOKUPS: tuple[Callable[..., Plot], ...] = (my_train, companion, outing, my_field, far_clock, night, free_day, corner)
