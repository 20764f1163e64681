"""Which run directories a word of the user means, and their records."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pydantic

from evalkit.core.errors import ResultsError, UsageError
from evalkit.records.run import RUN_SCHEMA, Run


def find_summaries(path: Path, out: Path | None = None) -> list[Path]:
    """Summaries of the runs that a word of the user means, sorted.

    Args:
        path: a run directory, a folder that holds some (at any depth down to results/model/task/run), a summary file
            (`summary.PART.json` for one by another rule or of some splits), or the beginning of the name of one run
            directory, also without the folders before it.
        out: folder of all results, where a beginning of a name is looked for.

    Raises:
        UsageError: nothing there, or a beginning that several runs share.
    """
    if is_summary(path):
        return [path]
    if path.is_dir():
        depths = ("", "*/", "*/*/", "*/*/*/")
        found = _current(file for depth in depths for file in path.glob(f"{depth}summary.json"))
        if not found:
            others = _current(file for depth in depths for file in path.glob(f"{depth}summary.*.json"))
            if others:
                raise UsageError(listed(f"{path}: no run there was scored by its task's own rule; name a file", others))
            raise UsageError(f"{path}: no run with a summary.json there; run something first, or name another folder")
        return found
    places = path.parent.glob(f"{path.name}*/summary.json")
    found = _current([*places, *(out.glob(f"*/*/{path.name}*/summary.json") if out and len(path.parts) == 1 else ())])
    if not found:
        raise UsageError(f"{path}: no such file or folder, and no run begins with it")
    if len(found) > 1:
        raise UsageError(listed(f"{path}: several runs begin with it", [file.parent for file in found]))
    return found


def is_summary(path: Path) -> bool:
    """True for a file that a run names as one of its summaries."""
    return path.name.startswith("summary.") and path.suffix == ".json" and path.is_file()


def _current(files: Iterable[Path]) -> list[Path]:
    """Each file once, sorted, without runs that were set aside."""
    return sorted({file for file in files if ".old" not in file.parent.name})


def load_run(path: Path) -> Run:
    """Read a run.json.

    Raises:
        ResultsError: missing, damaged, or of another schema version.
    """
    try:
        return Run.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise ResultsError(f"{path}: missing; copy the whole run directory, not only its summary") from None
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        raise ResultsError(
            f"{path}: not a record of schema {RUN_SCHEMA} ({'.'.join(map(str, first['loc']))}: {first['msg']}). "
            "Use the version of evalkit that wrote it, or repeat the run"
        ) from error


def listed(problem: str, runs: Iterable[Path]) -> str:
    """A problem with the run directories that have it."""
    return f"{problem}:" + "".join(f"\n  {run}" for run in runs)
