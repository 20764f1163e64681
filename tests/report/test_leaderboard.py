"""Leaderboard rows from runs and papers: their fields, order, choice, formats, and damaged files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from make_runs import COUNTS, make_run, result_record, score_again

from evalkit.core.errors import ResultsError, UnknownNameError
from evalkit.records.leaderboard import Leaderboard
from evalkit.records.schema import json_schema
from evalkit.report.leaderboard import leaderboard, paper_rows, selected
from evalkit.report.leaderboard_merge import merge
from evalkit.report.ranking import ranked
from evalkit.report.summaries import load_summary

CLEAN, OTHER = "librispeech.test_clean.wer", "librispeech.test_other.wer"
WER = {"higher": False, "unit": "WER %", "protocol": "error_rate:kimi/en", "task": "librispeech"}
HOSTILE = "模型_a & b|<script>alert(1)</script> #1 $%{}~^\\ \U0001f600"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    out = tmp_path / "results"
    make_run(out, "alpha", {CLEAN: 1.5, OTHER: 3.25}, **WER)
    make_run(out, "beta", {CLEAN: 1.25}, **WER, limit=20)
    return out


def test_a_row_carries_everything_about_its_number(tmp_path: Path) -> None:
    run = make_run(tmp_path, "alpha", {"msib.content.overall": 3.5}, judge="gpt-4o", task="msib", seed=7, n=244)
    (row,) = [row for row in leaderboard(tmp_path).rows if row.source == "run"]
    assert row.model_dump(exclude={"arguments", "rubric"}) == {
        "model": "alpha", "column": "msib.content.overall", "value": 3.5, "low": 2.5, "high": 4.5, "strict": 3.5,
        "n": 244, "counts": COUNTS, "unit": "%", "higher_is_better": True, "decimals": 2, "rounding": "nearest", "source": "run",
        "task": "msib", "protocol": f"judge:quality#{(row.rubric or '')[:6]}/gpt-4o*3", "judge": "gpt-4o",
        "complete": True, "limit": None, "seed": 7, "data_revision": "abc123", "run": run.name,
        "date": "2026-11-01T10:00:00Z", "paper": None, "table": None, "variant": None, "marks": [], "rank": None,
        "unranked": None,
    }  # fmt: skip
    assert row.rubric is not None
    assert len(row.rubric) == 64


def test_a_later_judgement_of_the_same_run_is_not_taken_for_the_one_shown(tmp_path: Path) -> None:
    make_run(tmp_path, "alpha", {"msib.content.overall": 3.5}, judge="gpt-4o")
    make_run(tmp_path, "beta", {"msib.content.overall": 3.5}, protocol="exact_match:strip")
    judges = {row.model: row.judge for row in leaderboard(tmp_path).rows if row.source == "run"}
    assert judges == {"alpha": "gpt-4o", "beta": None}, "run.json of both lists a scoring by 'another'"


def test_a_run_scored_by_another_rule_too_has_a_row_for_each_and_one_rank(tmp_path: Path) -> None:
    plain = make_run(tmp_path, "alpha", {CLEAN: 1.5}, **WER)
    make_run(tmp_path, "beta", {CLEAN: 2.5}, **WER)
    score_again(plain, {CLEAN: 9.5}, "error_rate:seedtts/en", "error_rate-seedtts-1")
    part = plain / "summary.error_rate-seedtts-1.part-limit5.json"
    part.write_bytes((plain / "summary.json").read_bytes())  # over a part of the samples: not a row
    rows = [row for row in ranked(leaderboard(tmp_path).rows) if row.source == "run"]
    assert [(row.model, row.value, row.protocol, row.rank, row.unranked) for row in rows] == [
        ("alpha", 1.5, "error_rate:kimi/en", 1, None),
        ("beta", 2.5, "error_rate:kimi/en", 2, None),
        ("alpha", 9.5, "error_rate:seedtts/en", None, "other protocol"),
    ]
    assert merge([leaderboard(tmp_path)]).rows == leaderboard(tmp_path).rows, "two scorings of one run: no conflict"


def test_a_run_that_only_another_rule_scored_is_shown_and_named(tmp_path: Path, main: Callable[..., Any]) -> None:
    run = make_run(tmp_path, "alpha", {CLEAN: 1.5}, **WER)
    other = score_again(run, {CLEAN: 9.5}, "error_rate:seedtts/en", "error_rate-seedtts-1")
    (run / "summary.json").unlink()
    (row,) = [row for row in leaderboard(tmp_path).rows if row.source == "run"]
    assert (row.value, row.protocol) == (9.5, "error_rate:seedtts/en")
    done = main("table", "--paper", "interactive-omni", "--table", "10", "--with-run", tmp_path)
    assert done.code == 2 and "name a file" in done.err and str(other) in done.err
    assert main("table", "--paper", "interactive-omni", "--table", "10", "--with-run", other).code == 0


def test_a_run_of_a_twin_is_marked_everywhere(tmp_path: Path, main: Callable[..., Any]) -> None:
    make_run(tmp_path, "alpha", {"mmmb_twin.average": 50.0}, task="mmmb_twin")
    make_run(tmp_path, "alpha", {"mmmb.average": 50.0}, task="mmmb")
    marks = {row.column: row.marks for row in leaderboard(tmp_path).rows if row.source == "run"}
    assert marks == {"mmmb_twin.average": ["twin of mmmb, not the original"], "mmmb.average": []}
    for kind in ("csv", "md", "html", "text"):
        assert main("leaderboard", "--out", tmp_path, "--format", kind).out.count("twin of mmmb") == 1


def test_on_a_terminal_the_default_is_for_reading(
    tmp_path: Path, main: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run(tmp_path, "alpha", {"own.accuracy": 50.0})
    assert json.loads(main("leaderboard", "--out", tmp_path).out)["rows"]
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    shown = main("leaderboard", "--out", tmp_path)
    assert shown.out.startswith("own.accuracy (%, higher is better)")
    assert json.loads(main("leaderboard", "--out", tmp_path, "--json").out)["rows"]
    to = tmp_path / "board.json"
    assert main("leaderboard", "--out", tmp_path, "--to", to).out == ""
    assert json.loads(to.read_text())["rows"]


def test_the_document_follows_its_schema(results: Path) -> None:
    document = json.loads(leaderboard(results).model_dump_json(by_alias=True))
    jsonschema.validate(document, json_schema("leaderboard"))
    assert document["schema"] == "evalkit.leaderboard/1"


def test_rows_come_best_first_with_papers_on_the_columns_of_the_runs(results: Path) -> None:
    rows = leaderboard(results).rows
    assert {row.column for row in rows} == {CLEAN, OTHER}
    for column in (CLEAN, OTHER):
        values = [row.value for row in rows if row.column == column]
        assert values == sorted(values), "an error rate: lowest first"
        assert {row.source for row in rows if row.column == column} == {"run", "paper"}


def test_marks_say_what_a_number_is_not(results: Path) -> None:
    marks = {row.model: row.marks for row in leaderboard(results).rows if row.source == "run"}
    assert marks == {"alpha": [], "beta": ["limit 20"]}
    printed = {(row.paper, row.table, row.model, row.column): row.marks for row in paper_rows()}
    assert printed["interactive-omni", "10", "qwen2-audio", "aishell1.test.wer"] == ["reproduced"]
    assert printed["interactive-omni", "16", "moshi", "spoken_dialogue.triviaqa.s2s"] == ["uncertain"]
    assert printed["qwen3-omni", "16", "qwen3-30b-a3b-base-202507", "mmlu.acc"] == ["base model"]
    assert "ablation" in printed["hello-chat", "A", "hello-chat-stage2-baseline", "hello_chat.ser.acc"]
    assert "reference" in printed["covo-audio", "13", "random-guess", "mmar.avg"]
    exception = printed["interactive-omni", "13", "interactive-omni-4b", "voicebench.overall"]
    assert "does not follow from its columns" in exception


def test_patterns_choose_columns_and_models(results: Path) -> None:
    rows = leaderboard(results).rows
    assert {row.column for row in selected(rows, "librispeech.test_c*")} == {CLEAN}
    assert {row.model for row in selected(rows, models="alpha, bet?")} == {"alpha", "beta"}
    with pytest.raises(UnknownNameError, match=f"Did you mean .*{OTHER}"):
        selected(rows, columns="librispeech.test_othr.wer")
    with pytest.raises(UnknownNameError, match="Did you mean alpha"):
        selected(rows, models="alhpa")


def test_named_columns_are_shown_as_printed_where_no_run_has_them(
    main: Callable[..., Any], results: Path, tmp_path: Path
) -> None:
    def shown(*words: Any) -> set[tuple[str, str]]:
        done = main("leaderboard", "--out", results, *words)
        assert done.code == 0, done.err
        return {(row["column"], row["source"]) for row in json.loads(done.out)["rows"]}

    assert shown("--columns", "mmmb.average") == {("mmmb.average", "paper")}
    both = {(CLEAN, "run"), (CLEAN, "paper"), ("mmmb.average", "paper")}
    assert shown("--columns", f"mmmb.average, {CLEAN}") == both
    assert shown("--columns", CLEAN, "--task", "librispeech") == {(CLEAN, "run"), (CLEAN, "paper")}
    refused = main("leaderboard", "--out", results, "--columns", "mmmb.avrage")
    assert refused.code == 2 and "unknown column 'mmmb.avrage'" in refused.err


def test_csv_has_every_field_and_reads_back(main: Callable[..., Any], tmp_path: Path) -> None:
    make_run(tmp_path, HOSTILE, {CLEAN: 1.5}, **WER, model_arguments={"a": [1, "x,y"]})
    board = leaderboard(tmp_path).rows
    lines = list(csv.DictReader(io.StringIO(main("leaderboard", "--out", tmp_path, "--format", "csv").out)))
    assert len(lines) == len(board)
    for line, row in zip(lines, board, strict=True):
        assert line["model"] == row.model
        assert float(line["value"]) == row.value
        assert json.loads(line["marks"] or "[]") == row.marks
        assert json.loads(line["arguments"] or "{}") == (row.arguments or {})


class Texts(HTMLParser):
    """Tags and cell texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_html_shows_a_hostile_name_as_text(main: Callable[..., Any], tmp_path: Path) -> None:
    make_run(tmp_path, HOSTILE, {CLEAN: 1.5}, **WER)
    page = Texts(main("leaderboard", "--out", tmp_path, "--format", "html", "--rank").out)
    assert "script" not in page.tags
    assert HOSTILE in page.texts
    assert page.tags.count("table") == page.tags.count("caption") == 1


