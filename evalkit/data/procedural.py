"""Data that a program makes: built on first use into the cache folder, read from there afterwards."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from evalkit.core.errors import DataError, EvalkitError, UsageError
from evalkit.core.source import Row, Rows, Source
from evalkit.data.cache_folder import cache_folder
from evalkit.data.dialogue.dialogues import FILE, RECORD, DialogueRows, Rules
from evalkit.data.fingerprint import Established, combined
from evalkit.data.jsonl import file_digest

Build = Callable[[Path], None]


class Procedural(Source):
    """Dialogues a generator makes.

    Args:
        name: of the data set; names its folder in the cache.
        key: what determines the data: the generator's version and seed.
        build: writes `dialogues.jsonl` and its media into an empty folder.
        rules: of the benchmark.
        what: what is being built, for the line that says so.
        ready: raises an error when building needs something that is not installed.
        by: field of the rules' choices whose values are the splits; None for one split, "all".
    """

    def __init__(
        self,
        name: str,
        key: str,
        build: Build,
        rules: Rules,
        what: str = "",
        ready: Callable[[], object] | None = None,
        by: str | None = None,
    ) -> None:
        self.name, self.key, self.build, self.rules, self.what = name, key, build, rules, what or name
        self.ready, self.by = ready, by
        self.splits = ("all",) if by is None else rules.choices[by]

    @property
    def folder(self) -> Path:
        """Where the data lie once they are built."""
        digest = hashlib.blake2b(f"{self.name}/{self.key}".encode(), digest_size=8).hexdigest()
        return cache_folder() / self.name / digest

    def locate(self, data: Path | None, revision: str | None = None) -> Rows:
        """The data in `data/name` or `data` where they were built there, else in the cache, built now if need be.

        Raises:
            DataError: another revision is asked for, a copy is not whole, or the cache folder cannot be written.
            MissingExtraError: building needs a package that is not installed.
        """
        given = self._given(data) if data is not None else None
        folder = given or self.folder
        if not whole(folder):
            if given is not None:
                raise DataError(folder, "this copy is not complete; delete it or build it again")
            self._build(folder)
        rows = ProceduralRows(folder, self.rules, self.by)
        if revision not in (None, rows.revision):
            raise DataError(folder, f"--revision {revision} was asked for, but the generator makes {rows.revision}")
        return rows

    def _given(self, data: Path) -> Path | None:
        """The copy in a data folder: below the name of the set, or the folder itself; None where there is none.

        Raises:
            DataError: a folder of that name that was not built.
        """
        below = data / self.name
        if below.exists():
            if not (below / RECORD).is_file():
                raise DataError(below, f"has no {RECORD}, so it is no built copy; build it again, or rename the folder")
            return below
        try:
            built = json.loads((data / RECORD).read_bytes())["generator"] == self.name
        except (OSError, ValueError, KeyError, TypeError):
            built = False
        return data if built else None

    def _build(self, folder: Path) -> None:
        """Build beside the final place and move there, so that a build that was interrupted never counts as one."""
        if self.ready is not None:
            self.ready()
        partial = folder.with_name(f"{folder.name}.partial-{os.getpid()}")
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            _clear_away(folder)
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
        except OSError as error:
            raise DataError(
                folder, f"cannot be written ({error.strerror}); name another cache folder with EVALKIT_CACHE"
            ) from None
        try:
            sys.stderr.write(f"evalkit: building {self.what} in {folder} (once)\n")
            self.build(partial)
            seal(partial)
            if folder.is_dir():
                shutil.rmtree(folder, ignore_errors=True)  # damaged, or it would not have been built again
            else:
                folder.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # another process was faster
                partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        if not whole(folder):
            raise DataError(folder, "the data that were built are not complete; is the disk full?")


class ProceduralRows(DialogueRows):
    """Rows of a folder that was built.

    Args:
        folder: holds `dialogues.jsonl`, media named by their content, and the record of the build.
        rules: of the benchmark.
        by: see `Procedural`.
    """

    def __init__(self, folder: Path, rules: Rules, by: str | None = None) -> None:
        super().__init__(folder / FILE, rules, by)
        self.location = str(folder)

    @functools.cached_property
    def revision(self) -> str:  # type: ignore[override]
        """Hash of the dialogues, which name every medium by a hash of its content, and the synthesizer if one spoke.

        Files that are no longer what was built make another revision.
        """
        try:
            record = dict(json.loads((self.path.parent / RECORD).read_bytes()))
        except (OSError, ValueError, TypeError):
            record = {}
        synthesizer = record.get("synthesizer")
        by = f":{synthesizer.replace(' ', '-')}" if isinstance(synthesizer, str) else ""
        contents, how = _contents(self.path.parent)
        self.established = how.record()
        changed = f":changed-{contents[:12]}" if record.get("contents", contents) != contents else ""
        return f"procedural:{file_digest(self.path)}{by}{changed}"

    def read(self, split: str) -> Iterator[Row]:
        """Rows of a split in file order."""
        return self._of(split)


def build_into(folder: Path, build: Build) -> int:
    """What the command line of a builder does: build into an empty folder, seal it, say how large it is.

    Args:
        folder: made where it is not there.
        build: writes into it.

    Returns:
        Exit status: 0, or 2 for an error the user can mend, which is written to stderr.
    """
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty")
        build(folder)
        seal(folder)
    except EvalkitError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    sys.stdout.write(f"{folder}: {size / 1e6:.1f} MB\n")
    return 0


def seal(folder: Path) -> None:
    """Add to `build.json` what tells later whether the folder is whole: number, size and contents of its files."""
    record = json.loads((folder / RECORD).read_text(encoding="utf-8")) if (folder / RECORD).is_file() else {}
    record["files"], record["bytes"] = _measured(folder)
    record["contents"], _ = _contents(folder)
    (folder / RECORD).write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def whole(folder: Path) -> bool:
    """True when a sealed folder has all of its files, by number and size."""
    try:
        record = json.loads((folder / RECORD).read_bytes())
        return [record["files"], record["bytes"]] == list(_measured(folder))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _contents(folder: Path) -> tuple[str, Established]:
    return combined((path.relative_to(folder).as_posix(), path) for path in _files(folder))


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != RECORD]


def _measured(folder: Path) -> tuple[int, int]:
    sizes = [path.stat().st_size for path in _files(folder)]
    return len(sizes), sum(sizes)


def _clear_away(folder: Path) -> None:
    """Remove what builds left that were killed."""
    for left in folder.parent.glob(f"{folder.name}.partial-*"):
        number = left.name.rpartition("-")[2]
        if not number.isdecimal() or not _alive(int(number)):
            shutil.rmtree(left, ignore_errors=True)


def _alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
