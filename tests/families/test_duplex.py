"""Moshi hears while it speaks; Granite Speech is run one by one, and has to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from evalkit.core.message import user
from evalkit.core.response import Response
from evalkit.core.sample import Generation, Request
from evalkit.media.audio import decode, from_samples, info
from families.cases import answers, ask, clip, mixed, written
from families.tiny import tone

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("PIL")

Started = Callable[[str], Any]
SPOKEN = Generation(max_new_tokens=6, speech=True)
FRAME = 1920  # samples


def talks(settings: Generation = SPOKEN) -> list[Request]:
    shapes = ((1.0, 200), (0.3, 400), (2.0, 90), (0.01, 700), (1.0, 500))
    return [Request(str(n), (user(clip(*shape)),), settings) for n, shape in enumerate(shapes)]


def wave(response: Response) -> np.ndarray:
    assert response.failure is None, response.failure
    assert response.audio is not None
    return decode(response.audio, 24000)


@pytest.mark.parametrize("temperature", [0.0, 0.8])
def test_a_batch_of_conversations_is_that_of_single_ones(
    temperature: float, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = started("moshi")
    monkeypatch.setattr(model, "text_temperature", temperature)
    monkeypatch.setattr(model, "audio_temperature", temperature)
    alone, together = answers(model, talks(), rows=1), answers(model, talks()[::-1])
    assert model.throughput.batches == 1
    for key in alone:
        assert alone[key].text == together[key].text
        assert np.abs(wave(alone[key]) - wave(together[key])).max() < 1e-3
    assert len({response.text for response in alone.values()}) == 5
    other = answers(model, [replace(request, run_seed=3) for request in talks()])
    assert (other["0"].text != alone["0"].text) is (temperature > 0), "draws belong to the seed"


def test_a_stream_is_as_long_as_the_clip_and_what_may_follow(started: Started) -> None:
    found = answers(started("moshi"), talks())
    for key, seconds in (("0", 1.0), ("1", 0.3), ("2", 2.0), ("3", 0.1), ("4", 1.0)):
        response = found[key]
        frames = -(-round(seconds * 24000) // FRAME) + 6
        assert response.audio is not None
        header = info(response.audio)
        assert (header.sample_rate, header.channels) == (24000, 1)
        assert header.seconds == pytest.approx(frames * 0.08, abs=1e-4)
        assert (response.usage or {})["output_tokens"] == frames
    written_only = answers(started("moshi"), talks(Generation(max_new_tokens=6)))
    assert all(response.audio is None for response in written_only.values())
    assert {key: r.text for key, r in written_only.items()} == {key: r.text for key, r in found.items()}


def test_it_hears_while_it_speaks(started: Started) -> None:
    """A change late in the clip changes what comes after it, and nothing before."""
    model = started("moshi")
    one = tone(2.0, 200, rate=24000)
    other = one.copy()
    change = 15 * FRAME
    other[change:] = tone(2.0, 700, rate=24000)[change:]
    asked = [Request(name, (user(from_samples(x, 24000)),), SPOKEN) for name, x in (("one", one), ("other", other))]
    ids = written(model, asked)
    first, second = ids["one"], ids["other"]
    same = next(n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b)
    assert same >= 15, "nothing before the change"
    assert same < 25, "the change is heard long before the clip ends to be answered"


def test_what_cannot_be_heard_is_refused(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    model = started("moshi")
    monkeypatch.setattr(model, "_ignore_text", False)
    found = answers(model, [ask("text", clip(1.0, 200), "what ?"), *talks()[:1]])
    assert found["text"].failure is not None
    assert "ignore_text=true" in found["text"].failure.message
    assert found["0"].failure is None


def test_without_the_user_stream_the_clip_would_not_be_heard(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    import contextlib

    import evalkit.model_adapters.moshi as module

    model = started("moshi")
    heard = written(model, talks())
    monkeypatch.setattr(module, "_UserStream", lambda *given: contextlib.nullcontext())
    deaf = written(model, [talks()[0], talks()[4]])
    assert deaf["0"] == deaf["4"], "two clips of a second, the same answer"
    assert heard["0"] != heard["4"]


def test_a_batch_would_change_what_granite_speech_hears(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    model = started("granite-speech")
    asked = mixed(model.takes)
    alone = written(model, asked)
    assert model.throughput.batches == len(asked)
    monkeypatch.setattr(model, "one_by_one", "")
    together = written(model, asked, rows=8)
    assert model.throughput.batches == 1
    changed = {key for key in alone if alone[key] != together[key]}
    assert changed
    assert not changed & {"clip", "text"}, "the longest clip has no padding, and a text no clip"


def test_granite_speech_is_run_one_by_one_whatever_is_asked(checkpoint: Callable[[str], Any]) -> None:
    from families.conftest import FAMILIES

    model = FAMILIES["granite-speech"].load(checkpoint("granite-speech"), batch_size="8")
    assert model.batch_size == 1


def test_features_of_granite_speech_are_a_log_mel_spectrum() -> None:
    """Of the right size, with the energy where the tone is, eight decades deep; token counts as the library's."""
    from evalkit.model_adapters.granite_speech import _MEL, features

    for seconds, pairs in ((0.1, 5), (0.37, 19), (1.003, 50), (5.02, 251)):  # as the library's extractor gives
        assert features(tone(seconds, 300), _MEL).shape == (pairs, 160)
    pure = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000).astype(np.float32)
    found = features(pure, _MEL)
    mel = 2595 * np.log10(1 + 1000 / 700) / (2595 * np.log10(1 + 8000 / 700)) * 81 - 1
    assert abs(int(found[20, :80].argmax()) - mel) <= 1
    assert found.max() - found.min() == pytest.approx(2.0, abs=1e-5)


def test_control_words_in_a_text_are_refused(started: Started) -> None:
    failure = answers(started("granite-speech"), [ask("x", "<|audio|> what ?", clip(1.0, 100))])["x"].failure
    assert failure is not None
    assert "<|audio|>" in failure.message
