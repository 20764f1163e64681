"""Whisper's normalisers: known results, number reading checked against arithmetic, properties, hostile input."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.normalize import whisper_english as english_module
from evalkit.normalize.english_numbers import rewrite_numbers
from evalkit.normalize.whisper_basic import whisper_basic, whisper_basic_diacritics
from evalkit.normalize.whisper_english import whisper_english


@pytest.mark.parametrize(
    ("text", "english", "then_basic"),
    [
        (
            "Mr. Smith's $3.50 coffee, isn't it?",
            "mister smith is $3.50 coffee is not it",
            "mister smith is 3 50 coffee is not it",
        ),
        ('He said, "it\'s twenty-one percent" (laughs)', "he said it is 21%", "he said it is 21 "),
        ("I'm gonna go to St. Louis at 5:30 p.m.", "i am going to go to saint louis at 5 30 p m", None),
        ("uh um well mhm okay", "well okay", None),
        ("e-mail naïve café", "e mail naive cafe", None),
        ("one hundred and five", "105", None),
        ("mister smith paid $20", "mister smith paid $20", "mister smith paid 20"),
    ],
)
def test_published_examples(text: str, english: str, then_basic: str | None) -> None:
    assert whisper_english(text) == english
    assert whisper_basic(english) == (then_basic or english)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.5 litres", "one.5 liters"),
        ("archaeology", "archeology</span>"),
        ("the ninth", "the ninth"),
        ("and a half", ""),
        ("point hundred", "100"),
        ("minus five dollars", "$5"),
        ("costs $", "costs $"),
        ("costs $ five", "costs 5"),
        ("nine..", "9 ."),
        ("let's got", "let us got"),
        ("she's gotta", "she has got to"),
        ("he'dn't", "he would not"),
        ("dr.dre", "doctor dre"),
        ("0 oh five", "05"),
    ],
)
def test_quirks_of_the_source_are_kept(text: str, expected: str) -> None:
    assert whisper_english(text) == expected


def test_basic_keeps_one_space_at_either_end() -> None:
    assert whisper_basic("L'été, c'est fini!") == "l été c est fini "
    assert whisper_basic("  ¿Qué?  ") == " qué "
    assert whisper_basic("...") == " "
    assert whisper_basic_diacritics("Œuvre, Straße, Łódź") == "oeuvre strasse lodz"
    assert whisper_basic("น้ำ") == "น า"  # the vowel sign and the tone mark become space: unsuitable for Thai


SMALL_NAMES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
)
TEN_NAMES = "_ _ twenty thirty forty fifty sixty seventy eighty ninety"
SMALL, TENS = SMALL_NAMES.split(), TEN_NAMES.split()


def spell(number: int, joint: str) -> str:
    if number < 20:
        return SMALL[number]
    if number < 100:
        return TENS[number // 10] + (f"{joint}{SMALL[number % 10]}" if number % 10 else "")
    for size, name in ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= size:
            rest = number % size
            link = " and " if name == "hundred" or rest < 100 else " "
            return f"{spell(number // size, joint)} {name}" + (link + spell(rest, joint) if rest else "")
    raise AssertionError


@given(st.integers(2, 10**12 - 1), st.sampled_from([" ", "-"]))
def test_spelled_out_integers_become_their_digits(number: int, joint: str) -> None:
    assert whisper_english(spell(number, joint)) == str(number)
    assert whisper_english(f"It was {spell(number, joint)} percent.") == f"it was {number}%"
    assert rewrite_numbers(f"{spell(number, ' ')} dollars") == f"${number}"


@given(st.text())
def test_basic_leaves_no_symbol_and_no_double_space(text: str) -> None:
    for result in (whisper_basic(text), whisper_basic_diacritics(text)):
        assert not any(unicodedata.category(char)[0] in "MSP" for char in result)
        assert not any(char.isspace() and char != " " for char in result)
        assert "  " not in result


@given(st.text(st.characters(max_codepoint=127)))
def test_basic_is_idempotent_on_ascii(text: str) -> None:
    once = whisper_basic(text)
    assert whisper_basic(once) == whisper_basic_diacritics(once) == once


WORDS = (
    "he's they'd been gone let's gotta um mr. st one twenty hundred point five half and a $5 7% 1st don't 'll uh's"
    " colour e-mail double oh wait... (x) [y]"
)


@given(st.lists(st.sampled_from(WORDS.split())).map(" ".join))
def test_memory_of_earlier_chunks_changes_no_result(text: str) -> None:
    warm = whisper_english(text)
    english_module._chunks.clear()
    assert whisper_english(text) == warm


def test_memory_of_chunks_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    table = english_module._ChunkTable()
    monkeypatch.setattr(english_module._ChunkTable, "LIMIT", 10)
    for number in range(95):
        assert table[f"word{number}x"].final is None
    assert len(table) <= 10
    before = len(table)
    assert table["长" * 33].words == "长" * 33
    assert len(table) == before


@pytest.mark.parametrize(
    "text",
    [
        "9" * 5000,
        "nine " * 5000 + "million",
        "9" * 4290 + " decillion decillion",
        "]" + "<" * 50_000,
        "(" * 50_000 + ")",
        " " * 50_000 + "'",
        "." * 50_000,
        "5" + " " * 50_000 + "q",
        "two and a half " * 3000,
    ],
    ids=["numeral", "digits in words", "huge product", "brackets", "parens", "spaces", "periods", "gap", "halves"],
)
def test_hostile_input_neither_fails_nor_takes_long(text: str) -> None:
    start = time.process_time()
    whisper_english(text)
    whisper_basic(text)
    assert time.process_time() - start < 2


def test_a_numeral_too_long_for_python_passes_as_a_word() -> None:
    digits = "9" * 5000
    assert whisper_english(f"call {digits} now") == f"call {digits} now"
