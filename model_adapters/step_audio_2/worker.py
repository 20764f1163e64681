"""Step-Audio 2 mini in its own environment: StepAudio2 and Token2wav of its repository."""

from __future__ import annotations

import os
from typing import Any

TAKES = ("text", "audio")
GIVES = ("text", "speech")
SAMPLE_RATE = {"in": 16000, "out": 24000}
PACKAGES = ("torchaudio", "s3tokenizer")

VOICE = os.path.join("assets", "default_female.wav")  # in the repository
SPOKEN = {"do_sample": True, "temperature": 0.7, "top_p": 0.9, "repetition_penalty": 1.05}  # the released examples'


def load(kit: Any, options: dict[str, Any]) -> Any:
    """Load the language model, and the vocoder with the first request for speech."""
    from stepaudio2 import StepAudio2

    model = StepAudio2(options["path"])
    vocoder: list[Any] = []

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        speaks = request["settings"]["speech"]
        settings = {"max_new_tokens": kit.max_tokens(request, 2048), **(SPOKEN if speaks else kit.drawing(request))}
        if speaks:
            # A few words fill hundreds of tokens: the bound of written answers would cut speech in its first seconds.
            settings["max_new_tokens"] = max(4096, settings["max_new_tokens"])
        tokens, text, audio = model(messages(kit, request, speaks), **settings)
        found: dict[str, Any] = {
            "text": text.replace("<tts_start>", "").replace("<tts_end>", "").strip(),
            "usage": {"output_tokens": len(tokens)},
            "meta": {"sampling": settings},
        }
        if speaks:
            if not audio:
                raise RuntimeError(f"it said nothing; it wrote: {text!r}")
            if not vocoder:
                from token2wav import Token2wav

                vocoder.append(Token2wav(os.path.join(options["path"], "token2wav")))
            with open(request["audio_out"], "wb") as file:
                file.write(vocoder[0](audio, prompt_wav=options.get("voice") or VOICE))
            found["audio"] = request["audio_out"]
        return found

    return answer


def messages(kit: Any, request: dict[str, Any], speaks: bool) -> list[dict[str, Any]]:
    """The conversation; the last turn is opened for the assistant, with the mark of speech where it is to speak."""
    system, turns = kit.split_system(request)
    found: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
    for turn in kit.alternating(turns):
        if turn["role"] == "assistant":
            if kit.media_of(turn, "audio"):
                raise kit.RefusedError("speech in an assistant turn: Step-Audio 2 takes its own speech codes there")
            found.append({"role": "assistant", "content": kit.text_of(turn)})
            continue
        content = []
        for part in turn["content"]:
            if part["type"] not in ("text", "audio"):
                raise kit.RefusedError(f"{part['type']}: Step-Audio 2 takes text and audio")
            value = part["text"] if part["type"] == "text" else part["path"]
            content.append({"type": part["type"], part["type"]: value})
        found.append({"role": "human", "content": content})
    if speaks:
        return [*found, {"role": "assistant", "content": "<tts_start>", "eot": False}]
    return [*found, {"role": "assistant", "content": None}]
