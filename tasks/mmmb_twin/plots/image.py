"""Last questions that need one or several earlier images, and nothing that was said of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType

from evalkit.tasks.mmmb_twin import values
from evalkit.tasks.mmmb_twin.facts import Answer, Fact, Picture, Piece, Plot
from evalkit.tasks.mmmb_twin.families import (
    bars,
    calendar_page,
    clocks,
    departures,
    floor_plan,
    forecast,
    landscape,
    menu,
    note,
    opening_hours,
    pie,
    receipt,
    shelf,
    signpost,
    street_map,
    street_scene,
    ticket,
)  # fmt: skip
from evalkit.tasks.mmmb_twin.families.landscape import THINGS, UNITS
from evalkit.tasks.mmmb_twin.plots.image_wording import TEXTS
from evalkit.tasks.mmmb_twin.plots.recall import about, listed, rivals_of, word
from evalkit.tasks.mmmb_twin.terms import CITIES, DISHES, EVENTS, GOODS, OBJECTS, PLACES, ROOMS
from evalkit.tasks.mmmb_twin.world import World

SIMPLE: tuple[ModuleType, ...] = (
    bars, calendar_page, clocks, departures, floor_plan, forecast, landscape, menu, note, opening_hours, pie, receipt,
    shelf, signpost, street_map, street_scene, ticket,
)  # fmt: skip


def pieces(pictures: Sequence[Picture]) -> tuple[Piece, ...]:
    """One piece for each picture."""
    return tuple(Piece(picture=picture) for picture in pictures)


def hide(pictures: Sequence[Picture], prefix: str) -> frozenset[tuple[str, str]]:
    """Facts of pictures whose key begins so."""
    return frozenset((one.name, key) for one in pictures for key in one.facts if key.startswith(prefix))


def worth_asking(world: World, picture: Picture) -> Fact:
    """A fact for a last question: rarely one that a guess would often get right."""
    facts = list(picture.facts.values())
    wide = [fact for fact in facts if fact.choices >= 15]
    fair = [fact for fact in facts if fact.choices >= 8]
    return world.draws.pick(wide if wide and world.draws.chance(0.8) else fair)


def single(world: World, images: int = 1) -> Plot:
    """One fact of one earlier picture; pictures of the same family distract."""
    family = world.draws.pick(SIMPLE)
    picture = family.make(world)
    fact = worth_asking(world, picture)
    noise = [family.make(world) for _ in range(world.draws.pick((0, 1, 1, 2)))]
    return Plot(
        name="single", question=about(world, picture, fact.asks), kind=fact.kind, answer=fact.answer,
        needed=pieces([picture]), query={"op": "fact", "picture": picture.name, "key": fact.key}, rivals=fact.rivals,
        choices=fact.choices, noise=pieces(noise), hidden=_kin(picture, fact),
    )  # fmt: skip


def _kin(picture: Picture, fact: Fact) -> frozenset[tuple[str, str]]:
    """The fact and those that say the same the other way round."""
    same = {fact.key}
    for key, other in picture.facts.items():
        if fact.answer.text in other.says:
            same.add(key)
    return frozenset((picture.name, key) for key in same)


def receipts_total(world: World, images: int) -> Plot:
    """The sum of all receipts of one trip; somebody else's receipt distracts."""
    shown = [receipt.make(world) for _ in range(images)]
    other = receipt.make(world)
    answer = values.money(sum(one.spec["total"] for one in shown), world.currency, world.language)
    names = [one.label for one in shown]
    question = world.says(
        TEXTS["receipts_total"][world.language], names=listed(world, names), number=word(world, images)
    )
    return _sum("receipts_total", world, shown, answer, question, "price", {"read": ["total"]}, [other], 400, "total")


def most_expensive(world: World, images: int) -> Plot:
    """The largest total among several receipts."""
    shown = [receipt.make(world) for _ in range(images)]
    totals = [one.facts["total"].answer for one in shown]
    answer = max(totals, key=lambda total: total.number or 0)
    names = [one.label for one in shown]
    question = world.says(
        TEXTS["most_expensive"][world.language], names=listed(world, names), number=word(world, images)
    )
    return Plot(
        name="most_expensive", question=question, kind="price", answer=answer, needed=pieces(shown),
        query={"op": "max", "pictures": [one.name for one in shown], "read": ["total"]},
        rivals=rivals_of(answer, *totals), choices=200, hidden=hide(shown, "total"),
    )  # fmt: skip


