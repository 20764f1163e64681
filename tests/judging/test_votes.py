"""Votes to points: reductions and policies, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from evalkit.judging.parsing import Reading
from evalkit.judging.rubric import Rubric
from evalkit.judging.votes import Decision, Vote, decide, preferred, worst

Make = Callable[..., Rubric]
CHOICE = {"output": "{verdict: yes=1 | no=0}", "parse": "choice", "scale": "0..100"}
PAIR = {
    "inputs": "[response, reference]",
    "pair": "[response, reference]",
    "reduce": "pairwise",
    "output": "{score_1: 1..10, score_2: 1..10}",
    "parse": "numbers",
    "scale": "1..10",
}
WINNER = {**PAIR, "output": "{winner: 1=first | 2=second | 0=tie}", "parse": "choice", "scale": "0..100"}


def votes(*scores: int | str | None, key: str = "score") -> list[Vote]:
    return [Vote(None if score is None else Reading({key: score})) for score in scores]


@pytest.mark.parametrize(
    ("policy", "given", "faithful", "strict"),
    [
        ("drop", (4, 5, 3), 4.0, 4.0),
        ("drop", (4, None, 3), 3.5, 8 / 3),
        ("drop", (None,), None, 1.0),
        ("count", (4, None, 3), 8 / 3, 8 / 3),
        ("count", (None,), 1.0, 1.0),
        ("zero", (4, None, 3), 7 / 3, 7 / 3),
        ("zero", (None, None), 0.0, 0.0),
        ("error", (4, None, 3), None, 8 / 3),
        ("error", (4, 4, 4), 4.0, 4.0),
    ],
)
def test_mean_of_votes_by_policy(
    rubric: Make, policy: str, given: Sequence[int | None], faithful: float | None, strict: float
) -> None:
    found = decide(rubric(on_failure=policy), "score", votes(*given))
    assert found == Decision(pytest.approx(faithful) if faithful is not None else None, pytest.approx(strict))


@pytest.mark.parametrize(
    ("given", "faithful", "tied"),
    [
        (("yes", "yes", "no"), 1.0, False),
        (("no", "yes", "no"), 0.0, False),
        (("yes", "no"), 0.0, True),
        (("yes", None, "yes"), 1.0, False),
        (("yes", None, "no"), 0.0, True),
    ],
)
def test_majority_of_votes(rubric: Make, given: Sequence[str | None], faithful: float, tied: bool) -> None:
    found = decide(rubric(reduce="majority", **CHOICE), "verdict", votes(*given, key="verdict"))
    assert (found.faithful, found.tied) == (faithful, tied)


def test_the_mean_of_choices_is_their_share(rubric: Make) -> None:
    """URO-Bench qa: two of three votes say Yes."""
    found = decide(rubric(**CHOICE), "verdict", votes("yes", "no", "yes", key="verdict"))
    assert found.faithful == pytest.approx(2 / 3)


def test_a_doubtful_vote_counts_officially_and_is_the_worst_strictly(rubric: Make) -> None:
    wanted = rubric()
    given = [Vote(Reading({"score": 45}, doubt="out_of_range")), Vote(Reading({"score": 3}))]
    assert decide(wanted, "score", given) == Decision(24.0, 2.0)


def test_where_less_is_better_the_worst_is_the_most(rubric: Make) -> None:
    harm = rubric(output="{harm: 0..1}", scale="0..100", higher_is_better="false", on_failure="count")
    assert worst(harm, "harm") == 1.0
    assert decide(harm, "harm", votes(0, None, key="harm")) == Decision(0.5, 0.5)
    tied = rubric(output="{harm: 0..1}", scale="0..100", higher_is_better="false", reduce="majority")
    assert decide(tied, "harm", votes(0, 1, key="harm")) == Decision(1.0, 1.0, tied=True)


def test_zero_below_the_scale_is_the_worst(rubric: Make) -> None:
    assert worst(rubric(), "score") == 1.0
    assert worst(rubric(on_failure="zero"), "score") == 0.0
    assert worst(rubric(on_empty="zero"), "score") == 0.0


def test_a_pair_gives_the_candidates_side_in_both_orders(rubric: Make) -> None:
    """AIR-Bench chat: the candidate gets 8 ahead and 6 behind, 7 on average."""
    wanted = rubric("{first} {second}", **PAIR)
    ahead = Vote(Reading({"score_1": 8, "score_2": 5}), candidate_first=True)
    behind = Vote(Reading({"score_1": 9, "score_2": 6}), candidate_first=False)
    assert decide(wanted, "score", [ahead, behind]).faithful == 7.0
    assert (preferred(wanted, "score", ahead.reading), preferred(wanted, "score", behind.reading)) == ("first", "first")
    assert decide(wanted, "score", [ahead, Vote(None, False)]) == Decision(8.0, 4.5)


@pytest.mark.parametrize(
    ("winner", "candidate_first", "points"),
    [("1", True, 1.0), ("1", False, 0.0), ("2", True, 0.0), ("2", False, 1.0), ("0", True, 0.5), ("0", False, 0.5)],
)
def test_win_half_or_loss(rubric: Make, winner: str, candidate_first: bool, points: float) -> None:
    """EmergentTTS: 1 and 2 name the place of the winner, 0 is a tie."""
    wanted = rubric("{first} {second}", **WINNER)
    vote = Vote(Reading({"winner": winner}), candidate_first)
    assert decide(wanted, "winner", [vote]).faithful == points
    assert preferred(wanted, "winner", vote.reading) == {"1": "first", "2": "second", "0": "tie"}[winner]
