"""The listening baseline on sounds made here: what it measures, and what it answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from evalkit import plugins
from evalkit.core.message import Audio, user
from evalkit.core.sample import Request
from evalkit.model_adapters.listening_baseline.hearing import RATE, stretches
from evalkit.model_adapters.listening_baseline.model import answered

COUNTS = ("seven", "two", "three", "4")
ORDINALS = ("the second one", "the first one", "they are the same", "the third one")


def tone(pitch: float, seconds: float = 0.3, level: float = 0.1) -> Any:
    return level * np.sin(2 * np.pi * pitch * np.arange(round(seconds * RATE)) / RATE)


def after(*parts: Any, gap: float = 0.15) -> Any:
    pause = np.zeros(round(gap * RATE))
    return np.concatenate([piece for part in parts for piece in (pause, part)] + [pause])


def test_measures_of_a_tone() -> None:
    (found,) = stretches(after(tone(440, 0.5, 0.1)))
    assert found.pitch == pytest.approx(440, rel=0.02)
    assert found.seconds == pytest.approx(0.5, abs=0.02)
    assert found.start == pytest.approx(0.15, abs=0.02)
    assert found.loudness == pytest.approx(20 * np.log10(0.1 / np.sqrt(2)), abs=0.3)
    assert found.voiced == 1.0
    assert not found.speech


def test_measures_of_noise_and_of_nothing() -> None:
    (noise,) = stretches(np.random.default_rng(1).uniform(-0.2, 0.2, RATE))
    assert noise.flatness > 0.5
    assert noise.voiced < 0.1
    assert stretches(np.zeros(RATE)) == []
    assert stretches(np.zeros(3)) == []


@pytest.mark.parametrize(
    ("question", "options", "wave", "answer"),
    [
        ("how many beeps are there?", COUNTS, after(tone(500), tone(500)), "two"),
        ("how many beeps are there?", COUNTS, after(*[tone(500)] * 4), "4"),
        ("how many beeps are there?", COUNTS, after(*[tone(500)] * 7), "seven"),
        ("which tone is the loudest?", ORDINALS, after(tone(300), tone(300, level=0.3), tone(300)), "the second one"),
        ("which tone is the longest?", ORDINALS, after(tone(300), tone(300), tone(300, 0.9)), "the third one"),
        ("which tone is the lowest?", ORDINALS, after(tone(200), tone(300), tone(300)), "the first one"),
        ("which tone is the highest?", ORDINALS, after(*[tone(300)] * 3), "they are the same"),
        ("what is heard?", ("speech", "nothing at all"), np.zeros(RATE), "nothing at all"),
    ],
)
def test_answers(question: str, options: tuple[str, ...], wave: Any, answer: str) -> None:
    assert answered(question, options, stretches(wave)) == answer


def ask(text: str, audio: Audio | None = None, **arguments: Any) -> Any:
    parts = (audio, text) if audio is not None else (text,)
    with plugins.load_model("listening-baseline", arguments) as model:
        ((key, response),) = model.stream(iter([Request("q", (user(*parts),))]))
    assert key == "q"
    return response


def test_questions_it_cannot_read() -> None:
    clip = Audio.from_samples(after(tone(400)).astype(np.float32), RATE)
    assert ask("Write down what is said.", clip).text == ""
    guess = ask("Is it?\n(a) yes\n(b) no").text
    assert guess in ("yes", "no")
    assert ask("Is it?\nA. no\nB. yes").text == guess, "whatever the letters and their order"
    assert ask("How many?\n(a) one\n(b) two", clip).text == "one"
    deaf = {
        ask(f"How many?\n(a) {one}\n(b) {two}", clip, deaf=True).text for one, two in (("one", "two"), ("two", "one"))
    }
    assert len(deaf) == 1


def test_a_recording_that_cannot_be_read_is_a_failure() -> None:
    response = ask("How many?\n(a) one\n(b) two", Audio(opener=lambda: b"RIFF no", name="broken.wav"))
    assert response.text is None
    assert response.failure.kind == "input"
