"""Builds msib_twin: `python -m evalkit.tasks.msib_twin.build --out DIR`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.data.dialogue.dialogues import FILE, RECORD
from evalkit.data.procedural import build_into
from evalkit.media.espeak import engine
from evalkit.tasks.msib_twin import texts
from evalkit.tasks.msib_twin.speech import FOLDER, Utterance, voice_of, write_all
from evalkit.tasks.msib_twin.task import VERSION

LICENCE = "CC0-1.0"


def utterances(dialogue: Mapping[str, Any]) -> Iterator[Utterance]:
    """The user's turns as they are to be spoken, all in one voice."""
    voice = voice_of(dialogue["id"], dialogue["language"])
    for turn in dialogue["turns"]:
        say = turn.get("say", {})
        factors = {key: float(say[key]) for key in ("rate", "pitch", "loudness") if key in say}
        yield Utterance(turn["user"], voice, **factors)


def row(dialogue: Mapping[str, Any], files: Sequence[str], synthesizer: str) -> dict[str, Any]:
    """The line of a dialogue.

    Args:
        dialogue: as it was written.
        files: names of its spoken turns.
        synthesizer: what spoke them.
    """
    voice = voice_of(dialogue["id"], dialogue["language"])
    messages: list[dict[str, Any]] = []
    for turn, name in zip(dialogue["turns"], files, strict=True):
        part = {
            "type": "audio",
            "path": f"{FOLDER}/{name}",
            "transcript": turn["user"],
            "provenance": f"spoken by {synthesizer}, voice {voice}",
            "licence": LICENCE,
        }
        messages.append({"role": "user", "content": [part]})
        if "reply" in turn:
            messages.append({"role": "assistant", "content": turn["reply"]})
    return {
        "id": dialogue["id"],
        "language": dialogue["language"],
        "dimension": texts.NAMES[dialogue["dimension"]],
        "messages": messages,
        "reference": dialogue["reference"],
        "attribute": dialogue["attribute"],
        "expect": dialogue["expect"],
        "emotions": [turn.get("say", {}).get("emotion") for turn in dialogue["turns"]],
    }


def build(out: Path, workers: int | None = None, folder: Path = texts.FOLDER) -> None:
    """Write `dialogues.jsonl`, `audio/*.flac` and `build.json` below a folder.

    Args:
        out: the folder; made when missing.
        workers: speaking processes.
        folder: of the texts.

    Raises:
        SynthesizerError: there is no synthesizer; says how to install one.
        DataError: a dialogue that is not as it should be.
    """
    from tqdm import tqdm

    synthesizer = engine().version
    dialogues = texts.read(folder)
    spoken = [list(utterances(dialogue)) for dialogue in dialogues]
    flat = [utterance for turns in spoken for utterance in turns]
    out.mkdir(parents=True, exist_ok=True)
    with tqdm(total=len(flat), desc="speech", unit="turn", file=sys.stderr, disable=not sys.stderr.isatty()) as bar:
        names = iter(write_all(flat, out / FOLDER, bar.update, workers))
    with (out / FILE).open("w", encoding="utf-8") as file:
        for dialogue, turns in zip(dialogues, spoken, strict=True):
            line = row(dialogue, [next(names) for _ in turns], synthesizer)
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    record = {
        "generator": "msib_twin",
        "version": VERSION,
        "texts": texts.digest(folder),
        "dialogues": len(dialogues),
        "turns": len(flat),
        "synthesizer": synthesizer,
    }
    (out / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def main() -> int:
    """Command line; 0 when everything was written, 2 for an error the user can mend."""
    parser = argparse.ArgumentParser(description="Build msib_twin.")
    parser.add_argument("--out", type=Path, required=True, help="empty folder to write into")
    arguments = parser.parse_args()
    return build_into(arguments.out, build)


if __name__ == "__main__":
    sys.exit(main())
