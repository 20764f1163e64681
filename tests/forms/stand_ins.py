"""Models for the forms: one answers from a file, the others hear, compare and judge what it says.

Speech is a code: 10 ms of a constant level for each byte of the text, then 200 ms of a tone. So a transcriber reads the
words back, and what is noted of a voice is computed from the wave.
"""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from evalkit.authoring import Answer, Audio, Failure, Message, Model, Request, Response, model
from evalkit.media.audio import decode

RATE, BLOCK, TONE = 16000, 160, 3200


def say(text: str, pitch: float = 1000.0, channels: int = 1) -> bytes:
    """A WAV file that says a text in a voice of this pitch, Hz, in equal channels."""
    levels = (np.frombuffer(text.encode(), np.uint8).astype(float) - 128) / 160
    tone = 0.5 * np.sin(2 * math.pi * pitch * np.arange(TONE) / RATE)
    file = io.BytesIO()
    wave = np.concatenate([np.repeat(levels, BLOCK), tone])
    sf.write(file, np.stack([wave] * channels, axis=1), RATE, format="WAV", subtype="PCM_16")
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
    """Answers from a file, and logs whom it was asked.

    Args:
        file: JSON object: id -> text, or [text that is spoken, pitch, channels]; what is written then is something else.
        log: file of the ids it was asked, one a line.
    """

    incidental = frozenset({"file", "log"})

    def __init__(self, file: str, log: str) -> None:
        self.file, self.log = file, log

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        replies = json.loads(Path(self.file).read_text())
        for request in requests:
            with open(self.log, "a") as log:
                log.write(f"{request.id}\n")
            reply = replies.get(request.id)
            if reply is None:
                yield request.id, Response(failure=Failure("model", "lost"))
            elif isinstance(reply, str):
                yield request.id, Response(text=reply)
            else:
                said = say(*reply)
                audio = Audio(opener=lambda said=said: said, name="reply.wav")
                yield request.id, Response(text="what is written differs", audio=audio)


@model("ear", takes=("audio",))
class Ear(Model):
    """A transcriber."""

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        for request in requests:
            yield request.id, Response(text=words(heard(request.messages[-1])))


@model("encoder", takes=("audio",))
class Encoder(Model):
    """A voice is a direction: 180 degrees for each 8000 Hz of its pitch."""

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        for request in requests:
            angle = math.pi * pitch(heard(request.messages[-1])) / 8000
            yield request.id, Response(note=[3 * math.cos(angle), 3 * math.sin(angle)])


@model("grader", takes=("text", "audio"))
class Grader(Model):
    """A judge who says what the reply asks him to, "verdict=4"; without such words "No"."""

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        for request in requests:
            message = request.messages[-1]
            hears = any(isinstance(part, Audio) for part in message.content)
            found = re.search(r"verdict=(\w+)", words(heard(message)) if hears else message.text)
            yield request.id, Response(text=found[1] if found else "No")
