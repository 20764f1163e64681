"""OpenAudioBench in small: eval_datas/SET/SET.csv as pandas writes it, recordings beside it; made by us."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from voicebench_layout import recording, sound

COLUMNS = {  # set -> question, answer
    "reasoning_qa": ("Prompt", "参考答案"),
    "llama_questions": ("Questions", "Answer"),
    "web_questions": ("question", "answers"),
    "trivia_qa": ("question", "answer_normalized_aliases"),
    "alpaca_eval": ("instruction", "output"),
}
# set -> (question, answer as it stands in the table, reply of the model)
ROWS: Mapping[str, Sequence[tuple[str, str, Any]]] = {
    "reasoning_qa": [
        ("一加一是多少?", "2", "二。verdict=[4]"),
        ("圆周率?", "约3.14", "verdict=[1]"),
        ("三加四?\n请说明", "7", "不知道"),
    ],
    "llama_questions": [
        ("What is the capital of France?", "Paris", "It is PARIS, of course. verdict=the_score_is_[Correct]"),
        ("How many legs has a spider?", "8", "Eight. verdict=the_score_is_[Correct]"),
        ('Who said "I, too"?', "Langston Hughes", "verdict=the_score_is_[Incorrect]"),
    ],
    "web_questions": [
        ("what does jamaican people speak?", "['Jamaican Creole English Language' 'Jamaican English']",
         'Jamaican English. verdict={"analysis":"a","judgment":"correct"}'),
        ("who plays ken barlow?", "['Tony Warren']", 'Nobody. verdict={"analysis":"b","judgment":"incorrect"}'),
    ],
    "trivia_qa": [
        ("Which Lloyd Webber musical?", "['sunset blvd', \"sunset boulevard\"]",
         'Sunset Boulevard, verdict={"analysis":"c","judgment":"correct"}'),
        ("Which river?", "[\"the seine's\",\n 'seine']", None),
    ],
    "alpaca_eval": [
        ("Write a poem.", "Roses are red, and so on.", "verdict=[[8]]"),
        ("Plan a trip.", "First, pack.", "verdict=[[5]]"),
    ],
}  # fmt: skip


def write(root: Path, rows: Mapping[str, Sequence[tuple[str, str, Any]]] = ROWS) -> dict[str, Any]:
    """The sets, and what the model says; a set whose reply is None fails."""
    replies: dict[str, Any] = {}
    for name, some in rows.items():
        folder = root / "openaudiobench" / "eval_datas" / name
        (folder / "audios").mkdir(parents=True)
        question, answer = COLUMNS[name]
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(["Unnamed: 0", question, answer, "audio_filename"])
            for at, (asked, known, said) in enumerate(some):
                (folder / "audios" / f"audio_{at}.wav").write_bytes(recording())
                table.writerow([at, asked, known, f"audio_{at}.wav"])
                if said is not None:
                    replies[f"{name}_{at}"] = said
    return replies


def ultraeval(root: Path) -> dict[str, Any]:
    """The same questions as UltraEval-Audio's repositories have them: SET/data/test-*.parquet, answers as lists."""
    import ast

    import pyarrow as pa
    import pyarrow.parquet as pq

    replies: dict[str, Any] = {}
    for name, answers in (("llama_questions", "Answer"), ("web_questions", "answers"), ("trivia_qa", "answer"),
                          ("alpaca_eval", "output")):  # fmt: skip
        question = COLUMNS[name][0]
        made = []
        for at, (asked, known, said) in enumerate(ROWS[name]):
            value = ast.literal_eval(known.replace("' '", "', '")) if known.startswith("[") else known
            made.append({"audio": sound(), question: asked, answers: value})
            if said is not None:
                replies[f"{name}_{at}"] = said
        folder = root / "spoken_dialogue" / name / "data"
        folder.mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(made), folder / "test-00000-of-00001.parquet")
    return replies
