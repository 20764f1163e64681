"""What a verdict may be: declared types, what is read as them, what is in range, and what can only be meant."""

from __future__ import annotations

from typing import Any

import pytest

from evalkit.judging.outputs import Output, parse_output
from evalkit.judging.parsing import PARSERS, UnreadableError

DECLARED: dict[str, Output] = {
    "str": Output("k", "text"),
    "1..5": Output("k", "integer", 1.0, 5.0),
    " -2 .. 2 ": Output("k", "integer", -2.0, 2.0),
    "number 0..10": Output("k", "number", 0.0, 10.0),
    "0..1.5": Output("k", "number", 0.0, 1.5),
    "0.5..2": Output("k", "number", 0.5, 2.0),
    "0..5 step 0.5": Output("k", "number", 0.0, 5.0, 0.5),
    "0..10 step 10": Output("k", "number", 0.0, 10.0, 10.0),
    "yes=1 | no=0": Output("k", "choice", 0.0, 1.0, None, ("yes", "no"), {"yes": 1.0, "no": 0.0}),
    "A=4|B=-1.5|C=0": Output("k", "choice", -1.5, 4.0, None, ("A", "B", "C"), {"A": 4.0, "B": -1.5, "C": 0.0}),
    "left | right": Output("k", "choice", choices=("left", "right")),
    "1=first | 2=second | 0=tie": Output(
        "k", "choice", 0.0, 1.0, None, ("1", "2", "0"), None, {"1": "first", "2": "second", "0": "tie"}
    ),
}


@pytest.mark.parametrize("text", DECLARED)
def test_declarations(text: str) -> None:
    made = parse_output("k", text)
    assert made == DECLARED[text]
    assert made.counts is (text not in ("str", "left | right"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("5..5", "the range is empty"),
        ("5..1", "the range is empty"),
        ("0..5 step 0", "the step should be above 0"),
        ("0..5 step 5.5", "the step should be above 0 and fit"),
        ("yes=1 | no", "give every choice a meaning, or none"),
        ("yes=1 | Yes=0", "choices must be different words"),
        ("yes=1 | =0", "choices must be different words"),
        ("yes=1 | no=1", "not all the same"),
        ("yes=1 | no=nan", "finite numbers"),
        ("yes=1 | no=inf", "finite numbers"),
        ("yes=first | no=0", "a meaning is a number of points, or first, second or tie"),
        ("yes", "is no output type"),
        ("1-5", "is no output type"),
        ("", "is no output type"),
    ],
)
def test_declarations_that_cannot_be(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_output("k", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("str", "a text"),
        ("1..5", "an integer from 1 to 5"),
        ("number 0..10", "a number from 0 to 10"),
        ("0..5 step 0.5", "a number from 0 to 5 in steps of 0.5"),
        ("yes=1 | no=0", "one of yes, no"),
    ],
)
def test_what_a_judge_is_told_to_say(text: str, expected: str) -> None:
    assert parse_output("k", text).expected == expected


REFUSED = object()


@pytest.mark.parametrize(
    ("text", "raw", "value"),
    [
        ("str", "x", "x"), ("str", 5, "5"), ("str", True, "True"), ("str", None, REFUSED), ("str", [1], REFUSED),
        ("str", {}, REFUSED),
        ("1..5", 4, 4), ("1..5", "4", 4), ("1..5", 4.0, 4), ("1..5", "4.5", 4.5), ("1..5", 9, 9), ("1..5", True, REFUSED),
        ("1..5", None, REFUSED), ("1..5", [4], REFUSED), ("1..5", "four", REFUSED), ("1..5", 10**400, REFUSED),
        ("number 0..10", 4, 4.0), ("number 0..10", " 4.5 ", 4.5),
        ("yes=1 | no=0", "YES ", "yes"), ("yes=1 | no=0", "maybe", REFUSED), ("yes=1 | no=0", True, REFUSED),
        ("true=1 | false=0", True, "true"), ("true=1 | false=0", False, "false"), ("A=1 | B=0", "b", "B"),
        ("1=1 | 0=0", 1, "1"), ("1=1 | 0=0", 0, "0"),
    ],
)  # fmt: skip
def test_raw_values(text: str, raw: Any, value: Any) -> None:
    output = parse_output("k", text)
    if value is REFUSED:
        with pytest.raises(ValueError, match='"k" should be'):
            output.read(raw)
        return
    found = output.read(raw)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "raw", "value"),
    [
        ("1..5", "4/5", 4), ("1..5", "4 out of 5", 4), ("1..5", "4/10", None), ("1..5", "4.5/5", 4.5), ("1..5", "**4**", 4),
        ("1..5", "4.", 4), ("1..5", "4", None), ("1..5", 4, None), ("1..5", "4 of 5", None), ("1..5", "x", None),
        ("number 0..1", ".5", None), ("number 0..1", "(.5)", 0.5), ("number 0..1", "0.5!", 0.5), ("1..5", "(4)", 4),
        ("yes=1 | no=0", "yes.", "yes"), ("yes=1 | no=0", "True", "yes"), ("yes=1 | no=0", "incorrect", "no"),
        ("yes=1 | no=0", "不正确", "no"), ("yes=1 | no=0", "对", "yes"), ("yes=1 | no=0", "perhaps", None),
        ("correct=1 | incorrect=0", "yes", "correct"), ("correct=1 | incorrect=0", "No!", "incorrect"),
        ("yes=1 | partly=0.5 | no=0", "true", None), ("yes=1 | right=0", "true", None), ("A=1 | B=0", "yes", None),
        ("A=1 | B=0", '"a"', "A"), ("str", "x", None),
    ],
)  # fmt: skip
def test_what_can_only_be_meant(text: str, raw: Any, value: Any) -> None:
    assert parse_output("k", text).meant(raw) == value


