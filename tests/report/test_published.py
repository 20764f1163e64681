"""The published tables: every file is sound, every average follows by its rule, and no fault goes unseen."""

from __future__ import annotations

import copy
import itertools
import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from evalkit.published import numbers as published
from evalkit.published.tables import Paper, Table, parse_paper
from evalkit.statistics.averages import Recomputed, Rule, missing, nearest, recompute, reproduces

PAPERS = [published.load_paper(name) for name in published.papers()]
TABLES = [pytest.param(table, id=f"{paper.id}-{name}") for paper in PAPERS for name, table in paper.tables.items()]
FIGURES = [
    pytest.param(paper, i, id=f"{paper.id}-{figure.name}") for paper in PAPERS for i, figure in enumerate(paper.figures)
]
EACH_PAPER = pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.id)
EACH_TABLE = pytest.mark.parametrize("table", TABLES)

# Counted when the papers were read: a lost cell or rule shows here even where all else is sound.
# Tables, rows, values, empty cells, averages redone, declared exceptions, uncertain, repaired, claims.
COUNTS = {
    "covo-audio": (13, 121, 922, 165, 92, 17, 6, 0, 50),
    "emova": (4, 24, 210, 72, 0, 0, 0, 0, 8),
    "hello-chat": (6, 38, 118, 1, 6, 4, 0, 0, 3),
    "interactive-omni": (11, 92, 698, 101, 111, 6, 39, 41, 20),
    "qwen3-omni": (17, 87, 845, 52, 17, 2, 0, 0, 6),
}
KEYS = {  # object -> (required keys, optional keys)
    "file": (
        "schema paper tables figure_aggregates claims uncertain repaired discrepancies",
        "",
    ),
    "paper": ("id title arxiv authors_org", ""),
    "table": ("table title benchmark columns rows aggregation aggregates notes", "section"),
    "column": ("id label unit higher_is_better range", "rescale label_corrected"),
    "rescale": ("factor to_unit", ""),
    "row": ("model model_id group values", "variant params printed_as note marks"),
    "aggregate": ("column formula of", "weights scale rounding tolerance exceptions"),
    "figure": (
        "figure name formula tables of published",
        "weights weights_from rounding tolerance exceptions",
    ),
    "exception": ("model_id why", "variant"),
    "claim": ("id model_id metric value unit where", "note"),
    "uncertain": ("table model column read_as why", ""),
    "repaired": ("table model column read_as why confirmed_by", ""),
    "discrepancy": ("table kind what", "columns evidence"),
}
Key = tuple[str, str | None]


def document(paper: Paper) -> dict[str, Any]:
    text = (published.published_folder() / f"{paper.id}.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


# The checks. Each returns what is wrong, so that the mutation tests below can run them on altered tables.


def key_problems(kind: str, record: dict[str, Any]) -> list[str]:
    required, optional = (set(names.split()) for names in KEYS[kind])
    lost, odd = required - record.keys(), record.keys() - required - optional
    return [f"{kind} without {name}" for name in sorted(lost)] + [f"{kind} with {name}" for name in sorted(odd)]


def schema_problems(doc: dict[str, Any]) -> list[str]:
    found = key_problems("file", doc) + key_problems("paper", doc["paper"])
    exceptions = [e for figure in doc["figure_aggregates"] for e in figure.get("exceptions", [])]
    for table in doc["tables"]:
        found += key_problems("table", table)
        for kind in ("column", "row", "aggregate"):
            found += [p for record in table[kind + "s"] for p in key_problems(kind, record)]
        found += [p for c in table["columns"] if "rescale" in c for p in key_problems("rescale", c["rescale"])]
        exceptions += [e for aggregate in table["aggregates"] for e in aggregate.get("exceptions", [])]
    found += [p for e in exceptions for p in key_problems("exception", e)]
    lists = {"figure": "figure_aggregates", "claim": "claims", "discrepancy": "discrepancies"}
    for kind in ("figure", "claim", "uncertain", "repaired", "discrepancy"):
        found += [p for record in doc[lists.get(kind, kind)] for p in key_problems(kind, record)]
    return found


def cell_problems(table: Table) -> list[str]:
    found = []
    for name in table.columns:
        if not re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)+", name):
            found.append(f"bad column id {name}")
        if all(row.values[name] is None for row in table.rows):
            found.append(f"column {name} is empty")
    for row in table.rows:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row.model_id):
            found.append(f"bad model id {row.model_id}")
        if not row.group or not row.model:
            found.append(f"{row.model_id} has no group or no printed name")
        for name, value in row.values.items():
            low, high = table.columns[name].range
            if value is not None and not low <= value <= high:
                found.append(f"{row.model_id} {name} = {value} is outside {low}..{high}")
    return found


