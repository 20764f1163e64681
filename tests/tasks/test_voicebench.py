"""VoiceBench through the command line: every set, its official value and its strict one, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import voicebench_layout as layout
from loopback_judge import judge_words
from task_bench import Bench, values

from evalkit import plugins
from evalkit.metrics.pedant import package
from evalkit.published import numbers as published
from evalkit.statistics import averages


class Accepts:
    """In the place of PEDANT: what holds a reference is right, as its first rule has it."""

    def evaluate(self, references: list[str], response: str, question: str) -> bool:
        assert question == question.lower()
        return any(one in response for one in references)


@pytest.fixture
def bench(main: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(package, "require", lambda version: None)
    monkeypatch.setattr(package, "classifier", lambda version: Accepts())
    monkeypatch.setattr("evalkit.models.api.retrying.BASE", 0.01)
    return Bench(main, tmp_path)


def test_the_nine_sets(bench: Bench) -> None:
    replies = layout.nine(bench.folder)
    with judge_words() as (judge, words):
        code, summary = bench.run("voicebench", replies, *words)
        said = len(judge.said)
        assert judge.faults > 10
        expected = {
            "voicebench.alpacaeval": 90.0,
            "voicebench.commoneval": 60.0,
            "voicebench.wildvoice": 40.0,
            "voicebench.sd_qa.gpt": 75.0,
            "voicebench.sd_qa.panda": 25.0,
            "voicebench.sd_qa": 50.0,
            "voicebench.mmsu": 900 / 14,
            "voicebench.ifeval.prompt_strict": 75.0,
            "voicebench.ifeval.prompt_loose": 75.0,
            "voicebench.ifeval.instruction_strict": 80.0,
            "voicebench.ifeval.instruction_loose": 80.0,
            "voicebench.ifeval": 77.5,
            "voicebench.advbench": 80.0,
        }
        found = values(summary)
        guessed = {name: found[name] for name in ("voicebench.openbookqa", "voicebench.bbh", "voicebench.overall")}
        assert found == pytest.approx({**expected, **guessed})
        nine = [found[name] for name in found if name.count(".") == 1 and name != "voicebench.overall"]
        assert len(nine) == 9
        assert found["voicebench.overall"] == pytest.approx(sum(nine) / 9)
        assert {name for name in published.columns() if name.startswith("voicebench.")} <= set(found)

        strict = values(summary, "strict")
        assert strict["voicebench.alpacaeval"] == pytest.approx((100 + 80 + 20) / 3), "a failed answer is the worst"
        assert strict["voicebench.openbookqa"] == pytest.approx(100 / 3), "**C** is not read, and a guess is wrong"
        assert strict["voicebench.bbh"] == 50.0
        assert strict["voicebench.advbench"] == 60.0, "silence is no refusal"
        assert round(found["voicebench.openbookqa"], 4) in (33.3333, 66.6667)
        assert found["voicebench.bbh"] in (50.0, 75.0)
        flags: dict[str, int] = {}
        for result in summary["results"]:
            if result.get("group") is None:
                flags.update({f"{result['split']} {name}": count for name, count in result["flags"].items()})
        assert flags["bbh random_fallback"] == flags["openbookqa random_fallback"] == 1
        assert flags["ifeval officially_random"] == flags["advbench empty_response"] == 1
        for name, column in summary["columns"].items():
            low, high = column["low"], column["high"]
            assert low is None or low <= column["value"] <= high, name
        assert code == 1, "one sample has no answer"
        assert summary["counts"]["n_model_failed"] == 1
        assert len(bench.asked()) == summary["counts"]["n_total"] == len(replies) + 1
        assert said == 3 * (2 + 2 + 1 + 4), "three votes for each answer that a judge sees"

        code, again = bench.run("voicebench", {**replies, "alpacaeval_2": "verdict=3"}, *words)
        assert (code, again["counts"]["n_unparsed"]) == (1, 2), "the two guesses"
        assert bench.asked() == ["alpacaeval_2"]
        assert values(again)["voicebench.alpacaeval"] == pytest.approx(80.0)
        assert values(again)["voicebench.overall"] == pytest.approx(found["voicebench.overall"] - 10 / 9)
        assert len(judge.said) == said + 3
        _, third = bench.run("voicebench", {}, *words)
        assert (bench.asked(), third["columns"], len(judge.said)) == ([], again["columns"], said + 3)


def test_without_pedant_there_is_neither_sd_qa_nor_an_overall_value(bench: Bench) -> None:
    replies = layout.nine(bench.folder)
    with judge_words() as (_, words):
        _, summary = bench.run("voicebench", replies, "--task-arg", "panda=none", *words)
    found = values(summary)
    assert found["voicebench.sd_qa.gpt"] == 75.0
    assert not {"voicebench.sd_qa", "voicebench.sd_qa.panda", "voicebench.overall"} & set(found)


def test_the_versions_of_pedant_are_two_protocols(bench: Bench) -> None:
    replies = layout.nine(bench.folder)
    with judge_words() as (_, words):
        shown = []
        for version in ("qa_metrics_0.2.17", "qa_metrics_0.2.42"):
            _, summary = bench.run("voicebench:sd_qa", replies, "--task-arg", f"panda={version}", *words)
            shown += [result["protocol"] for result in summary["results"] if result["metric"] == "panda"]
    assert shown == ["pedant:qa_metrics_0.2.17", "pedant:qa_metrics_0.2.42"]


def test_pedant_is_asked_for_before_anything_else(main: Callable[..., Any], tmp_path: Path) -> None:
    """The package is not in this environment, or the test of another version would have it."""
    if package.weights_folder() is not None:
        pytest.skip("qa_metrics is installed")
    replies = layout.nine(tmp_path)
    bench = Bench(main, tmp_path)
    with judge_words() as (judge, words), pytest.raises(AssertionError, match=r"needs the package 'qa_metrics'"):
        bench.run("voicebench:sd_qa", replies, *words)
    assert judge.said == []
    _, summary = bench.run("voicebench:bbh+advbench", replies)
    assert set(values(summary)) == {"voicebench.bbh", "voicebench.advbench"}, "sets without it need no package"


def test_accents_are_drawn_by_question(bench: Bench) -> None:
    accents = ("aus", "gbr", "ind_n", "ind_s", "irl", "kenya", "nga", "nzl", "phl", "usa", "zaf")
    replies: dict[str, Any] = {}
    for at, accent in enumerate(accents):
        rows = [("verdict=Yes rome" if number > at % 3 else "verdict=No", {"reference": "Rome"}) for number in range(4)]
        layout.put(bench.folder, f"sd_qa_{accent}", f"sd-qa/{accent}", rows, replies)
    with judge_words() as (_, words):
        code, summary = bench.run("voicebench_accents", replies, *words)
    found = values(summary)
    right = {accent: 25.0 * (3 - at % 3) for at, accent in enumerate(accents)}
    assert {name: found[f"voicebench_accents.{name}"] for name in accents} == right
    assert found["voicebench_accents"] == pytest.approx(sum(right.values()) / 11)
    assert code == 0
    assert {result["n"] for result in summary["results"] if result["split"] in accents} <= {4}
    column = summary["columns"]["voicebench_accents"]
    assert column["high"] - column["low"] > 50, "four questions, not forty-four samples: those would give 29"


def test_speakers(bench: Bench) -> None:
    voices = plugins.load_task("voicebench_speakers").source.splits  # type: ignore[union-attr]
    assert len(voices) == 11
    replies: dict[str, Any] = {}
    layout.put(bench.folder, "us_a_50", "alpacaeval_speaker/en_US_Wavenet_A_0.5_0.0_0.0", [("verdict=2", {})], replies)
    layout.put(bench.folder, "gb_b_100", "alpacaeval_speaker/en_GB_Wavenet_B_1.0_0.0_0.0", [("verdict=4", {})], replies)
    with judge_words() as (_, words):
        _, summary = bench.run("voicebench_speakers:us_a_50+gb_b_100", replies, *words)
    assert values(summary) == {"voicebench_speakers.us_a_50": 40.0, "voicebench_speakers.gb_b_100": 80.0}


def test_mtbench_is_played_and_graded_turn_by_turn(bench: Bench) -> None:
    layout.mtbench(bench.folder)
    replies = {
        "mtbench_0#1": "Roses.",
        "mtbench_0#2": "verdict=4",
        "mtbench_1#1": "verdict=3 Lilies.",
        "mtbench_1#2": "",
    }
    with judge_words() as (judge, words):
        code, summary = bench.run("voicebench_mtbench", replies, *words)
        grades = {"first": (20 + 60) / 2, "second": (80 + 60) / 2}
        assert values(summary) == {
            "voicebench_mtbench": pytest.approx(sum(grades.values()) / 2),
            "voicebench_mtbench.turn1": grades["first"],
            "voicebench_mtbench.turn2": grades["second"],
        }
    assert code == 0
    assert any("Write a verse" in text and "Roses." in text and "Now shorter" in text for text in judge.texts)


def _row(**changes: Any) -> dict[str, Any]:
    row = {"audio": layout.sound(), "prompt": "Which?", "reference": "A", "id": "navigate_1", **changes}
    return {key: value for key, value in row.items() if value != "absent"}


EMPTY = {"num_words": None}
KNOWN = {"key": 1, "instruction_id_list": ["punctuation:no_comma"], "kwargs": [EMPTY]}


@pytest.mark.parametrize(
    ("split", "place", "row", "said"),
    [
        ("openbookqa", "openbookqa/test", _row(reference=None), "openbookqa_0"),
        ("openbookqa", "openbookqa/test", _row(reference="E"), "'E'"),
        ("openbookqa", "openbookqa/test", _row(audio="absent"), "no column 'audio'"),
        ("openbookqa", "openbookqa/test", _row(audio={"bytes": b"", "path": None}), "has no audio"),
        ("openbookqa", "openbookqa/test", _row(prompt="absent"), "no column 'prompt'"),
        ("bbh", "bbh/test", _row(reference="maybe"), "yes, no, (a) or (b)"),
        ("bbh", "bbh/test", _row(reference="yes", id="date_understanding_1"), "web_of_lies"),
        ("ifeval", "ifeval/test", _row(**{**KNOWN, "instruction_id_list": ["punctuation:no_coma"]}), "no_coma"),
        ("ifeval", "ifeval/test", _row(**{**KNOWN, "kwargs": [EMPTY, EMPTY]}), "kwargs"),
        ("sd_qa", "sd-qa/usa", _row(reference=None), "reference"),
    ],
)
def test_rows_that_cannot_be_used(split: str, place: str, row: Any, said: str, bench: Bench) -> None:
    layout.write(bench.folder, place, [row])
    with judge_words() as (judge, words), pytest.raises(AssertionError) as found:
        bench.run(f"voicebench:{split}", {f"{split}_0": "verdict=1"}, *words)
    message = str(found.value).split("assert ")[0].strip()
    assert said in message
    assert "Traceback" not in message
    assert len(message.splitlines()) <= 2
    assert judge.said == [] == bench.asked()


def test_a_dialogue_of_one_turn(bench: Bench) -> None:
    layout.mtbench(bench.folder, turns=("Alone.",))
    with judge_words() as (_, words), pytest.raises(AssertionError, match=r"mtbench_0.*two turns in 'turns'"):
        bench.run("voicebench_mtbench", {}, *words)


@pytest.mark.parametrize("name", ["mmsu_lawn", "sdqa", "alpacaeval_full"])
def test_a_set_that_does_not_exist(name: str, bench: Bench) -> None:
    layout.nine(bench.folder)
    with pytest.raises(AssertionError, match=rf"unknown split of voicebench: '{name}'\. Did you mean"):
        bench.run(f"voicebench:{name}", {})


def test_the_overall_of_the_leaderboard() -> None:
    """Of all 33 rows the nine parts give the printed average within half a step of its last digit."""
    (rule,) = published.averaging_rules("voicebench.overall")
    rows = json.loads((Path(__file__).parent / "golden" / "voicebench_leaderboard.json").read_text(encoding="utf-8"))
    names = ("alpacaeval", "commoneval", "wildvoice", "sd_qa", "mmsu", "openbookqa", "bbh", "ifeval", "advbench")
    assert len(rows) == 33
    for model, *parts, printed in rows:
        common = {f"voicebench.{name}": part for name, part in zip(names, parts, strict=True)}
        common |= {f"voicebench.{name}": 20 * common[f"voicebench.{name}"] for name in names[:3]}
        assert averages.recompute(rule, common).value == pytest.approx(printed, abs=0.0051), model


def test_judges_texts_hold_question_and_reference(bench: Bench) -> None:
    replies = layout.nine(bench.folder)
    with judge_words() as (judge, words):
        bench.run("voicebench:sd_qa", replies, *words)
    assert all("Question" in text for text in judge.texts)
    assert {one for one in ("rome", "Oslo", "Paris", "Rhine") if any(one in text for text in judge.texts)} == {
        "rome", "Oslo", "Paris", "Rhine",
    }  # fmt: skip


def test_answers_made_elsewhere_and_the_file_of_the_official_scorer(bench: Bench) -> None:
    replies = layout.nine(bench.folder)
    out = bench.folder / "asked"
    done = bench.main("data", "export", "voicebench:bbh+openbookqa", "--data", bench.folder, "--to", out)
    assert done.code == 0, done.err
    lines = [json.loads(line) for line in (out / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {line["id"] for line in lines} == {f"bbh_{at}" for at in range(4)} | {f"openbookqa_{at}" for at in range(3)}
    answers = bench.folder / "made_elsewhere.jsonl"
    made = [{"id": line["id"], "text": replies[line["id"]]} for line in lines]
    answers.write_text("".join(json.dumps(line) + "\n" for line in made))
    done = bench.main(
        "score", "--task", "voicebench:bbh+openbookqa", "--data", bench.folder, "--out", bench.folder / "scored",
        "--responses", answers, "--json",
    )  # fmt: skip
    assert done.code == 1, done.err
    _, asked = bench.run("voicebench:bbh+openbookqa", replies)
    assert done.json[0]["columns"] == asked["columns"]
    run = next(iter((bench.folder / "scored").glob("*/*/*/run.json"))).parent
    to = bench.folder / "official.jsonl"
    bench.main("data", "submission", run, "--format", "voicebench", "--partial", "--to", to)
    rows = {row["id"]: row for row in map(json.loads, to.read_text(encoding="utf-8").splitlines())}
    assert (rows["openbookqa_0"]["reference"], rows["openbookqa_0"]["prompt"]) == ("A", "Question 0?")
    assert rows["sports_understanding_9"]["response"] == "The answer is yes.", (
        "the official scorer reads the set in the id"
    )
