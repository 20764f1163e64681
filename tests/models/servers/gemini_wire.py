"""Replies in the wire format of the Gemini API, whole and streamed."""

from __future__ import annotations

import base64
import json
from typing import Any

from servers.loopback import Asked, Reply

USAGE = {"promptTokenCount": 11, "candidatesTokenCount": 3, "totalTokenCount": 14}
_FINISH = {"stop": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}


def prompt(asked: Asked) -> str:
    """Text of the last message."""
    return "\n".join(part["text"] for part in asked.json["contents"][-1]["parts"] if "text" in part)


def say(
    asked: Asked,
    text: str | None,
    *,
    finish: str = "stop",
    speech: bytes | None = None,
    usage: Any = USAGE,
    **reply: Any,
) -> Reply:
    """An answer, as a stream of events where the request asks for one."""
    parts: list[dict[str, Any]] = []
    if text:
        parts = [{"text": text[: len(text) // 2]}, {"text": text[len(text) // 2 :]}]
    if speech is not None:
        data = base64.b64encode(speech).decode()
        parts.append({"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": data}})
    if ":streamGenerateContent" in asked.path:
        events = [_whole([part], None, None) for part in parts] + [_whole([], _FINISH[finish], usage)]
        pieces = [b"data: " + json.dumps(event).encode() + b"\r\n\r\n" for event in events]
        return Reply(pieces=pieces, headers={"Content-Type": "text/event-stream"}, **reply)
    return Reply(json.dumps(_whole(parts, _FINISH[finish], usage)).encode(), **reply)


def refuse(
    status: int, message: str, kind: str = "INVALID_ARGUMENT", details: list[dict[str, Any]] | None = None, **reply: Any
) -> Reply:
    """An error reply."""
    error = {"code": status, "message": message, "status": kind, "details": details or []}
    return Reply(json.dumps({"error": error}).encode(), status=status, **reply)


def retry_info(delay: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


def quota(name: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": name}]}


def error_info(reason: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}


def _whole(parts: list[dict[str, Any]], finish: str | None, usage: Any) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if finish is not None:
        candidate["finishReason"] = finish
    whole: dict[str, Any] = {"candidates": [candidate], "modelVersion": "gemini-test-001"}
    if usage is not None:
        whole["usageMetadata"] = usage
    return whole
