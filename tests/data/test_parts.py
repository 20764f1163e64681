"""Tables of sets: what follows from forty rows of text."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from evalkit.authoring import Cell
from evalkit.core.columns import Mean
from evalkit.core.errors import DataError, UnknownNameError, UsageError
from evalkit.data.parts import parts
from evalkit.metrics.exact_match import exact_match

FIELDS = ("split", "language", "level", "skill", "rule")
TABLE = """
    # the sets
    AlpacaEval       en  basic  oral           open
    AlpacaEval-zh    zh  basic  oral           open

    Repeat           en  basic  understanding  repeat
    MLC              en  pro    "two words"    qa
"""
SETS = parts(TABLE, fields=FIELDS)


def test_splits_meta_and_breakdowns() -> None:
    assert SETS.splits == ("AlpacaEval", "AlpacaEval-zh", "Repeat", "MLC")
    assert SETS.meta("language", "level")["AlpacaEval-zh"] == {"language": "zh", "level": "basic"}
    assert SETS.meta()["MLC"] == {"language": "en", "level": "pro", "skill": "two words", "rule": "qa"}
    assert SETS.breakdowns == ("language", "level", "skill", "rule")
    assert parts("a 1\nb 2", fields=("split", "n")).breakdowns == ()


def test_columns_of_one_set_and_means_of_several() -> None:
    columns = SETS.columns("uro.{split}", "uro.{level}_{language}.{skill}", "uro.{level}_{language}", "uro.all")
    one, two, three, four = (Cell(name) for name in SETS.splits)
    assert columns["uro.AlpacaEval"] == one
    assert columns["uro.basic_zh"] == two
    assert columns["uro.basic_en.oral"] == one
    assert columns["uro.basic_en"] == Mean(one, three)
    assert columns["uro.all"] == Mean(one, two, three, four)
    assert "uro.pro_en.two words" in columns


def test_columns_made_by_others_and_of_metrics_in_the_table() -> None:
    def mean(*cells: Any) -> tuple[Any, ...]:
        return ("mean", *cells)

    table = parts("a en wer\nb en grade", fields=("split", "language", "metric"))
    columns: Any = table.columns("{split}", "{language}", metric="metric", mean=mean)
    assert columns == {
        "a": Cell("a", "wer"),
        "b": Cell("b", "grade"),
        "en": ("mean", Cell("a", "wer"), Cell("b", "grade")),
    }
    assert table.columns("{split}", metric="accuracy")["a"] == Cell("a", "accuracy")


def test_scorers_by_rule() -> None:
    first, second, third = exact_match(), exact_match("strip"), exact_match("exact")
    rules: Any = {"open": first, "repeat": [second, third], "qa": third, "unused": first}
    made = SETS.scorers("rule", rules)
    assert [(one.splits, one.name) for one in made] == [
        ({"AlpacaEval", "AlpacaEval-zh"}, first.name), ({"Repeat"}, second.name), ({"Repeat"}, third.name), ({"MLC"}, third.name)
    ]  # fmt: skip
    assert first.splits is None, "a scorer itself is left as it was"
    with pytest.raises(UnknownNameError, match="unknown rule 'qa'"):
        SETS.scorers("rule", {"open": first, "repeat": second})
    with pytest.raises(UnknownNameError, match=r"unknown field 'rules'\. Did you mean rule"):
        SETS.scorers("rules", {})


def test_selection() -> None:
    assert SETS.select(level="basic", language=("en", "zh")).splits == SETS.splits[:3]
    with pytest.raises(UnknownNameError, match=r"unknown level 'prof'\. Did you mean pro"):
        SETS.select(level="prof")


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ("a en basic oral\n", r"table of parts, line 1: 4 cells, expected 5 \(split, language, level, skill, rule\): 'a en basic oral'"),
        ("\n# x\na en basic oral open more", "line 3: 6 cells"),
        ("a en basic oral open\n\na zh basic oral open", "line 3: the split 'a' stands in line 1 already"),
        ("# nothing\n", "it has no row"),
    ],
)  # fmt: skip
def test_tables_that_cannot_be_read(table: str, problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        parts(table, fields=FIELDS)


def test_fields_and_templates_that_do_not_fit() -> None:
    for fields in (("name",), ("split", "a", "a")):
        with pytest.raises(UsageError, match="one is 'split'"):
            parts("x", fields=fields)
    with pytest.raises(UnknownNameError, match=r"unknown field 'langauge'\. Did you mean language"):
        SETS.columns("x.{langauge}")
    with pytest.raises(UnknownNameError, match="unknown field 'lang'"):
        SETS.meta("lang")
    with pytest.raises(UsageError, match="is no template"):
        SETS.columns("x.{split")
    with pytest.raises(UsageError, match=r"the column 'x\.en' would be made of AlpacaEval, Repeat, MLC and of"):
        SETS.columns("x.{language}", "x.en")


def test_forty_sets() -> None:
    lines = "\n".join(f"set{n} {'en' if n % 2 else 'zh'} {'basic' if n < 20 else 'pro'}" for n in range(40))
    table = parts(lines, fields=("split", "language", "level"))
    columns = table.columns("b.{split}", "b.{level}_{language}", "b.{level}")
    assert len(columns) == 46
    halves = [column for column in columns.values() if not isinstance(column, Cell)]
    assert sorted(len(column.of) for column in halves) == [10, 10, 10, 10, 20, 20]
    assert SimpleNamespace(**table.rows[1]).language == "en"
