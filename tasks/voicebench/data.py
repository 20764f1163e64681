"""Where VoiceBench's sets lie: one repository of the hub, CONFIG/SPLIT-*.parquet, with the recordings inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalkit.authoring import Dataset, Hub, audio, optional

OPEN = ("alpacaeval", "commoneval", "wildvoice")
DOMAINS = ("law", "engineering", "other", "biology", "business", "economics",
           "health", "philosophy", "psychology", "history", "chemistry", "physics")  # fmt: skip
MMSU = tuple(f"mmsu_{domain}" for domain in DOMAINS)
ACCENTS = ("aus", "gbr", "ind_n", "ind_s", "irl", "kenya", "nga", "nzl", "phl", "usa", "zaf")
VOICES = {  # place and voice of Google's synthesis, with its rate of speech in %
    **{
        f"{place}_{voice}_100": f"en_{place}_Wavenet_{voice}_1.0_0.0_0.0"
        for place in ("AU", "IN", "GB")
        for voice in "AB"
    },
    **{f"US_{voice}_100": f"en_US_Wavenet_{voice}_1.0_0.0_0.0" for voice in "AC"},
    **{f"US_A_{rate}": f"en_US_Wavenet_A_{rate / 100}_0.0_0.0" for rate in (50, 150, 200)},
}
# split of a task -> configuration and split on the hub
NINE: dict[str, tuple[str, str]] = {
    "alpacaeval": ("alpacaeval_full", "test"),  # 636 questions; the configuration "alpacaeval" has 199 of them
    "commoneval": ("commoneval", "test"),
    "wildvoice": ("wildvoice", "test"),
    "sd_qa": ("sd-qa", "usa"),
    **{split: ("mmsu", domain) for split, domain in zip(MMSU, DOMAINS, strict=True)},
    **{name: (name, "test") for name in ("openbookqa", "bbh", "ifeval", "advbench")},
}
SD_QA = {f"sd_qa_{accent}": ("sd-qa", accent) for accent in ACCENTS}
SPEAKERS = {name.lower(): ("alpacaeval_speaker", split) for name, split in VOICES.items()}
MTBENCH = {"mtbench": ("mtbench", "test")}

COMMIT = "b02edcef1330480be3a11bd6f7434ac32f05ad08"  # seen in public code
FACTS = ("question", "subset", "key", "instruction_id_list", "kwargs")  # the sets that a rule reads them in have them
SPOKEN: Mapping[str, Any] = {
    "audio": "audio",
    "question": "prompt",
    "reference": optional("reference"),
    "subset": optional("id"),
    **{name: optional(name) for name in FACTS[2:]},
}
TWICE: Mapping[str, Any] = {
    "first": audio("audio1"),
    "second": audio("audio2"),
    "said": "turns",
    "category": optional("category"),
}


def source(places: Mapping[str, tuple[str, str]], fields: Mapping[str, Any] = SPOKEN) -> Dataset:
    """The repository on the hub, or its download in DIR/voicebench; ids are SPLIT_ROW.

    Args:
        places: split of the task -> configuration and split on the hub.
        fields: of a row.
    """
    hub = Hub(
        "hlt-lab/voicebench",
        COMMIT,
        config={split: config for split, (config, _) in places.items()},
        split={split: name for split, (_, name) in places.items()},
        id="{split}_{index}",
        fields=fields,
    )
    return hub.dataset("voicebench", tuple(places))
