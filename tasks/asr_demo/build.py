"""Rebuild the audio of asr_demo: sentences.jsonl in, FLAC files, manifest.jsonl and build.json out.

    python -m evalkit.tasks.asr_demo.build --out DIR

Needs the programs flite and espeak-ng (Debian and Ubuntu: apt-get install flite espeak-ng). One synthesis of
every sentence is rendered three times:

- clean: 16 kHz, scaled so that its active-speech level is LEVEL_DB (dB relative to digital full scale).
- noise_10db: the clean samples plus brown noise (a rumble, as in a vehicle); its gain makes
  10 log10(P_speech / P_noise) = SNR_DB, P_speech over active frames and P_noise over the whole file.
- telephone: the clean samples at 8 kHz, cut to BAND by a linear-phase filter, through G.711 mu-law and back.

An active frame (20 ms) is within ACTIVE_DB of the loudest frame. With the versions named in build.json the samples
come out the same; the bytes of a FLAC file also depend on the encoder, so the manifest has a hash of each.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import json
import math
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from evalkit.authoring import DataError, EvalkitError, UsageError

Signal = npt.NDArray[np.float64]
Samples = npt.NDArray[np.int16]

HERE = Path(__file__).resolve().parent
RATE = 16000
TELEPHONE_RATE = 8000
SEED = 20250801
LEVEL_DB = -30.0
SNR_DB = 10.0
NOISE_FROM_HZ = 40.0
ACTIVE_DB = 30.0
TRIM_DB = 40.0
PAD_SECONDS = 0.1
BAND = (300.0, 3400.0)
TAPS = 511

# The rates bring the voices to about the same speed; flite's rms speaks slowly, espeak-ng fast, by default.
VOICES: dict[str, tuple[str, ...]] = {
    "flite_awb": ("flite", "-voice", "awb"),
    "flite_kal16": ("flite", "-voice", "kal16"),
    "flite_rms": ("flite", "--setf", "duration_stretch=0.9", "-voice", "rms"),
    "flite_slt": ("flite", "-voice", "slt"),
    "espeak_us_f2": ("espeak-ng", "-v", "en-us+f2", "-s", "150"),
    "espeak_us_f5": ("espeak-ng", "-v", "en-us+f5", "-s", "150"),
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """One line of sentences.jsonl.

    Args:
        sentence: id, such as "s01".
        voice: a key of VOICES.
        topic: what it is about.
        text: exact transcript, numbers written as they are spoken.
    """

    sentence: str
    voice: str
    topic: str
    text: str


@functools.cache
def sentences() -> tuple[Sentence, ...]:
    """All sentences, in file order.

    Raises:
        DataError: a line is not a sentence, or names an unknown voice.
    """
    path, found = HERE / "sentences.jsonl", []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            found.append(Sentence(**json.loads(line)))
        except (TypeError, ValueError) as error:
            raise DataError(path, f"expected sentence, voice, topic and text as JSON: {error}", number) from error
        if found[-1].voice not in VOICES:
            raise DataError(path, f"unknown voice '{found[-1].voice}'; known: {', '.join(VOICES)}", number)
    return tuple(found)


def frame_powers(signal: Signal, rate: int, milliseconds: int = 20) -> Signal:
    """Mean square of each whole frame; frames do not overlap."""
    size = rate * milliseconds // 1000
    whole = signal[: len(signal) // size * size].reshape(-1, size)
    return np.asarray(np.mean(whole**2, axis=1), dtype=np.float64)


def active_power(signal: Signal, rate: int) -> float:
    """Mean square over the 20 ms frames that are within ACTIVE_DB of the loudest one."""
    powers = frame_powers(signal, rate)
    return float(np.mean(powers[powers >= powers.max() * 10 ** (-ACTIVE_DB / 10)]))


def quantise(signal: Signal, where: str) -> Samples:
    """14-bit samples of a signal in [-1, 1), on the 16-bit scale: multiples of 4.

    G.711 is defined on 14 bits too; the two spare bits would make the files a quarter larger.

    Raises:
        DataError: a sample would clip.
    """
    scaled = np.rint(signal * 8192) * 4
    if np.abs(scaled).max() > 32767:
        raise DataError(where, f"clips at LEVEL_DB = {LEVEL_DB}; lower it and rebuild everything")
    return scaled.astype(np.int16)


def speak(voice: str, text: str) -> Signal:
    """Speech of one of VOICES, mono at 16 kHz, as the engine makes it.

    Raises:
        UsageError: the engine is not installed.
        EvalkitError: the engine failed.
    """
    command = VOICES[voice]
    if shutil.which(command[0]) is None:
        raise UsageError(f"program '{command[0]}' not found; on Debian and Ubuntu: apt-get install flite espeak-ng")
    with tempfile.TemporaryDirectory() as folder:
        wave = str(Path(folder, "speech.wav"))
        rest = ["-o", wave, "-t", text] if command[0] == "flite" else ["-w", wave, text]
        done = subprocess.run([*command, *rest], capture_output=True, text=True, check=False)
        if done.returncode != 0 or not Path(wave).is_file():
            raise EvalkitError(f"{command[0]} made no audio of '{text}' (status {done.returncode}): {done.stderr}")
        signal, rate = soundfile.read(wave, dtype="float64")
    return np.asarray(signal if rate == RATE else soxr.resample(signal, rate, RATE, quality="VHQ"))


@functools.cache
def clean(sentence: Sentence) -> Samples:
    """16 kHz samples without the silence at either end, active-speech level LEVEL_DB."""
    signal = speak(sentence.voice, sentence.text)
    powers = frame_powers(signal, RATE, milliseconds=10)
    loud = np.flatnonzero(powers >= powers.max() * 10 ** (-TRIM_DB / 10))
    pad, hop = round(PAD_SECONDS * RATE), RATE // 100
    signal = signal[max(0, int(loud[0]) * hop - pad) : (int(loud[-1]) + 1) * hop + pad]
    gain = math.sqrt(10 ** (LEVEL_DB / 10) / active_power(signal, RATE))
    return quantise(signal * gain, sentence.sentence)


def brown_noise(samples: int, seed: list[int]) -> Signal:
    """Gaussian noise at 16 kHz whose power density falls as 1/f^2 above NOISE_FROM_HZ and is zero below it."""
    white = np.fft.rfft(np.random.default_rng(seed).standard_normal(samples))
    hertz = np.fft.rfftfreq(samples, 1 / RATE)
    shape = np.where(hertz < NOISE_FROM_HZ, 0.0, 1 / np.maximum(hertz, NOISE_FROM_HZ))
    return np.fft.irfft(white * shape, samples)


def noisy(sentence: Sentence, seed: list[int]) -> Samples:
    """The clean samples plus noise at SNR_DB."""
    speech = clean(sentence) / 32768
    noise = brown_noise(len(speech), seed)
    wanted = active_power(speech, RATE) / 10 ** (SNR_DB / 10)
    return quantise(speech + noise * math.sqrt(wanted / float(np.mean(noise**2))), sentence.sentence)


def band_pass(signal: Signal, rate: int) -> Signal:
    """Linear-phase Blackman-windowed sinc filter: half the amplitude at the edges of BAND; same length, no delay."""
    at = np.arange(TAPS) - TAPS // 2
    low, high = BAND[0] / rate, BAND[1] / rate
    taps = (2 * high * np.sinc(2 * high * at) - 2 * low * np.sinc(2 * low * at)) * np.blackman(TAPS)
    return np.asarray(np.convolve(signal, taps, mode="same"))


def mu_law(samples: Samples) -> Samples:
    """16-bit samples after G.711 mu-law companding to 8 bits and expansion (ITU-T G.711, 14-bit scale times 4)."""
    magnitude = np.minimum(np.abs(samples.astype(np.int32)), 32635) + 132
    segment = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    step = (magnitude >> (segment + 3)) & 15
    expanded = (((step << 3) + 132) << segment) - 132
    return np.asarray(np.where(samples < 0, -expanded, expanded), dtype=np.int16)


def telephone(sentence: Sentence) -> Samples:
    """8 kHz samples: the clean ones band-limited to BAND, then companded."""
    narrow = soxr.resample(clean(sentence) / 32768, RATE, TELEPHONE_RATE, quality="VHQ")
    return mu_law(quantise(band_pass(narrow, TELEPHONE_RATE), sentence.sentence))


def renderings(sentence: Sentence, number: int) -> Iterator[tuple[str, int, Samples, dict[str, Any]]]:
    """Condition, rate in Hz, samples and further manifest fields of the three conditions."""
    seed = [SEED, number]
    yield "clean", RATE, clean(sentence), {}
    yield "noise_10db", RATE, noisy(sentence, seed), {"snr_db": SNR_DB, "seed": seed}
    yield "telephone", TELEPHONE_RATE, telephone(sentence), {}


def program_version(program: str) -> str:
    """The version a speech engine states, such as "1.51"; "unknown" when it states none."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\d+\.\d+[\w.]*", done.stdout + done.stderr)
    return found.group() if found else "unknown"


