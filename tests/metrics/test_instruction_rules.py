"""The 25 types of instructions, each by what the official program says of small texts."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from evalkit.core.errors import DataError
from evalkit.metrics.instructions import packages
from evalkit.metrics.instructions.requests import requests_of
from evalkit.metrics.instructions.rules import RULES

PROMPTS = Path(__file__).parents[2].parent / "shared/data/voicebench_sources/ifeval_input_data.jsonl"
AT_LEAST, LESS = {"relation": "at least"}, {"relation": "less than"}


def follows(name: str, said: dict[str, Any], text: str, drops_falsy: bool = False) -> bool:
    (request,) = requests_of({"instruction_id_list": [name], "kwargs": [said]}, "x", drops_falsy)
    return request.follows(text)


# name, what is said, texts that follow, texts that do not; verdicts of Google's program
GOLDEN: list[tuple[str, dict[str, Any], list[str], list[str]]] = [
    ("keywords:existence", {"keywords": ["cat", "Dog"]}, ["concat DOG", "dog\ncat"], ["cat", "do g cat"]),
    ("keywords:existence", {"keywords": ["a.c"]}, ["abc", "a.c"], ["ac"]),  # a regular expression
    ("keywords:frequency", {"keyword": " the ", "frequency": 2, **AT_LEAST}, ["The the", "other then"], ["the"]),
    ("keywords:frequency", {"keyword": "the", "frequency": 1, **LESS}, ["a cat"], ["THE"]),
    ("keywords:forbidden_words", {"forbidden_words": ["rock", "pop"]}, ["rocks popular"], ["ROCK!", "a pop."]),
    ("keywords:letter_frequency", {"letter": "Q", "let_frequency": 2, "let_relation": "at least"}, ["qQ"], ["q"]),
    ("keywords:letter_frequency", {"letter": "#", "let_frequency": 2, "let_relation": "less than"}, ["a#"], ["##"]),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2},
     ["a***b", "***a***b***", "a\n***\nb"], ["a", "a***b***c", "a******b", "a*** ***b"]),
    ("length_constraints:number_words", {"num_words": 3, **AT_LEAST}, ["one, two-three", "a b c d"], ["don't", ""]),
    ("length_constraints:number_words", {"num_words": 3, **LESS}, ["don't"], ["it's on"]),
    ("length_constraints:nth_paragraph_first_word",
     {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "Hello"},
     ["a\n\nhello there", "a\n\n'\"Hello\", b", "a\n\n HELLO!x", "a\n\nhello\n\n\n\n"],
     ["a\n\n", "hello\n\na", "a\n\nhello\n\nc", "a\n\n\n\nhello", "a\n\nhello-there", "a\n\n\"\n", "a\n\n\"'Hello"]),
    ("detectable_content:number_placeholders", {"num_placeholders": 2}, ["[a] [b]", "[[a] []"], ["[a]", "[a\nb] [c]"]),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, ["x P.S. y", "p. s. y"], ["PS y", "P.S y"]),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, ["p.p.s", "P. P. S."], ["P.S. x"]),
    ("detectable_content:postscript", {"postscript_marker": "Note:"}, ["a\nNOTE: b"], ["note b"]),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2},
     ["* a\n* b", "- a\n  - b", "*a\n-b", "\n\n * a\n\n * b", "*\n* a\n* b"], ["* a", "** a\n** b", "* a\n* b\n- c"]),
    ("detectable_format:number_bullet_lists", {"num_bullets": 0}, ["a", "* "[:1]], ["* a"]),
    ("detectable_format:constrained_response", {}, ["Well: My answer is no."], ["My answer is no", "my answer is yes."]),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 2},
     ["*a* *b*", "*a* **b**", "*a*b*c*"], ["*a*", "**a**b**", "* * *\t*", "*a\nb* *c*", "**a**"]),
    ("detectable_format:multiple_sections", {"section_spliter": "Section", "num_sections": 2},
     ["Section 1 a Section 2 b", "Section1Section2"], ["Section 1", "SECTION 1 SECTION 2", "Section one Section two"]),
    ("detectable_format:json_format", {}, ['{"a": 1}', '```json\n[1]\n```', "```\n3```", '"x"', "NaN"],
     ["{a: 1}", "```JSON5\n{}```", "text", "```js\n1```", "[" * 20_000]),
    ("detectable_format:title", {}, ["<<a>>", "x <<<a>>> y"], ["<a>", "<<>>", "<< >>", "<<a\nb>>", ">>a<<"]),
    ("combination:two_responses", {}, ["a******b", "******a******b******"],
     ["a", "a******a", "a******b******c", "a************b"]),
    ("combination:repeat_prompt", {"prompt_to_repeat": " Say it. "}, ["say it. Yes", "\n SAY IT."], ["Yes. Say it."]),
    ("startend:end_checker", {"end_phrase": "The End "}, ["x the end", '"x THE END"', "the end\n"], ["the end.", "x"]),
    ("startend:quotation", {}, ['"a"', ' "a\nb" ', '""'], ['"', "'a'", '"a".', "“a”"]),
    ("punctuation:no_comma", {}, ["a; b", "一，二"], ["a, b"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "said", "right", "wrong"), GOLDEN)
def test_golden(name: str, said: dict[str, Any], right: list[str], wrong: list[str]) -> None:
    assert [text for text in right if not follows(name, said, text)] == []
    assert [text for text in wrong if follows(name, said, text)] == []


def test_every_type_that_needs_no_package_has_a_golden_case() -> None:
    assert len(RULES) == 25
    assert {name for name, rule in RULES.items() if rule.package is None} == {name for name, *_ in GOLDEN}


@pytest.mark.parametrize("name", RULES)
def test_an_empty_text_follows_nothing(name: str) -> None:
    values = {
        "count": 1, "relation": "less than", "text": "x", "pattern": "x", "patterns": ["x"], "letter": "x",
        "language": "en",
    }  # fmt: skip
    assert not follows(name, {key: values[kind] for key, kind in RULES[name].fields.items()}, " \n\t")


# What the packages would say is their own tests' business; ours is what the rules make of it.
@pytest.mark.parametrize(("found", "right"), [("en", True), ("de", False), (None, True)])
def test_language_and_capitals(monkeypatch: pytest.MonkeyPatch, found: str | None, right: bool) -> None:
    monkeypatch.setattr(packages, "language_of", lambda text: found)
    assert follows("language:response_language", {"language": "en"}, "x") is right
    assert follows("change_case:english_capital", {}, "ALL OF IT 1.") is right
    assert follows("change_case:english_lowercase", {}, "all of it 1.") is right
    assert not follows("change_case:english_capital", {}, "All of it")
    assert not follows("change_case:english_lowercase", {}, "All of it")
    assert not follows("change_case:english_capital", {}, "123")


def test_sentences_and_capital_words_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "count_sentences", lambda text: text.count("."))
    monkeypatch.setattr(packages, "words_of", str.split)
    assert follows("length_constraints:number_sentences", {"num_sentences": 2, **AT_LEAST}, "a. b.")
    assert not follows("length_constraints:number_sentences", {"num_sentences": 2, **LESS}, "a. b.")
    capital = "change_case:capital_word_frequency"
    assert follows(capital, {"capital_frequency": 2, "capital_relation": "at least"}, "NASA and ESA-2 x")
    assert not follows(capital, {"capital_frequency": 2, "capital_relation": "less than"}, "NASA and A x")


def test_languages_as_langdetect_finds_them() -> None:
    pytest.importorskip("langdetect")
    text = "Der schnelle braune Fuchs springt heute über den faulen Hund am Zaun."
    assert {packages.language_of(text) for _ in range(20)} == {"de"}
    assert packages.language_of("123 !?") is None
    unsure = "no si ok"
    assert len({packages.language_of(unsure) for _ in range(20)}) == 1, "drawn from the same seed each time"


def test_all_languages_are_there_before_the_first_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that asked while the package was loading were told one of the languages that were already there."""
    factory = pytest.importorskip("langdetect.detector_factory")
    monkeypatch.setattr(factory, "_factory", None)
    packages._detector.cache_clear()
    packages.require("langdetect")
    assert len(factory._factory.langlist) == len(list(Path(factory.PROFILES_DIRECTORY).iterdir()))


