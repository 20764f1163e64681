"""A model that always gives the same answer."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.model import Answer, Model, model
from evalkit.core.response import Response
from evalkit.core.sample import Request


@model("constant", takes=("text", "image", "audio", "video"))
class Constant(Model):
    """Answers every request with one text.

    Args:
        text: the answer.
    """

    def __init__(self, text: str = "") -> None:
        self._text = text

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """One response per request, in order."""
        response = Response(text=self._text)
        for request in requests:
            yield request.id, response