@pytest.mark.parametrize("word", ["yes", "true", "correct", "right", "是", "对", "正确"])
def test_words_of_approval(word: str) -> None:
    assert parse_output("k", "no=0 | true=1").meant(f"{word}.") == "true"


@pytest.mark.parametrize("word", ["no", "false", "incorrect", "wrong", "否", "错", "错误", "不正确"])
def test_words_of_rejection(word: str) -> None:
    assert parse_output("k", "false=0 | yes=1").meant(f"{word}.") == "false"


@pytest.mark.parametrize(
    ("text", "value", "allowed"),
    [
        ("1..5", 1, True), ("1..5", 5, True), ("1..5", 0, False), ("1..5", 6, False), ("1..5", 4.5, False),
        ("1..5", float("nan"), False), ("number 0..10", 4.5, True), ("number 0..10", 10.0001, False),
        ("number 0..10", float("inf"), False), ("0..5 step 0.5", 4.5, True), ("0..5 step 0.5", 4.4, False),
        ("1..4 step 1.5", 2.5, True), ("1..4 step 1.5", 1.5, False), ("0..1 step 0.1", 0.3, True), ("str", "x", True),
        ("yes=1 | no=0", "yes", True),
    ],
)  # fmt: skip
def test_the_range(text: str, value: Any, allowed: bool) -> None:
    assert parse_output("k", text).allows(value) is allowed


def test_points() -> None:
    assert parse_output("k", "A=4|B=-1.5").number("B") == -1.5
    assert parse_output("k", "1..5").number(3) == 3.0
    assert parse_output("k", "number 0..1").number(0.25) == 0.25


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        ("str", {"type": "string"}),
        ("1..5", {"type": "integer", "minimum": 1, "maximum": 5}),
        ("number 0..10", {"type": "number", "minimum": 0.0, "maximum": 10.0}),
        ("0.5..2.5", {"type": "number", "minimum": 0.5, "maximum": 2.5}),
        ("yes=1 | no=0", {"type": "string", "enum": ["yes", "no"]}),
        ("1=1 | -1=0", {"type": "integer", "enum": [1, -1]}),
        ("1=1 | none=0", {"type": "string", "enum": ["1", "none"]}),
    ],
)
def test_schemas(text: str, schema: dict[str, Any]) -> None:
    found = parse_output("k", text).schema()
    assert found == schema
    assert [type(value) for value in found.values()] == [type(value) for value in schema.values()]


# --- bounds of the parsers ------------------------------------------------------------------------------------------


def read(name: str, reply: str, **declared: str) -> tuple[dict[str, Any], str | None, tuple[str, ...]]:
    outputs = [parse_output(key, text) for key, text in declared.items()]
    assert PARSERS[name].problem(outputs) is None
    found = PARSERS[name].read(reply, outputs, None)
    return dict(found.values), found.doubt, found.flags


def unreadable(name: str, reply: str, **declared: str) -> str:
    with pytest.raises(UnreadableError) as caught:
        read(name, reply, **declared)
    return str(caught.value)


