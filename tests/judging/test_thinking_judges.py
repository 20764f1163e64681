"""What a judge thinks is never its verdict: every parser, every form of thinking, every form of reply."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from judging_kit import Oracle, answered

from evalkit.core.response import Response
from evalkit.judging.judge import JudgeScorer
from evalkit.judging.outputs import UnreadableError, parse_output
from evalkit.judging.parsing import PARSERS

NUMBER, YES = {"score": "1..5"}, {"verdict": "yes=1 | no=0"}
WORDED = {"reason": "str", "score": "1..5"}
SHARES = {"respond": "number 0..1", "resume": "number 0..1"}
PAIR = {"score_1": "1..10", "score_2": "1..10"}
OPEN = {"analysis": "str", "judgment": "correct=1 | incorrect=0"}

# parser -> outputs, pattern, a reply with the wrong verdict, replies with the right one in several forms, its values
PARSED: dict[str, tuple[dict[str, str], str | None, str, list[str], list[Any]]] = {
    "json": (WORDED, None, '{"reason": "no", "score": 1}', [
        '{"reason": "", "score": 5}', '```json\n{"reason": "", "score": 5}\n```', "{'reason': '', 'score': 5,}",
    ], ["", 5]),
    "number": (NUMBER, None, "1", ["5", "**5**", "5/5"], [5]),
    "choice": (YES, None, "no", ["yes", "Yes.", "“yes”"], ["yes"]),
    "brackets": (NUMBER, None, "[[1]]", ["[[5]]", "It is good.\n[[5]]"], [5]),
    "last_line": (YES, None, "no", ["It fits.\nyes", "Result: **yes**"], ["yes"]),
    "numbers": (PAIR, None, "1 2", ["9 8", "9, 8\nbecause"], [9, 8]),
    "pattern": (NUMBER, r"Score: (?P<score>\d)", "Score: 1", ["Score: 5", "Fine. Score: 5"], [5]),
    "voicebench_open": (NUMBER, None, "[[1]]", ["5", "It deserves [[5]]"], [5]),
    "voicebench_qa": (YES, None, "no", ["Yes", "yes"], ["yes"]),
    "uro_score": (NUMBER, None, "1", ["5", " 5\n"], [5]),
    "uro_qa": (YES, None, "No", ["Yes"], ["yes"]),
    "kimi_last_digit": ({"score": "0..5"}, None, "[1]", ["[5]", "得分是[5]"], [5]),
    "kimi_brackets": ({"score": "1..10"}, None, "[[1]]", ["[[5]]", "Rating: [[5]]"], [5]),
    "kimi_json": (OPEN, None, '{"analysis": "", "judgment": "incorrect"}',
                  ['{"analysis": "", "judgment": "correct"}'], ["", "correct"]),
    "kimi_yes_no": (YES, None, "no", ["Result: yes", "It fits.\nyes"], ["yes"]),
    "air_bench": (PAIR, None, "1 2", ["9 8", "9 8\n"], [9, 8]),
    "vstyle": (NUMBER, None, "[[1]]", ["[[5]]", "Final score: [[5]]"], [5]),
    "emova": (WORDED, None, '{"score": 1}', ['{"reason": "", "score": 5}', '```json\n{"score": 5}\n```'], ["", 5]),
    "fdb_rating": (WORDED, None, "Analysis: no\nMy rating of the reply: 1", [
        "Analysis:\nMy rating of the reply: 5", "Fine. Analysis: \nMy rating of the reply: 5\n",
    ], ["", 5]),
    "fdb_behaviour": (SHARES, None, '{"behaviour": ["C_RESUME"]}', ['{"behaviour": ["C_RESPOND"]}'], [1.0, 0.0]),
}  # fmt: skip

THINKING = {
    "closed": "<think>{}\nNo, it deserves more.</think>\n\n",
    "lone closing": "{}\nNo, it deserves more.\n</think>\n\n",
    "two": "<think>{}</think>\n<think>{} again</think>\n",
    "nested": "<think>{}<think>{}</think> hm</think>\n",
    "thinking": "<thinking>{}</thinking>\n",
    "kimi": "◁think▷{}◁/think▷",
    "mistral": "[THINK]{}[/THINK]",
    "seed": "<seed:think>{}</seed:think>",
    "gpt-oss": "<|channel|>analysis<|message|>{}<|end|><|start|>assistant<|channel|>final<|message|>",
    "open thoughts": "<|begin_of_thought|>{}<|end_of_thought|>\n",
    "gemma": "<|channel>thought\n{}<channel|>",
}
CUT = {"think": "<think>{}\nBut", "kimi": "◁think▷{}\nBut", "gpt-oss": "<|channel|>analysis<|message|>{}\nBut"}


def read(name: str, reply: str) -> list[Any]:
    declared, pattern, *_ = PARSED[name]
    outputs = [parse_output(key, text) for key, text in declared.items()]
    reading = PARSERS[name].read(reply, outputs, pattern)
    assert reading.doubt is None
    return list(reading.values.values())


def test_every_parser_is_tried() -> None:
    assert set(PARSED) == set(PARSERS)


@pytest.mark.parametrize(("name", "form"), list(itertools.product(PARSED, THINKING)))
def test_the_verdict_is_the_answers(name: str, form: str) -> None:
    _, _, wrong, replies, values = PARSED[name]
    for reply in replies:
        assert read(name, reply) == values, reply
        assert read(name, THINKING[form].replace("{}", wrong) + reply) == values, reply
        right = THINKING[form].replace("{}", replies[0])
        assert read(name, right + wrong) != values, "nor is a better one in the thought"


@pytest.mark.parametrize(("name", "form"), list(itertools.product(PARSED, [*CUT, "closed and nothing"])))
def test_a_thought_alone_is_no_verdict(name: str, form: str) -> None:
    _, _, wrong, replies, _ = PARSED[name]
    for said in (wrong, *replies):
        reply = CUT[form].format(said) if form in CUT else f"<think>{said}</think>\n"
        with pytest.raises(UnreadableError, match="thought without an answer"):
            read(name, reply)


ANSWERS = [answered("s1", "hello"), answered("s2", "bye")]


def judged(make: Callable[..., Any], oracle: Oracle, **changes: Any) -> list[Any]:
    scorer = make(**changes)
    assert isinstance(scorer, JudgeScorer)
    scorer.configure(oracle)
    try:
        return scorer.score(ANSWERS)
    finally:
        scorer.close()


@pytest.fixture
def scorer(write_rubric: Any) -> Callable[..., JudgeScorer]:
    def make(**changes: Any) -> JudgeScorer:
        return JudgeScorer(write_rubric(**changes))

    return make


def test_thoughts_are_kept_beside_the_reply_and_out_of_the_next_question(scorer: Any) -> None:
    said = iter(["<think>1?</think>maybe 3 or 4", "<think>2?</think>4"] * 2)
    oracle = Oracle(lambda request: next(said), width=1)
    for score in judged(scorer, oracle):
        (verdict,) = score.detail["verdicts"]
        assert (score.status, verdict["reply"], verdict["thought"], verdict["points"]) == (
            "scored", "4", "2?", {"score": 4.0},
        )  # fmt: skip
        assert score.flags == ("judge_asked_again",)
    again = [request for request in oracle.requests if len(request.messages) > 1]
    assert [turn.messages[1].text for turn in again] == ["maybe 3 or 4"] * 2


def test_reasoning_told_aside_is_kept_and_not_read(scorer: Any) -> None:
    oracle = Oracle(lambda request: Response(text="4", thought="is it a 1? </think> 2"))
    for score in judged(scorer, oracle):
        assert score.detail["verdicts"][0]["reply"] == "4"
        assert "is it a 1?" in score.detail["verdicts"][0]["thought"]


@pytest.mark.parametrize(("reply", "status", "flag"), [
    ("4", "unparsed", "verdict_truncated"),
    ("", "unparsed", "verdict_unreadable"),
    ("<think>4", "unparsed", "verdict_unreadable"),
])  # fmt: skip
def test_a_reply_cut_at_its_bound_is_no_proper_verdict(scorer: Any, reply: str, status: str, flag: str) -> None:
    oracle = Oracle(lambda request: Response(text=reply, usage={"output_tokens": 9, "truncated": 1.0}))
    for score in judged(scorer, oracle, reasks=0):
        assert (score.status, flag in score.flags) == (status, True)
        assert score.strict["score"][0] == 1
        assert score.faithful == ({"score": (4.0, 1.0)} if reply == "4" else {})


@pytest.mark.parametrize(("parse", "output"), [("number", "{score: 1..5}"), ("uro_qa", "{score: yes=5 | no=1}")])
def test_a_reply_that_a_filter_stopped_is_no_proper_verdict(scorer: Any, parse: str, output: str) -> None:
    changes = {"parse": parse, "output": output, "reasks": 0}
    for score in judged(scorer, Oracle(lambda request: Response(text="", usage={"blocked": 1.0})), **changes):
        assert (score.status, score.flags, score.faithful) == ("unparsed", ("verdict_unreadable",), {})
        assert score.strict["score"][0] == 1
    said = "Yes" if parse == "uro_qa" else "5"
    for score in judged(scorer, Oracle(lambda request: Response(text=said, usage={"blocked": 1.0})), **changes):
        assert (score.status, score.flags) == ("unparsed", ("verdict_blocked",))
        assert score.strict["score"][0] == 1


EXAMPLE = 'Reply with one JSON object: {"reason": "one sentence", "score": 3}\n\n{question}\n\n{response}'
PLACEHOLDERS = EXAMPLE.replace('"one sentence"', '"<one sentence>"').replace("3}", "<integer 1-5>}")


def test_a_copied_example_is_flagged(scorer: Any) -> None:
    changes = {"output": "{reason: str, score: 1..5}", "parse": "json"}
    copied = json.dumps({"reason": "one sentence", "score": 3})
    for reply in (copied, f"Sure:\n```json\n{copied}\n```", f"<think>hm</think>{copied}"):
        for score in judged(scorer, Oracle(lambda request, reply=reply: reply), body=EXAMPLE, **changes):
            assert (score.status, score.flags) == ("scored", ("reply_is_the_example",))
    own = json.dumps({"reason": "it is plain", "score": 3})
    for score in judged(scorer, Oracle(lambda request: own), body=EXAMPLE, **changes):
        assert score.flags == ()


def test_a_copied_placeholder_is_no_verdict(scorer: Any) -> None:
    reply = '{"reason": "<one sentence>", "score": <integer 1-5>}'
    changes = {"output": "{reason: str, score: 1..5}", "parse": "json", "reasks": 0}
    for score in judged(scorer, Oracle(lambda request: reply), body=PLACEHOLDERS, **changes):
        assert (score.status, score.flags) == ("unparsed", ("verdict_unreadable",))
