"""OmniBench, WorldSense, Daily-Omni, Video-Holmes on small copies in their published layouts, videos decoded."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from looking_runs import Looking, put, put_lines, tone, values
from video_clips import clip

from evalkit import plugins
from evalkit.core.message import Image
from evalkit.media.source import read_bytes
from evalkit.published import numbers as published
from evalkit.statistics import averages

pytest.importorskip("av")
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture
def bench(main: Callable[..., Any], tmp_path: Path) -> Looking:
    return Looking(main, tmp_path)


@pytest.fixture(scope="module")
def film() -> bytes:
    return clip(3.0)


OMNIBENCH = {  # index -> kind, options, right one, reply, right by the official rule, right by the true letter
    0: ("speech", ["A soldier waits.", "He comes to a wedding.", "She sings.", "Two men run."], 1, "(B)", True, True),
    1: ("speech", ["Nobody is there now.", "He sings.", "A soldier is forced to do it.", "Rain."], 2, "C", False, True),
    2: ("speech", ["Nobody is there now.", "He sings.", "A soldier is forced to do it.", "Rain."], 2, "A", True, False),
    3: ("Sound Event ", ["Two dogs bark.", "One dog barks.", "The cat.", "The cat."], 0, "D.", False, False),
    4: ("music", ["Slow piano music here.", "Fast drums.", "A choir.", "None."], 0,
        "I believe it is slow piano music here.", True, True),
}  # fmt: skip


@pytest.mark.parametrize("folder", ["dataset/", ""])
def test_omnibench(bench: Looking, folder: str) -> None:
    rows = []
    for index, (kind, options, right, *_) in OMNIBENCH.items():
        sound, picture = f"6-{index}.mp4.mp3.mp3.mp3", f"6-{index}.png"
        rows.append(
            {"task type": "Action and Activity", "audio type": kind, "question": "What happens?", "audio content": "x",
             "image content": "y", "audio_path": sound, "image_path": picture, "index": index,
             "answer": options[right], "options": options}
        )  # fmt: skip
        put(bench.data / "omnibench/mm_data/audio" / sound, tone(kind="MP3"))
        put(bench.data / "omnibench/mm_data/image" / picture, read_bytes(Image.from_array(grey())))
    put_lines(bench.data / "omnibench" / folder / "batch-5_1142_20240817.jsonl", rows)
    code, summary = bench.run({str(index): row[3] for index, row in OMNIBENCH.items()}, "--task", "omnibench")
    assert code == 0, summary["counts"]
    assert values(summary) == pytest.approx(
        {"omnibench.speech": 200 / 3, "omnibench.sound_event": 0.0, "omnibench.music": 100.0, "omnibench.avg": 60.0,
         "omnibench.true_avg": 60.0}
    )  # fmt: skip
    picture, sound, text = bench.asked()["0"]
    assert (picture[0], sound[0]) == ("image", "audio")
    assert "A. A soldier waits.\nB. He comes to a wedding." in text


def grey() -> Any:
    import numpy as np

    return np.full((8, 8, 3), 90, np.uint8)


def test_omnibenchs_average_is_over_all_items() -> None:
    """Of InteractiveOmni's Table 12, each average is that of 771, 265 and 106 items."""
    table, checked = published.load_paper("interactive-omni").tables["12"], 0
    (aggregate,) = table.aggregates
    for row in table.rows:
        cells = [row.values[f"omnibench.{name}"] for name in ("speech", "sound_event", "music")]
        if None in cells or row.key in aggregate.exceptions or row.values["omnibench.avg"] is None:
            continue
        counts = [round(float(cell) * size / 100) for cell, size in zip(cells, (771, 265, 106), strict=True)]  # type: ignore[arg-type]
        assert 100 * sum(counts) / 1142 == pytest.approx(row.values["omnibench.avg"], abs=0.0051)
        checked += 1
    assert checked >= 9
    assert averages.Rule is not None


