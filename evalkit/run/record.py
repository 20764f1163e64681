"""`run.json`: opened by every command that works on a run, each adding its stretch of work."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import orjson
import pydantic

from evalkit.core.errors import ResultsError
from evalkit.core.model import Model
from evalkit.core.shown import redacted
from evalkit.models.processes.spool import clear_leftovers
from evalkit.records.run import RUN_SCHEMA, Run, Stretch
from evalkit.run import environment, journal
from evalkit.run.directory import RunDirectory


def json_bytes(value: Any) -> bytes:
    """Readable JSON with a final newline; the same value gives the same bytes."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def now() -> str:
    """Coordinated universal time, ISO 8601 to the second."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def open_record(
    directory: RunDirectory,
    facts: dict[str, Any],
    run_id: str,
    shown: str,
    location: str,
    command: tuple[str, ...],
) -> Run:
    """The record of an earlier command on this run, or a new one.

    Raises:
        ResultsError: the file is damaged or of another schema version.
    """
    if directory.run.exists():
        return load_record(directory.run)
    return Run(
        id=run_id,
        identity=facts,
        model=shown,
        task=facts["task"],
        created=now(),
        command=list(command),
        data_location=location,
        versions=environment.versions(),
        git_commit=environment.git_commit(),
        platform=environment.describe_platform(),
        devices=environment.devices(),
    )


def load_record(path: Path) -> Run:
    """Read a run.json.

    Raises:
        ResultsError: damaged, or written by another version of evalkit.
    """
    try:
        return Run.model_validate_json(path.read_bytes())
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        raise ResultsError(
            f"{path}: not a record of schema {RUN_SCHEMA} ({'.'.join(map(str, first['loc']))}: {first['msg']}). "
            "If another version of evalkit wrote it, use that version or start over with --fresh"
        ) from error


def save_record(directory: RunDirectory, record: Run) -> None:
    """Write run.json as a whole."""
    journal.write_atomically(directory.run, json_bytes(redacted(record.model_dump(by_alias=True))))


@contextmanager
def stretch(directory: RunDirectory, record: Run, model: Model, stages: tuple[str, ...]) -> Iterator[Stretch]:
    """Time one command's work and add it to run.json, however it ends."""
    settings = {key: value for key, value in model.arguments.items() if key in model.incidental}
    work = Stretch(started=now(), seconds=0.0, stages=list(stages), settings=settings, asked=0, failed=0)
    began = time.perf_counter()
    clear_leftovers()
    save_record(directory, record)
    try:
        yield work
    except BaseException as error:
        work.interrupted = type(error).__name__
        raise
    finally:
        work.seconds = round(time.perf_counter() - began, 3)
        if work.asked:
            record.versions.update(model.versions())
            work.settings.update(model.circumstances())
        if work.asked or work.transcribed or work.scored or work.interrupted:
            record.stretches.append(work)
        save_record(directory, record)
