"""vLLM-Omni answers with two choices, the text in one and the speech in the other; both are one answer."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import soundfile
from servers.loopback import Asked, Reply

from evalkit import plugins
from evalkit.core.limits import CallLimits
from evalkit.core.message import user
from evalkit.core.sample import Generation, Request
from evalkit.media.source import read_bytes

pytest.importorskip("openai")


def test_text_and_speech_of_one_answer(serve: Callable[..., Any]) -> None:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.linspace(-0.5, 0.5, 2400, dtype=np.float32), 24000, format="WAV")
    speech = buffer.getvalue()
    asked: list[dict[str, Any]] = []

    def answer(request: Asked) -> Reply:
        asked.append(json.loads(request.body))
        spoken = {"id": "a", "data": base64.b64encode(speech).decode(), "transcript": "", "expires_at": 1}
        choices = [
            {"index": 0, "message": {"role": "assistant", "content": "It rains."}, "finish_reason": "stop"},
            {"index": 1, "message": {"role": "assistant", "content": None, "audio": spoken}, "finish_reason": "stop"},
        ]
        base = {"id": "x", "object": "chat.completion", "created": 1, "model": "omni"}
        return Reply(json.dumps({**base, "choices": choices, "usage": None}).encode())

    server = serve(answer)
    model = plugins.load_model("openai-compatible", {"base_url": server.url + "/v1", "served_name": "omni"})
    model.limits = CallLimits(concurrency=2)
    settings = Generation(max_new_tokens=16, speech=True)
    with model:
        found = dict(model.stream(iter([Request("a", (user("what is the weather ?"),), settings)])))
    response = found["a"]
    assert (response.failure, response.text) == (None, "It rains.")
    assert response.audio is not None and read_bytes(response.audio) == speech
    assert asked[0]["modalities"] == ["text", "audio"]
    assert asked[0]["model"] == "omni"
