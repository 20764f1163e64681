"""Models of the OpenAI API."""

from __future__ import annotations

import os
from typing import Any

from evalkit.core.model import model
from evalkit.core.sample import Request
from evalkit.models.api import chat_completions
from evalkit.models.api.content import Limits
from evalkit.models.api.openai_client import ChatCompletionsModel
from evalkit.models.api.provider import plain_urls

_MB = 2**20


@model("openai", takes=("text", "image", "audio"), gives=("text", "speech"))
class OpenAI(ChatCompletionsModel):
    """A model of OpenAI, through chat completions.

    Args:
        model: its name at OpenAI.
        voice: of spoken answers.
        reasoning_effort: for models that reason; their own default where None.
        thinking_room: tokens added to the bound of answers, because the API counts hidden reasoning in it.
        sampling: false for models that take no temperature; they then sample as they will.
        structured: hold judges' answers to a JSON Schema; where None, unless the catalogue says the model cannot.
        takes: modalities it takes, instead of what the catalogue says.
        stream: ask for answers in pieces.
        base_url: another address of the API, for a proxy; OPENAI_BASE_URL where None.
        price_input, price_output: US dollars per million tokens, instead of the catalogue's.
        system: text that opens every conversation, before the task's own.
    """

    provider = "openai"
    key_variables = ("OPENAI_API_KEY",)
    accepts = Limits(
        types=frozenset({"audio/wav", "audio/mp3", "image/png", "image/jpeg", "image/gif", "image/webp"}),
        file_bytes=20 * _MB,
        source="limit of audio completions, Azure OpenAI docs",
    )

    def __init__(
        self,
        model: str,
        voice: str = "alloy",
        reasoning_effort: str | None = None,
        thinking_room: int = 0,
        sampling: bool = True,
        structured: bool | None = None,
        takes: str | None = None,
        stream: bool = False,
        base_url: str | None = None,
        price_input: float | None = None,
        price_output: float | None = None,
        system: str | None = None,
    ) -> None:
        self.system = system
        self.describe(
            model,
            takes=takes,
            structured=structured,
            price_input=price_input,
            price_output=price_output,
            thinking_room=thinking_room,
        )
        address = base_url or os.environ.get("OPENAI_BASE_URL")
        self.addresses = plain_urls(address, self.name) if address else (None,)
        self._voice, self._effort = voice, reasoning_effort
        self._sampling, self.streams = sampling, stream

    def body(self, request: Request) -> dict[str, Any]:
        """Settings of the generation, and of speech where it is asked for."""
        body = chat_completions.settings(
            request,
            bound="max_completion_tokens",
            room=self.thinking_room,
            sampling=self._sampling,
            structured=self.structured,
        )
        if self._effort is not None:
            body["reasoning_effort"] = self._effort
        if request.settings.speech:
            body["modalities"] = ["text", "audio"]
            body["audio"] = {"voice": self._voice, "format": "wav"}
        return body
