"""What a letter or a lead-in sentence does to the token rule of MMAU and MMAR, and where the rule itself is a trap."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import ClassVar

from evalkit.core.metric import Metric, ratio
from evalkit.core.score import Vector
from evalkit.metrics.choice.question import LETTERS, question_of
from evalkit.metrics.choice.token_rules import matches, without_lead_in, words
from evalkit.metrics.choice.withheld import WhereKnown
from evalkit.metrics.line_metric import Assessed, Line, LineMetric, LineScorer, text_field

TWIN = "twin_option"
MARKER = "marker_trap"
WORDLESS = "wordless_answer"
_STILL: dict[str, Vector] = {"moved": (0, 1)}
_MOVED: dict[str, Vector] = {"moved": (1, 1)}


class TokenTraps(LineMetric):
    """Share of replies that the token rule judges otherwise once lead-in and letter marker are taken off, in %.

    A line is that of the metric `choice`. "raw" and "without_lead_in" are the two verdicts. Flags count questions:

    - "twin_option": another option has the same words as the right one, so that choosing it counts as right;
    - "marker_trap": the right option's text behind its own letter, "(B) text", counts as wrong;
    - "wordless_answer": the right option is made of punctuation alone, so that any word that no other option has
      counts as right.
    """

    kind = "token_traps"
    PROFILES: ClassVar[Mapping[str, str]] = {"mmau": "the rule of MMAU and MMAR"}

    def __init__(self, profile: str = "mmau") -> None:
        super().__init__(profile)
        label = "Moved without lead-in"
        self.metrics = (Metric("moved", label, ("moved", "answers"), ratio, higher_is_better=False, binary=True),)

    def identity(self) -> Mapping[str, int]:
        """The rule's version."""
        return {"rule": 1}

    def check(self, line: Line, place: str) -> None:
        """The question must be one."""
        question_of(line, place, equal_options=True)

    def assess(self, line: Line, place: str) -> Assessed:
        """Both verdicts on one reply."""
        question = question_of(line, place, equal_options=True)
        right, options = question.options[question.gold], question.options
        response = text_field(line, "response", place)
        raw = matches(right, response, options)
        bare = matches(right, without_lead_in(response, options), options)
        found = _STILL if raw is bare else _MOVED
        return Assessed({"raw": raw, "without_lead_in": bare}, found, flags=traps(options, question.gold))

    def worst(self, line: Line, place: str) -> Mapping[str, Vector]:
        """Moved."""
        return _MOVED

    def missing(self, line: Line, place: str) -> Mapping[str, Vector]:
        """In no denominator: there is nothing to take off."""
        return {}


@functools.lru_cache(maxsize=1 << 14)
def traps(options: tuple[str, ...], gold: int) -> tuple[str, ...]:
    """Flags of a question.

    Args:
        options: their texts.
        gold: place of the right one.
    """
    right = options[gold]
    found = []
    if any(at != gold and words(option) == words(right) for at, option in enumerate(options)):
        found.append(TWIN)
    if not matches(right, f"({LETTERS[gold]}) {right}", options):
        found.append(MARKER)
    if not words(right):
        found.append(WORDLESS)
    return tuple(found)


def token_traps(*, withheld: bool = False) -> LineScorer:
    """The scorer of a task whose rule is that of MMAU.

    Args:
        withheld: as in `choice`.
    """
    return WhereKnown(TokenTraps()) if withheld else LineScorer(TokenTraps())
