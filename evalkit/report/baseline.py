"""Baseline files: the values a later run is judged against, with the statistics of every sample.

The schema `evalkit.baseline/1` is its own, so that a baseline in a repository outlives changes of the run records.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pydantic
from pydantic import Field

import evalkit
from evalkit.core.errors import DataError, ResultsError
from evalkit.core.whole_files import write_whole
from evalkit.records.samples import Strict
from evalkit.report.scored import Index, Labels, ScoredSamples, Statistics
from evalkit.report.sides import Measure, RunFacts, Side

BASELINE_SCHEMA: Final = "evalkit.baseline/1"
_FAMILY = "evalkit.baseline/"


class LabelsRecord(Strict):
    """A name per sample."""

    names: list[str]
    index: list[int] = Field(description="entry of `names` per sample; -1: none")


class StatisticsRecord(Strict):
    """One metric's statistics per sample."""

    vectors: list[list[float]] = Field(description="the distinct ones")
    faithful: list[int] = Field(description="entry of `vectors` per sample; -1: dropped by the official rule")
    strict: list[int] | None = Field(None, description="the same, unscored = wrong; null: as faithful")


class ScoringRecord(Strict):
    """The scores of one scoring of one run."""

    task: str
    scoring: str
    ids: list[str]
    splits: LabelsRecord
    clusters: LabelsRecord
    groups: dict[str, LabelsRecord]
    metrics: dict[str, StatisticsRecord]


class Baseline(Strict):
    """A whole baseline file."""

    schema_: Literal["evalkit.baseline/1"] = Field(BASELINE_SCHEMA, alias="schema")
    saved: str = Field(description="UTC, ISO 8601")
    evalkit: str = Field(description="version that wrote the file")
    note: str | None = None
    runs: list[RunFacts]
    columns: dict[str, Measure]
    samples: list[ScoringRecord] | None = Field(None, description="null: values only; no paired test is possible")

    model_config = Strict.model_config | {"populate_by_name": True}


def baseline_of(
    side: Side,
    patterns: Sequence[str] = (),
    *,
    samples: bool = True,
    everything: bool = False,
    note: str | None = None,
) -> Baseline:
    """A baseline of a side's values.

    Args:
        side: runs to be judged against later.
        patterns: names or shell patterns of the values to keep; all headline values where empty.
        samples: keep the statistics of every sample, which the paired test needs.
        everything: keep all values, also splits and breakdowns of tasks that have columns.
        note: a remark for readers of the file.

    Raises:
        ResultsError: a run is not finished, or its scores cannot be read.
        UnknownNameError: a pattern that matches nothing.
    """
    for facts in side.runs.values():
        if facts.n_pending:
            raise ResultsError(
                f"{side.where}: {facts.n_pending} of {facts.n_total} samples of '{facts.task}' are not answered yet; "
                "finish the run by repeating its 'evalkit run' command"
            )
    columns = side.chosen(patterns, everything=everything)
    cells = [cell for measure in columns.values() for cell in measure.cells]
    wanted = {(cell.task, cell.scoring): cell for cell in cells}
    records = None
    if samples:
        breakdowns = {name for cell in cells for name in cell.in_groups()}
        metrics = {(cell.task, cell.scoring, cell.metric) for cell in cells}
        records = [
            _record(
                key, side.samples(cell), breakdowns, [m for m in side.samples(cell).metrics if (*key, m) in metrics]
            )
            for key, cell in sorted(wanted.items())
        ]
    return Baseline(
        saved=datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        evalkit=evalkit.__version__,
        note=note,
        runs=list(side.runs.values()),
        columns={name: measure.model_copy(update={"headline": True}) for name, measure in columns.items()},
        samples=records,
    )


