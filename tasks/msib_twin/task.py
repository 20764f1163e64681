"""The twin of MSIB: spoken dialogues with its structure, judged, and measured where physics and rules can decide."""

from __future__ import annotations

from pathlib import Path

from evalkit.core.sample import Generation
from evalkit.core.task import Task, task
from evalkit.data.dialogue.spoken_dialogues import (
    BREAKDOWNS,
    judged_columns,
    rule_columns,
    spoken_dialogue_rules,
    spoken_sample,
)
from evalkit.data.procedural import Procedural
from evalkit.judging.judge import judged
from evalkit.metrics.spoken.scorer import spoken_rules

VERSION = 1  # of what makes speech of the texts


def build(folder: Path) -> None:
    """Make the data; the synthesizer loads only when it is needed."""
    from evalkit.tasks.msib_twin.build import build as make

    make(folder)


def ready() -> None:
    """A synthesizer is there, or an error says how to get one."""
    from evalkit.media.espeak import engine

    engine()


def key() -> str:
    """What determines the data: the version, and the texts themselves."""
    from evalkit.tasks.msib_twin.texts import digest

    return f"version {VERSION}, texts {digest()}"


@task("msib_twin", version=1)
def msib_twin() -> Task:
    """Content and speech quality of the last reply, judged; and the share of expectations met, decided by rule."""
    return Task(
        source=Procedural("msib_twin", key(), build, spoken_dialogue_rules(), "244 dialogues with their speech", ready),
        sample=spoken_sample,
        scorers=[judged("msib_speech_content", inputs={"reference": "meta.judge_reference"}), spoken_rules()],
        columns={**judged_columns("msib_twin"), **rule_columns("msib_twin")},
        breakdowns=BREAKDOWNS,
        generation=Generation(speech=True, max_new_tokens=512),
        takes=frozenset({"text", "audio"}),
    )
