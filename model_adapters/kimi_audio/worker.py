"""Kimi-Audio in its own environment: the class KimiAudio of the package kimia_infer."""

from __future__ import annotations

from typing import Any

TAKES = ("text", "audio")
GIVES = ("text", "speech")
SAMPLE_RATE = {"in": 16000, "out": 24000}
PACKAGES = ("torchaudio",)

SPOKEN = {"audio_temperature": 0.8, "audio_top_k": 10}  # values of the released example


def load(kit: Any, options: dict[str, Any]) -> Any:
    """Load the model with its detokenizer."""
    from kimia_infer.api.kimia import KimiAudio

    model = KimiAudio(model_path=options["path"], load_detokenizer=True)

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        speaks = request["settings"]["speech"]
        sampling = {
            **SPOKEN,
            "text_temperature": float(request["settings"]["temperature"]),
            "text_top_k": 5,
            "audio_repetition_penalty": 1.0,
            "audio_repetition_window_size": 64,
            "text_repetition_penalty": 1.0,
            "text_repetition_window_size": 16,
            "max_new_tokens": kit.max_tokens(request, -1),  # the released code ignores it where it speaks
        }
        wave, text = model.generate(messages(kit, request), **sampling, output_type="both" if speaks else "text")
        found = {"text": text, "meta": {"sampling": sampling}}
        if speaks:
            found["speech"] = (wave, SAMPLE_RATE["out"])
        return found

    return answer


def messages(kit: Any, request: dict[str, Any]) -> list[dict[str, str]]:
    """One message per part; a system text becomes the first text of the user, as the model knows no system role."""
    system, turns = kit.split_system(request)
    found = [{"role": "user", "message_type": "text", "content": system}] if system else []
    for turn in kit.alternating(turns):
        for part in turn["content"]:
            if part["type"] not in ("text", "audio"):
                raise kit.RefusedError(f"{part['type']}: Kimi-Audio takes text and audio")
            content = part["text"] if part["type"] == "text" else part["path"]
            found.append({"role": turn["role"], "message_type": part["type"], "content": content})
    return found
