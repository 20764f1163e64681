"""WenetSpeech: Mandarin from the web (test_net) and from far-field meetings (test_meeting)."""

from __future__ import annotations

from evalkit.authoring import Cell, Dataset, Hub, Row, Sample, Task, error_rate, layouts, task, transcription

SPLITS = ("test_net", "test_meeting")
ON_HUB = {split: split for split in SPLITS}
COMMIT = "a5cfb8be0cdff4b90c97813a358ffc925b3e6b10"

PROMPT = "请听这段中文录音，把听到的话逐字写下来，只写转写的文字。"
transcribe = transcription(PROMPT, language="zh", cluster=None)


def sample(row: Row, split: str) -> Sample:
    """One segment; those of one recording are one cluster. A segment's id is RECORDING_Snnnnn."""
    made = transcribe(row, split)
    made.cluster = made.id.rpartition("_S")[0] or None
    return made


@task("wenetspeech", version=1)
def wenetspeech() -> Task:
    """Characters and Latin words by Kimi-Audio-Evalkit's rule; papers print it as WER."""
    return Task(
        source=Dataset(
            "wenetspeech",
            SPLITS,
            [layouts.WenetSpeech(), layouts.Parquet(ON_HUB, id="sid", text="text")],
            hub=Hub("TwinkStart/WenetSpeech", COMMIT, None, ON_HUB, id="sid", text="text", commit_verified=True),
            get="apply for the release at https://wenet-e2e.github.io/WenetSpeech/",
        ),
        sample=sample,
        scorers=[error_rate("kimi", language="zh")],
        columns={f"wenetspeech.{split}.wer": Cell(split) for split in SPLITS},
        takes=frozenset({"audio"}),
        language="zh",
    )
