"""Spoken demo: sixty questions of ours, spoken by a synthesizer, with spoken answers; no download, no judge."""

from __future__ import annotations

import hashlib
from pathlib import Path

from evalkit.authoring import (
    Cell,
    Generation,
    Procedural,
    Task,
    dialogues,
    judged,
    on,
    spoken_dialogues,
    spoken_rules,
    task,
)

KINDS = ("choice", "yes_no", "instruction", "open")
VERSION = 1  # of what makes speech of the questions


def build(folder: Path) -> None:
    """Make the recordings; the synthesizer loads only when it is needed."""
    from evalkit.tasks.spoken_demo.build import build as make

    make(folder)


def ready() -> None:
    """A synthesizer is there, or an error says how to get one."""
    from evalkit.tasks.spoken_demo.build import ready as synthesizer_ready

    synthesizer_ready()


def key() -> str:
    """What determines the data: the version, and the questions themselves."""
    questions = (Path(__file__).parent / "questions.jsonl").read_bytes()
    return f"version {VERSION}, questions {hashlib.blake2b(questions, digest_size=8).hexdigest()}"


@task("spoken_demo", version=1)
def spoken_demo(judge: bool = False) -> Task:
    """Share of what is asked of a reply that a rule finds in it, by kind of question.

    A choice names its option and no other, yes or no is one of both, an instruction is kept. Of an open question the
    rule sees language and length alone; with judge=true a judge grades it too, as in VoiceBench.

    Args:
        judge: grade the open questions.
    """
    grade = [on("open", judged("voicebench_open", scale="20..100", metric="grade"))] if judge else []
    return Task(
        source=Procedural(
            "spoken_demo",
            key(),
            build,
            dialogues.Rules(max_turns=1, choices={"kind": KINDS}, takes=frozenset({"audio"})),
            "60 spoken questions",
            ready,
            by="kind",
        ),
        sample=spoken_dialogues.spoken_sample,
        scorers=[spoken_rules(), *(one for some in grade for one in some)],
        columns={f"spoken_demo.{kind}": Cell(kind, "expectations_met") for kind in KINDS}
        | ({"spoken_demo.open.judged": Cell("open", "grade")} if judge else {}),
        breakdowns=("language",),
        generation=Generation(speech=True, max_new_tokens=512),
        takes=frozenset({"audio"}),
    )
