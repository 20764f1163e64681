"""Speakers of replies for msib_twin: one that does what is asked, and others that fall short in one way each."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.core.message import Audio
from evalkit.core.model import Answer, Model, model
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.core.scorer import Answered
from evalkit.media.audio import from_samples
from evalkit.media.espeak import SAMPLE_RATE, synthesize

VOICES = {
    "en": "en-us",
    "zh": "cmn",
    "yue": "yue",
    "ja": "ja",
    "ko": "ko",
    "fr": "fr",
    "es": "es",
    "de": "de",
    "it": "it",
}
RATES = {"slow": 0.62, "slower": 0.72, "normal": 1.0, "faster": 1.5, "fast": 1.8}
LEVELS = {"quiet": 0.5, "loud": 2.0}
PITCHES = {"low": 0.8, "high": 1.25}
ELSE = {
    "en": "今天天气很好，我们去公园散步吧，然后再回家吃饭。",
    "zh": "The weather is fine today, so let us go for a walk.",
}


@dataclass(frozen=True)
class Manner:
    """What is said, and how."""

    text: str
    language: str
    rate: float = 1.0
    pitch: float = 1.0
    loudness: float = 1.0

    def spoken(self) -> NDArray[np.float32]:
        return said(self)


@functools.cache
def said(manner: Manner) -> NDArray[np.float32]:
    voice = VOICES[manner.language]
    factors = {"rate": manner.rate, "pitch": manner.pitch, "loudness": manner.loudness}
    return synthesize(manner.text, voice, **factors)


def neutral(line: Mapping[str, Any]) -> Manner:
    """The reference as the synthesizer speaks everything."""
    return Manner(line["reference"], line["expect"].get("language", line["language"]))


def oracle(line: Mapping[str, Any]) -> Manner:
    """The reference in the manner that is asked for."""
    expect = line["expect"]
    manner = replace(
        neutral(line),
        rate=RATES.get(expect.get("rate", ""), 1.0),
        pitch=PITCHES.get(expect.get("pitch", ""), 1.0),
        loudness=LEVELS.get(expect.get("loudness", ""), 1.0),
    )
    return manner


def foreign(line: Mapping[str, Any]) -> Manner:
    """Something in another language than the one that is asked for."""
    wanted = neutral(line).language
    return Manner(ELSE.get(wanted, ELSE["en"]), {"en": "zh"}.get(wanted, "en" if wanted == "zh" else "zh"))


def answered(line: Mapping[str, Any], manner: Manner, sound: NDArray[np.float32] | None = None) -> Answered:
    """A line of the built data with a spoken reply to it."""
    samples = manner.spoken() if sound is None else sound
    response = Response(text=manner.text, audio=from_samples(samples, SAMPLE_RATE))
    meta = {key: line[key] for key in ("language", "expect", "dimension", "attribute")}
    return Answered(line["id"], "all", [line["reference"]], response, meta=meta)


@model("speaks", takes=("text", "audio"), gives=("text", "speech"))
class Speaks(Model):
    """Answers with what it is told for each sample; keeps the requests."""

    def __init__(self) -> None:
        self.replies: dict[str, Response | Callable[[Request], Response]] = {}
        self.asked: dict[str, Request] = {}

    def tell(
        self, lines: Sequence[Mapping[str, Any]], manner: Callable[[Mapping[str, Any]], Manner] = oracle
    ) -> Speaks:
        for line in lines:
            how = manner(line)
            self.replies[line["id"]] = Response(text=how.text, audio=from_samples(how.spoken(), SAMPLE_RATE))
        return self

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        for request in requests:
            self.asked[request.id] = request
            reply = self.replies[request.id]
            yield request.id, reply(request) if callable(reply) else reply


def silence(seconds: float = 2.0) -> Audio:
    return from_samples(np.zeros(int(seconds * SAMPLE_RATE), dtype=np.float32), SAMPLE_RATE)
