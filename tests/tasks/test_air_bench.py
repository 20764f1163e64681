"""AIR-Bench: Foundation's tasks and Chat's groups by the command line, with a judge who is asked in both orders."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from audio_bench import REPLYING, Bench, clip, columns, put

from evalkit import plugins
from evalkit.core.task import Task

Main = Callable[..., Any]
META = Path(__file__).resolve().parents[3] / "shared/data/evalscope_meta/air_bench_foundation.json"
CHAT = Path(__file__).resolve().parents[3] / "shared/data/air_bench/Chat_meta.common_voice_en.json"
# task, corpus, options, answer, reply; what becomes of it
FOUNDATION = [
    ("Spoken_Language_Identification", "covost2", ("de", "en", "fr", "it"), "de", "A"),
    ("Spoken_Language_Identification", "covost2", ("de", "en", "fr", "it"), "en", "I cannot tell"),  # dropped
    ("Speaker_Gender_Recognition", "meld", ("male", "female"), "female", "B"),
    ("Speaker_Gender_Recognition", "common_voice_13_en", ("male", "female"), "male", "Answer: B"),  # read as A: right
    ("Speaker_Emotion_Recontion", "iemocap", ("sad", "sad", "glad", "calm"), "sad", "B"),  # the first letter is right
    ("Speaker_Emotion_Recontion", "meld", ("sad", "glad", "calm", "angry"), "calm", "(C)"),
    ("Speaker_Age_Prediction", "common_voice_13.0_en", ("teens", "twenties", "thirties", "60s"), "60s", "D"),
    ("Audio_Grounding", "AudioGrounding", ("1-2", "2-3", "3-4", "4-5"), "2-3", "A"),
]
# group's task -> grades of the answer in both orders, of the reference; one entry for each question
GRADES = {
    "speech_QA": ("8/9", "6/7"), "speech_dialogue_QA": ("7/8",), "sound_QA": ("5/5",), "sound_generation_QA": ("9/2",),
    "music_QA": ("4/8",), "music_generation_analysis_QA": ("x/y",), "speech_and_sound_QA": ("10/1",),
    "speech_and_music_QA": ("6/6",),
}  # fmt: skip


def foundation(root: Path, rows: list[tuple[Any, ...]] | None = None) -> dict[str, str]:
    made, replies = [], {}
    for at, (task, corpus, options, answer, reply) in enumerate(rows if rows is not None else FOUNDATION):
        one = {"uniq_id": at, "path": f"{at}.wav", "task_name": task, "dataset_name": corpus, "question": "Which?"}
        one |= {f"choice_{'abcd'[place]}": text for place, text in enumerate(options)}
        made.append({**one, "answer_gt": answer})
        flac = task == "Audio_Grounding"
        name = f"{at}.flac" if flac else f"{at}.wav"
        put(root / f"air_bench/Foundation/{task}_{corpus}/{name}", clip(kind="FLAC" if flac else "WAV", channels=2))
        split = next(row["split"] for row in sets() if row["task"] == task)
        replies[f"{split}/{at}"] = reply
    put(root / "air_bench/Foundation/Foundation_meta.json", json.dumps(made))
    return replies


def chat(root: Path) -> dict[str, str]:
    made, replies = [], {}
    for task, grades in GRADES.items():
        for one in grades:
            at = len(made)
            made.append(
                {"meta_info": "{'age': 'thirties'}", "question": f"What is {at}?", "answer_gt": "A sentence.",
                 "path": f"{at}.mp3", "task_name": task, "dataset_name": "clotho", "uniq_id": at}
            )  # fmt: skip
            put(root / f"air_bench/Chat/{task}_clotho/{at}.mp3", clip(seconds=0.2, kind="MP3"))
            replies[f"chat/{at}"] = f"grades={one}"
    put(root / "air_bench/Chat/Chat_meta.json", json.dumps(made))
    return replies


def sets() -> Any:
    task = plugins.load_task("air_bench")
    assert isinstance(task, Task)
    return task.sample.__globals__["FOUNDATION"].rows  # type: ignore[union-attr]


def test_foundation(main: Main, tmp_path: Path) -> None:
    replies = foundation(tmp_path)
    bench = Bench(main, tmp_path, "air_bench:spoken_language_id+speaker_gender+emotion+speaker_age+audio_grounding")
    code, summary = bench.run(replies)
    found = columns(summary)
    assert found == pytest.approx(
        {
            "air_bench.foundation.spoken_language_id": 100.0,
            "air_bench.foundation.speaker_gender": 100.0,
            "air_bench.foundation.emotion": 50.0,
            "air_bench.foundation.speaker_age": 100.0,
            "air_bench.foundation.audio_grounding": 0.0,
            "air_bench.foundation.avg": (100 + 100 + 50 + 100) / 4,  # speaker_number was not asked
        }
    )
    language = summary["columns"]["air_bench.foundation.spoken_language_id"]
    assert (language["n"], language["n_dropped"], language["strict"]) == (1, 1, 50.0)
    assert code == 1
    asked = bench.asked()
    assert asked["speaker_gender/2"]["text"].endswith("Which?\nA. male\nB. female\nC. None\nD. None")
    groups = {
        one["group"]: one["value"] for one in summary["results"] if one["breakdown"] == "corpus" and not one["split"]
    }
    assert groups["iemocap"] == 0.0
    assert groups["meld"] == 100.0


def test_chat(main: Main, tmp_path: Path) -> None:
    replies = chat(tmp_path)
    put(tmp_path / "air_bench/Chat/sound_QA_clotho/empty.wav", b"")
    bench = Bench(main, tmp_path, "air_bench:chat")
    code, summary = bench.run(replies, "--judge", f"{REPLYING}:obedient")
    found = columns(summary)
    expected = {
        "air_bench.chat.speech": (8 + 6 + 7) / 3,
        "air_bench.chat.sound": (5 + 9) / 2,
        "air_bench.chat.music": 4.0,  # the other verdict cannot be read
        "air_bench.chat.speech_and_sound": 10.0,
        "air_bench.chat.speech_and_music": 6.0,
        "air_bench.chat.mixed_audio": 8.0,
        "air_bench.chat.avg": (7 + 7 + 4 + 8) / 4,
    }
    assert found == pytest.approx(expected)
    assert code == 1
    assert summary["counts"]["n_unparsed"] + summary["counts"]["n_judge_failed"] == 1
    assert bench.asked()["chat/0"]["text"] == "What is 0?"


def test_an_empty_recording_is_counted(main: Main, tmp_path: Path) -> None:
    replies = chat(tmp_path)
    (tmp_path / "air_bench/Chat/speech_dialogue_QA_clotho/2.mp3").write_bytes(b"")
    code, summary = Bench(main, tmp_path, "air_bench:chat").run(replies, "--judge", f"{REPLYING}:obedient")
    assert (code, summary["counts"]["n_model_failed"]) == (1, 1)
    speech = summary["columns"]["air_bench.chat.speech"]
    assert (speech["value"], speech["n"], speech["n_dropped"]) == (7.0, 2, 1)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([("Sound_AQA", "avqa", ("a", "b"), "c", "A")], "the answer 'c' is none of the options a, b"),
        ([("Sound_AQA", "avqa", ("a",), "a", "A")], "expected at least two"),
    ],
)
def test_rows_that_end_the_official_script(main: Main, tmp_path: Path, rows: list[Any], told: str) -> None:
    replies = foundation(tmp_path, rows)
    done = Bench(main, tmp_path, "air_bench:sound_aqa").tried(replies)
    assert done.code == 2
    assert told in done.err


def test_the_tasks_and_sizes_are_those_of_the_published_set() -> None:
    if not META.is_file():
        pytest.skip(f"{META} is not there")
    told = {one["name"]: one["sample_count"] for one in json.loads(META.read_text())["statistics"]["subset_stats"]}
    sizes = plugins.plugin("task", "air_bench").header["size"]
    for row in sets():
        corpora = [size for name, size in told.items() if name.startswith(f"{row['task']}_")]
        assert sum(corpora) == sizes[row["split"]], row["split"]
    assert sum(sizes.values()) - sizes["chat"] == sum(told.values()) == 21_426


def test_real_rows_of_chat_make_samples(tmp_path: Path, main: Main) -> None:
    if not CHAT.is_file():
        pytest.skip(f"{CHAT} is not there")
    put(tmp_path / "air_bench/Chat/Chat_meta.json", CHAT.read_bytes())
    bench = Bench(main, tmp_path, "air_bench:chat")
    answers = {f"chat/{at}": "grades=3/4" for at in range(600, 800)}
    summary = bench.scored(answers, "none", "--judge", f"{REPLYING}:obedient")
    assert summary["counts"]["n_scored"] == 200
    assert columns(summary)["air_bench.chat.speech"] == 3.0


def test_without_recordings_and_as_questions(main: Main, tmp_path: Path) -> None:
    replies = foundation(tmp_path)
    bench = Bench(main, tmp_path, "air_bench:emotion+audio_grounding")
    wanted = {key: text for key, text in replies.items() if key.partition("/")[0] in ("emotion", "audio_grounding")}
    done = main("data", "export", bench.task, "--to", tmp_path / "to", "--data", tmp_path)
    assert done.code == 0, done.err
    lines = [json.loads(line) for line in (tmp_path / "to/questions.jsonl").read_text().splitlines()]
    assert {line["id"] for line in lines} == set(wanted)
    assert sum((tmp_path / "to" / part["path"]).suffix == ".flac" for line in lines for part in line["messages"][0]["content"]
               if part["type"] == "audio") == 1  # fmt: skip
    for path in (tmp_path / "air_bench").rglob("*.*"):
        if path.suffix in (".wav", ".flac"):
            path.unlink()
    found = columns(bench.scored(wanted, "elsewhere"))
    assert (found["air_bench.foundation.emotion"], found["air_bench.foundation.audio_grounding"]) == (50.0, 0.0)


def test_a_copy_of_some_tasks_says_what_it_has(main: Main, tmp_path: Path) -> None:
    foundation(tmp_path)
    done = Bench(main, tmp_path, "air_bench").tried({}, "--judge", f"{REPLYING}:obedient")
    assert done.code == 2
    assert "air_bench:speaker_age+emotion+speaker_gender+spoken_language_id+audio_grounding" in done.err
