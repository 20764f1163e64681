"""Hello-Chat, Table 5: how much synthesised Chinese sounds like conversation, by people's marks from 1 to 5."""

from __future__ import annotations

from evalkit.authoring import Cell, Dataset, Field, Generation, Task, layouts, noted, speak, task, text

FIELDS: dict[str, Field] = {"text": text("text")}
GET = "Hello-Chat's sentences were never released; put yours into DIR/hello_chat_mos/sentences.jsonl, see the card"


@task("hello_chat_mos", version=1)
def hello_chat_mos() -> Task:
    """The mean of marks; --listener people=MODEL says what the raters gave each recording."""
    return Task(
        source=Dataset("hello_chat_mos", ("test",), [layouts.JsonLines("sentences.jsonl", "id", FIELDS)], get=GET),
        sample=speak("用平时聊天的语气，把下面的话说出来：", language="zh"),
        scorers=[noted("people", "conversational_mos", range=(1, 5), unit="score 1-5")],
        columns={"hello_chat.conversational_mos": Cell("test", "conversational_mos")},
        generation=Generation(speech=True, max_new_tokens=2048),
        takes=frozenset({"text"}),
        language="zh",
    )
