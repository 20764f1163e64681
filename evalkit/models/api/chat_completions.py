"""The chat completions protocol of OpenAI, as it and many other servers speak it: requests and replies."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from evalkit.core.message import Audio, Image, Media, Message, Text, Video
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.models.api.call_errors import FinalCallError, RetryableCallError
from evalkit.models.api.content import Encoded, Limits, check_total, encoded

# What reading a reply that is not what it should be may raise; the last two for numbers and depths without bounds.
MISREAD = (AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError)
# Audio formats the protocol names; every other one is re-encoded as WAV (OpenAI API reference, input_audio).
AUDIO_FORMATS = {"audio/wav": "wav", "audio/mp3": "mp3"}
AudioForm = Literal["base64", "data_url", "audio_url"]
# Finish reasons, in small letters, beside the protocol's own "stop", "length" and "content_filter".
_CUT = {"length", "max_tokens", "max_output_tokens", "model_length"}  # the last: Mistral
_BLOCKED = {
    *("content_filter", "content_filtered", "sensitive", "guardrail_intervened"),  # the latter: Zhipu, Bedrock
    *("safety", "recitation", "prohibited_content", "blocklist", "spii"),  # Gemini behind a gateway
}
_NAME = 200  # characters of a model's name
_UNFINISHED = {
    *("abort", "aborted", "cancelled", "canceled"),  # vLLM, SGLang
    *(
        "error",
        "network_error",
        "insufficient_system_resource",
        "load",
        "unload",
    ),  # OpenRouter, Zhipu, DeepSeek, Ollama
}


def messages(
    turns: Sequence[Message],
    limits: Limits,
    *,
    media_in_answers: bool = False,
    audio: AudioForm = "base64",
    merge_system: bool = False,
) -> list[dict[str, Any]]:
    """A conversation in the protocol's form; reads files, so it may block.

    Args:
        turns: the conversation.
        limits: what the provider takes.
        media_in_answers: whether the history's assistant turns may hold media.
        audio: how a recording is put: `input_audio` with bare base64 (the protocol's own form), `input_audio` with a
            data URL (DashScope), or `audio_url` with a data URL (SGLang, vLLM).
        merge_system: put the text of system turns before that of the first user turn.

    Raises:
        DataError, FinalCallError: a file that cannot be sent.
    """
    files: list[Encoded] = []
    made: list[dict[str, Any]] = []
    for turn in _without_system(turns) if merge_system else turns:
        if turn.role == "assistant" and not media_in_answers and any(isinstance(part, Media) for part in turn.content):
            raise FinalCallError(
                "the history holds speech or images of the assistant, which this provider does not take back",
                kind="input",
            )
        if len(turn.content) == 1 and isinstance(turn.content[0], Text):
            made.append({"role": turn.role, "content": turn.content[0].text})
        else:
            made.append({"role": turn.role, "content": [_part(part, limits, files, audio) for part in turn.content]})
    check_total(files, limits)
    return made


def _without_system(turns: Sequence[Message]) -> list[Message]:
    """The conversation with its instructions at the beginning of the first user turn."""
    said = "\n\n".join(turn.text for turn in turns if turn.role == "system")
    rest = [turn for turn in turns if turn.role != "system"]
    if not said:
        return rest
    first = next((place for place, turn in enumerate(rest) if turn.role == "user"), None)
    if first is None:
        return [Message("user", (Text(said),)), *rest]
    content = rest[first].content
    if content and isinstance(content[0], Text):
        content = (Text(f"{said}\n\n{content[0].text}"), *content[1:])
    else:
        content = (Text(said), *content)
    return [*rest[:first], Message("user", content), *rest[first + 1 :]]


def _part(part: Text | Media, limits: Limits, files: list[Encoded], audio: AudioForm) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    file = encoded(part, limits)
    files.append(file)
    if isinstance(part, Audio) and audio == "audio_url":
        return {"type": "audio_url", "audio_url": {"url": file.url}}
    if isinstance(part, Audio):
        data = file.url if audio == "data_url" else file.base64
        return {"type": "input_audio", "input_audio": {"data": data, "format": AUDIO_FORMATS[file.type]}}
    if isinstance(part, Image):
        return {"type": "image_url", "image_url": {"url": file.url}}
    assert isinstance(part, Video)
    return {"type": "video_url", "video_url": {"url": file.url}}


def settings(
    request: Request, *, bound: str | None, room: int = 0, sampling: bool = True, structured: bool = False
) -> dict[str, Any]:
    """Generation settings in the protocol's form.

    Args:
        request: whose settings these are.
        bound: name of the field that bounds the answer ("max_tokens", "max_completion_tokens"); None to send none.
        room: tokens added to the bound, for hidden reasoning.
        sampling: False for models that take no temperature.
        structured: send the request's schema.
    """
    wanted = request.settings
    body: dict[str, Any] = {}
    if wanted.max_new_tokens is not None and bound is not None:
        body[bound] = wanted.max_new_tokens + room
    if sampling:
        body["temperature"] = wanted.temperature
        if wanted.temperature > 0:
            body["seed"] = request.seed & 0x7FFFFFFF  # some servers read a signed number
            if wanted.top_p < 1.0:
                body["top_p"] = wanted.top_p
    if wanted.stop:
        body["stop"] = list(wanted.stop)
    if structured and request.schema is not None:
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": dict(request.schema)},
        }
    return body


def response(reply: Any) -> Response:
    """The answer in a completion.

    The answer may be spread over several choices, one with the text and one with the speech (vLLM-Omni). An answer
    the provider's filter stopped is the text that got through, counted as "blocked"; one cut at the bound is counted
    as "truncated"; a refusal is the answer's text, counted as "refused".

    Raises:
        RetryableCallError: the reply is not a completion, or the server gave it up in the middle.
    """
    if not isinstance(reply, dict):
        raise RetryableCallError("the reply is not a JSON object")
    usage = counted(reply.get("usage"))
    try:
        return _completion(reply, usage)
    except MISREAD as error:
        raise RetryableCallError(
            f"the reply is no chat completion: {type(error).__name__}: {error}", usage=usage
        ) from None


def _completion(reply: Mapping[str, Any], usage: Mapping[str, float] | None) -> Response:
    choices = reply.get("choices")
    if not isinstance(choices, list) or not choices or not all(isinstance(choice, dict) for choice in choices):
        said = reply.get("error") or reply.get("message")
        raise RetryableCallError("the reply has no choices" + (f": {str(said)[:500]}" if said else ""), usage=usage)
    text, audio, transcript, refusal, thought = None, None, None, None, None
    for choice in choices:
        message = choice.get("message") or {}
        text = text if text is not None else text_in(message.get("content"))
        thought = thought or thought_in(message)
        refusal = refusal or message.get("refusal")
        speech = message.get("audio")
        if isinstance(speech, dict) and speech.get("data") and audio is None:
            audio, transcript = _speech(speech, usage), speech.get("transcript")
    reasons = {str(choice.get("finish_reason"))[:100].lower() for choice in choices}
    if unfinished := sorted(reasons & _UNFINISHED):
        raise RetryableCallError(f"the server gave the answer up (finish reason {unfinished[0]})", usage=usage)
    flags = {
        "truncated": bool(reasons & _CUT),
        "blocked": bool(reasons & _BLOCKED),
        "refused": refusal is not None,
    }
    for said in (text, transcript, refusal):
        if not isinstance(said, str | None):
            raise TypeError(f"a text is {type(said).__name__}")
    if not text:
        text = transcript or refusal or text or ("" if audio is None else None)
    used = {**(usage or {}), **{name: 1.0 for name, raised in flags.items() if raised}}
    meta = {"model": served_name(reply.get("model"))}
    return Response(text=text, audio=audio, usage=used or None, meta=meta, thought=thought)


def served_name(told: Any) -> str | None:
    """The name a server gives the model that answered; None where it is no name."""
    return told[:_NAME] if isinstance(told, str) else None


def counted(usage: Any) -> dict[str, float] | None:
    """Token counts of a completion, under evalkit's names; None when the server does not count."""
    if not isinstance(usage, dict) or usage.get("prompt_tokens") is None:
        return None
    details = [usage.get("prompt_tokens_details"), usage.get("completion_tokens_details")]
    read, written = (found if isinstance(found, dict) else {} for found in details)
    said, hidden = usage.get("completion_tokens") or 0, _in_the_total_alone(usage)
    found = {
        "input_tokens": usage["prompt_tokens"],
        "cached_input_tokens": read.get("cached_tokens"),
        "audio_input_tokens": read.get("audio_tokens"),
        "output_tokens": said + hidden if hidden else said,
        "reasoning_tokens": written.get("reasoning_tokens") or hidden,
        "audio_output_tokens": written.get("audio_tokens"),
    }
    return counts(found)


def _in_the_total_alone(usage: Mapping[str, Any]) -> int:
    """Tokens that only the total counts: thinking that xAI, and Gemini behind this protocol, leave out of the answer's.

    They are paid as output.
    """
    told = [usage.get(name) or 0 for name in ("total_tokens", "prompt_tokens", "completion_tokens")]
    if not all(isinstance(one, int) and 0 <= one < 2**53 for one in told):
        return 0
    return max(0, told[0] - told[1] - told[2])


def counts(found: Mapping[str, Any]) -> dict[str, float] | None:
    """Counts of tokens, those of kinds that did not occur left out; None where a server counts nonsense."""
    essential = ("input_tokens", "output_tokens")
    try:
        told = {name: float(value) for name, value in found.items() if value or name in essential}
    except (TypeError, ValueError, OverflowError):
        return None
    return told if all(0.0 <= value < math.inf for value in told.values()) else None


def text_in(content: Any) -> str | None:
    """The text of a message's content, a text or a list of parts; thinking is left out."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(part.get("text") or "" for part in content if isinstance(part, dict) and not _thinks(part))
    return None


def _thinks(part: Mapping[str, Any]) -> bool:
    return part.get("type") in ("thinking", "reasoning", "redacted_thinking")


def thought_in(message: Mapping[str, Any]) -> str | None:
    """What a message tells of its thinking: in `reasoning_content` (DeepSeek, SGLang, vLLM), `reasoning` (vLLM,
    OpenRouter, Ollama), or in parts of its content (Mistral)."""
    told = [message.get("reasoning_content") or message.get("reasoning")]
    content = message.get("content")
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict) and _thinks(part):
            inner = part.get("thinking") or part.get("reasoning") or part.get("text")
            told += (
                [piece.get("text") for piece in inner if isinstance(piece, dict)]
                if isinstance(inner, list)
                else [inner]
            )
    return "".join(piece for piece in told if isinstance(piece, str)) or None


def _speech(speech: Mapping[str, Any], usage: Mapping[str, float] | None) -> Audio:
    try:
        data = base64.b64decode(speech["data"], validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise RetryableCallError("the speech in the reply is not base64", usage=usage) from None
    return Audio(opener=lambda: data, name="speech.wav")
