"""The twin of MSIB: spoken dialogues with its structure, judged, and measured where physics and rules can decide."""

from __future__ import annotations

from pathlib import Path

from evalkit.authoring import Generation, Procedural, Task, judged, spoken_dialogues, spoken_rules, task

VERSION = 1  # of what makes speech of the texts


def build(folder: Path) -> None:
    """Make the data; the synthesizer loads only when it is needed."""
    from evalkit.tasks.msib_twin.build import build as make

    make(folder)


def ready() -> None:
    """A synthesizer is there, or an error says how to get one."""
    from evalkit.tasks.msib_twin.speech import ready as synthesizer_ready

    synthesizer_ready()


def key() -> str:
    """What determines the data: the version, and the texts themselves."""
    from evalkit.tasks.msib_twin.texts import digest

    return f"version {VERSION}, texts {digest()}"


@task("msib_twin", version=1)
def msib_twin() -> Task:
    """Content and speech quality of the last reply, judged; and the share of expectations met, decided by rule."""
    return Task(
        source=Procedural(
            "msib_twin",
            key(),
            build,
            spoken_dialogues.spoken_dialogue_rules(),
            "244 dialogues with their speech",
            ready,
        ),
        sample=spoken_dialogues.spoken_sample,
        scorers=[judged("msib_speech_content", inputs={"reference": "meta.judge_reference"}), spoken_rules()],
        columns={**spoken_dialogues.judged_columns("msib_twin"), **spoken_dialogues.rule_columns("msib_twin")},
        breakdowns=spoken_dialogues.BREAKDOWNS,
        generation=Generation(speech=True, max_new_tokens=512),
        takes=frozenset({"text", "audio"}),
    )
