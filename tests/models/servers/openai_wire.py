"""Replies in the wire format of OpenAI's chat completions, whole and streamed."""

from __future__ import annotations

import base64
import json
from typing import Any

from servers.loopback import Asked, Reply

USAGE = {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14}


def prompt(asked: Asked) -> str:
    """Text of the last message."""
    content = asked.json["messages"][-1]["content"]
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part["type"] == "text")


def say(
    asked: Asked,
    text: str | None,
    *,
    finish: str = "stop",
    refusal: str | None = None,
    speech: tuple[bytes, str] | None = None,
    usage: Any = USAGE,
    **reply: Any,
) -> Reply:
    """A completion, as a stream of events where the request asks for one."""
    body = asked.json
    base = {"id": "chatcmpl-1", "created": 1, "model": body["model"] + "-2026-01-01"}
    if body.get("stream"):
        made = [{"role": "assistant", "content": ""}]
        half = len(text or "") // 2
        made += [{"content": piece} for piece in ((text or "")[:half], (text or "")[half:]) if piece]
        if refusal:
            made.append({"refusal": refusal})
        events: list[dict[str, Any]] = [_event(base, delta, None) for delta in made]
        events.append(_event(base, {}, finish))
        if usage is not None and (body.get("stream_options") or {}).get("include_usage"):
            events.append({**base, "object": "chat.completion.chunk", "choices": [], "usage": usage})
        pieces = [b"data: " + json.dumps(event).encode() + b"\n\n" for event in events] + [b"data: [DONE]\n\n"]
        return Reply(pieces=pieces, headers={"Content-Type": "text/event-stream"}, **reply)
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": refusal}
    if speech is not None:
        data = base64.b64encode(speech[0]).decode()
        message["audio"] = {"id": "audio_1", "data": data, "transcript": speech[1], "expires_at": 1}
    whole = {
        **base,
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": usage,
    }
    return Reply(json.dumps(whole).encode(), **reply)


def refuse(status: int, message: str, code: str | None = None, kind: str = "error", **reply: Any) -> Reply:
    """An error reply."""
    error = {"message": message, "type": kind, "param": None, "code": code}
    return Reply(json.dumps({"error": error}).encode(), status=status, **reply)


def _event(base: dict[str, Any], delta: dict[str, Any], finish: str | None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {**base, "object": "chat.completion.chunk", "choices": [choice]}
