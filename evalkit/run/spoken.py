"""What the wave of a spoken answer shows before anybody listens: length, rate, silence, clipping; counted as flags."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalkit.core.errors import DataError
from evalkit.core.message import Audio

CLIPPED = 0.001  # share of clipped samples from which an answer counts as clipped


def facts(path: Path, declared: int | None) -> dict[str, Any]:
    """Measures of a saved speech, as they stand in `samples.jsonl`.

    Args:
        path: the file.
        declared: sample rate the model says it speaks at, Hz; None where it says none.

    Returns:
        seconds, rate (Hz), peak_dbfs, sound_seconds, silent, clipped (share); declared_rate where it is another;
        or only "unreadable" with the reason.
    """
    from evalkit.media import audio
    from evalkit.media.speech_measures import glance

    handle = Audio(path=str(path))
    try:
        rate = audio.info(handle).sample_rate
        found = glance(audio.decode(handle, rate), rate)
    except DataError as error:
        return {"unreadable": error.problem}
    told = {
        "seconds": round(found.duration, 3),
        "rate": rate,
        "peak_dbfs": round(found.peak_dbfs, 2),
        "sound_seconds": round(found.sound_seconds, 3),
        "silent": found.silent,
        "clipped": round(found.clipped_share, 6),
    }
    return told if declared in (None, rate) else {**told, "declared_rate": declared}


def flags(speech: Mapping[str, Any] | None) -> tuple[str, ...]:
    """What the summary counts of a speech.

    Args:
        speech: `facts`, or {"missing": True} where speech was asked for and none came.
    """
    if not speech:
        return ()
    raised = {
        "no_speech": speech.get("missing", False),
        "unreadable_speech": "unreadable" in speech,
        "silent_speech": speech.get("silent", False),
        "clipped_speech": speech.get("clipped", 0.0) >= CLIPPED,
        "wrong_speech_rate": "declared_rate" in speech,
    }
    return tuple(name for name, so in raised.items() if so)
