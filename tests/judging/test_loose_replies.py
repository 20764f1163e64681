"""Replies in nearly the form that was asked for: read where they can mean one thing only, and flagged."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit import plugins
from evalkit.judging.examples import Examples
from evalkit.judging.loose_json import LooseJSONError, read_object
from evalkit.judging.outputs import UnreadableError, parse_output
from evalkit.judging.parsing import PARSERS, Reading
from evalkit.judging.rubric_file import load_rubric

WORDED = {"reason": "str", "score": "1..5"}
RIGHT = {"verdict": "correct=1 | incorrect=0"}


def read(parser: str, reply: str, declared: dict[str, str]) -> Reading:
    return PARSERS[parser].read(reply, [parse_output(key, text) for key, text in declared.items()])


@pytest.mark.parametrize(
    "reply",
    [
        '{"reason": "fine", "score": 4,}',
        '{"reason": "fine", "score": 4 , }',
        r'{"reason": "as \(x^2\) and \sqrt{2} \in \mathbb{R}", "score": 4}',
        r'{"reason": "C:\path \{4\}", "score": 4}',
        "{'reason': 'fine', 'score': 4}",
        "{'reason': 'it's what I'd say', 'score': '4'}",
        "{“reason”: “fine”, “score”: 4}",
        "{„reason“: „fine“, ‘score’: 4}",
        '{"Reason": "fine", "SCORE": 4}',
        '{" score ": 4, "Reason": ""}',
        '{"reason": "fine", "score": "4/5"}',
        '{"reason": "fine", "score": 4/5}',
        '{"reason": "fine", "score": "4 out of 5"}',
        '{"reason": "fine", "score": "4.0 / 5.0"}',
        '{reason: "fine", score: 4}',
        '{"reason": "it says "no" here", "score": 4}',
        "{'reason': 'x', 'score': 4, 'sure': True}",
        "```json\n{'reason': 'fine',\n 'score': 4,\n}\n```\nThat is all.",
        'First {"reason": "draft", "score": 1}, then {"reason": "fine", "score": 4,}',
    ],
)
def test_json_that_can_mean_one_thing_only(reply: str) -> None:
    found = read("json", reply, WORDED)
    assert (found.values["score"], found.doubt, found.flags) == (4, None, ("repaired_reply",))


@pytest.mark.parametrize(
    "reply",
    [
        '{"reason": "fine", "score": 4',
        '{"reason": "fine',
        "{'reason': 'fine', 'score': 4, 'Score': 5}",
        '{"Reason": "fine", "SCORE": 4, "Score": 5}',
        '{"reason": "fine", "score": "4/10"}',
        '{"reason": "fine", "score": "3 or 4"}',
        '{"reason": "fine", "score": "3-4",}',
        '{"reason": "fine", "score": "6/5"}',
        '{"reason": "fine" "score": 4}',
        '{"reason": "fine", "score": <integer 1-5>}',
        '{"reason": "fine", "score": [4],}',
        '{"reason": "he wrote "good", "score": 5, "reason": "x", "score": 1}',
        '{"reason": "fine", "score": 4, "score": 5}',
        '{"reason": "fine", "score": 4, "Score": 5}',
        'It says {"reason": "so", "score": 5}. My own: {"reason": "it is "bad", "score": 5, "reason": "x", "score": 1}',
        'It says {"reason": "so", "score": 5}. My own: {"reason": "it is',
        'It says {"reason": "so", "score": 5}. My own: {"score": 1}',
        "{score}",
        "reason: fine, score: 4",
    ],
)
def test_json_that_could_mean_several_things_or_nothing(reply: str) -> None:
    with pytest.raises(UnreadableError):
        read("json", reply, WORDED)


def test_proper_json_is_not_flagged() -> None:
    assert read("json", r'{"reason": "\\(x\\) \"q\"", "score": 4}', WORDED).flags == ()
    assert read("json", '{"outer": {"reason": "fine", "score": 4},}', WORDED).values["score"] == 4


@pytest.mark.parametrize(
    ("parser", "reply", "declared", "value"),
    [
        ("number", "4/5", {"score": "1..5"}, 4),
        ("number", "3.5 out of 5", {"score": "number 1..5"}, 3.5),
        ("numbers", "4/5", {"score": "1..5"}, 4),
        ("number", "_.5_", {"score": "number 0..5"}, 0.5),
        ("brackets", "[[4/5]]", {"score": "1..5"}, 4),
        ("brackets", "[[**4**]]", {"score": "1..5"}, 4),
        ("choice", "Yes", RIGHT, "correct"),
        ("choice", "“Incorrect.”", RIGHT, "incorrect"),
        ("choice", "错误", RIGHT, "incorrect"),
        ("last_line", "It differs.\nFalse", RIGHT, "incorrect"),
        ("choice", "right", {"verdict": "yes=1 | no=0"}, "yes"),
    ],
)
def test_other_forms_that_can_mean_one_thing_only(parser: str, reply: str, declared: Any, value: Any) -> None:
    assert list(read(parser, reply, declared).values.values()) == [value]


@pytest.mark.parametrize(
    ("parser", "reply", "declared"),
    [
        ("number", "4/10", {"score": "1..5"}),
        ("number", "1/2", {"score": "1..5"}),
        ("numbers", "4/10", {"score": "1..5"}),
        ("choice", "yes", {"verdict": "harmful=0 | harmless=1"}),
        ("choice", "yes", {"verdict": "correct=1 | partly=0.5 | incorrect=0"}),
        ("choice", "yes and no", RIGHT),
        ("last_line", "yes, though some say no", RIGHT),
        ("last_line", "The answer is not correct.", RIGHT),
        ("last_line", "It isn't quite correct", RIGHT),
        ("voicebench_open", "4/5", {"score": "1..5"}),
        ("uro_score", "4/5", {"score": "1..5"}),
    ],
)
def test_other_forms_that_could_mean_several_things(parser: str, reply: str, declared: Any) -> None:
    with pytest.raises(UnreadableError):
        read(parser, reply, declared)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcXY", min_size=1, max_size=4), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abcdefg", min_size=1, max_size=5), JSON, max_size=4), st.booleans())
def test_what_is_json_is_read_as_json_or_refused(value: dict[str, Any], ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    try:
        found, end = read_object(text, 0)
    except LooseJSONError:
        return  # a quotation mark inside a text before a comma, or keys that differ by capitals
    assert (found, end) == (value, len(text))


@given(st.text(st.sampled_from("{}[]\"'“”:, \\nab1/"), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for start, char in enumerate(text):
        if char == "{":
            try:
                found, end = read_object(text, start)
            except LooseJSONError:
                continue
            assert isinstance(found, dict)
            assert text[end - 1] == "}"


def test_no_reply_takes_long() -> None:
    begun = time.monotonic()
    for reply in ("{" * 50_000, '{"a": "' * 20_000, "{'a':" * 30_000, '{"reason": "' + '"x' * 50_000):
        with pytest.raises(UnreadableError):
            read("json", reply, WORDED)
    assert time.monotonic() - begun < 30


FILES = sorted(path for path in plugins.folder("judges").glob("*/*.md") if path.name not in ("card.md", "README.md"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_rubric_holds_an_example_that_is_a_verdict(path: Path) -> None:
    assert Examples(load_rubric(path)).found == {}


@pytest.mark.parametrize(
    ("closing", "parse", "output", "found"),
    [
        ('Reply so: {"reason": "one sentence", "score": 3}', "json", "{reason: str, score: 1..5}", 1),
        ("Reply so: {'reason': 'one sentence', 'score': 3,}", "json", "{reason: str, score: 1..5}", 1),
        ("End with the grade, such as [[3]].", "brackets", "{score: 1..5}", 1),
        ("Write\nResult: yes\nor\nResult: no", "kimi_yes_no", "{verdict: yes=1 | no=0}", 2),
        ("Write\nResult: <verdict>", "kimi_yes_no", "{verdict: yes=1 | no=0}", 0),
        ("1: cold\n5: warm\nWrite the number alone.", "number", "{score: 1..5}", 0),
        ('Reply so: {"reason": "<one sentence>", "score": <integer 1-5>}', "json", "{reason: str, score: 1..5}", 0),
    ],
)
def test_examples_are_found(rubric: Any, closing: str, parse: str, output: str, found: int) -> None:
    scale = "0..100" if "yes" in output else "1..5"
    made = rubric(body=f"{{question}}\n{{response}}\n{closing}", parse=parse, output=output, scale=scale)
    assert len(Examples(made).found) == found
