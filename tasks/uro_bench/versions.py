"""The versions of URO-Bench's data, told apart by the sizes of the sets that were remade in August 2025."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from evalkit.core.errors import DataError
from evalkit.core.source import Rows
from evalkit.data.corpora.json_files import JsonLines
from evalkit.data.dataset import Dataset, LocalRows
from evalkit.data.fields import Field
from evalkit.data.parts import Parts

NEW, OLD, MINI = "uro_bench", "uro_bench_before_2025_08", "uro_bench_mini"  # tasks, and folders below --data
# set -> its size in a version, for the sets that tell two of them apart
SIZES: Mapping[str, Mapping[str, int]] = {
    "AlpacaEval-zh": {NEW: 147, OLD: 200},
    "Claude-zh": {NEW: 222, OLD: 273},
    "LCSTS-zh": {NEW: 119, OLD: 229},
    "MLC-zh": {NEW: 145, OLD: 136},
    "OpenbookQA-zh": {NEW: 189, OLD: 257},
    "Repeat-zh": {NEW: 127, OLD: 210},
    "Safety-en": {NEW: 25, OLD: 24},
    "Safety-zh": {NEW: 25, OLD: 20},
    "SRT-zh": {NEW: 25, OLD: 21},
}
_TOPS = ("", "URO-Bench-data/", "URO-Bench-mini/")  # folders that the archives may unpack into
_GET = "download {} of Honggao/URO-Bench from the hub and unpack it into DIR/{}"


class OneVersion(Dataset):
    """A copy of one version; a set that has exactly the size it has in the other version is refused."""

    def locate(self, data: Path | None, revision: str | None = None) -> Rows:
        """As `Dataset`.

        Raises:
            DataError: nothing is there, or a set of another version.
        """
        rows = super().locate(data, revision)
        assert isinstance(rows, LocalRows)
        assert isinstance(rows.layout, JsonLines)
        files = rows.layout.paths
        assert not isinstance(files, str)
        for name in rows.splits:
            for other, size in SIZES.get(name, {}).items():
                path = rows.root / files[name]
                if other != self.folder != MINI and _lines(path) == size:
                    raise DataError(
                        path,
                        f"its {size} items are those of the version of task '{other}', and '{self.folder}' has "
                        f"{SIZES[name][self.folder]}; run that task with the copy in DIR/{other}: values of two "
                        "versions must not be mixed",
                    )
        return rows


def copy_of(name: str, sets: Parts, fields: Mapping[str, Field]) -> OneVersion:
    """The local copy of a version: LEVEL/SET/test.jsonl, each with its recordings beside it.

    Args:
        name: of the version's task.
        sets: its sets.
        fields: of a row.
    """
    known = [
        JsonLines(
            {row["split"]: f"{top}{row['level']}/{row['split']}/test.jsonl" for row in sets.rows},
            "{split}_{index}",
            fields,
        )
        for top in _TOPS
    ]
    archive = "URO-Bench-mini.zip" if name == MINI else "URO-Bench-data.zip"
    return OneVersion(name, sets.splits, known, get=_GET.format(archive, name))


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(bool(line.strip()) for line in file)
