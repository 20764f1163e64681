"""The answerer without a model: looks the answer up in the conversation."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from evalkit.core.model import Answer, Model, model
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.models import retrieval


@model("retrieval", takes=("text",))
class Retrieval(Model):
    """Answers with the sentence of the conversation that fits the last question best, or the part it asks for."""

    def identity(self) -> Mapping[str, Any]:
        """The version of the rule."""
        return {"rule": retrieval.RULE}

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """One response per request, in order."""
        for request in requests:
            begun = time.perf_counter()
            found = retrieval.answer(request.messages)
            yield request.id, Response(text=found, seconds=time.perf_counter() - begun)
