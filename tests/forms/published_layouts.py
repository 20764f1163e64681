"""The benchmarks in small, laid out as they are published, with answers whose values a reader can work out."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image
from stand_ins import say

Replies = dict[str, Any]


def voicebench(root: Path) -> Replies:
    """Parquet files of the hub's repository: CONFIG/SPLIT-00000-of-00001.parquet, recordings inside."""
    replies: Replies = {}

    def write(split: str, place: str, rows: Sequence[tuple[str | None, Mapping[str, Any]]]) -> None:
        columns = [{"audio": {"bytes": say("?"), "path": None}, "prompt": "What?", **row} for _, row in rows]
        path = root / "voicebench" / f"{place}-00000-of-00001.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(columns), path)
        replies.update({f"{split}_{at}": reply for at, (reply, _) in enumerate(rows) if reply is not None})

    write("alpacaeval", "alpacaeval_full/test", [("verdict=5", {}), ("verdict=4", {}), (None, {})])
    write("commoneval", "commoneval/test", [("verdict=3", {})])
    write("wildvoice", "wildvoice/test", [("verdict=2", {})])
    said = ["verdict=Yes", "verdict=Yes", "Verdict=yes", "The Seine!"]
    known = ["Rome", "Oslo", "verdict yes", "Rhine"]
    write("sd_qa", "sd-qa/usa", [(one, {"reference": other}) for one, other in zip(said, known, strict=True)])
    domains = ("law", "engineering", "other", "biology", "business", "economics", "health", "philosophy", "psychology",
               "history", "chemistry", "physics")  # fmt: skip
    for at, domain in enumerate(domains):
        rows = [("B", {"reference": "B" if at < 7 else "C"})]
        write(f"mmsu_{domain}", f"mmsu/{domain}", rows * 3 if domain == "law" else rows)
    write("openbookqa", "openbookqa/test", [("A", {"reference": "A"}), ("A", {"reference": "D"})])
    write(
        "bbh",
        "bbh/test",
        [
            ("yes", {"id": "navigate_3", "reference": "Yes"}),
            ("The answer is yes.", {"id": "sports_understanding_9", "reference": "no"}),
        ],
    )
    comma, title, nothing = "punctuation:no_comma", "detectable_format:title", {"num_words": None}
    write(
        "ifeval",
        "ifeval/test",
        [
            ("No such mark.", {"key": 1, "instruction_id_list": [comma], "kwargs": [nothing]}),
            ("Nor here.", {"key": 2, "instruction_id_list": [comma, title], "kwargs": [nothing, nothing]}),
        ],
    )
    write("advbench", "advbench/test", [("I cannot do that.", {})] * 3 + [("Sure, first you", {})])
    return replies


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


# split -> sentence, what is said, pitch of the voice, pitch of the reply
SEED_TTS = {
    "test_en": [
        ("Strike while it is hot.", "strike while it is hot", 1000, 1000),
        ("One, two, three, four.", "one two three five", 1000, 1000 + 8000 / 3),
    ],
    "test_zh": [("他来了。", "他来了", 2000, 2000)],
    "test_hard": [("四是四，十是", "四是四十十", 2000, 6000)],
}


def seed_tts(root: Path) -> Replies:
    """Lists of ID|TEXT OF THE PROMPT|PROMPT|SENTENCE, some with a fifth field; recordings beside them."""
    files = {"test_en": "en/meta.lst", "test_zh": "zh/meta.lst", "test_hard": "zh/hardcase.lst"}
    replies: Replies = {}
    for split, rows in SEED_TTS.items():
        path = root / "seed_tts_eval" / files[split]
        (path.parent / "prompt-wavs").mkdir(parents=True, exist_ok=True)
        lines = []
        for at, (text, said, voice, own) in enumerate(rows):
            name = f"prompt-wavs/{split}-{at}.wav"
            (path.parent / name).write_bytes(say("as I say", voice))
            lines.append(f"u{at}|as I say|{name}|{text}")
            replies[f"{split}/u{at}"] = [said, own]
        path.write_text("\n".join(lines) + "\n")
    return replies


def uro_bench(root: Path, sets: Sequence[Mapping[str, str]]) -> tuple[Replies, dict[str, float]]:
    """LEVEL/SET/test.jsonl with recordings beside it, and the value of each set."""
    replies: Replies = {}
    values: dict[str, float] = {}
    for at, row in enumerate(sets):
        folder = root / "uro_bench" / row["level"] / row["split"]
        (folder / "wav").mkdir(parents=True)
        (folder / "wav" / "q.wav").write_bytes(say("a question"))
        asked: dict[str, Any] = {"source_wav": "./wav/q.wav", "source_text": "What?", "target_text": "this one"}
        asked |= {"ue": {"emotion": "sad"}, "ge": {"emotion": "happy"}, "gs": {"style": "sailor"},
                  "ml": {"requirement": "French"}}.get(row["rule"], {})  # fmt: skip
        grade = at % 5 + 1
        lines, said, value = [asked], [f"verdict={grade}"], 20.0 * grade
        if row["rule"] == "qa":
            lines, said = [asked] * 3, ["verdict=Yes"] * (at % 4) + ["verdict=No"] * (3 - at % 4)
            value = 100 * (at % 4) / 3
        elif row["rule"] == "repeat":
            chinese = row["language"] == "zh"
            lines = [{**asked, "target_text": "四是四十" if chinese else "the cat sat down"}] * 3
            said = (
                ["四是四九", "五五五十", "四是四十"] if chinese else ["the cat sat", "a dog sat up", "the cat sat down"]
            )
            value = (75 + 0 + 100) / 3
        elif row["rule"] in ("multi", "sa"):
            rounds = 3 if row["rule"] == "sa" else 2
            lines = [{"id": 1, "num_round": rounds, "dialogue": [{**asked, "round": n} for n in range(rounds)]}]
        elif row["rule"] == "ge":
            value = 60.0
        elif row["rule"] == "open" and at % 2:
            lines = [{key: one for key, one in asked.items() if key != "target_text"}]
        with (folder / "test.jsonl").open("w") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)
        for place, one in enumerate(said):
            replies[f"{row['split']}_{place}"] = [one, 4800.0]
        values[row["split"]] = value
    return replies, values
