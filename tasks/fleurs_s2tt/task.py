"""FLEURS speech translation: English and Mandarin from and into fourteen languages each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from evalkit.authoring import Cell, Dataset, Field, Hub, Mean, Task, audio, bleu, chrf, layouts, on, question, task
from evalkit.tasks.fleurs_s2tt.languages import LANGUAGES
from evalkit.tasks.fleurs_s2tt.pairs import Pairs

OTHERS = {hub: [code for code in LANGUAGES if code != hub] for hub in ("en", "zh")}
AVERAGES = {
    **{f"{hub}2xx": [f"{hub}_{code}" for code in others] for hub, others in OTHERS.items()},
    **{f"xx2{hub}": [f"{code}_{hub}" for code in others] for hub, others in OTHERS.items()},
}
DIRECTIONS = tuple(dict.fromkeys(pair for pairs in AVERAGES.values() for pair in pairs))
CODES = {pair: (pair.partition("_")[0], pair.partition("_")[2]) for pair in DIRECTIONS}
CONFIGS = tuple(config for config, _, _ in LANGUAGES.values())
SAME = {config: config for config in CONFIGS}
# the published table has no header line
FIELDS = ("id", "path", "raw_transcription", "transcription", "characters", "num_samples", "gender")
PROMPTS = {
    pair: f"Translate what is said in this {LANGUAGES[a][1]} recording into {LANGUAGES[b][1]}. "
    "Give the translation and nothing else."
    for pair, (a, b) in CODES.items()
}


def recording(raw: Mapping[str, Any], index: int) -> str:
    """Id of a row, SENTENCE_FILE: several speakers read a sentence."""
    return f"{raw['id']}_{PurePosixPath(raw['path']).stem}"


TEXTS: dict[str, Field] = {"sentence": lambda raw: str(raw["id"]), "text": "raw_transcription"}
COLUMNS = layouts.Columns(id=recording, fields={"audio": audio("path"), **TEXTS})
TOPS = ("", "data")
TABLES = [
    layouts.PackedTable(SAME, "{name}/test.tsv", "{name}/audio/test.tar.gz", COLUMNS, FIELDS, TOPS),
    layouts.Table(SAME, "{name}/test.tsv", "{name}/audio/test", COLUMNS, FIELDS, TOPS),
]
WRITTEN = layouts.Table(SAME, "{name}/test.tsv", None, layouts.Columns(id=recording, fields=TEXTS), FIELDS, TOPS)


def data_set(tables: list[layouts.Layout], **more: str) -> Dataset:
    """FLEURS by language, in tables or as the hub converted it."""
    fields = {**more, **TEXTS}
    hub = Hub("google/fleurs", "refs/convert/parquet", SAME, "test", id=recording, fields=fields)
    return Dataset("fleurs", CONFIGS, [*tables, hub.downloaded()], hub, get="see the card of fleurs")


def scorers(tokenizer: str) -> Any:
    """BLEU with a tokenizer, and chrF, on the directions into its languages."""
    into = [pair for pair, (_, target) in CODES.items() if LANGUAGES[target][2] == tokenizer]
    return on(into, bleu(tokenizer=tokenizer), chrf())


@task("fleurs_s2tt", version=1)
def fleurs_s2tt() -> Task:
    """The four averages are unweighted means over fourteen directions; each direction has its BLEU and chrF beside."""
    pairs = {pair: (LANGUAGES[a][0], LANGUAGES[b][0]) for pair, (a, b) in CODES.items()}
    return Task(
        source=Pairs(data_set([*TABLES], audio="audio"), data_set([WRITTEN]), pairs),
        sample=question(
            PROMPTS, "audio", "translation", language={pair: b for pair, (_, b) in CODES.items()}, cluster="sentence"
        ),
        scorers=[scorers(one) for one in dict.fromkeys(tokenizer for _, _, tokenizer in LANGUAGES.values())],
        columns={
            f"fleurs_s2tt.{name}.{metric}": Mean(*(f"fleurs_s2tt.{pair}.{metric}" for pair in pairs))
            for name, pairs in AVERAGES.items()
            for metric in ("bleu", "chrf")
        }
        | {f"fleurs_s2tt.{pair}.{metric}": Cell(pair, metric) for pair in DIRECTIONS for metric in ("bleu", "chrf")},
        takes=frozenset({"text", "audio"}),
        shared_ids=True,
    )
