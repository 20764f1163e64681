"""Context turns: distracting pictures and statements, and questions of the five types with their answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from types import ModuleType

from evalkit.tasks.mmmb_twin import statements
from evalkit.tasks.mmmb_twin.facts import Plot, Statement
from evalkit.tasks.mmmb_twin.families import landscape, note, pie, street_scene
from evalkit.tasks.mmmb_twin.knowledge_en import KNOWLEDGE_EN
from evalkit.tasks.mmmb_twin.knowledge_zh import KNOWLEDGE_ZH
from evalkit.tasks.mmmb_twin.plots.image import SIMPLE
from evalkit.tasks.mmmb_twin.plots.lookups import LOOKUPS
from evalkit.tasks.mmmb_twin.plots.recall import TALK, about, reminded
from evalkit.tasks.mmmb_twin.small_talk import asked, said, upper_first
from evalkit.tasks.mmmb_twin.turns import ContextType, Exchange, Turn
from evalkit.tasks.mmmb_twin.world import World

KNOWLEDGE = {"en": KNOWLEDGE_EN, "zh": KNOWLEDGE_ZH}


class Context:
    """Fills the turns a plot leaves open.

    Args:
        world: of the dialogue.
        plot: the last question; nothing here may answer it or make it ambiguous.
        turns: all turns but the last, with the plot's pieces in their places.
    """

    def __init__(self, world: World, plot: Plot, turns: Sequence[Turn]) -> None:
        self.world, self.plot, self.turns = world, plot, turns
        self.draws = world.draws
        needed = [piece.picture.family for piece in plot.needed if piece.picture is not None]
        # "the three menus I showed you" must stay three
        self.closed: Collection[str] = set(needed) if plot.images > 1 else ()
        told = [piece.statement for piece in (*plot.needed, *plot.noise) if piece.statement is not None]
        self.kinds = {statement.kind for statement in told}
        self.topics = {statement.topic for statement in told}
        self.spoken: set[tuple[str, str]] = set(plot.hidden)  # facts that must not, or need not, be said (again)

    def fill(self, pictures: int) -> None:
        """Give every turn something to say.

        Args:
            pictures: how many the history should have in all, at least.
        """
        for _ in range(6):
            if self.draws.chance(0.5) and self._join():
                break
        self._show(pictures)
        for place, turn in enumerate(self.turns):
            if turn.empty:
                self._tell_or_ask(turn, place)
            elif turn.exchange is None:
                self._ask(turn, place)

    def _family(self) -> ModuleType:
        """A family whose pictures may be shown besides; those that plots rarely need come more often."""
        open_ones = [family for family in SIMPLE if family.__name__.rsplit(".", 1)[-1] not in self.closed]
        rare = [family for family in open_ones if family in (landscape, note, pie, street_scene)]
        return self.world.vary("family", [*open_ones, *rare])

    def _join(self) -> bool:
        """A statement, a picture and a question that needs both, at free places; True when there were any."""
        lookup = self.draws.pick(LOOKUPS)(self.world, 1)
        told, shown = lookup.needed[0].statement, lookup.needed[1].picture
        assert told is not None
        assert shown is not None
        superseded = any(piece.before is not None for piece in lookup.noise)
        if superseded or told.kind in self.kinds or shown.family in self.closed:
            return False
        free = [
            place
            for place, turn in enumerate(self.turns)
            if turn.picture is None and turn.exchange is None and not any(one.reply for one in turn.statements)
        ]
        if len(free) < 4:
            return False
        first, second, third = sorted(self.draws.sample(free, 3))
        swap = self.draws.chance(0.5)
        self.turns[second if swap else first].statements.append(told)
        self.turns[first if swap else second].picture = shown
        bare = self.world.language == "zh" or lookup.kind != "place"
        value = lookup.answer.text if bare else f"the {lookup.answer.text}"
        reply = self.world.vary("conclude", TALK[self.world.language].concludes).format(v=value)
        self.turns[third].exchange = Exchange("mixed_memory", lookup.question, upper_first(reply))
        self.kinds.add(told.kind)
        self.spoken |= lookup.hidden
        return True

    def _show(self, pictures: int) -> None:
        """Further pictures, most of them with a question about what they show."""
        shown = sum(turn.picture is not None for turn in self.turns)
        free = [turn for turn in self.turns if turn.picture is None and turn.exchange is None]
        free.sort(key=lambda turn: not turn.empty)
        for turn in self.draws.shuffled(free[: max(0, pictures - shown)]):
            turn.picture = self._family().make(self.world)

    def _tell_or_ask(self, turn: Turn, place: int) -> None:
        if self.draws.chance(0.45):
            turn.statements.append(self._statement())
        else:
            self._ask(turn, place, always=True)

    def _statement(self) -> Statement:
        if self.draws.chance(0.15) and "price" not in self.kinds:
            return statements.cost(self.world)
        return statements.any_statement(self.world, self.plot.avoid)

    def _ask(self, turn: Turn, place: int, always: bool = False) -> None:
        """A question for the turn, of one of four types; none in some turns that have something to say anyway."""
        if any(statement.reply is not None for statement in turn.statements):
            return  # that turn has its question already
        if turn.picture is not None:
            turn.exchange = self._perception(turn) if self.draws.chance(0.62) else None
            return
        if not always and self.draws.chance(0.4):
            return
        asked_so_far = Counter(one.exchange.kind for one in self.turns if one.exchange is not None)
        makers: list[tuple[ContextType, Callable[[int], Exchange | None]]] = [
            ("text_memory", self._text_memory), ("image_memory", self._image_memory), ("knowledge", self._knowledge),
        ]  # fmt: skip
        for _, make in sorted(self.draws.shuffled(makers), key=lambda entry: asked_so_far[entry[0]]):
            turn.exchange = make(place)
            if turn.exchange is not None:
                return

    def _perception(self, turn: Turn) -> Exchange | None:
        picture = turn.picture
        assert picture is not None
        facts = [fact for key, fact in picture.facts.items() if (picture.name, key) not in self.spoken]
        if not facts:
            return None
        fact, talk = self.draws.pick(facts), TALK[self.world.language]
        self.spoken.add((picture.name, fact.key))
        ask = asked(self.world.vary("glance", talk.glances), self.draws.pick(fact.asks))
        return Exchange("perception", ask, said(self.world.vary("look", talk.looks), fact.says))

    def _knowledge(self, place: int) -> Exchange:
        ask, reply = self.world.one("knowledge", KNOWLEDGE[self.world.language])
        return Exchange("knowledge", ask, reply)

    def _text_memory(self, place: int) -> Exchange | None:
        told = [
            one for turn in self.turns[:place] for one in turn.statements if one.asks and one.topic not in self.topics
        ]
        later = {one.topic for turn in self.turns[place:] for one in turn.statements}
        told = [one for one in told if one.topic not in later]
        if not told:
            return None
        one = self.draws.pick(told)
        self.topics.add(one.topic)
        reply = self.world.vary("recount", TALK[self.world.language].recounts).format(v=one.answer.text)
        return Exchange("text_memory", reminded(self.world, one.asks), upper_first(reply))

    def _image_memory(self, place: int) -> Exchange | None:
        found = [
            (turn.picture, fact)
            for turn in self.turns[:place]
            if turn.picture is not None
            for key, fact in turn.picture.facts.items()
            if (turn.picture.name, key) not in self.spoken
        ]
        if not found:
            return None
        picture = self.draws.pick(list({id(picture): picture for picture, _ in found}.values()))
        fact = self.draws.pick([fact for shown, fact in found if shown is picture])
        self.spoken.add((picture.name, fact.key))
        reply = said(self.world.vary("memory", TALK[self.world.language].memories), fact.says)
        return Exchange("image_memory", about(self.world, picture, fact.asks), reply)