def write_baseline(baseline: Baseline, path: Path) -> None:
    """Write the file as a whole, one run, column and scoring per line, so that changes of it can be read.

    Raises:
        ResultsError: it cannot be written.
    """
    document = baseline.model_dump(by_alias=True, mode="json")
    fields = [f"{json.dumps(key)}: {_lines(value)}" for key, value in document.items()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResultsError(f"{path}: cannot be written ({error.strerror})") from error
    write_whole(path, "{\n" + ",\n".join(fields) + "\n}\n")


def _lines(value: Any) -> str:
    def dense(entry: Any) -> str:
        return json.dumps(entry, ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(dense(entry) for entry in value) + "\n]"
    if isinstance(value, dict) and value:
        return "{\n" + ",\n".join(f"{json.dumps(key)}: {dense(entry)}" for key, entry in value.items()) + "\n}"
    return dense(value)


def read_baseline(path: Path) -> Baseline:
    """Read a baseline file.

    Raises:
        ResultsError: missing, truncated, not a baseline, or of another version.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ResultsError(
            f"{path}: cannot be read ({error.strerror}). Write one with: evalkit baseline save RUN_DIR --to {path}"
        ) from error
    again = f"save it anew with: evalkit baseline save RUN_DIR --to {path}"
    try:
        document = json.loads(content, parse_constant=_no_number)
    except ValueError as error:
        raise ResultsError(f"{path}: not JSON, perhaps truncated ({error}); restore it, or {again}") from error
    version = document.get("schema") if isinstance(document, dict) else None
    if version != BASELINE_SCHEMA:
        raise ResultsError(f"{path}: {_other_version(version)} {again}")
    try:
        return Baseline.model_validate(document)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        raise ResultsError(
            f"{path}: damaged at {'.'.join(map(str, first['loc']))} ({first['msg']}); restore it, or {again}"
        ) from error


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")


def _other_version(version: Any) -> str:
    if not isinstance(version, str) or not version.startswith(_FAMILY):
        found = f"its schema is {version!r}" if version is not None else "it names no schema"
        return f"not a baseline file ({found}, expected '{BASELINE_SCHEMA}');"
    number = version.removeprefix(_FAMILY)
    if number.isdigit() and int(number) > int(BASELINE_SCHEMA.removeprefix(_FAMILY)):
        return (
            f"of schema '{version}', which a newer evalkit than this {evalkit.__version__} writes; upgrade evalkit, or"
        )
    return f"of the older schema '{version}', which this evalkit {evalkit.__version__} does not read;"


def baseline_side(path: Path) -> Side:
    """A baseline file as a side of a comparison.

    Raises:
        ResultsError: it cannot be read.
    """
    return side_of(read_baseline(path), str(path))


def side_of(baseline: Baseline, where: str) -> Side:
    """A baseline as a side of a comparison; samples are checked when they are asked for."""
    records = {(record.task, record.scoring): record for record in baseline.samples or ()}

    def load(task: str, scoring: str) -> ScoredSamples:
        if (task, scoring) not in records:
            raise DataError(where, f"no samples of '{task}', scoring '{scoring}'; save the baseline anew")
        return _samples(records[task, scoring], where)

    return Side(
        where=where,
        runs={facts.task: facts for facts in baseline.runs},
        measures=dict(baseline.columns),
        load=None if baseline.samples is None else load,
    )


def _record(
    key: tuple[str, str], samples: ScoredSamples, breakdowns: Iterable[str], metrics: Sequence[str]
) -> ScoringRecord:
    kept = [name for name in sorted(breakdowns) if name in samples.groups]
    return ScoringRecord(
        task=key[0],
        scoring=key[1],
        ids=list(samples.ids),
        splits=_labels_record(samples.splits),
        clusters=_labels_record(samples.clusters),
        groups={name: _labels_record(samples.groups[name]) for name in kept},
        metrics={name: _statistics_record(samples.metrics[name]) for name in metrics},
    )


def _labels_record(labels: Labels) -> LabelsRecord:
    return LabelsRecord(names=list(labels.names), index=labels.index.tolist() if labels.names else [])


def _statistics_record(statistics: Statistics) -> StatisticsRecord:
    same = bool((statistics.faithful == statistics.strict).all())
    return StatisticsRecord(
        vectors=statistics.vectors.tolist(),
        faithful=statistics.faithful.tolist(),
        strict=None if same else statistics.strict.tolist(),
    )


def _samples(record: ScoringRecord, where: str) -> ScoredSamples:
    n = len(record.ids)
    place = f"{where}, samples of '{record.task}'"
    if len(set(record.ids)) != n:
        raise DataError(place, "an id occurs twice; save the baseline anew")
    return ScoredSamples(
        ids=record.ids,
        splits=_labels(record.splits, n, place),
        clusters=_labels(record.clusters, n, place),
        groups={name: _labels(labels, n, place) for name, labels in record.groups.items()},
        metrics={name: _statistics(found, n, place) for name, found in record.metrics.items()},
    )


def _labels(record: LabelsRecord, n: int, place: str) -> Labels:
    index = record.index if record.names else [-1] * n
    return Labels(record.names, _index(index, n, len(record.names), place))


def _statistics(record: StatisticsRecord, n: int, place: str) -> Statistics:
    widths = {len(vector) for vector in record.vectors}
    vectors = np.array(record.vectors, dtype=np.float64) if len(widths) == 1 else np.zeros((0, 0))
    if len(widths) != 1 or not bool(np.isfinite(vectors).all()):
        raise DataError(place, "the statistics are not finite numbers of one length; save the baseline anew")
    faithful = _index(record.faithful, n, len(vectors), place)
    strict = faithful if record.strict is None else _index(record.strict, n, len(vectors), place)
    return Statistics(vectors, faithful, strict)


def _index(numbers: Sequence[int], n: int, known: int, place: str) -> Index:
    index = np.array(numbers, dtype=np.int64)
    if len(index) != n or bool(((index < -1) | (index >= known)).any()):
        raise DataError(place, f"expected {n} entries between -1 and {known - 1}; save the baseline anew")
    return index.astype(np.int32)
