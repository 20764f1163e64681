"""URO-Bench in small, laid out as it is published, with replies whose values a reader can work out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from spoken_stand_ins import say

Replies = dict[str, Any]
# rounds of the conversations: the recording, the user's words, the suggested reply
ROUNDS = (("a", "Who am I?", "You are Ann."), ("b", "And I?", "You are Bob."), ("c", "And now?", "Ann again."))
FACTS = {
    "ue": {"emotion": "sad"},
    "ge": {"emotion": "happy"},
    "gs": {"style": "sailor"},
    "ml": {"requirement": "French"},
}


def uro_bench(
    root: Path, sets: Sequence[Mapping[str, str]], name: str = "uro_bench"
) -> tuple[Replies, dict[str, float]]:
    """LEVEL/SET/test.jsonl with recordings beside it; replies by id, and the value of each set.

    The grade of a set stands in what is said; what is written beside it is something else.
    """
    replies: Replies = {}
    values: dict[str, float] = {}
    for at, row in enumerate(sets):
        folder = root / name / row["level"] / row["split"]
        (folder / "wavs").mkdir(parents=True)
        for recording in ("q", "a", "b", "c"):
            (folder / "wavs" / f"{recording}.wav").write_bytes(say("a question"))
        asked: dict[str, Any] = {"source_wav": "./wavs/q.wav", "source_text": "What?", "target_text": "this one"}
        asked |= FACTS.get(row["rule"], {})
        grade = at % 5 + 1
        lines, said, value = [asked], [f"verdict={grade}"], 20.0 * grade
        if row["rule"] == "qa":
            lines = [{**asked, "target_text": ["this one", "that one"]}] * 3
            said = ["verdict=Yes"] * (at % 4) + ["verdict=No"] * (3 - at % 4)
            value = 100 * (at % 4) / 3
        elif row["rule"] == "repeat":
            lines = [{**asked, "target_text": "四是四十" if row["language"] == "zh" else "the cat sat down"}] * 3
            # heard too short: one of three tokens is wrong by what was heard; one of four by the sentence
            said = (
                ["四是四", "五五五十", "四是40"]
                if row["language"] == "zh"
                else ["the cat sat", "a dog sat up", "the cat sat down"]
            )
            zh_third = 100.0 * (1 - 1 / 3)
            value = (zh_third + 0 + 100) / 3
        elif row["rule"] in ("multi", "sa"):
            rounds = ROUNDS if row["rule"] == "sa" else ROUNDS[:2]
            lines = [
                {"id": 7, "num_round": len(rounds), "dialogue": [
                    {"round": n, "source_wav": f"wavs/{wav}.wav", "source_text": text, "target_text": reply}
                    for n, (wav, text, reply) in enumerate(rounds)
                ]}
            ]  # fmt: skip
        elif row["rule"] == "ge":
            value, said = 60.0 * 0.5, ["this one"]
            lines = [{**asked, "target_text": "this one"}, {**asked, "target_text": "quite another sentence"}]
            said = ["this one", "nothing of it"]
            replies[f"{row['split']}_1"] = ["nothing of it", "nothing of it", 4800.0]
        elif row["rule"] == "open":
            lines = [{key: one for key, one in asked.items() if key != "target_text"}]
        (folder / "test.jsonl").write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
        for place, one in enumerate(said):
            written = "the words that are written" if row["language"] == "en" else "写下来的"
            if row["rule"] in ("multi", "sa"):
                count = len(lines[0]["dialogue"])
                for turn in range(1, count):
                    replies[f"{row['split']}_{place}#{turn}"] = [f"written {turn}", f"spoken {turn}", 1000.0]
                replies[f"{row['split']}_{place}#{count}"] = [written, one, 1000.0]
            else:
                replies[f"{row['split']}_{place}"] = [written, one, 4800.0]
        values[row["split"]] = value
    return replies, values
