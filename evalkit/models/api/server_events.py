"""Answers in pieces (server-sent events of chat completions), put together to a whole completion."""

from __future__ import annotations

import base64
import binascii
import io
import json
import wave
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from evalkit.media.formats import media_type
from evalkit.models.api.call_errors import RetryableCallError
from evalkit.models.api.chat_completions import MISREAD, counted, text_in, thought_in
from evalkit.models.api.content import wav_of_pcm


class FaultEvent(Exception):  # noqa: N818 it is what the server sent, not what went wrong here
    """An event that tells of an error.

    Args:
        body: of the event.
        usage: what the server had counted before it.
    """

    def __init__(self, body: Any, usage: Mapping[str, float] | None) -> None:
        super().__init__("the server broke off")
        self.body, self.usage = body, usage


class Pieces:
    """Takes the events of one stream; reads it to its end, whatever is null or left out on the way.

    Args:
        pcm_rate: sample rate of speech that comes as bare 16-bit samples, Hz.
    """

    def __init__(self, pcm_rate: int) -> None:
        self._rate = pcm_rate
        self._texts: list[str] = []
        self._refusals: list[str] = []
        self._transcripts: list[str] = []
        self._thoughts: list[str] = []
        self._speech: list[str] = []
        self._reasons: list[str] = []
        self._begun = self._ended = False
        self.usage: Any = None
        self._served: Any = None

    async def read(self, lines: AsyncIterator[str]) -> None:
        """Take a stream's lines up to its end.

        Raises:
            FaultEvent: the server tells of an error.
            RetryableCallError: an event is no piece of a chat completion.
        """
        held: list[str] = []
        async for line in lines:
            if line.startswith("data:"):
                held.append(line[5:].removeprefix(" "))
            elif not line and held:
                self._event("\n".join(held))
                held.clear()
            if self._ended:
                return
        if held:
            self._event("\n".join(held))

    def _event(self, data: str) -> None:
        if data.strip() == "[DONE]":
            self._ended = True
            return
        try:
            self._add(json.loads(data))
        except MISREAD as error:
            raise RetryableCallError(
                f"a piece of the answer is no chat completion: {type(error).__name__}: {str(error)[:200]}",
                usage=counted(self.usage),
            ) from None

    def _add(self, chunk: Any) -> None:
        if not isinstance(chunk, dict):
            raise TypeError(f"it is {type(chunk).__name__}")
        self.usage = chunk.get("usage") or self.usage
        self._served = chunk.get("model") or self._served
        if chunk.get("error"):
            raise FaultEvent({"error": chunk["error"]}, counted(self.usage))
        spoken = chunk.get("modality") == "audio"  # vLLM-Omni
        for choice in chunk.get("choices") or ():
            self._begun = True
            if choice.get("error"):
                raise FaultEvent({"error": choice["error"]}, counted(self.usage))
            delta = choice.get("delta") or choice.get("message") or {}
            content = delta.get("content")
            if isinstance(content, list):
                content = text_in(content)
            audio = delta.get("audio") or {}
            for found, kept in (
                (content, self._speech if spoken else self._texts),
                (delta.get("refusal"), self._refusals),
                (thought_in(delta), self._thoughts),
                (audio.get("transcript"), self._transcripts),
                (audio.get("data"), self._speech),
                (choice.get("finish_reason"), self._reasons),
            ):
                if found is not None and not isinstance(found, str):
                    raise TypeError(f"a text is {type(found).__name__}")
                if found:
                    kept.append(found)

    def whole(self) -> dict[str, Any]:
        """The completion.

        Raises:
            RetryableCallError: the stream broke off or held nothing, or its speech is not base64.
        """
        if not self._ended and not self._reasons:
            raise RetryableCallError("the stream of the answer ended before its end", usage=counted(self.usage))
        if not self._begun:
            raise RetryableCallError("the stream of the answer holds no piece of it", usage=counted(self.usage))
        message: dict[str, Any] = {"content": "".join(self._texts), "refusal": "".join(self._refusals) or None}
        if self._thoughts:
            message["reasoning_content"] = "".join(self._thoughts)
        if self._speech or self._transcripts:
            try:
                data = joined_speech(self._speech, self._rate)
            except (binascii.Error, ValueError, EOFError, wave.Error):
                raise RetryableCallError("the speech in the reply cannot be read", usage=counted(self.usage)) from None
            message["audio"] = {
                "data": base64.b64encode(data).decode(),
                "transcript": "".join(self._transcripts) or None,
            }
        # Text and speech may be choices of their own, and each says how it ended.
        ends: list[dict[str, Any]] = [{"finish_reason": reason} for reason in self._reasons[1:]]
        first = {"message": message, "finish_reason": self._reasons[0] if self._reasons else None}
        return {"model": self._served, "choices": [first, *ends], "usage": self.usage}


def joined_speech(pieces: Sequence[str], rate: int) -> bytes:
    """A sound file of speech that came in pieces of base64.

    The pieces are those of one base64 text or texts of their own, of bare 16-bit mono samples (OpenAI, DashScope), of
    one file, or of a WAV file each (vLLM-Omni).

    Args:
        pieces: in order.
        rate: of bare samples, Hz.

    Raises:
        ValueError, EOFError, wave.Error: they are nothing of the kind.
    """
    if all(len(piece) % 4 == 0 for piece in pieces):
        blocks = [base64.b64decode(piece, validate=True) for piece in pieces]
    else:
        blocks = [base64.b64decode("".join(pieces), validate=True)]
    blocks = [block for block in blocks if block]
    if len(blocks) > 1 and all(media_type(block) == "audio/wav" for block in blocks):
        return _one_file(blocks)
    data = b"".join(blocks)
    known = media_type(data[:16]) in ("audio/wav", "audio/ogg", "audio/flac") or data[:3] == b"ID3"
    return data if known or not data else wav_of_pcm(data, {"rate": str(rate)})


def _one_file(files: Sequence[bytes]) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as target:
        for place, data in enumerate(files):
            with wave.open(io.BytesIO(data)) as source:
                if place == 0:
                    target.setparams(source.getparams())
                elif source.getparams()[:3] != target.getparams()[:3]:
                    raise ValueError("pieces of different rates")
                target.writeframes(source.readframes(source.getnframes()))
    return buffer.getvalue()
