"""Where the four sets lie: as UltraEval-Audio reads them, or in a copy of OpenAudioBench, which has them too."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from evalkit.authoring import Dataset, UsageError, audio, layouts, printed_list

FACTS = ("llama_questions", "web_questions", "trivia_qa")
SETS = (*FACTS, "alpaca_eval")
REPOSITORIES = ("llama-questions", "speech-web-questions", "speech-triavia-qa", "speech-chatbot-alpaca-eval")
GET = "; ".join(
    f"huggingface-cli download --repo-type dataset TwinkStart/{name} --local-dir DIR/spoken_dialogue/{split}"
    for split, name in zip(SETS, REPOSITORIES, strict=True)
)
QUESTIONS = ("Questions", "question", "instruction")
ANSWERS = ("Answer", "answers", "answer_normalized_aliases", "answer", "output")
LISTS = ANSWERS[1:3]  # in OpenAudioBench's tables as they were printed


def first(names: tuple[str, ...], raw: Mapping[str, Any]) -> str | list[str]:
    """The first of these columns that is there: a text, or a list of texts."""
    name = next((name for name in names if name in raw), None)
    if name is None:
        raise ValueError(f"none of the columns {', '.join(names)} is there")
    found = raw[name]
    if isinstance(found, str) and found.strip():
        return printed_list(found) if name in LISTS else found
    if isinstance(found, list) and found and all(isinstance(one, str) for one in found):
        return found
    raise ValueError(f"expected a text, or a list of texts, in '{name}', got {found!r}")


FIELDS = {"question": functools.partial(first, QUESTIONS), "reference": functools.partial(first, ANSWERS)}
COPIES = {
    "ultraeval": Dataset(
        "spoken_dialogue",
        SETS,
        [
            layouts.Parquet("test", id="{split}_{index}", config=folder, fields={"audio": "audio", **FIELDS})
            for folder in ("{split}/data", "{split}")
        ],
        get=GET,
    ),
    "openaudiobench": Dataset(
        "openaudiobench",
        SETS,
        [
            layouts.Csv(
                "eval_datas/{split}/{split}.csv",
                id="{split}_{index}",
                fields={"audio": audio("audio_filename"), **FIELDS},
                media="eval_datas/{split}/audios",
            )
        ],
        get="'evalkit show task openaudiobench' says how",
    ),
}


def source(copy: str) -> Dataset:
    """The four sets.

    Args:
        copy: "ultraeval" for its repositories, in DIR/spoken_dialogue/SET; "openaudiobench" for DIR/openaudiobench.

    Raises:
        UsageError: another copy.
    """
    if copy not in COPIES:
        raise UsageError(f"copy={copy} should be {' or '.join(COPIES)}")
    return COPIES[copy]
