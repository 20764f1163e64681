"""VStyle: spoken instructions on what to say and how; a judge hears the reply, by one rubric for each category."""

from __future__ import annotations

from evalkit.authoring import (  # isort: skip
    Audio, Cell, DataError, Dataset, Generation, Row, Rule, Sample, Scorer, Task, audio, by, integer, judged, layouts,
    on, optional, task, text, user,
)  # fmt: skip

# Category -> its abilities with their weights in the overall value: 72 of 288 for each category.
WEIGHTS = {
    "acoustic_attributes": {"age": 6, "speed": 6, "gender": 6, "emotion": 6, "pitch": 6, "volume": 6,
                            "composite_properties": 36},
    "instruction": {"emotion": 24, "variation": 24, "style": 24},
    "role_play": {"scenario": 36, "character": 36},
    "empathy": {"anger": 18, "sadness_disappointment": 18, "anxiety_fear": 18, "joy_excitement": 18},
}  # fmt: skip
SHARES = {f"{category}/{name}": weight for category, some in WEIGHTS.items() for name, weight in some.items()}
PRINTED = {"sadness_disappointment": "sadness", "anxiety_fear": "anxiety", "joy_excitement": "joy"}
SPLITS = ("en", "zh")
FIELDS = {
    "audio": optional(audio("instruction_audio_path")),
    "question": text("instruct_text"),
    "ability": text("ability"),
    "instruct_id": integer("instruct_id"),
}
LINES = layouts.JsonLines("{split}/metadata.jsonl", fields=FIELDS, media=("{split}/wav", "{split}"))
GET = "zhanjun/VStyle on the hub has texts and recordings; 'evalkit show task vstyle' says how a copy has to lie"


def sample(row: Row, split: str) -> Sample:
    """The recording is the whole request; its words are for the judge."""
    key, ability = row["id"], row["ability"]
    if ability not in SHARES:
        raise DataError(f"sample '{key}'", f"unknown ability '{ability}'; there are {', '.join(SHARES)}")

    def missing() -> bytes:
        raise DataError(f"sample '{key}'", "no recording of the instruction; its line needs instruction_audio_path")

    spoken = row["audio"] or Audio(opener=missing, name=f"instruction-{key}.wav")
    meta = {**{name: row[name] for name in FIELDS if name != "audio"}, "category": ability.partition("/")[0]}
    return Sample(key, (user(spoken),), cluster=f"{split}/{row['instruct_id']}", meta=meta)


def column(ability: str, language: str) -> str:
    """Id of an ability's column; papers print short names."""
    category, _, name = ability.partition("/")
    return f"vstyle.{category}.{PRINTED.get(name, name)}.{language}"


def covered(category: str, language: str) -> Rule:
    """The weighted mean of a category's abilities, or of all; those with a value share the weight of the others."""
    shares = {one: weight for one, weight in SHARES.items() if one.startswith(category)}
    return Rule("mean_available", tuple(column(one, language) for one in shares), tuple(shares.values()))


@task("vstyle", version=1)
def vstyle() -> Task:
    """Grades 1 to 5, by ability, category and over all, in English and Chinese apart."""
    columns: dict[str, Cell | Rule] = {}
    scorers: list[Scorer] = []
    for lang in SPLITS:
        columns |= {column(one, lang): Cell(lang, group=("ability", one)) for one in SHARES}
        columns |= {f"vstyle.{name}.{lang}": covered(f"{name}/", lang) for name in WEIGHTS}
        columns[f"vstyle.overall.{lang}"] = covered("", lang)
        rubrics = {name: f"vstyle_{name}_{lang}" for name in WEIGHTS} | {"instruction": "vstyle_instruction"}
        heard = {"question_audio": "meta.recording"}  # published records name none, so the judge gets none
        scorers += on(lang, by("category", {name: judged(rubric, inputs=heard) for name, rubric in rubrics.items()}))
    return Task(
        source=Dataset("vstyle", SPLITS, [LINES], get=GET),
        sample=sample,
        scorers=scorers,
        columns=columns,
        breakdowns=("category", "ability"),
        optional_groups=True,
        shared_ids=True,
        generation=Generation(speech=True, max_new_tokens=2048),
        takes=frozenset({"audio"}),
    )
