"""Confusion matrix of a run whose answers are labels."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.core.errors import UsageError
from evalkit.records import journals
from evalkit.report.pictures.style import footer, new_figure, wrapped

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_LABELS = 40
OTHER, NONE = "(other)", "(no answer)"
_KEYS = ("label", "parsed", "choice", "verdict")  # where scorers leave what they read in an answer


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts of (reference, answer).

    Args:
        task, model: of the run.
        labels: references, sorted.
        answers: columns: the labels, then other answers and none, where they occur.
        counts: shape (labels, answers).
    """

    task: str
    model: str
    labels: list[str]
    answers: list[str]
    counts: np.ndarray[tuple[int, int], np.dtype[np.int64]]

    def rows(self) -> list[dict[str, object]]:
        """One row per reference and answer that occurs."""
        return [
            {
                "task": self.task,
                "model": self.model,
                "reference": label,
                "answer": answer,
                "count": int(self.counts[i, j]),
            }
            for i, label in enumerate(self.labels)
            for j, answer in enumerate(self.answers)
            if self.counts[i, j]
        ]


def confusion(directory: Path, task: str, model: str, scoring: str | None = None) -> Confusion:
    """Count references against answers.

    An answer is what the scorer read in it, where its score says so, else its text; case and white space at the ends
    do not count. Failed samples count as no answer.

    Args:
        directory: the run directory.
        task: for the title.
        model: for the title.
        scoring: scores file (without ending) to read labels from; None where there is one, or none has labels.

    Raises:
        UsageError: references are not labels, or there are too many of them.
    """
    read = _read_labels(directory, scoring)
    pairs: Counter[tuple[str, str]] = Counter()
    shown: dict[str, str] = {}
    for record in journals.read(directory / "samples.jsonl", journals.FAILED):
        reference = record.get("reference")
        if isinstance(reference, list) and reference:
            reference = reference[0]
        if not isinstance(reference, str | int):
            raise UsageError(f"{directory}: sample '{record['id']}': the reference is no label: {reference!r}")
        key = _key(str(reference))
        shown.setdefault(key, str(reference).strip())
        answer = None if record.get("failure") else read.get(record["id"], record.get("text"))
        pairs[key, NONE if answer is None or not str(answer).strip() else _key(str(answer))] += 1
    if not pairs:
        raise UsageError(f"{directory}: no sample was answered yet")
    if len(shown) > MOST_LABELS:
        raise UsageError(
            f"{directory}: {len(shown)} different references; a confusion matrix takes up to {MOST_LABELS}"
        )
    labels = sorted(shown)
    extra = [name for name in (OTHER, NONE) if any(_place(answer, shown) == name for _, answer in pairs)]
    answers = [*labels, *extra]
    counts = np.zeros((len(labels), len(answers)), dtype=np.int64)
    for (reference, answer), count in pairs.items():
        counts[labels.index(reference), answers.index(_place(answer, shown))] += count
    return Confusion(task, model, [shown[name] for name in labels], [shown.get(name, name) for name in answers], counts)


def confusion_picture(found: Confusion) -> Figure:
    """Rows are references, columns answers; shade is the share of the row, the number the count."""
    size = max(3.2, 0.42 * len(found.answers) + 1.8)
    figure = new_figure(size, max(2.8, 0.36 * len(found.labels) + 1.8))
    ax = figure.add_subplot()
    totals = found.counts.sum(axis=1, keepdims=True)
    shares = found.counts / np.maximum(totals, 1)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for i, j in zip(*np.nonzero(found.counts), strict=True):
        colour = "white" if shares[i, j] > 0.65 else "black"
        ax.text(j, i, str(found.counts[i, j]), ha="center", va="center", color=colour, fontsize=8)
    ax.set_xticks(range(len(found.answers)), [wrapped(name, 16) for name in found.answers], rotation=45, ha="right")
    ax.set_yticks(range(len(found.labels)), found.labels)
    ax.set_xlabel("answer")
    ax.set_ylabel("reference")
    ax.spines[:].set_visible(False)
    right = int(np.trace(found.counts[:, : len(found.labels)]))
    ax.set_title(f"{found.model} on {found.task}")
    footer(figure, [f"{right} of {int(found.counts.sum())} on the diagonal; shade: share of the row"])
    return figure


def _read_labels(directory: Path, scoring: str | None) -> dict[str, Any]:
    files = sorted((directory / "scores").glob("*.jsonl"))
    if scoring is not None:
        files = [file for file in files if file.stem == scoring]
        if not files:
            raise UsageError(f"{directory}: no scores/{scoring}.jsonl there")
    found: dict[str, dict[str, Any]] = {}
    for file in files:
        for record in journals.read(file, journals.RESCORED):
            detail = record.get("detail") or {}
            key = next((key for key in _KEYS if isinstance(detail.get(key), str | int)), None)
            if key is not None:
                found.setdefault(file.stem, {})[record["id"]] = detail[key]
    if len(found) > 1:
        raise UsageError(f"{directory}: several scorings have labels; choose one by --scoring: {', '.join(found)}")
    return next(iter(found.values()), {})


def _key(text: str) -> str:
    return text.strip().casefold()


def _place(answer: str, labels: dict[str, str]) -> str:
    return answer if answer in labels or answer == NONE else OTHER
