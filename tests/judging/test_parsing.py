"""Replies to verdicts: the official programs' readings as goldens, the generic parsers by what they promise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evalkit.judging.outputs import UnreadableError, parse_output
from evalkit.judging.parsing import PARSERS

GOLDEN = json.loads((Path(__file__).parent / "golden" / "official_parsers.json").read_text())["replies"]
OUTPUTS = {
    "voicebench_qa": {"verdict": "yes=1 | no=0"},
    "uro_qa": {"verdict": "yes=1 | no=0"},
    "kimi_yes_no": {"verdict": "yes=1 | no=0"},
    "kimi_json": {"analysis": "str", "judgment": "correct=1 | incorrect=0"},
    "kimi_last_digit": {"score": "0..5"},
    "kimi_brackets": {"score": "1..10"},
    "air_bench": {"score_1": "1..10", "score_2": "1..10"},
    "emova": {"reason": "str", "score": "0..10"},
    "fdb_rating": {"analysis": "str", "rating": "0..5"},
    "fdb_behaviour": dict.fromkeys(("respond", "resume", "uncertain_handling", "unknown"), "number 0..1"),
}


def read(
    name: str, reply: str, declared: dict[str, str], pattern: str | None = None
) -> tuple[dict[str, Any], str | None]:
    outputs = [parse_output(key, text) for key, text in declared.items()]
    assert PARSERS[name].problem(outputs) is None
    found = PARSERS[name].read(reply, outputs, pattern)
    return dict(found.values), found.doubt


def cases() -> Iterator[tuple[str, str, Any]]:
    for name, rows in GOLDEN.items():
        for reply, verdict in rows:
            yield name, reply, verdict


def test_every_official_parser_has_goldens() -> None:
    assert {name for name, parser in PARSERS.items() if parser.official} == set(GOLDEN)


@pytest.mark.parametrize(("name", "reply", "verdict"), list(cases()))
def test_official_parsers_read_what_the_official_programs_read(name: str, reply: str, verdict: Any) -> None:
    declared = OUTPUTS.get(name, {"score": "1..5"})
    if verdict is None:
        with pytest.raises(UnreadableError):
            read(name, reply, declared)
        return
    values, _ = read(name, reply, declared)
    assert (list(values.values()) if isinstance(verdict, list) else next(reversed(values.values()))) == verdict


@pytest.mark.parametrize(
    ("name", "reply", "declared"),
    [
        ("voicebench_open", "45", {"score": "1..5"}),
        ("vstyle", "[[0]]", {"score": "1..5"}),
        ("uro_score", "6", {"score": "1..5"}),
        ("air_bench", "0 5", {"score_1": "1..10", "score_2": "1..10"}),
        ("voicebench_qa", "yes.", {"verdict": "yes=1 | no=0"}),
        ("uro_qa", "yes", {"verdict": "yes=1 | no=0"}),
        ("kimi_yes_no", "I do not know", {"verdict": "yes=1 | no=0"}),
        ("kimi_yes_no", "yes and no", {"verdict": "yes=1 | no=0"}),
        ("kimi_json", '{"judgment": "partially correct"}', {"judgment": "correct=1 | incorrect=0"}),
    ],
)
def test_what_an_official_parser_takes_too_easily_is_marked(name: str, reply: str, declared: dict[str, str]) -> None:
    assert read(name, reply, declared)[1] in ("out_of_range", "off_format")


@pytest.mark.parametrize("reply", ["[[nan]]", "[[inf]]", "nan", "[[-Infinity]]"])
def test_not_a_number_is_no_verdict(reply: str) -> None:
    with pytest.raises(UnreadableError, match="expected a"):
        read("vstyle", reply, {"score": "1..5"})


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ('{"score": 4, "reason": "fine"}', {"score": 4, "reason": "fine"}),
        ('Here it is:\n```json\n{"score": "4", "reason": "a {brace} and \\"quotes\\""}\n```\nDone.', 4),
        ('The answer held {"score": 5, "reason": "so it says"}. My own: {"score": 1, "reason": "bad"}', 1),
        ('{"score": 2, "reason": "first"} and, for the record, {"other": 1}', 2),
        ('{"reason": "line one\nline two", "score": 3.0}', 3),
        ("{broken " * 300 + '{"score": 3, "reason": ""}', 3),
        ('{"score": 4, "reason": "nested {\\"score\\": 1, \\"reason\\": \\"\\"} inside"}', 4),
    ],
)
def test_json_takes_the_last_object_with_all_keys(reply: str, expected: Any) -> None:
    values, doubt = read("json", reply, {"score": "1..5", "reason": "str"})
    assert doubt is None
    assert values == expected if isinstance(expected, dict) else values["score"] == expected


@pytest.mark.parametrize(
    "reply",
    [
        "", "4", "{}", '{"score": 4}', '{"score": 6, "reason": ""}', '{"score": 0, "reason": ""}',
        '{"score": 3.5, "reason": ""}', '{"score": true, "reason": ""}', '{"score": null, "reason": ""}',
        '{"score": "high", "reason": ""}', '{"score": NaN, "reason": ""}', '{"score": 4, "reason": ["a"]}',
        '{"score": 4, "reason": "cut off', "[" * 100_000, "{" * 100_000, '[{"a":' * 30_000,
    ],
)  # fmt: skip
def test_json_refuses_everything_else(reply: str) -> None:
    with pytest.raises(UnreadableError):
        read("json", reply, {"score": "1..5", "reason": "str"})


@pytest.mark.parametrize(
    ("name", "reply", "declared", "expected"),
    [
        ("number", " 4 ", {"score": "1..5"}, 4),
        ("number", "**4**", {"score": "1..5"}, 4),
        ("number", "3.5", {"score": "0..5 step 0.5"}, 3.5),
        ("choice", "Yes.", {"verdict": "yes=1 | no=0"}, "yes"),
        ("choice", '"NO"', {"verdict": "yes=1 | no=0"}, "no"),
        ("choice", "(B)", {"letter": "A=0 | B=1"}, "B"),
        ("brackets", "maybe [[2]], rather [[ 3 ]]", {"score": "1..5"}, 3),
        ("brackets", "[[tie]]", {"winner": "A=first | B=second | tie=tie"}, "tie"),
        ("last_line", "It says no.\nMy verdict: yes\n\n", {"verdict": "yes=1 | no=0"}, "yes"),
        ("last_line", "判断：正确", {"verdict": "正确=1 | 错误=0"}, "正确"),
        ("pattern", "score: 3\nscore: 4", {"score": "1..5"}, 4),
    ],
)
def test_generic_parsers(name: str, reply: str, declared: dict[str, str], expected: Any) -> None:
    values, doubt = read(name, reply, declared, r"score: (?P<score>\d)")
    assert (next(iter(values.values())), doubt) == (expected, None)


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("number", "4 of 5"), ("number", "6"), ("choice", "yes and no"), ("brackets", "[3]"), ("brackets", "[[6]]"),
        ("last_line", "yes\nno idea whether yes"), ("last_line", "yesterday"), ("last_line", "nothing"), ("pattern", "no score"),
    ],
)  # fmt: skip
def test_generic_parsers_refuse_what_is_not_declared(name: str, reply: str) -> None:
    declared = {"v": "yes=1 | no=0"} if name in ("choice", "last_line") else {"score": "1..5"}
    with pytest.raises(UnreadableError):
        read(name, reply, declared, r"score: (?P<score>\d)")


def test_two_numbers_on_one_line() -> None:
    declared = {"score_1": "1..10", "score_2": "1..10"}
    assert read("numbers", "Of 3 criteria, all are met.\n8 6\n1 1", declared)[0] == {"score_1": 8, "score_2": 6}
    assert read("numbers", "7/10 9/10", declared)[0] == {"score_1": 7, "score_2": 9}
    with pytest.raises(UnreadableError):
        read("numbers", "8\n6", declared)
    with pytest.raises(UnreadableError):
        read("numbers", "Assistant 1 deserves 7/10.\nThe other one: 9/10.\nIn all 8/10", declared)
    with pytest.raises(UnreadableError, match="from 1 to 10"):
        read("numbers", "8 11", declared)


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        ("integer", "no output type"), ("5..1", "empty"), ("a |", "different words"), ("a=1 | b", "every choice"),
        ("yes=1 | yes=0", "different words"), ("a=x | b=y", "a number of points"), ("1..", "no output type"),
    ],
)  # fmt: skip
def test_output_types_that_nobody_can_read_are_refused(declared: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_output("score", declared)


def test_schema_of_outputs() -> None:
    declared = {
        "reason": "str",
        "score": "1..5",
        "part": "number 0..1",
        "winner": "1=first | 2=second | 0=tie",
        "v": "a | b",
    }
    found = {key: parse_output(key, text).schema() for key, text in declared.items()}
    assert found == {
        "reason": {"type": "string"},
        "score": {"type": "integer", "minimum": 1, "maximum": 5},
        "part": {"type": "number", "minimum": 0.0, "maximum": 1.0},
        "winner": {"type": "integer", "enum": [1, 2, 0]},
        "v": {"type": "string", "enum": ["a", "b"]},
    }
