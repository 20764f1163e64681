"""Empty, truncated and thought-away answers are counted under every scorer; the thought stands in the journal."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from in_memory import Says, run, task

from evalkit.authoring import Response, exact_match, on
from evalkit.run import notices
from evalkit.run.tallies import Cut

ANSWERS: list[dict[str, Any]] = [
    {"text": "<think>5?</think>4"},
    {"text": "4"},
    {"text": ""},
    {"text": " \n"},
    {"text": "4", "usage": {"output_tokens": 8, "truncated": 1}},
    {"text": "<think>let me see", "usage": {"output_tokens": 8, "truncated": 1}},
    {"text": "<think>let me see"},
    {"text": "", "thought": "told aside", "usage": {"truncated": 1}},
    {"text": "", "usage": {"truncated": 1, "reasoning_tokens": 8}},
    {"text": "", "usage": {"truncated": 1}},
    {"error": "out of order"},
]
EXPECTED = {"empty_answer": 7, "truncated_answer": 6, "bound_spent_thinking": 4}

PROGRAM = """
import json, sys
answers = json.load(open(sys.argv[1]))
for line in sys.stdin:
    key = json.loads(line)["id"]
    print(json.dumps({"id": key, **answers[int(key)]}), flush=True)
"""


@pytest.fixture
def words(tmp_path: Path, write_lines: Callable[..., Path]) -> list[object]:
    rows = [{"id": str(n), "prompt": "2 + 2?", "reference": "4"} for n in range(len(ANSWERS))]
    task = write_lines(tmp_path / "sums.jsonl", rows)
    (tmp_path / "answers.json").write_text(json.dumps(ANSWERS))
    (tmp_path / "answers.py").write_text(PROGRAM)
    command = f"{sys.executable} -S {tmp_path / 'answers.py'} {tmp_path / 'answers.json'}"
    return ["--model", "command", "--model-arg", f"cmd={command}", "--task", task, "--out", tmp_path / "out", "--json"]


@pytest.mark.parametrize("scorer", ["exact_match", "document:contains", "error_rate"])
def test_every_scorer_counts_them(main: Any, words: list[object], tmp_path: Path, scorer: str) -> None:
    more = ["--scorer-arg", "language=en"] if scorer == "error_rate" else []
    done = main("run", *words, "--scorer", scorer, *more, "--max-new-tokens", 8)
    assert done.code == 1, done.err
    (summary,) = done.json
    assert summary["notices"] == ["4 of 10 answers spent their bound of 8 tokens on thinking; raise --max-new-tokens"]
    for result in summary["results"]:
        found = {flag: result["flags"].get(flag, 0) for flag in EXPECTED}
        assert found == EXPECTED
    (journal,) = tmp_path.glob("out/*/*/*/samples.jsonl")
    lines = {line["id"]: line for line in map(json.loads, journal.read_text().splitlines())}
    thoughts = {key: line["thought"] for key, line in lines.items() if "thought" in line}
    assert thoughts == {"0": "5?", "5": "let me see", "6": "let me see", "7": "told aside"}
    assert [lines[key]["text"] for key in ("0", "5", "6")] == ["4", "", ""]


def test_an_empty_answer_has_the_value_the_rule_gives_it(main: Any, words: list[object]) -> None:
    (summary,) = main("run", *words, "--scorer", "exact_match").json
    (result,) = summary["results"]
    assert (result["counts"]["n_scored"], result["counts"]["n_model_failed"]) == (10, 1)
    assert result["value"] == pytest.approx(100 * 3 / result["n"])


def test_what_was_made_elsewhere_is_taken_apart_too(main: Any, tmp_path: Path, write_lines: Any) -> None:
    task = write_lines(tmp_path / "sums.jsonl", [{"id": key, "prompt": "?", "reference": "4"} for key in "abc"])
    rows = [
        {"id": "a", "text": "<think>5?</think>\n4"},
        {"id": "b", "text": "4", "thought": "aside"},
        {"id": "c", "text": "maybe 5</think>4"},
    ]
    answers = write_lines(tmp_path / "answers.jsonl", rows)
    (summary,) = main("score", "--task", task, "--responses", answers, "--out", tmp_path / "out", "--json").json
    assert summary["results"][0]["value"] == 100.0


@pytest.mark.parametrize(("bound", "of"), [(8, "their bound of 8 tokens"), (None, "their bound")])
def test_the_notice_says_what_to_do(bound: int | None, of: str) -> None:
    cut = Cut(flags={"empty_answer": 2, "bound_spent_thinking": 1})
    cut.statuses["scored"] = 3
    cut.statuses["model_failed"] = 1
    assert notices.of_flags(cut, bound) == [f"1 of 3 answers spent {of} on thinking; raise --max-new-tokens"]
    assert notices.of_flags(Cut(), bound) == []


@pytest.mark.parametrize(("texts", "flagged"), [(["3"] * 20, 20), (["3"] * 19, 0), (["3"] * 19 + ["4"], 0)])
def test_a_judge_that_never_varies_is_flagged(
    main: Any, tmp_path: Path, write_lines: Any, texts: list[str], flagged: int
) -> None:
    rows = [{"id": str(n), "prompt": "?", "reference": "x"} for n in range(len(texts))]
    task = write_lines(tmp_path / "talk.jsonl", rows)
    answers = write_lines(tmp_path / "a.jsonl", [{"id": str(n), "text": text} for n, text in enumerate(texts)])
    main("score", "--task", task, "--responses", answers, "--out", tmp_path / "out")
    (run,) = (path.parent for path in tmp_path.glob("out/*/*/*/run.json"))
    rubric = tmp_path / "rubric.md"
    rubric.write_text(
        "---\nid: kind\nversion: 1\ntitle: t\ninputs: [response]\noutput: {score: 1..5}\nscale: 1..5\n"
        "judge: constant\nparse: brackets\non_failure: drop\nfence: false\n---\nRate.\n\n{response}\n"
    )
    (tmp_path / "judge.py").write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    asked = json.loads(line)\n"
        "    said = asked['messages'][-1]['content'][0]['text'].strip()[-1]\n"
        "    print(json.dumps({'id': asked['id'], 'text': f'[[{said}]]'}), flush=True)\n"
    )
    command = f"cmd={sys.executable} -S {tmp_path / 'judge.py'}"
    done = main("judge", run, "--rubric", rubric, "--judge", "command", "--judge-arg", command, "--json")
    assert done.code == 0, done.err
    (path,) = run.glob("summary.judge*.json")
    (result,) = json.loads(path.read_text())["results"]
    assert result["flags"].get("verdicts_never_vary", 0) == flagged


def test_the_notice_is_of_all_splits_whatever_scores_them(tmp_path: Path) -> None:
    spent = Response(text="", thought="so", usage={"truncated": 1.0})
    data = {split: [{"id": f"{split}{n}", "reference": "yes"} for n in range(3)] for split in "ab"}
    scorers = [on("a", exact_match()), on("b", exact_match("exact"))]
    summary = run(Says(lambda request: "yes" if request.id == "a0" else spent), task(data, scorers), tmp_path).summary
    assert summary is not None
    assert [line for line in summary.notices if line.startswith("5 of 6 answers spent")] == summary.notices
