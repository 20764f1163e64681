"""Short answers to documents, charts, scenes and formulas as a metric of single lines and a scorer of tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from evalkit.core.errors import DataError
from evalkit.core.metric import Metric, ratio
from evalkit.core.score import Vector
from evalkit.metrics.document import mathematics, rules, vqa
from evalkit.metrics.line_metric import Assessed, Line, LineMetric, LineScorer, text_field

# How VLMEvalKit and lmms-eval mark OCRBench's formulas.
_FORMULAS = {"category": "Handwritten Mathematical Expression Recognition", "dataset": "HME100k"}


@dataclass(frozen=True, slots=True)
class _Profile:
    summary: str
    metric: str
    label: str
    score: Callable[[Sequence[str], str, Line], float]
    binary: bool = True  # right or wrong, nothing between


def _contains(references: Sequence[str], response: str, line: Line) -> bool:
    return rules.contains(references, response, any(line.get(key) == name for key, name in _FORMULAS.items()))


_PROFILES = {
    "anls": _Profile(
        "normalised edit similarity, 0 below 0.5: DocVQA, InfoVQA (default)", "anls", "ANLS",
        lambda references, response, line: rules.anls(references, response), binary=False,
    ),
    "relaxed": _Profile(
        "a number within 5 %, else the same text: ChartQA", "relaxed_accuracy", "Relaxed acc",
        lambda references, response, line: rules.relaxed(references, response),
    ),
    "vqa": _Profile(
        "share of people who gave the answer, EvalAI's answer processing: TextVQA", "vqa_accuracy", "VQA acc",
        lambda references, response, line: vqa.soft_accuracy(references, response), binary=False,
    ),
    "vqa_vlmevalkit": _Profile(
        "the same with VLMEvalKit's answer processing", "vqa_accuracy", "VQA acc",
        lambda references, response, line: vqa.soft_accuracy(references, response, evalai=False), binary=False,
    ),
    "contains": _Profile(
        "a reference stands in the response; formulas without spaces: OCRBench", "contains", "Acc", _contains,
    ),
    "math": _Profile(
        "equal by math-verify", "correct", "Acc",
        lambda references, response, line: mathematics.equal(references, response),
    ),
}  # fmt: skip


class Document(LineMetric):
    """Mean score of short answers, %.

    Fields of a line: "references" (a list of texts) or "reference" (a text or a list), "response"; for `contains`
    also "category" or "dataset", which tell formulas.

    Args:
        profile: "anls", "relaxed", "vqa", "vqa_vlmevalkit", "contains" or "math".
    """

    kind = "document"
    PROFILES: ClassVar[Mapping[str, str]] = {name: rule.summary for name, rule in _PROFILES.items()}

    def __init__(self, profile: str = "anls") -> None:
        super().__init__(profile)
        self._rule = rule = _PROFILES[profile]
        self.metrics = (Metric(rule.metric, rule.label, ("score", "answers"), ratio, binary=rule.binary),)

    def identity(self) -> Mapping[str, Any]:
        """The rule's version."""
        return {"rule": 1}

    def check(self, line: Line, place: str) -> None:
        """There is a reference that the profile can use.

        Raises:
            DataError: there is none; for `vqa`, there is only one person's; for `math`, one is no expression.
            MissingExtraError: math-verify is not installed.
        """
        references = self._references(line, place)
        if self.profile == "math":
            for reference in references:
                if not mathematics.reference_expressions(reference):
                    raise DataError(place, f"math-verify finds no expression in the reference {reference!r:.200}")

    def assess(self, line: Line, place: str) -> Assessed:
        """The answer's score, 0-1."""
        references = self._references(line, place)
        score = float(self._rule.score(references, text_field(line, "response", place), line))
        return Assessed({"score": score}, {self._rule.metric: (score, 1.0)})

    def worst(self, line: Line, place: str) -> Mapping[str, Vector]:
        """A score of 0."""
        return {self._rule.metric: (0.0, 1.0)}

    def _references(self, line: Line, place: str) -> list[str]:
        name = "references" if line.get("references") is not None else "reference"
        value = line.get(name)
        listed = value if isinstance(value, list) else [value]
        references = [text for text in listed if isinstance(text, str) and text.strip()]
        if not references or len(references) != len(listed):
            raise DataError(
                place, f'expected a text or a list of texts in "{name}", none of them empty, got {value!r:.200}'
            )
        if self.profile.startswith("vqa") and len(references) == 1:
            raise DataError(
                place, f"profile '{self.profile}' needs an answer of each person in \"{name}\", not just one"
            )
        return references


def document(profile: str = "anls", *, heard: bool = False) -> LineScorer:
    """The scorer of short answers of a task; see `Document`. `heard` scores what a transcriber heard of a reply."""
    return LineScorer(Document(profile), heard)
