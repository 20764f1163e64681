"""Where OpenAudioBench lies: eval_datas/SET/SET.csv with recordings in eval_datas/SET/audios."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalkit.authoring import Dataset, audio, layouts, printed_list

SETS = ("reasoning_qa", "llama_questions", "web_questions", "trivia_qa", "alpaca_eval")
QUESTIONS = ("Prompt", "Questions", "question", "instruction")
LISTS = ("answers", "answer_normalized_aliases")
ANSWERS = ("参考答案", "Answer", "output")
GET = (
    "git clone https://huggingface.co/datasets/baichuan-inc/OpenAudioBench DIR/openaudiobench (git-lfs fetches the "
    "recordings), then --data DIR"
)


def question(raw: Mapping[str, Any]) -> str:
    """The text of the question, which each set calls otherwise."""
    return _text(raw, QUESTIONS)


def reference(raw: Mapping[str, Any]) -> str | list[str]:
    """The known answer, or all that are known."""
    for name in LISTS:
        if name in raw:
            return printed_list(raw[name])
    return _text(raw, ANSWERS)


def _text(raw: Mapping[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        if name in raw:
            if not raw[name].strip():
                raise ValueError(f"column '{name}' is empty")
            return str(raw[name])
    raise ValueError(f"none of the columns {', '.join(names)} is there")


TABLES = layouts.Csv(
    "eval_datas/{split}/{split}.csv",
    id="{split}_{index}",
    fields={"audio": audio("audio_filename"), "question": question, "reference": reference},
    media="eval_datas/{split}/audios",
)
SOURCE = Dataset("openaudiobench", SETS, [TABLES], get=GET)  # the hub's own table has the recordings alone
