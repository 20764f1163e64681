"""Which run directories a word of the user means, and their records."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pydantic

from evalkit.core.errors import ResultsError, UsageError
from evalkit.records.run import RUN_SCHEMA, Run


def find_runs(path: Path, out: Path | None = None) -> list[Path]:
    """Run directories that a word of the user means, sorted.

    Args:
        path: a run directory, a folder that holds some (at any depth down to results/model/task/run), or the beginning
            of the name of one run directory, also without the folders before it.
        out: folder of all results, where a beginning of a name is looked for.

    Raises:
        UsageError: nothing there, or a beginning that several runs share.
    """
    if path.is_file() and path.name == "summary.json":
        path = path.parent
    if path.is_dir():
        found = [file.parent for depth in ("", "*/", "*/*/", "*/*/*/") for file in path.glob(f"{depth}summary.json")]
        found = sorted(run for run in found if ".old" not in run.name)
        if not found:
            raise UsageError(f"{path}: no run with a summary.json there; run something first, or name another folder")
        return found
    places = [path.parent.glob(f"{path.name}*")]
    if out is not None and len(path.parts) == 1:
        places.append(out.glob(f"*/*/{path.name}*"))
    found = sorted(
        {run for place in places for run in place if (run / "summary.json").is_file() and ".old" not in run.name}
    )
    if len(found) != 1:
        problem = (
            "no such folder, and no run begins with it" if not found else listed("several runs begin with it", found)
        )
        raise UsageError(f"{path}: {problem}")
    return found


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