def conflict_problems(papers: list[Paper]) -> list[str]:
    """Equal column ids must have equal units and directions in all tables."""
    seen: dict[str, tuple[str, bool]] = {}
    found = []
    for table in itertools.chain.from_iterable(paper.tables.values() for paper in papers):
        for name, column in table.columns.items():
            meaning = (column.common_unit, column.higher_is_better)
            if seen.setdefault(name, meaning) != meaning:
                found.append(f"{table.paper} table {table.table}: {name} is {meaning}, elsewhere {seen[name]}")
    return found


def reading_problems(paper: Paper) -> list[str]:
    found = []
    for item in paper.uncertain + paper.repaired:
        table = paper.tables.get(item.table)
        cells = [row.values for row in table.rows if row.model_id == item.model_id] if table else []
        if not cells or item.column not in cells[0]:
            found.append(f"entry points nowhere: {item}")
        elif cells[0][item.column] != item.read_as:
            found.append(f"entry disagrees with its cell: {item}")
    return found


def rule_problems(
    rule: Rule,
    rows: dict[Key, dict[str, float | None]],
    printed: dict[Key, float],
    places: dict[str, int],
    decimals: int,
    exceptions: dict[Key, str],
) -> tuple[list[str], int, int]:
    """Redo one average for every row: (what is wrong, rows redone, rows declared not to reproduce)."""
    found = []
    redone = declared = 0
    for key, target in printed.items():
        again: Recomputed | None = recompute(rule, rows[key], places=places)
        if again is None and key in exceptions and len(missing(rule, rows[key])) < len(rule.of):
            # Declared over incomplete cells: what there is must not reproduce it either.
            again = recompute(Rule("mean_available", rule.of, rounding=rule.rounding), rows[key])
        if again is None:
            found += [f"the exception for {key} cannot be checked"] if key in exceptions else []
            continue
        redone += 1
        fits = reproduces(rule, again, target, decimals)
        declared += key in exceptions
        if fits and key in exceptions:
            found.append(f"{key} is declared an exception but reproduces: {float(again.value):.4f} for {target}")
        if not fits and key not in exceptions:
            found.append(f"{key}: printed {target}, {rule.formula} gives {float(again.value):.4f}")
    return (
        found + [f"exception for {key}, which has no average" for key in exceptions.keys() - printed],
        redone,
        declared,
    )


def aggregate_problems(table: Table) -> tuple[list[str], int, int]:
    rows = {row.key: dict(row.values) for row in table.rows}
    found, redone, declared = [], 0, 0
    for aggregate in table.aggregates:
        name = aggregate.column
        printed = {key: value for key, values in rows.items() if (value := values[name]) is not None}
        exceptions = dict(aggregate.exceptions)
        result = rule_problems(aggregate.rule, rows, printed, table.places, table.places[name], exceptions)
        found += [f"{name}: {problem}" for problem in result[0]]
        redone, declared = redone + result[1], declared + result[2]
    return found, redone, declared


def figure_rows(paper: Paper, index: int) -> dict[Key, dict[str, float | None]]:
    figure = paper.figures[index]
    rows: dict[Key, dict[str, float | None]] = {(model, None): {} for model in figure.published}
    for row in itertools.chain.from_iterable(paper.tables[number].rows for number in figure.tables):
        if row.key in rows:
            rows[row.key].update(row.values)
    return rows


