"""VStyle on a small copy in the published layout: columns, weights, failures, the published records and figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from judged_by_wire import STAND_INS, Bench, bench, openai_wire, say, write_rows

from evalkit import plugins
from evalkit.core.columns import Rule
from evalkit.core.task import Task
from evalkit.published import numbers as published
from evalkit.statistics.averages import recompute

__all__ = ["bench"]
REAL = Path(__file__).resolve().parents[3] / "shared/data/vstyle"
# ability -> what the judge says of the reply, English and Chinese; the number of an ability's samples varies
SAID: dict[str, tuple[list[str], list[str]]] = {
    "acoustic_attributes/age": (["[[2]]", "[[4]]"], ["[[1]]"]),
    "acoustic_attributes/speed": (["[[3]]"], ["[[5]]"]),
    "acoustic_attributes/gender": (["Step_3._[[1]],_rather_[[2]]"], ["[[5]]"]),
    "acoustic_attributes/emotion": (["5"], ["[[4]]"]),
    "acoustic_attributes/pitch": (["[[3]]"], ["[[4]]"]),
    "acoustic_attributes/volume": (["[[3]]"], ["[[4]]"]),
    "acoustic_attributes/composite_properties": (["[[1]]", "[[4]]", "[[4]]"], ["[[2]]"]),
    "instruction/emotion": (["[[5]]"], ["[[3]]"]),
    "instruction/variation": (["[[4]]", "[[nan]]", "[[inf]]"], ["[[3]]"]),
    "instruction/style": (["[[2]]", "no_number"], ["[[3]]"]),
    "role_play/scenario": (["[[4]]"], ["[[2]]"]),
    "role_play/character": (["[[0]]"], ["[[2]]"]),  # kept by the program, out of the range strictly
    "empathy/anger": (["[[5]]"], ["[[4]]"]),
    "empathy/sadness_disappointment": (["[[4]]"], ["[[3]]"]),
    "empathy/anxiety_fear": (["[[3]]"], []),  # not covered in Chinese
    "empathy/joy_excitement": (["[[2]]"], ["[[5]]"]),
}


def copy_of(folder: Path) -> dict[str, Any]:
    """Write both languages; recordings of the English ones lie in wav/, of the Chinese ones beside the file."""
    replies: dict[str, Any] = {}
    for place, language in enumerate(("en", "zh")):
        rows, number = [], 0
        root = folder / "vstyle" / language
        for ability, said in SAID.items():
            for verdict in said[place]:
                number += 1
                name = f"{ability.replace('/', '-').replace('attributes', 'properties')}-{number}.wav"
                recording = root / ("wav" if language == "en" else "") / name
                recording.parent.mkdir(parents=True, exist_ok=True)
                recording.write_bytes(say("say it softly"))
                rows.append({
                    "instruct_text": "轻声说：“你好”。" if place else "Softly: “hello”.", "ability": ability,
                    "instruct_id": number, "id": 10 * (number - 1) + 1, "model_name": "m",
                    "instruction_audio_path": name, "response_audio_path": "none.mp3", "response_text": " Hello.",
                })  # fmt: skip
                replies[f"{language}/{rows[-1]['id']}"] = [f"verdict={verdict}", 1000.0]
        write_rows(root / "metadata.jsonl", rows)
    return replies


def flags_of(summary: Any, split: str) -> dict[str, int]:
    return next(one["flags"] for one in summary["results"] if one["split"] == split and not one.get("groups"))


def columns(summary: Any, part: str = "value") -> dict[str, float]:
    return {name.removeprefix("vstyle."): column[part] for name, column in summary["columns"].items()}


def test_columns_weights_failures_and_the_judge_that_stands_in(bench: Bench) -> None:
    replies = copy_of(bench.data)
    replies["en/1"] = ["verdict=[[2]]", 1000.0]
    mute = next(iter(replies))
    del replies["zh/1"]  # the model fails
    code, summary = bench.run("vstyle", replies)
    found = columns(summary)
    acoustic = (6 * (3 + 3 + 2 + 5 + 3 + 3) + 36 * 3) / 72
    instruction, role_play, empathy = (5 + 4 + 2) / 3, (4 + 0) / 2, (5 + 4 + 3 + 2) / 4
    assert found["acoustic_attributes.age.en"] == 3.0
    assert found["instruction.variation.en"] == 4.0, "nan and inf are no grades, and poison no mean"
    assert found["role_play.character.en"] == 0.0
    assert found["empathy.anxiety.en"] == 3.0
    for name, value in zip(
        ("acoustic_attributes", "instruction", "role_play", "empathy"), (acoustic, instruction, role_play, empathy),
        strict=True,
    ):  # fmt: skip
        assert found[f"{name}.en"] == pytest.approx(value)
    assert found["overall.en"] == pytest.approx((acoustic + instruction + role_play + empathy) / 4)
    # Chinese: no age (its only reply is missing), no anxiety: the others share their weight
    acoustic_zh = (6 * (5 + 5 + 4 + 4 + 4) + 36 * 2) / 66
    empathy_zh = (4 + 3 + 5) / 3
    assert found["empathy.anxiety.zh"] is None
    assert found["acoustic_attributes.zh"] == pytest.approx(acoustic_zh)
    assert found["empathy.zh"] == pytest.approx(empathy_zh)
    assert found["overall.zh"] == pytest.approx((66 * acoustic_zh + 72 * 3 + 72 * 2 + 54 * empathy_zh) / 264)
    strict = columns(summary, "strict")
    assert strict["instruction.variation.en"] == 2.0
    assert strict["role_play.character.en"] == 1.0
    assert strict["acoustic_attributes.age.zh"] is None, "nothing was answered"
    assert strict["overall.zh"] == pytest.approx(
        (6 * (1 + 5 + 5 + 4 + 4 + 4) + 36 * 2 + 72 * 3 + 72 * 2 + 54 * empathy_zh) / 270
    )
    counts = summary["counts"]
    assert (counts["n_total"], counts["n_model_failed"], counts["n_unparsed"]) == (37, 1, 4)
    assert counts["n_scored"] == 37 - 1 - 4
    assert code == 1
    assert summary["columns"]["vstyle.overall.en"]["low"] is None or summary["columns"]["vstyle.overall.en"]["n"] == 18
    assert summary["columns"]["vstyle.acoustic_attributes.age.en"]["low"] < 3.0
    assert sum(flags_of(summary, split).get("judge_stands_in", 0) for split in ("en", "zh")) == 36
    assert any("another judge than the benchmark's own" in notice for notice in summary["notices"])
    shown = [prompt for prompt in bench.prompts if "role_play/character" in prompt]
    assert len(shown) == 2, "each language by its own prompt"
    assert mute == "en/1"

    _, again = bench.run("vstyle", {})
    assert bench.asked() == ["zh/1"], "what is there is not asked for again"
    assert again["columns"] == summary["columns"]


def test_the_request_is_a_recording_alone_and_its_words_are_for_the_judge(bench: Bench) -> None:
    replies = copy_of(bench.data)
    bench.run("vstyle:zh", replies)
    (run,) = (bench.folder / "out").glob("*/*/*/samples.jsonl")
    for line in map(json.loads, run.read_text().splitlines()):
        (message,) = line["messages"]
        assert [part["type"] for part in message["content"]] == ["audio"]
        assert line["cluster"] == f"zh/{line['meta']['instruct_id']}"
    audios = [sum(part["type"] == "input_audio" for part in asked.json["messages"][-1]["content"])
              for asked in bench.server.asked]  # fmt: skip
    assert set(audios) == {1}, "the reply; published records name no recording of the instruction"
    assert all("轻声说" in prompt for prompt in bench.prompts)


def test_weights_are_the_program_s() -> None:
    task = plugins.load_task("vstyle")
    assert isinstance(task, Task)
    overall = task.columns["vstyle.overall.en"]
    assert isinstance(overall, Rule) and overall.weights is not None
    shares = {name: float(w) / float(sum(overall.weights)) for name, w in zip(overall.of, overall.weights, strict=True)}
    assert shares["vstyle.acoustic_attributes.composite_properties.en"] == pytest.approx(0.125)
    assert shares["vstyle.acoustic_attributes.pitch.en"] == pytest.approx(0.125 / 6)
    assert shares["vstyle.instruction.style.en"] == pytest.approx(0.25 / 3)
    assert shares["vstyle.role_play.scenario.en"] == pytest.approx(0.125)
    assert shares["vstyle.empathy.joy.en"] == pytest.approx(0.0625)
    values = dict.fromkeys(overall.names, 3.0) | {"vstyle.empathy.joy.en": None, "vstyle.role_play.scenario.en": 5.0}
    found = recompute(overall, values)
    assert found is not None
    assert float(found.value) == pytest.approx((3 * (1 - 0.0625 - 0.125) + 5 * 0.125) / (1 - 0.0625))


SIZES = {"anger": (44, 44), "sadness": (30, 29), "anxiety": (31, 30), "joy": (35, 35)}


@pytest.mark.parametrize("feeling", SIZES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_published_means_are_means_of_whole_grades_over_that_many_samples(feeling: str, language: str) -> None:
    """Covo-Audio's Table 7: every printed cell is a sum of grades over the size that the card names."""
    size = SIZES[feeling][language == "zh"]
    cells = [row.value for row in published.rows(f"vstyle.empathy.{feeling}.{language}") if row.value is not None]
    assert len(cells) >= 8
    for printed in cells:
        assert any(f"{total / size:.2f}" == f"{printed:.2f}" for total in range(size, 5 * size + 1)), printed