def versions() -> dict[str, str]:
    """Versions of what the samples depend on; the machine is named as floating point may differ between kinds."""
    return {
        **{program: program_version(program) for program in sorted({how[0] for how in VOICES.values()})},
        "numpy": np.__version__,
        "soxr": soxr.__version__,
        "soundfile": soundfile.__version__,
        "libsndfile": soundfile.__libsndfile_version__,
        "machine": platform.machine(),
    }


def build(out: Path, only: Collection[str] | None = None) -> list[dict[str, Any]]:
    """Write audio/*.flac, manifest.jsonl and build.json below `out`.

    Args:
        out: folder, made when missing; files of the same name are replaced.
        only: ids of the sentences to render; the default renders all.

    Returns:
        The manifest's rows.

    Raises:
        UsageError: a program is missing, or `only` names no sentence.
    """
    if unknown := set(only or ()) - {sentence.sentence for sentence in sentences()}:
        raise UsageError(f"no such sentence: {', '.join(sorted(unknown))}; see {HERE / 'sentences.jsonl'}")
    (out / "audio").mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    for number, sentence in enumerate(sentences(), start=1):
        if only and sentence.sentence not in only:
            continue
        for condition, rate, samples, extra in renderings(sentence, number):
            name = f"{sentence.sentence}_{condition}"
            path = out / "audio" / f"{name}.flac"
            soundfile.write(path, samples, rate, subtype="PCM_16", compression_level=1.0)
            rows.append(
                {
                    "id": name,
                    "audio": f"audio/{name}.flac",
                    "text": sentence.text,
                    "voice": sentence.voice,
                    "condition": condition,
                    "sentence": sentence.sentence,
                    **extra,
                    "sample_rate": rate,
                    "seconds": round(len(samples) / rate, 3),
                    "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                    "pcm_sha256": hashlib.sha256(samples.astype("<i2").tobytes()).hexdigest(),
                }
            )
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (out / "manifest.jsonl").write_text(lines, encoding="utf-8")
    record = {"seed": SEED, "voices": {name: " ".join(how) for name, how in VOICES.items()}, "versions": versions()}
    (out / "build.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return rows


def main() -> int:
    """Command line; 0 when everything was written, 2 for an error the user can mend."""
    parser = argparse.ArgumentParser(description="Rebuild the audio of asr_demo.")
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    parser.add_argument("--only", nargs="+", metavar="SENTENCE", help="ids of sentences, such as s01")
    arguments = parser.parse_args()
    try:
        rows = build(arguments.out, arguments.only)
    except EvalkitError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    size = sum(path.stat().st_size for path in arguments.out.rglob("*.flac"))
    print(f"{len(rows)} utterances, {sum(row['seconds'] for row in rows):.0f} s, {size / 1e6:.2f} MB of FLAC")
    return 0


if __name__ == "__main__":
    sys.exit(main())