def cheapest_dish(world: World, images: int) -> Plot:
    """The lowest price of one dish over several menus."""
    draws, language = world.draws, world.language
    dish = draws.pick([term for kind in ("soup", "sweet", "drink") for term in DISHES[kind]])
    shown = [menu.make(world, dishes=(dish,)) for _ in range(images)]
    prices = [one.facts[f"price:{dish.en}"].answer for one in shown]
    best = draws.pick((min, max))
    answer = best(prices, key=lambda price: price.number or 0)
    said = dish.en.lower() if language == "en" else dish.zh
    text = "cheapest_dish" if best is min else "dearest_dish"
    question = world.says(TEXTS[text][language], dish=said, number=word(world, images))
    return Plot(
        name=text, question=question, kind="price", answer=answer, needed=pieces(shown),
        query={"op": best.__name__, "pictures": [one.name for one in shown], "read": ["price", dish.en]},
        rivals=rivals_of(answer, *prices), choices=60, hidden=hide(shown, f"price:{dish.en}"),
    )  # fmt: skip


def objects_total(world: World, images: int) -> Plot:
    """How many things of a kind stand on several shelves together."""
    kind = world.draws.pick([name for name in OBJECTS if name != "plant"])
    shown = [shelf.make(world, number=(kind, world.draws.integer(2, 8))) for _ in range(images)]
    numbers = [int(one.facts[f"count:{kind}"].answer.number or 0) for one in shown]
    answer = values.count(sum(numbers), world.language)
    question = world.says(
        TEXTS["objects_total"][world.language], things=OBJECTS[kind].many(world.language), unit=OBJECTS[kind].unit,
        number=word(world, images), names=listed(world, [one.label for one in shown]),
    )  # fmt: skip
    return _sum(
        "objects_total", world, shown, answer, question, "count", {"read": ["count", kind]}, [], 24, f"count:{kind}"
    )


def nature_total(world: World, images: int) -> Plot:
    """How many animals, boats or trees several landscapes show together."""
    thing = world.draws.pick(tuple(THINGS))
    shown = [landscape.make(world) for _ in range(images)]
    answer = values.count(sum(one.spec["numbers"][thing] for one in shown), world.language)
    question = world.says(
        TEXTS["nature_total"][world.language], things=THINGS[thing].many(world.language), unit=UNITS[thing],
        number=word(world, images), names=listed(world, [one.label for one in shown]),
    )  # fmt: skip
    return _sum(
        "nature_total", world, shown, answer, question, "count", {"read": ["count", thing]}, [], 20, f"count:{thing}"
    )


def bars_total(world: World, images: int) -> Plot:
    """One category's bars over several charts of the same kind."""
    draws, language = world.draws, world.language
    title = draws.pick(tuple(bars.CHARTS))
    category = draws.pick(bars.CHARTS[title])
    shown = [bars.make(world, chart=title, wanted=(category,)) for _ in range(images)]
    numbers = [one.facts[f"value:{category.en}"].answer.number or 0 for one in shown]
    answer = values.count(int(sum(numbers)), language)
    question = world.says(
        TEXTS["bars_total"][language], category=category.say(language), number=word(world, images),
        names=listed(world, [one.label for one in shown]),
    )  # fmt: skip
    read = {"read": ["value", category.en]}
    return _sum("bars_total", world, shown, answer, question, "number", read, [], 500, f"value:{category.en}")


def fares_total(world: World, images: int) -> Plot:
    """What several tickets cost together."""
    shown = [ticket.make(world) for _ in range(images)]
    answer = values.money(sum(one.spec["price"] for one in shown), world.currency, world.language)
    question = world.says(
        TEXTS["fares_total"][world.language],
        number=word(world, images),
        names=listed(world, [one.label for one in shown]),
    )
    return _sum("fares_total", world, shown, answer, question, "price", {"read": ["fare"]}, [], 800, "price")


def largest_room(world: World, images: int) -> Plot:
    """The largest room of one kind over several flats."""
    room = world.draws.pick(ROOMS[:4])
    shown = [floor_plan.make(world, wanted=(room,)) for _ in range(images)]
    areas = [one.facts[f"area:{room.en}"].answer for one in shown]
    best = world.draws.pick((min, max))
    answer = best(areas, key=lambda area: area.number or 0)
    text = "largest_room" if best is max else "smallest_room"
    question = world.says(TEXTS[text][world.language], room=room.say(world.language), number=word(world, images))
    return Plot(
        name=text, question=question, kind="area", answer=answer, needed=pieces(shown),
        query={"op": best.__name__, "pictures": [one.name for one in shown], "read": ["area", room.en]},
        rivals=rivals_of(answer, *areas), choices=200, hidden=hide(shown, f"area:{room.en}"),
    )  # fmt: skip


