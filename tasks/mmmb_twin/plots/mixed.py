"""Last questions that work something out of a statement and one or several earlier images."""

from __future__ import annotations

from collections.abc import Callable

from evalkit.tasks.mmmb_twin import values
from evalkit.tasks.mmmb_twin.facts import Answer, Piece, Plot, Statement
from evalkit.tasks.mmmb_twin.families import (
    bars,
    departures,
    floor_plan,
    menu,
    receipt,
    shelf,
    ticket,
)  # fmt: skip
from evalkit.tasks.mmmb_twin.plots.image import hide, pieces
from evalkit.tasks.mmmb_twin.plots.lookups import (
    ask_for,
    companion,
    corner,
    far_clock,
    free_day,
    maybe_changed,
    my_field,
    my_train,
    night,
    outing,
    tell,
)  # fmt: skip
from evalkit.tasks.mmmb_twin.plots.recall import listed, rivals_of, word
from evalkit.tasks.mmmb_twin.terms import CITIES, DISHES, OBJECTS, ROOMS, Term
from evalkit.tasks.mmmb_twin.world import World


def set_off(world: World, images: int = 1) -> Plot:
    """The latest time to leave: the departure minus the walk; with two images the ticket says which train."""
    draws, language = world.draws, world.language
    goal = draws.pick(CITIES[:-8])
    departure = draws.integer(8 * 60, 21 * 60)
    board = departures.make(world, wanted=(goal,), times={goal.en: departure}, punctual=goal)
    old, new = draws.sample(range(11, 55), 2)
    stated, superseded = maybe_changed(
        world, "walk", (values.count(old, language), old), (values.count(new, language), new)
    )
    answer = values.clock(departure - new, language)
    rivals = rivals_of(answer, values.clock(departure - old, language), values.clock(departure, language))
    hidden = frozenset({(board.name, f"time:{goal.en}")})
    if images == 2:
        booked = ticket.make(world, city=goal)
        return Plot(
            name="set_off",
            question=ask_for(world, "set off ticket", ticket=booked.name, picture=board.name),
            kind="time",
            answer=answer,
            needed=(Piece(statement=stated), Piece(picture=booked), Piece(picture=board)),
            rivals=rivals,
            choices=700,
            query={"op": "set_off", "topic": "walk", "ticket": booked.name, "board": board.name},
            noise=superseded,
            hidden=hidden | {(booked.name, "city")},
        )
    trip = tell(world, "destination", goal.answer(language), goal.en)
    return Plot(
        name="set_off", question=ask_for(world, "set off", picture=board.name), kind="time", answer=answer,
        needed=(Piece(statement=stated), Piece(statement=trip), Piece(picture=board)), rivals=rivals, choices=700,
        query={"op": "set_off", "topic": "walk", "destination": "destination", "board": board.name}, noise=superseded,
        hidden=hidden,
    )  # fmt: skip


def team_lunch(world: World, images: int = 1) -> Plot:
    """Portions that were ordered times the price on the menu; over one menu or two."""
    draws, language = world.draws, world.language
    dishes = draws.sample([term for kind in ("main", "green") for term in DISHES[kind]], images)
    menus = [menu.make(world, dishes=(dish,)) for dish in dishes]
    told: list[Statement] = []
    noise: list[Piece] = []
    for place, dish in enumerate(dishes):
        old, new = draws.sample(range(3, 15), 2)
        slots = {"dish": _dish(dish, world)}
        stated, superseded = maybe_changed(
            world, "order", (values.count(old, language), old), (values.count(new, language), new),
            topic=f"order {dish.en}", **slots,
        )  # fmt: skip
        told.append(stated)
        noise += [Piece(statement=piece.statement, before=place) for piece in superseded]
    prices = [page.facts[f"price:{dish.en}"].answer.number or 0 for page, dish in zip(menus, dishes, strict=True)]
    answer = values.money(
        round(sum(one.fact["value"] * price for one, price in zip(told, prices, strict=True)), 2),
        world.currency,
        language,
    )
    if images == 1:
        question = ask_for(world, "lunch", dish=_dish(dishes[0], world), label=menus[0].label)
    else:
        question = ask_for(
            world,
            "lunch two",
            a=_dish(dishes[0], world),
            b=_dish(dishes[1], world),
            one=menus[0].label,
            two=menus[1].label,
        )
    return Plot(
        name="team_lunch", question=question, kind="price", answer=answer,
        needed=(*(Piece(statement=one) for one in told), *pieces(menus)), choices=500, noise=tuple(noise),
        query={"op": "products", "terms": [
            {"topic": one.topic, "picture": page.name, "read": ["price", dish.en]}
            for one, page, dish in zip(told, menus, dishes, strict=True)
        ]},
        hidden=frozenset((page.name, f"price:{dish.en}") for page, dish in zip(menus, dishes, strict=True)),
    )  # fmt: skip


