"""Real run directories from answers a test chooses, and sides made in memory for simulations."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import evalkit
from evalkit import plugins
from evalkit.core.task import Suite, Task
from evalkit.report.scored import Labels, ScoredSamples, Statistics
from evalkit.report.sides import CellRef, Measure, RunFacts, Side

Matrix = NDArray[np.float64]


def write_jsonl(path: Path, lines: Sequence[Mapping[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


def quiz_run(
    out: Path,
    right: Sequence[bool],
    *,
    ids: Sequence[str] | None = None,
    clusters: Sequence[str] | None = None,
    failed: Sequence[int] = (),
    limit: int | str | None = None,
    scorer: str | None = None,
    questions: int | None = None,
    **more: Any,
) -> Path:
    """A run on a user's own file of questions, through the whole pipeline; returns its directory.

    Args:
        out: folder of all results of one model.
        right: whether each question is answered right.
        ids: of the questions.
        clusters: of the questions.
        failed: places without an answer.
        limit: as `--limit`.
        scorer: as `--scorer`.
        questions: number of questions in the file, if more than are answered.
        more: further arguments of `evalkit.evaluate`.
    """
    names = list(ids) if ids is not None else [f"q{i:04}" for i in range(questions or len(right))]
    rows: list[dict[str, Any]] = [{"id": key, "prompt": f"Question {key}?", "reference": f"yes {key}"} for key in names]
    for row, cluster in zip(rows, clusters or (), strict=False):
        row["cluster"] = cluster
    answers: list[dict[str, Any]] = [
        {"id": key, "error": "no answer"} if i in failed else {"id": key, "text": f"yes {key}" if ok else f"no {key}"}
        for i, (key, ok) in enumerate(zip(names, right, strict=False))
    ]
    file = write_jsonl(out / "quiz.jsonl", rows)
    given = {"file": str(write_jsonl(out / "answers.jsonl", answers))}
    (outcome,) = evalkit.evaluate(
        "replay", file, model_arguments=given, out=out / "results", limit=limit, scorer=scorer, progress=False, **more
    )
    return outcome.directory


def spoken_sentences() -> list[dict[str, Any]]:
    """The rows of asr_demo: 36 sentences in three conditions each."""
    manifest = plugins.folder("tasks") / "asr_demo" / "data" / "manifest.jsonl"
    return [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]


def speech_run(
    out: Path,
    hear: Callable[[dict[str, Any]], str | None],
    task: str | Task | Suite = "asr_demo",
    scorer: str | None = None,
) -> list[Path]:
    """A run on asr_demo (or a suite of it) whose transcripts a function chooses; returns its directories."""
    lines = [
        {"id": row["id"], "text": text} if (text := hear(row)) is not None else {"id": row["id"], "error": "deaf"}
        for row in spoken_sentences()
    ]
    given = {"file": str(write_jsonl(out / "heard.jsonl", lines))}
    outcomes = evalkit.evaluate(
        "replay", task, model_arguments=given, out=out / "results", scorer=scorer,
        scorer_arguments={"language": "en"} if scorer else None, progress=False,
    )  # fmt: skip
    return [outcome.directory for outcome in outcomes]


def without_last_words(words: int, every: int = 1) -> Callable[[dict[str, Any]], str]:
    """A recogniser that loses the last words of every n-th recording."""

    def hear(row: dict[str, Any]) -> str:
        place = int(str(row["id"])[1:3])
        text = str(row["text"])
        return " ".join(text.split()[:-words]) if words and place % every == 0 else text

    return hear


def made_side(columns: Mapping[str, Matrix], *, clusters: Sequence[int] | None = None, higher: bool = True) -> Side:
    """A side in memory.

    Args:
        columns: name -> statistics per sample, shape (samples, 2), to be reduced as a ratio.
        clusters: number of each sample's cluster.
        higher: direction of all columns.
    """
    n = len(next(iter(columns.values())))
    ids = [f"s{i:06}" for i in range(n)]
    nothing = Labels([], np.full(n, -1, dtype=np.int32))
    split = Labels(["test"], np.zeros(n, dtype=np.int32))
    grouped = nothing
    if clusters is not None:
        grouped = Labels([f"c{k}" for k in range(max(clusters) + 1)], np.array(clusters, dtype=np.int32))
    metrics = {}
    measures = {}
    for name, rows in columns.items():
        vectors, index = np.unique(rows, axis=0, return_inverse=True)
        index = index.reshape(-1).astype(np.int32)
        metrics[name] = Statistics(vectors, index, index)
        cell = CellRef(task="made", scoring="made", metric=name, reduction="ratio", fields=["first", "second"])
        total = rows.sum(axis=0)
        measures[name] = Measure(
            value=100 * total[0] / total[1], n=n, label="", protocol="made:1", unit="%", higher_is_better=higher,
            decimals=2, headline=True, cells=[cell],
        )  # fmt: skip
    samples = ScoredSamples(ids, split, grouped, {}, metrics)
    facts = RunFacts(
        run="made", model="made", model_arguments={}, task="made", task_version=1, data_revision="1", splits=["test"],
        limit=None, seed=0, complete=True, n_total=n, n_scored=n, n_unparsed=0, n_failed=0, n_pending=0, level=0.95,
    )  # fmt: skip
    return Side("made", {"made": facts}, measures, load=lambda task, scoring: samples)


def right_or_wrong(right: NDArray[np.bool_]) -> Matrix:
    return np.stack([right.astype(np.float64), np.ones(len(right))], axis=1)