def figure_problems(paper: Paper, index: int) -> tuple[list[str], int, int]:
    figure, rows = paper.figures[index], figure_rows(paper, index)
    places = {name: n for number in figure.tables for name, n in paper.tables[number].places.items()}
    printed: dict[Key, float] = {(model, None): value for model, value in figure.published.items()}
    decimals = max(len(str(value).partition(".")[2]) for value in figure.published.values())
    found, redone, declared = rule_problems(figure.rule, rows, printed, places, decimals, dict(figure.exceptions))
    return found + [f"no row for {key[0]}" for key, values in rows.items() if not values], redone, declared


def claim_problems(doc: dict[str, Any]) -> list[str]:
    times = Counter(claim["id"] for claim in doc["claims"])
    return [f"claim id {name} occurs {n} times" for name, n in times.items() if n > 1]


# The files as they are.


@EACH_PAPER
def test_file_has_exactly_the_keys_of_the_schema(paper: Paper) -> None:
    assert schema_problems(document(paper)) == []


@EACH_TABLE
def test_ids_groups_and_ranges(table: Table) -> None:
    assert cell_problems(table) == []


def test_equal_column_ids_have_equal_units_and_directions() -> None:
    assert conflict_problems(PAPERS) == []


@EACH_PAPER
def test_uncertain_and_repaired_entries_agree_with_their_cells(paper: Paper) -> None:
    assert reading_problems(paper) == []


@EACH_TABLE
def test_averages_follow_by_their_rule(table: Table) -> None:
    assert aggregate_problems(table)[0] == []


@pytest.mark.parametrize(("paper", "index"), FIGURES)
def test_averages_in_figures_follow_by_their_rule(paper: Paper, index: int) -> None:
    assert figure_problems(paper, index)[0] == []


@EACH_PAPER
def test_claim_ids_are_unique(paper: Paper) -> None:
    assert claim_problems(document(paper)) == []


@EACH_PAPER
def test_counts(paper: Paper) -> None:
    rows = [row for table in paper.tables.values() for row in table.rows]
    cells = [value for row in rows for value in row.values.values()]
    results = [aggregate_problems(table) for table in paper.tables.values()]
    results += [figure_problems(paper, i) for i in range(len(paper.figures))]
    empty = cells.count(None)
    redone, declared = sum(r[1] for r in results), sum(r[2] for r in results)
    marked = (len(paper.uncertain), len(paper.repaired), len(paper.claims))
    counts = (len(paper.tables), len(rows), len(cells) - empty, empty, redone, declared, *marked)
    assert counts == COUNTS[paper.id]


def test_totals() -> None:
    assert published.papers() == sorted(COUNTS)
    assert sum(len(paper.tables) for paper in PAPERS) == 51
    assert len(published.columns()) == 349
    assert len({row.model_id for p in PAPERS for table in p.tables.values() for row in table.rows}) == 127
    assert sum(len(paper.discrepancies) for paper in PAPERS) == 36


def test_exact_ties_are_printed_away_from_zero() -> None:
    cases = []  # rule, values, printed average, decimals
    for paper in PAPERS:
        for table in paper.tables.values():
            for aggregate, row in itertools.product(table.aggregates, table.rows):
                places = table.places[aggregate.column]
                cases.append((aggregate.rule, row.values, row.values[aggregate.column], places))
        for i, figure in enumerate(paper.figures):
            rows = figure_rows(paper, i)
            cases += [(figure.rule, rows[model, None], value, 2) for model, value in figure.published.items()]
    ties = []
    for rule, values, printed, places in cases:
        again = recompute(rule, values)
        if again and printed is not None and again.value * 10**places % 1 * 2 == 1:
            ties.append(nearest(again.value, places) == printed)
    assert ties == [True] * 17


# The checks must be able to fail.