def _dish(dish: Term, world: World) -> str:
    return dish.en.lower() if world.language == "en" else dish.zh


def vegetarian(world: World, images: int = 1) -> Plot:
    """The cheapest main course without meat or fish: its name on one menu, its price over several."""
    language = world.language
    shown = [menu.make(world) for _ in range(images)]
    stated = tell(world, "diet", Answer("diet"), "vegetarian", p=world.person())
    terms = {term.en: term for kind in DISHES.values() for term in kind}
    mains = [(cost, dish, page) for page in shown for dish, cost, _ in page.spec["sections"][1][1]]
    green = [entry for entry in mains if terms[entry[1]] in DISHES["green"]]
    cost, dish, page = min(green, key=lambda entry: entry[0])
    hidden = hide(shown, "price:")
    query = {
        "op": "vegetarian",
        "topic": "diet",
        "pictures": [one.name for one in shown],
        "want": "dish" if images == 1 else "price",
    }
    needed = (Piece(statement=stated), *pieces(shown))
    if images == 1:
        answer = terms[dish].answer(language)
        answer = Answer(_dish(terms[dish], world), answer.accepted)
        rivals = tuple(terms[other].answer(language) for _, other, _ in mains if other != dish)
        question = ask_for(world, "vegetarian", picture=page.name)
        return Plot("vegetarian", question, "dish", answer, needed, query, rivals, 8, hidden=hidden)
    answer = values.money(cost, world.currency, language)
    rivals = rivals_of(answer, *(values.money(other, world.currency, language) for other, _, _ in mains))
    question = ask_for(world, "vegetarian price", number=word(world, images))
    return Plot("vegetarian", question, "price", answer, needed, query, rivals, 100, hidden=hidden)


def short_of_target(world: World, images: int = 1) -> Plot:
    """By how much a category misses a stated target."""
    draws, language = world.draws, world.language
    title = draws.pick(tuple(bars.CHARTS))
    category = draws.pick(bars.CHARTS[title])
    shown = [bars.make(world, chart=title, wanted=(category,)) for _ in range(images)]
    reached = int(sum(one.facts[f"value:{category.en}"].answer.number or 0 for one in shown))
    old, new = (reached + short for short in draws.sample(range(12, 120), 2))
    said = category.say(language)
    stated, superseded = maybe_changed(
        world, "target", (values.count(old, language), old), (values.count(new, language), new), category=said
    )
    answer = values.count(new - reached, language)
    text = "short" if images == 1 else "short total"
    question = ask_for(world, text, category=said, picture=shown[0].name, number=word(world, images))
    return Plot(
        name="short_of_target", question=question, kind="number", answer=answer,
        needed=(Piece(statement=stated), *pieces(shown)), choices=108, noise=superseded,
        rivals=rivals_of(answer, values.count(old - reached, language)),
        query={
            "op": "stated_minus_sum", "topic": "target", "pictures": [one.name for one in shown],
            "read": ["value", category.en],
        },
        hidden=hide(shown, f"value:{category.en}"),
    )  # fmt: skip


def flooring(world: World, images: int = 1) -> Plot:
    """A stated price per square metre times the area of one room, or of two rooms in two flats."""
    draws, language = world.draws, world.language
    rooms = draws.sample(ROOMS[:4], images)
    plans = [floor_plan.make(world, wanted=(room,)) for room in rooms]
    old, new = draws.sample(range(21, 96), 2)
    stated, superseded = maybe_changed(
        world,
        "flooring",
        (values.money(old, world.currency, language), old),
        (values.money(new, world.currency, language), new),
    )
    area = sum(plan.facts[f"area:{room.en}"].answer.number or 0 for plan, room in zip(plans, rooms, strict=True))
    answer = values.money(round(area * new, 2), world.currency, language)
    said = [room.say(language) for room in rooms]
    if images == 1:
        question = ask_for(world, "floor", room=said[0], label=plans[0].label)
    else:
        question = ask_for(world, "floor two", a=said[0], b=said[1], one=plans[0].label, two=plans[1].label)
    return Plot(
        name="flooring",
        question=question,
        kind="price",
        answer=answer,
        needed=(Piece(statement=stated), *pieces(plans)),
        choices=800,
        noise=superseded,
        rivals=rivals_of(answer, values.money(round(area * old, 2), world.currency, language)),
        query={
            "op": "stated_times_sum",
            "topic": "flooring",
            "pictures": [plan.name for plan in plans],
            "reads": [["area", room.en] for room in rooms],
        },
        hidden=frozenset((plan.name, f"area:{room.en}") for plan, room in zip(plans, rooms, strict=True)),
    )


