"""The `generateContent` protocol of the Gemini API: conversations and replies."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evalkit.core.message import Audio, Message, Text
from evalkit.core.response import Response
from evalkit.models.api.call_errors import FinalCallError, RetryableCallError
from evalkit.models.api.chat_completions import counts, served_name
from evalkit.models.api.content import Encoded, Limits, check_total, encoded, has_media, wav_of_pcm

if TYPE_CHECKING:
    from google.genai import types

_NAMES = {"video/quicktime": "video/mov"}  # the API's own name
_BLOCKED = {
    *("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE"),
    *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR"),
}


def contents_of(turns: Sequence[Message], limits: Limits) -> list[Any]:
    """A conversation in the API's form; reads files, so it may block. System turns are left to the settings.

    Raises:
        DataError, FinalCallError: a file that cannot be sent.
    """
    from google.genai import types

    files: list[Encoded] = []

    def part(content: Any) -> types.Part:
        if isinstance(content, Text):
            return types.Part(text=content.text)
        file = encoded(content, limits)
        files.append(file)
        return types.Part(inline_data=types.Blob(data=file.data, mime_type=_NAMES.get(file.type, file.type)))

    made = []
    for turn in turns:
        if turn.role == "system":
            if has_media([turn]):
                raise FinalCallError("a system instruction may hold text only at this provider", kind="input")
            continue
        role = "model" if turn.role == "assistant" else "user"
        made.append(types.Content(role=role, parts=[part(content) for content in turn.content]))
    check_total(files, limits)
    return made


def answer_in(pieces: Sequence[types.GenerateContentResponse]) -> Response:
    """The answer in the pieces of one reply (one piece where it was not streamed).

    What the provider's filter stopped is the text that got through, counted as "blocked"; what was cut at the bound
    is counted as "truncated". Thoughts are kept apart from the text.

    Raises:
        RetryableCallError: the reply holds no finished answer.
    """
    if not pieces:
        raise RetryableCallError("the reply is empty")
    texts: list[str] = []
    thoughts: list[str] = []
    audio: list[bytes] = []
    kind, reason, stopped = "", None, False
    tokens: dict[str, float] | None = None
    for piece in pieces:
        tokens = _counted(piece.usage_metadata) or tokens
        stopped = stopped or bool(piece.prompt_feedback and piece.prompt_feedback.block_reason)
        for candidate in (piece.candidates or [])[:1]:
            reason = candidate.finish_reason.name if candidate.finish_reason else reason
            for part in (candidate.content.parts if candidate.content else None) or []:
                if part.text:
                    (thoughts if part.thought else texts).append(part.text)
                elif part.inline_data is not None and part.inline_data.data:
                    audio.append(part.inline_data.data)
                    kind = part.inline_data.mime_type or kind
    stopped = stopped or reason in _BLOCKED
    if not stopped and reason not in ("STOP", "MAX_TOKENS"):
        raise RetryableCallError(f"the reply has no finished answer (finish reason {reason})", usage=tokens)
    flags = {"truncated": reason == "MAX_TOKENS", "blocked": stopped}
    usage = {**(tokens or {}), **{name: 1.0 for name, raised in flags.items() if raised}}
    text = "".join(texts)
    speech = _speech(b"".join(audio), kind) if audio else None
    return Response(
        text=text if text or speech is None else None,
        audio=speech,
        usage=usage or None,
        meta={"model": served_name(pieces[-1].model_version)},
        thought="".join(thoughts) or None,
    )


def _speech(data: bytes, kind: str) -> Audio:
    """Speech as a WAV file; the API sends bare samples, with the rate in the media type."""
    if kind.lower().startswith(("audio/l16", "audio/pcm")):
        data = wav_of_pcm(data, dict(re.findall(r"(\w+)=(\w+)", kind)))
    return Audio(opener=lambda: data, name="speech.wav")


def _counted(usage: Any) -> dict[str, float] | None:
    if usage is None or usage.prompt_token_count is None:
        return None
    thoughts = usage.thoughts_token_count or 0
    found = {
        "input_tokens": usage.prompt_token_count,
        "cached_input_tokens": usage.cached_content_token_count,
        "audio_input_tokens": _heard(usage.prompt_tokens_details),
        "output_tokens": (usage.candidates_token_count or 0) + thoughts,  # thoughts are paid as output
        "reasoning_tokens": thoughts,
        "audio_output_tokens": _heard(usage.candidates_tokens_details),
    }
    return counts(found)


def _heard(details: Any) -> float:
    """Audio tokens in a breakdown by modality."""
    return float(
        sum(d.token_count or 0 for d in details or [] if d.modality is not None and d.modality.name == "AUDIO")
    )


def asked_wait(details: Sequence[Mapping[str, Any]]) -> float | None:
    """Seconds that the details of an error ask to wait ("27s" in a RetryInfo), or None."""
    for detail in details:
        found = re.fullmatch(r"([0-9.]+)s", str(detail.get("retryDelay", "")))
        if found:
            return float(found[1])
    return None
