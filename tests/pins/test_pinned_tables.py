"""Published tables by a second reading: digests that were made of the readings, and the papers' own text."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import printed
import pytest
import tables

from evalkit.published import numbers as published

# Values that stand in the text of their paper as the table has them beside one another: 2,741 of 2,793. The text of
# InteractiveOmni lost decimal points and whole cells; the others that are not found have no neighbour.
IN_THE_TEXT = {"covo-audio": 918, "emova": 210, "hello-chat": 116, "interactive-omni": 656, "qwen3-omni": 841}
with_readings = pytest.mark.skipif(not tables.READINGS.is_dir(), reason="the readings are not beside this checkout")
with_texts = pytest.mark.skipif(
    not tables.PAPERS_TEXT.is_dir(), reason="the papers' texts are not beside this checkout"
)


def test_every_table_is_as_it_was_read() -> None:
    assert tables.check(published.published_folder()) == []


def test_all_values_are_pinned() -> None:
    stored = json.loads(tables.STORED.read_text())
    assert sum(table.get("values", 0) for table in stored.values()) == 2793
    assert len([name for name in stored if "/" in name]) == 51


@pytest.mark.parametrize("paper", tables.PAPERS)
def test_each_changed_cell_is_told(paper: str, tmp_path: Path) -> None:
    for name in tables.PAPERS:
        shutil.copy(published.published_folder() / f"{name}.json", tmp_path)
    path = tmp_path / f"{paper}.json"
    document = json.loads(path.read_text())
    told = set()
    for table in document["tables"]:
        before = tables.cells(table)
        for at, row in enumerate(table["rows"]):
            for name, value in row["values"].items():
                if value is None:
                    continue
                row["values"][name] = value + 0.01
                after = tables.cells(table)
                assert tables.digest(after) != tables.digest(before), (table["table"], at, name)
                row["values"][name] = value
        first = next(row for row in table["rows"] if any(value is not None for value in row["values"].values()))
        name = next(name for name, value in first["values"].items() if value is not None)
        first["values"][name] += 0.01
        told.add(f"{paper}/{table['table']}: cells")
    path.write_text(json.dumps(document))
    assert set(tables.check(tmp_path)) == told


@with_readings
def test_the_digests_are_those_of_the_readings() -> None:
    assert tables.check(tables.READINGS) == []


@with_readings
@with_texts
@pytest.mark.parametrize("paper", tables.PAPERS)
def test_values_stand_in_the_papers_text(paper: str) -> None:
    """As many as when the tables were pinned: a changed value is found no more."""
    found, all_values = printed.found_in_text(paper, published.published_folder())
    assert (len(found), all_values) == (IN_THE_TEXT[paper], sum(one[0] == paper for one in tables.values()))
