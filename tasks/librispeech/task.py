"""LibriSpeech: English read speech, two dev and two test sets."""

from __future__ import annotations

from evalkit.authoring import Cell, Dataset, Hub, Task, error_rate, layouts, task, transcription

SPLITS = ("dev_clean", "dev_other", "test_clean", "test_other")
CONFIG = {split: split.rpartition("_")[2] for split in SPLITS}  # clean, other
ON_HUB = {split: "validation" if split.startswith("dev") else "test" for split in SPLITS}
COMMIT = "71cacbfb7e2354c4226d01e70d77d5fca3d04ba1"

PROMPT = "Write down exactly what is said in this English recording. Give the transcription and nothing else."


@task("librispeech", version=1)
def librispeech() -> Task:
    """WER by Kimi-Audio-Evalkit's rule, per split."""
    return Task(
        source=Dataset(
            "librispeech",
            SPLITS,
            [
                layouts.LibriSpeech(),
                layouts.LibriSpeechArchive(),
                layouts.Parquet(ON_HUB, id="id", text="text", config=CONFIG, speaker="speaker_id"),
            ],
            hub=Hub("openslr/librispeech_asr", COMMIT, CONFIG, ON_HUB, id="id", text="text", speaker="speaker_id"),
            get="download test-clean.tar.gz, test-other.tar.gz, ... from https://www.openslr.org/12",
        ),
        sample=transcription(PROMPT, language="en", cluster="speaker"),
        scorers=[error_rate("kimi", language="en")],
        columns={f"librispeech.{split}.wer": Cell(split) for split in SPLITS},
        takes=frozenset({"audio"}),
        language="en",
    )
