"""MMAR: seven modalities by the command line, its traps counted, and the published averages."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from audio_bench import Bench, clip, columns, put

Main = Callable[..., Any]
SIZES = {  # modality -> questions of the published file
    "sound": 165, "music": 206, "speech": 294, "mix-sound-music": 11, "mix-sound-speech": 218, "mix-music-speech": 82,
    "mix-sound-music-speech": 24,
}  # fmt: skip
OUTCOMES = dict(zip(SIZES, ("rrw", "rw", "rrrw", "r", "w", "rl", "wwwr"), strict=True))  # l: right behind a lead-in
CHORDS = ["C major", "A minor", "the G major", "C minor"]
SAID = {"r": "C major", "w": "A minor", "l": "The correct answer is: C major"}


def row(key: str, modality: str, **more: Any) -> dict[str, Any]:
    return {
        "id": key,
        "audio_path": f"./audio/{key}.wav",
        "question": "Which chord?",
        "choices": CHORDS,
        "answer": "C major",
        "modality": modality,
        "category": "Perception Layer",
        "sub-category": "Music Theory",
        "language": None,
        "source": "youtube",
        "url": "https://example.org",
        "timestamp": "00:00:01,00:00:09",
        **more,
    }


def write(root: Path, rows: list[dict[str, Any]], lines: bool = True) -> None:
    for one in rows:
        put(root / "mmar" / one["audio_path"], clip(channels=2, rate=44100))
    if lines:
        put(root / "mmar" / "MMAR-meta.jsonl", "".join(f"{json.dumps(one)}\n" for one in rows))
    else:
        put(root / "mmar" / "MMAR-meta.json", json.dumps(rows))


@pytest.mark.parametrize("lines", [True, False])
def test_seven_modalities_and_their_micro_average(main: Main, tmp_path: Path, lines: bool) -> None:
    rows, replies = [], {}
    for modality, outcomes in OUTCOMES.items():
        for at, outcome in enumerate(outcomes):
            more = {"thinking": "", "cue": [], "rubric": [], "language": "zh|en"} if lines else {}
            rows.append(row(f"{modality}_{at}", modality, **more))
            replies[f"{modality}_{at}"] = SAID[outcome]
    write(tmp_path, rows, lines)
    code, summary = Bench(main, tmp_path, "mmar").run(replies)
    found = columns(summary)
    for modality, outcomes in OUTCOMES.items():
        name = f"mmar.{modality.removeprefix('mix-').replace('-', '_')}"
        assert found[name] == pytest.approx(100 * outcomes.count("r") / len(outcomes))
        assert found[f"{name}.no_lead_in"] == pytest.approx(100 * (len(outcomes) - outcomes.count("w")) / len(outcomes))
    everything = "".join(OUTCOMES.values())
    assert found["mmar.avg"] == pytest.approx(100 * everything.count("r") / len(everything))
    assert found["mmar.moved_by_lead_in"] == pytest.approx(100 / len(everything))
    flags = next(one["flags"] for one in summary["results"] if one["scorer"] == "token_traps")
    assert flags == {"marker_trap": len(everything)}  # "(A) C major" beside "A minor"
    assert code == 1, "the lead-in names no option by the official rule"
    (folder,) = (path.parent for path in (tmp_path / "out").glob("*/*/*/run.json"))
    done = main("data", "submission", folder, "--format", "mmar", "--to", tmp_path / "mmar.json", "--partial")
    written = json.loads((tmp_path / "mmar.json").read_text())
    assert done.code == 1
    assert {one["answer_prediction"] for one in written} == set(SAID.values())
    assert {one["modality"] for one in written} == set(SIZES)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"modality": "mix-smell"}, "'mix-smell' is none of sound, music"),
        ({"category": "Semantic"}, "'Semantic' is none of Signal Layer"),
        ({"answer": "E major"}, "the answer 'E major' is none of the options"),
    ],
)
def test_what_the_official_scorer_stops_at_is_refused(
    main: Main, tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    write(tmp_path, [row("a", "sound"), row("b", "sound") | change])
    done = Bench(main, tmp_path, "mmar").tried({"*": "C major"})
    assert done.code == 2
    assert told in done.err
    assert len(done.err.strip().splitlines()) == 1


def test_the_micro_average_is_the_published_one() -> None:
    """Rows of Covo-Audio's Table 13, weighted by the sizes of the published file; and a row of the repository."""
    from evalkit.published import numbers
    from evalkit.statistics.averages import recompute

    (rule,) = numbers.averaging_rules("mmar.avg")
    names = {f"mmar.{one.removeprefix('mix-').replace('-', '_')}": size for one, size in SIZES.items()}
    assert rule.weights is not None
    assert dict(zip(rule.columns, map(int, rule.weights), strict=True)) == names
    qwen = dict(zip(names, (58.8, 40.8, 59.9, 54.5, 61.9, 67.1, 58.3), strict=True))
    made = recompute(rule, qwen)
    assert made is not None
    assert float(made.value) == pytest.approx(56.7, abs=0.05)


def test_without_recordings_and_as_questions(main: Main, tmp_path: Path) -> None:
    write(tmp_path, [row("a", "sound"), row("b", "mix-music-speech")])
    done = main("data", "export", "mmar", "--to", tmp_path / "to", "--data", tmp_path)
    assert done.code == 0, done.err
    assert len((tmp_path / "to/questions.jsonl").read_text().splitlines()) == 2
    for path in (tmp_path / "mmar/audio").iterdir():
        path.unlink()
    found = columns(Bench(main, tmp_path, "mmar").scored({"a": "C major", "b": "A minor"}, "elsewhere"))
    assert (found["mmar.sound"], found["mmar.music_speech"], found["mmar.avg"]) == (100.0, 0.0, 50.0)
