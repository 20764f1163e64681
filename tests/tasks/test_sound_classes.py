"""MELD, VocalSound, Nonspeech7k, CochlScene and TUT2017: one label of a closed list each, by the command line."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from audio_bench import Bench, clip, columns, put

from evalkit import plugins
from evalkit.core.task import Task
from evalkit.metrics.choice.class_scores import ClassScores, mean_recall, weighted_f1

Main = Callable[..., Any]
MELD = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n"


@dataclass(frozen=True)
class Set:
    """A small copy of one set.

    Args:
        task: with its split.
        write: writes it; gives ids of its samples, in order.
        gold: right class of each.
        said: class, or words, that are said of each.
        columns: column -> value.
    """

    task: str
    write: Callable[[Path], Sequence[str]]
    gold: tuple[str, ...]
    said: tuple[str, ...]
    columns: dict[str, float]


def meld(root: Path) -> list[str]:
    times = ['"00:14:38,127","00:14:40,378"', '"00:00:01,000","00:00:31,000"', '"00:00:01,000","00:00:31,001"',
             '"00:01:00,000","00:00:59,000"']  # fmt: skip
    labels = ["neutral", "joy", "anger", "neutral"]
    lines = [
        f'{at + 1},"Oh, my “God”!",Monica,{label},positive,{at // 2},{at},8,21,{time}\n'
        for at, (label, time) in enumerate(zip(labels, times, strict=True))
    ]
    put(root / "meld/test_sent_emo.csv", MELD + "".join(lines))
    put(root / "meld/output_repeated_splits_test/dia0_utt0.wav", clip(channels=2, rate=44100))
    put(root / "meld/output_repeated_splits_test/dia0_utt1.flac", clip(kind="FLAC"))
    put(root / "meld/audios/3.mp3", clip(seconds=0.2, kind="MP3"))
    put(root / "meld/output_repeated_splits_test/dia1_utt3.wav", clip(rate=8000))
    return ["dia0_utt0", "dia0_utt1", "dia1_utt2", "dia1_utt3"]


def vocalsound(root: Path) -> list[str]:
    labels = {"f0003_0_cough": "/m/01b_21", "m0004_0_sniff": "/m/07ppn3j", "f0003_1_sigh": "/m/07plz5l"}
    rows = [{"wav": f"/data/somebody/audio_16k/{name}.wav", "labels": label} for name, label in labels.items()]
    put(root / "vocalsound/data/datafiles/te.json", json.dumps({"data": rows}))
    for name in labels:
        put(root / f"vocalsound/data/audio_16k/{name}.wav", clip())
    return list(labels)


def nonspeech7k(root: Path) -> list[str]:
    lines = ["Filename,File ID,Duration in ms,Class ID,Classname,Augment id,Augmentation type,source"]
    for name, label in (("111_4_0", "screaming"), ("a-1_2_0", "Crying"), ("c_0_0", "breath")):
        lines.append(f"{name}.wav,1,1000,4,{label},0,Original,https://freesound.org/")
        put(root / f"nonspeech7k/test/{name}.wav", clip(rate=32000))
    put(root / "nonspeech7k/metadata of test set.csv", "\n".join(lines) + "\n")
    return ["111_4_0", "a-1_2_0", "c_0_0"]


def cochlscene(root: Path) -> list[str]:
    names = [
        "Bus/Bus_user1_1_000",
        "CrowdedIndoor/CrowdedIndoor_user2_1_001",
        "SubwayStation/SubwayStation_user3_2_004",
    ]
    for name in names:
        put(root / f"cochlscene/CochlScene/Test/{name}.wav", clip(rate=44100))
        put(root / f"cochlscene/CochlScene/Val/{name}.wav", clip(rate=44100))
    put(root / "cochlscene/CochlScene/Test/Bus/.DS_Store", b"x")
    return [f"test/{name}" for name in names]


def tut2017(root: Path) -> list[str]:
    lines = ["audio/1.wav\tresidential_area", "audio/2.wav cafe/restaurant b020", "audio/3.wav\ttram"]
    put(root / "tut2017/TUT-acoustic-scenes-2017-evaluation/meta.txt", "\n".join(lines) + "\n")
    for at in (1, 2, 3):
        put(root / f"tut2017/TUT-acoustic-scenes-2017-evaluation/audio/{at}.wav", clip(channels=2, rate=44100))
    return ["1", "2", "3"]


SETS = {
    "meld": Set(
        "meld:test", meld, ("neutral", "joy", "anger", "neutral"), ("A", "A", "anger", "I hear (a) neutral."),
        {"meld.emotion.acc": 100 * 2 / 3, "meld.emotion.acc_all": 75.0, "meld.emotion.test.mean_recall": 200 / 3,
         "meld.emotion.test.weighted_f1": 100 * (2 * 0.8 + 0 + 1) / 4, "meld.emotion.test.macro_f1": 180 / 7},
    ),
    "vocalsound": Set(
        "vocalsound", vocalsound, ("Cough", "Sniff", "Sigh"), ("C", "Throat clearing", "who knows"),
        {"vocalsound.acc": 100 / 3, "vocalsound.mean_recall": 100 / 3, "vocalsound.macro_f1": 100 / 6},
    ),
    "nonspeech7k": Set(
        "nonspeech7k", nonspeech7k, ("Scream", "Cry", "Breath"), ("E", "(C)", "Answer: B"),
        {"nonspeech7k.acc": 200 / 3, "nonspeech7k.mean_recall": 200 / 3, "nonspeech7k.macro_f1": 200 / 7},
    ),
    "cochlscene": Set(
        "cochlscene:test", cochlscene, ("bus", "crowded indoor", "subway station"), ("A", "crowded indoor", "subway"),
        {"cochlscene.test.acc": 200 / 3, "cochlscene.test.mean_recall": 200 / 3, "cochlscene.test.macro_f1": 200 / 13},
    ),
    "tut2017": Set(
        "tut2017", tut2017, ("residential area", "cafe or restaurant", "tram"), ("M", "C.", "A tram passes."),
        {"tut2017.acc": 100.0, "tut2017.mean_recall": 100.0, "tut2017.macro_f1": 300 / 15},
    ),
}  # fmt: skip


@pytest.fixture(params=SETS)
def one(request: pytest.FixtureRequest) -> Set:
    return SETS[request.param]


def test_by_the_command_line(main: Main, tmp_path: Path, one: Set) -> None:
    ids = [key if "/" in key or not one.task.startswith("meld") else f"test/{key}" for key in one.write(tmp_path)]
    bench = Bench(main, tmp_path, one.task)
    code, summary = bench.run(dict(zip(ids, one.said, strict=True)))
    assert columns(summary) == pytest.approx(one.columns)
    assert code == int("who knows" in one.said)
    assert set(bench.asked()) == set(ids)
    assert all(found["seconds"][0] > 0 for found in bench.asked().values())
    assert not any("_" in found["text"] for found in bench.asked().values())


def test_without_recordings(main: Main, tmp_path: Path, one: Set) -> None:
    """Answers made elsewhere get the same values from the lists alone; CochlScene has no list but its folders."""
    ids = [key if "/" in key or not one.task.startswith("meld") else f"test/{key}" for key in one.write(tmp_path)]
    for path in tmp_path.rglob("*"):
        if path.suffix in (".wav", ".flac", ".mp3"):
            path.write_bytes(b"") if one.task.startswith("cochlscene") else path.unlink()
    summary = Bench(main, tmp_path, one.task).scored(dict(zip(ids, one.said, strict=True)), "elsewhere")
    assert columns(summary) == pytest.approx(one.columns)


def test_questions_are_exported(main: Main, tmp_path: Path, one: Set) -> None:
    ids = one.write(tmp_path)
    done = main("data", "export", one.task, "--to", tmp_path / "to", "--data", tmp_path)
    assert done.code == 0, done.err
    lines = [json.loads(line) for line in (tmp_path / "to/questions.jsonl").read_text().splitlines()]
    assert len(lines) == len(ids)
    assert all({part["type"] for part in line["messages"][0]["content"]} == {"audio", "text"} for line in lines)


FAULTS: dict[str, tuple[str, Callable[[Path], Any], str]] = {
    "video where the sound should be": (
        "meld:test",
        lambda root: (root / "meld/output_repeated_splits_test/dia1_utt3.wav").rename(
            root / "meld/output_repeated_splits_test/dia1_utt3.mp4"
        ),
        "the clip output_repeated_splits_test/dia1_utt3.mp4 is a video",
    ),
    "clip that is not there": (
        "meld:test",
        lambda root: (root / "meld/audios/3.mp3").unlink(),
        "1 audio files of 4 rows are not beside the file",
    ),
    "time without a comma": (
        "meld:test",
        lambda root: (root / "meld/test_sent_emo.csv").write_text(
            (root / "meld/test_sent_emo.csv").read_text().replace("00:14:40,378", "14 min")
        ),
        "'14 min' is no time such as 00:14:38,127",
    ),
    "emotion of another list": (
        "meld:test",
        lambda root: (root / "meld/test_sent_emo.csv").write_text(
            (root / "meld/test_sent_emo.csv").read_text().replace(",joy,", ",happy,")
        ),
        "the answer 'happy' is none of the options neutral, joy",
    ),
    "sound of another list": (
        "vocalsound",
        lambda root: (root / "vocalsound/data/datafiles/te.json").write_text(
            (root / "vocalsound/data/datafiles/te.json").read_text().replace("/m/01b_21", "/m/zzz")
        ),
        "the field 'answer' cannot be made: KeyError '/m/zzz'",
    ),
    "scene of another list": (
        "cochlscene:test",
        lambda root: (root / "cochlscene/CochlScene/Test/Bus").rename(root / "cochlscene/CochlScene/Test/Beach"),
        "the answer 'beach' is none of the options bus, cafe",
    ),
    "recording outside of a scene": (
        "cochlscene:test",
        lambda root: put(root / "cochlscene/CochlScene/Test/stray.wav", clip()),
        "expected CochlScene/Test/SCENE/NAME.wav",
    ),
    "line without a label": (
        "tut2017",
        lambda root: put(root / "tut2017/TUT-acoustic-scenes-2017-evaluation/meta.txt", "audio/1.wav\n"),
        "1 fields, expected 2 to 3",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_refused_in_one_sentence(main: Main, tmp_path: Path, name: str) -> None:
    task, spoil, told = FAULTS[name]
    SETS[task.partition(":")[0]].write(tmp_path)
    spoil(tmp_path)
    bench = Bench(main, tmp_path, task)
    done = bench.tried({"*": "A"})
    assert done.code == 2
    assert told in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert bench.asked() == {}


def test_a_constant_model_on_melds_classes() -> None:
    """Who always says neutral has an accuracy of 48.12 and a recall of a seventh, by the counts of the real test set."""
    task = plugins.load_task("meld")
    assert isinstance(task, Task)
    metric = next(one.metric for one in task.scorers if isinstance(getattr(one, "metric", None), ClassScores))  # type: ignore[attr-defined]
    counts = {"neutral": 1256, "joy": 402, "anger": 345, "surprise": 281, "sadness": 208, "fear": 50, "disgust": 68}
    total = [0.0] * 21
    for label, count in counts.items():
        line = {"choices": list(metric.classes), "answer": label, "response": "A"}
        vector = metric.assess(line, "here").faithful["mean_recall"]
        total = [sum_ + count * entry for sum_, entry in zip(total, vector, strict=True)]
    assert sum(counts.values()) == 2610
    assert mean_recall(total) == pytest.approx(100 / 7)
    share = 1256 / 2610
    assert weighted_f1(total) == pytest.approx(100 * share * 2 * share / (1 + share))


def test_class_scores_agree_with_a_confusion_matrix() -> None:
    """Against plain definitions over random labels, the absent class left out of the recall."""
    import random

    draw = random.Random(3)
    classes = ("low", "mid", "high", "none of all")
    metric = ClassScores("robust", "|".join(classes))
    gold = [draw.choice(classes[:3]) for _ in range(200)]
    said = [draw.choice([*classes, "unsure"]) for _ in range(200)]
    total = [0.0] * 12
    for wanted, given in zip(gold, said, strict=True):
        found = metric.assess({"choices": list(classes), "answer": wanted, "response": given}, "here")
        total = [one + two for one, two in zip(total, found.faithful["macro_f1"], strict=True)]
    recalls, weighted = [], 0.0
    for name in classes:
        hits = sum(a == b == name for a, b in zip(gold, said, strict=True))
        if name in gold:
            recalls.append(hits / gold.count(name))
        f1 = 2 * hits / (gold.count(name) + said.count(name))
        weighted += f1 * gold.count(name) / len(gold)
    assert mean_recall(total) == pytest.approx(100 * math.fsum(recalls) / len(recalls))
    assert weighted_f1(total) == pytest.approx(100 * weighted)
