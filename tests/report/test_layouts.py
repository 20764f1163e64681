"""Layouts of published tables: every column shown once, and faults in a layout are found."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from evalkit import plugins
from evalkit.core.errors import DataError
from evalkit.published import numbers as published
from evalkit.report import layouts
from evalkit.report.layouts import parse_layout, table_layout

FOLDER = plugins.folder("leaderboards") / "layouts"


def document(paper: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / f"{paper}.json").read_text(encoding="utf-8"))
    return loaded


@pytest.mark.parametrize("paper", published.papers())
def test_every_table_has_a_layout_that_shows_every_column_once(paper: str) -> None:
    tables = published.load_paper(paper).tables
    assert document(paper)["tables"].keys() == tables.keys()
    for table in tables.values():
        assert sorted(table_layout(table).ids) == sorted(table.columns)


@pytest.mark.parametrize("paper", published.papers())
def test_names_in_a_layout_exist(paper: str) -> None:
    for number, table in published.load_paper(paper).tables.items():
        layout = table_layout(table)
        models = {row.model_id for row in table.rows}
        ordered = [name for block in layout.blocks for name in block.order or ()]
        assert {*layout.breaks, *layout.printed, *ordered} <= models, number
        assert set(layout.groups) <= {row.group for row in table.rows}
        assert set(layout.variants) <= {row.variant for row in table.rows}
        assert set(layout.decimals) <= set(table.columns)
        for block in layout.blocks:
            if block.order is not None:
                ids = [name for cell in block.cells for name in cell.ids]
                present = {row.model_id for row in table.rows if any(row.values[name] is not None for name in ids)}
                assert set(block.order) == present, "the order names the models of its block"


@pytest.mark.parametrize("paper", published.papers())
def test_numbers_given_as_text_are_the_numbers(paper: str) -> None:
    for table in published.load_paper(paper).tables.values():
        rows = {row.model_id: row for row in table.rows}
        for model, cells in table_layout(table).printed.items():
            for name, text in cells.items():
                assert float(text) == rows[model].values[name]


def change(path: list[Any], value: Any) -> Callable[[dict[str, Any]], None]:
    def apply(record: dict[str, Any]) -> None:
        for key in path[:-1]:
            record = record[key]
        record[path[-1]] = value

    return apply


FAULTS = {
    "unknown kind": (change(["kind"], "row"), "kind"),
    "unknown key": (change(["bloks"], []), "bloks"),
    "a key of the other kind": (change(["lines"], []), "lines"),
    "heads too narrow": (change(["heads"], [["one"]]), "different numbers of cells"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_faulty_layout_is_refused(kind: str) -> None:
    alter, expected = FAULTS[kind]
    record = copy.deepcopy(document("covo-audio")["tables"]["5a"])
    parse_layout(record, "here")
    alter(record)
    with pytest.raises(DataError, match=expected):
        parse_layout(record, "here")


def test_a_line_without_its_cells_is_refused() -> None:
    record = copy.deepcopy(document("qwen3-omni")["tables"]["14"])
    record["lines"][3]["cells"].pop()
    with pytest.raises(DataError, match="2 cells"):
        parse_layout(record, "here")


def test_a_layout_that_lacks_a_column_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    record = copy.deepcopy(document("emova")["tables"]["6"])
    record["blocks"][0]["cells"][0] = "mme.total"
    altered = {"6": parse_layout(record, "here")}
    monkeypatch.setattr(layouts, "_stored", lambda paper: altered)
    with pytest.raises(DataError, match=r"librispeech\.test_clean\.wer, mme\.total"):
        table_layout(published.load_paper("emova").tables["6"])
    assert table_layout(published.load_paper("emova").tables["2"]).kind == "rows", "without a layout: a plain one"
