"""The folder of a build: its files, its lock, and the settings it was begun with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson

from evalkit.core.errors import ResultsError, UsageError
from evalkit.data.dialogue.dialogues import FILE, RECORD
from evalkit.run.directory import RunDirectory
from evalkit.run.journal import write_atomically

VERSION = 1  # of plans, prompts' places and checks; raised when the same replies would be read in another way
INCIDENTAL = "words"  # setting that may change: how the models are called


class BuildFolder:
    """Paths of one build, locked while it is open.

    Args:
        path: what `--out` names; holds the result and the review file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.work = path / "work"
        self.settings = self.work / "settings.json"
        self.plan = self.work / "plan.jsonl"
        self.offered = self.work / "offered.jsonl"
        self.models = self.work / "models.json"
        self.speech = self.work / "speech"
        self.review = path / "review.jsonl"
        self.guide = path / "review.md"
        self.dialogues = path / FILE
        self.record = path / RECORD
        self._lock = RunDirectory(self.work)

    def journal(self, stage: str) -> Path:
        """Journal of a stage."""
        return self.work / f"{stage}.jsonl"

    def __enter__(self) -> BuildFolder:
        """Create and lock the folder.

        Raises:
            ResultsError: not writable, or another process works in it.
        """
        self._lock.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.__exit__(kind, error, trace)

    def stored(self) -> dict[str, Any] | None:
        """The settings the build was begun with; None for a new one.

        Raises:
            ResultsError: the file is damaged.
        """
        if not self.settings.is_file():
            return None
        try:
            found = orjson.loads(self.settings.read_bytes())
        except (OSError, orjson.JSONDecodeError) as error:
            raise ResultsError(f"{self.settings}: cannot be read ({error}); begin in another --out") from None
        if not isinstance(found, dict):
            raise ResultsError(f"{self.settings}: expected a JSON object; begin in another --out")
        return found

    def settle(self, wanted: Mapping[str, Any]) -> None:
        """Write the settings of a new build, or refuse other ones than it was begun with.

        Raises:
            UsageError: naming every setting that differs.
        """
        stored = self.stored()
        if stored is None:
            write_atomically(self.settings, _json(wanted))
            return
        known = orjson.loads(orjson.dumps(dict(wanted)))
        different = [
            f"  {key}: begun with {_shown(stored.get(key))}, now {_shown(known.get(key))}"
            for key in sorted({*stored, *known} - {INCIDENTAL})
            if stored.get(key) != known.get(key)
        ]
        if different:
            raise UsageError(
                f"{self.path} was begun with other settings; repeat them, or choose another --out:\n"
                + "\n".join(different)
            )
        if stored.get(INCIDENTAL) != known.get(INCIDENTAL):
            write_atomically(self.settings, _json(wanted))


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"


def _shown(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)
