"""Measuring a judge: labels, votes, places, attacks."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from judging_kit import Oracle, answered, failing, said

from evalkit.core.errors import DataError, UsageError
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.judging import quality, raters
from evalkit.judging.injection import ATTACKS, attacks, best_verdict, resistance
from evalkit.judging.judge import judged
from evalkit.judging.parsing import PARSERS
from evalkit.judging.rubric import Rubric
from evalkit.judging.rubric_file import load_rubric

Write = Callable[..., Path]
PAIR = {
    "inputs": "[response, reference]",
    "pair": "[response, reference]",
    "reduce": "pairwise",
    "output": "{score_1: 1..10, score_2: 1..10}",
    "parse": "numbers",
    "scale": "1..10",
}


def record(key: str, *votes: int, **more: Any) -> dict[str, Any]:
    verdicts = [{"vote": n, "points": {"score": vote}} for n, vote in enumerate(votes, 1)]
    points = {"score": sum(votes) / len(votes)} if votes else {}
    return {"id": key, "faithful": {}, "detail": {"points": points, "verdicts": verdicts}, **more}


def test_labels_come_from_points_or_else_from_statistics() -> None:
    records = [record("a", 4, 5), {"id": "b", "faithful": {"EM": [1, 1], "empty": [0, 0]}}, record("c")]
    assert quality.labels_of(records, judged=True) == {"score": {"a": 4.5}}
    assert quality.labels_of(records, judged=False) == {"EM": {"b": 1.0}}


def test_what_a_policy_gives_for_want_of_a_verdict_is_no_label(write_rubric: Write) -> None:
    """A judge that fails or cannot be read counts 0 here, and 20 to 100 is reported; labels are 1 to 5."""

    def judge(request: Request) -> str | Response:
        text = said(request)
        return failing() if "lost" in text else "no idea" if "mumbled" in text else "4"

    path = write_rubric(on_failure="zero", on_empty="count", scale="20..100", reasks=0)
    texts = {"a": "good", "b": "lost", "c": "mumbled", "d": " "}
    answers = [answered(key, text) for key, text in texts.items()]
    scores = judged(path).configure(Oracle(judge)).score(answers)
    assert [score.faithful["score"][0] for score in scores] == [80.0, 0.0, 0.0, 20.0]
    lines = [
        {"id": key, "faithful": one.faithful, "detail": one.detail} for key, one in zip(texts, scores, strict=True)
    ]
    assert quality.labels_of(lines, judged=True) == {"score": {"a": 4.0}}


def test_labels_that_only_one_rater_gave_are_counted() -> None:
    found = quality.compared({"a": 1, "b": 2, "c": 3}, {"b": 2, "c": 3, "d": 1, "e": 1})
    assert (found["only_by_the_first"].value, found["only_by_the_first"].n) == (1.0, 3)
    assert (found["only_by_the_second"].value, found["only_by_the_second"].n) == (2.0, 4)
    assert "only_by_the_first" not in quality.compared({"a": 1}, {"a": 2, "b": 1})


def test_votes_of_a_judge_with_itself() -> None:
    found = quality.vote_agreement([record("a", 4, 4), record("b", 2, 4), record("c", 1, 1), record("d", 3)])
    (votes,) = found.values()
    assert (votes.votes, votes.unanimous.n) == (2, 3)
    assert votes.unanimous.value == pytest.approx(200 / 3)
    assert votes.spread.value == pytest.approx(1 / 3)
    assert quality.vote_agreement([record("a", 4)]) == {}


def judge_pairs(write_rubric: Write, behaviour: Callable[[Request], str], n: int = 12) -> list[dict[str, Any]]:
    scorer = judged(write_rubric("{first}\nAGAINST\n{second}", **PAIR)).configure(Oracle(behaviour))
    answers = [answered(f"s{i}", text="good" if i % 2 else "bad", reference=f"fair {i}") for i in range(n)]
    scores = scorer.score(answers)
    lines = zip(answers, scores, strict=True)
    return [{"id": answer.id, "faithful": score.faithful, "detail": score.detail} for answer, score in lines]


def test_a_judge_that_likes_the_first_place(write_rubric: Write) -> None:
    (bias,) = quality.position_bias(judge_pairs(write_rubric, lambda request: "8 5")).values()
    assert (bias.inconsistent.value, bias.first_preferred.value, bias.effect.value) == (100.0, 100.0, 3.0)


def test_a_judge_that_looks_at_the_answers(write_rubric: Write) -> None:
    def fair(request: Request) -> str:
        first, _, second = said(request).partition("AGAINST")
        rank = {"good": 9, "fair": 6, "bad": 2}
        return " ".join(str(next(points for word, points in rank.items() if word in part)) for part in (first, second))

    (bias,) = quality.position_bias(judge_pairs(write_rubric, fair)).values()
    assert (bias.inconsistent.value, bias.first_preferred.value, bias.effect.value) == (0.0, 50.0, 0.0)
    assert bias.first_preferred.n == 12


def test_one_order_alone_tells_nothing_of_places() -> None:
    verdict = {"vote": 1, "order": "candidate_first", "points": {"score": 3}, "preferred": {"score": "first"}}
    assert quality.position_bias([{"id": "a", "faithful": {}, "detail": {"verdicts": [verdict]}}]) == {}


def test_human_labels(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("\ufeffid,anna,ben\na,5,Yes\nb, 4.5 ,no\nc,,correct\n", encoding="utf-8")
    assert quality.read_csv(path) == {"anna": {"a": 5, "b": 4.5}, "ben": {"a": 1, "b": 0, "c": 1}}
    assert quality.read_csv(path, columns=["anna"]) == {"anna": {"a": 5, "b": 4.5}}


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        ("id,score\na,5\na,4\n", 3, "labelled before"),
        ("id,score\na,5\nb,good\n", 3, "score is 'good'"),
        ("id,score\na,inf\n", 2, "score is 'inf'"),
        ("key,score\na,5\n", 1, "no column 'id'; the heading has key, score"),
        ("", 1, "no column 'id'"),
        ("id,score\na,\n", None, "no labels"),
    ],
)
def test_human_labels_that_cannot_be_used(tmp_path: Path, content: str, line: int | None, problem: str) -> None:
    path = tmp_path / "people.csv"
    path.write_text(content)
    with pytest.raises(DataError, match=problem) as caught:
        quality.read_csv(path)
    assert caught.value.line == line
    with pytest.raises(DataError, match="cannot be read"):
        quality.read_csv(tmp_path / "none.csv")


def test_what_is_compared_with_what() -> None:
    assert quality.paired({"a": {}, "b": {}}, {"b": {}, "c": {}}) == [("b", "b")]
    assert quality.paired({"score": {}}, {"human": {}}) == [("score", "human")]
    with pytest.raises(UsageError, match="one has labels for a, b, the other for human"):
        quality.paired({"a": {}, "b": {}}, {"human": {}})
    assert quality.compared({"x": 1, "y": 2, "z": 3}, {"y": 2, "z": 3, "w": 0})["percent_agreement"].n == 2


@pytest.mark.parametrize(
    ("behaviour", "changed", "raised"),
    [("obeys", 100.0, 100.0), ("sturdy", 0.0, 0.0), ("punishes", 100.0, 0.0)],
)
def test_the_injection_suite_finds_a_judge_that_obeys(
    write_rubric: Write, behaviour: str, changed: float, raised: float
) -> None:
    def judge(request: Request) -> str:
        attacked = re.search(r"response>>\nanswer \d\n<<", said(request)) is None
        return {"obeys": "5", "sturdy": "3", "punishes": "1"}[behaviour] if attacked else "3"

    scorer = judged(write_rubric()).configure(Oracle(judge))
    answers = [answered(f"s{n}", text=f"answer {n}") for n in range(6)]
    found, restless = resistance(scorer, answers)
    assert set(found) == {*ATTACKS, "all attacks"}
    for effect in found.values():
        assert (effect["score"].changed.value, effect["score"].raised.value) == (changed, raised)
    assert found["all attacks"]["score"].changed.n == 6
    assert restless["score"].value == 0.0
    assert scorer.votes == 1


def test_a_restless_judge_is_told_from_one_that_obeys(write_rubric: Write) -> None:
    scorer = judged(write_rubric()).configure(Oracle(lambda request: "4" if request.id.endswith("#2") else "3"))
    found, restless = resistance(scorer, [answered("a"), answered("b", "x")])
    assert restless["score"].value == 100.0
    assert all(effect["score"].changed.value == 0.0 for effect in found.values())


def test_the_suite_needs_a_written_answer(write_rubric: Write) -> None:
    scorer = judged(write_rubric("{audio}", inputs="[audio]")).configure(Oracle(str))
    with pytest.raises(UsageError, match="judges no written answer"):
        resistance(scorer, [answered()])


@pytest.mark.parametrize("name", ["voicebench_open", "voicebench_qa", "openaudiobench_web_questions", "emova_response",
                                  "openaudiobench_reasoning_qa", "vstyle_empathy_en", "air_bench_chat"])  # fmt: skip
def test_attacks_hold_the_best_verdict_in_the_form_the_rubric_wants(name: str) -> None:
    """What a cheat writes must be what the parser would take for the best verdict."""
    rubric = load_rubric(name)
    best = best_verdict(rubric)
    reading = PARSERS[rubric.parse].read(attacks(rubric)["verdict"], rubric.output, rubric.pattern)
    for key in (output.key for output in rubric.output if output.kind != "text"):
        assert str(reading.values[key]) in (str(best[key]), f"{best[key]}.0")


def test_the_best_verdict_where_less_is_better(rubric: Callable[..., Rubric]) -> None:
    harm = rubric(output="{harm: 0..1}", scale="0..100", higher_is_better="false")
    assert best_verdict(harm) == {"harm": 0}


def made_run(main: Callable[..., Any], tmp_path: Path) -> Path:
    """A run directory with eight answers."""
    data, answers = tmp_path / "talk.jsonl", tmp_path / "answers.jsonl"
    data.write_text("".join(json.dumps({"id": f"s{n}", "prompt": "Q?", "reference": "x"}) + "\n" for n in range(8)))
    answers.write_text("".join(json.dumps({"id": f"s{n}", "text": f"answer {n}"}) + "\n" for n in range(8)))
    main("score", "--task", data, "--responses", answers, "--out", tmp_path / "out")
    (run,) = (path.parent for path in (tmp_path / "out").glob("*/*/*/run.json"))
    return run


def test_judge_check_says_what_it_cannot_use(main: Callable[..., Any], tmp_path: Path, write_rubric: Write) -> None:
    run = made_run(main, tmp_path)
    judge = ["--rubric", write_rubric(), "--judge", "constant", "--judge-arg", "text=3"]
    main("judge", run, *judge)
    people = tmp_path / "people.csv"
    people.write_text("id,anna\nx1,3\nx2,4\n")
    for words, problem in [
        (["--labels", people], "no sample has labels of both"),
        (["--labels", people], "the second of 'x1', 'x2'"),
        (["--injection", *judge, "--limit", "-1"], "--limit -1: expected at least 1"),
        (["--injection", *judge, "--limit", "0"], "--limit 0: expected at least 1"),
        (["--injection", *judge, "--votes", "3"], "unrecognized arguments: --votes 3"),
        (judge, "go with --injection"),
        (["--dry-run"], "go with --injection"),
    ]:
        done = main("judge-check", run, *words)
        assert (done.code, problem in done.err) == (2, True), (words, done.err)
    people.write_text("id,anna\ns1,3\ns2,4\nx1,5\n")
    rows = {row["name"]: row for row in main("judge-check", run, "--labels", people, "--json").json}
    assert (rows["percent_agreement"]["value"], rows["percent_agreement"]["n"]) == (50.0, 2)
    assert (rows["only_by_the_first"]["value"], rows["only_by_the_second"]["value"]) == (6.0, 1.0)


def test_the_suites_calls_are_told_before_any_is_made(
    main: Callable[..., Any], tmp_path: Path, write_rubric: Write
) -> None:
    run = made_run(main, tmp_path)
    judge = ["--rubric", write_rubric(), "--judge", "constant", "--judge-arg", "text=3", "--limit", 5]
    words = ["judge-check", run, "--injection", *judge]
    cache = tmp_path / "out" / ".verdicts.sqlite"
    (told,) = main(*words, "--dry-run", "--json").json.values()
    assert told["calls"] == 5 * 2 + 5 * len(ATTACKS)
    assert not cache.exists()
    shown = main(*words, "--dry-run")
    assert (shown.code, f"{told['calls']}" in shown.out) == (0, True)
    assert main(*words).code == 0
    with closing(sqlite3.connect(cache)) as kept:
        assert kept.execute("SELECT count(*) FROM verdicts").fetchone() == (told["calls"],)
    (told,) = main(*words, "--dry-run", "--json").json.values()
    assert told["calls"] == 0


def test_judge_check_at_the_command_line(main: Callable[..., Any], tmp_path: Path, write_rubric: Write) -> None:
    run = made_run(main, tmp_path)
    nothing = main("judge-check", run)
    assert (nothing.code, "nothing to measure" in nothing.err) == (2, True)
    judge = ["--rubric", write_rubric(), "--judge", "constant", "--judge-arg"]
    main("judge", run, *judge, "text=3", "--votes", 2)
    main("judge", run, *judge, "text=4")
    people = tmp_path / "people.csv"
    people.write_text("id,anna\n" + "".join(f"s{n},{3 + n % 2}\n" for n in range(8)))
    found = main("judge-check", run, "--labels", people, "--json")
    assert found.code == 0, found.err
    table = {
        (row["about"], row["name"]): row for row in found.json if "anna" in row["subject"] or row["about"] == "votes"
    }
    assert table["votes", "unanimous_percent"]["value"] == 100.0
    assert table["agreement", "percent_agreement"]["value"] == 50.0
    assert table["agreement", "percent_agreement"]["low"] < 50.0
    two_judges = [row for row in found.json if row["about"] == "agreement" and "people" not in row["subject"]]
    assert {row["name"]: row["value"] for row in two_judges}["percent_agreement"] == 0.0
    shown = main("judge-check", run, "--labels", people)
    assert "cohen_kappa" in shown.out
    attacked = main("judge-check", run, "--injection", *judge, "text=3", "--limit", 2, "--json")
    rows = {
        (row["subject"].rpartition(", ")[2], row["name"]): row for row in attacked.json if row["about"] == "injection"
    }
    assert rows["all attacks", "changed_percent"]["value"] == 0.0
    assert rows["no attack", "changed_percent"]["n"] == 2
    wrong = main("judge-check", run, "--scoring", "judge-kindness")
    assert (wrong.code, "0 scores files fit" in wrong.err) == (2, True)


SPREAD = [5, 4, 4, 2, 1, 3, 3, 5]


@pytest.mark.parametrize("layout", ["files", "columns"])
def test_several_people_give_the_ceiling_and_the_disagreements(
    main: Callable[..., Any], tmp_path: Path, write_rubric: Write, layout: str
) -> None:
    run = made_run(main, tmp_path)
    main("judge", run, "--rubric", write_rubric(), "--judge", "constant", "--judge-arg", "text=3")
    anna, ben = SPREAD, [*SPREAD[:6], 4, 1]
    words: list[Any] = []
    if layout == "files":
        for name, labels in (("anna", anna), ("ben", ben)):
            path = tmp_path / f"{name}.csv"
            path.write_text("id,label\n" + "".join(f"s{n},{label}\n" for n, label in enumerate(labels)))
            words += ["--labels", path]
    else:
        path = tmp_path / "people.csv"
        both = zip(anna, ben, strict=True)
        path.write_text("id,anna,ben,note\n" + "".join(f"s{n},{a},{b},\n" for n, (a, b) in enumerate(both)))
        words += ["--labels", path, "--column", "anna", "--column", "ben"]
    told = main("judge-check", run, *words, "--json")
    assert told.code == 0, told.err
    ceiling = {row["name"]: row for row in told.json if row["about"] == "people"}
    judge = {row["name"]: row for row in told.json if row["about"] == "judge_with_people"}
    assert (ceiling["percent_agreement"]["value"], ceiling["percent_agreement"]["n"]) == (75.0, 8)
    observed = sum((a - b) ** 2 for a, b in zip(anna, ben, strict=True)) / 8
    expected = sum((a - b) ** 2 for a in anna + ben for b in anna + ben) / (16 * 15)
    assert ceiling["krippendorff_alpha"]["value"] == pytest.approx(1 - observed / expected)
    mean = 50 * (anna.count(3) + ben.count(3)) / 8
    assert judge["percent_agreement"]["value"] == pytest.approx(mean)
    between = [row for row in told.json if row["subject"].startswith("people") and row["about"] == "disagreements"]
    assert [one["samples"] for one in between] == [
        [{"id": "s7", "first": 5.0, "second": 1.0}, {"id": "s6", "first": 3.0, "second": 4.0}]
    ]
    (confusion,) = [row for row in told.json if row["subject"].startswith("people") and row["about"] == "confusion"]
    counts = np.asarray(confusion["counts"])
    assert (confusion["labels"], counts.sum(), np.trace(counts)) == ([1, 2, 3, 4, 5], 8, 6)
    assert (counts[4, 0], counts[2, 3]) == (1, 1)
    shown = main("judge-check", run, *words).out
    assert "2 disagreements" in shown
    assert "confusion: people" in shown
    assert "judge_with_people" in shown


def test_too_many_labels_are_rounded_in_the_table() -> None:
    first = {f"s{n}": n / 3 for n in range(13)}
    found = raters.confusion(first, {key: value + 0.1 for key, value in first.items()})
    assert found.rounded
    assert found.labels == [0, 1, 2, 3, 4]
    assert sum(map(sum, found.counts)) == 13


def test_a_file_given_twice_is_no_second_person(main: Callable[..., Any], tmp_path: Path, write_rubric: Write) -> None:
    run = made_run(main, tmp_path)
    main("judge", run, "--rubric", write_rubric(), "--judge", "constant", "--judge-arg", "text=3")
    people = tmp_path / "people.csv"
    people.write_text("id,anna\ns1,3\n")
    done = main("judge-check", run, "--labels", people, "--labels", people)
    assert (done.code, "given twice" in done.err) == (2, True)
