"""From points to the statistics a metric sums: (points on the rubric's scale, weight) of each value."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from evalkit.core.errors import UsageError
from evalkit.core.metric import Metric, mean
from evalkit.core.score import Vector
from evalkit.core.scorer import Answered
from evalkit.judging.material import find
from evalkit.judging.rubric import Policy, Rubric
from evalkit.judging.votes import by_policy, worst

FIELDS = ("points", "weight")


def metrics_of(rubric: Rubric, metric: str | None, label: str | None) -> tuple[Metric, ...]:
    """One metric for each value of a rubric, and one for their average where it names one.

    Args:
        rubric: names the values.
        metric: name instead of the value's key, for a rubric with one value.
        label: what tables print; the name where None.

    Raises:
        UsageError: one name for several values.
    """
    if metric is not None and len(rubric.value) > 1:
        raise UsageError(f"rubric '{rubric.id}' has {len(rubric.value)} values; they keep their names")
    outputs = rubric.outputs()
    made = []
    for key in rubric.value:
        name = metric or key
        output = outputs.get(key)
        share = output is not None and (output.kind == "choice" or (output.kind == "number" and output.high == 1))
        shown = label or name.replace("_", " ")
        unit = "%" if share and rubric.scale == (0.0, 100.0) else ""
        better = rubric.higher_is_better
        made.append(Metric(name, shown, FIELDS, mean, unit=unit, higher_is_better=better, range=rubric.scale))
    if rubric.average is not None:
        made.append(dataclasses.replace(made[0], name=rubric.average, label=rubric.average.replace("_", " ")))
    return tuple(made)


@dataclass(frozen=True, slots=True)
class Vectors:
    """Makes statistics of points.

    Args:
        rubric: its scale and policies.
        metrics: as `metrics_of` made them.
        weight: where samples have their weight; all weigh 1 where None.
    """

    rubric: Rubric
    metrics: tuple[Metric, ...]
    weight: str | None = None

    def of(self, points: Mapping[str, float], answer: Answered) -> dict[str, Vector]:
        """Statistics of points by value key, and of their average when all are there."""
        weight = self._weight(answer)
        factor = self.rubric.factor * weight
        names = dict(zip(self.rubric.value, (metric.name for metric in self.metrics), strict=False))
        vectors: dict[str, Vector] = {names[key]: (value * factor, weight) for key, value in points.items()}
        if self.rubric.average is not None and len(points) == len(self.rubric.value):
            vectors[self.rubric.average] = (sum(points.values()) / len(points) * factor, weight)
        return vectors

    def by_policy(self, policy: Policy | str, answer: Answered) -> dict[str, Vector]:
        """Statistics that a policy gives a sample without a verdict; none where it drops it."""
        found = {key: by_policy(self.rubric, key, policy) for key in self.rubric.value}
        return self.of({key: value for key, value in found.items() if value is not None}, answer)

    def worst(self, answer: Answered) -> dict[str, Vector]:
        """Statistics of a sample that counts as wrong."""
        return self.of({key: worst(self.rubric, key) for key in self.rubric.value}, answer)

    def _weight(self, answer: Answered) -> float:
        if self.weight is None:
            return 1.0
        value = find(answer, self.weight)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
            raise UsageError(
                f"sample '{answer.id}': its weight '{self.weight}' is {value!r}; expected a number from 0 on"
            )
        return float(value)
