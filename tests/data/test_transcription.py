"""Rows of speech as samples."""

from __future__ import annotations

import pytest

from evalkit.core.errors import DataError, UsageError
from evalkit.core.message import Audio, Text
from evalkit.data.asking import field
from evalkit.data.corpora.layout import row
from evalkit.data.splits import by_split
from evalkit.data.transcription import transcription

AUDIO = Audio("a.wav")
ROW = row("u1", AUDIO, "甚至 出现", "S1", locale="zh")


def test_audio_comes_before_the_instruction() -> None:
    sample = transcription("Write it down.", "zh")(ROW, "test")
    (turn,) = sample.messages
    assert (turn.role, turn.content) == ("user", (AUDIO, Text("Write it down.")))
    assert (sample.id, sample.reference, sample.cluster) == ("u1", "甚至 出现", "S1")
    assert sample.meta == {"language": "zh", "speaker": "S1"}


def test_no_instruction_no_language_no_cluster() -> None:
    sample = transcription(None, cluster=None)(ROW, "test")
    assert sample.messages[0].content == (AUDIO,)
    assert (sample.cluster, sample.meta) == (None, {"speaker": "S1"})
    assert transcription(None)(row("u2", AUDIO, "x"), "test").meta is None


def test_the_transcript_is_cleaned() -> None:
    assert transcription(None, clean=lambda text: text.replace(" ", ""))(ROW, "test").reference == "甚至出现"


def test_prompt_and_language_by_split() -> None:
    make = transcription({"en": "Write.", "zh": "写。"}, {"en": "en", "zh": "zh"})
    sample = make(ROW, "zh")
    assert sample.messages[0].text == "写。"
    assert sample.meta == {"language": "zh", "speaker": "S1"}


def test_further_columns_go_into_meta() -> None:
    assert transcription(None, meta=("locale",))(ROW, "test").meta == {"speaker": "S1", "locale": "zh"}
    with pytest.raises(
        DataError, match="'u1': the row has no column 'accent'; it has id, audio, text, speaker, locale"
    ):
        transcription(None, meta=("accent",))(ROW, "test")


def test_translation_takes_another_reference() -> None:
    sample = transcription({"zh_en": "Translate."}, reference="translation")({**ROW, "translation": "even"}, "zh_en")
    assert (sample.reference, sample.messages[0].text) == ("even", "Translate.")


def test_prompts_may_name_fields_and_splits_may_share_one() -> None:
    make = transcription(by_split({"en": "Write."}, other="Write {locale}."), field("locale"))
    assert make(ROW, "en").messages[0].text == "Write."
    sample = make(ROW, "zh")
    assert (sample.messages[0].text, sample.meta) == ("Write zh.", {"language": "zh", "speaker": "S1"})
    with pytest.raises(UsageError, match="no prompt for the split 'fr'; it has en"):
        transcription({"en": "Write."})(ROW, "fr")
