"""VCB Bench: spoken dialogue in real Chinese voices; eleven topics, robustness sets beside their clean controls."""

from __future__ import annotations

from evalkit.authoring import Cell, Dataset, Field, Generation, Row, Sample, Task, UsageError, audio, by, joined

from evalkit.authoring import judged, layouts, on, optional, task, user  # isort: skip
from evalkit.tasks.vcb.rounds import conversation

WRITTEN = "continuation creation empathy recommendation rewriting safety simulation"
SPOKEN = "emotional_control language_control non_verbal_vocalization pacing_control style_control volume_control"
# Topic -> folder of its sets, the rule that scores them, and the sets; English names end in _en, as their topics do.
TOPICS = {
    "tif": ("text_instruction_follow/chinese/", "open", WRITTEN),
    "tif_en": ("text_instruction_follow/english/", "open", WRITTEN),
    "sif": ("speech_instruction_follow/chinese/", "heard", SPOKEN),
    "sif_en": ("speech_instruction_follow/english/", "heard", SPOKEN),
    "mtd": ("multi_turn_dialog/", "rounds", "progression backtracking transition"),
    "gk": ("", "answer", "general_knowledge"),
    "ml": ("mathematical_logic/", "answer", "basic_math math logical_reasoning"),
    "dc": ("", "option", "discourse_comprehension"),
    "sv": ("real_scenario/speaker_variations/", "open", "age accent volume speed"),
    "ev": ("real_scenario/environmental_variations/", "open", "non_vocal_noise vocal_noise unstable_signal"),
    "cv": ("real_scenario/content_variations/", "open",
           "casual_talk mispronunciation grammatical_error topic_shift code_switching"),
}  # fmt: skip
SETS = {topic: tuple(name + topic[3:] for name in names.split()) for topic, (_, _, names) in TOPICS.items()}
CLEAN = {topic: tuple(f"{name}_cmp" for name in SETS[topic]) for topic in ("sv", "ev", "cv")}
TOPIC = {name: topic for sets in (SETS, CLEAN) for topic, names in sets.items() for name in names}  # of a set
PARTED = ("age", "accent", "volume", "non_vocal_noise", "vocal_noise", "general_knowledge", "logical_reasoning",
          "discourse_comprehension")  # fmt: skip
FILES = {name: f"{TOPICS[topic][0]}{name}/{name}.jsonl" for name, topic in TOPIC.items()}
FIELDS: dict[str, Field] = {
    "audio": audio("audio_path", below="vcb_bench"), "question": optional("question", ""), "mt": optional("mt_meta"),
    "content": "audio_content", "reference": optional("answer")}  # fmt: skip
LINES = layouts.JsonLines(FILES, "index", FIELDS, media=("",))
GET = "the folder vcb_bench of tencent/VCB-Bench: huggingface-cli download --repo-type dataset tencent/VCB-Bench"
EARS = {"transcriber": {"en": "whisper-large-v3", "zh": "paraformer-zh"}}


def sample(row: Row, split: str) -> Sample:
    """Recordings alone; a written question behind them for comprehension, the data's replies between those of MTD."""
    key, topic = row["id"], TOPIC[split]
    rule, language = "safety" if split.startswith("safety") else "open", "en" if topic.endswith("_en") else "zh"
    category = "_".join(key.split("_")[:2]) if split.removesuffix("_cmp") in PARTED else split
    meta = {"rule": rule, "language": language, "category": category, "question": row["content"]}
    if topic == "mtd":
        turns, facts = conversation(row, split)
        return Sample(key, turns, cluster=facts["conversation"], meta={**meta, **facts})
    if topic == "dc":
        meta |= {"dialogue": row["content"], "question": row["question"]}
        return Sample(key, (user(row["audio"], row["question"]),), row["reference"], meta=meta)
    return Sample(key, (user(row["audio"]),), row["reference"], meta=meta)


@task("vcb", version=1)
def vcb(mode: str = "a2a") -> Task:
    """Mode "a2a" judges what a recogniser hears of spoken replies, "a2t" what is written; a judge hears SIF."""
    if mode not in ("a2a", "a2t"):
        raise UsageError(f"mode '{mode}' of vcb: a2a for spoken replies, which papers print, or a2t for written ones")
    at, spoken, lost, left = ("vcb", True, "drop", "zero") if mode == "a2a" else ("vcb.a2t", False, None, None)
    rules = {  # in mode a2a the program loses replies without speech before they are judged
        "open": by("rule", {name: judged(rubric, heard=spoken, missing=lost)
                            for name, rubric in (("open", "vcb_tif"), ("safety", "vcb_safety"))}),
        "heard": judged("vcb_sif"),
        "rounds": joined(judged("vcb_mtd", heard=spoken, missing=left, weight="meta.share"), "conversation", "whole"),
        "answer": judged("vcb_yes_no", heard=spoken, missing=lost),
        "option": judged("vcb_dc", heard=spoken, missing=lost),
    }  # fmt: skip
    topics = [topic for topic, (_, rule, _) in TOPICS.items() if spoken or rule != "heard"]
    splits = {rule: [one for one in FILES if TOPIC[one] in topics and TOPICS[TOPIC[one]][1] == rule] for rule in rules}
    columns = {f"{at}.{topic}": Cell(SETS[topic]) for topic in topics}
    columns |= {f"{at}.{topic}.clean": Cell(names) for topic, names in CLEAN.items()}
    columns |= {f"{at}.{TOPIC[one]}.{one}": Cell(one) for some in splits.values() for one in some}
    return Task(
        Dataset("vcb_bench", [one for some in splits.values() for one in some], [LINES], get=GET), sample,
        [one for rule, some in splits.items() if some for one in on(some, rules[rule])], columns, ("category",),
        shared_ids=True, takes=frozenset({"text", "audio"}), listeners=EARS if spoken else {},
        generation=Generation(speech=spoken, max_new_tokens=2048),
    )  # fmt: skip
