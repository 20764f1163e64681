"""EmergentTTS-Eval on a small copy as its program writes it: error rates, a judge on loopback, positions, averages."""

from __future__ import annotations

import base64
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from judged_by_wire import STAND_INS, Bench, bench, openai_wire, say, write_rows
from servers.loopback import Asked, Reply
from stand_ins import words
from task_bench import values

from evalkit import plugins
from evalkit.core.task import Task
from evalkit.metrics.error_rate.counting import errors
from evalkit.published import numbers as published

__all__ = ["bench"]
# category, text, what is said, who the judge finds better
ROWS = [
    ("Questions", "Did he know?", "did he know", "reply"),
    ("Questions", "Is it you?", "is it me", "baseline"),
    ("Emotions", "\"Go!\" she cried.", "go she cried", "tie"),
    ("Foreign Words", "A croissant, please.", "a quasi please", "reply"),
    ("Paralinguistics", "Pfff... no.", "no", "nobody"),  # the verdict cannot be read
    ("Pronunciation", "Pay $5.", "pay five dollars", "reply"),
    ("Syntactic Complexity", "The guard they trusted slept.", None, "reply"),
]  # fmt: skip


def copy_of(root: Path) -> dict[str, Any]:
    """The list and the baseline's recordings; replies by id, the line's number from 0."""
    data = root / "emergenttts" / "data"
    write_rows(
        data / "emergent_tts_eval_data.jsonl",
        [
            {"category": category, "text_to_synthesize": text, "evolution_depth": at % 4, "language": "en"}
            for at, (category, text, _, _) in enumerate(ROWS)
        ],
    )
    (data / "baseline_audios").mkdir()
    for at in range(len(ROWS)):
        (data / "baseline_audios" / f"{at}.wav").write_bytes(say("base"))
    return {str(at): [said, 1000.0] for at, (_, _, said, _) in enumerate(ROWS) if said is not None}


def listens(asked: Asked) -> Reply:
    """A judge that hears both recordings, and finds the one better that the table of rows says."""
    content = asked.json["messages"][-1]["content"]
    parts = [part["input_audio"]["data"] for part in content if part["type"] == "input_audio"]
    said = [words(np.asarray(sf.read(io.BytesIO(base64.b64decode(one)))[0])) for one in parts]
    assert len(said) == 2
    assert "base" in said
    better = {row[2]: row[3] for row in ROWS}[next(one for one in said if one != "base")]
    if better == "nobody":
        return openai_wire.say(asked, "I cannot tell.")
    place = said.index("base") + 1
    winner = {"tie": 0, "baseline": place, "reply": 3 - place}[better]
    return openai_wire.say(asked, json.dumps({
        "reasoning_system_1": "a", "reasoning_system_2": "b", "system_comparison": "c", "score_1": 2, "score_2": 2,
        "winner": winner,
    }))  # fmt: skip


def test_error_rates_and_win_rates_by_category(bench: Bench) -> None:
    replies = copy_of(bench.data)
    faults = iter([openai_wire.refuse])
    bench.server.answer = lambda asked: fault(503, "overloaded") if (fault := next(faults, None)) else listens(asked)
    code, summary = bench.run("emergenttts", replies)
    found = {name.removeprefix("emergenttts."): value for name, value in values(summary).items()}
    assert {name: value for name, value in found.items() if name.endswith("wer")} == pytest.approx(
        {
            "overall.wer": (0 + 100 / 3 + 0 + 100 / 3 + 50 + 0) / 6,  # what is not spoken is left out
            "questions.wer": (0 + 100 / 3) / 2,
            "emotions.wer": 0.0,
            "foreign_words.wer": 100 / 3,
            "paralinguistics.wer": 50.0,
            "complex_pronunciation.wer": 0.0,
            "syntactic_complexity.wer": None,
        }
    )
    assert {name: value for name, value in found.items() if name.endswith("win_rate")} == {
        "overall.win_rate": pytest.approx(100 * (1 + 0 + 0.5 + 1 + 1) / 5),  # nor what cannot be read
        "questions.win_rate": 50.0,
        "emotions.win_rate": 50.0,
        "foreign_words.win_rate": 100.0,
        "paralinguistics.win_rate": None,
        "complex_pronunciation.win_rate": 100.0,
        "syntactic_complexity.win_rate": None,
    }
    strict = values(summary, "strict")
    assert strict["emergenttts.overall.wer"] == pytest.approx((0 + 100 / 3 + 0 + 100 / 3 + 50 + 0 + 100) / 7)
    assert strict["emergenttts.overall.win_rate"] == pytest.approx(100 * 3.5 / 7)
    assert code == 1
    prompts = [prompt for prompt in bench.prompts if "Did he know?" in prompt]
    assert prompts and all("intonation that tells questions" in one for one in prompts)
    assert not any("feeling in the quoted speech" in one for one in prompts), "each category by its own aspect"


