"""The data a build ends with: media, dialogues and record, written only when the check of the task finds nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit import plugins
from evalkit.building.folder import BuildFolder
from evalkit.core.errors import DataError
from evalkit.core.task import Task
from evalkit.data.dialogue.dialogue_check import check_dialogues
from evalkit.data.dialogue.dialogues import Dialogues
from evalkit.data.jsonl import file_digest
from evalkit.run.journal import write_atomically

_OURS = re.compile(r"[0-9a-f]{32}\.\w+")
_SHOWN = 20


def write_result(
    folder: BuildFolder,
    task: str,
    rows: Sequence[Mapping[str, Any]],
    media: Mapping[str, Path],
    record: Mapping[str, Any],
) -> None:
    """Write `dialogues.jsonl`, its media and `build.json`; the record comes last, so that it stands for a whole result.

    Args:
        folder: of the build.
        task: whose schema the dialogues follow.
        rows: the dialogues.
        media: path in the result, named by a hash of the content -> file to copy.
        record: of the build.

    Raises:
        DataError: the dialogues do not pass the check of the task; nothing was replaced.
    """
    for name, source in media.items():
        target = folder.path / name
        data = source.read_bytes()
        if not target.is_file() or target.read_bytes() != data:
            write_atomically(target, data)
    unchecked = folder.path / f"{folder.dialogues.name}.unchecked"
    write_atomically(unchecked, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())
    try:
        _check(task, unchecked)
        folder.record.unlink(missing_ok=True)
        unchecked.replace(folder.dialogues)
    finally:
        unchecked.unlink(missing_ok=True)
    _remove_others(folder.path, set(media))
    whole = {**record, "dialogues_hash": file_digest(folder.dialogues)}
    write_atomically(folder.record, json.dumps(whole, ensure_ascii=False, indent=2).encode() + b"\n")


def _check(task: str, path: Path) -> None:
    """The check of `evalkit data check`."""
    made = plugins.load_task(task)
    assert isinstance(made, Task) and isinstance(made.source, Dialogues)
    found = check_dialogues(path, made.source.rules).problems
    if found:
        texts = [f"line {entry.line}, '{entry.id}': {entry.text}" for entry in found[:_SHOWN]]
        raise DataError(
            path.with_suffix(""),
            f"was not written, as 'evalkit data check {task}' finds {len(found)} problems:\n  " + "\n  ".join(texts),
        )


def _remove_others(folder: Path, wanted: set[str]) -> None:
    """Remove media of earlier results that no dialogue names any more: what was rejected must not be passed on."""
    for name in ("images", "audio"):
        for path in (folder / name).glob("*"):
            if _OURS.fullmatch(path.name) and f"{name}/{path.name}" not in wanted:
                path.unlink()
