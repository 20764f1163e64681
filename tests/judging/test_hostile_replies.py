"""Replies no judge should give: numbers that no float holds, brackets without end; read or refused, and quickly."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from judging_kit import Oracle, answered

from evalkit.judging import rules
from evalkit.judging.judge import JudgeScorer
from evalkit.judging.outputs import UnreadableError, parse_output
from evalkit.judging.parsing import PARSERS

LONG, LONGER = "1" + "0" * 400, "9" * 5000  # no float holds the one, Python reads no such text as the other
NUMBER = (parse_output("score", "1..5"),)
TWO = (parse_output("a", "1..10"), parse_output("b", "1..10"))
WORDED = (parse_output("reason", "str"), parse_output("score", "1..5"))
SHARES = (parse_output("respond", "number 0..1"),)
FORMS = ("{0}", "-{0}", "[[{0}]]", "[{0}]", '{{"score": {0}, "a": {0}, "b": {0}}}', "{0} {0}", "-{0} -{0}", "score {0}")
PATTERN = r"score (?P<score>-?\d+)"


def parsers() -> list[tuple[str, tuple[Any, ...]]]:
    return [(name, out) for name, parser in PARSERS.items() for out in (NUMBER, TWO) if parser.problem(out) is None]


@pytest.mark.parametrize(("name", "outputs"), parsers())
@pytest.mark.parametrize("number", [LONG, LONGER], ids=["400 digits", "5000 digits"])
def test_a_number_no_float_holds_is_no_verdict(name: str, outputs: tuple[Any, ...], number: str) -> None:
    pattern = PATTERN if name == "pattern" else None
    if pattern and outputs is TWO:
        return
    for form in FORMS:
        with pytest.raises(UnreadableError):
            PARSERS[name].read(form.format(number), outputs, pattern)


def test_such_a_reply_is_one_unreadable_verdict_and_not_the_end_of_the_run(write_rubric: Callable[..., Any]) -> None:
    path = write_rubric(parse="json", reasks=0)
    judge = Oracle(lambda request: f'{{"score": {LONG if "bad" in request.messages[0].text else 4}}}')
    scorer = JudgeScorer(path).configure(judge)
    scores = scorer.score([answered("a", "good"), answered("b", "bad"), answered("c", "good")])
    assert [score.status for score in scores] == ["scored", "unparsed", "scored"]


ENDLESS = {
    "spaces in brackets": "[[" + " " * 200_000,
    "open brackets": "[" * 200_000,
    "open objects": '{"a":' * 40_000,
    "objects and brackets": '{"a":' + "[" * 40_000,
    "minus signs": '{"a":' + "-" * 100_000 + "1}",
    "digits": "1 " * 100_000,
    "a string that does not end": '{"score": "' + "x" * 200_000,
}


@pytest.mark.parametrize("name", PARSERS)
def test_a_long_reply_is_read_in_a_moment(name: str) -> None:
    tried = (NUMBER, TWO, (parse_output("v", "yes=1 | no=0"),), WORDED, SHARES)
    outputs = next(out for out in tried if PARSERS[name].problem(out) is None)
    began = time.process_time()
    for kind, reply in ENDLESS.items():
        try:
            PARSERS[name].read(reply, outputs, PATTERN if name == "pattern" else None)
        except UnreadableError:
            continue
        assert PARSERS[name].official, kind  # a strict reader takes none of these for a verdict
    assert time.process_time() - began < 5.0


def test_brackets_are_found_where_the_official_expressions_find_them() -> None:
    """VStyle's `\\\\[\\\\[(.*?)\\\\]\\\\]`, last number first; ours takes the last pair that holds a verdict."""
    draw = random.Random(0)
    texts = (parse_output("v", "str"),)
    pieces = ["[", "]", "[[", "]]", "1", " ", "a", "\n", "4.5", "x" * 45]
    for _ in range(20_000):
        reply = "".join(draw.choices(pieces, k=draw.randint(0, 12)))
        wanted = None
        for text in [*reversed(re.findall(r"\[\[(.*?)\]\]", reply, re.DOTALL)), reply.strip()]:
            try:
                wanted = float(text)
                break
            except ValueError:
                continue
        assert read("vstyle", reply, (parse_output("v", "number 0..10"),)) == wanted, reply
        found = [text for text in re.findall(r"\[\[\s*([^\[\]]{1,40}?)\s*\]\]", reply) if text.strip()]
        assert read("brackets", reply, texts) == (found[-1] if found else None), reply


def read(name: str, reply: str, outputs: tuple[Any, ...]) -> Any:
    try:
        return PARSERS[name].read(reply, outputs).values["v"]
    except UnreadableError:
        return None


@pytest.mark.parametrize("answer", ["1e999", "-1e999", LONG, LONGER])
def test_a_number_beyond_all_floats_equals_nothing_but_itself(answer: str) -> None:
    assert rules.numeric(answer, "5") is False
    assert rules.numeric("5", answer) is False
    assert rules.numeric(answer, answer) is True


@pytest.mark.parametrize("rule", rules.RULES)
def test_a_long_answer_is_decided_in_a_moment(rule: str) -> None:
    began = time.process_time()
    for answer in ("答案" + "，" * 200_000 + "好", "answer" + " " * 200_000 + "x", "1," * 100_000, "(" * 200_000):
        rules.RULES[rule](answer, "A")
    assert time.process_time() - began < 5.0


@pytest.mark.parametrize(
    "stated", ["The answer is: B", "answer: (B)", "答案：B", "答案是 B", "选项为：B", "Option - B"]
)
def test_a_stated_letter_is_found_as_before(stated: str) -> None:
    assert rules.choice(stated, "B") is True
