"""All published tables in all formats: every value as printed, its place, its emphasis, its averages."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from evalkit.cli.table import render
from evalkit.published import numbers as published
from evalkit.published.tables import Table as PublishedTable
from evalkit.report.layouts import plain_layout, table_layout
from evalkit.report.paper_tables import TableOptions, listed, paper_table
from evalkit.report.table_model import Part, Table
from evalkit.statistics.averages import Rule, recompute, reproduces

TABLES = [(item.paper, item.table) for item in listed()]
EACH = pytest.mark.parametrize(("paper", "number"), TABLES, ids=[f"{paper}-{number}" for paper, number in TABLES])
BARE = TableOptions(notes="none")


def data(paper: str, number: str) -> PublishedTable:
    return published.load_paper(paper).tables[number]


def parts(table: Table) -> list[Part]:
    return [part for line in table.lines for cell in line.cells for part in cell.parts]


def emphasized(table: Table, kind: str) -> set[tuple[str, str]]:
    """(model, column id) of all values with an emphasis: by text, as the plain form has no emphasis."""
    found = Counter(part.text for part in parts(table) if part.emphasis == kind)
    return {(r.facts["model"], name) for r in table.records for name, text in r.values.items() if found[text]}


def test_there_are_51() -> None:
    assert len(TABLES) == 51
    assert Counter(item.layout for item in listed()) == {"paper": 39, "inferred": 12}


@EACH
def test_every_value_stands_once_as_printed(paper: str, number: str) -> None:
    source, table = data(paper, number), paper_table(paper, number, BARE)
    expected = Counter(Decimal(repr(v)) for row in source.rows for v in row.values.values() if v is not None)
    shown = [part.text for part in parts(table) if part.text != "-"]
    assert Counter(Decimal(text) for text in shown) == expected
    for record, row in zip(table.records, source.rows, strict=True):
        assert {name: float(text) for name, text in record.values.items()} == {
            name: value for name, value in row.values.items() if value is not None
        }


@EACH
def test_a_column_has_one_number_of_decimals_but_where_the_paper_has_not(paper: str, number: str) -> None:
    source, table = data(paper, number), paper_table(paper, number, BARE)
    layout = table_layout(source)
    for name, column in source.columns.items():
        expected = layout.decimals.get(name, column.decimals)
        assert expected >= column.decimals
        for record in table.records:
            text = record.values.get(name)
            odd = layout.printed.get(record.facts["model_id"], {}).get(name)
            assert text is None or text == odd or len(text.partition(".")[2]) == expected


@EACH
def test_csv_gives_the_values_back(paper: str, number: str) -> None:
    source, table = data(paper, number), paper_table(paper, number)
    lines = list(csv.DictReader(io.StringIO(render(table, "csv"))))
    assert len(lines) == len(source.rows)
    for line, row in zip(lines, source.rows, strict=True):
        assert (line["model"], line["model_id"], line["group"]) == (row.model, row.model_id, row.group)
        assert (line["variant"], line["params"], line["source"]) == (row.variant or "", row.params or "", "paper")
        assert {name: float(line[name]) if line[name] else None for name in source.columns} == dict(row.values)
        marks = json.loads(line["marks"] or "{}")
        assert marks.keys() <= {"model", *source.columns}
        assert (row.marks == {}) or marks, "marks of the data reach the file"


@EACH
def test_every_format_holds_every_value_and_every_model(paper: str, number: str) -> None:
    table = paper_table(paper, number, BARE)
    texts = {kind: render(table, kind) for kind in ("text", "latex", "markdown", "html")}
    numbers = Counter(part.text.lstrip("-") for part in parts(table) if part.text != "-")
    for kind, text in texts.items():
        body = text.partition("\\midrule")[2] if kind == "latex" else text.partition("<tbody>")[2] or text
        found = Counter(re.findall(r"\d+(?:\.\d+)?", body))
        assert all(found[value] >= count for value, count in numbers.items()), kind
        for record in table.records:
            words = re.findall(r"[A-Za-z0-9.]+", record.facts["model"])
            plain = re.sub(r"<[^>]*>", " ", text)
            variants = table_layout(data(paper, number)).variants
            single = len(table.records) == 1  # a table about one model may name it in the caption alone
            assert variants or single or all(word in plain for word in words), (kind, words)


@EACH
def test_lines_are_as_wide_as_the_heads(paper: str, number: str) -> None:
    table = paper_table(paper, number)
    assert all(sum(head.span for head in row) == table.width for row in table.heads)
    open_spans = [0] * len(table.stubs)
    for line in table.lines:
        if line.section is not None:
            assert not any(open_spans), "no section inside a spanning label"
            continue
        assert len(line.cells) == table.width
        assert len(line.labels) == len(table.stubs)
        for i, label in enumerate(line.labels):
            assert (label is None) == (open_spans[i] > 0)
            open_spans[i] = open_spans[i] - 1 if label is None else label.span - 1
    assert not any(open_spans)
    numbers = {n for part in parts(table) for n in part.notes}
    numbers |= {n for line in table.lines for label in (*line.labels, line.section) if label for n in label.notes}
    numbers |= {n for row in table.heads for head in row for n in head.notes}
    assert numbers == set(range(1, len(table.footnotes) + 1)), "every footnote is referred to, and exists"


# Averages.


def recomputed_cells(paper: str, number: str) -> list[tuple[str, str, str, Rule]]:
    """(model, column, text after recomputing, rule) of all averages, by the path that tables are made by."""
    source = data(paper, number)
    table = paper_table(paper, number, TableOptions(notes="none", recompute=True))
    rules = {}
    for aggregate in reversed(source.aggregates):
        rules[aggregate.column] = aggregate.rule
    return [
        (str(i), name, record.values[name], rules[name])
        for i, record in enumerate(table.records)
        for name in rules
        if name in record.values
    ]


@EACH
def test_printed_averages_are_redone_by_the_same_path(paper: str, number: str) -> None:
    source = data(paper, number)
    exceptions = {(a.column, key) for a in source.aggregates for key in a.exceptions}
    for index, name, text, rule in recomputed_cells(paper, number):
        row = source.rows[int(index)]
        printed = row.values[name]
        again = recompute(rule, row.values, places=source.places)
        if again is None or printed is None:
            assert printed is None or float(text) == printed, "what cannot be redone stands as printed"
            continue
        unit = Fraction(1, 10 ** source.places[name])
        assert abs(Fraction(text) - again.value) < unit, "the text is the average itself"
        fits = reproduces(rule, again, printed, source.places[name])
        assert fits != ((name, row.key) in exceptions)


def test_so_many_averages_are_redone_exactly_as_printed() -> None:
    counts: Counter[str] = Counter()
    for paper, number in TABLES:
        source = data(paper, number)
        exceptions = {(a.column, key) for a in source.aggregates for key in a.exceptions}
        for index, name, text, rule in recomputed_cells(paper, number):
            row = source.rows[int(index)]
            if recompute(rule, row.values) is None:
                counts["a column is missing"] += 1
            elif float(text) == row.values[name]:
                counts["as printed"] += 1
            else:
                counts["declared" if (name, row.key) in exceptions else "within the rounding of the cells"] += 1
    assert counts == {
        "as printed": 169, "within the rounding of the cells": 9, "declared": 24, "a column is missing": 5,
    }  # fmt: skip


def test_a_recomputed_average_says_what_was_printed() -> None:
    table = paper_table("interactive-omni", "13", TableOptions(recompute=True))
    (record,) = [r for r in table.records if r.facts["model_id"] == "interactive-omni-4b"]
    assert record.values["voicebench.overall"] == "72.43"
    assert "printed as 73.10" in record.marks["voicebench.overall"]


# Arrangement, against what the papers' texts show.


def shown(paper: str, number: str, **options: Any) -> str:
    return render(paper_table(paper, number, TableOptions(**{"notes": "none", **options})), "text")


def test_a_block_per_data_set_with_joined_cells() -> None:
    lines = shown("interactive-omni", "10").splitlines()
    at = next(i for i, line in enumerate(lines) if "Qwen2.5-Omni-7B" in line)
    assert lines[at].startswith("LibriSpeech ↓ dev-clean | dev-other | test-clean | test-other  Qwen2.5-Omni-7B") or (
        lines[at].startswith("LibriSpeech dev-clean | dev-other | test-clean | test-other  Qwen2.5-Omni-7B")
    )
    assert re.search(r"Step-Audio-Chat\s+- \| - \| 3\.19 \| 10\.67", lines[at + 2])
    whisper = [line for line in lines if "Whisper-Large-V3" in line]
    assert len(whisper) == 1, "a model stands only in the blocks it has values in"
    assert "FLEURS" in whisper[0]


def test_pairs_inside_joined_cells() -> None:
    text = shown("covo-audio", "10", highlight="none")
    assert "15.30/32.27 | 1.39/3.75 | 3.32/2.44 | 3.52 | 8.85" in text
    assert "20.33/26.08 | 1.56/3.30 | 3.77/7.98 | - | 11.26" in text
    assert "96.80 | 21.90 | 59.50 | 41.10 | 30.00 | 49.86" in text, "two decimals, as the paper prints them"
    models = re.findall(r"^\s{3,}(?:CoVoST2[^ ]* en-zh \| zh-en +)?(\S.*?)\s{2,}\d", text, re.M)
    assert models.index("MinMo") < models.index("Step-Audio 2 mini"), "the order of the block, not of the data"


def test_benchmarks_as_lines_with_sections_and_groups() -> None:
    table = paper_table("qwen3-omni", "6")
    sections = [line.section.text for line in table.lines if line.section]
    assert sections == ["EN & ZH ASR (WER)", "Multilingual ASR (WER)", "Lyric ASR (WER)", "S2TT (BLEU)"]
    assert [head.text for head in table.heads[-1]][:2] == ["Seed-ASR", "Voxtral-Mini"]
    first = next(line for line in table.lines if not line.section)
    assert [part.text for part in first.cells[0].parts] == ["4.66", "5.69"]
    labels = [line.labels for line in paper_table("qwen3-omni", "4").lines]
    groups = [(row[0].text, row[0].span) for row in labels if row[0] is not None]
    assert groups[:4] == [("General Tasks", 2), ("Reasoning", 2), ("Code", 1), ("Alignment Tasks", 3)]


def test_heads_of_two_levels() -> None:
    heads = paper_table("covo-audio", "5a").heads
    assert [(head.text, head.span) for head in heads[0]] == [("Understanding", 3), ("Reasoning", 4), ("Oral Conversation", 3)]  # fmt: skip
    heads = paper_table("qwen3-omni", "14").heads
    assert [(head.text, head.span) for head in heads[0]] == [("Content Consistency ↓", 3), ("Speaker Similarity", 3)]


def test_three_blocks_of_the_same_columns() -> None:
    table = paper_table("interactive-omni", "7")
    blocks = [(line.labels[0].text, line.labels[0].span) for line in table.lines if line.labels[0]]
    assert blocks == [("Content Quality", 4), ("Speech Quality", 4), ("Average", 4)]
    assert table.width == 7


def test_values_stand_on_the_papers_own_scale() -> None:
    assert "4.41 | 4.08 | 3.92 | 45.84 | 53.19" in shown("interactive-omni", "13"), "1-5, not 0-100"
    assert re.search(r"OCRBench\s+803\s+814\s+843", shown("emova", "2", highlight="none")), "out of 1000"
    assert "100.0" in shown("interactive-omni", "13"), "printed with one decimal in a column of two"
    assert "1172/2284" in shown("qwen3-omni", "2")


def test_without_a_layout_neighbours_with_a_common_word_share_a_heading() -> None:
    layout = plain_layout(["a.x", "a.y", "b.z"], ["LibriSpeech WER", "LibriSpeech TTS-WER", "MELD"])
    assert layout.heads == ((("LibriSpeech", 2), ("", 1)), (("WER", 1), ("TTS-WER", 1), ("MELD", 1)))


# Emphasis. The facts are bold cells in the README of SenseTime-FVG/InteractiveOmni.


def test_best_values_are_those_the_authors_print_bold() -> None:
    table = paper_table("interactive-omni", "13")
    bold = {part.text for part in parts(table) if part.emphasis == "best"}
    assert bold == {
        "71.68", "80.67", "73.00", "66.50", "77.90", "72.74", "4.61", "4.34", "4.21", "63.12", "65.26", "86.37",
        "73.30", "61.10", "100.0", "76.91",
    }  # fmt: skip


def test_lower_is_better_where_it_is() -> None:
    table = paper_table("covo-audio", "4")
    assert emphasized(table, "best") == {
        ("Covo-Audio-Base", "aishell1.test.wer"), ("Covo-Audio-Base", "librispeech.test_clean.wer"),
        ("Covo-Audio-Base", "seedtts.test_en.wer"), ("CosyVoice2", "seedtts.test_zh.wer"),
        ("Whisper-large-v3", "librispeech.test_other.wer"),
    }  # fmt: skip


def test_ties_share_a_place() -> None:
    best = emphasized(paper_table("interactive-omni", "10"), "best")
    for column in ("librispeech.dev_other.wer", "fleurs.en.wer"):
        assert len([pair for pair in best if pair[1] == column]) == 2


def test_the_best_of_several_specialists_is_no_competitor() -> None:
    specialists, *models = data("qwen3-omni", "18").rows
    assert specialists.model == "Best Specialist Models"
    ahead = [
        name
        for name, value in specialists.values.items()
        if value is not None and all(value > (row.values[name] or 0.0) for row in models)
    ]
    assert ahead, "it would be best somewhere"
    best = emphasized(paper_table("qwen3-omni", "18"), "best")
    assert all(model != specialists.model for model, _ in best)
    assert {name for _, name in best} == set(specialists.values)


def test_settings_of_one_model_are_not_ranked() -> None:
    assert all(part.emphasis is None for part in parts(paper_table("qwen3-omni", "2")))
    assert all(part.emphasis is None for part in parts(paper_table("emova", "3")))


# Notes.


def test_footnotes_say_where_a_number_is_from() -> None:
    table = paper_table("interactive-omni", "8")
    label = table.lines[0].labels[1]
    assert label is not None
    assert [table.footnotes[n - 1] for n in label.notes] == ["taken from OpenCompass"], "once for the whole row"
    assert all(n not in part.notes for n in label.notes for part in parts(table))
    text = render(paper_table("qwen3-omni", "8"), "text")
    assert "result of MuQ-MuLan" in text
    assert "Yang et al., 2025b" in render(paper_table("qwen3-omni", "11"), "text")


def test_misprints_and_exceptions_are_told() -> None:
    text = render(paper_table("covo-audio", "10"), "text")
    assert "does not follow from its columns: WenetSpeech net 4.55 is misprinted" in text
    assert "cells are missing from the extracted text" in text
    text = render(paper_table("interactive-omni", "13"), "text")
    assert "the paper prints the heading IFEval here; the values are those of BBH" in text


def test_notes_can_be_left_out_or_completed() -> None:
    none = paper_table("covo-audio", "10", BARE)
    assert none.footnotes == ()
    assert none.remarks == ("Bold: best; underlined: second best. ↓ lower is better.",)
    everything = paper_table("covo-audio", "10", TableOptions(notes="all")).remarks
    assert any("GPT-4o-Transcribe row of Qwen3-Omni" in remark for remark in everything)
    of_the_data = (
        "From leaderboards/published/covo-audio.json: The printed table is one block per data set; here one row"
    )
    assert any(remark.startswith(of_the_data) for remark in everything), "here means the file, not this page"
    assert any(remark.startswith("Averages: ASR Avg: plain mean of seven sets") for remark in everything)
    assert everything[-1].startswith("Arrangement and headings follow")
    assert paper_table("hello-chat", "2", TableOptions(notes="all")).remarks[-1].startswith("Arrangement inferred")


# The command.


def test_the_listing_names_every_table(main: Callable[..., Any]) -> None:
    lines = main("table", "--list").out.splitlines()
    assert len(lines) == 2 + 51
    assert any(re.match(r"interactive-omni +6 +7 +4 +paper +MMMB", line) for line in lines)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--paper", "interactive-omnni", "--table", "6"], "Did you mean interactive-omni"),
        (["--paper", "interactive-omni", "--table", "66"], "'66'. Did you mean 6"),
        (["--paper", "covo-audio", "--table", "5"], "Did you mean 5"),
        (["--paper", "emova"], "it has 2, 3, 6, 7"),
        (["--paper", "emova", "--table", "2", "--delta"], "--with-run"),
        (["--paper", "emova", "--table", "2", "--standalone"], "--format latex"),
        (["--paper", "emova", "--table", "2", "--digits", "-1"], "--digits -1"),
        (["--paper", "emova", "--table", "2", "--with-run", "nowhere"], "nowhere"),
        ([], "--paper"),
        (["--paper", "emova", "--list"], "not allowed"),
    ],
)
def test_wrong_words_are_answered_with_help(main: Callable[..., Any], words: list[str], expected: str) -> None:
    done = main("table", *words)
    assert done.code == 2
    assert expected in done.err
    assert done.out == ""


def test_the_command_needs_nothing_heavy() -> None:
    code = (
        "import sys; from evalkit.cli.main import main; main(['table', '--paper', 'emova', '--table', '2']);"
        "bad = {'numpy', 'pandas', 'torch', 'pyarrow', 'yaml'} & set(sys.modules); assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=Path(__file__).parent)
