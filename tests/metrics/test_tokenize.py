"""Tokens and text steps against the libraries whose behaviour they repeat."""

from __future__ import annotations

import re
import string

import jiwer
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.metrics.error_rate.text_steps import plain_words, ultraeval_latin, without_punctuation, without_tags
from evalkit.metrics.error_rate.tokenize import hanzi_or_latin, jiwer_words, sacrebleu_zh, sacrebleu_zh_words
from evalkit.normalize.sacrebleu_zh import tokenize_zh

odd_spaces = st.text(["a", "b", " ", "\t", "\n", "\u3000", "\u00a0", "\u200b", "\x1c"], max_size=12)
mixed = st.text("我他們b2BéC .,-，。'—＋$\u3000 ", max_size=14)


@given(odd_spaces)
@settings(max_examples=300)
def test_jiwer_words(text: str) -> None:
    assert jiwer_words(text) == jiwer.transformations.wer_default([text])[0]


def test_a_single_tab_does_not_end_a_jiwer_word() -> None:
    assert jiwer_words("a\tb c") == ["a\tb", "c"]
    assert jiwer_words("a\t\tb c ") == ["a", "b", "c"]


@given(mixed)
@settings(max_examples=300)
def test_shortcuts_of_the_mixed_tokenizer_change_nothing(text: str) -> None:
    assert sacrebleu_zh(text) == tokenize_zh(text).lower().split()
    kept = [word for word in tokenize_zh(text).split(" ") if not re.fullmatch(r"[.,\-，。'—\u3000]*", word)]
    assert sacrebleu_zh_words(text) == " ".join(kept).lower().split()


def test_lmms_words_run_into_the_chinese_that_follows() -> None:
    assert hanzi_or_latin("用iPhone打电话 OK 5G it's") == ["用", "iPhone打电话", "OK", "G", "it's"]
    assert hanzi_or_latin("2024年，é") == ["年"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<|en|>  Hello <|x|> world .", "Hello world."),
        ("a , b ! c", "a, b! c"),
        ("end  ", "end "),
        ("<|a\nb|>", "<|a b|>"),  # a tag does not span lines
        ("  ", ""),
    ],
)
def test_without_tags(text: str, expected: str) -> None:
    assert without_tags(text) == expected


def test_seedtts_deletes_82_chinese_and_31_ascii_marks() -> None:
    ascii_marks = [char for char in string.punctuation if not without_punctuation(char)]
    assert set(string.punctuation) - set(ascii_marks) == {"'"}
    deleted = [code for code in range(0x80, 0x20000) if not without_punctuation(chr(code))]
    assert len(deleted) == 82
    for kept in "℃→€①ー・é":
        assert without_punctuation(kept) == kept


def test_ultraeval_drops_latin_in_wide_parentheses() -> None:
    assert ultraeval_latin("你好（OK fine）吗（三）") == "你好吗（三）"
    assert ultraeval_latin("你好（a1）") == "你好（a1）"


def test_plain_words_blank_symbols_and_keep_marks() -> None:
    assert plain_words("<b>Hi</b> [x] (y) L'Été+1 हूँ\u200b!") == "hi l été 1 हूँ"
    assert plain_words("ﬁne　①") == "fine 1"
