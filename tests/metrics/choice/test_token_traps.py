"""What lead-in sentences move, and the traps of the token rule, against the rule written anew."""

from __future__ import annotations

import random
import re

import pytest

from evalkit.metrics.choice.scorer import Choice
from evalkit.metrics.choice.token_traps import TokenTraps

OPTIONS = ("C major", "A minor", "The G major", "a dog and a cat", "a cat and a dog", "B", "?!", "12", "12:30")


def tokens(text: str) -> set[str]:
    return set(re.findall(r"\b\w+\b", text.lower()))


def right(options: list[str], answer: str, said: str) -> bool:
    given, wanted = tokens(said), tokens(answer)
    wrong = set().union(*(tokens(option) for option in options if tokens(option) != wanted)) - wanted
    return bool(given) and wanted <= given and not given & wrong


@pytest.mark.parametrize("seed", range(40))
def test_the_share_that_moves_is_where_the_two_rules_differ(seed: int) -> None:
    draw = random.Random(seed)
    options = draw.sample(OPTIONS, 4)
    answer = draw.choice(options)
    letter = "ABCD"[options.index(answer)]
    said = draw.choice([answer, letter, f"({letter}) {answer}", f"The answer is: {draw.choice(options)}", "", "12 30"])
    line = {"choices": options, "answer": answer, "response": said}
    found = TokenTraps().assess(line, "here")
    raw = Choice("mmau").assess(line, "here").outputs["correct"]
    bare = Choice("mmau+leadin").assess(line, "here").outputs["correct"]
    assert found.outputs == {"raw": raw, "without_lead_in": bare}
    assert found.faithful["moved"] == (float(raw != bare), 1)
    assert raw is right(options, answer, said)
    twins = [option for option in options if tokens(option) == tokens(answer)]
    expected = {
        "twin_option": len(twins) > 1,
        "marker_trap": not right(options, answer, f"({letter}) {answer}"),
        "wordless_answer": not tokens(answer),
    }
    assert set(found.flags) == {name for name, holds in expected.items() if holds}


def test_a_reply_that_is_not_there_is_in_no_denominator() -> None:
    line = {"choices": ["a", "b"], "answer": "a", "response": None}
    assert TokenTraps().missing(line, "here") == {}
