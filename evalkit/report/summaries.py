"""Finding and reading what runs left behind: `summary.json`, and the few facts of `run.json` that reports need."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pydantic

from evalkit.core.errors import ResultsError
from evalkit.records.summary import SUMMARY_SCHEMA, Summary

_OWN = "summary.json"
_DEPTH = 3  # results/MODEL/TASK/RUN


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What `run.json` says about a run; empty where the file is absent, as for suites.

    Attributes:
        created: when the run was begun, UTC, ISO 8601.
        judged: (judge, hash of its rubric) of every scoring by a judge, also of those the summary does not show.
    """

    created: str | None = None
    judged: tuple[tuple[str, str], ...] = ()

    def judges_of(self, protocol: str) -> tuple[str | None, str | None]:
        """Judge and rubric hash behind a protocol such as "judge:msib#3f2a91/gpt-4o*3"; several joined by " + "."""
        found = [pair for pair in self.judged if f"#{pair[1][:6]}/{pair[0]}" in protocol]
        return _joined(judge for judge, _ in found), _joined(rubric for _, rubric in found)


def summaries(results: Path) -> Iterator[tuple[Path, Summary]]:
    """Run directories below a results folder with their summaries, sorted by path; set-aside runs are left out.

    A run has a summary of its own, and one more for each other rule its answers were scored by (`--scorer`, `evalkit
    judge`); those of a part of its samples are left out.

    Args:
        results: a results folder, or a single run directory.

    Raises:
        ResultsError: no such folder, or a summary that cannot be read.
    """
    if not results.is_dir():
        raise ResultsError(f"{results}: no such folder; run something first, or name another with --out")
    single = (results / "run.json").is_file() or (results / "summary.json").is_file()
    for directory, names in _run_folders(results, 0 if single else _DEPTH):
        shown: set[str] = set()
        for name in sorted(names, key=lambda name: (name != _OWN, name)):
            summary = load_summary(directory / name)
            if name == _OWN:
                shown = {result.scoring for result in summary.results}
            elif shown >= {result.scoring for result in summary.results}:
                continue
            yield directory, summary


def _run_folders(folder: Path, depth: int) -> Iterator[tuple[Path, list[str]]]:
    """Folders so far below one that hold summaries of whole runs, with their names; sorted by path.

    Path.glob takes several times as long, which is felt with a thousand runs.
    """
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    if depth > 0:
        for entry in found:
            if entry.is_dir() and not (depth == 1 and ".old" in entry.name):
                yield from _run_folders(folder / entry.name, depth - 1)
        return
    names = [entry.name for entry in found if entry.name.startswith("summary.") and entry.name.endswith(".json")]
    if whole := [name for name in names if ".part" not in name]:
        yield folder, whole


def load_summary(path: Path) -> Summary:
    """Read a summary.json.

    Raises:
        ResultsError: missing, damaged, of another schema version, or with a number that is none (NaN, infinity).
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ResultsError(
            f"{path}: cannot be read ({error.strerror}); a run directory holds a summary.json"
        ) from error
    try:
        summary = Summary.model_validate_json(content)
    except pydantic.ValidationError as error:
        raise ResultsError(f"{path}: {_problem(content, error)}. {_remedy(path)}") from error
    places = [(f"column {name}", column) for name, column in summary.columns.items()]
    for place, found in [*places, *((f"result {i}", result) for i, result in enumerate(summary.results))]:
        for key in ("value", "low", "high", "strict"):
            number = getattr(found, key)
            if number is not None and number - number != 0:
                raise ResultsError(f"{path}: the {key} of {place} is {number}, not a number. {_remedy(path)}")
    return summary


def chosen_part(summary: Summary) -> str:
    """Which part of the samples a run was asked for; "" for all of them."""
    return (summary.selection or "") if summary.limit is None else f"limit {summary.limit}"


def whole(summary: Summary) -> bool:
    """Whether a run is over all samples of complete data, and finished."""
    return not chosen_part(summary) and summary.complete and summary.data_complete


def circumstances(directory: Path) -> Circumstances:
    """What the run.json of a run directory says.

    Raises:
        ResultsError: the file is damaged.
    """
    record = _record(directory)
    scorings = [scoring for scoring in (record.get("scorings") or {}).values() if isinstance(scoring, dict)]
    judged = {(str(s["judge"]), str(s["rubric"])) for s in scorings if s.get("judge") and s.get("rubric")}
    return Circumstances(record.get("created"), tuple(sorted(judged)))


def _record(directory: Path) -> dict[str, Any]:
    path = directory / "run.json"
    try:
        record = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except orjson.JSONDecodeError as error:
        raise ResultsError(f"{path}: not JSON ({error}); start the run over with --fresh") from error
    if not isinstance(record, dict):
        raise ResultsError(f"{path}: expected a JSON object; start the run over with --fresh")
    return record


def _joined(values: Iterator[str]) -> str | None:
    return " + ".join(sorted(set(values))) or None


def _problem(content: bytes, error: pydantic.ValidationError) -> str:
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as broken:
        return f"not JSON, probably truncated ({broken})"
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SUMMARY_SCHEMA:
        return f"schema {schema!r}, but this version of evalkit reads '{SUMMARY_SCHEMA}'"
    first = error.errors()[0]
    return f"not a summary of schema {SUMMARY_SCHEMA} ({'.'.join(map(str, first['loc']))}: {first['msg']})"


def _remedy(path: Path) -> str:
    """The command that writes the summary anew from the journals, as far as run.json knows it."""
    if path.name.startswith("summary.judge-"):
        kept = f"scores/{path.name.removeprefix('summary.').removesuffix('.json')}.jsonl"
        return f"Repeat the 'evalkit judge' command that wrote it, or remove it: its verdicts are kept in {kept}"
    if path.name != "summary.json":
        return "Repeat the command that wrote it, with its --scorer, or remove the file; no answer is asked again"
    try:
        command: Any = _record(path.parent).get("command")
    except ResultsError:
        command = None
    words = [word for word in command if isinstance(word, str)] if isinstance(command, list) else []
    again = f"Repeat '{shlex.join(words)}'" if words else "Repeat its 'evalkit run' command"
    return f"{again} to write it anew; no answer is asked again"
