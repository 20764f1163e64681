"""Chinese TextNorm: known results, readings checked against arithmetic, properties."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.normalize.chinese_numbers import read_digits, read_number
from evalkit.normalize.cn_tn import cn_tn, cn_tn_remove_space


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2008年8月8日，我花了3.5元买了12个苹果。", "二零零八年八月八日 我花了三点五元买了十二个苹果 "),
        ("今天气温是-5℃", "今天气温是 五℃"),
        ("电话13812345678", "电话一三八一二三四五六七八"),
        ("1/2的人", "二分之一的人"),
        ("增长了25%", "增长了百分之二十五"),
        ("B2B公司", "B2B公司"),
        ("房间号码1024", "房间号码一零二四"),
        ("iPhone 15 Pro", "iPhone 十五 Pro"),
        ("他有10亿", "他有十亿"),
        ("他說臺灣很美", "他說臺灣很美"),
        ("OK好的", "OK好的"),
    ],
)
def test_published_examples(text: str, expected: str) -> None:
    assert cn_tn(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1024房间2个", "十二四房间二个"),
        ("15200吨5200个", "一五千两百吨五二零零个"),
        ("^^好$$", "好"),
        ("好^", "好 "),
        ("a二b", "a2b"),
        ("００年", "零十零年"),
        ("3万元", "三万元"),
        ("全角．句点", "全角．句点"),
    ],
)
def test_quirks_of_the_source_are_kept(text: str, expected: str) -> None:
    assert cn_tn(text) == expected


@pytest.mark.parametrize(
    ("numeral", "reading"),
    [
        ("0", "零"),
        ("00", ""),
        ("012", "零一十二"),
        ("10", "十"),
        ("110", "一百一十"),
        ("2", "二"),
        ("200", "两百"),
        ("20", "二十"),
        ("220000", "二十二万"),
        ("22222", "两万两千两百二十二"),
        ("100000020", "一亿零二十"),
        ("0.05", "零点零五"),
        ("00.5", "零点五"),
        ("1" + "0" * 44, "一载"),
        ("1" + "0" * 88, "一载载"),
    ],
)
def test_readings(numeral: str, reading: str) -> None:
    assert read_number(numeral) == reading


def value(reading: str) -> int:
    """The number a reading below 10^16 says, worked out from the meaning of its characters."""
    digits = dict(zip("零一二三四五六七八九两", [*range(10), 2], strict=True))
    total = section = digit = 0
    for char in reading:
        if char in digits:
            digit = digits[char]
        elif char in "十百千":
            section += (digit or 1) * 10 ** ("十百千".index(char) + 1)
            digit = 0
        else:
            total += (section + digit) * 10 ** (4 * ("万亿兆".index(char) + 1))
            section = digit = 0
    return total + section + digit


@given(st.integers(0, 10**16 - 1))
def test_a_reading_says_its_number(number: int) -> None:
    reading = read_number(str(number))
    assert value(reading) == number
    assert "零零" not in reading
    assert len(reading) == 1 or not reading.endswith("零")


@given(st.integers(0, 10**40), st.integers(0, 10**6))
def test_fraction_digits_are_read_one_by_one(whole: int, fraction: int) -> None:
    assert read_number(f"{whole}.{fraction}") == f"{read_number(str(whole))}点{read_digits(str(fraction))}"


CHINESE = st.text(
    st.sampled_from("0123456789年月日号元块角千万百亿个只米克多几./%％-+^$ ，ABab二两分３我的、。！"), max_size=30
)


@given(CHINESE)
def test_no_digit_is_left_but_2_between_letters(text: str) -> None:
    assert not re.search(r"(?![2])\d|(?<![a-zA-Z])2|2(?![a-zA-Z])", cn_tn(text))


@given(CHINESE)
def test_idempotent(text: str) -> None:
    once = cn_tn(text)
    assert cn_tn(once) == once


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)))
def test_plain_characters_pass_unchanged(text: str) -> None:
    assert cn_tn(text) == cn_tn_remove_space(text) == text


@given(CHINESE)
def test_remove_space_keeps_a_space_only_between_letters_or_digits(text: str) -> None:
    tight = cn_tn_remove_space(text)
    assert tight.replace(" ", "") == "".join(cn_tn(text).split())
    assert not re.search(r"(?<![a-zA-Z0-9]) | (?![a-zA-Z0-9])", tight)


def test_very_long_numerals_are_read() -> None:
    assert cn_tn("9" * 50_000 + "个").count("载") == 50_000 // 44
    assert cn_tn("1" * 100_000) == "一" * 100_000
