"""What a summary says of unreadable verdicts: each benchmark's own rule beside the strict value, by its own rubric.

Every case is a set of answers with the replies of the judge, and both values worked out by hand from the official
program's rule (VoiceBench 5338154, URO-Bench 9e74bc0, VCB-Bench 2c2eef2, Kimi-Audio-Evalkit 4080c49, AIR-Bench 9832476,
VStyle 70fa91a, Hello-Chat and MMMB without a program).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from judging_kit import Oracle, answered

from evalkit.core.message import Audio
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.judging.judge import judged
from evalkit.models.api.content import wav_of_pcm
from evalkit.records.summary import Result
from evalkit.run import summarize
from evalkit.run.tallies import Tallies


class Case(NamedTuple):
    """Replies by answer (one for each vote, or for each order), and what the summary must say."""

    replies: list[list[str]]
    value: float | None
    strict: float
    n: int
    n_dropped: int
    n_scored: int
    n_unparsed: int
    flags: dict[str, int] = {}  # noqa: RUF012 never changed


YES, NO = "It agrees.\nyes", "It differs.\nno"
CASES: dict[str, tuple[str, Case]] = {
    # One vote is no number: the program raises, so the official value leaves the answer out; strict: that vote is 1.
    "VoiceBench open": ("voicebench_open", Case(
        [["5", "4", "[[3]]"], ["5", "5", "I like it"], ["2", "2", "2"]],
        (4 + 2) / 2, (4 + 11 / 3 + 2) / 3, 2, 1, 2, 1, {"verdict_unreadable": 1},
    )),
    # A number outside the ladder is averaged as it stands; strict: that vote is 1.
    "VoiceBench open, out of range": ("voicebench_open", Case(
        [["45", "5", "5"]], 55 / 3, 11 / 3, 1, 0, 0, 1, {"verdict_out_of_range": 1},
    )),
    # Anything but "yes" is a no, so nothing is unreadable; strict: such a vote is no proper verdict, and counts as no.
    "VoiceBench qa": ("voicebench_qa", Case(
        [["Yes", "yes", "no"], ["yes.", "yes.", "yes"], ["No", "no", "no"]],
        100 / 3, 100 / 3, 3, 0, 2, 1, {"verdict_off_format": 1},
    )),
    # A vote that is no integer counts 0 (not 1, and not left out), for both values.
    "URO-Bench open": ("uro_open", Case(
        [["5", "5", "5"], ["4", "4", "4.5"], ["1", "1", "1"]],
        20 * (5 + 8 / 3 + 1) / 3, 20 * (5 + 8 / 3 + 1) / 3, 3, 0, 2, 1, {"verdict_unreadable": 1},
    )),
    # The share of votes that are exactly "Yes"; no majority.
    "URO-Bench qa": ("uro_qa", Case(
        [["Yes", "Yes", "No"], ["yes", "Yes.", "Yes"], ["No", "No", "No"]],
        100 * (2 / 3 + 1 / 3 + 0) / 3, 100 * (2 / 3 + 1 / 3) / 3, 3, 0, 2, 1, {"verdict_off_format": 1},
    )),
    # What cannot be read leaves the denominator; strict: the lowest point of the ladder, which is 20 and not 0.
    "VCB TIF": ("vcb_tif", Case(
        [["5"], ["[[2]]"], ["very good"], ["4"]],
        20 * 11 / 3, 20 * 12 / 4, 3, 1, 3, 1, {"verdict_unreadable": 1},
    )),
    "VCB yes or no": ("vcb_yes_no", Case(
        [[YES], [NO], ["It depends."], [YES]], 100 * 2 / 3, 100 * 2 / 4, 3, 1, 3, 1, {"verdict_unreadable": 1},
    )),
    # "know" holds a "no": the program takes it for one.
    "Kimi-Audio-Evalkit": ("kimi_choice", Case(
        [[YES], ["I do not know"]], 50.0, 50.0, 2, 0, 1, 1, {"verdict_off_format": 1},
    )),
    # Both orders; the reply is (first, second). The second answer's second order fails: its first order stands alone.
    "AIR-Bench chat": ("air_bench_chat", Case(
        [["8 6", "6 4"], ["9 5", "5 9 because"], ["11 3", "none"]],
        ((8 + 4) / 2 + 9) / 2, ((8 + 4) / 2 + (9 + 1) / 2 + 1) / 3, 2, 1, 1, 2, {"verdict_unreadable": 2},
    )),
    # Asked up to five times for a number; what stays without one is left out. [[nan]] poisons no mean.
    "VStyle": ("vstyle_instruction", Case(
        [["[[4]]"], ["[[nan]]"] * 5, ["[[2]]"]],
        3.0, (4 + 1 + 2) / 3, 2, 1, 2, 1, {"verdict_unreadable": 1, "judge_asked_again": 1, "judge_stands_in": 3},
    )),
    # No official program: a failure counts as the worst point in both values.
    "MMMB": ("mmmb_answer", Case(
        [['{"analysis": "a", "correct": "yes"}'], ["yes"] * 3, ['{"analysis": "a", "correct": "no"}']],
        100 / 3, 100 / 3, 3, 0, 2, 1, {"verdict_unreadable": 1, "judge_asked_again": 1},
    )),
}  # fmt: skip
META = {
    "emotion": "sad",
    "ability": "instruction/emotion",
    "meta_info": "a bell rings",
    "requirement": "English",
    "style": "calm",
}


def result_of(name: str, replies: list[list[str]], folder: Path) -> Result:
    """The pooled result of a summary over answers whose judge says these things."""
    wav = wav_of_pcm(bytes(3200), {"rate": "16000"})
    waiting = {f"a{number}": list(said) for number, said in enumerate(replies)}

    def says(request: Request) -> str:
        return waiting[request.id.partition("#")[0]].pop(0)

    scorer = judged(name).configure(Oracle(says, width=1), cache=folder / "verdicts.sqlite")
    answers = [
        answered(f"a{number}", reference="x", meta=META,
                 response=Response(text=f"{number}", audio=Audio(opener=lambda n=number: wav + bytes([n]))))
        for number in range(len(replies))
    ]  # fmt: skip
    tallies = Tallies()
    for answer, score in scorer.stream(answers):
        record: dict[str, Any] = {"id": answer.id, "split": "test", "status": score.status, "faithful": score.faithful}
        if score.strict is not None:
            record["strict"] = score.strict
        tallies.add({**record, "flags": score.flags})
    assert not any(waiting.values()), "every reply was asked for"
    found = summarize.results(summarize.Scoring(scorer, "judge-x", tallies), {"test": len(replies)}, seed=0)
    return found[0]


@pytest.mark.parametrize("case", CASES)
def test_the_official_rule_and_the_strict_value_stand_side_by_side(case: str, tmp_path: Path) -> None:
    name, wanted = CASES[case]
    found = result_of(name, wanted.replies, tmp_path)
    assert (found.value, found.strict) == (pytest.approx(wanted.value), pytest.approx(wanted.strict))
    assert (found.n, found.n_dropped) == (wanted.n, wanted.n_dropped)
    counts = found.counts
    assert (counts.n_total, counts.n_scored, counts.n_unparsed) == (
        len(wanted.replies), wanted.n_scored, wanted.n_unparsed,
    )  # fmt: skip
    assert found.flags == wanted.flags


def test_the_cases_have_every_policy() -> None:
    policies = {judged(name).rubric.on_failure for name, _ in CASES.values()}
    assert policies == {"error", "zero", "drop", "count"}


@pytest.mark.parametrize(
    ("name", "value", "strict"),
    [("uro_open", 0.0, 0.0), ("voicebench_open", None, 1.0), ("vcb_tif", 20.0, 20.0), ("mmmb_answer", 0.0, 0.0)],
)
def test_answers_that_are_missing_follow_the_official_rule(
    name: str, value: float | None, strict: float, write_rubric: Callable[..., Path]
) -> None:
    scorer = judged(name)
    silent = answered(text=None, reference="x")
    metric = scorer.metrics[0]
    faithful, worst = scorer.missing(silent).get(metric.name), scorer.worst(silent)[metric.name]
    assert (None if faithful is None else metric.reduce(faithful)) == value
    assert metric.reduce(worst) == strict