FITS: dict[str, tuple[tuple[str, ...], ...]] = {  # parser -> outputs it reads; all others it refuses
    "json": (("1..5",), ("str",), ("yes=1 | no=0",), ("1..5", "1..5"), ("number 0..1",), ("1..5", "str")),
    "number": (("1..5",), ("number 0..1",)),
    "choice": (("yes=1 | no=0",), ("A=1 | B=0",)),
    "brackets": (("1..5",), ("str",), ("yes=1 | no=0",), ("A=1 | B=0",), ("number 0..1",)),
    "last_line": (("yes=1 | no=0",), ("A=1 | B=0",)),
    "numbers": (("1..5",), ("1..5", "1..5"), ("number 0..1",), ("1..5", "number 0..1")),
    "pattern": (("1..5",), ("str",), ("yes=1 | no=0",), ("1..5", "1..5"), ("A=1 | B=0",), ("number 0..1",)),
    "voicebench_open": (("1..5",), ("number 0..1",)),
    "voicebench_qa": (("yes=1 | no=0",),),
    "uro_score": (("1..5",), ("number 0..1",)),
    "uro_qa": (("yes=1 | no=0",),),
    "kimi_last_digit": (("1..5",), ("number 0..1",)),
    "kimi_brackets": (("1..5",), ("number 0..1",)),
    "kimi_json": (("1..5",), ("str",), ("yes=1 | no=0",), ("1..5", "1..5"), ("A=1 | B=0",), ("number 0..1",)),
    "kimi_yes_no": (("yes=1 | no=0",),),
    "air_bench": (("1..5", "1..5"),),
    "vstyle": (("1..5",), ("number 0..1",)),
    "emova": (("1..5", "str"),),
    "fdb_rating": (("1..5", "str"),),
    "fdb_behaviour": (("number 0..1",),),
}
TRIED = [("1..5",), ("number 0..1",), ("str",), ("yes=1 | no=0",), ("A=1 | B=0",), ("1..5", "1..5"), ("1..5", "number 0..1"),
         ("1..5", "1..5", "1..5"), ("1..5", "str")]  # fmt: skip
MORE = {
    "json": {("1..5", "number 0..1"), ("1..5", "1..5", "1..5"), ("A=1 | B=0",)},
    "pattern": {("1..5", "str"), ("1..5", "number 0..1"), ("1..5", "1..5", "1..5")},
    "kimi_json": {("1..5", "str"), ("1..5", "number 0..1"), ("1..5", "1..5", "1..5")},
    "numbers": {("1..5", "1..5", "1..5")},
}


@pytest.mark.parametrize("name", PARSERS)
def test_which_outputs_a_parser_reads(name: str) -> None:
    fits = {*FITS[name], *MORE.get(name, ())}
    for declared in TRIED:
        outputs = [parse_output(f"k{place}", text) for place, text in enumerate(declared)]
        assert (PARSERS[name].problem(outputs) is None) is (declared in fits), declared


OFFICIAL = {
    "voicebench_open", "voicebench_qa", "uro_score", "uro_qa", "kimi_last_digit", "kimi_brackets", "kimi_json",
    "kimi_yes_no", "air_bench", "vstyle", "emova", "fdb_rating", "fdb_behaviour",
}  # fmt: skip


def test_official_parsers_keep_what_is_out_of_range() -> None:
    assert {name for name, parser in PARSERS.items() if parser.official} == OFFICIAL
    assert read("kimi_json", '{"k": 9}', k="1..5")[:2] == ({"k": 9}, "out_of_range")
    assert "11 is not an integer from 1 to 10" in unreadable("kimi_brackets", "[[11]]", k="1..10"), "its program stops"
    assert "expected an integer from 1 to 5" in unreadable("json", '{"k": 9}', k="1..5")
    assert read("json", '{"k": "4/5"}', k="1..5") == ({"k": 4}, None, ("repaired_reply",))
    assert "should be an integer" in unreadable("kimi_json", '{"k": "4/5"}', k="1..5"), "its program reads no share"
    assert "expected an integer from 1 to 5" in unreadable("number", "9", k="1..5")


@pytest.mark.parametrize("length", [39, 40, 41])
def test_a_verdict_in_brackets_has_at_most_40_characters(length: int) -> None:
    word = "v" * length
    declared = f"{word}=1 | no=0"
    if length <= 40:
        assert read("brackets", f"[[{word}]]", k=declared)[0] == {"k": word}
    else:
        assert "no verdict in double square brackets" in unreadable("brackets", f"[[{word}]]", k=declared)
    assert read("brackets", f"[[no]] [[{'x' * 41}]] [[ ]]", k=declared)[0] == {"k": "no"}


