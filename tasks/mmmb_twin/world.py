"""The world of one dialogue: what it has used up, so that nothing gets a name twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from evalkit.tasks.mmmb_twin.draws import Draws
from evalkit.tasks.mmmb_twin.facts import Language
from evalkit.tasks.mmmb_twin.terms import PEOPLE
from evalkit.tasks.mmmb_twin.values import CURRENCIES

Item = TypeVar("Item")


class World:
    """What a dialogue plays with.

    Args:
        draws: its stream of decisions.
        language: of the dialogue.

    Attributes:
        currency: of all prices.
        month: of all calendars and dates, from 1.
    """

    def __init__(self, draws: Draws, language: Language) -> None:
        self.draws, self.language = draws, language
        self.currency = draws.pick(tuple(CURRENCIES))
        self.month = draws.integer(1, 12)
        self._used: dict[str, set[object]] = {}

    def take(self, purpose: str, items: Sequence[Item], size: int) -> list[Item]:
        """Items this dialogue has not used for that purpose.

        Raises:
            ValueError: there are not enough left.
        """
        used = self._used.setdefault(purpose, set())
        chosen = self.draws.sample([item for item in items if item not in used], size)
        used.update(chosen)
        return chosen

    def one(self, purpose: str, items: Sequence[Item]) -> Item:
        """One item this dialogue has not used for that purpose."""
        return self.take(purpose, items, 1)[0]

    def claim(self, purpose: str, item: object) -> bool:
        """Use up an item; False when it was used for that purpose before."""
        used = self._used.setdefault(purpose, set())
        if item in used:
            return False
        used.add(item)
        return True

    def person(self) -> str:
        """A name nobody in the dialogue has yet."""
        return self.one("person", PEOPLE[self.language])

    def vary(self, purpose: str, items: Sequence[Item]) -> Item:
        """One of the items; none comes twice before all have come."""
        if not items:
            raise ValueError(f"nothing to choose from for {purpose}")
        used = self._used.setdefault(f"vary {purpose}", set())
        if len(used) >= len(items):
            used.clear()
        place = self.draws.pick([place for place in range(len(items)) if place not in used])
        used.add(place)
        return items[place]

    def says(self, templates: Sequence[str], **slots: object) -> str:
        """One of the templates, filled."""
        return self.draws.pick(templates).format(**slots)
