"""Classification with one label each, read from replies by a choice rule: recall and F1 over the classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from evalkit.core.errors import DataError, UsageError
from evalkit.core.metric import Metric, reduction
from evalkit.core.score import Vector
from evalkit.metrics.choice.profiles import RULES
from evalkit.metrics.choice.question import LETTERS, question_of
from evalkit.metrics.line_metric import Assessed, Line, LineMetric, LineScorer, text_field
from evalkit.metrics.tags import macro_f1

Counts = tuple[float, ...]


@reduction
def mean_recall(total: Any) -> Any:
    """Plain mean of the classes' recall, %: (hits, false alarms, misses) of each class; absent ones are left out."""
    recall: Any = 0.0
    present: Any = 0.0
    for at in range(0, len(total), 3):
        support = total[at] + total[at + 2]
        recall = recall + total[at] / (support + (support == 0))
        present = present + (support > 0)
    return 100.0 * recall / present


@reduction
def weighted_f1(total: Any) -> Any:
    """F1 of the classes weighted by how often they occur, %: (hits, false alarms, misses) of each class."""
    value: Any = 0.0
    items: Any = 0.0
    for at in range(0, len(total), 3):
        hits, alarms, misses = total[at], total[at + 1], total[at + 2]
        either = 2 * hits + alarms + misses
        value = value + (hits + misses) * 2 * hits / (either + (either == 0))
        items = items + hits + misses
    return 100.0 * value / items


class ClassScores(LineMetric):
    """Unweighted average recall, weighted F1 and macro F1 of a classification, in %.

    Args:
        profile: the rule of `choice` that reads the class; one that neither drops nor guesses.
        classes: texts of the options, the same for every line, parted by bars: "joy|anger|fear".

    Raises:
        UnknownNameError: no such rule.
        UsageError: fewer than two classes, or one twice.
    """

    kind = "class_scores"
    PROFILES: ClassVar[Mapping[str, str]] = {
        name: RULES[name].about for name in ("robust", "letter", "vlmevalkit", "muchomusic")
    }

    def __init__(self, profile: str = "robust", classes: str = "") -> None:
        super().__init__(profile)
        self.classes = tuple(name.strip() for name in classes.split("|"))
        if len(set(self.classes)) < max(2, len(self.classes)):
            raise UsageError(
                f"class_scores needs two or more classes, each once, not '{classes}'; name them: --scorer-arg "
                "'classes=joy|anger|fear', or --classes of `evalkit metric`"
            )
        fields = tuple(f"{kind} {name}" for name in self.classes for kind in ("hits", "alarms", "misses"))
        self.metrics = (
            Metric("mean_recall", "UAR", fields, mean_recall),
            Metric("weighted_f1", "Weighted F1", fields, weighted_f1),
            Metric("macro_f1", "Macro F1", fields, macro_f1),
        )

    def identity(self) -> Mapping[str, Any]:
        """The rule's version, and the classes."""
        return {"rule": 1, "classes": list(self.classes)}

    def check(self, line: Line, place: str) -> None:
        """The options must be the classes."""
        self._gold(line, place)

    def assess(self, line: Line, place: str) -> Assessed:
        """One hit, or a miss of the right class and a false alarm of the class that was read, if any."""
        gold = self._gold(line, place)
        question = question_of(line, place)
        read = RULES[self.profile].read(question, text_field(line, "response", place))
        at = LETTERS.index(read) if isinstance(read, str) else None
        said = at if at is not None and at < len(self.classes) else None
        given = None if said is None else self.classes[said]
        return Assessed({"class": given, "correct": said == gold}, self._vectors(gold, said))

    def worst(self, line: Line, place: str) -> Mapping[str, Vector]:
        """A miss."""
        return self._vectors(self._gold(line, place), None)

    def _gold(self, line: Line, place: str) -> int:
        question = question_of(line, place)
        if question.options != self.classes:
            raise DataError(place, f"its options are {', '.join(question.options)}, not the classes")
        return question.gold

    def _vectors(self, gold: int, said: int | None) -> dict[str, Vector]:
        counts = [0.0] * (3 * len(self.classes))
        if said == gold:
            counts[3 * gold] = 1.0
        else:
            counts[3 * gold + 2] = 1.0
            if said is not None:
                counts[3 * said + 1] = 1.0
        vector = tuple(counts)
        return {metric.name: vector for metric in self.metrics}


def class_scores(classes: Sequence[str], profile: str = "robust") -> LineScorer:
    """The scorer of a classification task; see `ClassScores`."""
    return LineScorer(ClassScores(profile, "|".join(classes)))
