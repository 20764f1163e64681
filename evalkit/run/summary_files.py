"""Which file a summary goes to: `summary.json`, or one of its own where it covers less or follows another rule."""

from __future__ import annotations

from pathlib import Path

from evalkit.records.summary import Summary
from evalkit.run import identity, journal
from evalkit.run.directory import RunDirectory
from evalkit.run.record import json_bytes


def save(directory: RunDirectory, rule: str, summary: Summary) -> Path:
    """Write a summary where it replaces nothing that covers more; returns the file.

    The run's own summary by an earlier judge is kept under the name of that judge's scores.

    Args:
        directory: of the run.
        rule: name of the scores file, for a summary by another rule than the run's own; empty for the run's own.
        summary: what to write.
    """
    path = directory.summary(rule)
    known = _read(path)
    if known is not None:
        if _covers_more(known, summary):
            splits = "" if known.splits == summary.splits else "-" + "+".join(summary.splits)
            chosen = f"-{identity.digest(summary.selection, 8)}" if summary.selection else ""
            part = "part" + splits + (f"-limit{summary.limit}" if summary.limit else chosen)
            path = directory.summary(f"{rule}.{part}" if rule else part)
        elif not rule:
            _keep_earlier_judge(directory, known, summary)
    journal.write_atomically(path, json_bytes(summary.model_dump(by_alias=True)))
    return path


def widest(directory: RunDirectory) -> Summary | None:
    """The summary of a run that covers most; the run's own where several do."""
    found = [_read(path) for path in sorted(directory.path.glob("summary*.json"), key=lambda path: path.name)]
    own = _read(directory.summary())
    known = [summary for summary in (own, *found) if summary is not None]
    return max(known, key=lambda summary: (summary.counts.n_total, len(summary.splits))) if known else None


def _covers_more(known: Summary, summary: Summary) -> bool:
    wider = known.limit is None or (summary.limit is not None and known.limit > summary.limit)
    return set(known.splits) >= set(summary.splits) and wider and known.counts.n_total > summary.counts.n_total


def _keep_earlier_judge(directory: RunDirectory, known: Summary, summary: Summary) -> None:
    now = {result.scoring for result in summary.results}
    gone = [result.scoring for result in known.results if result.scoring not in now]
    judged = next((name for name in gone if name.startswith("judge-")), None)
    if judged is not None:
        journal.write_atomically(directory.summary(judged), json_bytes(known.model_dump(by_alias=True)))


def _read(path: Path) -> Summary | None:
    try:
        return Summary.model_validate_json(path.read_bytes())
    except (OSError, ValueError):
        return None  # absent, damaged or of an earlier schema: it is written anew
