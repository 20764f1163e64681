"""Seed-TTS-eval on a small copy in its lists' form: error rates and similarities of spoken replies, and bad lists."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from judged_by_wire import say, write_rows
from task_bench import STAND_INS, Bench, values

from evalkit import plugins
from evalkit.core.task import Task
from evalkit.metrics.error_rate.counting import errors
from evalkit.published import numbers as published

REAL = Path(__file__).resolve().parents[3] / "shared/data/seed_tts/en_targets.rows989-1088.lst"
FILES = {"test_en": "en/meta.lst", "test_zh": "zh/meta.lst", "test_hard": "zh/hardcase.lst"}
EAR = ("--transcriber", f"{STAND_INS}:ear")
WORDS = (*EAR, "--listener", f"voice={STAND_INS}:encoder")
# split -> sentence, what is said, pitch of the voice, pitch of the reply
ROWS: dict[str, list[tuple[str, str, float, float]]] = {
    "test_en": [
        ("Strike while it is hot.", "strike while it is hot", 1000, 1000),
        ("One, two, three, four.", "one two three five", 1000, 1000 + 8000 / 3),
        ("They gave fifty.", "they gave 50", 2000, 2000),
    ],
    "test_zh": [("他来了。", "他來了", 2000, 2000), ("说OK", "说ok", 2000, 2000)],
    "test_hard": [("四是四，十是", "四是四十十", 2000, 6000)],
}


def copy_of(root: Path) -> dict[str, Any]:
    """Lists of four fields, with a fifth in the first line of each; recordings beside them. Replies by id."""
    replies: dict[str, Any] = {}
    for split, rows in ROWS.items():
        path = root / "seed_tts_eval" / FILES[split]
        (path.parent / "prompt-wavs").mkdir(parents=True, exist_ok=True)
        lines = []
        for at, (sentence, said, voice, own) in enumerate(rows):
            name = f"prompt-wavs/{split}-{at}.wav"
            (path.parent / name).write_bytes(say("as I say", voice))
            lines.append(f"u{at}|as I say|{name}|{sentence}" + ("" if at else f"|wavs/u{at}.wav"))
            replies[f"{split}/u{at}"] = [said, own]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return replies


@pytest.fixture
def bench(main: Callable[..., Any], tmp_path: Path) -> Bench:
    return Bench(main, tmp_path)


def test_columns_are_means_of_utterances_and_of_cosines(bench: Bench) -> None:
    replies = copy_of(bench.folder)
    code, summary = bench.run("seedtts", replies, *WORDS)
    expected = {
        "seedtts.test_en.wer": (0 + 25 + 100 / 3) / 3,  # numbers are not spelled out
        "seedtts.test_en.sim": (1 + 0.5 + 1) / 3,
        "seedtts.test_zh.wer": (0 + 200 / 3) / 2,  # traditional script is no error, the case of Latin letters is
        "seedtts.test_zh.sim": 1.0,
        "seedtts.test_hard.wer": 20.0,
        "seedtts.test_hard.sim": 0.0,
    }
    assert values(summary) == pytest.approx(expected, abs=2e-3)
    assert values(summary, "strict") == pytest.approx(expected, abs=2e-3)
    assert code == 0
    assert summary["columns"]["seedtts.test_en.wer"]["low"] < expected["seedtts.test_en.wer"]
    _, again = bench.run("seedtts", {}, *WORDS)
    assert bench.asked() == []
    assert again["columns"] == summary["columns"]


def test_what_is_not_spoken_is_counted_and_several_channels_are_left_out(bench: Bench) -> None:
    replies = copy_of(bench.folder)
    del replies["test_en/u0"]
    replies["test_en/u1"] = ["one two three five", 1000, 2]  # of two channels
    replies["test_zh/u0"] = "no speech, a text alone"
    code, summary = bench.run("seedtts:test_en+test_zh", replies, *WORDS)
    found, strict = values(summary), values(summary, "strict")
    assert found["seedtts.test_en.wer"] == pytest.approx((25 + 100 / 3) / 2)
    assert strict["seedtts.test_en.wer"] == pytest.approx((100 + 25 + 100 / 3) / 3)
    assert found["seedtts.test_en.sim"] == pytest.approx(1.0, abs=2e-3), "the reply of two channels is left out"
    assert strict["seedtts.test_en.sim"] == pytest.approx((0 + 1 + 1) / 3, abs=2e-3)
    assert found["seedtts.test_zh.wer"] == pytest.approx(200 / 3)
    assert strict["seedtts.test_zh.wer"] == pytest.approx((100 + 200 / 3) / 2)
    counts = summary["counts"]
    assert (counts["n_total"], counts["n_model_failed"], code) == (5, 2, 1)
    flags = [row["flags"] for row in summary["results"] if row["split"] == "test_en"]
    assert sum(one.get("stereo_left_out", 0) for one in flags) == 1


def test_silent_empty_and_unreadable_replies_are_counted(tmp_path: Path, main: Callable[..., Any]) -> None:
    copy_of(tmp_path)
    sf.write(tmp_path / "0.wav", np.zeros(16000), 16000)
    sf.write(tmp_path / "1.wav", np.zeros(0), 16000)
    (tmp_path / "2.wav").write_bytes(b"RIFF none")
    write_rows(
        tmp_path / "r.jsonl", [{"id": f"test_en/u{at}", "audio": str(tmp_path / f"{at}.wav")} for at in range(3)]
    )
    done = main(
        "score", "--task", "seedtts:test_en", "--data", tmp_path, "--responses", tmp_path / "r.jsonl", "--out",
        tmp_path / "out", *WORDS, "--json",
    )  # fmt: skip
    assert done.code == 1, done.err
    (summary,) = json.loads(done.out)
    counts = summary["counts"]
    assert (counts["n_total"], counts["n_model_failed"], counts["n_judge_failed"]) == (3, 2, 0)
    pitch = 0.9239  # cos(22.5 degrees): the prompt's 1000 Hz, and none at all
    expected = {"seedtts.test_en.wer": 100.0, "seedtts.test_en.sim": pytest.approx(pitch, abs=2e-3)}
    assert values(summary) == expected, "silence is heard as nothing"
    assert values(summary, "strict") == {
        "seedtts.test_en.wer": 100.0, "seedtts.test_en.sim": pytest.approx(pitch / 3, abs=2e-3)
    }  # fmt: skip


def test_several_askings_give_mean_and_spread(bench: Bench) -> None:
    replies = copy_of(bench.folder)
    replies |= {f"test_hard/u0~{n}": [said, 2000] for n, said in ((2, "四是四十是"), (3, "四是四十是"))}
    _, summary = bench.run("seedtts:test_hard", replies, *WORDS, "--repeats", "3")
    assert values(summary)["seedtts.test_hard.wer"] == pytest.approx(20 / 3)
    assert values(summary)["seedtts.test_hard.sim"] == pytest.approx(2 / 3, abs=2e-3)
    assert "repeats" in json.dumps(summary)


def test_a_model_with_its_own_voice_hears_none_and_has_no_similarity(bench: Bench) -> None:
    replies = copy_of(bench.folder)
    for path in bench.folder.glob("seed_tts_eval/*/prompt-wavs/*"):
        path.unlink()
    _, summary = bench.run("seedtts", replies, *EAR, "--task-arg", "voice=false")
    assert set(values(summary)) == {f"seedtts.{split}.wer" for split in FILES}
    (run,) = (bench.folder / "out").glob("*/*/*/samples.jsonl")
    for line in map(json.loads, run.read_text().splitlines()):
        assert [part["type"] for part in line["messages"][0]["content"]] == ["text"]


def test_lists_of_two_and_three_fields_are_read_as_the_program_does(bench: Bench) -> None:
    replies = copy_of(bench.folder)
    path = bench.folder / "seed_tts_eval" / FILES["test_en"]
    sentences = [row[0] for row in ROWS["test_en"]]
    path.write_text("".join(f"u{at}|{text}\n" for at, text in enumerate(sentences)))
    rates = pytest.approx((0 + 25 + 100 / 3) / 3)
    _, summary = bench.run("seedtts:test_en", replies, *EAR, "--task-arg", "voice=false")
    assert values(summary) == {"seedtts.test_en.wer": rates}
    path.write_text("".join(f"u{at}|{text}|prompt-wavs/test_en-{at}.wav\n" for at, text in enumerate(sentences)))
    _, summary = bench.run("seedtts:test_en", replies, *WORDS)
    assert values(summary) == {
        "seedtts.test_en.wer": rates, "seedtts.test_en.sim": pytest.approx((1 + 0.5 + 1) / 3, abs=2e-3)
    }  # fmt: skip


@pytest.mark.skipif(not REAL.is_file(), reason="the published list is not here")
def test_a_published_list_is_exported(tmp_path: Path, main: Callable[..., Any]) -> None:
    (tmp_path / "seed_tts_eval" / "en").mkdir(parents=True)
    (tmp_path / "seed_tts_eval" / FILES["test_en"]).write_text(REAL.read_text(encoding="utf-8"), encoding="utf-8")
    done = main("data", "export", "seedtts:test_en", "--to", tmp_path / "export", "--data", tmp_path, "--task-arg",
                "voice=false")  # fmt: skip
    assert done.code == 0, done.err
    (path,) = (tmp_path / "export").glob("*.jsonl")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 100
    assert "Strike while the iron is hot Make hay while the sun shines" in lines[0]


def bad(folder: Path, line: str, split: str = "test_en") -> None:
    path = folder / "seed_tts_eval" / FILES[split]
    path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("u9|as I say|prompt-wavs/test_en-0.wav|this or|that", "names no recording"),
        ("u9|as I say|prompt-wavs/gone.wav|this", "prompt-wavs/gone.wav"),
        ("u9|as I say|prompt-wavs/test_en-0.wav|", "nothing to say"),
        ("u9|this", "--task-arg voice=false asks for any voice"),
        ("u9|this|prompt-wavs/gone.wav", "prompt-wavs/gone.wav"),
        ("u9|this or|that", "names no recording"),
        ("u9", "1 fields, expected 2 to 5"),
        ("u9|a|b.wav|c|d.wav|e", "6 fields, expected 2 to 5"),
        ("u0|as I say|prompt-wavs/test_en-0.wav|this", "u0"),
    ],
)
def test_bad_lines_are_refused_in_a_sentence(tmp_path: Path, main: Callable[..., Any], line: str, problem: str) -> None:
    copy_of(tmp_path)
    bad(tmp_path, line)
    (tmp_path / "a.json").write_text("{}")
    done = main(
        "run", "--task", "seedtts:test_en", "--data", tmp_path, "--out", tmp_path / "out", "--model",
        f"{STAND_INS}:scripted", "--model-arg", f"file={tmp_path / 'a.json'}", "--model-arg", "log=x", *WORDS,
        "--dry-run",
    )  # fmt: skip
    assert done.code == 2, done.out
    assert problem in done.err


def test_without_an_encoder_nothing_starts(tmp_path: Path, main: Callable[..., Any]) -> None:
    copy_of(tmp_path)
    (tmp_path / "a.json").write_text("{}")
    done = main(
        "run", "--task", "seedtts", "--data", tmp_path, "--out", tmp_path / "out", "--model", f"{STAND_INS}:scripted",
        "--model-arg", f"file={tmp_path / 'a.json'}", "--model-arg", "log=x", *EAR,
    )  # fmt: skip
    assert done.code == 2
    assert "--listener voice=" in done.err


def test_it_is_exported_and_its_error_rate_scored_without_recordings(tmp_path: Path, main: Callable[..., Any]) -> None:
    replies = copy_of(tmp_path)
    done = main("data", "export", "seedtts:test_zh", "--to", tmp_path / "export", "--data", tmp_path)
    assert done.code == 0, done.err
    for path in tmp_path.glob("seed_tts_eval/*/prompt-wavs/*"):
        path.unlink()
    made = []
    for key, (said, pitch) in replies.items():
        if key.startswith("test_zh/"):
            (tmp_path / f"{key.partition('/')[2]}.wav").write_bytes(say(said, pitch))
            made.append({"id": key, "audio": str(tmp_path / f"{key.partition('/')[2]}.wav")})
    write_rows(tmp_path / "r.jsonl", made)
    done = main(
        "score", "--task", "seedtts:test_zh", "--data", tmp_path, "--responses", tmp_path / "r.jsonl", "--out",
        tmp_path / "out", "--task-arg", "voice=false", *EAR, "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    (summary,) = json.loads(done.out)
    assert values(summary)["seedtts.test_zh.wer"] == pytest.approx((0 + 200 / 3) / 2)


@pytest.mark.parametrize(
    ("reference", "heard", "language", "edits", "tokens"),
    [
        ("It's a well-known fact.", "its a wellknown fact", "en", 1, 4),  # the apostrophe stays, other marks go
        ("Strike while", "", "en", 2, 2),
        ("四是四，十是十。", "四是四十是十", "zh", 0, 6),
        ("OK吗", "ok吗", "zh", 2, 3),
    ],
)
def test_the_rule_on_texts_worked_out_by_hand(
    reference: str, heard: str, language: str, edits: int, tokens: int
) -> None:
    counts = errors(reference, heard, "seedtts", language)
    assert counts is not None
    assert (counts.substitutions + counts.deletions + counts.insertions, counts.tokens) == (edits, tokens)


def test_it_has_the_published_columns() -> None:
    made = plugins.load_task("seedtts")
    assert isinstance(made, Task)
    wanted = {name for name in published.columns() if name.startswith("seedtts.")}
    assert wanted == {f"seedtts.{split}.wer" for split in FILES} | {"seedtts.test_zh.sim"}
    assert wanted <= set(made.columns)
