"""Whisper as a transcriber is asked: long clips in batches, the language of each clip given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalkit.core.message import Audio, user
from evalkit.core.sample import Generation, Request
from families.cases import answers as heard_by
from families.cases import clip, texts, written
from families.conftest import FAMILIES

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("PIL")

Started = Callable[[str], Any]


def hear(key: str, *audio: Audio, language: str | None = None) -> Request:
    return Request(key, (user(*audio),), Generation(max_new_tokens=None), language=language)


def test_whisper_hears_several_long_clips_in_a_batch(started: Started) -> None:
    model = started("whisper")
    asked = [hear(str(seconds), clip(seconds, pitch)) for seconds, pitch in ((31.0, 100), (47.0, 240), (64.0, 150))]
    alone = written(model, asked, rows=1)
    assert written(model, asked) == alone
    assert model.throughput.batches == 1
    assert len(set(map(tuple, alone.values()))) == 3


def test_whisper_is_told_the_language_of_each_clip(started: Started, checkpoint: Callable[[str], Path]) -> None:
    model = started("whisper")
    languages = ["en", "zh", None, "en", "xx", "zh"]
    clips = [clip(1.0 + number / 2, 100 + 70 * number) for number in range(len(languages))]
    asked = [hear(str(n), one, language=code) for n, (one, code) in enumerate(zip(clips, languages, strict=True))]
    found = heard_by(model, asked)
    assert model.throughput.batches == 3
    for code in ("en", "zh"):
        with FAMILIES["whisper"].load(checkpoint("whisper"), language=code) as fixed:
            told = heard_by(fixed, [hear(str(n), one, language="zh") for n, one in enumerate(clips)])
        for number, given in enumerate(languages):
            if given == code:
                assert found[str(number)].text == told[str(number)].text, "the argument comes before the sample's"
    both = [texts(heard_by(model, [hear("x", clips[0], language=code)]))["x"] for code in ("en", "zh")]
    assert both[0] != both[1]
