"""ChildMandarin test: Mandarin of children between three and five."""

from __future__ import annotations

from evalkit.authoring import Cell, Dataset, Hub, Task, error_rate, layouts, task, transcription

SHARDS = ("new_data/test*.tar", "test*.tar")

PROMPT = "请听这段中文录音，把听到的话逐字写下来，只写转写的文字。"


@task("childmandarin", version=1)
def childmandarin() -> Task:
    """Characters and Latin words by Kimi-Audio-Evalkit's rule; the paper prints it as WER."""
    return Task(
        source=Dataset(
            "childmandarin",
            ("test",),
            [layouts.WebDataset({"test": shards}, text="transcription", speaker="speaker") for shards in SHARDS],
            hub=Hub(
                "BAAI/ChildMandarin",
                "main",
                None,
                {"test": "test"},
                id="__key__",
                text="json.transcription",
                audio="wav",
                speaker="json.speaker",
                gated=True,
            ),
            get="accept the terms at https://huggingface.co/datasets/BAAI/ChildMandarin and download its test archives",
        ),
        sample=transcription(PROMPT, language="zh", cluster="speaker"),
        scorers=[error_rate("kimi", language="zh")],
        columns={"childmandarin.test.wer": Cell("test")},
        takes=frozenset({"audio"}),
        language="zh",
    )
