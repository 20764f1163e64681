"""The benchmarks in small, laid out as they are published, with answers whose values a reader can work out."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

Replies = dict[str, Any]


def picture(shade: int) -> str:
    file = io.BytesIO()
    Image.new("L", (8, 8), shade).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def table(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    names = ["index", "question", "hint", "A", "B", "C", "D", "answer", "category", "image", "l2-category", "split"]
    lines = ["\t".join(names), *("\t".join(str(row.get(name, "")) for name in names) for row in rows)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


# split -> index -> (options, right one, the model's habit)
MMBENCH = {
    "dev_en": {1: ("ABCD", "C", "right"), 2: ("ABCD", "B", "first"), 3: ("AB", "A", "right"), 4: ("ABCD", "D", "dumb")},
    "dev_cn": {1: ("ABCD", "C", "first")},
    "dev_en_v1_1": {1: ("ABC", "B", "right"), 7: ("AB", "B", "first")},
}


def mmbench(root: Path) -> Replies:
    """Tables with base64 images; the third row names the first one's image by its index."""
    files = {
        "dev_en": "MMBench_DEV_EN",
        "dev_cn": "MMBench_DEV_CN",
        "dev_en_v1_1": "MMBench_DEV_EN_V11",
    }
    replies: Replies = {}
    for split, questions in MMBENCH.items():
        rows = []
        for index, (letters, right, habit) in questions.items():
            row = {letter: f"colour {letter} of {index}" for letter in letters}
            image = "1" if index == 3 else picture(40 * index)
            ability = "perception" if index < 3 else "reasoning"
            row |= {"index": str(index), "question": "Which colour?", "answer": right, "image": image}
            row |= {"hint": "" if index == 1 else "Look well.", "category": "colour", "l2-category": ability}
            rows.append(row)
            for at in range(len(letters)):
                place = (letters.index(right) - at) % len(letters)
                said = {"right": letters[place], "first": "A", "dumb": "no letter here"}[habit]
                replies[f"{split}/{index}#{at + 1}"] = said
        table(root / "mmbench" / f"{files[split]}.tsv", rows)
    return replies
