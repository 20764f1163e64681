"""Instruction following as a metric of lines and a scorer of tasks."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from evalkit.core.errors import DataError, MissingExtraError, UnknownNameError, UsageError
from evalkit.core.metric import Tally
from evalkit.core.response import Response
from evalkit.core.sample import Sample
from evalkit.core.scorer import Answered
from evalkit.metrics.instructions import packages
from evalkit.metrics.instructions.metric import InstructionFollowing, instructions

COMMA, WORDS = "punctuation:no_comma", "length_constraints:number_words"
LINE: dict[str, Any] = {
    "prompt": "Write three words or more without commas.",
    "instruction_id_list": [COMMA, WORDS],
    "kwargs": [{}, {"num_words": 3, "relation": "at least"}],
}


def values(lines: list[dict[str, Any]]) -> dict[str, float | None]:
    metric = InstructionFollowing()
    tallies = {one.name: Tally() for one in metric.metrics}
    for line in lines:
        found = metric.worst(line, "x") if line["response"] is None else metric.assess(line, "x").faithful
        for name, vector in found.items():
            tallies[name].add(vector)
    return {one.name: tallies[one.name].value(one) for one in metric.metrics}


@pytest.mark.parametrize(
    ("response", "strict", "loose"),
    [
        ("one two three", [True, True], [True, True]),
        ("one two", [True, False], [True, False]),
        ("", [False, False], [False, False]),
        ("Sure, here:\none two three", [False, True], [True, True]),  # without its first line
        ("one two three\nRight, done.", [False, True], [True, True]),  # without its last
        ("So,\none two three\nRight, done.", [False, True], [True, True]),  # without both
        ("a,\nb,\nc,\nd,", [False, True], [False, True]),
    ],
)
def test_strict_and_loose(response: str, strict: list[bool], loose: list[bool]) -> None:
    assert InstructionFollowing().assess({**LINE, "response": response}, "x").outputs == {
        "strict": strict,
        "loose": loose,
    }


def test_loosely_asterisks_do_not_count() -> None:
    line = {"instruction_id_list": ["startend:quotation"], "kwargs": [{}], "response": '*"quoted"*'}
    assert InstructionFollowing().assess(line, "x").outputs == {"strict": [False], "loose": [True]}


def test_the_four_accuracies_and_their_mean() -> None:
    one = {**LINE, "response": "Sure, here:\none two three"}
    two = {"instruction_id_list": [COMMA], "kwargs": [{}], "response": "a, b"}
    lost = {**LINE, "response": None}
    found = values([one, two, lost])
    assert found == {
        "prompt_strict": pytest.approx(0.0),
        "prompt_loose": pytest.approx(100 / 3),
        "instruction_strict": pytest.approx(100 * 1 / 5),
        "instruction_loose": pytest.approx(100 * 2 / 5),
        "mean": pytest.approx((0 + 100 / 3 + 20 + 40) / 4),
    }
    assert found == values([lost, two, one])


def test_what_voicebench_would_draw_at_random_is_taken_as_it_stands_and_flagged() -> None:
    letter = {"letter": "#", "let_frequency": 2, "let_relation": "at least"}
    line = {"instruction_id_list": ["keywords:letter_frequency"], "kwargs": [letter], "response": "# #"}
    zero = {"instruction_id_list": ["detectable_format:number_bullet_lists"], "kwargs": [{"num_bullets": 0}]}
    for one, right in ((line, True), ({**line, "response": "#"}, False), ({**zero, "response": "* a"}, False)):
        official = InstructionFollowing("voicebench")
        assert official.assess(one, "x").outputs["strict"] == [right]
        assert official.assess(one, "x").flags == ("officially_random",)
        assert InstructionFollowing("ifeval").assess(one, "x").outputs["strict"] == [right]
        assert InstructionFollowing("ifeval").assess(one, "x").flags == ()
        assert {str(official.assess(one, "x")) for _ in range(30)} == {str(official.assess(one, "x"))}


def test_a_scorer_finds_the_instructions_in_meta() -> None:
    meta = {key: LINE[key] for key in ("instruction_id_list", "kwargs")}
    scorer = instructions("voicebench")
    scorer.check(Sample(id="1", split="test", messages=(), reference=None, meta=meta))
    answer = Answered("1", "test", None, Response("one two three"), meta=meta)
    (score,) = scorer.score([answer])
    assert score.faithful["mean"] == (1, 1, 1, 2, 2, 2)
    assert scorer.worst(answer)["mean"] == scorer.missing(answer)["mean"] == (0, 0, 1, 0, 0, 2)
    assert scorer.protocol == "instruction_following:voicebench"
    with pytest.raises(DataError, match="sample '2'"):
        scorer.check(Sample(id="2", split="test", messages=(), reference=None))


@pytest.mark.parametrize("response", [None, 3, ["a"]])
def test_a_response_that_is_no_text(response: object) -> None:
    with pytest.raises(DataError, match="response"):
        InstructionFollowing().assess({**LINE, "response": response}, "x")


@pytest.mark.parametrize(
    ("name", "said", "package"),
    [
        ("language:response_language", {"language": "de"}, "langdetect"),
        ("change_case:english_capital", {}, "langdetect"),
        ("change_case:english_lowercase", {}, "langdetect"),
        ("length_constraints:number_sentences", {"num_sentences": 2, "relation": "at least"}, "nltk"),
        ("change_case:capital_word_frequency", {"capital_frequency": 2, "capital_relation": "at least"}, "nltk"),
    ],
)
def test_a_missing_package_is_told_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch, name: str, said: dict[str, Any], package: str
) -> None:
    for cached in (packages._detector, packages._sentence_splitter):
        cached.cache_clear()
    for module in ("langdetect", "nltk", "nltk.tokenize", "nltk.tokenize.punkt"):
        monkeypatch.setitem(sys.modules, module, None)
    line = {"instruction_id_list": [COMMA, name], "kwargs": [{}, said]}
    with pytest.raises(MissingExtraError, match=rf"'{package}'.*\[instructions\]"):
        InstructionFollowing().check(line, "x")
    InstructionFollowing().check(LINE, "x")


def test_sentences_without_nltks_table(monkeypatch: pytest.MonkeyPatch) -> None:
    import types

    class Absent:
        def __init__(self, language: str) -> None:
            raise LookupError("Resource punkt_tab not found")

    packages._sentence_splitter.cache_clear()
    monkeypatch.setitem(sys.modules, "nltk.tokenize.punkt", types.SimpleNamespace(PunktTokenizer=Absent))
    for module in ("nltk", "nltk.tokenize"):
        monkeypatch.setitem(sys.modules, module, types.ModuleType(module))
    line = {
        "instruction_id_list": ["length_constraints:number_sentences"],
        "kwargs": [{"num_sentences": 2, "relation": "at least"}],
    }
    with pytest.raises(UsageError, match=r"python -m nltk\.downloader punkt_tab"):
        InstructionFollowing().check(line, "x")
    packages._sentence_splitter.cache_clear()


def test_an_unknown_profile() -> None:
    with pytest.raises(UnknownNameError, match="ifeval"):
        InstructionFollowing("ifevals")
