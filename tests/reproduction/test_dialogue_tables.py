"""Dry runs of the dialogue tables: each cell has a task or is said to have none; with data, samples and calls are told."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalkit.published.numbers import load_paper
from evalkit.reproduction.plan import table_plan

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tasks"))
from test_uro_bench import sets
from uro_bench_copy import uro_bench

STAND_INS = Path(__file__).resolve().parents[1] / "tasks" / "spoken_stand_ins.py"
TABLES = [
    ("covo-audio", "5a", set()),
    ("covo-audio", "5b", set()),
    ("emova", "3", set()),
    ("hello-chat", "2", {"mmau.hello_chat_subset.acc"}),
    ("hello-chat", "3", set()),
    ("hello-chat", "4", set()),
    ("hello-chat", "A", {"mmau.hello_chat_subset.acc"}),
    ("hello-chat", "B", set()),
]


@pytest.mark.parametrize(("paper", "number", "elsewhere"), TABLES)
def test_every_cell_of_the_dialogue_tables_has_a_job(paper: str, number: str, elsewhere: set[str]) -> None:
    plan = table_plan(paper, number)
    table = load_paper(paper).tables[number]
    models = {row.model_id for row in plan.rows}
    assert {job.model_id for job in plan.jobs} == models
    for model in models:
        yielded = {column for job in plan.jobs if job.model_id == model for column in job.columns}
        assert {column.id for column in table.columns.values()} - yielded <= elsewhere
    assert set(plan.without_task) <= elsewhere  # that subset of MMAU is MMAU's task's
    if number in ("5a", "5b"):
        assert {job.splits for job in plan.jobs} == {plan.jobs[0].splits}
        assert len(plan.jobs[0].splits) == 10, "the other thirty sets of the benchmark are not asked"


def test_a_dry_run_over_ten_sets_says_what_they_would_cost(tmp_path: Path, main: Callable[..., Any]) -> None:
    rows = [row for row in sets() if (row["language"], row["level"]) == ("zh", "basic")]
    replies, _ = uro_bench(tmp_path, rows)
    lines = [json.dumps({"id": key, "text": "x", "audio": "basic/Repeat-zh/wavs/q.wav"}) for key in replies]
    (tmp_path / "uro_bench/answers.jsonl").write_text("\n".join(lines))
    done = main("reproduce", "covo-audio", "--table", "5a", "--model", "glm-4-voice", "--use",
                f"glm-4-voice=replay,file={tmp_path / 'uro_bench/answers.jsonl'}", "--data", tmp_path, "--transcriber", f"{STAND_INS}:ear",
                "--judge", "openai-compatible", "--judge-arg", "base_url=http://127.0.0.1:9/v1", "--judge-arg", "model=m",
                "--dry-run", "--json")  # fmt: skip
    assert done.code == 0, done.err
    (job,) = done.json
    assert job["problems"] == []
    assert job["samples"] == len(replies)
    judged = len(replies) - 3  # Repeat-zh has a rule
    assert job["calls"] == 3 * judged + len(replies) + len(replies), "three votes, the model itself, the recogniser"
    assert not (tmp_path / "here/results").exists()
