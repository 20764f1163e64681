"""MMSU: both official rules by the command line, on the file and on the Hub's Parquet."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from audio_bench import Bench, clip, columns, put

Main = Callable[..., Any]
# category -> (reply, answer): what the official code makes of it stands behind
ROWS = {
    "Perception": [
        ("A", "slow"),  # right
        ("Answer: B", "fast"),  # read as A: wrong
        ("", "slow"),  # wrong since 2026-02, before it took the letter before
        ("b", "fast"),  # lower case: dropped
        ("It is (B)", "fast"),  # last but one: right
    ],
    "Reasoning": [("None", "slow"), ("B. fast", "fast"), ("neither", "slow")],  # wrong; right; dropped
}


def rows() -> tuple[list[dict[str, Any]], dict[str, str]]:
    made: list[dict[str, Any]] = []
    replies = {}
    for category, some in ROWS.items():
        for reply, answer in some:
            key = f"m{len(made)}"
            two = len(made) == 1
            made.append(
                {
                    "id": key,
                    "task_name": "speed_comparison",
                    "audio_path": f"audio/{key}.wav",
                    "question": "How fast is it?",
                    "choice_a": "slow",
                    "choice_b": "fast",
                    "choice_c": None if two else "3",
                    "choice_d": None if two else "4",
                    "answer_gt": answer,
                    "category": category,
                    "sub-category": "Paralinguistics",
                    "sub-sub-category": "Speed",
                    "linguistics_sub_discipline": "Phonetics",
                }
            )
            replies[key] = reply
    return made, replies


def write(root: Path, made: list[dict[str, Any]], form: str) -> None:
    if form == "parquet":
        pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        held = [{**one, "audio": {"bytes": clip(), "path": None}} for one in made]
        path = root / "mmsu/data/train-00000-of-00001.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(held), path)
        return
    made[0]["choice_c"] = 3  # some values are no text there
    for one in made:
        put(root / "mmsu" / one["audio_path"], clip(rate=8000))
    put(root / "mmsu/question/mmsu.jsonl", "".join(f"{json.dumps(one)}\n" for one in made))


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_both_rules(main: Main, tmp_path: Path, form: str) -> None:
    made, replies = rows()
    write(tmp_path, made, form)
    bench = Bench(main, tmp_path, "mmsu")
    code, summary = bench.run(replies)
    expected = {
        "mmsu.perception": 100 * 2 / 4,
        "mmsu.reasoning": 100 * 1 / 2,
        "mmsu.avg": 100 * 3 / 6,
        "mmsu.f0ef334.perception": 100 * 2 / 3,  # a run assesses each reply alone: an empty one is dropped
        "mmsu.f0ef334.reasoning": 100.0,
        "mmsu.f0ef334.avg": 100 * 3 / 4,
    }
    assert columns(summary) == pytest.approx(expected)
    assert summary["columns"]["mmsu.avg"]["n_dropped"] == 2
    assert summary["columns"]["mmsu.avg"]["strict"] == pytest.approx(100 * 3 / 8)
    flags = next(one["flags"] for one in summary["results"] if one["protocol"] == "choice:mmsu@f0ef334")
    assert flags["previous_letter"] == 2
    assert code == 1
    asked = bench.asked()
    assert asked["m1"]["text"].endswith("A. slow\nB. fast")
    assert "C. 3\nD. 4" in asked["m0"]["text"]


def test_a_file_in_the_official_order_carries_the_letter_on(main: Main, tmp_path: Path) -> None:
    made, replies = rows()
    lines = [
        {"choices": ["slow", "fast", "3", "4"], "answer": one["answer_gt"], "response": replies[one["id"]]}
        for one in made
    ]
    file = put(tmp_path / "lines.jsonl", "".join(f"{json.dumps(line)}\n" for line in lines))
    done = main("metric", "choice", "--input", file, "--profile", "mmsu@f0ef334")
    assert done.code == 1, "some are dropped"
    found = json.loads(done.out)
    assert found["value"] == pytest.approx(
        100 * 4 / 6
    )  # the A before is right for the empty one, B before "None" is not
    assert (found["n_dropped"], found["flags"]) == (2, {"previous_letter": 2})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"category": "Feeling"}, "'Feeling' is none of Perception, Reasoning"),
        ({"answer_gt": "medium"}, "the answer 'medium' is none of the options"),
        ({"choice_a": None}, "an option must be text, not None"),
    ],
)
def test_rows_that_cannot_be_scored(main: Main, tmp_path: Path, change: dict[str, Any], told: str) -> None:
    made, _ = rows()
    made[2] |= change
    write(tmp_path, made, "jsonl")
    done = Bench(main, tmp_path, "mmsu").tried({"*": "A"})
    assert done.code == 2
    assert told in done.err


def test_without_recordings_and_as_questions(main: Main, tmp_path: Path) -> None:
    made, replies = rows()
    write(tmp_path, made, "jsonl")
    done = main("data", "export", "mmsu", "--to", tmp_path / "to", "--data", tmp_path)
    assert done.code == 0, done.err
    assert len((tmp_path / "to/questions.jsonl").read_text().splitlines()) == len(made)
    for path in (tmp_path / "mmsu/audio").iterdir():
        path.unlink()
    assert columns(Bench(main, tmp_path, "mmsu").scored(replies, "elsewhere"))["mmsu.avg"] == pytest.approx(50.0)
