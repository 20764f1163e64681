"""Opencpop test: lyrics of five songs, sung by one professional."""

from __future__ import annotations

from evalkit.authoring import Cell, Dataset, Row, Sample, Task, error_rate, layouts, task, transcription

SONG = 4  # digits of an id that name the song: 2001000001 is of song 2001

PROMPT = "请听这段歌声，写出唱的歌词，不加标点，每句歌词单独一行，只写歌词。"
transcribe = transcription(PROMPT, language="zh", cluster=None)


def sample(row: Row, split: str) -> Sample:
    """One utterance; those of one song are one cluster."""
    made = transcribe(row, split)
    made.cluster = made.id[:SONG]
    return made


@task("opencpop", version=1)
def opencpop() -> Task:
    """CER, lines joined; the paper prints it as WER."""
    return Task(
        source=Dataset(
            "opencpop",
            ("test",),
            [layouts.Opencpop()],
            get="fill in the form at https://wenet-e2e.github.io/opencpop/download",
        ),
        sample=sample,
        scorers=[error_rate("qwen2audio", language="zh")],
        columns={"opencpop.test.wer": Cell("test")},
        takes=frozenset({"audio"}),
        language="zh",
    )