def worldsense(data: Path, film: bytes, packed: bool = False) -> dict[str, str]:
    folder = data / "worldsense"
    facts = {"duration": "<1min", "domain": "Music", "sub_category": "Covers", "audio_class": ["Music", "Speech"],
             "video_caption": "A cover."}  # fmt: skip

    def asked(options: list[str], answer: str) -> dict[str, Any]:
        return {"task_domain": "Recognition", "task_type": "Audio Counting", "question": "How many?",
                "candidates": options, "answer": answer}  # fmt: skip

    three, four = ["A. One.", "B. Two.", "C. Three."], ["A. One.", "B. Two.", "C. Three.", "D. Four."]
    put(
        folder / "worldsense_qa.json",
        {"abc": {**facts, "task0": asked(four, "C"), "task1": asked(three, "B")},
         "xyz": {**facts, "duration": ">8min", "task0": asked(four, "C"), "task1": asked(four, "D")}},
    )  # fmt: skip
    subtitles = "1\n00:00:00,500 --> 00:00:01,000\n<i>Hello</i>\nthere.\n\n2\n00:00:02,000 --> 00:00:03,000\nBye.\n"
    if packed:
        with zipfile.ZipFile(folder / "worldsense_videos_1.zip", "w") as archive:
            archive.writestr("videos/abc.mp4", film)
        with zipfile.ZipFile(folder / "worldsense_videos_2.zip", "w") as archive:
            archive.writestr("videos/xyz.mp4", film)
        with zipfile.ZipFile(folder / "worldsense_subtitles.zip", "w") as archive:
            archive.writestr("subtitles/abc.srt", subtitles)
    else:
        put(folder / "videos" / "abc.mp4", film)
        put(folder / "videos" / "xyz.mp4", film)
        put(folder / "subtitles" / "abc.srt", subtitles)
    return {
        "abc_task0": "C",
        "abc_task1": "Based on the video, two",  # B by the first capital; by ours the text: right by both
        "xyz_task0": "Best option: C",  # B by the official rule
        "xyz_task1": "The answer is D.",
    }


@pytest.mark.parametrize("packed", [False, True])
def test_worldsense(bench: Looking, film: bytes, packed: bool) -> None:
    replies = worldsense(bench.data, film, packed)
    code, summary = bench.run(replies, "--task", "worldsense")
    assert code == 0
    assert values(summary) == {"worldsense.avg": 75.0, "worldsense.robust_avg": 100.0}
    told = summary["columns"]["worldsense.avg"]["protocol"]
    assert told == "choice:worldsense/fps:2|most:768|pixels:786432|sound:beside", (
        "what was shown is part of the protocol"
    )
    seen, heard, text = bench.asked()["abc_task1"]
    assert seen == ["video", 6, 48, 64, 3], "two frames a second of three seconds"
    assert heard[0] == "audio" and heard[1] == pytest.approx(3.0, abs=0.1)
    assert "A. One.\nB. Two.\nC. Three.\n" in text and "by the video and its sound" in text
    groups = {r["group"]: r["n"] for r in summary["results"] if r["breakdown"] == "audio_class" and not r["split"]}
    assert groups == {"Music+Speech": 4}


def test_worldsense_with_subtitles_and_other_frames(bench: Looking, film: bytes) -> None:
    replies = worldsense(bench.data, film)
    words = ("--task", "worldsense", "--task-arg", "sound=none", "--task-arg", "transcripts=true")
    _, summary = bench.run(replies, *words, "--task-arg", "frames=2")
    seen, text = bench.asked()["abc_task0"]
    assert seen == ["video", 2, 48, 64, 3]
    assert text.startswith("The subtitles of the video:\nHello there.\nBye.\n")
    assert bench.asked()["xyz_task0"][1].startswith("The subtitles of the video:\n(none)\n")
    _, other = bench.run(replies, *words, "--task-arg", "frames=3")
    _, plain = bench.run(replies, *words)
    assert len({summary["run"], other["run"], plain["run"]}) == 3, "frames are part of the identity"
    (bench.data / "worldsense" / "subtitles" / "abc.srt").write_text("no subtitles at all")
    assert "no subtitles in SubRip form" in bench.refused(*words)
    assert "sound=loud: expected one of beside, inside, none" in bench.refused(
        "--task", "worldsense", "--task-arg", "sound=loud"
    )


def daily_omni(data: Path, films: Mapping[str, bytes]) -> None:
    rows = []
    for at, (key, film) in enumerate(films.items()):
        put(data / "daily_omni/Videos" / key / f"{key}_video.mp4", film)
        put(data / "daily_omni/Videos" / key / f"{key}_audio.wav", tone())
        rows.append(
            {"Question": "What?", "Choice": ["A. one", "B. two", "C. three", "D. four"], "Answer": "B", "video_id": key,
             "Type": "Reasoning", "content_parent_category": "", "content_fine_category": "", "video_category": "Music",
             "video_duration": "30s" if at % 2 else "60s"}
        )  # fmt: skip
    put(data / "daily_omni" / "qa.json", [*rows, rows[0]])


