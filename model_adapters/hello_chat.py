"""Hello-Chat: a name and the reason why there is no adapter."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.errors import UsageError
from evalkit.core.model import Answer, Model, model
from evalkit.core.sample import Request

REASON = (
    "model 'hello-chat' cannot be run: its paper names the weights hellogroup-opensource/Hello-Chat, but no code, "
    "licence or description of its interface could be found in public. Its printed results are in "
    "leaderboards/published; answers made elsewhere are scored with --model replay. More: evalkit show model hello-chat"
)


@model("hello-chat", takes=("text", "audio"), gives=("text", "speech"))
class HelloChat(Model):
    """Says why it cannot be run."""

    def __init__(self) -> None:
        raise UsageError(REASON)

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """Never reached."""
        raise UsageError(REASON)
