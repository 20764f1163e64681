"""Answers the last questions of mmmb_twin from the state alone: specs of the images, statements by turn, the query.

Nothing here knows the generator's answers; the values are read off the specs a second time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.tasks.mmmb_twin import values
from evalkit.tasks.mmmb_twin.terms import CITIES, DISHES, EVENTS, GOODS, OBJECTS, PLACES, Term

TERMS: Mapping[str, Term] = {
    term.en: term for term in (*CITIES, *EVENTS, *GOODS, *PLACES, *(dish for kind in DISHES.values() for dish in kind))
} | dict(OBJECTS)


def read(picture: Mapping[str, Any], path: Sequence[Any]) -> Any:
    """One value of an image's spec."""
    spec, (what, *which) = picture["spec"], path
    key = which[0] if which else None
    if what == "total":
        return round(sum(cost for _, cost in spec["items"]), 2)
    if what == "fare":
        return spec["price"]
    if what == "price":
        return next(cost for _, items in spec["sections"] for dish, cost, _ in items if dish == key)
    if what == "count" and picture["family"] == "shelf":
        return sum(kind == key for row in spec["rows"] for kind, _ in row)
    if what == "count":
        return spec["numbers"][key]
    if what == "value":
        return dict(spec["bars"])[key]
    if what == "area":
        return dict(spec["rooms"])[key]
    if what in ("high", "low"):
        return next(row[2 if what == "high" else 3] for row in spec["days"] if row[0] == key)
    if what in ("platform", "time"):
        return next(row[2 if what == "platform" else 0] for row in spec["rows"] if row[1] == key)
    if what == "distance":
        return next(km for town, km, _ in spec["arms"] if town == key)
    if what in ("opens", "closes"):
        return spec["hours"][key][what == "closes"]
    if what == "date":
        return next(day for day, event in spec["entries"] if event == key)
    if what == "event":
        return dict(spec["entries"])[key]
    if what == "corner":
        place = (spec["down"].index(key[0]), spec["across"].index(key[1]))
        return next(name for name, x, y in spec["places"] if (x, y) == place)
    if what == "time of":
        return dict(spec["clocks"])[key]
    raise KeyError(what)


