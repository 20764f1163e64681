"""VoiceBench's further sets, outside its overall value: SD-QA by accent, AlpacaEval by voice, MT-Bench in two turns."""

from __future__ import annotations

from evalkit.authoring import (
    Cell,
    DataError,
    Generation,
    Mean,
    Modality,
    Row,
    Sample,
    Task,
    conversation,
    judged,
    spoken,
    task,
)
from evalkit.tasks.voicebench.data import FACTS, MTBENCH, SD_QA, SPEAKERS, TWICE, source
from evalkit.tasks.voicebench.questions import PANDA, qa, qa_columns

SETTINGS = Generation(max_new_tokens=2048)
SPOKEN: frozenset[Modality] = frozenset({"audio"})


@task("voicebench_accents", version=1)
def voicebench_accents(panda: str = PANDA) -> Task:
    """SD-QA in eleven accents. The 553 questions are the same in each, so intervals draw questions.

    Args:
        panda: version of PEDANT; "none" leaves out what needs it.
    """
    columns = qa_columns("voicebench_accents", tuple(SD_QA), panda)
    for split in SD_QA:
        columns |= qa_columns(f"voicebench_accents.{split.removeprefix('sd_qa_')}", split, panda)
    return Task(
        source=source(SD_QA),
        sample=spoken(meta=FACTS, language="en", cluster="question"),
        scorers=qa(panda),
        columns=columns,
        generation=SETTINGS,
        takes=SPOKEN,
        language="en",
    )


@task("voicebench_speakers", version=1)
def voicebench_speakers() -> Task:
    """AlpacaEval's 636 questions in eleven voices: accents, sexes, and one voice at four rates of speech."""
    return Task(
        source=source(SPEAKERS),
        sample=spoken(meta=FACTS, language="en", cluster="question"),
        scorers=[judged("voicebench_open", scale="20..100", metric="grade")],
        columns={f"voicebench_speakers.{split}": Cell(split) for split in SPEAKERS}
        | {"voicebench_speakers": Mean(*(f"voicebench_speakers.{split}" for split in SPEAKERS))},
        generation=SETTINGS,
        takes=SPOKEN,
        language="en",
    )


def two_turns(row: Row, split: str) -> Sample:
    """Both recordings as turns that are asked one after the other, after the model's own reply."""
    if not isinstance(row["said"], list) or len(row["said"]) != 2:
        raise DataError(f"sample '{row['id']}'", f"expected the texts of two turns in 'turns', got {row['said']!r}")
    parts = zip((row["first"], row["second"]), row["said"], "12", strict=True)
    turns = [{"audio": audio, "text": said, "turn": turn} for audio, said, turn in parts]
    make = conversation(ask="every", turn_meta=("turn",), meta="category", language="en")
    return make({**row, "turns": turns}, split)


@task("voicebench_mtbench", version=1)
def voicebench_mtbench() -> Task:
    """MT-Bench's 46 dialogues. VoiceBench has no scorer for them: the columns are ours.

    The judge of the open sets grades each reply and is shown the conversation before it.
    """
    return Task(
        source=source(MTBENCH, TWICE),
        sample=two_turns,
        scorers=[
            judged("voicebench_open", inputs={"question": "conversation"}, scale="20..100", metric="grade"),
        ],
        columns={"voicebench_mtbench": Cell("mtbench")}
        | {f"voicebench_mtbench.turn{at}": Cell("mtbench", group=("turn", str(at))) for at in (1, 2)},
        breakdowns=("turn", "category"),
        generation=SETTINGS,
        takes=SPOKEN,
        language="en",
        history="own",
    )
