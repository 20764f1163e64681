"""Speaks the questions of spoken_demo: `python -m evalkit.tasks.spoken_demo.build --out DIR`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalkit.data.dialogue.dialogues import FILE, RECORD
from evalkit.data.jsonl import read_lines
from evalkit.data.procedural import build_into
from evalkit.media.espeak import SAMPLE_RATE, engine, synthesize

QUESTIONS = Path(__file__).parent / "questions.jsonl"
AUDIO = "audio"
RATE = 16_000  # Hz
VOICES = {"en": ("en-us", "en-us+f4", "en-gb-x-rp", "en-us+m3"), "zh": ("cmn", "cmn+f4")}


def ready() -> None:
    """A synthesizer is there.

    Raises:
        SynthesizerError: it is not; says how to install one.
    """
    engine()


def speak(text: str, voice: str, path: Path) -> None:
    """Say a text into a mono FLAC file of 16 bit at 16 kHz."""
    import numpy as np
    import soundfile as sf
    import soxr

    wave = soxr.resample(synthesize(text, voice), SAMPLE_RATE, RATE, quality="HQ")
    sf.write(path, np.clip(wave, -1, 1), RATE, format="FLAC", subtype="PCM_16")


def row(question: Mapping[str, Any], voice: str, synthesizer: str) -> dict[str, Any]:
    """The line of a question, a dialogue of one turn."""
    part = {
        "type": "audio",
        "path": f"{AUDIO}/{question['id']}.flac",
        "transcript": question["text"],
        "provenance": f"spoken by {synthesizer}, voice {voice}",
        "licence": "CC0-1.0",
    }
    kept = {key: question[key] for key in ("id", "kind", "language", "reference", "expect")}
    return {**kept, "question": question["text"], "messages": [{"role": "user", "content": [part]}]}


def build(out: Path) -> None:
    """Write `dialogues.jsonl`, `audio/*.flac` and `build.json` into a folder.

    Raises:
        SynthesizerError: there is no synthesizer; says how to install one.
    """
    synthesizer = engine().version
    (out / AUDIO).mkdir(parents=True, exist_ok=True)
    lines = []
    for at, (_, question) in enumerate(read_lines(QUESTIONS)):
        voices = VOICES[question["language"]]
        voice = voices[at % len(voices)]
        speak(question["text"], voice, out / AUDIO / f"{question['id']}.flac")
        lines.append(row(question, voice, synthesizer))
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (out / FILE).write_text(text, encoding="utf-8")
    record = {"generator": "spoken_demo", "questions": len(lines), "synthesizer": synthesizer}
    (out / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def main() -> int:
    """Command line; 0 when everything was written, 2 for an error the user can mend."""
    parser = argparse.ArgumentParser(description="Build spoken_demo.")
    parser.add_argument("--out", type=Path, required=True, help="empty folder to write into")
    return build_into(parser.parse_args().out, build)


if __name__ == "__main__":
    sys.exit(main())
