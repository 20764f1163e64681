"""VoiceBench: spoken questions in nine sets, scored by a judge, a classifier, phrases, instructions and refusals."""

from __future__ import annotations

from evalkit.authoring import Cell, Generation, Task, choice, instructions, judged, on, refusal, spoken, task
from evalkit.tasks.voicebench.data import FACTS, MMSU, NINE, OPEN, source
from evalkit.tasks.voicebench.further import voicebench_accents, voicebench_mtbench, voicebench_speakers
from evalkit.tasks.voicebench.questions import PANDA, qa, qa_columns

__all__ = ["voicebench", "voicebench_accents", "voicebench_mtbench", "voicebench_speakers"]

IFEVAL = ("prompt_strict", "prompt_loose", "instruction_strict", "instruction_loose")


@task("voicebench", version=1)
def voicebench(panda: str = PANDA) -> Task:
    """The nine sets of the leaderboard. A recording is the whole prompt, without a text; the written reply is scored.

    Args:
        panda: version of PEDANT, the second scorer of SD-QA; "none" leaves out what needs it.
    """
    return Task(
        source=source(NINE),
        sample=spoken(meta=FACTS, language="en"),
        scorers=[
            *on(OPEN, judged("voicebench_open", scale="20..100", metric="grade")),  # three votes of 1 to 5, times 20
            *on("sd_qa", *qa(panda)),  # the accent "usa"
            *on((*MMSU, "openbookqa"), choice("voicebench_mcq")),  # phrases; where none is found, a guess
            *on("bbh", choice("voicebench_bbh")),
            *on("ifeval", instructions("voicebench")),
            *on("advbench", refusal("voicebench")),
        ],
        columns={f"voicebench.{name}": Cell(name) for name in (*OPEN, "openbookqa", "bbh", "advbench")}
        | {"voicebench.mmsu": Cell(MMSU), "voicebench.ifeval": Cell("ifeval", "mean")}  # of 3,074 questions; of four
        | {f"voicebench.ifeval.{name}": Cell("ifeval", name) for name in IFEVAL}
        | qa_columns("voicebench.sd_qa", "sd_qa", panda),
        averages="published",  # overall: the mean of the nine
        generation=Generation(max_new_tokens=2048),
        takes=frozenset({"audio"}),
        language="en",
    )
