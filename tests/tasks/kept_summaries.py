"""Summaries of every task over fixed answers; `golden/summaries.json` holds what evalkit 0.1.0 said of them.

Those of mmmb_twin are of all its dialogues, said by the last code that had them in one split: a limit is shared over
splits, so that the first 60 dialogues are others since text, image and mixed memory are splits.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import asr_corpora as corpora
import soundfile as sf
from asr_cases import CASES

import evalkit
from evalkit.core.message import Audio
from evalkit.core.model import Answer, Model
from evalkit.core.response import Response
from evalkit.core.sample import Request

SUITES = {
    "covo_asr_suite": ("wenetspeech", "librispeech", "fleurs", "aishell1"),
    "hello_chat_asr": ("aishell1", "wenetspeech", "librispeech"),
}
TASKS = (*CASES, *SUITES, "asr_demo", "mmmb_twin", "msib_twin")
_NUMBERS = ("value", "low", "high", "strict", "n", "n_dropped")


class LastWords(Model):
    """Says back what stands in the conversation's messages, and speaks a tone; deterministic and sometimes right."""

    name = "last-words"
    takes = frozenset({"text", "image", "audio"})
    gives = frozenset({"text", "speech"})
    speech_rate = 8000

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        wave = io.BytesIO()
        tone = [0.3 * math.sin(0.3 * i) for i in range(8000)]
        sf.write(wave, tone, 8000, format="WAV", subtype="PCM_16")
        speech = Audio(opener=wave.getvalue, name="tone.wav")
        for request in requests:
            said = " ".join(message.text for message in request.messages[-3:])
            yield request.id, Response(text=said, audio=speech if request.settings.speech else None)


def made(task: str, folder: Path) -> list[Any]:
    """Summaries of a task, or of a suite and its members."""
    if task in CASES or task in SUITES:
        file = folder / "answers.jsonl"
        for name in SUITES.get(task, (task,)):
            ids, _ = corpora.build(name, folder / "data")
            corpora.answers(file, name, ids)
        done = evalkit.evaluate(
            "replay", task, model_arguments={"file": str(file)}, out=folder / "out", data=folder / "data"
        )
    elif task == "asr_demo":
        done = evalkit.evaluate("constant", task, model_arguments={"text": "the old man"}, out=folder / "out")
    else:
        judge = {"judge": "rules"} if task == "msib_twin" else {}
        limit = 60 if task == "msib_twin" else None
        done = evalkit.evaluate(LastWords(), task, out=folder / "out", limit=limit, **judge)
    return [outcome.summary for outcome in done]


def facts(summary: Any) -> dict[str, Any]:
    """What must stay: counts, columns and results, without names of folders, runs and scores files."""
    told = summary.model_dump(by_alias=True)
    return {
        "task": told["task"],
        "complete": told["complete"],
        "counts": told["counts"],
        "columns": {
            name: [*(column[key] for key in _NUMBERS), column["printed"], column["protocol"], column["unit"]]
            for name, column in sorted(told["columns"].items())
        },
        "results": {
            _place(row): [*(row[key] for key in _NUMBERS), row["n_clusters"], list(row["sums"].values())]
            for row in told["results"]
        },
    }


def _place(row: Mapping[str, Any]) -> str:
    return f"{row['protocol']} {row['metric']} split={row['split']} {row['breakdown']}={row['group']}"
