"""Spoken dialogue with written answers (S2T) and spoken ones (S2S), as InteractiveOmni's Table 16 has them."""

from __future__ import annotations

from evalkit.authoring import Cell, Generation, Scorer, Suite, Task, contained, judged, on, spoken, task
from evalkit.tasks.spoken_dialogue.data import FACTS, SETS, source

COLUMNS = dict(zip(SETS, ("llama_questions", "web_questions", "triviaqa", "alpacaeval"), strict=True))


def scorers(heard: bool) -> list[Scorer]:
    """A string match for facts, with OpenAudioBench's judge beside it; AlpacaEval has the judge alone."""
    judges = [on(name, judged(f"openaudiobench_{name}", metric="judged", heard=heard)) for name in SETS]
    return [*on(FACTS, contained(heard=heard)), *(one for judge in judges for one in judge)]


def columns(kind: str) -> dict[str, Cell]:
    """The published columns: the match, or the judge's grade; and the judge's value of the facts as one of ours."""
    found = {f"spoken_dialogue.{COLUMNS[name]}.{kind}": Cell(name) for name in SETS}
    return found | {f"spoken_dialogue.{COLUMNS[name]}.{kind}.judged": Cell(name, "judged") for name in FACTS}


@task("spoken_dialogue_s2t", version=1)
def spoken_dialogue_s2t(copy: str = "ultraeval") -> Task:
    """A recording is the whole prompt; what is written is scored.

    Args:
        copy: of the questions, "ultraeval" or "openaudiobench".
    """
    return Task(
        source=source(copy),
        sample=spoken(meta="question", language="en"),
        scorers=scorers(heard=False),
        columns=columns("s2t"),
        takes=frozenset({"audio"}),
        language="en",
    )


@task("spoken_dialogue_s2s", version=1)
def spoken_dialogue_s2s(copy: str = "ultraeval") -> Task:
    """A recording is the whole prompt; what a recogniser hears of the spoken reply is scored.

    Args:
        copy: of the questions, "ultraeval" or "openaudiobench".
    """
    return Task(
        source=source(copy),
        sample=spoken(meta="question", language="en"),
        scorers=scorers(heard=True),
        columns=columns("s2s"),
        generation=Generation(speech=True),
        listeners={"transcriber": "whisper-large-v3"},
        takes=frozenset({"audio"}),
        language="en",
    )


@task("spoken_dialogue", version=1)
def spoken_dialogue() -> Suite:
    """The eight columns of the table: both tasks, one after the other."""
    return Suite(members={"spoken_dialogue_s2t": (), "spoken_dialogue_s2s": ()})
