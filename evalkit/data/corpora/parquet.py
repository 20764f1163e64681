"""Parquet files as the hub keeps them, with or without media inside."""

from __future__ import annotations

import functools
import importlib.util
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.core.errors import DataError, MissingExtraError
from evalkit.core.message import Media
from evalkit.core.source import Row
from evalkit.data.cells import known
from evalkit.data.corpora.columns import Columns, Identify
from evalkit.data.corpora.layout import Layout, is_hidden
from evalkit.data.corpora.places import Disk
from evalkit.data.fields import Field
from evalkit.data.splits import BySplit, of_split
from evalkit.media.impostors import HEAD, impostor

_ROWS = 16  # rows in memory at a time
_BUFFER = 1 << 20  # bytes read from a column at a time; without it a whole row group, with it at most a page
_SHARD = re.compile(r"-(\d{5})-of-(\d{5})")


class Parquet(Layout):
    """A downloaded hub repository in Parquet: CONFIG/SPLIT-*, data/SPLIT-*, CONFIG/SPLIT/* or SPLIT-* .parquet.

    Args:
        split: task split -> split on the hub; or one split or template with {split}, for every split that is asked for.
        id: column with the sample id, a template, or a function of the raw row and its index; see `Columns`.
        text: speech in short: column with the transcript.
        audio: speech in short: column with the audio; None where there is none.
        config: configuration, may be a template with {split}; a mapping where it depends on the task's split, splits it
            does not name being configurations of their own; None where there is only one.
        speaker: speech in short: column with the speaker; None where there is none.
        keep: further columns to keep.
        fields: name of a field -> its column, instead of `text`, `audio` and `speaker`.
        media: folders below the root in which media lie whose cells are paths; else they lie beside the file.
    """

    cheap = False

    def __init__(
        self,
        split: Mapping[str, str] | str,
        id: str | Identify = "id",
        text: str | None = None,
        audio: str | None = "audio",
        config: BySplit = None,
        *,
        speaker: str | None = None,
        keep: Sequence[str] = (),
        fields: Mapping[str, Field] | None = None,
        media: str | Sequence[str] = (),
    ) -> None:
        self.split: Mapping[str, str] | str = split if isinstance(split, str) else dict(split)
        self.config = config
        self.columns = Columns(id, text, audio, speaker, keep, fields=fields)
        self.media = (media,) if isinstance(media, str) else tuple(media)
        first = "{split}" if isinstance(self.split, str) else next(iter(self.split))
        self.describe = f"{{{','.join(pattern for pattern in self._patterns(first)[:4])}}}"

    def _patterns(self, split: str) -> list[str]:
        config = of_split(self.config, split, own=True)
        name = str(of_split(self.split, split))
        folders = [config] if config else ["data", "default", "."]
        patterns = []
        for folder in folders:
            at = "" if folder == "." else f"{folder}/"
            patterns += [f"{at}{name}-*.parquet", f"{at}{name}/*.parquet", f"{at}{name}.parquet"]
            if config:
                patterns += [f"{at}*-{name}-?????-of-?????.parquet", f"{at}*-{name}.parquet"]
        return patterns

    def splits(self, root: Path) -> tuple[str, ...]:
        """Splits with a file; those that `split` does not name are called as the hub calls them."""
        return self.present(root, (self.split,) if isinstance(self.split, str) else tuple(self.split))

    def present(self, root: Path, names: Sequence[str]) -> tuple[str, ...]:
        """Splits with a file."""
        named = [name for name in names if isinstance(self.split, str) or name in self.split]
        return tuple(name for name in named if self._shards(root, name))

    def files(self, root: Path, split: str) -> Iterable[Path]:
        """The Parquet files, and the media that lie beside them."""
        paths, disk = self._shards(root, split), Disk(root, self.media)
        yield from paths
        if not any(_names_media(path, self.columns) for path in paths):
            return
        seen: dict[Path, None] = {}
        for _ in self._read(paths, split, functools.partial(_noted, disk, split, seen)):
            pass
        yield from seen
        yield from disk.archives(split)

    def _shards(self, root: Path, split: str) -> list[Path]:
        """Files of the first pattern that fits, in name order."""
        for pattern in self._patterns(split):
            if found := sorted(path for path in root.glob(pattern) if path.is_file() and not is_hidden(path.name)):
                return found
        return []

    def read(self, root: Path, split: str) -> Iterator[Row]:
        """Rows file by file, a few in memory."""
        if importlib.util.find_spec("pyarrow") is None:
            raise MissingExtraError("pyarrow", "parquet", "reading Parquet files")
        paths = self._shards(root, split)
        _check_shards(root, paths)
        beside = functools.partial(_beside, Disk(root, self.media), split, self.demands_media)
        yield from self._read(paths, split, beside)

    def _read(self, paths: Sequence[Path], split: str, fetch: Callable[[Path, str, str], Media]) -> Iterator[Row]:
        index = 0
        for path in paths:
            for raw in _rows(path, self.columns):
                yield self.columns.row(raw, index, split, str(path), functools.partial(fetch, path))
                index += 1


