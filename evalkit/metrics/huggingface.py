"""Evalkit's scorers as modules of Hugging Face `evaluate`, without its hub: nothing is downloaded.

Needs the extra `evaluate`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from evalkit.core.metric import Tally, join
from evalkit.core.response import Failure, Response, without_thought
from evalkit.core.sample import Sample
from evalkit.core.score import STATUSES
from evalkit.core.scorer import Answered, Scorer
from evalkit.metrics.line_metric import LineScorer


def load(name: str = "error_rate", *, profile: str | None = None, keep_in_memory: bool = True, **arguments: Any) -> Any:
    """A metric as an `evaluate.Metric`, with `compute`, `add` and `add_batch`.

    Predictions are texts, or None where there is no answer; references are texts, or lists of texts where the metric
    takes several. Metrics whose lines need more (`evalkit.metrics.kinds`) take the fields of the line as a reference:
    a dict, or a JSON object as text, for example {"choices": ["Rock", "Pop"], "answer": "B"}.

    `compute` returns the value under the metric's name, in the unit evalkit prints (% for rates), the same with
    everything not scored counted as wrong under "strict_<name>", the sums of the metric's statistics, the numbers of
    samples by status, and the protocol. Sums that several metrics name alike are "<metric>_<sum>". What a model thought
    is taken off its predictions, as in a run.

    Example:
        >>> metric = load("error_rate", profile="kimi", language="zh")  # doctest: +SKIP
        >>> metric.compute(predictions=["你好世界"], references=["你好，世界"])["error_rate"]  # doctest: +SKIP
        0.0

    Args:
        name: name of a scorer or metric, for example "error_rate", "choice".
        profile: the scorer's rule; its default without.
        keep_in_memory: collect the batches in memory; False writes them to the cache folder of `evaluate`.
        arguments: arguments of the scorer, for example language="zh".

    Raises:
        UnknownNameError: no such scorer, profile, language or argument.
        MissingExtraError: the package `evaluate` is not installed.
    """
    from evalkit.metrics.scorers import scorer

    return _module_class()(scorer(f"{name}:{profile}" if profile else name, **arguments), keep_in_memory)


def compute(scorer: Scorer, predictions: Sequence[str | None], references: Sequence[Any]) -> dict[str, Any]:
    """Score texts with a scorer; what the `compute` of a loaded metric returns."""
    answers = [
        _answered(scorer, index, prediction, reference)
        for index, (prediction, reference) in enumerate(zip(predictions, references, strict=True))
    ]
    for answer in answers:
        scorer.check(_sample(answer))
    numbers = dict.fromkeys(STATUSES, 0)
    faithful = {metric.name: Tally() for metric in scorer.metrics}
    strict = {metric.name: Tally() for metric in scorer.metrics}

    joins = {metric.name: join(metric.join) for metric in scorer.metrics if metric.join is not None}

    def count(answer: Answered, status: Any, official: Any, harsh: Any) -> None:
        numbers[status] += 1
        units = scorer.units(answer) if joins else {}
        for tallies, vectors in ((faithful, official), (strict, harsh)):
            for metric, vector in vectors.items():
                tallies[metric].add(vector, unit=units.get(metric, answer.id) if metric in joins else None)

    answered = [answer for answer in answers if answer.response.failure is None]
    for answer, score in zip(answered, scorer.score(answered), strict=True):
        count(answer, score.status, score.faithful, score.faithful if score.strict is None else score.strict)
    for answer in answers:
        if answer.response.failure is not None:
            count(answer, "model_failed", scorer.missing(answer), scorer.worst(answer))
    for tallies in (faithful, strict):
        tallies.update({name: tallies[name].joined(how) for name, how in joins.items()})

    result: dict[str, Any] = {}
    fields = Counter(field for metric in scorer.metrics for field in metric.fields)
    for metric in scorer.metrics:
        result[metric.name] = faithful[metric.name].value(metric)
        result[f"strict_{metric.name}"] = strict[metric.name].value(metric)
        for field, total in zip(metric.fields, faithful[metric.name].total(), strict=False):
            result[field if fields[field] == 1 else f"{metric.name}_{field}"] = total
    return result | {"n_total": len(answers), **{f"n_{k}": n for k, n in numbers.items()}, "protocol": scorer.protocol}


def _answered(scorer: Scorer, index: int, prediction: str | None, reference: Any) -> Answered:
    response = without_thought(Response(prediction)) if prediction is not None else _NO_ANSWER
    fields = _fields(reference) if isinstance(scorer, LineScorer) else None
    if fields is None:
        return Answered(id=str(index), split="", reference=reference, response=response)
    key = str(fields.get("id", index))
    named = fields.keys().isdisjoint(("answer", "references"))  # these come before "reference", as in the command
    reference = fields.get("reference") if named else None
    return Answered(id=key, split="", reference=reference, response=response, meta=fields)


def _fields(reference: Any) -> Mapping[str, Any] | None:
    """The fields of a line, where a reference holds them."""
    if isinstance(reference, str) and reference.lstrip().startswith("{"):
        try:
            reference = json.loads(reference)
        except ValueError:
            return None
    return reference if isinstance(reference, Mapping) else None


def _sample(answer: Answered) -> Sample:
    return Sample(answer.id, (), answer.reference, meta=answer.meta)


def _as_text(references: Any) -> Any:
    """References with dicts as JSON, which `evaluate` takes for text."""
    if isinstance(references, Mapping):
        return json.dumps(references, ensure_ascii=False)
    if isinstance(references, (list, tuple)) and any(isinstance(reference, Mapping) for reference in references):
        return [_as_text(reference) for reference in references]
    return references


_NO_ANSWER = Response(failure=Failure("missing", "the prediction is None"))


@cache
def _module_class() -> Any:
    try:
        import datasets
        import evaluate
    except ImportError as error:
        from evalkit.core.errors import MissingExtraError

        raise MissingExtraError("evaluate", "evaluate", "a metric as a Hugging Face module") from error

    class EvalkitMetric(evaluate.Metric):  # type: ignore[misc]
        def __init__(self, scorer: Scorer, keep_in_memory: bool) -> None:
            self.scorer = scorer
            name = "".join(char if char.isalnum() else "-" for char in scorer.protocol)
            super().__init__(config_name=name, keep_in_memory=keep_in_memory)

        def _info(self) -> Any:
            text = datasets.Value("string")
            return evaluate.MetricInfo(
                description=f"evalkit {self.scorer.protocol}",
                citation="",
                inputs_description="Predictions are texts or None; references are texts or lists of texts.",
                features=[
                    datasets.Features({"predictions": text, "references": text}),
                    datasets.Features({"predictions": text, "references": [text]}),
                ],
            )

        def _enforce_nested_string_type(self, schema: Any, obj: Any) -> None:
            # evaluate takes None for a text everywhere but in the first place of a batch
            if obj is not None:
                super()._enforce_nested_string_type(schema, obj)

        def compute(self, *, predictions: Any = None, references: Any = None, **rest: Any) -> Any:
            """Score the predictions, or what was added before."""
            return super().compute(predictions=predictions, references=_as_text(references), **rest)

        def add_batch(self, *, predictions: Any = None, references: Any = None, **rest: Any) -> Any:
            """Add several pairs."""
            return super().add_batch(predictions=predictions, references=_as_text(references), **rest)

        def add(self, *, prediction: Any = None, reference: Any = None, **rest: Any) -> Any:
            """Add one pair."""
            return super().add(prediction=prediction, reference=_as_text(reference), **rest)

        def _compute(self, predictions: Sequence[str | None], references: Sequence[Any]) -> dict[str, Any]:
            return compute(self.scorer, predictions, references)

    return EvalkitMetric
