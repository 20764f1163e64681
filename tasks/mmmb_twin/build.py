"""Builds mmmb_twin: `python -m evalkit.tasks.mmmb_twin.build --out DIR [--seed N] [--tts MODEL]`."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from evalkit.authoring import Model
from evalkit.data.dialogue.dialogues import FILE, RECORD
from evalkit.data.procedural import build_into
from evalkit.models.named import named_model
from evalkit.tasks.mmmb_twin.canvas import pillow
from evalkit.tasks.mmmb_twin.dialogues import VERSION, Twin, twins
from evalkit.tasks.mmmb_twin.images import FOLDER, write_all

SEED = 0  # the twin that is scored; others are for those who want further dialogues of the kind
FIELDS = 2  # raised when a line says something else of the same dialogue, so that older copies in the cache are left
LICENCE = "CC0-1.0"


def row(twin: Twin, files: dict[int, str]) -> dict[str, Any]:
    """The line of a dialogue.

    Args:
        twin: the dialogue.
        files: name of the image file by identity of the picture.
    """
    provenance = f"drawn by evalkit's generator mmmb_twin, version {VERSION}"
    messages: list[dict[str, Any]] = []
    for message in twin.messages:
        if message.picture is None:
            messages.append({"role": message.role, "content": message.text})
            continue
        path = f"{FOLDER}/{files[id(message.picture)]}"
        image = {"type": "image", "path": path, "provenance": provenance, "licence": LICENCE}
        messages.append({"role": message.role, "content": [image, {"type": "text", "text": message.text}]})
    return {
        "id": twin.id,
        "language": twin.order.language,
        "messages": messages,
        "reference": twin.plot.answer.text,
        "accepted": list(twin.plot.answer.accepted),
        "alternatives": twin.alternatives,
        **({"former": True} if twin.plot.query["op"] == "first" else {}),
        "memory_type": twin.order.memory,
        "turn_distance": twin.order.distance,
        "recall_image_count": twin.order.images,
        "question_type": twin.plot.name,
        "answer_kind": twin.plot.kind,
        "choices": twin.plot.choices,
        "context_types": dict(sorted(Counter(turn.exchange.kind for turn in twin.turns if turn.exchange).items())),
    }


def build(
    out: Path, seed: int = SEED, workers: int | None = None, first: int | None = None, tts: Model | None = None
) -> None:
    """Write `dialogues.jsonl`, `images/*.png` and `build.json` below a folder.

    Args:
        out: the folder; made when missing.
        seed: of the dialogues.
        workers: drawing processes.
        first: only so many dialogues; all where None.
        tts: speaks the last questions; they stay written where None.

    Raises:
        MissingExtraError: Pillow is not installed.
        DataError: a question could not be spoken.
    """
    import numpy
    from tqdm import tqdm

    version = pillow().__version__
    out.mkdir(parents=True, exist_ok=True)
    made = list(itertools.islice(twins(seed), first))
    pictures = [picture for twin in made for picture in twin.pictures]
    with tqdm(
        total=len(pictures), desc="images", unit="image", file=sys.stderr, disable=not sys.stderr.isatty()
    ) as bar:
        names = write_all([(one.family, one.spec) for one in pictures], out / FOLDER, bar.update, workers)
    files = {id(picture): name for picture, name in zip(pictures, names, strict=True)}
    rows = [row(twin, files) for twin in made]
    if tts is not None:
        from evalkit.tasks.mmmb_twin.spoken import speak_questions

        speak_questions(rows, tts, out)
    with (out / FILE).open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in rows)
    record = {
        "generator": "mmmb_twin",
        "version": VERSION,
        "fields": FIELDS,
        "seed": seed,
        "dialogues": len(made),
        "images": len(set(names)),
        "pillow": version,
        "numpy": numpy.__version__,
        **({"spoken_by": {"model": tts.name, **tts.identity()}} if tts is not None else {}),
    }
    (out / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def main() -> int:
    """Command line; 0 when everything was written, 2 for an error the user can mend."""
    parser = argparse.ArgumentParser(description="Build mmmb_twin.")
    parser.add_argument("--out", type=Path, required=True, help="empty folder to write into")
    parser.add_argument("--seed", type=int, default=SEED, help=f"of the dialogues (default: {SEED}, the scored ones)")
    parser.add_argument(
        "--tts", metavar="MODEL", help="speak the last questions: NAME[:MODEL][,KEY=VALUE], as espeak-ng"
    )
    arguments = parser.parse_args()

    def ordered(out: Path) -> None:
        tts = named_model(arguments.tts, "--tts", gives="speech") if arguments.tts else None
        build(out, arguments.seed, tts=tts)

    return build_into(arguments.out, ordered)


if __name__ == "__main__":
    sys.exit(main())
