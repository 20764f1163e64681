"""Rebuild the voices of audio_demo: eight short sentences by two programs, trimmed and scaled.

    python -m evalkit.tasks.audio_demo.build --out DIR

Needs the programs flite and espeak-ng (Debian and Ubuntu: apt-get install flite espeak-ng). All other sounds of the set
are computed when they are heard; see `sounds`.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr

from evalkit.authoring import EvalkitError, UsageError
from evalkit.tasks.audio_demo.sounds import RATE, Wave, level

TRIM_DB = 35.0  # below the peak, what is cut from both ends
VOICES = {
    "man_1": ("flite", "--setf", "duration_stretch=0.9", "-voice", "rms"),
    "man_2": ("flite", "-voice", "kal16"),
    "woman_1": ("flite", "-voice", "slt"),
    "woman_2": ("espeak-ng", "-v", "en-us+f5", "-s", "150"),
}
SENTENCES = ("The shop is closed.", "We will meet at nine.")


def spoken(voice: str, text: str) -> Wave:
    """One sentence at 16 kHz.

    Raises:
        UsageError: the program is not there.
    """
    command = VOICES[voice]
    if shutil.which(command[0]) is None:
        raise UsageError(f"program '{command[0]}' not found; on Debian and Ubuntu: apt-get install flite espeak-ng")
    with tempfile.TemporaryDirectory() as folder:
        wave = str(Path(folder) / "said.wav")
        rest = ["-o", wave, "-t", text] if command[0] == "flite" else ["-w", wave, text]
        subprocess.run([*command, *rest], check=True, capture_output=True)
        samples, rate = soundfile.read(wave, dtype="float64")
    made = np.asarray(soxr.resample(samples, rate, RATE), dtype=np.float64)
    loud = np.flatnonzero(np.abs(made) > np.abs(made).max() * 10 ** (-TRIM_DB / 20))
    return level(made[loud[0] : loud[-1] + 1])


def build(folder: Path) -> None:
    """Write VOICE_NUMBER.flac for each voice and sentence."""
    folder.mkdir(parents=True, exist_ok=True)
    for voice in VOICES:
        for number, text in enumerate(SENTENCES, 1):
            soundfile.write(folder / f"{voice}_{number}.flac", spoken(voice, text), RATE, subtype="PCM_16")


def main(arguments: list[str] | None = None) -> int:
    """The command line; 2 for an error the user can mend."""
    parser = argparse.ArgumentParser(description="Rebuild the voices of audio_demo.")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the FLAC files")
    try:
        build(parser.parse_args(arguments).out)
    except EvalkitError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
