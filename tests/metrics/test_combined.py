"""Combinations of scorers give what the single scorers give."""

from __future__ import annotations

from typing import Any

import pytest

from evalkit.core.errors import DataError, UsageError
from evalkit.core.response import Response
from evalkit.core.sample import Sample
from evalkit.core.scorer import Answered, Scorer, on
from evalkit.judging.judge import judged
from evalkit.metrics.combined import by, joined, rewritten
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


def test_joined_needs_something_to_join_by() -> None:
    with pytest.raises(DataError, match="its meta has no 'image'"):
        joined(exact_match(), by="image").check(Sample("s", (), "x"))
    scorer = joined(exact_match(), by=lambda answer: answer.id[:1])
    assert scorer.units(Answered("s1", "", "", Response())) == {"exact_match_all": "s"}
    assert scorer.profile == "strip+all-by-<lambda>"
