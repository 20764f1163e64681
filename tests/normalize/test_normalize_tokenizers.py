"""The sacreBLEU tokenizers: known results, the odd range of ``zh``, properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.normalize.sacrebleu_zh import tokenize_13a, tokenize_zh


def test_zh_splits_ideographs_and_keeps_latin_and_digit_runs() -> None:
    assert tokenize_zh("我用iPhone15打电话") == "我 用 iPhone15 打 电 话"
    assert tokenize_zh("价格3.50元,约5,000-6,000.") == "价 格 3.50 元 , 约 5,000 - 6,000."


@pytest.mark.parametrize(
    ("code", "split"),
    [
        (0x2000, False),
        (0x2001, True),
        (0x2014, True),
        (0x20AC, True),
        (0x2A6D, True),
        (0x2A6E, False),
        (0x2FDF, True),
        (0x2FE0, False),
        (0x3040, False),
        (0x4DB5, True),
        (0x4DB6, False),
        (0x9FBB, True),
        (0x9FBC, False),
        (0xAC00, False),
        (0xFA2E, False),
        (0xFF21, True),
        (0x20000, False),
        (0x2A6D6, False),
    ],
)
def test_zh_range_limits(code: int, split: bool) -> None:
    spaced = tokenize_zh(f"a{chr(code)}b")
    if chr(code).isspace():  # U+2000 and U+2001 are spaces themselves
        assert spaced == "a b"
    else:
        assert spaced == (f"a {chr(code)} b" if split else f"a{chr(code)}b")


def test_the_third_of_three_points_stays_attached_to_digits() -> None:
    assert tokenize_zh("...76") == ". . .76"


def test_13a() -> None:
    assert tokenize_13a("It's 3.5, e.g. &quot;x&quot; (5-6).") == 'It\'s 3.5 , e . g . " x " ( 5 - 6 ) .'
    assert tokenize_13a("&amp;lt;") == "<"
    assert tokenize_13a("end-\nless <skipped>x") == "endless x"


@given(st.text())
def test_zh_only_inserts_or_squeezes_space(text: str) -> None:
    tokens = tokenize_zh(text)
    assert "".join(tokens.split()) == "".join(text.split())
    assert tokens == " ".join(tokens.split())


@given(st.text(st.characters(blacklist_characters="&<-\n")))
def test_13a_only_inserts_or_squeezes_space_where_there_is_no_markup(text: str) -> None:
    tokens = tokenize_13a(text)
    assert "".join(tokens.split()) == "".join(text.split())
    assert tokens == " ".join(tokens.split())