def _check_shards(root: Path, paths: Sequence[Path]) -> None:
    numbered = [found for path in paths if (found := _SHARD.search(path.name))]
    if not numbered:
        return
    totals = {int(found.group(2)) for found in numbered}
    numbers_of = [int(found.group(1)) for found in numbered]
    if len(totals) != 1 or len(set(numbers_of)) != len(paths):
        raise DataError(root, f"shards of different downloads are mixed: {', '.join(path.name for path in paths)}")
    total = totals.pop()
    missing = sorted(set(range(total)) - set(numbers_of))
    if missing:
        numbers = ", ".join(f"{number:05d}" for number in missing[:5])
        raise DataError(
            root, f"{len(missing)} of {total} shards are missing beside {paths[0].name}: {numbers}; download them too"
        )


def _rows(path: Path, columns: Columns) -> Iterator[Mapping[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False) as file:
            names = file.schema_arrow.names
            try:
                wanted = columns.needed(names)
            except KeyError as error:
                name = error.args[0]
                hint = "; say audio=None where rows have none" if name == columns.audio else ""
                raise DataError(path, f"no column '{name}'; {known(name, names)}{hint}") from None
            for batch in file.iter_batches(_ROWS, columns=wanted, use_threads=False):
                yield from batch.to_pylist()
    except (pa.ArrowException, OSError) as error:
        if (problem := _impostor(path)) is not None:
            raise DataError(path, problem) from None
        line = (str(error).splitlines() or [""])[0]
        raise DataError(path, f"not a whole Parquet file ({line}); truncated or damaged, download it again") from None


def _impostor(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return impostor(file.read(HEAD))
    except OSError:
        return None


def _names_media(path: Path, columns: Columns) -> bool:
    """Whether media may lie in files of their own: not where a whole column of bytes is there for each medium."""
    held = [column.names() for column in columns.all_media() if not column.base64]
    if not held or importlib.util.find_spec("pyarrow") is None:
        return False
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        about = pq.read_metadata(path)
    except (pa.ArrowException, OSError):
        return False  # reading says so
    groups = [about.row_group(number) for number in range(about.num_row_groups)]
    for names in held:
        if names is None:
            return True
        parts = {name.rpartition(".")[2] for name in names}
        cells = [
            group.column(at)
            for group in groups
            for at in range(group.num_columns)
            if _is_bytes(about.schema.column(at)) and not parts.isdisjoint(group.column(at).path_in_schema.split("."))
        ]
        told = [cell.statistics for cell in cells]
        if not told or any(one is None or not one.has_null_count or one.null_count for one in told):
            return True
    return False


def _is_bytes(column: Any) -> bool:
    return bool(column.physical_type == "BYTE_ARRAY" and column.logical_type.type == "NONE")


def _noted(disk: Disk, split: str, seen: dict[Path, None], path: Path, name: str, kind: str) -> Media:
    found = disk.media(path, name, split)
    if found is not None and found.path is not None:
        seen[Path(found.path)] = None
    return found or Media(name)


def _beside(disk: Disk, split: str, demanded: bool, path: Path, name: str, kind: str) -> Media:
    found = disk.media(path, name, split)
    if found is None and not demanded:
        return Media(str(path.parent / name), name=name)
    if found is None:
        beside = f"below {', '.join(disk.folders)}" if disk.folders else "beside it"
        raise DataError(path, f"the {kind} '{name}' is neither inside the file nor {beside}")
    return found
