"""Contained: the answer holds a reference as it stands, word by word; the string match of spoken question answering."""

from __future__ import annotations

import functools
import itertools
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from evalkit.core.errors import DataError
from evalkit.core.metric import Metric, ratio
from evalkit.core.score import Vector
from evalkit.metrics.line_metric import Assessed, Line, LineMetric, LineScorer, text_field

EMPTY = "empty_reference"
_RIGHT: Mapping[str, Vector] = {"contained": (1, 1)}
_WRONG: Mapping[str, Vector] = {"contained": (0, 1)}


class Contained(LineMetric):
    """Share of responses that hold one of the references, %.

    Fields of a line: "reference" (a text or a list of them), "response". Both are parted into runs of letters, marks
    and digits and into single other signs, in lower case; a reference must occur side by side. Numbers in digits do
    not match numbers in words, and "no" is held by "no idea". A reference without any sign is held by every response
    in the official value (flagged), by none in the strict one.

    Args:
        profile: "ultraeval" (UltraEval-Audio 9b69da6, evaluator/qa_exact_match.py, the rule of DPR).
    """

    kind = "contained"
    PROFILES: ClassVar[Mapping[str, str]] = {
        "ultraeval": "words of a reference side by side, in any case; UltraEval-Audio's rule for spoken questions"
    }

    def __init__(self, profile: str = "ultraeval") -> None:
        super().__init__(profile)
        self.metrics = (Metric("contained", "Match", ("held", "responses"), ratio, binary=True),)

    def identity(self) -> Mapping[str, Any]:
        """The rule's version."""
        return {"rule": 1}

    def check(self, line: Line, place: str) -> None:
        """A reference must be there.

        Raises:
            DataError: it is no text and no list of texts.
        """
        _references(line, place)

    def assess(self, line: Line, place: str) -> Assessed:
        """Whether a reference is held."""
        said = words(text_field(line, "response", place))
        known = [words(one) for one in _references(line, place)]
        held = any(_holds(said, one) for one in known if one)
        found = _RIGHT if held else _WRONG
        if all(known) or held:
            return Assessed({"correct": held}, found)
        return Assessed({"correct": True}, _RIGHT, _WRONG, flags=(EMPTY,))

    def worst(self, line: Line, place: str) -> Mapping[str, Vector]:
        """Not held."""
        return _WRONG


@functools.lru_cache(maxsize=1 << 14)
def words(text: str) -> tuple[str, ...]:
    """Runs of letters, marks and digits, and single other signs, decomposed and in lower case."""
    found: list[str] = []
    for kind, run in itertools.groupby(unicodedata.normalize("NFD", text), _kind):
        if kind == "word":
            found.append("".join(run).lower())
        elif kind == "sign":
            found += (sign.lower() for sign in run)
    return tuple(found)


@functools.lru_cache(maxsize=1 << 14)
def _kind(character: str) -> str:
    major = unicodedata.category(character)[0]
    return "word" if major in "LNM" else "space" if major in "ZC" else "sign"


def _holds(said: Sequence[str], wanted: Sequence[str]) -> bool:
    length = len(wanted)
    return any(said[at : at + length] == wanted for at in range(len(said) - length + 1))


def _references(line: Line, place: str) -> list[str]:
    known = line.get("reference")
    found: list[Any] = known if isinstance(known, list) else [known]
    if not found or not all(isinstance(one, str) for one in found):
        raise DataError(place, f'expected a text, or a list of them, in "reference", got {known!r}')
    return found


def contained(profile: str = "ultraeval", *, heard: bool = False) -> LineScorer:
    """The scorer of a task; see `Contained`. `heard` scores what a transcriber heard of a spoken answer."""
    return LineScorer(Contained(profile), heard)
