"""A model that listens to every recording it is shown and then replies from a file, and a judge who does as he is told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from evalkit.authoring import Answer, Audio, DataError, Failure, Model, Request, Response, model
from evalkit.media.audio import decode


@model("replying", takes=("text", "audio"))
class Replying(Model):
    """Replies from a file.

    Args:
        file: JSON object: id -> text; "*" is said to all others.
        log: file of what it was asked: a JSON line with id, text and seconds of sound for each.
    """

    incidental = frozenset({"file", "log"})

    def __init__(self, file: str, log: str) -> None:
        self.file, self.log = file, log

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        replies = json.loads(Path(self.file).read_text())
        for request in requests:
            message = request.messages[-1]
            clips = [part for part in message.content if isinstance(part, Audio)]
            try:
                seconds = [round(len(decode(clip, 16000)) / 16000, 3) for clip in clips]
            except DataError as error:
                yield request.id, Response(failure=Failure("model", str(error)))
                continue
            with open(self.log, "a") as log:
                log.write(json.dumps({"id": request.id, "text": message.text, "seconds": seconds}) + "\n")
            reply = replies.get(request.id, replies.get("*"))
            yield request.id, Response(text=reply) if reply is not None else Response(failure=Failure("model", "lost"))


@model("obedient", takes=("text",))
class Obedient(Model):
    """A judge who finds "grades=A/B" in the answer and gives A to the answer, B to the reference, in their places."""

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        for request in requests:
            text = request.messages[-1].text
            found = re.search(r"grades=(\w+)/(\w+)", text)
            if found is None:
                yield request.id, Response(text="I cannot say.")
                continue
            first = text.index("Answer of assistant 1") < found.start() < text.index("Answer of assistant 2")
            pair = found.groups() if first else found.groups()[::-1]
            yield request.id, Response(text=" ".join(pair))