def altered(paper_id: str, change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    doc = copy.deepcopy(document(published.load_paper(paper_id)))
    change(doc)
    return doc


def row_of(doc: dict[str, Any], table: str, model_id: str) -> dict[str, Any]:
    (found,) = [t for t in doc["tables"] if t["table"] == table]
    rows: list[dict[str, Any]] = [row for row in found["rows"] if row["model_id"] == model_id]
    return rows[0]


def set_cell(table: str, model_id: str, column: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(doc: dict[str, Any]) -> None:
        row_of(doc, table, model_id)["values"][column] = value

    return change


@pytest.mark.parametrize(
    ("paper_id", "table", "model_id", "column", "value"),
    [
        ("interactive-omni", "6", "interactive-omni-8b", "mmmb.text_memory", 71.72),
        ("interactive-omni", "8", "gpt-4o-mini", "mmstar.overall", 64.8),
        ("interactive-omni", "13", "kimi-audio", "voicebench.alpacaeval", 4.66),
        ("covo-audio", "10", "covo-audio", "covo_asr_suite.avg.wer", 4.73),
        ("covo-audio", "10", "gpt-4o-audio", "aishell1.test.wer", 3.62),
        ("covo-audio", "13", "qwen2-5-omni-7b", "mmar.speech", 58.16),
        ("qwen3-omni", "2", "qwen3-omni-30b-a3b", "throughput.talker_tps", 120),
        ("hello-chat", "B", "hello-chat-8b-internal-interleaved", "hello_chat.a2a.similarity", 0.8),
    ],
)
def test_one_wrong_cell_is_seen(paper_id: str, table: str, model_id: str, column: str, value: float) -> None:
    doc = altered(paper_id, set_cell(table, model_id, column, value))
    before = published.load_paper(paper_id).tables[table]
    assert value != next(row.values[column] for row in before.rows if row.model_id == model_id)
    problems = aggregate_problems(parse_paper(doc, "altered").tables[table])[0]
    assert len(problems) == 1
    assert model_id in problems[0]


def test_wrong_cell_below_a_figure_is_seen() -> None:
    doc = altered("covo-audio", set_cell("5b", "covo-audio-chat", "uro_bench.en_basic.repeat", 50.0))
    (problem,) = figure_problems(parse_paper(doc, "altered"), 0)[0]
    assert "covo-audio-chat" in problem


def test_declared_exception_that_reproduces_is_seen() -> None:
    # Qwen2.5-Omni prints 67.87 for the sound cell that InteractiveOmni prints as 67.78.
    change = set_cell("11", "qwen2-5-omni-7b", "mmau.original.test_mini.sound", 67.87)
    (problem,) = aggregate_problems(parse_paper(altered("interactive-omni", change), "altered").tables["11"])[0]
    assert "declared an exception but reproduces" in problem


def test_undeclared_mismatch_is_seen() -> None:
    def undeclare(doc: dict[str, Any]) -> None:
        (table,) = [t for t in doc["tables"] if t["table"] == "10"]
        table["aggregates"][0]["exceptions"].pop(0)

    (problem,) = aggregate_problems(parse_paper(altered("covo-audio", undeclare), "altered").tables["10"])[0]
    assert problem == "covo_asr_suite.avg.wer: ('seed-asr', None): printed 3.07, mean gives 3.0614"


def test_wrong_range_reading_unit_and_direction_are_seen() -> None:
    doc = altered("interactive-omni", set_cell("16", "moshi", "spoken_dialogue.llama_questions.s2t", 623))
    paper = parse_paper(doc, "altered")
    assert [problem for problem in cell_problems(paper.tables["16"]) if "623" in problem]
    assert "disagrees with its cell" in reading_problems(paper)[0]

    def turn(doc: dict[str, Any]) -> None:
        doc["tables"][0]["columns"][-1].update(unit="%", higher_is_better=True)

    (problem,) = conflict_problems([*PAPERS, parse_paper(altered("emova", turn), "altered")])
    assert problem.startswith("emova table 2: librispeech.test_clean.wer is ('%', True), elsewhere ('WER %', False)")


def test_wrong_schema_is_seen() -> None:
    def change(doc: dict[str, Any]) -> None:
        doc["tables"][0]["footnote"] = "x"
        del doc["claims"][0]["unit"]
        doc["claims"].append(doc["claims"][0])

    doc = altered("emova", change)
    assert schema_problems(doc) == ["table with footnote", "claim without unit", "claim without unit"]
    assert claim_problems(doc) == ["claim id fig6.emotions occurs 2 times"]
