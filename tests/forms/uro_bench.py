"""URO-Bench: forty spoken sets, basic and pro, English and Chinese; spoken answers, judged by what is heard."""

from __future__ import annotations

from evalkit.authoring import (  # isort: skip
    Dataset, Generation, Row, Sample, Task, accuracy_of, audio, conversation, each, error_rate, judged, layouts, noted,
    optional, parts, spoken, task,
)  # fmt: skip

JUDGED = ("open", "semi_open", "qa", "ue", "sf", "gs", "ml", "multi", "sa")
RULES = {name: judged(f"uro_{name}", heard=True) for name in JUDGED} | {
    "srt": judged("uro_srt"),  # a judge that hears
    "repeat": accuracy_of(error_rate("plain", heard=True), limit=50),
    "ge": noted("emotion", at="{emotion}", range=(0, 100), unit="%"),  # without its factor of the error rate
}
SETS = parts("""
    AlpacaEval       alpacaeval      en  basic  oral           open
    CommonEval       commoneval      en  basic  oral           open
    WildchatEval     wildchateval    en  basic  oral           open
    GaokaoEval       gaokaoeval      en  basic  understanding  qa
    Repeat           repeat          en  basic  understanding  repeat
    Summary          summary         en  basic  understanding  semi_open
    Gsm8kEval        gsm8keval       en  basic  reasoning      qa
    MLC              mlc             en  basic  reasoning      qa
    StoralEval       storaleval      en  basic  reasoning      semi_open
    TruthfulEval     truthfuleval    en  basic  reasoning      semi_open
    AlpacaEval-zh    alpacaeval      zh  basic  oral           open
    Claude-zh        claude          zh  basic  oral           open
    Wildchat-zh      wildchat        zh  basic  oral           open
    HSK5-zh          hsk5            zh  basic  understanding  qa
    LCSTS-zh         lcsts           zh  basic  understanding  semi_open
    Repeat-zh        repeat          zh  basic  understanding  repeat
    APE-zh           ape             zh  basic  reasoning      qa
    MLC-zh           mlc             zh  basic  reasoning      qa
    OpenbookQA-zh    openbookqa      zh  basic  reasoning      qa
    SQuAD-zh         squad           zh  basic  reasoning      qa
    ClothoEval-en    clotho          en  pro    understanding  qa
    CodeSwitching-en codeswitching   en  pro    understanding  semi_open
    GenEmotion-en    genemotion      en  pro    oral           ge
    GenStyle-en      genstyle        en  pro    oral           gs
    MLCpro-en        mlcpro          en  pro    reasoning      qa
    MtBenchEval-en   mtbench         en  pro    oral           multi
    MuChoEval-en     mucho           en  pro    understanding  qa
    Multilingual     multilingual    en  pro    oral           ml
    SRT-en           srt             en  pro    oral           srt
    Safety-en        safety          en  pro    oral           sf
    SpeakerAware-en  speakeraware    en  pro    oral           sa
    UnderEmotion-en  underemotion    en  pro    understanding  ue
    CodeSwitching-zh codeswitching   zh  pro    understanding  semi_open
    GenEmotion-zh    genemotion      zh  pro    oral           ge
    GenStyle-zh      genstyle        zh  pro    oral           gs
    MLCpro-zh        mlcpro          zh  pro    reasoning      qa
    SRT-zh           srt             zh  pro    oral           srt
    Safety-zh        safety          zh  pro    oral           sf
    SpeakerAware-zh  speakeraware    zh  pro    oral           sa
    UnderEmotion-zh  underemotion    zh  pro    understanding  ue
""", ("split", "name", "language", "level", "skill", "rule"))  # fmt: skip
FACTS = {"emotion": optional("emotion"), "style": optional("style"), "requirement": optional("requirement")}
TURNS = optional(each("dialogue", {"audio": audio("source_wav"), "text": "source_text", "reply": "target_text"}))
FIELDS = {"audio": optional(audio("source_wav")), "question": optional("source_text"), "turns": TURNS,
          "reference": optional("target_text"), **FACTS}  # fmt: skip
FILES = {row["split"]: f"{row['level']}/{row['split']}/test.jsonl" for row in SETS.rows}
LAYOUT = layouts.JsonLines(FILES, "{split}_{index}", FIELDS)
AT, META = "uro_bench.{language}_{level}", (SETS.meta("language", "level", "skill"), *FACTS)
SINGLE, SEVERAL = spoken(meta=("question", *META)), conversation(meta=META)  # the last round, after the data's replies


def sample(row: Row, split: str) -> Sample:
    return (SEVERAL if row["turns"] else SINGLE)(row, split)


@task("uro_bench", version=1)
def uro_bench() -> Task:
    """A column for each set, and the plain means of skills and levels."""
    return Task(
        source=Dataset("uro_bench", SETS.splits, [LAYOUT]), sample=sample, scorers=SETS.scorers("rule", RULES),
        columns=SETS.columns(f"{AT}.{{name}}", f"{AT}.{{skill}}", AT), breakdowns=("level", "skill"),
        generation=Generation(speech=True), takes=frozenset({"audio"}),
        listeners={"transcriber": {"en": "whisper-large-v3", "zh": "paraformer-zh"}},
    )  # fmt: skip
