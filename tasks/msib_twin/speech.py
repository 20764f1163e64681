"""The user's turns, spoken by eSpeak NG in several processes, each file named by the hash of its samples."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evalkit.data.files_in_parts import made
from evalkit.media.espeak import SAMPLE_RATE, engine, synthesize

FOLDER = "audio"
RATE = 16_000  # Hz
WORKERS = 16
# Voices of a dialogue's user, easy to understand. Variants with breath are left out: they are never the same twice.
VOICES = {
    "en": (
        "en-us", "en-us+f1", "en-us+m3", "en-us+f4", "en-us+m7", "en-us+Annie", "en-gb-x-rp", "en-gb-x-rp+f4",
        "en-gb-x-rp+m2", "en-gb-scotland", "en-gb-scotland+f1",
    ),
    "zh": ("cmn", "cmn+f1", "cmn+f4", "cmn+m1", "cmn+m2", "cmn+m3", "cmn+m7", "cmn+Annie"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Utterance:
    """One turn as it is to be spoken.

    Args:
        text: what is said.
        voice: of eSpeak NG.
        rate, pitch, loudness: factors.
    """

    text: str
    voice: str
    rate: float = 1.0
    pitch: float = 1.0
    loudness: float = 1.0


def ready() -> None:
    """A synthesizer is there, or an error says how to get one."""
    engine()


def voice_of(dialogue: str, language: str) -> str:
    """Voice of the user of a dialogue, by its id."""
    number = int.from_bytes(hashlib.blake2b(dialogue.encode(), digest_size=4).digest(), "big")
    return VOICES[language][number % len(VOICES[language])]


def write(utterance: Utterance, folder: Path) -> str:
    """Speak and save an utterance, mono FLAC of 16 bit at 16 kHz; returns its file name."""
    import numpy as np
    import soundfile as sf
    import soxr

    spoken = synthesize(
        utterance.text,
        utterance.voice,
        rate=utterance.rate,
        pitch=utterance.pitch,
        loudness=utterance.loudness,
    )
    resampled = soxr.resample(spoken, SAMPLE_RATE, RATE, quality="HQ")
    # Twelve of sixteen bits: the noise lies some 50 dB below the speech, and files are little more than half as big.
    samples = (np.clip(np.rint(resampled * 2048.0), -2048, 2047) * 16).astype("<i2")
    name = hashlib.blake2b(samples.tobytes(), digest_size=12).hexdigest() + ".flac"
    sf.write(folder / name, samples, RATE, format="FLAC", subtype="PCM_16")
    return name


def write_all(
    utterances: Sequence[Utterance], folder: Path, tick: Callable[[], object], workers: int | None = None
) -> list[str]:
    """Speak many utterances; returns their file names, in order.

    Args:
        utterances: what to say.
        folder: made when missing.
        tick: called after each.
        workers: processes; one for each processor, 16 at most, where None.

    Raises:
        SynthesizerError: there is no synthesizer.
        EvalkitError: a process failed.
    """
    engine()
    return made(write_listed, [asdict(entry) for entry in utterances], folder, tick, workers=workers, most=WORKERS)


def write_listed(item: Mapping[str, Any], folder: Path) -> str:
    """`write` for the fields of an utterance."""
    return write(Utterance(**item), folder)
