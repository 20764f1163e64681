"""What a rule makes of a reply that chose no option."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from evalkit.metrics.choice.question import Question


class Lost(Enum):
    """A reply in which the rule found no option."""

    WRONG = "counted as wrong"
    DROPPED = "left out of the denominator"
    GUESSED = "an option is drawn at random"


# a letter (it may be none of the options'), or why there is none
Read = Callable[[Question, str], str | Lost]


@dataclass(frozen=True, slots=True)
class Rule:
    """An official rule as a whole.

    Args:
        about: one line: what it reads, and whose rule it is.
        read: the letter of the option a reply chose.
        missing: what becomes of a question without a response.
        equal_options: it is defined where options are equal or empty, as some are in the sets it belongs to.
        by_text: a letter is right when its option's text is the right one's.
        guesses: it draws an option at random where it finds none; the line needs an "id", which seeds the draw.
        carries: an empty reply takes the letter that was read last, in the order of the lines.
        letters: the options where a line brings none; "" where it must.
        gold: the letter that the official script takes for the right one, where it is not that of the answer.
    """

    about: str
    read: Read
    missing: Lost = Lost.WRONG
    equal_options: bool = False
    by_text: bool = False
    guesses: bool = False
    carries: bool = False
    letters: str = ""
    gold: Callable[[Question], str] | None = None
