"""Runs inserted into published tables: on the table's scale, with their protocol, ranked only where that is fair."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from make_runs import make_run, score_again

from evalkit.cli.table import render
from evalkit.report.paper_tables import TableOptions, paper_table
from evalkit.report.run_rows import RunRowOptions, model_id
from evalkit.report.table_model import Label, Part, Table

MEMORY = {"mmmb.text_memory": 33.333, "mmmb.image_memory": 10.78, "mmmb.mixed_memory": 41.94}


def table_of(paper: str, number: str, *runs: Path, **own: Any) -> Table:
    highlight = own.pop("highlight", "all")
    return paper_table(paper, number, TableOptions(runs=runs, own=RunRowOptions(**own), highlight=highlight))


def own_line(table: Table, index: int = 0) -> tuple[Label, list[Part]]:
    found = []
    for line in table.lines:
        for label in line.labels:
            if label is not None and label.own:
                found.append((label, [part for cell in line.cells for part in cell.parts]))
    return found[index]


def own_record(table: Table, model: str) -> dict[str, Any]:
    lines = csv.DictReader(io.StringIO(render(table, "csv")))
    (line,) = [line for line in lines if line["source"] == "run" and line["model"] == model]
    return line


def test_a_run_stands_below_the_papers_rows_with_its_protocol(tmp_path: Path) -> None:
    run = make_run(tmp_path, "mine", MEMORY, task="mmmb")
    table = table_of("interactive-omni", "6", run)
    label, parts = own_line(table)
    assert label.text == "mine"
    assert [part.text for part in parts] == ["33.33", "10.78", "41.94", "28.67"]
    (note,) = [table.footnotes[n - 1] for n in label.notes]
    assert note == f"own run; protocol exact_match:strip; data abc123; 2026-11-01; run {run.name}"
    assert table.remarks[1].startswith("Papers do not state their protocol")
    assert table.lines[-1].labels[0] == Label("Own runs"), "a group of its own"


def test_averages_are_made_by_the_papers_rule_over_our_own_numbers_of_items(tmp_path: Path) -> None:
    # Pooled: 17 of 50, 5 of 50 and 21 of 50 correct, whatever the rounding of the percentages.
    table = table_of("interactive-omni", "6", make_run(tmp_path, "mine", MEMORY, task="mmmb", n=50))
    assert own_record(table, "mine")["mmmb.average"] == f"{100 * (17 + 5 + 21) / 150:.2f}"


def test_averages_of_averages_follow(tmp_path: Path) -> None:
    dims = "basic_conversation emotional_expression rate_control role_playing creative_capacity instruction_following"
    values = {
        f"msib.{kind}.{dim}": score for kind, score in (("content", 3.0), ("speech", 4.0)) for dim in dims.split()
    }
    table = table_of("interactive-omni", "7", make_run(tmp_path, "mine", values, task="msib"))
    line = own_record(table, "mine")
    assert [line[f"msib.{kind}.overall"] for kind in ("content", "speech", "average")] == ["3.00", "4.00", "3.50"]
    assert line["msib.average.role_playing"] == "3.50"


def test_a_value_is_shown_on_the_tables_scale(tmp_path: Path) -> None:
    run = make_run(tmp_path, "mine", {"voicebench.alpacaeval": 89.5, "voicebench.bbh": 60.04}, task="voicebench")
    inside = own_record(table_of("interactive-omni", "13", run, intervals=True), "mine")
    assert inside["voicebench.alpacaeval"] == "4.48", "4.475 of 5, a tie away from zero"
    assert (inside["voicebench.alpacaeval:low"], inside["voicebench.alpacaeval:high"]) == ("4.43", "4.53")
    assert own_record(table_of("qwen3-omni", "7", run), "mine")["voicebench.alpacaeval"] == "89.5"


def test_delta_is_ours_minus_theirs_for_the_same_model(tmp_path: Path) -> None:
    same = make_run(tmp_path, "Qwen2.5-Omni-7B", MEMORY, task="mmmb")
    other = make_run(tmp_path, "somebody", MEMORY, task="mmmb")
    table = table_of("interactive-omni", "6", same, other, delta=True)
    assert own_record(table, "Qwen2.5-Omni-7B")["mmmb.text_memory:delta"] == "+1.01"
    assert own_record(table, "Qwen2.5-Omni-7B")["mmmb.average:delta"] == "+3.19"
    assert own_record(table, "somebody")["mmmb.text_memory:delta"] == ""
    assert "(+1.01)" in render(table, "markdown")
    named = table_of("interactive-omni", "6", other, delta=True, same={"somebody": "interactive-omni-4b"})
    assert own_record(named, "somebody")["mmmb.text_memory:delta"] == "-37.38"
    assert r"$-$37.38" in render(named, "latex")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("qwen2.5-omni-7b", "qwen2-5-omni-7b"),
        ("GPT-4o Audio", "gpt-4o-audio"),
        ("InternVL3.5_8B", "internvl3-5-8b"),
        ("模型_7B", "模型-7b"),
    ],
)
def test_model_names_are_brought_to_the_papers_form(name: str, expected: str) -> None:
    assert model_id(name) == expected


def test_digits_hold_for_runs_and_never_add_to_a_paper(tmp_path: Path) -> None:
    table = table_of("interactive-omni", "6", make_run(tmp_path, "mine", MEMORY), digits=3)
    assert own_record(table, "mine")["mmmb.text_memory"] == "33.333"
    assert table.records[0].values["mmmb.text_memory"] == "70.00"
    table = table_of("interactive-omni", "6", make_run(tmp_path / "b", "mine", MEMORY), digits=0)
    assert table.records[0].values["mmmb.image_memory"] == "29"
    options = TableOptions(own=RunRowOptions(digits=4), recompute=True)
    assert paper_table("interactive-omni", "6", options).records[0].values["mmmb.average"] == "51.33"


def best_of(table: Table) -> set[str]:
    parts = [part for line in table.lines for cell in line.cells for part in cell.parts]
    return {part.text for part in parts if part.emphasis == "best"}


def test_only_whole_runs_can_be_best(tmp_path: Path) -> None:
    top = {"mmmb.text_memory": 99.0}
    whole = make_run(tmp_path / "a", "mine", top)
    limited = make_run(tmp_path / "b", "mine", top, limit=20)
    broken = make_run(tmp_path / "c", "mine", top, complete=False)
    assert "99.00" in best_of(table_of("interactive-omni", "6", whole))
    assert "99.00" not in best_of(table_of("interactive-omni", "6", whole, highlight="papers"))
    assert best_of(table_of("interactive-omni", "6", whole, highlight="none")) == set()
    for partial, mark in ((limited, "limit 20"), (broken, "incomplete")):
        table = table_of("interactive-omni", "6", partial)
        assert best_of(table) == best_of(table_of("interactive-omni", "6"))
        assert mark in table.footnotes[own_line(table)[0].notes[0] - 1]


def test_a_finished_model_does_not_compete_with_ablations_or_base_models(tmp_path: Path) -> None:
    run = make_run(tmp_path, "mine", {"mme.total": 2700.0, "mmlu.acc": 99.0, "aishell1.test.wer": 0.1})
    assert "2700" not in best_of(table_of("emova", "7", run)), "ablation"
    assert "99.00" not in best_of(table_of("qwen3-omni", "16", run)), "base models"
    assert "2700" in best_of(table_of("emova", "2", run))


def test_two_results_for_one_column_are_two_lines(tmp_path: Path) -> None:
    first = make_run(tmp_path, "mine", {"mmmb.text_memory": 1.0}, task="mmmb", model_arguments={"size": "a"})
    second = make_run(tmp_path, "mine", {"mmmb.text_memory": 2.0}, task="mmmb", model_arguments={"size": "b"})
    third = make_run(tmp_path, "mine", {"mmmb.image_memory": 3.0}, task="other", model_arguments={"size": "b"})
    table = table_of("interactive-omni", "6", first, second, third)
    found = {r.facts["model"]: dict(r.values) for r in table.records if r.facts["source"] == "run"}
    assert found == {
        "mine (size=a)": {"mmmb.text_memory": "1.00"},
        "mine (size=b)": {"mmmb.text_memory": "2.00", "mmmb.image_memory": "3.00"},
    }
    line, parts = own_line(table, 1)
    assert line.notes == ()
    assert len(parts[0].notes) == len(parts[1].notes) == 1, "two runs: the protocol stands at each value"


def test_two_protocols_of_one_run_are_two_lines_that_do_not_mix(tmp_path: Path, main: Callable[..., Any]) -> None:
    values = {"mmmb.text_memory": 10.0, "mmmb.image_memory": 90.0}
    run = make_run(tmp_path, "mine", values, task="mmmb", protocol="strict_rule")
    score_again(run, {"mmmb.text_memory": 20.0, "mmmb.image_memory": 80.0}, "a_rule", "a_rule-1")
    board = tmp_path / "board.json"
    assert main("leaderboard", "--out", tmp_path, "--to", board).code == 0
    table = table_of("interactive-omni", "6", board)
    found = [(dict(r.values), r.marks["model"]) for r in table.records if r.facts["source"] == "run"]
    assert [values for values, _ in found] == [
        {"mmmb.text_memory": "20.00", "mmmb.image_memory": "80.00"},
        {"mmmb.text_memory": "10.00", "mmmb.image_memory": "90.00"},
    ]
    assert ["a_rule" in notes[0] for _, notes in found] == [True, False]


def test_models_become_columns_where_benchmarks_are_lines(tmp_path: Path) -> None:
    values = {"librispeech.test_clean.wer": 1.25, "fleurs.zh.wer": 2.125}
    run = make_run(tmp_path, "mine", values, higher=False, unit="WER %", half_width=0.5)
    table = table_of("qwen3-omni", "6", run, intervals=True)
    assert table.heads[-1][-1].text == "mine"
    assert table.heads[-1][-1].own
    text = render(table, "text")
    assert "_1.25_ [0.75, 1.75] | -" in text, "second best of the cell's first value"
    assert "*2.13* [1.63, 2.63]" in text, "best, the tie rounded away from zero"


def test_a_block_takes_only_runs_that_have_its_columns(tmp_path: Path) -> None:
    run = make_run(tmp_path, "mine", {"childmandarin.test.wer": 9.0}, higher=False)
    table = table_of("interactive-omni", "10", run)
    assert sum(label is not None and label.own for line in table.lines for label in line.labels) == 1
    assert "9.00" in best_of(table)


def test_runs_without_a_column_of_the_table_are_told(tmp_path: Path, main: Callable[..., Any]) -> None:
    run = make_run(tmp_path, "mine", {"own.thing": 1.0})
    done = main("table", "--paper", "emova", "--table", "6", "--with-run", run)
    assert done.code == 0
    assert "None of the given runs has a column of this table. They have own.thing;" in done.out.replace("\n    ", " ")


def test_a_saved_leaderboard_and_a_results_folder_serve_as_well(tmp_path: Path, main: Callable[..., Any]) -> None:
    run = make_run(tmp_path / "results", "mine", MEMORY, task="mmmb")
    saved = tmp_path / "board.json"
    main("leaderboard", "--out", tmp_path / "results", "--to", saved)
    words = ["table", "--paper", "interactive-omni", "--table", "6", "--intervals", "--delta", "--with-run"]
    outputs = {main(*words, place).out for place in (run, tmp_path / "results", saved, run / "summary.json")}
    assert len(outputs) == 1
    assert "33.33 [32.33, 34.33]" in outputs.pop()


def test_a_damaged_run_is_named(tmp_path: Path, main: Callable[..., Any]) -> None:
    run = make_run(tmp_path, "mine", MEMORY)
    (run / "summary.json").write_text("{")
    done = main("table", "--paper", "emova", "--table", "6", "--with-run", run)
    assert done.code == 2
    assert str(run) in done.err
    assert "evalkit run --model mine" in done.err


def test_an_undefined_value_is_told(tmp_path: Path) -> None:
    table = table_of("interactive-omni", "6", make_run(tmp_path, "mine", {**MEMORY, "mmmb.text_memory": None}))
    _, parts = own_line(table)
    assert parts[0].text == "-"
    assert table.footnotes[parts[0].notes[0] - 1].startswith("undefined")
    assert parts[3].text == "-", "no average of an incomplete row"
