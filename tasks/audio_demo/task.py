"""Audio questions that need no download: sixty on sounds that a program makes, with answers by construction."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evalkit.authoring import Audio, Cell, DataError, Row, Rows, Source, Task, choice, choices, task
from evalkit.tasks.audio_demo import questions, sounds

KINDS = ("sound", "music", "speech")
RULES = {"": "mmau", ".robust": "robust"}


class Made(Source, Rows):
    """The questions; a recording is made when somebody opens it."""

    splits = ("all",)
    cheap = True
    revision = f"made:{questions.VERSION}"
    location = "made by evalkit.tasks.audio_demo"

    def locate(self, data: Path | None, revision: str | None = None) -> Rows:
        """The same everywhere; `--data` does not concern it."""
        if revision not in (None, self.revision):
            raise DataError(
                self.location, f"--revision {revision} was asked for, but the program makes {self.revision}"
            )
        return self

    def read(self, split: str) -> Iterator[Row]:
        """All questions."""
        for one in questions.questions():
            yield {
                "id": one.key,
                "audio": Audio(opener=functools.partial(encoded, one), name=f"{one.key}.wav"),
                "question": one.kind.question,
                "choices": list(one.options),
                "answer": one.kind.options[one.right],
                "task": one.kind.task,
                "sub-category": one.kind.name,
                "difficulty": one.kind.difficulty,
            }


def encoded(question: questions.Question) -> bytes:
    """The recording as a WAV file."""
    return Audio.from_samples(question.recording(), sounds.RATE).opener()  # type: ignore[misc]


@task("audio_demo", version=1)
def audio_demo() -> Task:
    """Accuracy by kind and over all, by the rule of MMAU and by ours."""
    columns: dict[str, Any] = {}
    for ending, rule in RULES.items():
        scorer = f"choice:{rule}"
        columns |= {f"audio_demo.{one}{ending}": Cell("all", "choice", ("task", one), scorer) for one in KINDS}
        columns[f"audio_demo.avg{ending}"] = Cell("all", "choice", scorer=scorer)
    return Task(
        source=Made(),
        sample=choices(
            "{question}\nChoose one of these and answer with its text:\n{options}",
            media="audio",
            style="(a) text",
            answer_as="text",
            meta=("task", "difficulty", "sub-category"),
            cluster="sub-category",
        ),
        scorers=[choice(rule) for rule in RULES.values()],
        columns=columns,
        breakdowns=("task", "difficulty", "sub-category"),
        takes=frozenset({"text", "audio"}),
        language="en",
    )
