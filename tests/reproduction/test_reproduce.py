"""Reproducing tables: what is missing is told, the rest runs, and ours stands beside theirs on the table's scale."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asr_cases import CASES, rate
from asr_corpora import answers, build

from evalkit import plugins
from evalkit.core.errors import DataError, UnknownNameError
from evalkit.published.numbers import load_paper, papers
from evalkit.published.settling import columns_of
from evalkit.records.leaderboard import LeaderboardRow
from evalkit.reproduction.outcome import compared
from evalkit.reproduction.plan import Job, Plan, look, table_plan
from evalkit.run.options import Options

SMALL = {"librispeech": ("dev_clean", "dev_other", "test_clean", "test_other"), "aishell1": ("test",)}


@pytest.fixture
def corpora(tmp_path: Path) -> tuple[Path, Path]:
    """Two of the six corpora of InteractiveOmni's Table 10, and answers to them."""
    data = tmp_path / "data"
    for task in SMALL:
        ids, _ = build(task, data)
        answers(tmp_path / "answers.jsonl", task, ids)
    return data, tmp_path / "answers.jsonl"


def test_what_can_be_run_is_run_and_compared_and_the_rest_is_told(
    evalkit: Callable[..., Any], corpora: tuple[Path, Path]
) -> None:
    data, file = corpora
    words = ["reproduce", "interactive-omni", "--table", "10", "--model", "interactive-omni-4b,whisper-large-v3",
             "--use", f"interactive-omni-4b=replay,file={file}", "--data", data]  # fmt: skip
    done = evalkit(*words, "--json", timeout=120)
    assert done.code == 1  # four corpora and the weights of Whisper are not here
    cells = {cell["column"]: cell for cell in done.json["cells"]}
    printed = {"librispeech.dev_clean.wer": 1.6, "librispeech.dev_other.wer": 3.38, "librispeech.test_clean.wer": 1.73,
               "librispeech.test_other.wer": 3.69, "aishell1.test.wer": 1.21}  # fmt: skip
    assert {name: cell["theirs"] for name, cell in cells.items()} == printed
    ours = {
        f"{task}.{split}.wer": float(rate(CASES[task][split])) for task, splits in SMALL.items() for split in splits
    }
    for name, cell in cells.items():
        assert cell["ours"] == pytest.approx(ours[name])
        assert cell["difference"] == pytest.approx(ours[name] - printed[name])
        low, high = cell["low"], cell["high"]  # None where one speaker tells nothing of the spread
        assert cell["inside"] == (None if low is None else low - 0.005 <= cell["theirs"] <= high + 0.005)
    assert cells["aishell1.test.wer"]["inside"] is True
    problems = {(job["model"], job["task"]): job["problems"] for job in done.json["jobs"]}
    assert not problems["interactive-omni-4b", "librispeech"]
    assert "no copy of 'fleurs'" in problems["interactive-omni-4b", "fleurs"][0]
    assert "hf download openai/whisper-large-v3" in problems["whisper-large-v3", "librispeech"][0]
    text = evalkit(*words, timeout=120)
    assert text.code == 1 and "printed values lie in our intervals" in text.out and "cannot be run here" in text.out


def test_a_dry_run_asks_and_writes_nothing(
    evalkit: Callable[..., Any], corpora: tuple[Path, Path], tmp_path: Path
) -> None:
    data, file = corpora
    done = evalkit("reproduce", "interactive-omni", "--table", "10", "--model", "interactive-omni-8b", "--data", data,
                   "--use", f"interactive-omni-8b=replay,file={file}", "--dry-run", "--json")  # fmt: skip
    assert done.code == 0 and not (tmp_path / "cwd" / "results").exists()
    jobs = {job["task"]: job for job in done.json}
    assert jobs["librispeech"]["samples"] == sum(len(CASES["librispeech"][split]) for split in SMALL["librispeech"])
    assert jobs["librispeech"]["problems"] == [] and jobs["librispeech"]["calls"] == jobs["librispeech"]["samples"]
    assert "no copy of 'wenetspeech'" in jobs["wenetspeech"]["problems"][0]


def test_limits_are_marked(evalkit: Callable[..., Any], corpora: tuple[Path, Path]) -> None:
    data, file = corpora
    done = evalkit("reproduce", "interactive-omni", "--table", "10", "--model", "interactive-omni-4b", "--json",
                   "--task", "librispeech", "--limit", "4", "--data", data,
                   "--use", f"interactive-omni-4b=replay,file={file}")  # fmt: skip
    assert done.code == 0
    assert all("limit 4" in cell["remarks"] for cell in done.json["cells"])


