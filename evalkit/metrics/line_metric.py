"""Metrics that stand on their own: one line in, one assessment out; the command, tasks and `evaluate` share them.

A metric is defined once, as a subclass of `LineMetric` over pure functions. `evalkit metric KIND` feeds it the lines of
a file, `LineScorer` the answers of a run, `evalkit.metrics.huggingface` the arguments of `evaluate`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from evalkit.core.errors import DataError, UnknownNameError
from evalkit.core.metric import Metric
from evalkit.core.response import Response
from evalkit.core.sample import Sample
from evalkit.core.score import Score, Vector
from evalkit.core.scorer import Answered, Scorer

Line = Mapping[str, Any]
_NOTHING = Response()


@dataclass(slots=True)
class Assessed:
    """What a metric finds in one line.

    Args:
        outputs: what `evalkit metric` writes beside the line, and a run keeps as the score's detail (JSON).
        faithful: metric name -> statistics by the official rule; empty where that rule drops the line.
        strict: the same with everything not scored counted as wrong; None means equal to `faithful`.
        status: "unparsed" where the official rule found no answer in the response.
        flags: remarkable facts, counted: "random_fallback".
    """

    outputs: Mapping[str, Any]
    faithful: Mapping[str, Vector]
    strict: Mapping[str, Vector] | None = None
    status: Literal["scored", "unparsed"] = "scored"
    flags: tuple[str, ...] = field(default=())


class LineMetric(ABC):
    """One rule of one kind of metric.

    Attributes:
        kind: name of the kind, as `evalkit metric` takes it.
        PROFILES: name of each rule -> what it does, in one line; the first is the default.
        LISTS: fields that hold lists, so that a cell of a table "a|b" is read as one.
        profile: the named rule.
        metrics: what the statistics reduce to; values in the unit that `run` prints.
        ordered: the official rule carries something from one line to the next; `assess_all` does, where it is given
            the lines of a file. A run, whose answers come in any order, assesses each line alone.
    """

    kind: ClassVar[str]
    PROFILES: ClassVar[Mapping[str, str]]
    LISTS: ClassVar[tuple[str, ...]] = ("choices", "references")
    profile: str
    metrics: tuple[Metric, ...]
    ordered: bool = False

    def __init__(self, profile: str) -> None:
        """Keep the profile.

        Raises:
            UnknownNameError: the kind has no such profile.
        """
        if profile not in self.PROFILES:
            raise UnknownNameError(f"profile of {self.kind}:", profile, self.PROFILES)
        self.profile = profile

    def identity(self) -> Mapping[str, Any]:
        """Everything beside kind and profile that determines the outcome (JSON)."""
        return {}

    @property
    def protocol(self) -> str:
        """Short id of the rule, printed beside every value."""
        return f"{self.kind}:{self.profile}"

    @abstractmethod
    def check(self, line: Line, place: str) -> None:
        """Refuse a line that cannot be assessed; its "response" need not be there.

        Args:
            line: what the metric's documentation lists.
            place: file and line, or the sample, for errors.

        Raises:
            DataError: a field that is missing or of the wrong kind, equal options, a reference outside the options.
        """

    @abstractmethod
    def assess(self, line: Line, place: str) -> Assessed:
        """Assess one checked line, whose "response" is a text (it may be empty).

        Raises:
            DataError: as `check`.
        """

    @abstractmethod
    def worst(self, line: Line, place: str) -> Mapping[str, Vector]:
        """The strict statistics of a line without a usable response: wrong by this measure."""

    def missing(self, line: Line, place: str) -> Mapping[str, Vector]:
        """The faithful statistics of a line whose response is null: wrong, unless a rule says otherwise."""
        return self.worst(line, place)

    def units(self, line: Line, place: str) -> Mapping[str, str]:
        """Of metrics that join lines: name -> the unit the line belongs to; see `evalkit.core.metric.join`."""
        return {}

    def summary(self, lines: Sequence[Line], found: Sequence[Assessed | None]) -> Mapping[str, Any]:
        """What `evalkit metric` prints beside the values and their sums (JSON); it may replace what stands there.

        Args:
            lines: of the file.
            found: their assessments; None where the response is null.
        """
        return {}

    def line_of(self, answer: Answered, heard: bool = False) -> Line:
        """The line that an answer of a run makes; the sample's meta lies below, so rules find their fields.

        A sample that has a reference is measured by it, whatever its meta calls "answer" or "references".
        """
        text = answer.response.heard if heard else answer.response.text
        line = {**(answer.meta or {}), "id": answer.id, "reference": answer.reference, "response": text}
        if answer.reference is not None:
            line.pop("answer", None)
            line.pop("references", None)
        if answer.choices is not None:
            line |= {"choices": list(answer.choices), "answer": answer.reference}
        return line

    def assess_all(self, lines: Sequence[Line], places: Sequence[str]) -> Iterator[Assessed]:
        """Assess many lines, in order; a metric that is faster on many at once does it its own way."""
        for line, place in zip(lines, places, strict=True):
            yield self.assess(line, place)


class LineScorer(Scorer):
    """A metric as the scorer of a task.

    Args:
        metric: the rule.
        heard: score what a transcriber heard instead of what the model wrote.
    """

    def __init__(self, metric: LineMetric, heard: bool = False) -> None:
        self.metric, self.hears = metric, heard
        self.name, self.profile, self.metrics = metric.kind, metric.profile, metric.metrics

    def identity(self) -> Mapping[str, Any]:
        """The rule, and what is scored."""
        return {**self.metric.identity(), "heard": self.hears}

    @property
    def protocol(self) -> str:
        """As the metric says it."""
        return self.metric.protocol

    def check(self, sample: Sample) -> None:
        """The sample must make a line that the metric can assess."""
        answer = Answered(
            sample.id,
            sample.split,
            sample.reference,
            _NOTHING,
            meta=sample.meta,
            choices=sample.choices,
        )
        self.metric.check(self.metric.line_of(answer), f"sample '{sample.id}'")

    def score(self, answers: Sequence[Answered]) -> Iterator[Score]:
        """One assessment each; an answer without text is an empty response."""
        lines = []
        for answer in answers:
            line = self.metric.line_of(answer, self.hears)
            lines.append(line if line.get("response") is not None else {**line, "response": ""})
        places = [f"sample '{answer.id}'" for answer in answers]
        alone = map(self.metric.assess, lines, places)
        for found in alone if self.metric.ordered else self.metric.assess_all(lines, places):
            yield Score(found.status, found.faithful, found.strict, found.flags, found.outputs or None)

    def units(self, answer: Answered) -> Mapping[str, str]:
        """As the metric says."""
        return self.metric.units(self.metric.line_of(answer, self.hears), f"sample '{answer.id}'")

    def worst(self, answer: Answered) -> Mapping[str, Vector]:
        """Wrong by the metric's measure."""
        return self.metric.worst(self.metric.line_of(answer, self.hears), f"sample '{answer.id}'")

    def missing(self, answer: Answered) -> Mapping[str, Vector]:
        """As the rule counts a question without an answer."""
        return self.metric.missing(self.metric.line_of(answer, self.hears), f"sample '{answer.id}'")


def text_field(line: Line, name: str, place: str) -> str:
    """A field that must be a text.

    Raises:
        DataError: it is missing or something else.
    """
    value = line.get(name)
    if not isinstance(value, str):
        raise DataError(place, f'expected a text in "{name}", got {value!r}')
    return value
