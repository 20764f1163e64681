"""Parquet files as the hub keeps them, with the audio inside."""

from __future__ import annotations

import functools
import importlib.util
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.core.errors import DataError, MissingExtraError
from evalkit.core.message import Audio
from evalkit.core.source import Row
from evalkit.data.corpora.columns import Columns, Identify
from evalkit.data.corpora.layout import Layout

_ROWS = 16  # rows in memory at a time
_BUFFER = 1 << 20  # bytes read from a column at a time; without it a whole row group, with it at most a page
_SHARD = re.compile(r"-(\d{5})-of-(\d{5})")


class Parquet(Layout):
    """A downloaded hub repository in Parquet: CONFIG/SPLIT-*, data/SPLIT-*, CONFIG/SPLIT/* or SPLIT-* .parquet.

    Args:
        split: task split -> split on the hub.
        id: column with the sample id, a template, or a function of the raw row and its index; see `Columns`.
        text: column with the transcript.
        audio: column with the audio.
        config: configuration; a mapping where it depends on the task's split; None where there is only one.
        speaker: column with the speaker; None where there is none.
        keep: further columns to keep.
    """

    cheap = False

    def __init__(
        self,
        split: Mapping[str, str],
        id: str | Identify,
        text: str,
        audio: str = "audio",
        config: Mapping[str, str] | str | None = None,
        *,
        speaker: str | None = None,
        keep: Sequence[str] = (),
    ) -> None:
        self.split, self.config = dict(split), config
        self.columns = Columns(id, text, audio, speaker, tuple(keep))
        first = next(iter(self.split))
        self.describe = f"{{{','.join(pattern for pattern in self._patterns(first)[:4])}}}"

    def _patterns(self, split: str) -> list[str]:
        config = self.config if self.config is None or isinstance(self.config, str) else self.config[split]
        name = self.split[split]
        folders = [config] if config else ["data", "default", "."]
        patterns = []
        for folder in folders:
            at = "" if folder == "." else f"{folder}/"
            patterns += [f"{at}{name}-*.parquet", f"{at}{name}/*.parquet", f"{at}{name}.parquet"]
            if config:
                patterns += [f"{at}*-{name}-?????-of-?????.parquet", f"{at}*-{name}.parquet"]
        return patterns

    def splits(self, root: Path) -> tuple[str, ...]:
        """Splits with a file."""
        return tuple(split for split in self.split if any(self.files(root, split)))

    def files(self, root: Path, split: str) -> Iterable[Path]:
        """Files of the first pattern that fits, in name order."""
        for pattern in self._patterns(split):
            if found := sorted(path for path in root.glob(pattern) if path.is_file()):
                return found
        return ()

    def read(self, root: Path, split: str) -> Iterator[Row]:
        """Rows file by file, a few in memory."""
        if importlib.util.find_spec("pyarrow") is None:
            raise MissingExtraError("pyarrow", "parquet", "reading Parquet files")
        paths = list(self.files(root, split))
        _check_shards(root, paths)
        index = 0
        for path in paths:
            for raw in _rows(path, self.columns.needed()):
                yield self.columns.row(raw, index, split, str(path), functools.partial(_beside, path))
                index += 1


def _check_shards(root: Path, paths: Sequence[Path]) -> None:
    numbered = [found for path in paths if (found := _SHARD.search(path.name))]
    if not numbered:
        return
    totals = {int(found.group(2)) for found in numbered}
    if len(totals) != 1:
        raise DataError(root, f"shards of different downloads are mixed: {', '.join(path.name for path in paths)}")
    total = totals.pop()
    missing = sorted(set(range(total)) - {int(found.group(1)) for found in numbered})
    if missing:
        numbers = ", ".join(f"{number:05d}" for number in missing[:5])
        raise DataError(
            root, f"{len(missing)} of {total} shards are missing beside {paths[0].name}: {numbers}; download them too"
        )


def _rows(path: Path, wanted: Sequence[str] | None) -> Iterator[Mapping[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False) as file:
            names = file.schema_arrow.names
            lacking = [name for name in wanted or () if name not in names]
            if lacking:
                raise DataError(path, f"no column '{lacking[0]}'; it has {', '.join(names)}")
            for batch in file.iter_batches(_ROWS, columns=None if wanted is None else list(wanted), use_threads=False):
                yield from batch.to_pylist()
    except (pa.ArrowException, OSError) as error:
        line = (str(error).splitlines() or [""])[0]
        raise DataError(path, f"not a whole Parquet file ({line}); truncated or damaged, download it again") from None


def _beside(path: Path, name: str) -> Audio:
    near = path.parent / name
    if not near.is_file():
        raise DataError(path, f"the audio '{name}' is neither inside the file nor beside it")
    return Audio(str(near))
