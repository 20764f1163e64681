"""What tests of judging need: rubrics written on the spot, answered samples, a judge in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from evalkit.core.model import Answer, Model
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Request
from evalkit.core.scorer import Answered

HEADER: Mapping[str, Any] = {
    "id": "politeness",
    "version": 1,
    "title": "How polite an answer is, 1 to 5",
    "inputs": "[question, response]",
    "output": "{score: 1..5}",
    "scale": "1..5",
    "judge": "constant",
    "parse": "number",
    "on_failure": "drop",
}
BODY = "Rate politeness from 1 to 5.\n\nAsked:\n{question}\n\nAnswered:\n{response}\n\nReply with the number alone."


def rubric_text(body: str = BODY, **changes: Any) -> str:
    header = {**HEADER, **changes}
    lines = [f"{key}: {value}" for key, value in header.items() if value is not None]
    return "\n".join(["---", *lines, "---", body, ""])


Behaviour = Callable[[Request], "str | Response"]


class Oracle(Model):
    """A judge that answers by a function of the request, and remembers every request.

    `width` requests are taken before the first is answered, and of those the last taken is answered first.
    """

    name = "oracle"
    takes = frozenset({"text", "audio", "image"})

    def __init__(self, behaviour: Behaviour, width: int = 4, remembers: bool = True) -> None:
        self.behaviour, self.width, self.remembers = behaviour, width, remembers
        self.requests: list[Request] = []
        self.starts = self.ends = 0
        self.arguments = {"width": width}

    incidental = frozenset({"width"})

    def start(self) -> None:
        self.starts += 1

    def close(self) -> None:
        self.ends += 1

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        held: list[Request] = []
        while True:
            while len(held) < self.width and (request := next(requests, None)) is not None:
                if self.remembers:
                    self.requests.append(request)
                held.append(request)
            if not held:
                return
            asked = held.pop()
            said = self.behaviour(asked)
            yield asked.id, said if isinstance(said, Response) else Response(text=said)

    @property
    def ids(self) -> list[str]:
        return [request.id for request in self.requests]


def failing(message: str = "HTTP 500") -> Response:
    return Response(failure=Failure("model", message))


def said(request: Request) -> str:
    """All the text of a request's last message."""
    return request.messages[-1].text


def answered(key: str = "a", text: str | None = "Good day.", question: str = "Hello?", **more: Any) -> Answered:
    turn = {"role": "user", "content": [{"type": "text", "text": question}]}
    response = more.pop("response", Response(text=text))
    given = {"reference": None, "prompt": question, "messages": [turn], **more}
    return Answered(id=key, split="test", response=response, **given)
