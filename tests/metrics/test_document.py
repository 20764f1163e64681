"""Short answers: ANLS, relaxed correctness, VQA soft accuracy, containment, mathematics."""

from __future__ import annotations

import random
import re
import sys
from typing import Any

import pytest

from evalkit.core.errors import DataError, MissingExtraError, UnknownNameError
from evalkit.core.metric import Tally
from evalkit.core.response import Response
from evalkit.core.sample import Sample
from evalkit.core.scorer import Answered
from evalkit.metrics.document import mathematics, rules, vqa
from evalkit.metrics.document.metric import Document, document


def score(profile: str, references: Any, response: str, **more: Any) -> float:
    return Document(profile).assess({"references": references, "response": response, **more}, "x").outputs["score"]


def levenshtein(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


@pytest.mark.parametrize(
    ("references", "response", "wanted"),
    [
        (["ITC Limited"], "itc  limited\n", 1.0),
        (["abcd"], "abce", 0.75),
        (["ab"], "ac", 0.5),  # exactly the threshold stays
        (["abc"], "axy", 0.0),
        (["12", "twelve"], "Twelve.", 1 - 1 / 7),
        (["a"], "", 0.0),
        (["a"], "The answer is a", 0.0),
    ],
)
def test_anls(references: list[str], response: str, wanted: float) -> None:
    assert score("anls", references, response) == pytest.approx(wanted, abs=1e-12)


def test_anls_by_a_distance_of_our_own() -> None:
    rng = random.Random(3)
    for _ in range(500):
        response, *references = ("".join(rng.choices("ab C\n ", k=rng.randrange(1, 9))) + "x" for _ in range(3))
        folded = [" ".join(text.strip().lower().split()) for text in (response, *references)]
        nearest = min(levenshtein(one, folded[0]) / max(len(one), len(folded[0])) for one in folded[1:])
        assert rules.anls(references, response) == (0.0 if 1 - nearest < 0.5 else 1 - nearest)


@pytest.mark.parametrize(
    ("reference", "response", "right"),
    [
        ("100", "105", True),
        ("100", "105.01", False),
        ("100", "95", True),
        ("-2", "-2.05", True),
        ("50%", "0.5", True),
        ("0.5", "52%", True),
        ("50%", "50", False),
        ("0", "0", True),
        ("0", "0.0", False),  # nothing is within 5 % of nothing
        ("1,000", "1000", False),  # a comma makes a text of it
        ("1,000", "1,000", True),
        ("Yes", " yes\n", True),
        ("Yes", "yes.", False),
        ("5", "five", False),
        ("1e3", "1000", True),
        ("nan", "nan", False),
        ("inf", "1e999", False),
        ("5", "", False),
        ("%", "%", True),
    ],
)
def test_relaxed(reference: str, response: str, right: bool) -> None:
    assert score("relaxed", [reference], response) == right
    assert score("relaxed", ["something else", reference], response) == right


@pytest.mark.parametrize(
    ("answer", "evalai", "older"),
    [
        ("The Red Cat", "red cat", "red cat"),
        ("two dogs.", "2 dogs", "2 dogs"),
        ("None", "0", "0"),
        ("dont", "don't", "don't"),
        ("it's", "it 's", "it's"),
        ("12.5", "12.5", "12.5"),
        ("U.S.A.", "usa", "usa"),
        ("1,000", "1000", "1000"),
        ("red-blue", "red blue", "red blue"),
        ("red - blue", "red blue", "red blue"),
        ("a/b c-d", "a b c d", "b c d"),
        ("what?", "what", "what"),
        ("somebody'd", "somebodyd", "somebodyd"),
        ("Ten\tmen\nan", "10 men", "10 men"),
        ("1,5-x", "15 x", "15x"),  # a number with a comma glues what other marks part
        ("", "", ""),
    ],
)
def test_answer_processing(answer: str, evalai: str, older: str) -> None:
    if answer == "a/b c-d":
        evalai = older  # an article alone is dropped after the slash parts it
    assert vqa.processed(answer) == evalai
    assert vqa.processed(answer, evalai=False) == older


def test_full_stops_go_as_the_programs_take_them() -> None:
    """Their pattern, and their count: a flag stands where the count of replacements belongs."""
    rng = random.Random(9)
    for _ in range(2000):
        text = "".join(rng.choices("ab 1.<=", k=rng.randrange(60)))
        out = text
        for mark in "=<":
            touched = mark + " " in text or " " + mark in text
            out = out.replace(mark, "" if touched else " ")
        out = re.sub(r"(?!<=\d)(\.)(?!\d)", "", out, count=int(re.UNICODE))
        assert vqa.without_marks(text).split() == out.split()
    assert vqa.without_marks("." * 40) == "." * 8


def test_contractions_come_from_either_lost_apostrophe() -> None:
    for given, written in {"cant": "can't", "couldntve": "couldntve", "couldnt've": "couldn't've", "couldn'tve": "couldn't've",
                           "oclock": "o'clock", "twas": "'twas", "well": "well", "id": "id", "im": "im", "yallll": "yallll",
                           "hed": "he'd", "its": "its", "lets": "lets"}.items():  # fmt: skip
        assert vqa.processed(given) == written


@pytest.mark.parametrize(
    ("agreeing", "people", "wanted"),
    [(0, 10, 0.0), (1, 10, 0.3), (2, 10, 0.6), (3, 10, 0.9), (4, 10, 1.0), (10, 10, 1.0), (2, 2, 1 / 3)],
)
def test_soft_accuracy(agreeing: int, people: int, wanted: float) -> None:
    answers = ["The Nokia"] * agreeing + [f"other {i}" for i in range(people - agreeing)]
    assert score("vqa", answers, "nokia.") == pytest.approx(wanted, abs=1e-12)
    assert score("vqa_vlmevalkit", answers, "nokia.") == pytest.approx(wanted, abs=1e-12)


FORMULA = "Handwritten Mathematical Expression Recognition"


@pytest.mark.parametrize(
    ("references", "response", "more", "right"),
    [
        (["Centre"], "The word is CENTRE.", {}, True),
        (["a", "zzz"], "bcd", {}, False),
        (["two\nlines"], "in Two Lines", {}, True),
        (["3"], "13", {}, True),
        (["x + y"], "x+y", {}, False),
        (["x + y"], "= x+ y", {"category": FORMULA}, True),
        (["x + y"], "x\n+y", {"dataset": "HME100k"}, True),
        (["X"], "x", {"category": FORMULA}, False),
        (["X"], "x", {"category": "Doc-oriented VQA"}, True),
        (["x"], "", {}, False),
    ],
)
def test_contains(references: list[str], response: str, more: dict[str, str], right: bool) -> None:
    assert score("contains", references, response, **more) == right


def test_mathematics() -> None:
    pytest.importorskip("math_verify")
    for reference, response, right in (
        ("\\frac{1}{2}", "The answer is $0.5$.", True),
        ("$x^2+1$", "\\boxed{1 + x^2}", True),
        ("3", "It is 4.", False),
        ("3", "", False),
    ):
        assert score("math", reference, response) == right
    with pytest.raises(DataError, match="math-verify finds no expression"):
        Document("math").check({"reference": "$"}, "x")


def test_mathematics_by_a_package_that_answers_as_math_verify_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is handed over: the reference first and in LaTeX, the limits; what comes back decides alone."""
    import threading
    import types

    asked: list[Any] = []

    def parse(text: str, *, parsing_timeout: int | None) -> list[str]:
        asked.append((text, parsing_timeout))
        return [text.strip("$")] if text.strip("$ !") else []

    def verify(gold: list[str], target: list[str], *, timeout_seconds: int | None) -> bool:
        if not gold or not target:
            return False
        return gold[0] in target[0]  # not symmetric, as there

    monkeypatch.setattr(mathematics, "package", lambda: types.SimpleNamespace(parse=parse, verify=verify))
    assert score("math", ["7", "x+1"], "so x+1") == 1.0
    assert score("math", "x+1", "x") == 0.0
    assert ("$x+1$", 5) in asked
    assert score("math", "$y$", "y") == 1.0
    assert ("$y$", 5) in asked
    with pytest.raises(DataError, match="no expression"):
        Document("math").check({"reference": ["x", "!"]}, "x")
    asked.clear()
    thread = threading.Thread(target=score, args=("math", "x", "x"))
    thread.start()
    thread.join()
    assert {limit for _, limit in asked} == {None}, "only the main thread gets the signal that ends a long comparison"


def test_without_math_verify_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    mathematics.package.cache_clear()
    monkeypatch.setitem(sys.modules, "math_verify", None)
    scorer = document("math")
    with pytest.raises(MissingExtraError, match=r"\[math\]"):
        scorer.check(Sample(id="1", split="test", messages=(), reference="1"))
    with pytest.raises(MissingExtraError):
        Document("math").assess({"reference": "1", "response": "1"}, "x")


@pytest.mark.parametrize("profile", ["anls", "relaxed", "vqa", "contains", "math"])
@pytest.mark.parametrize(
    "line",
    [{}, {"reference": None}, {"references": []}, {"reference": 5}, {"references": ["a", None]}, {"reference": " "}],
)
def test_a_line_without_an_answer_to_compare_with(profile: str, line: dict[str, Any]) -> None:
    with pytest.raises(DataError, match=r"a\.jsonl, line 3.*reference"):
        Document(profile).check(line, "a.jsonl, line 3")


@pytest.mark.parametrize("profile", ["anls", "relaxed", "vqa", "contains", "math"])
@pytest.mark.parametrize("response", [None, 5, ["a"]])
def test_a_response_that_is_no_text(profile: str, response: object) -> None:
    with pytest.raises(DataError, match="response"):
        Document(profile).assess({"references": ["a", "b"], "response": response}, "x")


def test_one_persons_answer_is_no_soft_accuracy() -> None:
    """The rule would score it 0 whatever the response."""
    with pytest.raises(DataError, match="each person"):
        Document("vqa").check({"references": ["a"]}, "x")


@pytest.mark.parametrize(
    ("profile", "name"),
    [("anls", "anls"), ("relaxed", "relaxed_accuracy"), ("vqa", "vqa_accuracy"), ("contains", "contains")],
)
def test_a_scorer(profile: str, name: str) -> None:
    scorer = document(profile)
    assert scorer.protocol == f"document:{profile}"
    answers = [Answered(str(i), "test", ["x", "x", "x", "x"], Response(text)) for i, text in enumerate("xyx")]
    tally = Tally()
    for found in scorer.score(answers):
        tally.add(found.faithful[name])
    tally.add(scorer.missing(answers[0])[name])
    assert tally.value(scorer.metrics[0]) == pytest.approx(50.0)


@pytest.mark.parametrize("profile", ["anls", "relaxed", "vqa", "contains"])
@pytest.mark.parametrize("response", ["1" * 100_000, "a " * 100_000, "." * 100_000, "-" * 100_000, "\ud800", "９%"])
def test_long_and_hostile_responses(profile: str, response: str) -> None:
    assert 0.0 <= score(profile, ["1", "2"], response) <= 1.0


def test_an_unknown_profile() -> None:
    with pytest.raises(UnknownNameError, match="anls"):
        Document("anlss")