def test_the_card_has_the_published_columns_and_names_the_retired_judge() -> None:
    card = plugins.plugin("task", "vstyle")
    wanted = {name for name in published.columns() if name.startswith("vstyle.")}
    assert wanted <= set(card.header["columns"])
    assert len(wanted) == 8
    assert "gemini-2.5-pro-preview-06-05" in card.text()
    assert card.header["size"]["empathy_en"] == sum(size for size, _ in SIZES.values())
    assert card.header["size"]["empathy_zh"] == sum(size for _, size in SIZES.values())


def bad(folder: Path, **changes: Any) -> None:
    copy_of(folder)
    path = folder / "vstyle" / "en" / "metadata.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[1] |= changes
    write_rows(path, rows)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"ability": "empathy/envy"}, "unknown ability 'empathy/envy'; there are acoustic_attributes/age"),
        ({"ability": "empathy"}, "unknown ability 'empathy'"),
        ({"ability": None}, "'ability' is empty"),
        ({"instruct_text": None}, "'instruct_text' is empty"),
        ({"instruct_id": "x"}, "must be a whole number"),
        ({"id": 1}, "1"),
        ({"instruction_audio_path": "gone.wav"}, "'gone.wav'"),
    ],
)
def test_bad_rows_are_refused_in_a_sentence(
    tmp_path: Path, main: Callable[..., Any], changes: dict[str, Any], problem: str
) -> None:
    bad(tmp_path, **changes)
    (tmp_path / "a.json").write_text("{}")
    done = main(
        "run", "--task", "vstyle:en", "--data", tmp_path, "--out", tmp_path / "out", "--model", f"{STAND_INS}:scripted",
        "--model-arg", f"file={tmp_path / 'a.json'}", "--model-arg", "log=x", "--judge", "constant", "--dry-run",
    )  # fmt: skip
    assert done.code == 2, done.out
    assert problem in done.err


