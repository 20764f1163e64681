"""How people speak of a picture of some family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evalkit.tasks.mmmb_twin.facts import Answer, Fact, Picture
from evalkit.tasks.mmmb_twin.world import World


@dataclass(frozen=True, slots=True)
class Wording:
    """Texts of a family in one language; slots in braces.

    Args:
        labels: what tells two pictures of the family apart.
        name: noun phrase for the picture, with {label}.
        intros: sentences that show it, with {label}.
        remarks: what one can say of it without giving a fact away.
        asks: kind of fact -> questions.
        says: kind of fact -> a sentence that states it, with {value}.
    """

    labels: tuple[str, ...]
    name: str
    intros: tuple[str, ...]
    remarks: tuple[str, ...]
    asks: Mapping[str, tuple[str, ...]]
    says: Mapping[str, str]

    def fact(
        self, key: str, kind: str, answer: Answer, *, choices: int, rivals: tuple[Answer, ...] = (), ask: str = "",
        **slots: object,
    ) -> Fact:  # fmt: skip
        """A fact in these words; `ask` names its texts where the kind does not."""
        texts = ask or kind
        return Fact(
            key=key,
            kind=kind,
            answer=answer,
            asks=tuple(template.format(**slots) for template in self.asks[texts]),
            says=self.says[texts].format(value=answer.text, **slots),
            rivals=rivals,
            choices=choices,
        )


def picture(
    world: World, family: str, words: Wording, spec: Mapping[str, Any], facts: list[Fact], label: str | None = None
) -> Picture:
    """The picture with a label of its own."""
    label = label or world.one(f"label {family}", words.labels)
    return Picture(
        family=family,
        spec=spec,
        name=words.name.format(label=label),
        intros=tuple(template.format(label=label) for template in words.intros),
        remarks=words.remarks,
        facts={fact.key: fact for fact in facts},
        label=label,
    )


def others(answers: list[Answer], mine: Answer) -> tuple[Answer, ...]:
    """The other answers of a list."""
    return tuple(answer for answer in answers if answer.text != mine.text)