class Oracle:
    """Answers one query.

    Args:
        state: of `Twin.state()`.
    """

    def __init__(self, state: Mapping[str, Any]) -> None:
        self.pictures, self.told, self.query = state["pictures"], state["statements"], state["query"]

    def stated(self, topic: str, *, first: bool = False) -> Any:
        """The value a topic has at the end, or had at first."""
        said = [one["value"] for one in self.told if one["topic"] == topic]
        return said[0 if first else -1]

    def reads(self) -> list[Any]:
        """The same value of every picture of the query."""
        return [read(self.pictures[name], self.query["read"]) for name in self.query["pictures"]]

    def answer(self) -> Any:
        """The value the question asks for."""
        return getattr(self, f"_{self.query['op']}")()

    def _latest(self) -> Any:
        return self.stated(self.query["topic"])

    def _first(self) -> Any:
        return self.stated(self.query["topic"], first=True)

    def _nth(self) -> Any:
        return self.stated(self.query["topic"])[self.query["nth"]]

    def _removed(self) -> Any:
        return next(one["value"] for one in reversed(self.told) if one.get("off"))

    def _earliest(self) -> Any:
        said = [one for one in self.told if one["topic"] in self.query["topics"]]
        return min(said, key=lambda one: one["day"])["value"]

    def _sum(self) -> Any:
        return sum(self.reads() if "pictures" in self.query else map(self.stated, self.query["topics"]))

    def _difference(self) -> Any:
        first, second = self.reads() if "pictures" in self.query else map(self.stated, self.query["topics"])
        return first - second

    def _max(self) -> Any:
        return max(self.reads())

    def _min(self) -> Any:
        return min(self.reads())

    def _vanished(self) -> Any:
        before, after = (
            {kind for row in self.pictures[name]["spec"]["rows"] for kind, _ in row} for name in self.query["pictures"]
        )
        (gone,) = before - after
        return gone

    def _missing(self) -> Any:
        note, receipt = (self.pictures[name]["spec"] for name in self.query["pictures"])
        (gone,) = {item for item, _ in note["lines"]} - {item for item, _ in receipt["items"]}
        return gone

    def _chain(self) -> Any:
        start = self.pictures[self.query["from"]]["spec"]
        return read(
            self.pictures[self.query["to"]],
            [*self.query["read"], start["to" if self.query["key"] == "city" else "day"]],
        )

    def _map_hours(self) -> Any:
        place = read(self.pictures[self.query["map"]], ["corner", self.query["corner"]])
        doors = [
            one for one in self.pictures.values() if one["family"] == "opening_hours" and one["spec"]["place"] == place
        ]
        what, day = self.query["key"].split(":")
        return read(doors[0], [what, int(day)])

    def _lookup(self) -> Any:
        (what,) = self.query["read"]
        picture = self.pictures[self.query["picture"]]
        what = "time of" if picture["family"] == "clocks" else what
        return read(picture, [what, self.stated(self.query["topic"])])

    def _lookup_sum(self) -> Any:
        return sum(
            read(self.pictures[name], [*self.query["read"], self.stated(self.query["topic"])])
            for name in self.query["pictures"]
        )

    def _set_off(self) -> Any:
        query = self.query
        goal = self.pictures[query["ticket"]]["spec"]["to"] if "ticket" in query else self.stated(query["destination"])
        return read(self.pictures[query["board"]], ["time", goal]) - self.stated(query["topic"])

    def _products(self) -> Any:
        return sum(
            self.stated(term["topic"]) * read(self.pictures[term["picture"]], term["read"])
            for term in self.query["terms"]
        )

    def _stated_minus_sum(self) -> Any:
        return self.stated(self.query["topic"]) - sum(self.reads())

    def _stated_times_sum(self) -> Any:
        found = [
            read(self.pictures[name], path)
            for name, path in zip(self.query["pictures"], self.query["reads"], strict=True)
        ]
        return self.stated(self.query["topic"]) * sum(found)

    def _vegetarian(self) -> Any:
        assert self.stated(self.query["topic"]) == "vegetarian"
        mains = [
            (cost, dish) for name in self.query["pictures"]
            for dish, cost, green in self.pictures[name]["spec"]["sections"][1][1] if green
        ]  # fmt: skip
        return min(mains)[0 if self.query["want"] == "price" else 1]

    def _fact(self) -> Any:
        picture, (what, _, which) = self.pictures[self.query["picture"]], self.query["key"].partition(":")
        spec, family = picture["spec"], picture["family"]
        if family == "shelf" and what in ("left_of", "right_of"):
            colour, kind = which.split(" ", 1)
            row = next(row for row in spec["rows"] if [kind, colour] in [list(thing) for thing in row])
            place = [list(thing) for thing in row].index([kind, colour])
            return row[place + (1 if what == "right_of" else -1)][0]
        if family == "shelf" and what == "colour":
            return next(colour for row in spec["rows"] for kind, colour in row if kind == which)
        if family == "street_scene":
            column = {"house": 0, "vehicle": 2, "number": 1}[what]
            by = 0 if what == "number" else 1
            return next(house[column] for house in spec["houses"] if str(house[by]) == which)
        if family == "landscape" and what == "colour":
            return spec["colours"][which]
        if family == "street_map":
            if what == "street":
                return next(spec["down"][x] for name, x, _ in spec["places"] if name == which)
            return read(picture, ["corner", which.split("/")])
        if family == "receipt" and what == "price":
            return dict(spec["items"])[which]
        if family == "ticket":
            return spec[{"city": "to", "date": "day"}.get(what, what)]
        if family == "note":
            return dict(spec["lines"])[which] if what == "number" else spec["code"][1]
        if family == "pie":
            return dict(spec["slices"])[which]
        if family == "departures" and what == "delay":
            return next(row[3] for row in spec["rows"] if row[1] == which)
        if family == "clocks":
            return dict(spec["clocks"])[which]
        if what in ("card", "time") and family == "receipt":
            return spec[what]
        if family == "opening_hours" and what == "closed":
            return spec["hours"].index(None)
        return read(picture, [what, int(which) if which.isdecimal() else which])


def said(value: Any, kind: str, language: Any, month: int) -> str:
    """A value in words, as a model would give it."""
    if isinstance(value, str):
        term = TERMS.get(value)
        return term.say(language) if term is not None else value
    if kind == "time":
        return values.clock(int(value), language).text
    if kind == "weekday":
        return values.weekday(int(value), language).text
    if kind == "date":
        return values.day_of_month(int(value), month, language).text
    return f"{round(value, 2):g}" if value < 1e5 else f"{value:.2f}"
