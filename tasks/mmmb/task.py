"""MMMB: memory over many turns of images and text. The data were never released; this runs a copy of yours."""

from __future__ import annotations

from evalkit.authoring import Task, dialogues, judged, memory_dialogues, task

GET = """MMMB was never released, so there is nothing to download. Do one of two things:
  1. put dialogues you hold, or have built with 'evalkit build mmmb', into DIR/mmmb/dialogues.jsonl, with their images
     beside it (the schema: 'evalkit show task mmmb'), check them with 'evalkit data check mmmb DIR/mmmb', and run with
     --data DIR;
  2. run the procedural twin, which needs no data: --task mmmb_twin"""


@task("mmmb", version=1)
def mmmb() -> Task:
    """Accuracy of the last answer by type of memory; the whole history is given, assistant turns too."""
    return Task(
        source=dialogues.Dialogues("mmmb", memory_dialogues.memory_rules(), GET),
        sample=dialogues.sample,
        scorers=[judged("mmmb_answer")],
        columns=memory_dialogues.memory_columns("mmmb"),
        breakdowns=memory_dialogues.BREAKDOWNS,
        optional_groups=True,
        takes=frozenset({"text", "image"}),
    )
