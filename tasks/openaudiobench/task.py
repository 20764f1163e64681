"""OpenAudioBench: spoken questions in five sets, whose written answers a judge compares, or grades."""

from __future__ import annotations

from evalkit.authoring import Cell, Task, by_split, judged, on, spoken, task
from evalkit.tasks.openaudiobench.data import SETS, SOURCE

# set -> its published column
COLUMNS = {
    "reasoning_qa": "reasoning_qa",
    "llama_questions": "llama_questions",
    "web_questions": "web_questions",
    "trivia_qa": "triviaqa",
    "alpaca_eval": "alpacaeval",
}


@task("openaudiobench", version=1)
def openaudiobench() -> Task:
    """A recording is the whole prompt. Every set has its own rubric, named as the set.

    Questions with answers are right or wrong; Reasoning QA, in Chinese, has 1 to 5 points times 20; AlpacaEval 1 to 10
    times 10. What a judge's reply leaves unread is out of the mean, and the worst in the strict value.
    """
    return Task(
        source=SOURCE,
        sample=spoken(meta="question", language=by_split({"reasoning_qa": "zh"}, other="en")),
        scorers=[one for name in SETS for one in on(name, judged(f"openaudiobench_{name}", metric="score"))],
        columns={f"openaudiobench.{COLUMNS[name]}": Cell(name) for name in SETS},
        averages="published",  # the plain mean of the five
        takes=frozenset({"audio"}),
    )
