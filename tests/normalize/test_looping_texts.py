"""Models that loop write long texts of one pattern: every normaliser and tokenizer is linear on them.

The Chinese normaliser must also do what its definition says: replace the first occurrence of each match, one by one.
"""

from __future__ import annotations

import random
import time

import pytest

from evalkit import normalize
from evalkit.metrics.error_rate import text_steps, tokenize, wenet
from evalkit.normalize import cn_tn, first_occurrences

LENGTH, SECONDS = 100_000, 3.0  # the slowest takes a tenth of that on an idle machine; quadratic ones took 5 to 300
UNITS = (
    "1/1/", "a a a a ", "(", "[", "<", "<|", "1", "the the ", "1%", "00 ", "1.5.", "x3万元", "00月", "a二a ", "one ",
    "thousand ", "and a half ", "'s ", "1,", " ", "（", "minus ", "2008年5月", "`", "-", "百", "e\u0301",
)  # fmt: skip
TAILS = ("", "x/%a个)]>|>")
APPLIED = {
    **{name: normalize.get(name) for name in normalize.NORMALIZERS},
    **{name: getattr(text_steps, name) for name in (
        "plain_words", "ultraeval_latin", "without_tags", "without_tags_and_spaces", "without_punctuation",
        "without_punctuation_words", "without_any_punctuation", "wide_to_ascii",
    )},
    **{name: getattr(tokenize, name) for name in (
        "jiwer_words", "sacrebleu_zh_words", "sacrebleu_zh", "sacrebleu_13a", "hanzi_or_latin",
    )},
    "wenet": wenet.tokens,
}  # fmt: skip


@pytest.mark.parametrize("name", APPLIED)
def test_looping_texts_take_no_time(name: str) -> None:
    for unit in UNITS:
        for tail in TAILS:
            text = (unit * (LENGTH // len(unit) + 1))[:LENGTH] + tail
            began = time.process_time()
            APPLIED[name](text)
            assert time.process_time() - began < SECONDS, (unit, tail)


def test_occurrences_are_replaced_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the definition, on texts of few pieces, in which everything collides."""
    pieces = [
        "0",
        "00",
        "000",
        "1",
        "12",
        "5",
        "2008",
        "1/1",
        "/",
        "%",
        "％",
        ".",
        "年",
        "月",
        "日",
        "元",
        "万",
        "百",
        "个",
        "多",
        "+",
        "-",
        "138",
        "13800138000",
        "010-",
        "62345678",
        "二",
        "a",
        "b",
        "B二B",
        "^",
        "$",
        "０",
        "中",
        "0年",
        "00月",
        "00元",
    ]
    chance = random.Random(5)
    for few, alike in ((0, 8), (0, 0), (24, 8)):
        monkeypatch.setattr(first_occurrences, "_FEW", few)
        monkeypatch.setattr(first_occurrences, "_ALIKE", alike)
        for _ in range(1500):
            some = [*chance.sample(pieces, chance.randint(1, 7)), " "]
            text = "".join(chance.choice(some) for _ in range(chance.randint(1, 60)))
            found = cn_tn.cn_tn(text)
            with monkeypatch.context() as plain:
                plain.setattr(cn_tn, "replace_each", _one_by_one)
                assert found == cn_tn.cn_tn(text), text


def _one_by_one(text: str, strings: list[str], read: object, *, inner: str = "") -> str:
    for found in strings:
        text = text.replace(found, read(found), 1)  # type: ignore[operator]
    return text
