"""FLEURS recognition: 19 languages, the same sentences in each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from evalkit.authoring import Cell, Dataset, Hub, Mean, Row, Sample, Task, by, error_rate, layouts, task, transcription

# config on the hub -> (language code, English name)
LANGUAGES = {
    "ar_eg": ("ar", "Arabic"),
    "yue_hant_hk": ("yue", "Cantonese"),
    "cmn_hans_cn": ("zh", "Mandarin Chinese"),
    "nl_nl": ("nl", "Dutch"),
    "en_us": ("en", "English"),
    "fr_fr": ("fr", "French"),
    "de_de": ("de", "German"),
    "id_id": ("id", "Indonesian"),
    "it_it": ("it", "Italian"),
    "ja_jp": ("ja", "Japanese"),
    "ko_kr": ("ko", "Korean"),
    "ms_my": ("ms", "Malay"),
    "pt_br": ("pt", "Portuguese"),
    "ru_ru": ("ru", "Russian"),
    "es_419": ("es", "Spanish"),
    "th_th": ("th", "Thai"),
    "tr_tr": ("tr", "Turkish"),
    "ur_pk": ("ur", "Urdu"),
    "vi_vn": ("vi", "Vietnamese"),
}
SPLITS = tuple(LANGUAGES)
SAME = {split: split for split in SPLITS}

PROMPTS = {
    split: f"Write down exactly what is said in this {name} recording, in {name}. "
    "Give the transcription and nothing else."
    for split, (_, name) in LANGUAGES.items()
} | {
    "cmn_hans_cn": "请听这段中文录音，把听到的话逐字写下来，只写转写的文字。",
    "yue_hant_hk": "请听这段粤语录音，把听到的话逐字写下来，只写转写的文字。",
}
transcribe = transcription(PROMPTS, {split: code for split, (code, _) in LANGUAGES.items()}, cluster=None)

# the published table has no header line
FIELDS = ("id", "path", "raw_transcription", "transcription", "characters", "num_samples", "gender")


def recording(raw: Mapping[str, Any], index: int) -> str:
    """Id of a row, SENTENCE_FILE: the column "id" names a sentence, which several speakers read."""
    return f"{raw['id']}_{PurePosixPath(raw['path']).stem}"


def sample(row: Row, split: str) -> Sample:
    """One recording; those of one sentence are one cluster."""
    made = transcribe(row, split)
    made.cluster = f"{split}/{made.id.partition('_')[0]}"
    made.id = f"{split}/{made.id}"
    return made


@task("fleurs", version=1)
def fleurs() -> Task:
    """English and Mandarin by Kimi-Audio-Evalkit's rule, the others by evalkit's; the average is unweighted."""
    columns = layouts.Columns(id=recording, text="transcription", audio="path")
    tops = ("", "data")
    return Task(
        source=Dataset(
            "fleurs",
            SPLITS,
            [
                layouts.PackedTable(SAME, "{name}/test.tsv", "{name}/audio/test.tar.gz", columns, FIELDS, tops),
                layouts.Table(SAME, "{name}/test.tsv", "{name}/audio/test", columns, FIELDS, tops),
                layouts.Parquet(dict.fromkeys(SPLITS, "test"), id=recording, text="transcription", config=SAME),
            ],
            hub=Hub(
                "google/fleurs",
                "refs/convert/parquet",
                SAME,
                dict.fromkeys(SPLITS, "test"),
                id=recording,
                text="transcription",
            ),
            get="see the card: data/CONFIG/test.tsv and data/CONFIG/audio/test.tar.gz of hub data set google/fleurs",
        ),
        sample=sample,
        scorers=[by("language", {code: error_rate("kimi", code) for code in ("en", "zh")}, other=error_rate("plain"))],
        columns={
            "fleurs.en.wer": Cell("en_us"),
            "fleurs.zh.wer": Cell("cmn_hans_cn"),
            "fleurs.avg_19lang.wer": Mean(*(Cell(split) for split in SPLITS)),
        },
        takes=frozenset({"audio"}),
    )
