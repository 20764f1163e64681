"""Common Voice 15: English and Mandarin sentences read by volunteers."""

from __future__ import annotations

from evalkit.authoring import Cell, Dataset, Hub, Task, error_rate, layouts, task, transcription

SPLITS = ("en", "zh")
ON_HUB = {split: split for split in SPLITS}
FOLDERS = {"en": "en", "zh": "zh-CN"}
COMMIT = "1650bd11e02032d0fad193cd3d967320bab95a0c"

PROMPTS = {
    "en": "Write down exactly what is said in this English recording. Give the transcription and nothing else.",
    "zh": "请听这段中文录音，把听到的话逐字写下来，只写转写的文字。",
}


@task("common_voice_15", version=1)
def common_voice_15() -> Task:
    """Words for English, characters for Mandarin, by Qwen2-Audio's rule; the paper prints both as WER."""
    columns = layouts.Columns(id=layouts.by_stem("path"), text="sentence", audio="path", speaker="client_id")
    numbered = "{split}_{index:05d}"  # the parquet copy is not known to have ids
    return Task(
        source=Dataset(
            "common_voice_15",
            SPLITS,
            [
                layouts.Table(FOLDERS, "{name}/test.tsv", "{name}/clips", columns, tops=("", "cv-corpus-15.0-*")),
                layouts.Parquet(ON_HUB, id=numbered, text="sentence"),
            ],
            hub=Hub(
                "TwinkStart/CommonVoice_15", COMMIT, None, ON_HUB, id=numbered, text="sentence", commit_verified=True
            ),
            get="download en and zh-CN of release 15.0 (2023-09-08) from https://commonvoice.mozilla.org",
        ),
        sample=transcription(PROMPTS, language=ON_HUB, cluster="speaker"),
        scorers=[error_rate("qwen2audio")],
        columns={f"common_voice_15.{split}.wer": Cell(split) for split in SPLITS},
        takes=frozenset({"audio"}),
    )
