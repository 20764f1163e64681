"""VoiceBench's rules over the real questions that its sets were spoken from, where they lie beside the checkout."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import voicebench_layout as layout
from loopback_judge import judge_words
from task_bench import Bench, values

from evalkit.core.errors import EvalkitError
from evalkit.metrics.choice.scorer import Choice
from evalkit.metrics.instructions import packages
from evalkit.metrics.instructions.metric import InstructionFollowing

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
BBH = ("sports_understanding", "hyperbaton", "navigate", "web_of_lies")
BALANCE = {"sports_understanding": 135, "hyperbaton": 121, "navigate": 145, "web_of_lies": 128}  # no, or (A)


def lines(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def bbh() -> list[dict[str, Any]]:
    """The thousand questions as rows of the set."""
    rows = []
    for name in BBH:
        path = DATA / "voicebench_sources" / f"bbh_{name}.json"
        if not path.is_file():
            pytest.skip(f"{path} is not there")
        examples = json.loads(path.read_text(encoding="utf-8"))["examples"]
        rows += [
            {"audio": layout.sound(seconds=0.001), "prompt": one["input"], "reference": one["target"].lower(), "id": f"{name}_{at}"}
            for at, one in enumerate(examples)
        ]  # fmt: skip
    assert len(rows) == 1000
    return rows


def score(
    main: Callable[..., Any], folder: Path, split: str, said: Mapping[str, str], name: str, *words: object
) -> tuple[int, Any]:
    answers = folder / f"{name}.jsonl"
    answers.write_text("".join(json.dumps({"id": key, "text": text}) + "\n" for key, text in said.items()))
    done = main(
        "score", "--task", f"voicebench:{split}", "--data", folder, "--out", folder / "out", "--name", name,
        "--responses", answers, "--json", *words,
    )  # fmt: skip
    assert done.code in (0, 1), done.err
    return done.code, json.loads(done.out)[0]


def test_bbh(main: Callable[..., Any], tmp_path: Path, bbh: list[dict[str, Any]]) -> None:
    layout.write(tmp_path, "bbh/test", bbh)
    no = {f"bbh_{at}": "The answer is (A)." if "hyperbaton" in row["id"] else "The answer is no."
          for at, row in enumerate(bbh)}  # fmt: skip
    code, summary = score(main, tmp_path, "bbh", no, "no")
    assert values(summary) == {"voicebench.bbh": pytest.approx(52.9)}
    assert code == 0, "everything was read"


def test_bbh_answers_that_are_right_and_that_cannot_be_read(bbh: list[dict[str, Any]]) -> None:
    metric = Choice("voicebench_bbh")
    guessed = 0.0
    for row in bbh:
        line = {"id": row["id"], "reference": row["reference"]}
        said = f"So the answer is {row['reference'].upper()}."
        assert metric.assess({**line, "response": said}, row["id"]).faithful == {"choice": (1, 1)}
        found = [metric.assess({**line, "response": "Let me think about it."}, row["id"]) for _ in range(2)]
        assert found[0].faithful == found[1].faithful, "the same guess in every run"
        assert (found[0].strict, found[0].flags) == ({"choice": (0, 1)}, ("random_fallback",))
        guessed += found[0].faithful["choice"][0]
    assert 450 < guessed < 550, "guesses of two"


def test_the_balance_of_the_four_sets(bbh: list[dict[str, Any]]) -> None:
    found = {name: sum(row["reference"] in ("no", "(a)") for row in bbh if name in row["id"]) for name in BBH}
    assert found == BALANCE


def test_ifeval(main: Callable[..., Any], tmp_path: Path) -> None:
    """All requests are known and complete; an empty reply follows none, whatever it is asked for."""
    source = lines(DATA / "voicebench_sources" / "ifeval_input_data.jsonl")
    assert len(source) == 541
    try:
        packages.require("nltk")
    except EvalkitError:  # of the package, or of its table, which has to be fetched
        needed = {"length_constraints:number_sentences", "change_case:capital_word_frequency"}
        source = [row for row in source if needed.isdisjoint(row["instruction_id_list"])]
        assert len(source) > 400
    count = len(source)
    names = sorted({name for row in source for kwargs in row["kwargs"] for name in kwargs})
    rows = [
        {
            "audio": layout.sound(seconds=0.001),
            "prompt": row["prompt"],
            "key": row["key"],
            "instruction_id_list": row["instruction_id_list"],
            "kwargs": [{name: kwargs.get(name) for name in names} for kwargs in row["kwargs"]],
        }
        for row in source
    ]
    metric = InstructionFollowing("voicebench")
    for row in rows:
        found = metric.assess({**row, "response": ""}, str(row["key"]))
        assert not any(found.outputs["strict"] + found.outputs["loose"]), row
    layout.write(tmp_path, "ifeval/test", rows)
    plain = {f"ifeval_{at}": "these words keep to lower case and have neither marks nor numbers" for at in range(count)}
    _, summary = score(main, tmp_path, "ifeval", plain, "plain")
    found_values = values(summary)
    kinds = ("prompt_strict", "prompt_loose", "instruction_strict", "instruction_loose")
    four = [found_values[f"voicebench.ifeval.{kind}"] for kind in kinds]
    assert found_values["voicebench.ifeval"] == pytest.approx(sum(four) / 4)
    assert 0 < four[0] <= four[1] < 50
    flags = {name: count for one in summary["results"] for name, count in one["flags"].items()}
    assert flags["officially_random"] == 2, "the letters # and ! of the keys 1122 and 1129"


def test_mt_bench(main: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalkit.models.api.retrying.BASE", 0.01)
    source = lines(DATA / "mt_bench" / "question.jsonl")[:6]
    sound = layout.sound(seconds=0.001)
    rows = [{"question_id": row["question_id"], "category": row["category"], "turns": row["turns"], "audio1": sound,
             "audio2": sound} for row in source]  # fmt: skip
    layout.write(tmp_path, "mtbench/test", rows)
    replies = {f"mtbench_{at}#{turn}": f"verdict={turn + 1}" for at in range(6) for turn in (1, 2)}
    with judge_words() as (judge, words):
        _, summary = Bench(main, tmp_path).run("voicebench_mtbench", replies, *words)
    found = values(summary)
    assert found["voicebench_mtbench.turn1"] == 40.0
    assert any(source[0]["turns"][1] in text and "verdict=2" in text for text in judge.texts), "its own first reply"
