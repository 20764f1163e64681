"""Models for benchmarks of spoken dialogue: one answers from a file, others hear and feel what it says.

Speech is a code: 10 ms of a constant level for each byte of the text, then 200 ms of a tone. So a transcriber reads the
words back, and what is noted of a voice is computed from the wave.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from evalkit.authoring import Answer, Audio, Failure, Message, Model, Request, Response, model
from evalkit.media.audio import decode

RATE, BLOCK, TONE = 16000, 160, 3200


def say(text: str, pitch: float = 1000.0) -> bytes:
    """A WAV file that says a text in a voice of this pitch, Hz."""
    levels = (np.frombuffer(text.encode(), np.uint8).astype(float) - 128) / 160
    tone = 0.5 * np.sin(2 * math.pi * pitch * np.arange(TONE) / RATE)
    file = io.BytesIO()
    sf.write(file, np.concatenate([np.repeat(levels, BLOCK), tone]), RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


def words(wave: NDArray[np.floating]) -> str:
    levels = wave[:-TONE].reshape(-1, BLOCK).mean(axis=1)
    return bytes(np.rint(levels * 160 + 128).astype(np.uint8)).decode()


def pitch(wave: NDArray[np.floating]) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(wave[-TONE:]))) * RATE / TONE)


def heard(message: Message) -> NDArray[np.floating]:
    (part,) = [part for part in message.content if isinstance(part, Audio)]
    return np.asarray(decode(part, RATE))


@model("scripted", takes=("text", "audio", "image"), gives=("text", "speech"))
class Scripted(Model):
    """Answers from a file, and logs what it was asked.

    Args:
        file: JSON object: id -> [what is written, what is said, pitch]; null for what is not said, or not answered.
        log: file of what it was asked, one JSON object a line: id, and role and text of each message.
    """

    incidental = frozenset({"file", "log"})

    def __init__(self, file: str, log: str) -> None:
        self.file, self.log = file, log

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        replies = json.loads(Path(self.file).read_text())
        for request in requests:
            with open(self.log, "a") as log:
                said = [[message.role, message.text] for message in request.messages]
                log.write(json.dumps({"id": request.id, "messages": said}) + "\n")
            reply = replies.get(request.id)
            if reply is None:
                yield request.id, Response(failure=Failure("model", "lost"))
                continue
            written, spoken, tone = reply
            wave = None if spoken is None else say(spoken, tone)
            audio = None if wave is None else Audio(opener=lambda wave=wave: wave, name="reply.wav")
            yield request.id, Response(text=written, audio=audio)


@model("ear", takes=("audio",))
class Ear(Model):
    """A transcriber; it hears "noise" where it is told a language other than Chinese.

    Args:
        told: it may be told any language.
    """

    def __init__(self, told: bool = False) -> None:
        self.told = told

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        for request in requests:
            misled = request.language not in (None, "zh") and not self.told
            yield request.id, Response(text="noise" if misled else words(heard(request.messages[-1])))


@model("feeling", takes=("audio",))
class Feeling(Model):
    """The higher a voice, the happier: 1 at 8000 Hz."""

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        for request in requests:
            share = pitch(heard(request.messages[-1])) / 8000
            yield request.id, Response(note={"happy": share, "sad": 1 - share})


@model("natural", takes=("audio",))
class Natural(Model):
    """A predicted opinion: 4 of everything."""

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        for request in requests:
            yield request.id, Response(note=4.0)
