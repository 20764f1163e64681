"""The metric `choice`: accuracy of choice questions by a named rule."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

from evalkit.core.errors import DataError
from evalkit.core.metric import Metric, ratio
from evalkit.core.score import Vector
from evalkit.metrics.choice import voicebench_bbh as bbh
from evalkit.metrics.choice.letter_rules import is_empty
from evalkit.metrics.choice.outcome import Lost
from evalkit.metrics.choice.profiles import PROFILES, RULES
from evalkit.metrics.choice.question import LETTERS, Question, answer_of, question_of
from evalkit.metrics.choice.withheld import WhereKnown
from evalkit.metrics.line_metric import Assessed, Line, LineMetric, LineScorer, text_field

RANDOM_FALLBACK = "random_fallback"
PREVIOUS_LETTER = "previous_letter"

_RIGHT: dict[str, Vector] = {"choice": (1, 1)}
_WRONG: dict[str, Vector] = {"choice": (0, 1)}
_DROPPED: dict[str, Vector] = {}


class Choice(LineMetric):
    """Accuracy of choice questions, in %.

    A line is `{"choices": [...], "answer": ..., "response": ...}`, with an "id" where the rule may have to guess (it
    seeds the draw) or reads the set from it (`voicebench_bbh`); "reference" may stand for "answer". The outputs are
    "parsed", the letter the rule read (a letter that no option has is possible; null where none), and "correct": null
    where the rule drops the line or guesses. A guess counts as it falls in the faithful value, as wrong in the strict
    one, and carries the flag "random_fallback"; "guess" tells what was drawn.

    Args:
        profile: one of `PROFILES`.

    Raises:
        UnknownNameError: no such profile.
    """

    kind = "choice"
    PROFILES: ClassVar[Mapping[str, str]] = PROFILES

    def __init__(self, profile: str = "robust") -> None:
        super().__init__(profile)
        self.metrics = (Metric("choice", "Acc", ("correct", "samples"), ratio, binary=True),)
        self._rule = RULES.get(profile)
        self.ordered = self._rule is not None and self._rule.carries

    def identity(self) -> Mapping[str, Any]:
        """The version of the rules."""
        return {"rule": 1}

    def check(self, line: Line, place: str) -> None:
        """The question must be one, and have an "id" where the rule needs it."""
        if self._rule is None:
            bbh.verdict_of(answer_of(line), place)
            bbh.subset_of(line, place)
        else:
            self._question(line, place)
        if self._rule is None or self._rule.guesses:
            key = line.get("id")
            if isinstance(key, bool) or not isinstance(key, (str, int)) or key == "":
                raise DataError(place, f'profile {self.profile} needs an "id", which seeds its guesses, got {key!r}')

    def worst(self, line: Line, place: str) -> Mapping[str, Vector]:
        """Wrong."""
        return _WRONG

    def missing(self, line: Line, place: str) -> Mapping[str, Vector]:
        """Dropped where the official script passes over such rows; wrong elsewhere."""
        if self._rule is None or self._rule.missing is Lost.WRONG:
            return _WRONG
        return _DROPPED

    def assess(self, line: Line, place: str) -> Assessed:
        """Read the reply. Where a rule would look at the line before, there is none: the line is dropped."""
        response = text_field(line, "response", place)
        if self._rule is None:
            return self._assess_bbh(line, place, response)
        question = self._question(line, place)
        if self._rule.carries and is_empty(response):
            return _assessed(None, Lost.DROPPED, flags=(PREVIOUS_LETTER,))
        read = self._rule.read(question, response)
        if isinstance(read, Lost):
            if read is not Lost.GUESSED:
                return _assessed(None, read)
            letters = LETTERS[: len(question.options)]
            drawn = letters[self._draw(line, len(letters))]
            return _assessed(None, read, drawn, self._right(question, drawn))
        return _RIGHTLY[read] if self._right(question, read) else _WRONGLY[read]

    def assess_all(self, lines: Sequence[Line], places: Sequence[str]) -> Iterator[Assessed]:
        """As `assess`, but a rule that looks at the line before finds it."""
        if not self.ordered:
            yield from super().assess_all(lines, places)
            return
        before: str | None = None
        for line, place in zip(lines, places, strict=True):
            found = self.assess(line, place)
            if PREVIOUS_LETTER in found.flags and before is not None:
                right = self._right(self._question(line, place), before)
                outputs = {"parsed": before, "correct": right}
                found = Assessed(outputs, _RIGHT if right else _WRONG, _WRONG, "unparsed", (PREVIOUS_LETTER,))
            before = found.outputs["parsed"] or before
            yield found

    def _question(self, line: Line, place: str) -> Question:
        rule = self._rule
        assert rule is not None
        if rule.letters and line.get("choices") is None:
            line = {"choices": list(rule.letters), "answer": answer_of(line)}
        return question_of(line, place, equal_options=rule.equal_options)

    def _right(self, question: Question, letter: str) -> bool:
        assert self._rule is not None
        if self._rule.gold is not None:
            return letter == self._rule.gold(question)
        if letter == question.letter:
            return True
        at = LETTERS.index(letter)
        options = question.options
        return self._rule.by_text and at < len(options) and options[at] == options[question.gold]

    def _assess_bbh(self, line: Line, place: str, response: str) -> Assessed:
        subset, gold = bbh.subset_of(line, place), bbh.verdict_of(answer_of(line), place)
        verdict = bbh.voicebench_bbh(subset, response)
        if isinstance(verdict, Lost):
            drawn = self._draw(line, 2)
            return _assessed(None, verdict, bbh.named(subset, drawn), drawn == gold)
        right = verdict == gold
        return Assessed({"parsed": bbh.named(subset, verdict), "correct": right}, _RIGHT if right else _WRONG)

    def _draw(self, line: Line, count: int) -> int:
        """A number below `count`, seeded by the line's id; at most 26, so that 64 bits divide evenly enough."""
        digest = hashlib.blake2b(f"{self.profile}/{line['id']}".encode("utf-8", "surrogatepass"), digest_size=8)
        return int.from_bytes(digest.digest(), "big") % count


def _assessed(
    parsed: str | None, lost: Lost, guess: str | None = None, lucky: bool = False, flags: tuple[str, ...] = ()
) -> Assessed:
    """A line in which the rule found no option."""
    status: Literal["scored", "unparsed"] = "unparsed"
    if lost is Lost.GUESSED:
        outputs = {"parsed": parsed, "correct": None, "guess": guess}
        return Assessed(outputs, _RIGHT if lucky else _WRONG, _WRONG, status, (RANDOM_FALLBACK,))
    if lost is Lost.DROPPED:
        return Assessed({"parsed": parsed, "correct": None}, _DROPPED, _WRONG, status, flags)
    return Assessed({"parsed": parsed, "correct": False}, _WRONG, None, status, flags)


_RIGHTLY = {letter: Assessed({"parsed": letter, "correct": True}, _RIGHT) for letter in LETTERS}
_WRONGLY = {letter: Assessed({"parsed": letter, "correct": False}, _WRONG) for letter in LETTERS}


def choice(profile: str, heard: bool = False, *, withheld: bool = False) -> LineScorer:
    """The scorer of a task of choice questions, which have `Sample.choices`.

    Args:
        profile: one of `Choice.PROFILES`.
        heard: score what a transcriber heard instead of what the model wrote.
        withheld: samples without a reference may stand; they get no value, and are counted.

    Raises:
        UnknownNameError: no such profile.
    """
    return WhereKnown(Choice(profile), heard) if withheld else LineScorer(Choice(profile), heard)
