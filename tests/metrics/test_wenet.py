"""The tokens and clusters of wenet's compute-wer.py."""

from __future__ import annotations

import pytest

from evalkit.metrics.error_rate.counts import Counts
from evalkit.metrics.error_rate.wenet import characters_and_words, counts_by_script, script, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我用iPhone打电话", ["我", "用", "iPhone", "打", "电", "话"]),
        ("你好，世界。", ["你", "好", "世", "界"]),
        ("hello, world", ["hello,", "world"]),  # inside a run listed punctuation stays
        (", hello", ["hello"]),
        ("3.5元;好", ["3.5", "元", ";", "好"]),  # full stop and semicolon are not listed
        ("<unk><noise>", ["<unk>", "<noise>"]),
        ("<noise>好", ["<noise>", "好"]),
        ("a<b>c", ["a<b>c"]),
        ("café au", ["caf", "é", "au"]),  # other than ASCII starts a new token
        ("été", ["ét", "é"]),
        ("한국 ไทย", ["한", "국", "ไ", "ท", "ย"]),
        ("ดี", ["ด", "ี"]),
        ("a\tb\u3000c\u00a0d", ["a", "b", "c", "d"]),
        ("", []),
    ],
)
def test_characters_and_words(text: str, expected: list[str]) -> None:
    assert characters_and_words(text) == expected


def test_case_and_tags_do_not_count() -> None:
    assert tokens("<noise> 好的 ok <unk") == ["好", "的", "OK"]
    assert tokens("a<b>c straße") == ["AC", "STRA", "SSE"]


@pytest.mark.parametrize(
    ("token", "cluster"),
    [
        ("好", "Mandarin"), ("HELLO", "English"), ("IT'S", "English"), ("3.5", "Number"), ("A1", "Other"),
        ("は", "Japanese"),
        ("カ", "Other"), ("-", "Other"), ("É", "English"), ("한", "Other"), ("AT&T", "English"), ("\x01", "Other"),
    ],
)  # fmt: skip
def test_script(token: str, cluster: str) -> None:
    assert script(token) == cluster


def test_scripts_add_up_and_missing_hypotheses_are_left_out() -> None:
    references = ["我有3个APP", "再见"]
    scripts = counts_by_script(references, ["我有三个app吧", None])
    assert scripts == {"Mandarin": Counts(0, 0, 1, 3), "Number": Counts(1, 0, 0, 1), "English": Counts(0, 0, 0, 1)}
    with pytest.raises(ValueError, match="shorter"):
        counts_by_script(references, ["一"])