def test_numbers_of_thousands_of_digits() -> None:
    assert read("voicebench_open", f"score [[{'1' * 20}]]", k="1..5")[1] == "out_of_range"
    assert "digits" not in unreadable("kimi_brackets", f"[[{'1' * 4000}]]", k="1..5")
    assert "4001 digits" in unreadable("kimi_brackets", f"[[{'1' * 4001}]]", k="1..5")


@pytest.mark.parametrize("count", [49, 50, 60])
def test_broken_objects_are_repaired_up_to_a_bound(count: int) -> None:
    reply = "{! " * count + "{'k': 4}"
    if count < 50:
        assert read("json", reply, k="1..5") == ({"k": 4}, None, ("repaired_reply",))
    else:
        assert "no JSON object" in unreadable("json", reply, k="1..5")


def test_a_thousand_broken_objects_are_the_end() -> None:
    assert read("json", "{! " * 999 + '{"k": 4}', k="1..5")[0] == {"k": 4}
    assert "no JSON object" in unreadable("json", "{! " * 1000 + '{"k": 4}', k="1..5")


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("4/5 and 3/5", {"a": 4, "b": 3}), ("4 3", {"a": 4, "b": 3}), ("4/5", None), ("a 4 b 3 c 1", None),
        ("4/5\n2 1", {"a": 2, "b": 1}), ("1/2/3", None), ("-1 2", None), ("4 / 5, 3 / 5", {"a": 4, "b": 3}),
    ],
)  # fmt: skip
def test_numbers_and_shares_of_a_line(line: str, values: dict[str, int] | None) -> None:
    if values is None:
        unreadable("numbers", line, a="0..5", b="0..5")
    else:
        assert read("numbers", line, a="0..5", b="0..5")[0] == values


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("It is correct", "correct"), ("not correct", None), ("It isn't correct", None), ("never really correct", None),
        ("it was not at all bad: correct", "correct"), ("CORRECT", "correct"), ("incorrect", "incorrect"),
        ("correct or incorrect", None), ("yes", "correct"), ("false", "incorrect"), ("correctly", None), ("_correct_", "correct"),
    ],
)  # fmt: skip
def test_the_last_line(reply: str, verdict: str | None) -> None:
    declared = "correct=1 | incorrect=0"
    if verdict is None:
        unreadable("last_line", f"incorrect\n{reply}\n\n", k=declared)
    else:
        assert read("last_line", f"incorrect\n{reply}\n\n", k=declared)[0] == {"k": verdict}


@pytest.mark.parametrize(
    ("reply", "values"),
    [
        ('{"A Score": 4}', {"a_score": 4}), ('{"a-score": 4}', {"a_score": 4}), ('{"A_SCORE": 4}', {"a_score": 4}),
        ('{"a_score": 4, "A Score": 3}', None), ('{"a_score": 4, "a_score": 3}', None), ('{"ascore": 4}', None),
        ('{"a_score": 4} then "a_score": {', {"a_score": 4}), ('{"a_score": 4} then {"a_score": 3', None),
        ('{"a_score": 4} then {other: 3', {"a_score": 4}), ('{"x": {"a_score": 4}}', None),
    ],
)  # fmt: skip
def test_keys_of_a_judges_object(reply: str, values: dict[str, int] | None) -> None:
    if values is None:
        unreadable("json", reply, a_score="1..5")
    else:
        found, doubt, flags = read("json", reply, a_score="1..5")
        assert (found, doubt) == (values, None)
        assert flags == (() if '"a_score": 4}' in reply else ("repaired_reply",))


@pytest.mark.parametrize(
    ("reply", "pair"),
    [("8 6", (8, 6)), (" 10\n 10 ", (10, 10)), ("10 0\n", (10, 0)), ("11 0", None), ("0 11", None), ("8  6", None), ("8", None),
     ("8 6 1", None), ("8\n6", None), ("8 \n6", (8, 6))],
)  # fmt: skip
def test_air_bench_replies(reply: str, pair: tuple[int, int] | None) -> None:
    if pair is None:
        unreadable("air_bench", reply, a="1..10", b="1..10")
    else:
        assert tuple(read("air_bench", reply, a="1..10", b="1..10")[0].values()) == pair