def test_daily_omni_and_the_kinds_of_bad_videos(bench: Looking, film: bytes) -> None:
    """Each kind of file that cannot be shown and heard is counted, with its sentence, and the others are scored."""
    films = {
        "good": film,
        "mute": clip(2.0, sound=None),
        "cut": film[: len(film) // 2],
        "text": b"<html>no video</html>",
    }
    daily_omni(bench.data, films)
    replies = {f"{key}_{at}": "B" for at, key in enumerate(films)} | {"good_4": "The answer is\nb, as in two"}
    code, summary = bench.run(replies, "--task", "daily_omni")
    counts = summary["counts"]
    assert (code, counts["n_total"], counts["n_scored"], counts["n_model_failed"]) == (1, 5, 2, 3)
    assert values(summary) == {"daily_omni.avg": 40.0, "daily_omni.api_avg": 20.0}, "who has no answer is wrong"
    assert summary["columns"]["daily_omni.avg"]["strict"] == 40.0
    (journal,) = (bench.folder / "out").glob("*/daily_omni/*/samples.jsonl")
    lines = {line["id"]: line for line in map(json.loads, journal.read_text().splitlines())}
    told = {key: line["failure"]["message"] for key, line in lines.items() if line.get("failure")}
    assert "the video has no sound track" in told["mute_1"]
    assert "cut off (truncated)" in told["cut_2"] and "is a web page, not data" in told["text_3"]
    assert all("\n" not in message for message in told.values())
    assert lines["good_0"]["input"] == [{"type": "video", "name": "good/good_video.mp4", "flags": [], "frames": 6}]

    code, summary = bench.run(replies, "--task", "daily_omni", "--task-arg", "sound=none", "--task-arg", "fps=1")
    assert summary["counts"]["n_model_failed"] == 2, "without sound, the mute one is a video as any"
    assert bench.asked()["good_0"][0] == ["video", 3, 48, 64, 3]
    assert "see frames" not in bench.asked()["good_0"][1] and "by the video." in bench.asked()["good_0"][1]


def test_a_video_as_a_file_is_flagged(bench: Looking, film: bytes, tmp_path: Path) -> None:
    """A model that gets the file chooses its own frames; the summary says of how many samples."""
    daily_omni(bench.data, {"good": film})
    program = put(tmp_path / "says_b.py", "import json, sys\nfor line in sys.stdin:\n"
                  "    print(json.dumps({'id': json.loads(line)['id'], 'text': 'B'}), flush=True)\n")  # fmt: skip
    done = bench.main("run", "--task", "daily_omni", "--data", bench.data, "--out", tmp_path / "files", "--json",
                      "--model", "command", "--model-arg", f"cmd=python {program}")  # fmt: skip
    assert done.code == 0, done.err
    flags = [r["flags"] for r in done.json[0]["results"] if r["split"] is None and r["breakdown"] is None]
    assert flags[0] == {"frames_by_model": 2}
    assert any("2 of 2 samples: the model was given its videos as files" in one for one in done.json[0]["notices"])


def holmes(data: Path, film: bytes) -> dict[str, str]:
    options = {"A": "the uncle", "B": "the maid", "C": "a ghost", "D": "nobody", "E": "the cat", "F": "the butler"}
    rows = [
        {"video ID": "Qm1", "Question ID": key, "Question Type": kind, "Question": "Who?", "Options": shown, "Answer": answer,
         "Explanation": "x"}
        for key, kind, shown, answer in [
            ("1", "SR", options, "F"), ("2", "SR", options, "F"), ("3", "TA", dict(list(options.items())[:4]), "A"),
            ("4", "MHR", options, "B"),
        ]
    ]  # fmt: skip
    put(data / "video_holmes" / "test_Video-Holmes.json", rows)
    put(data / "video_holmes" / "train_Video-Holmes.json", [{**rows[0], "Question ID": "9"}])
    put(data / "video_holmes" / "videos_cropped" / "Qm1.mp4", film)
    return {
        "Qm1_1": "<think>the maid?</think><answer>F</answer>",
        "Qm1_2": "<answer>B: no</answer> then <answer>F: the butler</answer>",
        "Qm1_3": "wrong, I cannot say",  # no capital of A to F
        "Qm1_4": "The Answer is the maid",  # prose: A
    }


def test_video_holmes(bench: Looking, film: bytes) -> None:
    replies = holmes(bench.data, film)
    _, summary = bench.run(replies, "--task", "video_holmes")
    found = values(summary)
    assert found["video_holmes.avg"] == 50.0
    assert (found["video_holmes.sr"], found["video_holmes.ta"], found["video_holmes.mhr"]) == (100.0, 0.0, 0.0)
    assert found["video_holmes.cti"] is None
    assert found["video_holmes.robust_avg"] == 75.0
    assert summary["counts"]["n_unparsed"] == 1
    assert "A: the uncle\nB: the maid\n" in bench.asked()["Qm1_1"][2]
    rows = json.loads((bench.data / "video_holmes" / "test_Video-Holmes.json").read_text())
    put(bench.data / "video_holmes" / "test_Video-Holmes.json", [{**rows[0], "Options": {"A": "x", "C": "y"}}])
    assert "have the names A, C, not A, B, C" in bench.refused("--task", "video_holmes")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the published files are not beside this checkout")
def test_the_real_questions_of_video_holmes(bench: Looking) -> None:
    """All published questions of two videos; an oracle in the official form is right, a constant A as often as A is."""
    rows = [row for path in sorted((SHARED / "video_holmes").glob("example_questions_*.json"))
            for row in json.loads(path.read_text())]  # fmt: skip
    put(bench.data / "video_holmes" / "test_Video-Holmes.json", rows)
    for key in {row["video ID"] for row in rows}:
        put(bench.data / "video_holmes" / "videos" / f"{key}.mp4", b"not opened")
    ids = [f"{row['video ID']}_{row['Question ID']}" for row in rows]
    words = ("--task", "video_holmes", "--model-arg", "decode=false")
    oracle = {key: f"<answer>{row['Answer']}</answer>" for key, row in zip(ids, rows, strict=True)}
    _, summary = bench.run(oracle, *words)
    assert (values(summary)["video_holmes.avg"], values(summary)["video_holmes.robust_avg"]) == (100.0, 100.0)
    _, summary = bench.run(dict.fromkeys(ids, "A"), *words, "--fresh")
    share = 100 * sum(row["Answer"] == "A" for row in rows) / len(rows)
    assert values(summary)["video_holmes.avg"] == pytest.approx(share)


def test_export_and_score_without_media(bench: Looking, film: bytes, tmp_path: Path) -> None:
    """Questions go out with the frames' policy applied: a video without its sound, and the sound; replies come back."""
    replies = worldsense(bench.data, film)
    done = bench.main("data", "export", "worldsense", "--data", bench.data, "--to", tmp_path / "q")
    assert done.code == 0, done.err
    lines = [json.loads(line) for line in (tmp_path / "q" / "questions.jsonl").read_text().splitlines()]
    kinds = [part["type"] for part in lines[0]["messages"][0]["content"]]
    assert kinds == ["video", "audio", "text"]
    record = json.loads((tmp_path / "q" / "export.json").read_text())
    assert record["video"] == "fps:2|most:768|pixels:786432|sound:beside"
    answers = put_lines(tmp_path / "answers.jsonl", [{"id": key, "response": said} for key, said in replies.items()])
    for path in (bench.data / "worldsense").glob("**/*.mp4"):
        path.unlink()
    done = bench.main("score", "--task", "worldsense", "--responses", answers, "--data", bench.data,
                      "--out", tmp_path / "scored", "--name", "elsewhere", "--json")  # fmt: skip
    assert done.code == 0, done.err
    assert values(done.json[0])["worldsense.avg"] == 75.0


def test_every_omni_column_has_its_task() -> None:
    prefixes = ("omnibench.", "worldsense.", "daily_omni.", "video_holmes.")
    wanted = {name for name in published.columns() if name.startswith(prefixes)}
    had = {column for name in ("omnibench", "worldsense", "daily_omni", "video_holmes")
           for column in plugins.plugin("task", name).header["columns"]}  # fmt: skip
    assert len(wanted) == 7 and wanted <= had
