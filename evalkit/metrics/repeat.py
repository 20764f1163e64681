"""How well a spoken reply repeats what was said to it: URO-Bench's rule for its sets of repeating.

The official program takes what was heard for the reference and the sentence for the hypothesis, so the rate's
denominator is the length of what was heard: whoever adds words is charged less than whoever leaves some out, and the
threshold moves with it. That value comes first; the same formula with the two the right way round stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from evalkit.core.metric import Metric, mean
from evalkit.core.score import Vector
from evalkit.metrics.line_metric import Assessed, Line, LineMetric, LineScorer, text_field
from evalkit.metrics.spoken_rate import language_of, spoken_rate

LIMIT = 0.5  # an error rate above it counts as no repetition
OFFICIAL, STRICT = "repeat", "repeat_strict"


class Repeat(LineMetric):
    """Mean over the replies of what the error rate leaves of 100 %, and 0 where the rate is above 50 %.

    That is the official product: the share of replies within the limit times what the mean rate of those leaves. A
    line is `{"reference": sentence, "response": what was heard, "language": "en" or "zh"}`; its outputs are the rates
    "official_rate" and "strict_rate", fractions, and what each of them leaves, "official" and "strict", %.
    """

    kind = "repeat"
    PROFILES: ClassVar[Mapping[str, str]] = {
        "uro_bench": "URO-Bench: the official value, whose rate is over what was heard, and beside it the strict one"
    }

    def __init__(self, profile: str = "uro_bench") -> None:
        super().__init__(profile)
        names = {OFFICIAL: "Repeat", STRICT: "Repeat, strict"}
        self.metrics = tuple(
            Metric(name, label, ("sum", "replies"), mean, range=(0.0, 100.0)) for name, label in names.items()
        )

    def identity(self) -> Mapping[str, Any]:
        """The rule's version."""
        return {"rule": 1}

    def check(self, line: Line, place: str) -> None:
        """The sentence and its language must be there."""
        text_field(line, "reference", place)
        language_of(line, place)

    def assess(self, line: Line, place: str) -> Assessed:
        """Both rates, and what they leave."""
        language, heard = language_of(line, place), text_field(line, "response", place)
        sentence = text_field(line, "reference", place)
        rates = {"official": spoken_rate(heard, sentence, language), "strict": spoken_rate(sentence, heard, language)}
        left = {name: 100.0 * (1.0 - rate) if rate <= LIMIT else 0.0 for name, rate in rates.items()}
        return Assessed(
            {**{f"{name}_rate": rate for name, rate in rates.items()}, **left},
            {OFFICIAL: (left["official"], 1.0), STRICT: (left["strict"], 1.0)},
        )

    def worst(self, line: Line, place: str) -> Mapping[str, Vector]:
        """Nothing was repeated."""
        return {OFFICIAL: (0.0, 1.0), STRICT: (0.0, 1.0)}


def repeat(heard: bool = True) -> LineScorer:
    """The scorer of a task; see `Repeat`.

    Args:
        heard: score what a transcriber heard instead of what the model wrote.
    """
    return LineScorer(Repeat(), heard)
