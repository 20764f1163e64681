"""Yes or no: MME and HallusionBench, single questions and groups."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest

from evalkit.core.errors import DataError, UnknownNameError
from evalkit.core.response import Response
from evalkit.core.sample import Sample
from evalkit.core.scorer import Answered
from evalkit.metrics import yes_no as rule
from evalkit.metrics.yes_no import COGNITION, PERCEPTION, YesNo, yes_no


@pytest.mark.parametrize(
    ("response", "program", "lmms", "vlmevalkit"),
    [
        ("Yes", "yes", "yes", "yes"),
        ("no.", "no", "no", "no"),
        (" YES, it is", "yes", "yes", "yes"),
        ("y", "other", "yes", "other"),
        ("N", "other", "no", "other"),
        ("N.", "other", "no", "other"),
        ("Not at all", "no", "no", "other"),  # the first letters of another word
        ("Nothing", "no", "no", "other"),
        ("I think yes", "other", "other", "yes"),
        ("yes and no", "yes", "yes", "other"),
        ("A: no", "other", "other", "no"),
        ("", "other", "other", "other"),
        ("Yes-no", "yes", "yes", "other"),
        ("**Yes**", "other", "other", "other"),
        ("**no**", "no", "no", "other"),
        ("yesterday", "yes", "yes", "other"),
        ("是", "other", "other", "other"),
        ("yes/sure", "yes", "yes", "yes"),
    ],
)
def test_reading(response: str, program: str, lmms: str, vlmevalkit: str) -> None:
    assert rule.first_word(response) == program
    assert rule.first_word_lmms(response) == lmms
    assert rule.only_word(response) == vlmevalkit


def line(answer: str = "Yes", response: Any = "Yes", **more: Any) -> dict[str, Any]:
    return {"id": "1", "category": "OCR", "group": "a.jpg", "answer": answer, "response": response, **more}


def test_an_answer_that_is_neither_is_wrong_and_unparsed() -> None:
    found = YesNo().assess(line(response="maybe"), "x")
    assert found.outputs == {"parsed": "other", "right": False}
    assert found.status == "unparsed"
    assert found.faithful == {"accuracy": (0, 1), "acc_plus": (0, 1)}
    assert YesNo().assess(line("no", "No."), "x").faithful["accuracy"] == (1, 1)


@pytest.mark.parametrize("profile", ["mme", "mme_lmms", "mme_vlmevalkit"])
@pytest.mark.parametrize("wrong", [{"answer": "1"}, {"answer": None}, {"group": None}, {"category": 3}, {"group": 5}])
def test_mme_lines_that_cannot_be_scored(profile: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(DataError, match=r"a\.jsonl, line 9"):
        YesNo(profile).check({**line(), **wrong}, "a.jsonl, line 9")


@pytest.mark.parametrize(
    "name", [None, 5, "", "VD_illusion_1_0_0", "XX_illusion_1_0_0_0", "VD_illusion_1_0_0_a", "VD_a_1_0_0_0\n"]
)
def test_hallusionbench_ids_of_another_form(name: object) -> None:
    with pytest.raises(DataError, match="line 9"):
        YesNo("hallusionbench").check(line(id=name), "line 9")


@pytest.mark.parametrize("response", [None, 1, ["yes"]])
def test_a_response_that_is_no_text(response: object) -> None:
    with pytest.raises(DataError, match="response"):
        YesNo().assess(line(response=response), "x")


def test_figures_and_questions_of_ids() -> None:
    assert rule.figure_of("VD_illusion_1_0_2_3") == "VD_illusion_0_2"
    assert rule.question_of("VD_illusion_1_0_2_3") == "VD_illusion_0_3"
    assert rule.figure_of("VS_chart_0_4_0_1") is None, "asked without an image"
    assert rule.figure_of("VD_ocr_1_1_0_0") != rule.figure_of("VS_ocr_1_1_0_0")
    assert rule.group_of(line()) != rule.group_of(line(category="count")), "two categories may share an image"


def test_hallusionbench_golden() -> None:
    right = {
        "VD_illusion_1_0_0_0": True,
        "VD_illusion_1_0_0_1": True,
        "VD_illusion_2_0_1_0": True,
        "VD_illusion_2_0_1_1": False,
        "VS_chart_0_0_0_0": False,
        "VS_chart_1_0_1_0": True,
    }
    assert rule.hallusionbench(list(right), list(right.values())) == {
        "aAcc": pytest.approx(100 * 4 / 6),
        "fAcc": pytest.approx(100 * 2 / 3),  # figures 0 and 1 of the illusion, 1 of the chart
        "qAcc": pytest.approx(100 * 1 / 3),  # question 0 of both figures; not 1; not the chart's
        "mean": pytest.approx((100 * 4 / 6 + 100 * 2 / 3 + 100 / 3) / 3),
    }


def test_group_accuracy_does_not_depend_on_the_order() -> None:
    rng = random.Random(3)
    rows = [(rng.choice("abcde"), rng.random() < 0.7) for _ in range(40)]
    wanted = 100 * sum(all(r for g, r in rows if g == name) for name in "abcde") / 5
    for _ in range(10):
        rng.shuffle(rows)
        assert rule.all_right([group for group, _ in rows], [right for _, right in rows]) == pytest.approx(wanted)
    assert math.isnan(rule.all_right([], []))
    assert math.isnan(rule.all_right([None], [True]))
    assert math.isnan(rule.question_accuracy([]))


def mme_lines(categories: tuple[str, ...], images: int = 4) -> list[dict[str, Any]]:
    return [
        line(answer, group=f"{image}.jpg", category=category)
        for category in categories
        for image in range(images)
        for answer in ("Yes", "No")
    ]


def test_mme_golden() -> None:
    """A model that says yes to everything: half of the questions, no image; the full marks; one image half right."""
    lines = mme_lines(PERCEPTION + COGNITION)
    yes = rule.mme(lines, [one["answer"] == "Yes" for one in lines])
    assert (yes["perception"], yes["cognition"], yes["total"]) == (500.0, 200.0, 700.0)
    full = rule.mme(lines, [True] * len(lines))
    assert (full["perception"], full["cognition"], full["total"]) == (2000.0, 800.0, 2800.0)
    verdicts = [True] * len(lines)
    verdicts[0] = False
    assert rule.mme(lines, verdicts)["existence"] == pytest.approx(100 * 7 / 8 + 100 * 3 / 4)
    rng = random.Random(1)
    order = rng.sample(range(len(lines)), len(lines))
    assert rule.mme([lines[i] for i in order], [verdicts[i] for i in order]) == pytest.approx(rule.mme(lines, verdicts))


def test_mme_sums_want_all_their_categories() -> None:
    lines = mme_lines(COGNITION)
    found = rule.mme(lines, [True] * len(lines))
    assert found["cognition"] == 800.0
    assert math.isnan(found["perception"])
    assert math.isnan(found["total"])


def test_mme_images_with_another_number_of_questions() -> None:
    with pytest.raises(DataError, match=r"OCR/a\.jpg.*here are 1"):
        rule.mme([line()], [True])


def test_a_scorer_takes_the_reference_for_the_answer() -> None:
    scorer = yes_no("mme")
    meta = {"category": "OCR", "group": "a.jpg"}
    scorer.check(Sample(id="1", split="test", messages=(), reference="Yes", meta=meta))
    with pytest.raises(DataError, match="sample '2'"):
        scorer.check(Sample(id="2", split="test", messages=(), reference="Yes"))
    answer = Answered("1", "test", "Yes", Response("yes"), meta=meta)
    (score,) = scorer.score([answer])
    assert score.faithful == {"accuracy": (1, 1), "acc_plus": (1, 1)}
    assert scorer.units(answer) == {"acc_plus": "OCR/a.jpg"}
    assert scorer.missing(answer) == scorer.worst(answer) == {"accuracy": (0, 1), "acc_plus": (0, 1)}
    yes_no("hallusionbench").check(Sample(id="VD_math_1_0_0_0", split="test", messages=(), reference="no"))


def test_unknown_profiles_and_long_responses() -> None:
    with pytest.raises(UnknownNameError, match="hallusionbench"):
        YesNo("hallusion")
    for profile in YesNo.PROFILES:
        assert YesNo(profile).assess({**line(id="VD_a_1_0_0_0", response="- ? " * 100_000)}, "x").status == "unparsed"


def test_joined_metrics_are_the_group_values(tmp_path: Path, main: Any) -> None:
    """By the command, what the functions over lists say: HallusionBench's three accuracies, MME's accuracy+."""
    rng = random.Random(5)
    names = [f"V{kind}_{sub}_{image}_{n}_{figure}_{q}" for kind in "DS" for sub in ("a", "b") for image in (0, 1)
             for n in range(3) for figure in range(2) for q in range(2)]  # fmt: skip
    right = [rng.random() < 0.7 for _ in names]
    rows = [
        {"id": name, "answer": "yes", "response": "yes" if ok else "no"} for name, ok in zip(names, right, strict=True)
    ]
    file = tmp_path / "h.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    told = main("metric", "yes_no", "--profile", "hallusionbench", "--input", file).json
    wanted = rule.hallusionbench(names, right)
    assert {"aAcc": told["value"], "mean": told["mean"]} == pytest.approx(
        {key: wanted[key] for key in ("aAcc", "mean")}
    )
    for name in ("fAcc", "qAcc"):
        assert told["metrics"][name]["value"] == pytest.approx(wanted[name])
        assert told["metrics"][name]["low"] < wanted[name] < told["metrics"][name]["high"]
    lines = mme_lines(PERCEPTION + COGNITION)
    said = [{**one, "id": str(n), "response": rng.choice(["Yes", "No"])} for n, one in enumerate(lines)]
    file.write_text("".join(json.dumps(row) + "\n" for row in said))
    told = main("metric", "yes_no", "--input", file).json
    verdicts = [one["response"] == one["answer"] for one in said]
    assert told["categories"] == pytest.approx(rule.mme(lines, verdicts))
    assert told["metrics"]["acc_plus"]["value"] == pytest.approx(
        rule.all_right([rule.group_of(one) for one in lines], verdicts)
    )
