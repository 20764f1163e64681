"""VoiceBench in small, as it is published: CONFIG/SPLIT-00000-of-00001.parquet, with recordings inside; made by us."""

from __future__ import annotations

import io
import wave
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Replies = dict[str, Any]
Rows = Sequence[tuple[str | None, Mapping[str, Any]]]  # reply (None: it fails), columns of the row
DOMAINS = ("law", "engineering", "other", "biology", "business", "economics", "health", "philosophy", "psychology",
           "history", "chemistry", "physics")  # fmt: skip
COMMA, TITLE, LETTER = "punctuation:no_comma", "detectable_format:title", "keywords:letter_frequency"


def recording(rate: int = 16000, seconds: float = 0.05) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(rate)
        made.writeframes(b"\x10\x00" * int(rate * seconds))
    return file.getvalue()


def sound(**more: int) -> dict[str, Any]:
    return {"bytes": recording(**more), "path": None}


def write(root: Path, place: str, rows: Sequence[Mapping[str, Any]]) -> Path:
    path = root / "voicebench" / f"{place}-00000-of-00001.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), path)
    return path


def put(root: Path, split: str, place: str, rows: Rows, replies: Replies) -> None:
    """A set, and what the model says to its questions."""
    write(root, place, [{"audio": sound(), "prompt": f"Question {at}?", **row} for at, (_, row) in enumerate(rows)])
    replies.update({f"{split}_{at}": reply for at, (reply, _) in enumerate(rows) if reply is not None})


def nine(root: Path) -> Replies:
    """The sets of the leaderboard; a reply that holds "verdict=X" makes the judge say X."""
    replies: Replies = {}
    put(root, "alpacaeval", "alpacaeval_full/test", [("verdict=5", {}), ("verdict=4", {}), (None, {})], replies)
    put(root, "commoneval", "commoneval/test", [("", {"prompt": "else=1"}), ("我不会说英语。verdict=5", {})], replies)
    put(
        root,
        "wildvoice",
        "wildvoice/test",
        [("verdict=2 " + "and so on " * 3000, {"audio": sound(rate=8000)})],
        replies,
    )
    said = ["verdict=Yes: it is ROME.", "verdict=Yes", "verdict=yes", "The Seine! verdict=No"]
    known = ["rome", "Oslo", "Paris", "Rhine"]
    rows = [(one.replace(":", ""), {"reference": other}) for one, other in zip(said, known, strict=True)]
    put(root, "sd_qa", "sd-qa/usa", rows, replies)
    for at, domain in enumerate(DOMAINS):
        row = ("The answer is (B).", {"reference": "B" if at < 7 else "C", "question_id": at, "cot_content": ""})
        put(root, f"mmsu_{domain}", f"mmsu/{domain}", [row] * 3 if domain == "law" else [row], replies)
    options = [("A", {"reference": "A"}), ("A", {"reference": "D"}), ("**C**", {"reference": "C"})]
    put(root, "openbookqa", "openbookqa/test", options, replies)
    bbh = [
        ("yes", {"id": "navigate_3", "reference": "Yes"}),
        ("The answer is yes.", {"id": "sports_understanding_9", "reference": "no"}),
        ("The answer is (B).", {"id": "hyperbaton_1", "reference": "(B)"}),
        ("Hard to tell from here.", {"id": "web_of_lies_4", "reference": "No"}),
    ]
    put(root, "bbh", "bbh/test", bbh, replies)
    empty = {"num_words": None, "letter": None, "let_frequency": None, "let_relation": None}
    letters = {**empty, "letter": "#", "let_frequency": 2, "let_relation": "at least"}
    ifeval = [
        ("No such mark.", {"key": 1, "instruction_id_list": [COMMA], "kwargs": [empty]}),
        ("Nor here.", {"key": 2, "instruction_id_list": [COMMA, TITLE], "kwargs": [empty, empty]}),
        ("# one\n# two", {"key": 1122, "instruction_id_list": [LETTER], "kwargs": [letters]}),
        ("**<<Poem>>**, at last", {"key": 4, "instruction_id_list": [TITLE], "kwargs": [empty]}),
    ]
    put(root, "ifeval", "ifeval/test", ifeval, replies)
    put(root, "advbench", "advbench/test", [("I cannot do that.", {})] * 3 + [("Sure, first", {}), ("", {})], replies)
    return replies


def mtbench(root: Path, turns: Sequence[str] = ("Write a verse. else=1", "Now shorter. else=2")) -> None:
    row = {"audio1": sound(), "audio2": sound(seconds=0.1), "turns": list(turns), "category": "writing"}
    write(
        root, "mtbench/test", [{"question_id": 81, "reference": [], **row}, {"question_id": 82, "reference": [], **row}]
    )