@pytest.mark.skipif(not REAL.is_dir(), reason="the published records are not here")
def test_published_records_are_scored_and_their_lost_recordings_counted(bench: Bench, tmp_path: Path) -> None:
    (bench.data / "vstyle" / "en").mkdir(parents=True)
    text = (REAL / "metadata.jsonl").read_text()
    (bench.data / "vstyle" / "en" / "metadata.jsonl").write_text(text)
    rows = [json.loads(line) for line in text.splitlines()]
    assert {row["ability"] for row in rows} == set(SAID)
    there = {row["id"]: REAL / row["response_audio_path"] for row in rows}
    write_rows(tmp_path / "replies.jsonl", [
        {"id": f"en/{key}", "audio": str(path)} for key, path in there.items() if path.is_file()
    ])  # fmt: skip
    bench.server.answer = lambda asked: openai_wire.say(asked, "[[4]]")
    done = bench.main("score", "--task", "vstyle:en", "--data", bench.data, "--responses", tmp_path / "replies.jsonl",
                      "--out", bench.folder / "out", *bench.judge, "--json")  # fmt: skip
    assert done.code == 1, done.err
    (summary,) = json.loads(done.out)
    assert summary["columns"]["vstyle.empathy.joy.en"]["value"] == 4.0
    assert summary["columns"]["vstyle.overall.en"]["value"] == 4.0
    assert summary["columns"]["vstyle.overall.en"]["strict"] == pytest.approx(
        (4 * (6 + 24 + 18) + (288 - 6 - 24 - 18 - 0)) / 288
    )
    counts = summary["counts"]
    assert (counts["n_scored"], counts["n_total"]) == (3, 16)
    assert counts["n_model_failed"] == 13


def test_it_is_exported_and_scored_without_recordings(bench: Bench, tmp_path: Path) -> None:
    copy_of(bench.data)
    done = bench.main("data", "export", "vstyle:zh", "--to", tmp_path / "export", "--data", bench.data)
    assert done.code == 0, done.err
    for path in bench.data.glob("vstyle/*/*.wav"):
        path.unlink()
    rows = [json.loads(line) for line in (bench.data / "vstyle/zh/metadata.jsonl").read_text().splitlines()]
    (tmp_path / "r.wav").write_bytes(say("verdict=[[3]]"))
    write_rows(tmp_path / "r.jsonl", [{"id": f"zh/{row['id']}", "audio": str(tmp_path / "r.wav")} for row in rows])
    done = bench.main("score", "--task", "vstyle:zh", "--data", bench.data, "--responses", tmp_path / "r.jsonl",
                      "--out", bench.folder / "out", *bench.judge, "--json")  # fmt: skip
    assert done.code == 0, done.err
    (summary,) = json.loads(done.out)
    assert summary["columns"]["vstyle.overall.zh"]["value"] == 3.0