def test_positions_are_drawn_from_the_id_and_recorded(bench: Bench) -> None:
    replies = copy_of(bench.data)
    bench.server.answer = listens
    bench.run("emergenttts", replies)
    orders: dict[str, str] = {}
    for path in (bench.folder / "out").rglob("*.jsonl"):
        for line in map(json.loads, path.read_text().splitlines()):
            if "order" in (text := json.dumps(line)):
                orders[line["id"]] = "baseline" if "baseline_first" in text else "candidate"
    drawn = {str(at): "baseline" if np.random.default_rng(at).random() > 0.5 else "candidate" for at in range(6)}
    assert orders == drawn
    assert len(set(orders.values())) == 2


def test_without_win_rate_no_judge_and_no_baseline_is_needed(bench: Bench) -> None:
    replies = copy_of(bench.data)
    for path in bench.data.glob("emergenttts/data/baseline_audios/*"):
        path.unlink()
    answers = bench.folder / "a.json"
    answers.write_text(json.dumps(replies))
    done = bench.main(
        "run", "--task", "emergenttts", "--task-arg", "win_rate=false", "--data", bench.data, "--out",
        bench.folder / "out", "--model", f"{STAND_INS}:scripted", "--model-arg", f"file={answers}", "--model-arg",
        f"log={bench.log}", "--transcriber", f"{STAND_INS}:ear", "--json",
    )  # fmt: skip
    assert done.code == 1, done.err
    (summary,) = json.loads(done.out)
    assert all(name.endswith(".wer") for name in values(summary))


def test_it_is_exported_with_the_baseline(bench: Bench) -> None:
    copy_of(bench.data)
    done = bench.main("data", "export", "emergenttts", "--to", bench.folder / "export", "--data", bench.data)
    assert done.code == 0, done.err


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"category": "Songs"}, "unknown category 'Songs'"),
        ({"text_to_synthesize": " "}, "nothing to say"),
        ({"text_to_synthesize": None}, "text_to_synthesize"),
    ],
)
def test_bad_rows_are_refused_in_a_sentence(bench: Bench, change: dict[str, Any], problem: str) -> None:
    copy_of(bench.data)
    path = bench.data / "emergenttts" / "data" / "emergent_tts_eval_data.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[1] |= change
    write_rows(path, rows)
    assert problem in _refusal(bench)


def test_a_missing_baseline_is_named_before_anything_is_asked(bench: Bench) -> None:
    copy_of(bench.data)
    (bench.data / "emergenttts" / "data" / "baseline_audios" / "3.wav").unlink()
    assert "baseline_audios/3.wav" in _refusal(bench)


def _refusal(bench: Bench) -> str:
    (bench.folder / "a.json").write_text("{}")
    done = bench.main(
        "run", "--task", "emergenttts", "--data", bench.data, "--out", bench.folder / "out", "--model",
        f"{STAND_INS}:scripted", "--model-arg", f"file={bench.folder / 'a.json'}", "--model-arg", "log=x",
        *bench.judge, "--transcriber", f"{STAND_INS}:ear", "--dry-run",
    )  # fmt: skip
    assert done.code == 2, done.out
    return str(done.err)


@pytest.mark.parametrize(
    ("reference", "heard", "edits", "tokens"),
    [("Pay $5.", "pay five dollars", 0, 2), ("Hmm, no!", "no", 0, 1), ("I'm here - now", "i am here now", 0, 4)],
)
def test_the_rule_on_texts_worked_out_by_hand(reference: str, heard: str, edits: int, tokens: int) -> None:
    counts = errors(reference, heard, "emergent_tts", "en")
    assert counts is not None
    assert (counts.substitutions + counts.deletions + counts.insertions, counts.tokens) == (edits, tokens)


SIZES = {"emotions": 280, "foreign_words": 280, "paralinguistics": 280, "complex_pronunciation": 245, "questions": 280,
         "syntactic_complexity": 280}  # fmt: skip


def test_printed_overall_values_follow_from_the_categories_by_their_sizes() -> None:
    cells = {name: {row.model: row.value for row in published.rows(f"emergenttts.{name}.wer")} for name in
             (*SIZES, "overall")}  # fmt: skip
    off: dict[str, Decimal] = {}
    for model, printed in cells["overall"].items():
        parts = [cells[name][model] for name in SIZES]
        if printed is None or None in parts:
            continue
        total = sum(Decimal(str(part)) * size for part, size in zip(parts, SIZES.values(), strict=True))
        off[model] = abs(total / sum(SIZES.values()) - Decimal(str(printed)))
    assert len(off) == 7
    assert sum(one <= Decimal("0.01") for one in off.values()) >= 4
    baseline = {"emotions": "0.72", "foreign_words": "13.45", "paralinguistics": "20.55", "questions": "0.42",
                "complex_pronunciation": "29.90", "syntactic_complexity": "1.04"}  # fmt: skip
    whole = sum(Decimal(baseline[name]) * size for name, size in SIZES.items()) / 1645
    assert abs(whole - Decimal("10.61")) <= Decimal("0.01")


def test_it_has_the_published_columns() -> None:
    made = plugins.load_task("emergenttts")
    assert isinstance(made, Task)
    wanted = {name for name in published.columns() if name.startswith("emergenttts.")}
    assert len(wanted) == 7
    assert wanted <= set(made.columns)
