"""AISHELL-1 test: Mandarin read speech of 20 speakers."""

from __future__ import annotations

from evalkit.authoring import Cell, Dataset, Hub, Task, error_rate, layouts, task, transcription

NUMBERS = (*range(764, 771), *range(901, 909), *range(912, 917))
SPEAKERS = {"test": tuple(f"S{number:04d}" for number in NUMBERS)}
COMMIT = "e2582a0e9ebef41846079d9d7df1298b458ef27b"

PROMPT = "请听这段中文录音，把听到的话逐字写下来，只写转写的文字。"


def joined(transcript: str) -> str:
    """The transcript without the spaces between its words."""
    return "".join(transcript.split())


@task("aishell1", version=1)
def aishell1() -> Task:
    """Characters and Latin words by Kimi-Audio-Evalkit's rule; papers print it as WER."""
    numbered = "{split}_{index:05d}"  # the parquet copy is not known to have ids
    return Task(
        source=Dataset(
            "aishell1",
            ("test",),
            [
                layouts.Aishell(SPEAKERS),
                layouts.AishellArchive(SPEAKERS),
                layouts.Parquet({"test": "test"}, id=numbered, text="text"),
            ],
            hub=Hub(
                "TwinkStart/AISHELL-1", COMMIT, None, {"test": "test"}, id=numbered, text="text", commit_verified=True
            ),
            get="download data_aishell.tgz from https://www.openslr.org/33",
        ),
        sample=transcription(PROMPT, language="zh", cluster="speaker", clean=joined),
        scorers=[error_rate("kimi", language="zh")],
        columns={"aishell1.test.wer": Cell("test")},
        takes=frozenset({"audio"}),
        language="zh",
    )
