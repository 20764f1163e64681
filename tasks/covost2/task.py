"""CoVoST 2: translation of read speech, from English into 15 languages and from 21 languages into English."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from evalkit.authoring import Cell, Dataset, Hub, Mean, Task, audio, bleu, by_stem, chrf, layouts, on, question, task

NAMES = {
    "ar": "Arabic", "ca": "Catalan", "cy": "Welsh", "de": "German", "en": "English", "es": "Spanish", "et": "Estonian",
    "fa": "Persian", "fr": "French", "id": "Indonesian", "it": "Italian", "ja": "Japanese", "lv": "Latvian",
    "mn": "Mongolian", "nl": "Dutch", "pt": "Portuguese", "ru": "Russian", "sl": "Slovenian", "sv": "Swedish",
    "ta": "Tamil", "tr": "Turkish", "zh": "Mandarin Chinese",
}  # fmt: skip
FROM_ENGLISH = ("zh", "de", "tr", "fa", "sv", "mn", "cy", "ca", "sl", "et", "id", "ar", "ta", "lv", "ja")
INTO_ENGLISH = (
    "zh", "fr", "de", "es", "ca", "it", "ru", "pt", "fa", "et", "mn", "nl", "tr", "ar", "sv", "lv", "sl", "ta", "ja",
    "id", "cy",
)  # fmt: skip
PUBLISHED = {"zh": "zh-CN", "sv": "sv-SE"}  # codes of the data set where they differ
TOKENIZERS = {"zh": "zh", "ja": "ja-mecab"}  # Qwen2-Audio's evaluate_st.py; any other: 13a
PAIRS = {f"{a}_{b}": (a, b) for a, b in [*(("en", x) for x in FROM_ENGLISH), *((x, "en") for x in INTO_ENGLISH)]}
CONFIG = {pair: "_".join(PUBLISHED.get(code, code) for code in codes) for pair, codes in PAIRS.items()}
TARGET = {pair: target for pair, (_, target) in PAIRS.items()}
PROMPTS = {
    pair: f"Translate what is said in this {NAMES[source]} recording into {NAMES[target]}. "
    "Give the translation and nothing else."
    for pair, (source, target) in PAIRS.items()
}


def plain(column: str) -> Callable[[Mapping[str, Any]], str]:
    """A column of the published tables, in which a backslash stands before quotation marks and backslashes."""
    return lambda raw: re.sub(r"\\(.)", r"\1", raw[column])


def scorers(target: str | None) -> Any:
    """BLEU with the tokenizer of the target language, and chrF beside it, on the pairs that use this tokenizer."""
    pairs = [pair for pair, code in TARGET.items() if (code if code in TOKENIZERS else None) == target]
    return on(pairs, bleu(tokenizer=TOKENIZERS.get(target or "", "13a")), chrf())


TABLE = layouts.Tsv(
    {pair: f"{PUBLISHED.get(source, source)}/covost_v2.{CONFIG[pair]}.test.tsv" for pair, (source, _) in PAIRS.items()},
    id=by_stem("path"),
    fields={"audio": audio("clips/{path}"), "translation": plain("translation"), "speaker": "client_id"},
    quote=None,
)
HUB = Hub(
    "fixie-ai/covost2",
    "main",
    config=CONFIG,
    split="test",
    fields={"audio": "audio", "translation": "translation", "speaker": "client_id"},
)


@task("covost2", version=1)
def covost2() -> Task:
    """Corpus BLEU of each pair by sacreBLEU: case-sensitive, nothing normalised."""
    names = ("bleu", "chrf")
    return Task(
        source=Dataset(
            "covost2",
            tuple(PAIRS),
            [TABLE, HUB.downloaded()],
            HUB,
            get="covost_v2.A_B.test.tsv by get_covost_splits.py of facebookresearch/covost, clips of Common Voice 4",
        ),
        sample=question(PROMPTS, media="audio", reference="translation", language=TARGET, cluster="speaker"),
        scorers=[scorers("zh"), scorers("ja"), scorers(None)],
        columns={f"covost2.{pair}.{name}": Cell(pair, name) for pair in PAIRS for name in names}
        | {"covost2.en_zh_en.bleu": Mean("covost2.en_zh.bleu", "covost2.zh_en.bleu")},
        takes=frozenset({"text", "audio"}),
        shared_ids=True,
    )
