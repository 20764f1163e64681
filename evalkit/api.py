"""The Python entry points: `evalkit.evaluate` and `evalkit.load_results`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from evalkit import plugins
from evalkit.core.errors import MissingExtraError, UsageError
from evalkit.core.limits import Budget, CallLimits
from evalkit.core.model import Model
from evalkit.core.task import Suite, Task
from evalkit.judging.options import JudgeOptions
from evalkit.models.local.checkpoint_choice import choose_model
from evalkit.run.options import DEFAULT_OUT, Options
from evalkit.run.pipeline import Outcome
from evalkit.run.selection import Selection, parse_limit
from evalkit.run.tasks import Chosen, choose, run_chosen

if TYPE_CHECKING:
    import pandas as pd


def evaluate(
    model: str | Model,
    tasks: str | Path | Task | Suite | Sequence[str | Path | Task | Suite],
    *,
    model_arguments: Mapping[str, Any] | None = None,
    out: str | Path = DEFAULT_OUT,
    data: str | Path | None = None,
    limit: int | str | None = None,
    ids: Sequence[str] | None = None,
    repeats: int = 1,
    history: Literal["own", "given"] | None = None,
    seed: int = 0,
    fresh: bool = False,
    scorer: str | None = None,
    scorer_arguments: Mapping[str, Any] | None = None,
    transcriber: str | None = None,
    transcriber_arguments: Mapping[str, Any] | None = None,
    listeners: Mapping[str, str] | None = None,
    listener_arguments: Mapping[str, Mapping[str, Any]] | None = None,
    judge: str | None = None,
    judge_arguments: Mapping[str, Any] | None = None,
    rubric: str | Path | None = None,
    votes: int | None = None,
    max_cost: float | None = None,
    progress: bool = True,
    allow_outside_media: bool = False,
) -> list[Outcome]:
    """Run a model on tasks; what `evalkit run` does.

    Args:
        model: a registered name, a checkpoint's directory, its id in the Hugging Face cache, or a model object.
        tasks: names as `--task` takes them, task objects, or a list of both.
        model_arguments: constructor arguments of a model given by name.
        out: folder of all results.
        data: folder with local copies of the data.
        limit: samples per task: a number, or "P%" or "A-B" as `--limit` takes them.
        ids: only these samples.
        repeats: how often each sample is asked.
        history: of conversations that are played: the model's own replies or those of the data.
        seed: of everything random.
        fresh: move earlier results of the run aside.
        scorer: NAME[:PROFILE] instead of the tasks' own.
        scorer_arguments: further arguments of that scorer.
        transcriber: model that hears spoken answers, as `--transcriber` takes it.
        transcriber_arguments: its constructor arguments.
        listeners: role -> model that notes something else of spoken answers, as `--listener` takes it.
        listener_arguments: role -> its constructor arguments.
        judge: who judges, as `--judge` takes it, instead of the tasks' own.
        judge_arguments: constructor arguments of that judge.
        rubric: id or file of a rubric instead of the tasks' own.
        votes: verdicts per answer instead of the rubric's.
        max_cost: US dollars after which paid calls stop, resumably.
        progress: show progress bars at a terminal.
        allow_outside_media: the user's own data may name media outside of their folder.

    Returns:
        One outcome per task, with its `summary` and run `directory`.

    Raises:
        EvalkitError: nothing could be run; see its message.
    """
    limits = CallLimits(budget=Budget(max_cost))
    options = Options(
        out=Path(out),
        data=Path(data) if data is not None else None,
        limit=limit if isinstance(limit, int) else None,
        selection=_selection(limit, ids),
        repeats=repeats,
        history=history,
        seed=seed,
        fresh=fresh,
        scorer=scorer,
        scorer_arguments=dict(scorer_arguments or {}),
        transcriber=transcriber,
        transcriber_arguments=dict(transcriber_arguments or {}),
        listeners=dict(listeners or {}),
        listener_arguments=dict(listener_arguments or {}),
        limits=limits,
        judging=JudgeOptions(judge, dict(judge_arguments or {}), rubric, votes, limits=limits),
        progress=progress,
        outside_media=allow_outside_media,
    )
    if model_arguments and not isinstance(model, str):
        raise UsageError("model_arguments belong to a model given by name; this one is made already")
    given = [tasks] if isinstance(tasks, (str, Path, Task, Suite)) else list(tasks)
    chosen = [choose(str(task), options) if isinstance(task, (str, Path)) else Chosen(task) for task in given]

    wanted = choose_model(model) if isinstance(model, str) else None
    if wanted is not None:
        options.model_name = wanted.shown

    def make() -> Model:
        if wanted is None:
            assert isinstance(model, Model)
            return model
        return plugins.load_model(wanted.name, {**wanted.arguments, **(model_arguments or {})})

    return list(run_chosen(make, chosen, options))


def _selection(limit: int | str | None, ids: Sequence[str] | None) -> Selection:
    chosen = parse_limit(limit) if isinstance(limit, str) else Selection()
    return chosen if ids is None else dataclasses.replace(chosen, ids=frozenset(ids))


def load_results(
    directory: str | Path = DEFAULT_OUT, per: Literal["result", "column", "sample"] = "result"
) -> pd.DataFrame:
    """All results below a folder as a data frame.

    Args:
        directory: results folder.
        per: "result": one row per metric, split and breakdown of every run. "column": one row per published column
            of every run. "sample": one row per scored sample,
            with the answer beside its statistics.

    Raises:
        MissingExtraError: pandas is not installed.
        ResultsError: no such folder, or a damaged file.
    """
    if per not in ("result", "column", "sample"):
        raise UsageError(f"load_results: per is {per!r}, expected 'result', 'column' or 'sample'")
    try:
        import pandas as pd
    except ImportError:
        raise MissingExtraError("pandas", "frames", "load_results") from None
    from evalkit.report import rows

    kinds = {"result": rows.result_rows, "column": rows.column_rows, "sample": rows.sample_rows}
    return pd.DataFrame.from_records(list(kinds[per](Path(directory))))
