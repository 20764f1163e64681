"""Hello-Chat's own tests: nothing of them was released, so they run on items of yours, or on what can be built."""

from __future__ import annotations

from pathlib import Path

from evalkit.authoring import (  # isort: skip
    Cell, Generation, Rule, Task, choice, dialogues, error_rate, exact_match, judged, on, rewritten, task,
)  # fmt: skip
from evalkit.tasks.hello_chat.schema import DIALOGUE, LABELLED, UNDERSTANDING, only_yes, rules, sample
from evalkit.tasks.hello_chat.similarity import PUBLISHED, MeaningSimilarity

CONSISTENT = Path(__file__).with_name("consistency.md")
EXACT, LENIENT = "exact_match:whisper_basic", "exact_match:whisper_basic+words-for-yes"
GET = """Hello-Chat's test sets were never released, so there is nothing to download. Do one of two things:
  1. put items you hold into DIR/hello_chat/dialogues.jsonl, with their audio beside it (the schema: 'evalkit show task
     hello_chat'), check them with 'evalkit data check hello_chat DIR/hello_chat', and run with --data DIR;
  2. build a set of the same kinds with 'evalkit build hello-chat', and run --task hello_chat_built: its columns are
     its own, and none of the paper's"""


def share(split: str) -> Rule:
    """Accuracy on the paper's scale, 0 to 1."""
    return Rule("mean", (Cell(split),), scale=(("#0", 0.01),), decimals=3)


def understanding(name: str) -> Task:
    """Tables 2, 3, 4 and A: items of one turn, answered in text; MMAU's subset is a column of the task mmau."""
    yes = exact_match("whisper_basic")
    return Task(
        source=dialogues.Dialogues(name, rules(), GET, by="test", splits=UNDERSTANDING), sample=sample,
        scorers=[
            *on("asr", error_rate("kimi")),
            *on("nlp_question", judged("hello_chat_nlp_question", metric="nlp_question")),
            *on("translation", judged("hello_chat_translation", metric="translation")),
            *on(LABELLED, choice("robust")),
            *on("only_yes", yes, rewritten(yes, "words-for-yes", answer=only_yes)),
        ],
        columns={
            f"{name}.asr.error_rate": Cell("asr"),
            f"{name}.nlp_question.score": Cell("nlp_question"),
            f"{name}.translation.score": Cell("translation"),
            f"{name}.ser.acc": share("ser"),
            f"{name}.aed.acc": share("aed"),
            f"{name}.only_yes.acc": Cell("only_yes", scorer=EXACT),
            f"{name}.only_yes.lenient": Cell("only_yes", scorer=LENIENT),
        },
        generation=Generation(max_new_tokens=1024), takes=frozenset({"text", "audio"}),
    )  # fmt: skip


@task("hello_chat", version=1)
def hello_chat() -> Task:
    """Recognition, questions, translation, emotions, events, and the request to answer with yes alone."""
    return understanding("hello_chat")


@task("hello_chat_built", version=1)
def hello_chat_built() -> Task:
    """The same over a set that 'evalkit build hello-chat' made: built, not the original."""
    return understanding("hello_chat_built")


@task("hello_chat_dialogue", version=1)
def hello_chat_dialogue(embedder: str = PUBLISHED) -> Task:
    """Table B: what is lost from the written reply to the spoken one, by the vectors of BGE-M3 and by a judge."""
    written, spoken = ("a2t_consistency", "a2t_similarity"), ("a2a_consistency", "a2a_similarity")
    own = {f"hello_chat.{metric.replace('_', '.')}": Cell("dialogue", metric) for metric in (*written, *spoken)}
    return Task(
        source=dialogues.Dialogues("hello_chat", rules(), GET, by="test", splits=DIALOGUE), sample=sample,
        scorers=[
            judged(CONSISTENT, metric=written[0]), MeaningSimilarity(written[1], embedder),
            judged(CONSISTENT, metric=spoken[0], heard=True), MeaningSimilarity(spoken[1], embedder, heard=True),
        ],
        columns=own, averages="published", takes=frozenset({"text", "audio"}),
        generation=Generation(speech=True, max_new_tokens=1024),
        transcriber={"en": "whisper-large-v3", "zh": "paraformer-zh", "*": "whisper-large-v3"},
    )  # fmt: skip