def test_sentences_and_words_as_nltk_cuts_them() -> None:
    nltk = pytest.importorskip("nltk")
    try:
        nltk.data.find("tokenizers/punkt_tab/english")
    except LookupError:
        pytest.skip("NLTK's table is not there")
    text = "Mr. Smith paid $3.50. It's OK! Well-known NASA-ESA facts?"
    assert packages.count_sentences(text) == 3
    assert packages.words_of(text) == nltk.word_tokenize(text)


HOSTILE = [
    "\n" * 100_000, " " * 100_000, "[" * 100_000, "<<" * 50_000, "*" * 100_000, "* \n" * 30_000, "\t \n" * 30_000,
    "{" * 100_000, "a" * 200_000, "P.S" * 30_000, "<<a>" * 30_000, "- " * 50_000,
]  # fmt: skip


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.package is None])
def test_long_texts_take_no_quadratic_time(name: str) -> None:
    values = {"count": 1, "relation": "at least", "text": "x", "pattern": "x", "patterns": ["x"], "letter": "x"}
    said = {key: values[kind] for key, kind in RULES[name].fields.items()}
    start = time.process_time()
    for text in HOSTILE:
        RULES[name].follows(text, said)
    assert time.process_time() - start < 5, "quadratic time would be minutes"


BAD: list[tuple[dict[str, Any], str]] = [
    ({}, "instruction_id_list"),
    ({"instruction_id_list": "punctuation:no_comma", "kwargs": [{}]}, "instruction_id_list"),
    ({"instruction_id_list": [], "kwargs": []}, "instruction_id_list"),
    ({"instruction_id_list": [5], "kwargs": [{}]}, "instruction_id_list"),
    ({"instruction_id_list": ["punctuation:no_comma"]}, "kwargs"),
    ({"instruction_id_list": ["punctuation:no_comma"], "kwargs": []}, "1 objects"),
    ({"instruction_id_list": ["punctuation:no_comma"], "kwargs": [None]}, "kwargs"),
    ({"instruction_id_list": ["punctuation:no_commas"], "kwargs": [{}]}, "punctuation:no_comma"),
    ({"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{"num_words": 3}]}, "num_words"),
    ({"instruction_id_list": ["length_constraints:number_words"], "kwargs": [{"num_words": 3}]}, "relation"),
    ({"instruction_id_list": ["length_constraints:number_words"], "kwargs": [{"num_words": 3, "relation": None}]}, "random"),
    ({"instruction_id_list": ["length_constraints:number_words"], "kwargs": [{"num_words": "3", **AT_LEAST}]}, "whole"),
    ({"instruction_id_list": ["length_constraints:number_words"], "kwargs": [{"num_words": -3, **AT_LEAST}]}, "whole"),
    ({"instruction_id_list": ["length_constraints:number_words"], "kwargs": [{"num_words": True, **AT_LEAST}]}, "whole"),
    ({"instruction_id_list": ["length_constraints:number_words"], "kwargs": [{"num_words": 3, "relation": "at most"}]}, "less than"),
    ({"instruction_id_list": ["keywords:existence"], "kwargs": [{"keywords": []}]}, "list of texts"),
    ({"instruction_id_list": ["keywords:existence"], "kwargs": [{"keywords": ["("]}]}, "regular expression"),
    ({"instruction_id_list": ["language:response_language"], "kwargs": [{"language": "zh"}]}, "one of ar"),
    ({"instruction_id_list": ["keywords:letter_frequency"], "kwargs": [{"letter": "ab", "let_frequency": 1, "let_relation": "at least"}]}, "single character"),
    ({"instruction_id_list": ["startend:end_checker"], "kwargs": [{"end_phrase": " "}]}, "a text"),
    ({"instruction_id_list": ["length_constraints:nth_paragraph_first_word"], "kwargs": [{"num_paragraphs": 2, "nth_paragraph": 3, "first_word": "a"}]}, "nth_paragraph"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "told"), BAD)
def test_a_line_that_cannot_be_checked_is_refused_with_its_place(line: dict[str, Any], told: str) -> None:
    with pytest.raises(DataError, match=rf"in\.jsonl, line 4: .*{told}"):
        requests_of(line, "in.jsonl, line 4", drops_falsy=False)


def test_nulls_say_nothing_and_whole_floats_are_counts() -> None:
    """As a table reader gives them."""
    said = {"num_words": 3.0, "relation": "at least", "keyword": None, "num_bullets": None}
    assert follows("length_constraints:number_words", said, "a b c")


@pytest.mark.skipif(not PROMPTS.exists(), reason="the prompts of IFEval are not beside the checkout")
def test_the_541_prompts_of_ifeval() -> None:
    rows = [json.loads(line) for line in PROMPTS.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 541
    assert {name for row in rows for name in row["instruction_id_list"]} == set(RULES)
    drawn = [row["key"] for row in rows if any(request.drawn for request in requests_of(row, "x", drops_falsy=True))]
    assert drawn == [1122, 1129], "the two whose letter VoiceBench's program replaces by a random one"
    nulls = {key: None for rule in RULES.values() for key in rule.fields}
    for row in rows:
        full = {**row, "kwargs": [{**nulls, **said} for said in row["kwargs"]]}
        assert requests_of(full, "x", drops_falsy=True) == requests_of(row, "x", drops_falsy=True)
