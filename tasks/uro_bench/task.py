"""URO-Bench: forty spoken sets, basic and pro, English and Chinese; spoken replies, judged by what is heard of them."""

from __future__ import annotations

from evalkit.authoring import (  # isort: skip
    Generation, Parts, Scorer, Task, as_written, joined, judged, noted, on, parts, repeat, task,
)  # fmt: skip
from evalkit.tasks.uro_bench import emotion, rows, versions

HEARS = ("open", "semi_open", "qa", "ue", "sf", "gs", "ml", "multi", "sa")  # by transcripts; the last two: whole rounds
RULES: dict[str, Scorer] = {one: judged(f"uro_{one}", heard=True) for one in HEARS} | {
    "srt": judged("uro_srt"),  # a judge that hears
    "repeat": repeat(),  # its official value comes first, the strict one beside it
    "ge": emotion.emotion_said(),
}  # fmt: skip
SETS = parts("""
    # set            column          lang  level  ability        rule       data  what is written and said is compared
    Repeat           repeat          en    basic  understanding  repeat     both  as_written
    Summary          summary         en    basic  understanding  semi_open  both  as_written
    GaokaoEval       gaokaoeval      en    basic  understanding  qa         both  as_written
    StoralEval       storaleval      en    basic  reasoning      semi_open  both  as_written
    TruthfulEval     truthfuleval    en    basic  reasoning      semi_open  both  as_written
    Gsm8kEval        gsm8keval       en    basic  reasoning      qa         both  as_written
    MLC              mlc             en    basic  reasoning      qa         both  as_written
    AlpacaEval       alpacaeval      en    basic  oral           open       both  as_written
    CommonEval       commoneval      en    basic  oral           open       both  as_written
    WildchatEval     wildchateval    en    basic  oral           open       both  as_written
    Repeat-zh        repeat          zh    basic  understanding  repeat     both  as_written
    LCSTS-zh         lcsts           zh    basic  understanding  semi_open  both  as_written
    HSK5-zh          hsk5            zh    basic  understanding  qa         new   as_written
    SQuAD-zh         squad           zh    basic  reasoning      qa         new   as_written
    OpenbookQA-zh    openbookqa      zh    basic  reasoning      qa         both  as_written
    APE-zh           ape             zh    basic  reasoning      qa         new   as_written
    MLC-zh           mlc             zh    basic  reasoning      qa         both  as_written
    AlpacaEval-zh    alpacaeval      zh    basic  oral           open       both  as_written
    Claude-zh        claude          zh    basic  oral           open       both  as_written
    Wildchat-zh      wildchat        zh    basic  oral           open       new   as_written
    UnderEmotion-en  underemotion    en    pro    understanding  ue         both  as_written
    CodeSwitching-en codeswitching   en    pro    understanding  semi_open  both  as_written
    Safety-en        safety          en    pro    understanding  sf         both  as_written
    ClothoEval-en    clotho          en    pro    understanding  qa         both  as_written
    MuChoEval-en     mucho           en    pro    understanding  qa         both  as_written
    MLCpro-en        mlcpro          en    pro    reasoning      qa         both  as_written
    MtBenchEval-en   mtbench         en    pro    reasoning      multi      both  as_written_mean
    SpeakerAware-en  speakeraware    en    pro    reasoning      sa         both  as_written_mean
    SRT-en           srt             en    pro    oral           srt        both  as_written
    GenEmotion-en    genemotion      en    pro    oral           ge         both  as_written
    GenStyle-en      genstyle        en    pro    oral           gs         both  as_written
    Multilingual     multilingual    en    pro    oral           ml         both  no
    UnderEmotion-zh  underemotion    zh    pro    understanding  ue         both  as_written
    CodeSwitching-zh codeswitching   zh    pro    understanding  semi_open  both  as_written
    Safety-zh        safety          zh    pro    understanding  sf         both  as_written
    MLCpro-zh        mlcpro          zh    pro    reasoning      qa         both  as_written
    SpeakerAware-zh  speakeraware    zh    pro    reasoning      sa         both  as_written_mean
    SRT-zh           srt             zh    pro    oral           srt        both  as_written
    GenEmotion-zh    genemotion      zh    pro    oral           ge         both  as_written
    GenStyle-zh      genstyle        zh    pro    oral           gs         both  as_written
""", ("split", "name", "language", "level", "ability", "rule", "data", "compared"))  # fmt: skip
WORDS = {"as_written": as_written("uro_bench"), "as_written_mean": joined(as_written("uro_bench"), how="mean")}
COMPARED = SETS.select(compared=tuple(WORDS))  # Multilingual has no rule for its languages
OLD = SETS.select(data="both")
EACH = "{language}_{level}.{name}"
MEANS = ("{language}_{level}.{ability}", "{level}.{ability}", "{language}.{ability}", "{ability}", "{language}_{level}",
         "{language}", "{level}", "final_score")  # fmt: skip


def bench(name: str, sets: Parts, naturalness: bool) -> Task:
    """A version of the data, whose columns have the name of its task."""
    compared = COMPARED.select(split=set(COMPARED.splits) & set(sets.splits))
    scorers = [*sets.scorers("rule", RULES), *compared.scorers("compared", WORDS)]
    words = [f"{name}.{place}.asr_error_rate" for place in (EACH, "{language}_{level}", "{language}")]
    columns = sets.columns(*(f"{name}.{mean}" for mean in (EACH, *MEANS)))
    for rule, metric in (("repeat", "repeat_strict"), ("ge", "emotion_said_strict")):
        columns |= sets.select(rule=rule).columns(f"{name}.{EACH}.strict", metric=metric)
    columns |= compared.columns(*words, metric="compared")
    if naturalness:
        scorers += on(sets.splits, noted("naturalness", "utmos", range=(1, 5), label="UTMOS"))
        columns |= sets.columns(*(one.replace("asr_error_rate", "utmos") for one in words), metric="utmos")
    return Task(
        source=versions.copy_of(name, sets, rows.FIELDS), sample=rows.Maker(sets.meta("language", "level", "ability")),
        scorers=scorers, columns=columns, breakdowns=("language", "level", "ability"), averages="published",
        history="own", takes=frozenset({"audio"}), generation=Generation(speech=True, max_new_tokens=2048),
        listeners={"transcriber": {"en": "whisper-large-v3", "zh": "paraformer-zh"},
                   "emotion": "emotion2vec-plus-large"},
    )  # fmt: skip


@task("uro_bench", version=1)
def uro_bench(naturalness: bool = False) -> Task:
    """The forty sets since August 2025; naturalness adds UTMOS, by the listener of that role."""
    return bench("uro_bench", SETS, naturalness)


@task("uro_bench_before_2025_08", version=1)
def uro_bench_before_2025_08(naturalness: bool = False) -> Task:
    """The thirty-six sets until then, nine of other sizes."""
    return bench("uro_bench_before_2025_08", OLD, naturalness)


@task("uro_bench_mini", version=1)
def uro_bench_mini(naturalness: bool = False) -> Task:
    """The small version of the forty sets."""
    return bench("uro_bench_mini", SETS, naturalness)