def test_nothing_to_run_is_exit_code_2(evalkit: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = evalkit("reproduce", "interactive-omni", "--table", "6", "--model", "interactive-omni-4b,gpt-4o-mini",
                   "--data", tmp_path / "empty", env={"OPENAI_API_KEY": ""})  # fmt: skip
    assert done.code == 2 and "hf download sensenova/InteractiveOmni-4B" in done.out
    assert "add --use interactive-omni-4b=interactive-omni-4b,trust_remote_code=true" in done.out
    assert "MMMB was never released" in done.out and "nothing of this table can be run here" in done.err


def test_data_are_missed_too_where_no_model_gets_that_far(evalkit: Callable[..., Any]) -> None:
    words = ("reproduce", "interactive-omni", "--table", "6", "--model", "interactive-omni-4b")
    for more in ((), ("--dry-run",)):
        done = evalkit(*words, *more)
        assert "hf download sensenova/InteractiveOmni-4B" in done.out and "MMMB was never released" in done.out


def test_keys_are_missed_too_where_the_data_are_missing(evalkit: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    words = ("reproduce", "interactive-omni", "--table", "6", "--model", "gpt-4o-mini", "--data", tmp_path / "empty")
    for more in ((), ("--dry-run",)):
        done = evalkit(*words, *more, env={"OPENAI_API_KEY": ""})
        assert "set the environment variable OPENAI_API_KEY" in done.out and "MMMB was never released" in done.out
        kept = evalkit(*words, *more, env={"OPENAI_API_KEY": "sk-0123456789"})
        assert "OPENAI_API_KEY" not in kept.out and "MMMB was never released" in kept.out


def test_a_hub_that_cannot_be_reached_is_asked_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[str] = []

    def unreachable(make: Any, chosen: Any, options: Any) -> Any:
        asked.append(chosen[0].task.name)
        raise DataError("hub data set openslr/librispeech_asr", "the hub cannot be reached")

    monkeypatch.setattr("evalkit.reproduction.plan.foresee_all", unreachable)
    use = {f"mine-{i}": "constant" for i in range(3)}
    plan = table_plan("interactive-omni", "10", list(use), ["librispeech"], use)
    jobs = list(look(plan, Options(out=tmp_path)))
    assert [job.problems for job in jobs] == [jobs[0].problems] * 3 and len(jobs[0].problems) == 1
    assert asked == ["librispeech"]


def row(column: str, value: float, n: int, **changes: Any) -> LeaderboardRow:
    return LeaderboardRow(
        model="interactive-omni-4b", column=column, value=value, low=value - 4, high=value + 4, n=n, unit="%",
        higher_is_better=True, source="run", protocol="accepted_answer", **changes,
    )  # fmt: skip


def test_averages_follow_the_rule_of_the_table() -> None:
    rows = [row("mmmb.text_memory", 100 * 70 / 99, 99), row("mmmb.image_memory", 100 * 31 / 102, 102)]
    rows.append(row("mmmb.mixed_memory", 100 * 37 / 62, 62))
    plan = table_plan("interactive-omni", "6", ["interactive-omni-4b"])
    cells = {cell.column: cell for cell in compared(plan, rows)}
    assert cells["mmmb.average"].ours == pytest.approx(100 * 138 / 263)  # pooled over the items
    assert cells["mmmb.average"].theirs == 52.47 and cells["mmmb.average"].inside is None
    assert all(cell.inside for name, cell in cells.items() if name != "mmmb.average")
    assert abs(cells["mmmb.text_memory"].difference or 0) < 0.005


def test_values_are_on_the_scale_of_the_table() -> None:
    """A table that prints scores of 1 to 5 where the column's common scale is %."""
    found = [
        (table, printed, column)
        for paper in papers()
        for table in load_paper(paper).tables.values()
        for column in table.columns.values()
        for printed in table.rows
        if column.factor != 1 and printed.values[column.id] is not None
    ]
    assert found
    for table, printed, column in found:
        theirs = float(printed.values[column.id] or 0)
        plan = Plan(table, [printed], [Job(printed.model_id, "any", [column.id])], [], [])
        ours = row(column.id, theirs * float(column.factor), 10).model_copy(update={"model": printed.model_id})
        cell = next(cell for cell in compared(plan, [ours]) if cell.column == column.id)
        assert (cell.ours, cell.theirs, cell.inside) == (pytest.approx(theirs), theirs, True)


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [
        (("interactive-omny", "6"), "interactive-omni"),
        (("interactive-omni", "66"), "6"),
        (("interactive-omni", "6", ["interactive-omni-4"]), "interactive-omni-4b"),
        (("interactive-omni", "6", [], ["mmmbb"]), "mmmb"),
    ],
)
def test_unknown_names_come_with_the_nearest(arguments: tuple[Any, ...], nearest: str) -> None:
    with pytest.raises(UnknownNameError, match=nearest):
        table_plan(*arguments)


def test_every_table_can_be_planned() -> None:
    """All 51: every column has a task that yields it, is an average of others, or is named as missing."""
    count = 0
    for paper in papers():
        for number, table in load_paper(paper).tables.items():
            plan = table_plan(paper, number)
            by_task = [column for task in {job.task: job for job in plan.jobs}.values() for column in task.columns]
            assert sorted([*by_task, *plan.without_task, *plan.averages]) == sorted(table.columns)
            for job in plan.jobs:
                assert set(job.columns) <= set(columns_of(plugins.load_task(job.task)))
            count += 1
    assert count == 51
