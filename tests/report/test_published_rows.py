"""The loader of the published tables: common scales, corrected headings, marks, and errors that say where."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalkit.core.errors import DataError, UnknownNameError
from evalkit.published import numbers as published
from evalkit.published.numbers import PublishedRow
from evalkit.published.tables import parse_paper
from evalkit.statistics.averages import cut, recompute, rounded


def cell(column: str, model_id: str, paper: str, table: str | None = None) -> PublishedRow:
    found = [
        row
        for row in published.rows(column)
        if (row.model_id, row.paper) == (model_id, paper) and table in (None, row.table)
    ]
    assert len(found) == 1
    return found[0]


def document(paper_id: str) -> Any:
    return json.loads((published.published_folder() / f"{paper_id}.json").read_text(encoding="utf-8"))


def test_voicebench_judge_scores_of_both_scales_meet_on_0_to_100() -> None:
    one_to_five = cell("voicebench.wildvoice", "qwen2-5-omni-7b", "interactive-omni")
    assert (one_to_five.printed, one_to_five.value, one_to_five.decimals) == (3.89, 77.8, 2)
    to_hundred = cell("voicebench.wildvoice", "qwen2-5-omni-7b", "qwen3-omni")
    assert (to_hundred.printed, to_hundred.value, to_hundred.decimals) == (77.7, 77.7, 1)
    assert published.columns()["voicebench.wildvoice"].unit == "score 0-100"
    assert published.columns()["voicebench.wildvoice"].range == (0, 100)


def test_ocrbench_out_of_1000_is_given_on_0_to_100() -> None:
    row = cell("ocrbench.overall", "emova-7b", "emova", "2")
    assert (row.printed, row.value, row.decimals) == (814, 81.4, 0)


def test_exchanged_headings_are_corrected_and_noted() -> None:
    # Qwen3-Omni Table 7 prints 66.7 for BBH and 53.5 for IFEval.
    bbh = cell("voicebench.bbh", "qwen2-5-omni-7b", "interactive-omni")
    assert bbh.value == cell("voicebench.bbh", "qwen2-5-omni-7b", "qwen3-omni").value == 66.7
    assert bbh.notes == ("printed under the heading IFEval; the column holds BBH",)
    assert published.columns()["voicebench.bbh"].labels == ("BBH", "VoiceBench BBH")
    assert published.columns()["voicebench.ifeval"].labels == ("IFEval", "VoiceBench IFEval")


def test_marks_readings_and_exceptions_reach_the_row() -> None:
    taken = cell("air_bench.foundation.avg", "covo-audio", "covo-audio")
    assert (taken.value, taken.mark, taken.reading) == (80.86, "from-figure-1", "uncertain")
    assert cell("fleurs.en.wer", "whisper-large-v3", "interactive-omni").reading == "repaired"
    misprint = cell("covo_asr_suite.avg.wer", "seed-asr", "covo-audio")
    assert misprint.exception is not None
    assert "4.66" in misprint.exception
    assert cell("covo_asr_suite.avg.wer", "covo-audio", "covo-audio").exception is None


def test_exceptions_go_by_variant() -> None:
    rows = {row.variant: row for row in published.rows("throughput.generation_rtf")}
    assert [(name, row.exception is not None) for name, row in sorted(rows.items(), key=str)] == [
        ("concurrency-1", False),
        ("concurrency-4", False),
        ("concurrency-6", True),
    ]


def test_rows_of_all_columns_are_all_values() -> None:
    rows = [row for name in published.columns() for row in published.rows(name)]
    assert len(rows) == 2793
    info = published.columns()
    assert all(info[row.column].range[0] <= row.value <= info[row.column].range[1] for row in rows)
    assert all(row.paper in info[row.column].papers for row in rows)


def test_column_shared_by_papers_names_them_all() -> None:
    info = published.columns()["librispeech.test_clean.wer"]
    assert set(info.papers) == {"covo-audio", "emova", "interactive-omni", "qwen3-omni"}
    assert (info.unit, info.higher_is_better) == ("WER %", False)
    assert {row.paper for row in published.rows(info.id)} == set(info.papers)


def test_suite_average_of_a_run_follows_the_papers_rule() -> None:
    (rule,) = published.averaging_rules("covo_asr_suite.avg.wer")
    printed = cell("covo_asr_suite.avg.wer", "gpt-4o-audio", "covo-audio")
    values = {name: cell(name, "gpt-4o-audio", "covo-audio").value for name in rule.of}
    found = recompute(rule, values)
    assert found is not None
    assert rounded(found.value, printed.decimals, rule.rounding) == printed.value == 8.85
    assert cut(found.value, 4) == 8.8557
    assert recompute(rule, {**values, "aishell1.test.wer": None}) is None


def test_voicebench_rule_is_one_on_the_common_scale() -> None:
    (rule,) = published.averaging_rules("voicebench.overall")
    assert (rule.formula, rule.scale, len(rule.of)) == ("mean", (), 9)
    values = {name: cell(name, "qwen2-5-omni-7b", "interactive-omni").value for name in rule.of}
    found = recompute(rule, values)
    assert found is not None
    assert rounded(found.value, 1, "nearest") == cell("voicebench.overall", "qwen2-5-omni-7b", "interactive-omni").value


def test_column_without_average_has_no_rule() -> None:
    assert published.averaging_rules("librispeech.test_clean.wer") == []


def test_unknown_names_are_answered_with_near_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"librispeech\.test_clean\.wer"):
        published.rows("librispeech.test_clean")
    with pytest.raises(UnknownNameError, match="covo-audio"):
        published.load_paper("covo")


def test_the_list_of_columns_is_the_callers_own() -> None:
    published.columns().clear()
    assert len(published.columns()) == 349


def test_readme_lists_every_column_id_with_its_papers() -> None:
    text = (published.published_folder().parent / "README.md").read_text(encoding="utf-8")
    heads = re.findall(r"^\| `([a-z0-9-]+)\.json` \| .*?\((\w\w)\)", text, re.MULTILINE)
    initials = {mark: name for name, mark in heads}
    listed: dict[str, set[str]] = {}
    for line in text.partition("## Column ids")[2].splitlines():
        if match := re.match(r"- `(.+?)` — .*[;(] ?((?:(?:IO|CA|Q3|HC|EM) ?)+)\)$", line):
            head, _, rest = match[1].partition("{")
            middle, _, tail = rest.partition("}")
            for part in middle.split(", "):
                listed[head + part + tail] = {initials[mark] for mark in match[2].split()}
    known = published.columns()
    assert listed.keys() == known.keys()
    # The README groups ids by benchmark, so it names at least the papers of each id.
    assert [name for name, info in known.items() if not set(info.papers) <= listed[name]] == []


def _row(doc: Any) -> Any:
    return doc["tables"][0]["rows"][0]


FAULTS: dict[str, Callable[[Any], object]] = {
    "the key 'rows' is missing": lambda doc: doc["tables"][0].pop("rows"),
    "'title' must be of type str, found int": lambda doc: doc["tables"][0].update(title=3),
    "table 2 occurs twice": lambda doc: doc["tables"].append(doc["tables"][0]),
    "a column id occurs twice": lambda doc: doc["tables"][0]["columns"].append(doc["tables"][0]["columns"][0]),
    "a row .* occurs twice": lambda doc: doc["tables"][0]["rows"].append(_row(doc)),
    "differing: mme.total": lambda doc: _row(doc)["values"].pop("mme.total"),
    "row emova-3b: expected a number, found '79,2'": lambda doc: _row(doc)["values"].update({"mme.total": "79,2"}),
    "found True": lambda doc: _row(doc)["values"].update({"mme.total": True}),
    "found nan": lambda doc: _row(doc)["values"].update({"mme.total": float("nan")}),
    "mark on 'mme'": lambda doc: _row(doc).update(marks={"mme": "reproduced"}),
    "range must be": lambda doc: doc["tables"][0]["columns"][0].update(range=[100, 0]),
    "averages 'mme', which is no column": lambda doc: doc["tables"][0]["aggregates"].append(
        {"column": "mme.total", "formula": "mean", "of": ["mme"]}
    ),
    "unknown formula 'median'": lambda doc: doc["tables"][0]["aggregates"].append(
        {"column": "mme.total", "formula": "median", "of": ["mme.total"]}
    ),
    "schema is 'published-tables/2'": lambda doc: doc.update(schema="published-tables/2"),
}


@pytest.mark.parametrize("message", FAULTS)
def test_faulty_document_is_refused_with_its_place(message: str) -> None:
    doc = document("emova")
    FAULTS[message](doc)
    with pytest.raises(DataError, match=message) as caught:
        parse_paper(doc, "emova.json")
    assert str(caught.value).startswith("emova.json")


def test_file_errors_name_the_file(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match=r"broken\.json: is not valid JSON"):
        published.read_paper(broken)
    with pytest.raises(DataError, match="cannot be read"):
        published.read_paper(tmp_path / "absent.json")
    renamed = tmp_path / "renamed.json"
    renamed.write_text(json.dumps(document("emova")), encoding="utf-8")
    with pytest.raises(DataError, match=r"must be named emova\.json"):
        published.read_paper(renamed)
