"""Last questions as speech, by any model that speaks; optional."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evalkit.authoring import DataError, Generation, Model, Request, user
from evalkit.media.source import read_bytes

FOLDER = "audio"


def speak_questions(rows: Sequence[dict[str, Any]], tts: Model, out: Path) -> None:
    """Put speech in place of the text of every last message.

    Args:
        rows: lines of dialogues; changed in place. What is said stands beside the speech as its transcript.
        tts: takes text, gives speech; not started.
        out: folder of the dialogues; files go below it, named by their content.

    Raises:
        DataError: a question that could not be spoken.
    """
    (out / FOLDER).mkdir(parents=True, exist_ok=True)
    texts = {row["id"]: _text(row["messages"][-1]) for row in rows}
    asked = (Request(key, (user(text),), Generation(speech=True)) for key, text in texts.items())
    named: dict[str, str] = {}
    with tts:
        for key, response in tts.stream(asked):
            if response.failure is not None or response.audio is None:
                why = response.failure.message if response.failure is not None else "it gave no speech"
                raise DataError(f"dialogue '{key}'", f"its question could not be spoken by {tts.name}: {why}")
            data = read_bytes(response.audio)
            suffix = Path(response.audio.label).suffix or ".wav"
            named[key] = f"{FOLDER}/{hashlib.blake2b(data, digest_size=12).hexdigest()}{suffix}"
            (out / named[key]).write_bytes(data)
    for row in rows:
        content = row["messages"][-1]["content"]
        before = [part for part in content if part["type"] != "text"] if isinstance(content, list) else []
        speech = {"type": "audio", "path": named[row["id"]], "transcript": texts[row["id"]]}
        row["messages"][-1]["content"] = [*before, speech]


def _text(message: dict[str, Any]) -> str:
    content = message["content"]
    if isinstance(content, str):
        return content
    return " ".join(part["text"] for part in content if part["type"] == "text")
