"""Spoken questions: recordings with known answers, which a judge compares with the replies; and others without."""

from __future__ import annotations

from evalkit.authoring import Cell, Dataset, Mean, Task, judged, layouts, on, optional, spoken, task

LINES = layouts.JsonLines(
    "{split}.jsonl",
    id="key",
    fields={"audio": "wav", "question": "text", "reference": optional("answer"), "accent": "accent"},
)


@task("spoken_questions", version=1)
def spoken_questions() -> Task:
    """Facts are right or wrong, chats are graded; the mean of both is on the scale 0..100."""
    return Task(
        source=Dataset("spoken_questions", ("facts", "chat"), [LINES]),
        sample=spoken(meta=("question", "accent"), cluster="accent"),
        scorers=[
            on("facts", judged("voicebench_qa", metric="right")),
            on("chat", judged("voicebench_open", metric="grade", scale="20..100")),
        ],
        columns={
            "spoken_questions.facts": Cell("facts"),
            "spoken_questions.chat": Cell("chat"),
            "spoken_questions.mean": Mean("spoken_questions.facts", "spoken_questions.chat"),
        },
        breakdowns=("accent",),
        takes=frozenset({"audio"}),
        language="en",
    )
