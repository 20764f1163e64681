"""Files for official scorers: the official rule on the written file gives the value of the run."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scored_runs import quiz_run

import evalkit
from evalkit.core.task import Task
from evalkit.data.choosing import choices
from evalkit.data.dataset import Dataset
from evalkit.data.layouts import Json
from evalkit.metrics.scorers import scorer

Main = Callable[..., Any]
OPTIONS = ("a red car", "The dog barks", "two dogs", "B", "silence; no sound", "a violin")


def official(rows: list[dict[str, Any]], key: str) -> tuple[int, int]:
    """Right and counted rows by the token rule as the protocol describes it, written anew for this test."""
    right = counted = 0
    for row in rows:
        if key not in row:
            continue
        counted += 1
        said, wanted = (set(re.findall(r"\b\w+\b", text.lower())) for text in (row[key], row["answer"]))
        wrong: set[str] = set()
        for option in row["choices"]:
            tokens = set(re.findall(r"\b\w+\b", option.lower()))
            if tokens != wanted:
                wrong |= tokens - wanted
        right += bool(said) and wanted <= said and not said & wrong
    return right, counted


@pytest.fixture
def finished(tmp_path: Path, write_lines: Callable[..., Path]) -> Callable[..., Any]:
    """A run of a choice task with answers of many kinds, some of them missing."""

    def make(profile: str, facts: tuple[str, ...], *, missing: int = 0) -> Any:
        draw = random.Random(7)
        rows: list[dict[str, Any]] = []
        for number in range(60):
            options = draw.sample(OPTIONS, 4)
            fact = {name: draw.choice(["x", "y"]) for name in facts}
            rows.append(
                {
                    "id": f"q{number}",
                    "question": "Which one?",
                    "audio": f"./wav/{number}.wav",
                    "choices": options,
                    "answer": draw.choice(options),
                    **fact,
                }
            )
        folder = tmp_path / "data" / "mcq"
        folder.mkdir(parents=True)
        (folder / "test.json").write_text(json.dumps(rows))  # the recordings are not there, and not needed
        source = Dataset(
            "mcq",
            ("test",),
            [Json("{split}.json", fields={name: name for name in ("question", "audio", "choices", "answer", *facts)})],
        )
        made = choices("{question}", media="audio", meta=facts, equal=True, answer_as="text")
        task = Task(
            source=source,
            sample=made,
            scorers=[scorer(f"choice:{profile}")],
            takes=frozenset({"text", "audio"}),
            name="mcq",
        )
        said = []
        for row in rows:
            option = draw.choice(row["choices"])
            said.append(
                draw.choice([option, f"The answer is: {option}", f"(A) {option}", "", "B", row["answer"], "世界\n"])
            )
        lines: list[dict[str, Any]] = [{"id": row["id"], "text": text} for row, text in zip(rows, said, strict=True)]
        for line in lines[:missing]:
            line["text"] = None
        answers = write_lines(tmp_path / "said.jsonl", lines)
        (outcome,) = evalkit.evaluate(
            "replay", task, model_arguments={"file": str(answers)}, out=tmp_path / "out", data=tmp_path / "data"
        )
        return outcome

    return make


def test_mmau(finished: Callable[..., Any], tmp_path: Path, main: Main) -> None:
    outcome = finished("mmau", ("task", "difficulty", "sub-category"))
    to = tmp_path / "mmau.json"
    assert main("data", "submission", outcome.directory, "--format", "mmau", "--to", to).code == 0
    rows = json.loads(to.read_text(encoding="utf-8"))
    (result,) = [found for found in outcome.summary.results if found.breakdown is None]
    for key in ("model_output", "model_prediction"):
        right, counted = official(rows, key)
        assert counted == result.n == 60
        assert 0 < right < 60
        assert 100 * right / counted == pytest.approx(result.value)
    assert {"id", "audio_id", "question", "choices", "answer", "task", "difficulty", "sub-category"} <= set(rows[0])
    assert rows[0]["question"].startswith("Which one?\nA. ")  # as it was asked
    assert not {"reference", "meta"} & set(rows[0])


def test_rows_without_an_answer(finished: Callable[..., Any], tmp_path: Path, main: Main) -> None:
    """Refused, as the official denominator shrinks; with --partial they are rows without the key."""
    outcome = finished("mmar", ("modality", "category", "sub-category"), missing=5)
    to = tmp_path / "mmar.json"
    words = ("data", "submission", outcome.directory, "--format", "mmar", "--to", to)
    done = main(*words)
    assert done.code == 2
    assert "5 of 60" in done.err
    assert not to.exists()
    assert main(*words, "--partial").code == 1
    rows = json.loads(to.read_text(encoding="utf-8"))
    right, counted = official(rows, "answer_prediction")
    (result,) = [found for found in outcome.summary.results if found.breakdown is None]
    assert (len(rows), counted) == (60, 55)
    assert 100 * right / counted == pytest.approx(result.value), "the profile leaves out what the official rule does"


def test_a_field_that_the_official_scorer_reads_is_missed(
    finished: Callable[..., Any], tmp_path: Path, main: Main
) -> None:
    outcome = finished("mmau", ("task",))
    done = main("data", "submission", outcome.directory, "--format", "mmau", "--to", tmp_path / "x.json")
    assert done.code == 2
    assert "'difficulty'" in done.err


def test_voicebench(finished: Callable[..., Any], tmp_path: Path, main: Main) -> None:
    outcome = finished("voicebench_mcq", ("level",))
    to = tmp_path / "voicebench.jsonl"
    assert main("data", "submission", outcome.directory, "--format", "voicebench", "--to", to).code == 0
    rows = [json.loads(line) for line in to.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 60
    assert all({"prompt", "response", "reference", "level"} <= set(row) for row in rows)
    assert {row["reference"] for row in rows} == set("ABCD")


def test_plain_lines_can_be_scored_again(finished: Callable[..., Any], tmp_path: Path, main: Main) -> None:
    outcome = finished("mmau", ())
    to = tmp_path / "plain.jsonl"
    assert main("data", "submission", outcome.directory, "--format", "jsonl", "--to", to).code == 0
    from evalkit.data.responses import read_responses

    told = {line["id"]: line["text"] for line in map(json.loads, (outcome.directory / "samples.jsonl").open())}
    assert {key: said.text for key, said in read_responses(str(to)).items()} == told


def test_what_is_no_run(tmp_path: Path, main: Main) -> None:
    done = main("data", "submission", tmp_path, "--format", "mmau", "--to", tmp_path / "x.json")
    assert done.code == 2
    assert "samples.jsonl" in done.err


def test_the_command_knows_every_format() -> None:
    from evalkit.cli.data_submission import FORMATS
    from evalkit.report.submissions import SUBMISSIONS

    assert tuple(SUBMISSIONS) == FORMATS


def test_what_was_not_asked_is_missed_too(
    finished: Callable[..., Any], write_lines: Callable[..., Path], tmp_path: Path, main: Main
) -> None:
    """A journal holds no line of a sample whose turn never came."""
    outcome = finished("mmar", ("modality", "category", "sub-category"))
    words = ("data", "submission", outcome.directory, "--format", "mmar", "--to", tmp_path / "mmar.json")
    lines = [json.loads(line) for line in (outcome.directory / "samples.jsonl").read_text().splitlines()]
    write_lines(outcome.directory / "samples.jsonl", lines[:58])
    done = main(*words)
    assert done.code == 2
    assert "2 of 60 samples not answered yet" in done.err
    done = main(*words, "--partial")
    assert done.code == 1
    assert "58 rows; 2 of 60 samples not answered yet" in done.err
    (outcome.directory / "summary.json").unlink()
    assert "broken off before its summary was written" in main(*words).err


@pytest.mark.parametrize("part", ["5", "50%"])
def test_a_part_of_the_samples_is_no_submission(part: str, tmp_path: Path, main: Main) -> None:
    run = quiz_run(tmp_path, [True] * 8, limit=part)
    words = ("data", "submission", run, "--format", "jsonl", "--to", tmp_path / "part.jsonl")
    refused = main(*words)
    assert refused.code == 2
    assert f"not a run over all samples ({'limit 5' if part == '5' else 'first 50 %'})" in refused.err
    assert main(*words, "--partial").code == 1


def test_a_later_asking_goes_by_the_ids_of_the_data(
    write_lines: Callable[..., Path], tmp_path: Path, main: Main
) -> None:
    run = quiz_run(tmp_path, [True] * 3, repeats=2)
    journal = run / "samples.jsonl"  # the recorded answers hold none to the second asking
    lines = [{**json.loads(line), "failure": None, "text": "yes"} for line in journal.read_text().splitlines()]
    write_lines(journal, lines)
    ids = []
    for repeat in (1, 2):
        to = tmp_path / f"{repeat}.jsonl"
        main("data", "submission", run, "--format", "jsonl", "--repeat", repeat, "--to", to, "--partial")
        ids.append([json.loads(line)["id"] for line in to.read_text().splitlines()])
    assert ids[0] == ids[1] == ["q0000", "q0001", "q0002"]