def budget_left(world: World, images: int = 1) -> Plot:
    """What remains of a stated budget after one receipt or several; a stranger's receipt distracts."""
    draws, language = world.draws, world.language
    shown = [receipt.make(world) for _ in range(images)]
    other = receipt.make(world)
    spent = round(sum(one.spec["total"] for one in shown), 2)
    old, new = (int(spent) + 1 + extra for extra in draws.sample(range(15, 160), 2))
    stated, superseded = maybe_changed(
        world,
        "budget",
        (values.money(old, world.currency, language), old),
        (values.money(new, world.currency, language), new),
    )
    answer = values.money(round(new - spent, 2), world.currency, language)
    question = ask_for(world, "left one" if images == 1 else "left", names=listed(world, [one.label for one in shown]))
    return Plot(
        name="budget_left",
        question=question,
        kind="price",
        answer=answer,
        needed=(Piece(statement=stated), *pieces(shown)),
        choices=1500,
        noise=(*superseded, Piece(picture=other)),
        rivals=rivals_of(answer, values.money(round(old - spent, 2), world.currency, language)),
        query={"op": "stated_minus_sum", "topic": "budget", "pictures": [one.name for one in shown], "read": ["total"]},
        hidden=hide(shown, "total"),
    )


def collection(world: World, images: int = 1) -> Plot:
    """A stated price for each thing of a kind, times how many of them stand on the shelves."""
    draws, language = world.draws, world.language
    kind = draws.pick([name for name in OBJECTS if name != "plant"])
    shown = [shelf.make(world, number=(kind, draws.integer(2, 8))) for _ in range(images)]
    number = int(sum(one.facts[f"count:{kind}"].answer.number or 0 for one in shown))
    old, new = draws.sample(range(6, 49), 2)
    stated, superseded = maybe_changed(
        world,
        "offer",
        (values.money(old, world.currency, language), old),
        (values.money(new, world.currency, language), new),
        thing=OBJECTS[kind].say(language),
        unit=OBJECTS[kind].unit,
    )
    answer = values.money(new * number, world.currency, language)
    question = ask_for(
        world, "collect" if images == 1 else "collect several", things=OBJECTS[kind].many(language),
        names=listed(world, [one.label for one in shown]), number=word(world, images),
    )  # fmt: skip
    return Plot(
        name="collection",
        question=question,
        kind="price",
        answer=answer,
        needed=(Piece(statement=stated), *pieces(shown)),
        choices=200,
        noise=superseded,
        rivals=rivals_of(answer, values.money(old * number, world.currency, language)),
        query={
            "op": "stated_times_sum",
            "topic": "offer",
            "pictures": [one.name for one in shown],
            "reads": [["count", kind]] * images,
        },
        hidden=hide(shown, f"count:{kind}"),
    )


# number of images -> plot -> how often it is taken
PLOTS: dict[int, dict[Callable[..., Plot], int]] = {
    1: {
        my_train: 2,
        set_off: 1,
        team_lunch: 1,
        vegetarian: 1,
        companion: 2,
        outing: 2,
        my_field: 1,
        short_of_target: 1,
        flooring: 1,
        far_clock: 2,
        night: 2,
        free_day: 2,
        corner: 2,
        budget_left: 1,
        collection: 1,
    },
    2: {
        set_off: 3,
        team_lunch: 3,
        vegetarian: 2,
        my_field: 2,
        short_of_target: 2,
        flooring: 3,
        budget_left: 2,
        collection: 2,
    },
    3: {vegetarian: 3, my_field: 3, short_of_target: 3, budget_left: 3, collection: 3},
    4: {vegetarian: 3, my_field: 3, short_of_target: 3, budget_left: 3, collection: 3},
}
