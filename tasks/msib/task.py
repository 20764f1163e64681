"""MSIB: spoken dialogues over several turns. The data were never released; this runs a copy of yours."""

from __future__ import annotations

from evalkit.authoring import Generation, Task, dialogues, judged, spoken_dialogues, task

GET = """MSIB was never released, so there is nothing to download. Do one of two things:
  1. put dialogues you hold, or have built with 'evalkit build msib', into DIR/msib/dialogues.jsonl, with their audio
     beside it (the schema: 'evalkit show task msib'), check them with 'evalkit data check msib DIR/msib', and run with
     --data DIR;
  2. run the twin, which needs no data: --task msib_twin"""


@task("msib", version=1)
def msib() -> Task:
    """Content and speech quality of the last reply, 1 to 5 each; the whole history is given, assistant turns too."""
    return Task(
        source=dialogues.Dialogues("msib", spoken_dialogues.spoken_dialogue_rules(), GET),
        sample=spoken_dialogues.spoken_sample,
        scorers=[judged("msib_speech_content", inputs={"reference": "meta.judge_reference"})],
        columns=spoken_dialogues.judged_columns("msib"),
        breakdowns=spoken_dialogues.BREAKDOWNS,
        optional_groups=True,
        generation=Generation(speech=True, max_new_tokens=512),
        takes=frozenset({"text", "audio"}),
    )
