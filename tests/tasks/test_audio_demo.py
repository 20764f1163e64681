"""audio_demo: answers by construction, nothing for the deaf, and a baseline that listens a little."""

from __future__ import annotations

import io
import itertools
import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from audio_bench import Bench, columns

from evalkit import plugins
from evalkit.core.sample import Sample
from evalkit.core.task import Task
from evalkit.media.source import read_bytes
from evalkit.metrics.choice.token_traps import traps
from evalkit.tasks.audio_demo import build, sounds
from evalkit.tasks.audio_demo.questions import KINDS, Question, questions

Main = Callable[..., Any]
ALL = list(questions())


def samples() -> list[Sample]:
    task = plugins.load_task("audio_demo")
    assert isinstance(task, Task)
    found = [task.sample(row, "all") for row in task.source.locate(None).read("all")]
    assert all(isinstance(one, Sample) for one in found)
    return found  # type: ignore[return-value]


def accuracy(choose: Callable[[Question], str]) -> float:
    return 100 * sum(choose(one) == one.kind.options[one.right] for one in ALL) / len(ALL)


def test_sixty_questions_in_three_fields() -> None:
    assert len(ALL) == len({one.key for one in ALL}) == 60
    assert Counter(one.kind.task for one in ALL) == {"music": 20, "sound": 20, "speech": 20}
    for one in ALL:
        assert sorted(one.options) == sorted(one.kind.options)
        assert traps(one.options, one.options.index(one.kind.options[one.right])) == ()


def test_who_does_not_hear_is_right_in_one_of_four() -> None:
    for place in range(4):
        assert accuracy(lambda one, place=place: one.options[place]) == 25.0
    texts = sorted({text for kind in KINDS for text in kind.options})
    for taste in (texts, texts[::-1], sorted(texts, key=len), sorted(texts, key=lambda text: text[::-1])):
        assert accuracy(lambda one, taste=taste: min(one.options, key=taste.index)) == 25.0
    for kind in KINDS:
        mine = [one for one in ALL if one.kind is kind]
        assert (
            {one.right for one in mine} == {one.options.index(kind.options[one.right]) for one in mine} == set(range(4))
        )


def test_recordings_are_the_same_each_time_and_clip_nowhere() -> None:
    made = {}
    for one in samples():
        (clip,) = [part for part in one.messages[0].content if part.modality == "audio"]
        first = read_bytes(clip)  # type: ignore[arg-type]
        assert first == read_bytes(clip)  # type: ignore[arg-type]
        wave, rate = sf.read(io.BytesIO(first))
        assert rate == 16000
        assert np.abs(wave).max() < 0.95
        assert 0.5 < len(wave) / rate < 15
        made[one.id] = first
    assert len(set(made.values())) == 60


def spectrum_peak(wave: Any) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(wave, 4 * 16000))) / 4)


def thirds(wave: Any) -> list[Any]:
    """Three sounds between the four pauses of a quarter of a second."""
    loud = np.abs(wave) > 1e-4
    edges = np.flatnonzero(np.diff(np.concatenate([[0], loud.astype(int), [0]])))
    spans = [(start, end) for start, end in itertools.batched(edges, 2)] if hasattr(itertools, "batched") else [
        (edges[at], edges[at + 1]) for at in range(0, len(edges), 2)
    ]  # fmt: skip
    joined: list[list[int]] = []
    for start, end in spans:
        if joined and start - joined[-1][1] < 2000:
            joined[-1][1] = end
        else:
            joined.append([start, end])
    return [wave[start:end] for start, end in joined]


@pytest.mark.parametrize(
    ("kind", "measure"),
    [
        ("highest_tone", spectrum_peak),
        ("loudest_noise", lambda part: float(np.sqrt((part**2).mean()))),
        ("longest_noise", len),
    ],
)
def test_answers_hold_by_plain_measures(kind: str, measure: Callable[[Any], float]) -> None:
    for one in ALL:
        if one.kind.name == kind:
            found = [measure(part) for part in thirds(one.recording())]
            assert len(found) == 3
            if one.right == 3:
                assert max(found) < 1.05 * min(found)
            else:
                assert found.index(max(found)) == one.right
                assert max(found) > 1.2 * sorted(found)[1]


@pytest.mark.parametrize("kind", ["knocks", "notes"])
def test_what_is_counted_is_there(kind: str) -> None:
    for one in ALL:
        if one.kind.name == kind:
            power = np.convolve(one.recording() ** 2, np.ones(400) / 400, "same") > 1e-5
            assert int((np.diff(power.astype(int)) == 1).sum()) == one.right + 2


def test_the_baseline_hears_and_the_deaf_one_does_not(main: Main, tmp_path: Path) -> None:
    found = {}
    for deaf in ("false", "true"):
        done = main("run", "--model", "listening-baseline", "--model-arg", f"deaf={deaf}", "--task", "audio_demo",
                    "--out", tmp_path / deaf, "--json")  # fmt: skip
        assert done.code == 0, done.err
        (summary,) = json.loads(done.out)
        found[deaf] = columns(summary)
        assert summary["counts"]["n_scored"] == 60
    assert found["true"] == pytest.approx(dict.fromkeys(found["true"], 25.0))
    assert set(found["false"]) == {
        f"audio_demo.{one}{end}" for one in ("sound", "music", "speech", "avg") for end in ("", ".robust")
    }
    assert min(found["false"].values()) >= 70, "a binomial guess reaches 23 of 60 in one of a hundred"
    (folder,) = (path.parent for path in (tmp_path / "false").glob("*/*/*/run.json"))
    to = tmp_path / "submission.json"
    assert main("data", "submission", folder, "--format", "mmau", "--to", to).code == 0
    assert {one["task"] for one in json.loads(to.read_text())} == {"sound", "music", "speech"}


def test_an_oracle_is_right_by_both_rules(main: Main, tmp_path: Path) -> None:
    summary = Bench(main, tmp_path, "audio_demo").scored(
        {one.key: one.kind.options[one.right] for one in ALL}, "oracle"
    )
    assert set(columns(summary).values()) == {100.0}


def test_the_wheel_stays_small() -> None:
    folder = plugins.folder("tasks") / "audio_demo"
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc") < 300_000


def test_the_voices_can_be_built_again(tmp_path: Path) -> None:
    if not all(shutil.which(program) for program in ("flite", "espeak-ng")):
        pytest.skip("needs flite and espeak-ng")
    assert build.main(["--out", str(tmp_path)]) == 0
    names = sorted(path.name for path in sounds.VOICES.glob("*.flac"))
    assert names == sorted(path.name for path in tmp_path.glob("*.flac"))
    for name in names:
        ours, again = (len(sf.read(folder / name)[0]) for folder in (sounds.VOICES, tmp_path))
        assert abs(ours - again) < 0.2 * ours, "another version of the programs may speak a little differently"
