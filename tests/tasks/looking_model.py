"""A model that opens all it is shown, and answers from a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from evalkit.authoring import Answer, Audio, Failure, Image, Model, Request, Response, Text, Video, model
from evalkit.core.errors import DataError
from evalkit.media import audio, image, video


@model("looking", takes=("text", "audio", "image", "video"))
class Looking(Model):
    """Decodes every part; an answer that the file lacks is a lost one.

    Args:
        file: JSON object: id -> text.
        log: JSON Lines of what it was asked: id, and each part.
        decode: open the media.
    """

    incidental = frozenset({"file", "log", "decode"})

    def __init__(self, file: str, log: str, decode: bool = True) -> None:
        self.file, self.log, self.decode = file, log, decode

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        replies = json.loads(Path(self.file).read_text())
        for request in requests:
            parts = []
            try:
                for part in request.messages[-1].content:
                    parts.append(self._looked(part))
            except DataError as error:
                yield request.id, Response(failure=Failure("input", str(error)))
                continue
            with open(self.log, "a") as log:
                log.write(json.dumps({"id": request.id, "parts": parts}) + "\n")
            reply = replies.get(request.id)
            yield request.id, Response(failure=Failure("model", "lost")) if reply is None else Response(text=reply)

    def _looked(self, part: object) -> object:
        if isinstance(part, Text):
            return part.text
        if not self.decode:
            return type(part).__name__
        if isinstance(part, Audio):
            return ["audio", round(len(audio.decode(part, 16000)) / 16000, 2)]
        if isinstance(part, Image):
            return ["image", *image.decode(part).size]
        assert isinstance(part, Video)
        return ["video", *video.decode(part).pixels.shape]