def vanished(world: World, images: int = 2) -> Plot:
    """What is missing in a later picture of the same shelf."""
    first = shelf.make(world)
    rows = [list(map(tuple, row)) for row in first.spec["rows"]]
    kinds = [thing[0] for row in rows for thing in row]
    place = world.draws.pick(
        [(y, x) for y, row in enumerate(rows) for x, thing in enumerate(row) if kinds.count(thing[0]) == 1]
    )
    gone = rows[place[0]].pop(place[1])[0]
    rows = [world.draws.shuffled(row) for row in rows]
    label = first.label
    later = shelf.make(world, items=rows, label=label)
    texts = TEXTS["vanished later"][world.language]
    name = world.says(TEXTS["vanished name"][world.language], label=label)
    intros = tuple(text.format(label=label) for text in texts)
    later = Picture(later.family, later.spec, name, intros, later.remarks, later.facts, label)
    answer = OBJECTS[gone].answer(world.language)
    left = [OBJECTS[kind].answer(world.language) for kind in dict.fromkeys(kinds) if kind != gone]
    return Plot(
        name="vanished", question=world.says(TEXTS["vanished"][world.language], name=first.name), kind="object",
        answer=answer, needed=pieces([first, later]), ordered=True,
        query={"op": "vanished", "pictures": [first.name, later.name]}, rivals=tuple(left), choices=len(OBJECTS),
        hidden=frozenset((one.name, key) for one in (first, later) for key in one.facts),
    )  # fmt: skip


def price_rise(world: World, images: int = 2) -> Plot:
    """By how much a dish became dearer from one menu to the next."""
    draws, language = world.draws, world.language
    dish = draws.pick([term for kind in ("main", "green") for term in DISHES[kind]])
    old = menu.make(world, dishes=(dish,))
    before = old.facts[f"price:{dish.en}"].answer.number or 0
    rise = draws.integer(6, 48) / 10
    fresh = menu.make(world, dishes=(dish,), prices={dish.en: round(before + rise, 2)})
    label = old.label
    new = Picture(
        "menu", fresh.spec, world.says(TEXTS["new menu"][language], label=label),
        tuple(text.format(label=label) for text in TEXTS["new menu intro"][language]), fresh.remarks, fresh.facts,
        label,
    )  # fmt: skip
    said = dish.en.lower() if language == "en" else dish.zh
    return Plot(
        name="price_rise", question=world.says(TEXTS["price_rise"][language], label=label, dish=said), kind="price",
        answer=values.money(rise, world.currency, language), needed=pieces([old, new]), ordered=True,
        query={"op": "difference", "pictures": [new.name, old.name], "read": ["price", dish.en]}, choices=43,
        hidden=hide([old, new], f"price:{dish.en}"),
    )  # fmt: skip


def ticket_to_board(world: World, images: int = 2) -> Plot:
    """The platform or time on the board of the train a ticket is for."""
    goal = world.draws.pick(CITIES[:-8])
    booked, board = ticket.make(world, city=goal), departures.make(world, wanted=(goal,), punctual=goal)
    wish = world.draws.pick(("platform", "time"))
    fact = board.facts[f"{wish}:{goal.en}"]
    question = world.says(TEXTS[f"ticket_to_board {wish}"][world.language], ticket=booked.name, board=board.name)
    return Plot(
        name="ticket_to_board", question=question, kind=fact.kind, answer=fact.answer, needed=pieces([booked, board]),
        query={"op": "chain", "from": booked.name, "key": "city", "to": board.name, "read": [wish]}, rivals=fact.rivals,
        choices=fact.choices, hidden=_kin(board, fact) | {(booked.name, "city")},
    )  # fmt: skip


def calendar_by_ticket(world: World, images: int = 2) -> Plot:
    """What the calendar has for the date of a ticket."""
    booked = ticket.make(world)
    event = world.one("calendar event", EVENTS)
    page = calendar_page.make(world, wanted=(event,), days={event.en: booked.spec["day"]})
    fact = page.facts[f"event:{booked.spec['day']}"]
    question = world.says(TEXTS["calendar_by_ticket"][world.language], ticket=booked.name, calendar=page.name)
    return Plot(
        name="calendar_by_ticket",
        question=question,
        kind="event",
        answer=fact.answer,
        needed=pieces([booked, page]),
        query={"op": "chain", "from": booked.name, "key": "day", "to": page.name, "read": ["event"]},
        rivals=fact.rivals,
        choices=fact.choices,
        hidden=_kin(page, fact) | {(booked.name, "date"), (page.name, f"date:{event.en}")},
    )


