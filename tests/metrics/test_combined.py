"""Combinations of scorers give what the single scorers give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from evalkit.core.errors import DataError, UsageError
from evalkit.core.metric import Metric, Tally, join, mean
from evalkit.core.response import Response
from evalkit.core.sample import Sample
from evalkit.core.score import Score
from evalkit.core.scorer import Answered, Scorer, on
from evalkit.judging.judge import judged
from evalkit.metrics.combined import by, joined, rewritten
from evalkit.metrics.document.metric import document
from evalkit.metrics.error_rate.scorer import error_rate
from evalkit.metrics.exact_match import exact_match


def answers(*triples: tuple[str, Any, str]) -> list[Answered]:
    return [
        Answered(f"s{n}", "a", reference, Response(text=said, heard=said), meta={"language": language})
        for n, (language, reference, said) in enumerate(triples)
    ]


SOME = answers(("en", "the cat", "the cat"), ("zh", "二十", "20"), ("fr", "le chat", "le chien"), ("en", "a b", "a"))


def test_by_scores_each_answer_as_its_own_scorer_does() -> None:
    en, zh, other = error_rate("kimi", "en"), error_rate("kimi", "zh"), error_rate("plain", "fr")
    combined = by("language", {"en": en, "zh": zh}, other)
    expected = [next(iter(one.score([answer]))) for one, answer in zip((en, zh, other, en), SOME, strict=True)]
    assert list(combined.score(SOME)) == expected
    assert sorted({answer.id: score.faithful for answer, score in combined.stream(SOME)}.items()) == [
        (answer.id, score.faithful) for answer, score in zip(SOME, expected, strict=True)
    ]
    assert combined.protocol == "error_rate:kimi(en,zh)+plain/fr"
    assert combined.worst(SOME[1]) == zh.worst(SOME[1])


def test_by_refuses_a_sample_nobody_scores_and_metrics_that_differ() -> None:
    alone = by("language", {"en": error_rate("plain", "en")})
    with pytest.raises(DataError, match="no scorer for language='fr'; there is one for: en"):
        alone.check(Sample("s", (), "x", meta={"language": "fr"}))
    with pytest.raises(UsageError, match="at least one scorer"):
        by("language", {})


def test_values_that_are_no_texts_are_found_as_well() -> None:
    scorers: Any = {2: exact_match()}
    made = by("level", scorers, other=error_rate("plain", "en"))
    meta = [{"level": 2}, {"level": "2"}, {"level": 3}]
    assert [made._scorer("s", one).name for one in meta] == ["exact_match", "exact_match", "error_rate"]


def test_many_answers_come_back_once_each() -> None:
    many = answers(*([("en", "yes", "yes"), ("fr", "oui", "non")] * 3000))
    combined = by("language", {"en": exact_match("strip")}, exact_match("exact"))
    found = [(answer.id, score.faithful["exact_match"][0]) for answer, score in combined.stream(iter(many))]
    assert len(found) == len({key for key, _ in found}) == 6000
    assert sum(right for _, right in found) == 3000


def test_rewritten_sides() -> None:
    lower = rewritten(exact_match(), "lower", reference=str.lower, answer=str.lower)
    found = lower.score(answers(("en", "YES", "yes"), ("en", ["No", "NEIN"], "nein"), ("en", "x", "y")))
    assert [score.faithful["exact_match"][0] for score in found] == [1, 1, 0]
    assert lower.protocol == "exact_match:strip+lower"
    assert [answer.reference for answer, _ in lower.stream(answers(("en", "YES", "yes")))] == ["YES"]
    with pytest.raises(UsageError, match="needs reference= or answer="):
        rewritten(exact_match(), "nothing")


def test_identities_tell_combinations_apart() -> None:
    made: list[Scorer] = [
        exact_match(),
        by("language", {"en": exact_match()}),
        by("language", {"de": exact_match()}),
        by("topic", {"en": exact_match()}),
        rewritten(exact_match(), "lower", answer=str.lower),
        rewritten(exact_match(), "lower", reference=str.lower),
        joined(exact_match()),
        joined(exact_match(), how="any"),
        joined(exact_match(), by="image"),
        joined(by("language", {"en": exact_match()})),
        joined(by("topic", {"en": exact_match()})),
        joined(joined(by("topic", {"en": exact_match()}), how="any")),
        rewritten(rewritten(exact_match(), "lower", reference=str.lower), "strip", answer=str.strip),
        rewritten(rewritten(exact_match(), "lower", answer=str.lower), "strip", answer=str.strip),
    ]
    assert len({repr(sorted(one.identity().items(), key=str)) for one in made}) == len(made)


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda judge: on("a", judge)[0],
        lambda judge: by("language", {"en": judge}, exact_match()),
        lambda judge: by("language", {"fr": exact_match()}, judge),
        lambda judge: rewritten(judge, "lower", answer=str.lower),
        lambda judge: joined(judge, how="mean"),
        lambda judge: joined(rewritten(on("a", judge)[0], "lower", answer=str.lower), how="mean"),
    ],
)
def test_the_judge_inside_is_a_helper(wrapped: Any) -> None:
    (helper,) = wrapped(judged("voicebench_qa")).helpers()
    assert helper.role == "judge"


def test_on_keeps_copies_apart() -> None:
    one = exact_match()
    first, second = (*on("a", one), *on(("b", "c"), one))
    assert (first.runs_on("a"), first.runs_on("b"), second.runs_on("c"), one.runs_on("z")) == (True, False, True, True)
    assert on(("a", "b"), *on("b", one))[0].splits == frozenset("b")


def test_what_is_made_of_a_scorer_stays_on_its_splits() -> None:
    (one,) = on("a", exact_match())
    for made in (rewritten(one, "lower", answer=str.lower), joined(one), by("language", {"en": one, "de": one})):
        assert (made.runs_on("a"), made.runs_on("b")) == (True, False)
    with pytest.raises(UsageError, match="different splits"):
        by("language", {"en": one, "de": exact_match()})


def test_the_whole_of_words_and_characters_is_called_neither() -> None:
    assert [m.label for m in by("language", {c: error_rate("plain", c) for c in ("en", "de")}).metrics] == ["WER"]
    assert [m.label for m in by("language", {c: error_rate("plain", c) for c in ("en", "zh")}).metrics] == [
        "error rate"
    ]


@pytest.mark.parametrize("how", ["all", "any", "majority", "pass@2"])
def test_errors_per_word_are_no_right_and_wrong(how: str) -> None:
    with pytest.raises(UsageError, match="no metric of error_rate is a share"):
        joined(error_rate("plain", "en"), how=how)


def test_what_can_be_joined() -> None:
    assert joined(error_rate("plain", "en"), how="mean").metrics[0].name == "error_rate_mean"
    assert joined(document("contains"), how="pass@2").metrics[0].name == "contains_pass@2"
    assert joined(document("anls"), how="all").metrics[0].name == "anls_all"
    with pytest.raises(UsageError, match="no metric of document"):
        joined(document("anls"), how="pass@2")  # 0.6 of an answer is not drawn


def test_joined_needs_something_to_join_by() -> None:
    with pytest.raises(DataError, match="its meta has no 'image'"):
        joined(exact_match(), by="image").check(Sample("s", (), "x"))
    scorer = joined(exact_match(), by=lambda answer: answer.id[:1])
    assert scorer.units(Answered("s1", "", "", Response())) == {"exact_match_all": "s"}
    assert scorer.profile == "strip+all-by-<lambda>"


def test_the_whole_of_a_unit_is_its_weighted_sum_or_nothing() -> None:
    """VCB Bench's conversations: a round's grade times its share; one round without a value takes the whole out."""
    grade = Metric("grade", "Grade", ("points", "weight"), mean, range=(20, 100))
    scorer = joined(Graded(grade), by="talk", how="whole")
    whole, plain = scorer.metrics
    assert (whole.name, whole.fields, whole.reduce, whole.range) == (
        "grade_whole",
        ("sum", "weight", "missing"),
        mean,
        (20, 100),
    )
    assert plain is grade
    rounds = [("a", 0.25, "100"), ("a", 0.75, "60"), ("b", 0.5, "80"), ("b", 0.5, ""), ("c", 0.4, "50")]
    told = [
        Answered(f"s{n}", "x", None, Response(text=said), meta={"talk": talk, "share": share})
        for n, (talk, share, said) in enumerate(rounds)
    ]
    faithful, strict = Tally(), Tally()
    for answer, score in scorer.stream(told):
        unit = scorer.units(answer)["grade_whole"]
        faithful.add(score.faithful["grade_whole"], None, unit)
        strict.add((score.faithful if score.strict is None else score.strict)["grade_whole"], None, unit)
    assert faithful.joined(join("whole")).n == 2
    assert faithful.joined(join("whole")).value(whole) == pytest.approx(((25 + 45) + 20) / 2)
    assert strict.joined(join("whole")).value(whole) == pytest.approx(((25 + 45) + (40 + 10) + 20) / 3)
    assert scorer.missing(told[0]) == {"grade_whole": (0.0, 0.0, 1.0)}


class Graded(Scorer):
    """The grade that an answer names, weighted by its share; 20 strictly where it names none."""

    name, profile = "graded", ""

    def __init__(self, metric: Metric) -> None:
        self.metrics = (metric,)

    def identity(self) -> dict[str, Any]:
        return {}

    def score(self, some: Sequence[Answered]) -> Iterator[Score]:
        for answer in some:
            share = (answer.meta or {})["share"]
            found = {"grade": (float(answer.response.text) * share, share)} if answer.response.text else {}
            yield Score("scored", found, None if found else self.worst(answer))

    def worst(self, answer: Answered) -> dict[str, Any]:
        share = (answer.meta or {})["share"]
        return {"grade": (20 * share, share)}
