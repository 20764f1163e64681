"""Any server that speaks OpenAI's chat completions: vLLM, SGLang, llama.cpp, Ollama, `transformers serve`, gateways."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.model import model
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.models.api import chat_completions
from evalkit.models.api.content import Limits
from evalkit.models.api.openai_client import ChatCompletionsModel
from evalkit.models.api.provider import plain_url

_MB = 2**20
_TYPES = frozenset(
    [*(f"image/{name}" for name in ("png", "jpeg", "gif", "webp", "bmp")), *chat_completions.AUDIO_FORMATS]
    + [f"video/{name}" for name in ("mp4", "webm", "quicktime", "avi", "mpeg")]
)
_OURS = ("model", "messages", "stream", "stream_options", "n")


@model("openai-compatible", takes=("text", "image", "audio", "video"), gives=("text", "speech"))
class OpenAICompatible(ChatCompletionsModel):
    """A server with OpenAI's protocol.

    Args:
        base_url: its address, for example http://localhost:8000/v1.
        model: the name it serves the model under.
        served_name: the same, for those used to this word.
        key_variable: environment variable that holds its key; none is sent where None.
        structured: it can be held to a JSON Schema (`response_format`).
        takes: modalities the model takes, for example "text,image"; all where None.
        thinking_room: tokens added to the bound of answers, for servers that count hidden reasoning in it.
        extra_body: further fields of every request, as a JSON object, for example {"top_k": 1}.
        max_file_mb: largest file to send, in MB.
        stream: ask for answers in pieces.
        price_input, price_output: US dollars per million tokens; 0 for your own server.
    """

    provider = "openai-compatible"
    media_in_answers = hears_itself = True
    incidental = ChatCompletionsModel.incidental | {"served_name", "key_variable", "max_file_mb"}

    def __init__(
        self,
        base_url: str,
        model: str = "",
        served_name: str = "",
        key_variable: str | None = None,
        structured: bool = False,
        takes: str | None = None,
        thinking_room: int = 0,
        extra_body: str | None = None,
        max_file_mb: float = 100.0,
        stream: bool = False,
        price_input: float | None = None,
        price_output: float | None = None,
    ) -> None:
        self.describe(
            model or served_name,
            takes=takes,
            structured=structured,
            price_input=price_input,
            price_output=price_output,
            thinking_room=thinking_room,
        )
        self.base_url = plain_url(base_url, self.name)
        self.key_variables = (key_variable,) if key_variable else ()
        self.streams = stream
        self._extra = _extra(extra_body)
        self._warned = False
        self.accepts = Limits(_TYPES, file_bytes=int(max_file_mb * _MB), source="max_file_mb")

    def body(self, request: Request) -> dict[str, Any]:
        """Settings, and the extra fields."""
        body = chat_completions.settings(
            request, bound="max_tokens", room=self.thinking_room, structured=self.structured
        )
        if request.settings.speech:
            body["modalities"] = ["text", "audio"]
        if self._extra:
            body["extra_body"] = self._extra
        return body

    async def call(self, request: Request) -> Response:
        """One chat completion; an answer longer than was allowed is counted as "over_bound"."""
        response = await super().call(request)
        bound, usage = request.settings.max_new_tokens, response.usage or {}
        written = usage.get("output_tokens", 0.0)
        if bound is None or written <= bound + self.thinking_room:
            return response
        if not self._warned:
            self._warned = True
            logging.getLogger(__name__).warning(
                "%s wrote %d tokens where %d were allowed: the server does not keep the bound; such answers are "
                "counted as over_bound", self.label, written, bound + self.thinking_room,
            )  # fmt: skip
        return replace(response, usage={**usage, "over_bound": 1.0})


def _extra(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or any(key in _OURS for key in found):
        raise UsageError(
            f"model 'openai-compatible': extra_body={text} should be a JSON object without {', '.join(_OURS)}"
        )
    return found
