"""One choice question: its options, and the right one."""

from __future__ import annotations

import functools
import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.core.errors import DataError

LETTERS = string.ascii_uppercase
_MARKED = re.compile(r"\(?\s*([A-Za-z])\s*[.):]?")


@dataclass(frozen=True, slots=True)
class Question:
    """What a rule is given beside the reply.

    Args:
        options: texts, in the order of their letters.
        gold: place of the right one; the first where several are equal.
    """

    options: tuple[str, ...]
    gold: int

    @property
    def letter(self) -> str:
        """Letter of the right option."""
        return LETTERS[self.gold]


def question_of(line: Mapping[str, Any], place: str, *, equal_options: bool = False) -> Question:
    """Read and check the question of a line.

    "answer" (or "reference", where there is no "answer") names the right option: a whole number is its place counted
    from 0; a text is, in this order, the text of an option, the same without regard to case and white space, or a
    letter ("C", "c", "(C)", "C."). So an option that reads "B" is meant before the second option is.

    Args:
        line: with "choices", a list of 2 to 26 texts, and "answer".
        place: for errors.
        equal_options: the rule says what counts where options are equal or empty.

    Raises:
        DataError: no such line.
    """
    choices = line.get("choices")
    if not isinstance(choices, (list, tuple)):
        raise DataError(place, f'expected a list of texts in "choices", got {choices!r}')
    answer = answer_of(line)
    if isinstance(answer, bool) or not isinstance(answer, (str, int)):
        problem = f'expected the right option in "answer" (its text, its letter, or its place from 0), got {answer!r}'
        raise DataError(place, problem)
    try:
        found = _question(tuple(choices), answer, equal_options)
    except TypeError:  # a list or an object among the choices
        found = _not_text(choices)
    if isinstance(found, str):
        raise DataError(place, found)
    return found


def answer_of(line: Mapping[str, Any]) -> Any:
    """What a line names the right option by: its "answer", or its "reference" where it has none."""
    return line["answer"] if "answer" in line else line.get("reference")


@functools.lru_cache(maxsize=1 << 17, typed=True)
def _question(choices: tuple[str, ...], answer: str | int, equal_options: bool) -> Question | str:
    """The question, or what is wrong with it."""
    if not all(isinstance(choice, str) for choice in choices):
        return _not_text(choices)
    if not 2 <= len(choices) <= len(LETTERS):
        return f'a choice question has 2 to {len(LETTERS)} options, not {len(choices)}; see "choices"'
    plain = [choice.strip() for choice in choices]
    if not equal_options and not all(plain):
        return f"option {LETTERS[plain.index('')]} is empty"
    if not equal_options and len(set(plain)) < len(plain):
        twice = next(choice for choice in plain if plain.count(choice) > 1)
        places = " and ".join(LETTERS[at] for at, choice in enumerate(plain) if choice == twice)
        return f"options {places} are equal: '{twice}'"
    if isinstance(answer, int):
        if not 0 <= answer < len(choices):
            return f"the answer {answer} is no place of an option: there are {len(choices)}, counted from 0"
        return Question(choices, choices.index(choices[answer]) if equal_options else answer)
    gold = _named(choices, answer)
    if gold is None:
        return f"the answer {answer!r} is neither an option nor the letter of one; options: {', '.join(choices)}"
    return Question(choices, gold)


def _not_text(choices: Sequence[object]) -> str:
    wrong = next(choice for choice in choices if not isinstance(choice, str))
    return f'expected texts in "choices", got {wrong!r}; write numbers in quotes'


def _named(choices: Sequence[str], answer: str) -> int | None:
    if answer in choices:
        return choices.index(answer)
    folded = [" ".join(choice.split()).casefold() for choice in choices]
    wanted = " ".join(answer.split()).casefold()
    if folded.count(wanted) == 1:
        return folded.index(wanted)
    marked = _MARKED.fullmatch(answer.strip())
    at = LETTERS.index(marked[1].upper()) if marked else len(choices)
    return at if at < len(choices) else None