def test_markdown_has_one_table_per_column_whose_cells_hold(main: Callable[..., Any], tmp_path: Path) -> None:
    make_run(tmp_path, HOSTILE, {CLEAN: 1.5, OTHER: 2.5}, **WER)
    text = main("leaderboard", "--out", tmp_path, "--format", "md", "--rank").out
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert sum(line.startswith("| Rank |") for line in lines) == 2
    assert {line.replace("\\|", "").count("|") for line in lines} == {9}, "the pipe of the name ends no cell"


BROKEN: dict[str, tuple[Callable[[str], str], list[str]]] = {
    "truncated": (lambda text: text[:200], ["truncated", "evalkit run --model alpha --task librispeech"]),
    "older schema": (lambda text: text.replace("summary/2", "summary/1"), ["evalkit.summary/1", "evalkit.summary/2"]),
    "NaN": (lambda text: text.replace('"value": 1.5', '"value": NaN'), ["is nan, not a number", "evalkit run"]),
    "infinity": (lambda text: text.replace('"high": 2.5', '"high": Infinity'), ["evalkit run"]),
    "a key too many": (lambda text: text.replace('"limit"', '"limits": 1, "limit"'), ["limits", "evalkit run"]),
    "a text for a number": (lambda text: text.replace('"seed": 0', '"seed": "x"'), ["seed"]),
    "no object": (lambda text: "[]", ["schema None"]),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_damaged_summary_is_named_with_the_command_that_helps(
    kind: str, main: Callable[..., Any], tmp_path: Path
) -> None:
    damage, expected = BROKEN[kind]
    path = make_run(tmp_path, "alpha", {CLEAN: 1.5}, **WER) / "summary.json"
    text = path.read_text()
    assert damage(text) != text
    path.write_text(damage(text))
    done = main("leaderboard", "--out", tmp_path)
    assert done.code == 2
    assert all(word in done.err for word in [str(path), *expected]), done.err
    with pytest.raises(ResultsError):
        load_summary(path)


def test_a_result_that_is_no_number_is_refused_like_a_column(main: Callable[..., Any], tmp_path: Path) -> None:
    run = make_run(tmp_path, "alpha", {CLEAN: 1.5}, **WER, results=[result_record(7.75)])
    path = run / "summary.json"
    path.write_text(path.read_text().replace("7.75", "NaN"))
    for command in (["leaderboard"], ["export", "--format", "csv", "--per", "result", "--to", tmp_path / "x.csv"]):
        done = main(*command, "--out", tmp_path)
        assert done.code == 2 and f"{path}: the value of result 0 is nan, not a number. Repeat 'evalkit run" in done.err
    assert not (tmp_path / "x.csv").exists()


def test_a_leaderboard_of_a_task_has_its_columns_only(main: Callable[..., Any], results: Path) -> None:
    make_run(results, "gamma", {"mmmb.average": 50.0}, task="mmmb")
    done = main("leaderboard", "--out", results, "--task", "librispeech")
    assert {row["column"] for row in done.json["rows"]} >= {CLEAN, "librispeech.dev_clean.wer"}
    assert all(row["column"].startswith("librispeech.") for row in done.json["rows"])


def test_a_file_is_written_as_a_whole(main: Callable[..., Any], results: Path, tmp_path: Path) -> None:
    target = tmp_path / "board.json"
    done = main("leaderboard", "--out", results, "--to", target)
    assert (done.code, done.out) == (0, "")
    assert Leaderboard.model_validate_json(target.read_bytes()) == leaderboard(results)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    refused = main("leaderboard", "--out", results, "--to", tmp_path / "no" / "board.json")
    assert refused.code == 2
    assert "cannot be written" in refused.err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--protocol", "x"], "--rank"),
        (["--rank", "--protocol", "error_rate:kimi/zh"], "Did you mean error_rate:kimi/en"),
        (["--json", "--format", "csv"], "contradict"),
        (["--columns", "librispeech.tset_clean.wer"], CLEAN),
    ],
)
def test_wrong_words_are_answered_with_help(
    main: Callable[..., Any], results: Path, words: list[str], expected: str
) -> None:
    done = main("leaderboard", "--out", results, *words)
    assert done.code == 2
    assert expected in done.err
