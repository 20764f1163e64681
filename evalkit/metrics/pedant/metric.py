"""PEDANT as a metric of single lines and a scorer of tasks: the value "panda" of VoiceBench's SD-QA."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from evalkit.core.errors import DataError
from evalkit.core.metric import Metric, ratio
from evalkit.core.score import Vector
from evalkit.metrics.line_metric import Assessed, Line, LineMetric, LineScorer, text_field
from evalkit.metrics.pedant import package

EMPTY = "empty_response"
_RIGHT: Mapping[str, Vector] = {"panda": (1, 1)}
_WRONG: Mapping[str, Vector] = {"panda": (0, 1)}


class Pedant(LineMetric):
    """Share of responses that PEDANT takes for the reference, %.

    Fields of a line: "question", "reference" (a text or a list of them), "response". As in VoiceBench
    (src/evaluator/qa.py, commit 5338154) all are put in lower case, and a list of references is given. A reference of
    which nothing is left without marks and articles is met by any response: the official value counts it. An empty
    response is wrong in the strict value, whatever the classifier says.

    Args:
        profile: a version of qa_metrics; see `package`.
    """

    kind = "pedant"
    PROFILES: ClassVar[Mapping[str, str]] = {
        "qa_metrics_0.2.17": "the version that VoiceBench pins; strict (default)",
        "qa_metrics_0.2.42": "the current one, which some submissions used; accepts far more",
    }

    def __init__(self, profile: str = "qa_metrics_0.2.17") -> None:
        super().__init__(profile)
        self.metrics = (Metric("panda", "PANDA", ("accepted", "responses"), ratio, binary=True),)
        self._version = profile.rpartition("_")[2]

    def identity(self) -> Mapping[str, Any]:
        """The rule's version, and the hash of the weights that lie here."""
        return {"rule": 1, "weights": package.weights_hash(self._version)}

    def check(self, line: Line, place: str) -> None:
        """A question and a reference must be there, and the package with its weights.

        Raises:
            DataError: a field is missing or something else.
            MissingExtraError, UsageError: as `package.require`.
        """
        package.require(self._version)
        text_field(line, "question", place)
        _references(line, place)

    def assess(self, line: Line, place: str) -> Assessed:
        """Whether the response is taken for one of the references."""
        said, question = text_field(line, "response", place), text_field(line, "question", place)
        known = [one.lower() for one in _references(line, place)]
        accepted = bool(package.classifier(self._version).evaluate(known, said.lower(), question.lower()))
        found = _RIGHT if accepted else _WRONG
        if said.strip():
            return Assessed({"correct": accepted}, found)
        return Assessed({"correct": accepted}, found, _WRONG, flags=(EMPTY,))

    def worst(self, line: Line, place: str) -> Mapping[str, Vector]:
        """Not accepted."""
        return _WRONG


def _references(line: Line, place: str) -> list[str]:
    known = line.get("reference")
    found: list[Any] = known if isinstance(known, list) else [known]
    if not found or not all(isinstance(one, str) and one.strip() for one in found):
        raise DataError(place, f'expected a text, or a list of them, in "reference", got {known!r}')
    return found


def pedant(profile: str = "qa_metrics_0.2.17", *, heard: bool = False) -> LineScorer:
    """The PEDANT scorer of a task, whose samples have the question in their meta; see `Pedant`.

    `heard` scores what a transcriber heard of a spoken answer.
    """
    return LineScorer(Pedant(profile), heard)
