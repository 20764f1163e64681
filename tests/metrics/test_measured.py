"""Scores of what listeners note: numbers, similarities, and notes that are neither."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.authoring import Answered, Audio, Response, Sample, accuracy_of, error_rate, exact_match, noted, similarity
from evalkit.core.errors import DataError, UsageError
from evalkit.metrics.kinds import line_metric
from evalkit.metrics.line_metric import LineScorer
from evalkit.metrics.measured import cosine

numbers = st.floats(-1e100, 1e100).filter(lambda x: x == 0 or abs(x) > 1e-100)
vectors = st.integers(1, 8).flatmap(lambda n: st.tuples(*[st.lists(numbers, min_size=n, max_size=n).filter(any)] * 2))


@given(vectors)
def test_the_cosine_is_numpys_and_stays_within_its_bounds(pair: tuple[list[float], list[float]]) -> None:
    one, other = (np.array(x, dtype=np.longdouble) for x in pair)
    expected = float(one @ other / np.sqrt((one @ one) * (other @ other)))
    assert cosine(*pair) == pytest.approx(expected, abs=1e-9)
    assert -1 <= cosine(*pair) <= 1
    assert cosine(pair[0], pair[0]) == pytest.approx(1)
    assert cosine(pair[0], [-x for x in pair[0]]) == pytest.approx(-1)


def answered(role: str, notes: dict[str, Any], meta: Any = None) -> Answered:
    return Answered("s", "a", None, Response(audio=Audio("x.wav")), meta=meta, notes={role: notes})


@pytest.mark.parametrize(
    ("reply", "voice", "value"),
    [([1, 0], [2, 0], 1.0), ([1, 0], [0, 3], 0.0), ([1, 1], [1, 0], math.sqrt(0.5)), ([1.0], [-4.0], -1.0)],
)
def test_similarity(reply: list[float], voice: list[float], value: float) -> None:
    scorer = similarity("voice", to="prompt")
    (score,) = scorer.score([answered("voice", {"answer": reply, "prompt": voice})])
    assert score.faithful["similarity"] == (pytest.approx(value), 1.0)
    assert scorer.listeners == {"voice": ("prompt",)}
    assert scorer.metrics[0].unit == "cosine"


BROKEN = [None, [], "text", [1, "2"], [1, float("nan")], [True, False], {"vector": [1]}, 3, [0, 0], [1, 2, 3]]


@pytest.mark.parametrize("note", BROKEN, ids=repr)
def test_what_is_no_vector_is_the_listeners_failure(note: Any) -> None:
    scorer = similarity("voice", to="prompt")
    for notes in ({"answer": note, "prompt": [1, 0]}, {"answer": [1, 0], "prompt": note}):
        (score,) = scorer.score([answered("voice", notes)])
        assert (score.status, score.faithful, score.strict) == ("judge_failed", {}, {"similarity": (0.0, 1.0)})
        assert "voice" in str(score.detail)


def test_a_vector_inside_a_note() -> None:
    scorer = similarity("voice", to="prompt", at="speaker.vector")
    note = {"speaker": {"vector": [0.5, 0.0]}}
    (score,) = scorer.score([answered("voice", {"answer": note, "prompt": note})])
    assert score.faithful["similarity"][0] == pytest.approx(1)


def test_a_sample_without_the_recording_is_refused() -> None:
    with pytest.raises(DataError, match="no recording 'prompt' to compare the reply with; it has: other"):
        similarity(to="prompt").check(Sample("s", (), media={"other": Audio("x.wav")}))
    similarity(to="prompt").check(Sample("s", (), media={"prompt": Audio("x.wav")}))


@pytest.mark.parametrize(("note", "status"), [(3.5, "scored"), (1, "scored"), (5.01, "judge_failed"), ("3", "judge_failed"),
                                              (True, "judge_failed"), (None, "judge_failed"), (math.inf, "judge_failed")])  # fmt: skip
def test_a_number_within_its_range(note: Any, status: str) -> None:
    scorer = noted("quality", "mos", range=(1, 5), unit="1..5")
    (score,) = scorer.score([answered("quality", {"answer": note})])
    assert score.status == status
    assert score.faithful == ({"mos": (float(note), 1.0)} if status == "scored" else {})
    assert scorer.worst(answered("quality", {})) == {"mos": (1, 1.0)}


def test_lower_is_better_and_places_named_by_the_sample() -> None:
    scorer = noted("emotion", at="{emotion}", range=(0, 100), higher_is_better=False)
    (score,) = scorer.score([answered("emotion", {"answer": {"sad": 30, "happy": 70}}, {"emotion": "happy"})])
    assert score.faithful == {"emotion": (70.0, 1.0)}
    assert scorer.worst(answered("emotion", {}))["emotion"] == (100, 1.0)
    (score,) = scorer.score([answered("emotion", {"answer": {"sad": 30}}, {"emotion": "happy"})])
    assert score.status == "judge_failed"
    with pytest.raises(DataError, match=r"does not fill '\{emotion\}'"):
        scorer.check(Sample("s", ()))


@pytest.mark.parametrize("span", [(1, 1), (5, 1), (0, math.inf), (math.nan, 1)])
def test_a_range_must_be_one(span: tuple[float, float]) -> None:
    with pytest.raises(UsageError, match="lowest, highest"):
        noted("quality", range=span)


@pytest.mark.parametrize(("said", "value"), [("the cat sat down", 100.0), ("the cat sat", 75.0), ("the cat", 50.0),
                                             ("cat", 0.0), ("", 0.0), ("the cat sat down on a mat now", 0.0)])  # fmt: skip
def test_an_accuracy_is_what_an_error_rate_leaves(said: str, value: float) -> None:
    scorer = accuracy_of(error_rate("plain", "en"), limit=50)
    answer = Answered("s", "a", "the cat sat down", Response(text=said))
    (score,) = scorer.score([answer])
    assert score.faithful == {"accuracy": (pytest.approx(value), 1.0)}
    assert scorer.worst(answer) == {"accuracy": (0.0, 1.0)}


def test_the_mean_is_ur_benchs_product() -> None:
    """Ok rate * (1 - mean error rate of those that are ok), as URO-Bench's evaluate.py has it."""
    rates = [0.0, 0.25, 0.5, 0.75, 1.0, 2.0]
    fine = [rate for rate in rates if rate <= 0.5]
    official = 100 * len(fine) / len(rates) * (1 - sum(fine) / len(fine))
    said = ["the cat sat down", "the cat sat", "the cat", "cat", "", "no no no no no no no no"]
    scorer = accuracy_of(error_rate("plain", "en"), limit=50)
    answers = [Answered(text, "a", "the cat sat down", Response(text=text)) for text in said]
    found = [score.faithful["accuracy"][0] for score in scorer.score(answers)]
    assert sum(found) / len(found) == pytest.approx(official)


@pytest.mark.parametrize("profile", ["plain", "seedtts"])
def test_words_where_none_were_expected_leave_nothing(profile: str) -> None:
    answers = [Answered(said, "a", "", Response(text=said)) for said in ("hello world", "")]
    found = [score.faithful["accuracy"][0] for score in accuracy_of(error_rate(profile, "en")).score(answers)]
    assert found == [0.0, 100.0]


def test_an_identity_tells_the_worse_end() -> None:
    higher, lower = (noted("rate", range=(1, 5), higher_is_better=better) for better in (True, False))
    answer = Answered("s", "a", None, Response())
    assert (higher.worst(answer), lower.worst(answer)) == ({"rate": (1, 1.0)}, {"rate": (5, 1.0)})
    assert higher.identity() != lower.identity()


def test_what_is_no_error_rate_is_refused() -> None:
    with pytest.raises(UsageError, match="one error rate in %"):
        accuracy_of(LineScorer(line_metric("error_rate")))  # a share of 1
    with pytest.raises(UsageError, match="one error rate"):
        accuracy_of(exact_match())
    with pytest.raises(UsageError, match="above 0"):
        accuracy_of(error_rate("plain"), limit=0)
