"""Results as `model-index`, the part of a model card's YAML header that the Hugging Face Hub reads.

Specification: https://github.com/huggingface/hub-docs/blob/main/modelcard.md
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from evalkit import plugins
from evalkit.core.errors import UsageError
from evalkit.core.task import Task
from evalkit.records.summary import Result, Summary
from evalkit.report.summaries import chosen_part, whole
from evalkit.statistics.averages import nearest

HOME = "https://github.com/evalkit/evalkit"
_ERROR_RATES = frozenset({"wer", "cer", "mer"})
_TAKES = {"audio": "audio-text-to-text", "image": "image-text-to-text", "video": "video-text-to-text"}


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """What a card and a task tell about their data.

    Attributes:
        title: readable name.
        modalities: what the models are given; empty where the task is not known here.
        repo: repository on the Hub; None where there is none.
        config, split: task split -> configuration and split on the Hub.
    """

    title: str
    modalities: tuple[str, ...] = ()
    repo: str | None = None
    config: Mapping[str, str] = field(default_factory=dict)
    split: Mapping[str, str] = field(default_factory=dict)


def model_index(
    summaries: Iterable[Summary], name: str | None = None, task_type: str | None = None, *, partial: bool = False
) -> list[dict[str, Any]]:
    """The value of the key `model-index`: one model, a result for each task and split.

    Args:
        summaries: summaries of one model with one set of arguments.
        name: the model's name on the Hub; None for the name it was run by.
        task_type: the Hub's name of the task where it does not follow from the task's card.
        partial: take incomplete runs and runs with a limit too; their metrics say so.

    Raises:
        UsageError: no result, several models, a partial run, or a task whose type does not follow.
    """
    found = list(summaries)
    if not found:
        raise UsageError("no results: run something first, or choose others with --model or --out")
    _check_one_model(found)
    results: list[dict[str, Any]] = []
    for summary in found:
        if not partial and not whole(summary):
            why = chosen_part(summary) or summary.data_mark() or "incomplete"
            raise UsageError(
                f"run {summary.run} of {summary.task} is partial ({why}): a model card would pass it for a whole "
                "result. Finish it, leave it out with --task, or export it as what it is with --partial"
            )
        facts = task_facts(summary.task)
        for result in summary.results:
            if result.breakdown is None and result.value is not None:
                results.append(_entry(summary, result, facts, task_type))
    if not results:
        raise UsageError(f"{found[0].model}: its runs have no values to export")
    return [{"name": name or found[0].model, "results": _grouped(results)}]


def task_facts(name: str) -> TaskFacts:
    """What is known about a task; only its name where it is not registered here."""
    known = plugins.plugins("task")
    if name not in known:
        return TaskFacts(name)
    header = known[name].header
    modalities = tuple(header.get("modalities", ()))
    task = plugins.load_task(name)
    hub = getattr(task.source, "hub", task.source) if isinstance(task, Task) else None
    repo = getattr(hub, "repo", None)
    if not isinstance(repo, str):
        return TaskFacts(str(header.get("title", name)), modalities)
    config = getattr(hub, "config", None)
    split = dict(getattr(hub, "split", {}))
    configs = dict.fromkeys(split, config) if isinstance(config, str) else dict(config or {})
    return TaskFacts(str(header.get("title", name)), modalities, repo, configs, split)


def hub_task(metric: str, modalities: Iterable[str]) -> str | None:
    """The Hub's name of a task, or None where metric and modalities do not tell."""
    given = [modality for modality in modalities if modality != "text"]
    if metric in _ERROR_RATES and given == ["audio"]:
        return "automatic-speech-recognition"
    if len(given) > 1:
        return "any-to-any"
    if given:
        return _TAKES.get(given[0])
    return "text-generation" if list(modalities) else None


def metric_type(result: Result) -> str:
    """The Hub's name of a metric: an error rate goes by its unit, shares of right answers by accuracy."""
    label = result.label.lower()
    if label == "acc":
        return "accuracy"
    return label if result.metric == "error_rate" and label in _ERROR_RATES else result.metric


def _check_one_model(found: list[Summary]) -> None:
    models = {(summary.model, str(sorted(summary.model_arguments.items()))) for summary in found}
    if len(models) > 1:
        names = "; ".join(f"{model} {arguments}" for model, arguments in sorted(models))
        raise UsageError(f"a model card is about one model; these results are of {len(models)}: {names}. Use --model")


def _entry(summary: Summary, result: Result, facts: TaskFacts, task_type: str | None) -> dict[str, Any]:
    kind = task_type or hub_task(metric_type(result), facts.modalities)
    if kind is None:
        raise UsageError(
            f"the Hub's name of task '{summary.task}' does not follow from its card; give it with --hub-task, for "
            "example automatic-speech-recognition or text-generation"
        )
    dataset: dict[str, Any] = {"name": facts.title, "type": facts.repo or summary.task}
    if result.split is not None:
        dataset["name"] = f"{facts.title} ({result.split})"
        if result.split in facts.config:
            dataset["config"] = facts.config[result.split]
        dataset["split"] = facts.split.get(result.split, result.split)
    dataset["revision"] = summary.data_revision
    args: dict[str, Any] = {"protocol": result.protocol, "n": result.n}
    if result.low is not None and result.high is not None:
        args["confidence_interval"] = [_rounded(result.low, result), _rounded(result.high, result)]
        args["confidence_level"] = summary.interval.level
    if summary.limit is not None:
        args["limit"] = summary.limit
    if summary.selection is not None:
        args["selection"] = summary.selection
    if not summary.complete or not summary.data_complete:
        args["incomplete"] = True
    value = _rounded(result.value or 0.0, result)
    metric = {"type": metric_type(result), "value": value, "name": f"{result.label} ({result.unit})", "args": args}
    source = {"name": "evalkit", "url": HOME}
    return {"task": {"type": kind}, "dataset": dataset, "metrics": [metric], "source": source}


def _grouped(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Metrics of the same task and data under one result, as the Hub keeps them."""
    found: list[dict[str, Any]] = []
    for result in results:
        for other in found:
            if other["task"] == result["task"] and other["dataset"] == result["dataset"]:
                other["metrics"] += result["metrics"]
                break
        else:
            found.append(result)
    return found


def _rounded(value: float, result: Result) -> float:
    return nearest(value, result.decimals)
