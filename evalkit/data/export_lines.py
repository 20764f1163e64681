"""One question as a line of a file that other programs read: never with its reference, or what is said in its audio."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from evalkit.core.message import Audio, Image, Media, Message, Part, Text
from evalkit.core.sample import Generation, Sample
from evalkit.media import audio, whole
from evalkit.media.source import read_bytes

Format = Literal["jsonl", "openai"]
Kept = Callable[[Media], str]  # keeps a file beside the questions; gives its path relative to them
_SENT = {"audio/wav": "wav", "audio/mp3": "mp3"}


@dataclass(frozen=True, slots=True)
class Lines:
    """How questions are written.

    Args:
        format: "jsonl" names media by their paths; "openai" holds them, as requests of the OpenAI Batch API.
        generation: settings of the protocol.
        model: name of the model for the requests of "openai".
    """

    format: Format
    generation: Generation
    model: str | None = None

    def line(self, sample: Sample, kept: Kept) -> dict[str, Any]:
        """The line of a sample.

        Args:
            sample: of a plan.
            kept: keeps a file beside the questions.

        Raises:
            DataError: media that are missing or cannot be written in this format.
        """
        if self.format == "openai":
            return self._request(sample)
        found: dict[str, Any] = {"id": sample.id, "split": sample.split}
        found["messages"] = [
            {"role": message.role, "content": [_part(part, kept) for part in message.content]}
            for message in sample.messages
        ]
        if sample.choices is not None:
            found["choices"] = list(sample.choices)
        return found

    def _request(self, sample: Sample) -> dict[str, Any]:
        body: dict[str, Any] = {"model": self.model, "messages": [_chat(message) for message in sample.messages]}
        settings = self.generation
        if settings.max_new_tokens is not None:
            body["max_completion_tokens"] = settings.max_new_tokens
        body["temperature"] = settings.temperature
        if settings.temperature > 0:
            body["top_p"] = settings.top_p
        if settings.stop:
            body["stop"] = list(settings.stop)
        return {"custom_id": sample.id, "method": "POST", "url": "/v1/chat/completions", "body": body}


def _part(part: Part, kept: Kept) -> Mapping[str, str]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    return {"type": part.modality, "path": kept(part)}


def _chat(message: Message) -> dict[str, Any]:
    if all(isinstance(part, Text) for part in message.content):
        return {"role": message.role, "content": message.text}
    return {"role": message.role, "content": [_sent(part) for part in message.content]}


def _sent(part: Part) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    data = read_bytes(part)
    if isinstance(part, Audio):
        data, kind = audio.taken(part, data, _SENT)
        return {"type": "input_audio", "input_audio": {"data": _base64(data), "format": _SENT[kind]}}
    name, kind = "image_url" if isinstance(part, Image) else "video_url", whole.check(part, data)
    return {"type": name, name: {"url": f"data:{kind};base64,{_base64(data)}"}}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
