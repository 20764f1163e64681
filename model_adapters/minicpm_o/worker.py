"""MiniCPM-o in its own environment: `chat` of the code that comes with the weights."""

from __future__ import annotations

import os
from typing import Any

TAKES = ("text", "image", "audio")
GIVES = ("text", "speech")
SAMPLE_RATE = {"in": 16000, "out": 24000}
PACKAGES = ("torchaudio", "minicpmo-utils", "vector-quantize-pytorch", "vocos")


def load(kit: Any, options: dict[str, Any]) -> Any:
    """Load the model with its ears, eyes and voice."""
    import librosa
    import torch
    from PIL import Image
    from transformers import AutoModel, AutoTokenizer

    newer = options["model"] == "minicpm-o-4-5"
    model = AutoModel.from_pretrained(
        options["path"], trust_remote_code=True, attn_implementation="sdpa", torch_dtype=torch.bfloat16,
        init_vision=True, init_audio=True, init_tts=True,
    )  # fmt: skip
    model = model.eval().to(kit.device())
    model.init_tts()
    more: dict[str, Any] = {}
    if not newer:
        model.tts.float()  # the vocoder of 2.6 fails in bfloat16
        more["tokenizer"] = AutoTokenizer.from_pretrained(options["path"], trust_remote_code=True)

    def heard(path: str) -> Any:
        return librosa.load(path, sr=SAMPLE_RATE["in"], mono=True)[0]

    def content(turn: dict[str, Any]) -> list[Any]:
        found: list[Any] = []
        for part in turn["content"]:
            if part["type"] == "text":
                found.append(part["text"])
            elif part["type"] == "image":
                found.append(Image.open(part["path"]).convert("RGB"))
            elif part["type"] == "audio":
                found.append(heard(part["path"]))
            else:
                raise kit.RefusedError(f"{part['type']}: this worker gives MiniCPM-o text, images and audio")
        return found

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        speaks = request["settings"]["speech"]
        turns = request["messages"]
        messages = [{"role": turn["role"], "content": content(turn)} for turn in turns]
        if speaks and turns[0]["role"] != "system":
            if not options["voice"]:
                raise kit.RefusedError("speech needs a voice: give the argument voice=FILE.wav")
            system = model.get_sys_prompt(
                ref_audio=heard(options["voice"]), mode="audio_assistant", language=options["language"]
            )
            messages.insert(0, system)
        hears = any(kit.media_of(turn, "audio") for turn in turns)
        drawn = kit.drawing(request)
        settings: dict[str, Any] = {
            "max_new_tokens": kit.max_tokens(request, 2048),
            "do_sample" if newer else "sampling": drawn.pop("do_sample"),
            **drawn,
        }
        if not (settings.get("sampling") or settings.get("do_sample")):
            settings.update(num_beams=1, repetition_penalty=1.0)  # without sampling the released default is a beam
        if newer:
            settings["enable_thinking"] = False
        spoken = {"generate_audio": True, "output_audio_path": request["audio_out"]} if speaks else {}
        use = speaks or hears
        found = model.chat(msgs=messages, use_tts_template=use, **settings, **spoken, **more)
        result: dict[str, Any] = {"text": text_of(found), "meta": {"sampling": settings, "tts_template": use}}
        if speaks:
            if not os.path.exists(request["audio_out"]):
                raise RuntimeError(f"it said nothing; it wrote: {result['text']!r}")
            result["audio"] = request["audio_out"]
        return result

    return answer


def text_of(found: Any) -> str:
    """The text of what `chat` returns: a string, a pair, or an object that holds it."""
    if isinstance(found, tuple):
        found = found[0]
    text = found if isinstance(found, str) else getattr(found, "text", None)
    if not isinstance(text, str):
        raise TypeError(f"chat returned {type(found).__name__}, in which no text was found")
    return text
