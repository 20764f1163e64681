"""VCB Bench on a small copy in the published layout: every topic, its weights, dropped conversations, both modes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from judged_by_wire import STAND_INS, Bench, bench, say, write_rows

from evalkit import plugins
from evalkit.core.task import Task
from evalkit.published import numbers as published

__all__ = ["bench"]
TASK = plugins.load_task("vcb")
assert isinstance(TASK, Task)
TABLE: Mapping[str, Any] = TASK.sample.__globals__  # type: ignore[attr-defined]
YES, NO = "It_agrees.~Result:_yes", "Result:_no"
# set -> what the judge says of each reply; None: the model has none
SAID: dict[str, list[str | None]] = {
    "continuation": ["5", "no_idea"], "creation": ["3", "[[3]]"], "safety": ["2"], "safety_en": ["|5"],
    "emotional_control": ["4", "good"], "general_knowledge": [YES, NO, "Result:_unclear", "Result:_yes/no"],
    "math": [NO, YES], "discourse_comprehension": [YES, None], "age": ["1", "2", "3"], "accent": ["5"],
    "age_cmp": ["5", "5", "none"],
}  # fmt: skip
# set -> conversation -> ratio, and what the judge says of each round; no round of "hs4" is spoken
TALKS: dict[str, dict[str, tuple[str, list[str | None]]]] = {
    "progression": {"hs1": ("1:1:2", ["5", "4", "3"]), "hs2": ("1:1", ["4", "none"])},
    "backtracking": {"hs1": ("1", ["2"])},
    "transition": {"hs3": ("1:3", [None, "4"]), "hs4": ("1", ["5"])},
}  # fmt: skip


def copy_of(root: Path, *only: str) -> dict[str, Any]:
    """Write every set, or some, and give the replies; paths start above the copy, as in the published records."""
    replies: dict[str, Any] = {}

    def recording(split: str, name: str) -> str:
        path = Path(TABLE["FILES"][split]).parent / "audio" / f"{name}.wav"
        (root / "vcb_bench" / path).parent.mkdir(parents=True, exist_ok=True)
        (root / "vcb_bench" / path).write_bytes(say(f"question {name}"))
        return f"data/downloaded_datasets/vcb_bench/{path}"

    for split in only or TABLE["TOPIC"]:
        topic, rows = TABLE["TOPIC"][split], []
        for place, said in enumerate(SAID.get(split, [YES] if topic in ("gk", "ml", "dc") else ["4"])):
            if topic == "mtd":
                break
            index = f"{split}_{'child' if place else 'elder'}_{place}"
            rows.append({
                "index": index, "question": "哪一个？A. 天 B. 地" if topic == "dc" else "", "audio_content": f"问题{place}",
                "audio_path": recording(split, index), "subset": split, "task_type": "audio2text", "answer": "地",
            })  # fmt: skip
            if said is not None:
                replies[f"{split}/{index}"] = [f"reply {split} verdict={said}", 1000.0]
        for name, (ratio, grades) in TALKS.get(split, {}).items():
            for turn, said in enumerate(grades, 1):
                words = [f"{name} {'asks' if at % 2 == 0 else 'is told'} {at}" for at in range(2 * turn - 1)]
                both = name != "hs1"  # the data's replies are recorded as well
                rows.append({
                    "index": f"{name}-{turn - 1}", "question": "", "audio_content": words, "subset": split,
                    "audio_path": [recording(split, f"{name}_{at}") for at in range(2 * turn - 1) if both or at % 2 == 0],
                    "task_type": "audio2text",
                    "mt_meta": {"rounds": str(len(grades)), "this_round": str(turn), "score_ratio": ratio},
                })  # fmt: skip
                if said is not None and name != "hs4":
                    replies[f"{split}/{name}-{turn - 1}"] = [f"{name} verdict={said}", 1000.0]
                elif name == "hs4":
                    replies[f"{split}/{name}-{turn - 1}"] = f"written, not said: verdict={said}"
        write_rows(root / "vcb_bench" / TABLE["FILES"][split], rows)
    return replies


def columns(summary: Any, part: str = "value") -> dict[str, Any]:
    return {name.removeprefix("vcb."): column[part] for name, column in summary["columns"].items()}


def test_all_topics_by_the_official_rule_and_strictly(bench: Bench) -> None:
    replies = copy_of(bench.data)
    code, summary = bench.run("vcb", replies)
    found, strict = columns(summary), columns(summary, "strict")
    assert found["tif.continuation"] == 100.0, "what cannot be read is left out"
    assert found["tif"] == pytest.approx((100 * 1 + 60 * 2 + 40 * 1 + 80 * 4) / 8), "weighted by what could be read"
    assert strict["tif"] == pytest.approx((100 + 20 + 120 + 40 + 320) / 9)
    assert found["tif_en"] == pytest.approx((100 + 6 * 80) / 7), "a blank verdict is asked for again"
    assert (found["sif"], strict["sif.emotional_control"]) == (80.0, 50.0)
    assert found["gk"] == pytest.approx(100 * 2 / 3)
    assert strict["gk"] == 25.0
    assert found["ml"] == pytest.approx(100 * (1 + 1 + 1) / 4)
    assert (found["dc"], strict["dc"]) == (100.0, 50.0), "a reply without speech vanishes in mode a2a"
    assert found["sv"] == pytest.approx((20 + 40 + 60 + 100 + 80 + 80) / 6)
    assert found["sv.clean"] == pytest.approx((100 + 100 + 3 * 80) / 5)
    assert (found["ev"], found["cv"], found["ev.clean"], found["cv.clean"]) == (80.0, 80.0, 80.0, 80.0)
    # (5 + 4 + 2 * 3) / 4 = 3.75; hs2 is left out as a whole; 2; a round without speech adds nothing: 4 * 3 / 4; 0
    assert found["mtd.progression"] == pytest.approx(75.0)
    assert strict["mtd.progression"] == pytest.approx((75 + 20 * 4 / 2) / 2), (
        "as a lost round counts 0, so does an unreadable one"
    )
    assert found["mtd.backtracking"] == 40.0
    assert found["mtd.transition"] == pytest.approx((60 + 0) / 2)
    assert found["mtd"] == pytest.approx((75 + 40 + 60 + 0) / 4)
    assert strict["mtd"] == pytest.approx((75 + 40 + 40 + 60 + 0) / 5)
    assert (summary["columns"]["vcb.mtd"]["n"], summary["columns"]["vcb.mtd"]["n_dropped"]) == (4, 1)
    assert {name for name in published.columns() if name.startswith("vcb.")} <= set(summary["columns"])
    for topic in TABLE["SETS"]:  # the mean of the sets, weighted by what could be read
        sets = [summary["columns"][f"vcb.{topic}.{name}"] for name in TABLE["SETS"][topic]]
        mean = sum(one["value"] * one["n"] for one in sets) / sum(one["n"] for one in sets)
        assert found[topic] == pytest.approx(mean)
        assert summary["columns"][f"vcb.{topic}"]["n"] == sum(one["n"] for one in sets)
    assert summary["columns"]["vcb.sv"]["low"] < found["sv"] < summary["columns"]["vcb.sv"]["high"]
    counts = summary["counts"]
    assert (counts["n_model_failed"], counts["n_unparsed"], code) == (3, 6, 1)
    asked = {
        word: [prompt for prompt in bench.prompts if word in prompt]
        for word in ("turn it down", "哪一个", "hs1 asks 0")
    }
    assert len(asked["turn it down"]) == 2
    assert "问题0" in asked["哪一个"][0]
    assert any("hs1 is told 1" in prompt and "hs1 verdict=3" in prompt for prompt in asked["hs1 asks 0"])

    _, again = bench.run("vcb", {})
    assert set(bench.asked()) == {"discourse_comprehension/discourse_comprehension_child_1", "transition/hs3-0"}
    assert again["columns"] == summary["columns"]


def test_what_a_model_gets(bench: Bench) -> None:
    replies = copy_of(bench.data, "progression", "discourse_comprehension", "age")
    bench.run("vcb:progression+discourse_comprehension+age", replies)
    (run,) = (bench.folder / "out").glob("*/*/*/samples.jsonl")
    lines = {line["id"]: line for line in map(json.loads, run.read_text().splitlines())}
    third = lines["progression/hs1-2"]
    assert [(turn["role"], turn["content"][0]["type"]) for turn in third["messages"]] == [
        ("user", "audio"), ("assistant", "text"), ("user", "audio"), ("assistant", "text"), ("user", "audio"),
    ]  # fmt: skip
    assert third["meta"]["share"] == 0.5
    assert third["cluster"] == "progression/hs1"
    (message,) = lines["discourse_comprehension/discourse_comprehension_elder_0"]["messages"]
    assert [part["type"] for part in message["content"]] == ["audio", "text"]
    age = lines["age/age_child_1"]
    assert [part["type"] for part in age["messages"][0]["content"]] == ["audio"]
    assert age["meta"]["category"] == "age_child"
    assert age["meta"]["language"] == "zh"


def test_written_replies_have_ids_of_their_own(bench: Bench) -> None:
    copy_of(bench.data, "age", "accent", "volume", "speed")
    writes = {f"{split}/{split}_elder_0": "verdict=5" for split in ("age", "speed", "volume", "accent")}
    code, summary = bench.run("vcb:age+accent+volume+speed", writes, "--task-arg", "mode=a2t")
    found = summary["columns"]
    assert set(found) == {f"vcb.a2t.sv{name}" for name in ("", ".age", ".accent", ".volume", ".speed")}
    # two of age's three replies are missing: the program judges the word null, which counts as the lowest grade here
    assert found["vcb.a2t.sv"]["value"] == found["vcb.a2t.sv"]["strict"] == pytest.approx((100 + 20 + 20 + 300) / 6)
    assert code == 1


def test_the_card_has_the_published_columns() -> None:
    card = plugins.plugin("task", "vcb")
    wanted = {name for name in published.columns() if name.startswith("vcb.")}
    assert len(wanted) == 11
    assert wanted <= set(card.header["columns"])
    assert len(TABLE["FILES"]) == 7 + 7 + 6 + 6 + 3 + 1 + 3 + 1 + 2 * (4 + 3 + 5)
    text = card.text()
    for quirk in ("Double scaling", "gemini-2.5-pro", "over 60 s", "vanishes"):
        assert quirk in text


@pytest.mark.parametrize(
    ("split", "changes", "problem"),
    [
        ("progression", {"audio_content": ["only the last"]}, "comes after 2 earlier turns; audio_content has 1 turns"),
        ("progression", {"audio_content": "a text"}, "audio_content has a text"),
        ("progression", {"mt_meta": None}, 'mt_meta needs "this_round"'),
        ("progression", {"mt_meta": {"this_round": "2", "score_ratio": "1"}}, "score_ratio"),
        ("progression", {"mt_meta": {"this_round": "2", "score_ratio": "0:0"}}, "score_ratio"),
        ("progression", {"audio_path": ["x.wav"]}, "x.wav"),
        ("progression", {"index": "hs1-0"}, "hs1-0"),
        ("age", {"audio_path": "gone.wav"}, "gone.wav"),
        ("age", {"audio_path": None}, "no audio"),
        ("age", {"audio_content": None}, "no question"),
        ("general_knowledge", {"answer": None}, "reference"),
    ],
)
def test_bad_records_are_refused_in_a_sentence(
    tmp_path: Path, main: Callable[..., Any], split: str, changes: dict[str, Any], problem: str
) -> None:
    copy_of(tmp_path, split)
    path = tmp_path / "vcb_bench" / TABLE["FILES"][split]
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[1] |= changes
    write_rows(path, rows)
    (tmp_path / "a.json").write_text("{}")
    done = main(
        "run", "--task", f"vcb:{split}", "--data", tmp_path, "--out", tmp_path / "out", "--model",
        f"{STAND_INS}:scripted", "--model-arg", f"file={tmp_path / 'a.json'}", "--model-arg", "log=x", "--judge",
        "constant", "--transcriber", f"{STAND_INS}:ear", "--dry-run",
    )  # fmt: skip
    assert done.code == 2, done.out
    assert problem in done.err


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--task", "vcb:agee"], "Did you mean age"),
        (["--task", "vcb", "--task-arg", "mode=text"], "mode 'text' of vcb: a2a"),
    ],
)
def test_a_set_or_mode_that_does_not_exist(main: Callable[..., Any], words: list[str], problem: str) -> None:
    done = main("run", *words, "--model", "constant", "--model-arg", "text=x")
    assert (done.code, problem in done.err) == (2, True), done.err


def test_it_is_exported_and_scored_without_recordings(bench: Bench, tmp_path: Path) -> None:
    copy_of(bench.data, "backtracking", "math")
    done = bench.main("data", "export", "vcb:backtracking+math", "--to", tmp_path / "export", "--data", bench.data)
    assert done.code == 0, done.err
    for path in bench.data.rglob("*.wav"):
        path.unlink()
    (tmp_path / "r.wav").write_bytes(say("verdict=4"))
    (tmp_path / "y.wav").write_bytes(say(f"verdict={YES}"))
    names = {"backtracking/hs1-0": "r.wav", "math/math_elder_0": "y.wav", "math/math_child_1": "y.wav"}
    write_rows(tmp_path / "r.jsonl", [{"id": key, "audio": str(tmp_path / name)} for key, name in names.items()])
    done = bench.main("score", "--task", "vcb:backtracking+math", "--data", bench.data, "--responses",
                      tmp_path / "r.jsonl", "--out", bench.folder / "out", *bench.judge, "--transcriber",
                      f"{STAND_INS}:ear", "--json")  # fmt: skip
    assert done.code == 0, done.err
    (summary,) = json.loads(done.out)
    assert columns(summary) == {"mtd.backtracking": 80.0, "ml.math": 100.0}