def missing_item(world: World, images: int = 2) -> Plot:
    """Which line of a note is not on the receipt."""
    goods = [term.en for term in world.draws.sample(note.GOODS, 4)]
    gone = goods[0]
    wanted, bought = (
        note.make(world, wanted=tuple(goods), size=4),
        receipt.make(world, wanted=tuple(goods[1:]), leave_out=(gone,), size=5),
    )
    terms = {term.en: term for term in GOODS}
    answer = _goods_answer(terms[gone].answer(world.language))
    question = world.says(TEXTS["missing_item"][world.language], note=wanted.name, receipt=bought.name)
    others = [_goods_answer(terms[item].answer(world.language)) for item in goods[1:]]
    return Plot(
        name="missing_item", question=question, kind="item", answer=answer, needed=pieces([wanted, bought]),
        query={"op": "missing", "pictures": [wanted.name, bought.name]}, rivals=tuple(others), choices=len(note.GOODS),
        hidden=frozenset((one.name, key) for one in (wanted, bought) for key in one.facts if ":" in key),
    )  # fmt: skip


def _goods_answer(answer: Answer) -> Answer:
    return Answer(answer.text[:1].lower() + answer.text[1:], answer.accepted)


def map_to_hours(world: World, images: int = 2) -> Plot:
    """When the place at a corner of the map opens or closes; another door distracts."""
    draws, language = world.draws, world.language
    places = world.take("map place", PLACES, 2)
    plan = street_map.make(world, wanted=tuple(places))
    sign, other = (opening_hours.make(world, place=place) for place in places)
    corner = next(
        key
        for key, fact in plan.facts.items()
        if key.startswith("corner") and fact.answer.text == places[0].say(language)
    )
    down, across = corner.removeprefix("corner:").split("/")
    fact = draws.pick([fact for key, fact in sign.facts.items() if key.startswith(("opens", "closes"))])
    question = world.says(
        TEXTS["map_to_hours"][language], down=down, across=across, map=plan.name, ask=draws.pick(fact.asks)
    )
    return Plot(
        name="map_to_hours", question=question, kind="time", answer=fact.answer, needed=pieces([plan, sign]),
        query={"op": "map_hours", "map": plan.name, "corner": [down, across], "sign": sign.name, "key": fact.key},
        rivals=fact.rivals, choices=fact.choices, noise=pieces([other]),
        hidden=_kin(sign, fact) | {(plan.name, corner), (plan.name, f"street:{places[0].en}")},
    )  # fmt: skip


def warmest(world: World, images: int) -> Plot:
    """The highest or lowest temperature of one weekday over several forecasts."""
    draws, language = world.draws, world.language
    day = draws.integer(0, 6)
    top = draws.sample(range(9, 33), images)
    shown = [forecast.make(world, highs={day: high}) for high in top]
    best = draws.pick((min, max))
    answers = [one.facts[f"high:{day}"].answer for one in shown]
    answer = best(answers, key=lambda high: high.number or 0)
    text = "warmest" if best is max else "coolest"
    question = world.says(TEXTS[text][language], day=values.weekday(day, language).text, number=word(world, images))
    return Plot(
        name=text, question=question, kind="temperature", answer=answer, needed=pieces(shown),
        query={"op": best.__name__, "pictures": [one.name for one in shown], "read": ["high", day]},
        rivals=rivals_of(answer, *answers), choices=24, hidden=hide(shown, f"high:{day}"),
    )  # fmt: skip


def _sum(
    name: str, world: World, shown: Sequence[Picture], answer: Answer, question: str, kind: str,
    read: dict[str, list[str]], noise: Sequence[Picture], choices: int, hidden: str,
) -> Plot:  # fmt: skip
    return Plot(
        name=name, question=question, kind=kind, answer=answer, needed=pieces(shown),
        query={"op": "sum", "pictures": [one.name for one in shown], **read}, choices=choices, noise=pieces(noise),
        hidden=hide(shown, hidden),
    )  # fmt: skip


# number of images -> plot -> how often it is taken
PLOTS: dict[int, dict[Callable[..., Plot], int]] = {
    1: {single: 1},
    2: {
        ticket_to_board: 3, calendar_by_ticket: 3, missing_item: 3, map_to_hours: 3, vanished: 3, price_rise: 3,
        receipts_total: 1, bars_total: 1, fares_total: 1,
    },
    3: {
        receipts_total: 3, most_expensive: 2, cheapest_dish: 3, objects_total: 2, nature_total: 2, bars_total: 3,
        fares_total: 2, largest_room: 3, warmest: 3,
    },
    4: {
        receipts_total: 3, most_expensive: 2, cheapest_dish: 3, objects_total: 2, nature_total: 2, bars_total: 3,
        fares_total: 2, largest_room: 3, warmest: 3,
    },
}  # fmt: skip
