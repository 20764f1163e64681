"""EMOVA in its own environment: the processor turns speech into units, and units into speech."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from typing import Any

TAKES = ("text", "image", "audio")
GIVES = ("text", "speech")
SAMPLE_RATE = {"in": 16000, "out": 22050}
PACKAGES = ("emova_speech_tokenizer",)


def load(kit: Any, options: dict[str, Any]) -> Any:
    """Load the model, the processor and the speech tokenizer."""
    import torch
    from PIL import Image
    from transformers import AutoModel, AutoProcessor

    device = kit.device()
    model = AutoModel.from_pretrained(
        options["path"], torch_dtype=torch.bfloat16, low_cpu_mem_usage=True, trust_remote_code=True,
        attn_implementation="flash_attention_2" if device == "cuda" else "sdpa",
    )  # fmt: skip
    model = model.eval().to(device)
    processor = AutoProcessor.from_pretrained(options["path"], trust_remote_code=True)
    units = AutoModel.from_pretrained(options["tokenizer"], torch_dtype=torch.float32, trust_remote_code=True)
    processor.set_speech_tokenizer(units.eval().to(device))

    def inputs(request: dict[str, Any]) -> dict[str, Any]:
        system, turns = kit.split_system(request)
        turns = kit.alternating(turns)
        images = [path for turn in turns for path in kit.media_of(turn, "image")]
        audios = [path for turn in turns for path in kit.media_of(turn, "audio")]
        if len(images) > 1 or len(audios) > 1:
            raise kit.RefusedError(f"{len(images)} images, {len(audios)} audios: EMOVA's processor takes one of each")
        if audios and (len(turns) > 1 or kit.text_of(turns[-1])):
            raise kit.RefusedError(
                "with an audio EMOVA's processor takes a system text and at most one image beside it"
            )
        text = [{"role": "system", "content": [{"type": "text", "text": system or "You are a helpful assistant."}]}]
        for turn in turns if not audios else []:  # the processor makes the turn of an audio itself
            content = [
                {"type": "image"} if part["type"] == "image" else {"type": "text", "text": part["text"]}
                for part in turn["content"]
            ]
            text.append({"role": turn["role"], "content": content})
        found: dict[str, Any] = {"text": text}
        if images:
            found["images"] = Image.open(images[0]).convert("RGB")
        if audios:
            found["audios"] = audios[0]
        return found

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        speaks = request["settings"]["speech"]
        given = inputs(request)
        if speaks and "audios" not in given:
            raise kit.RefusedError("speech without an audio in the request: EMOVA speaks in spoken dialogue only")
        made = processor(**given, return_tensors="pt").to(model.device)
        bound = kit.max_tokens(request, 4096)
        # A spoken answer is JSON with its units: the bound of a written one would break it.
        settings = {"max_new_tokens": max(4096, bound) if "audios" in given else bound, **kit.drawing(request)}
        tokens = model.generate(**made, **settings)[:, made["input_ids"].shape[1] :]
        usage = {"output_tokens": int(tokens.shape[1])}
        raw = processor.batch_decode(tokens, skip_special_tokens=True)[0]
        found = {
            "text": str(raw) if options["answer"] == "json" else written(str(raw)),
            "usage": usage,
            "meta": {"sampling": settings},
        }
        if speaks:
            folder = tempfile.mkdtemp()
            try:
                prefix = os.path.join(folder, "answer")
                paths = processor.batch_decode(
                    tokens, skip_special_tokens=True, speaker=options["speaker"], output_wav_prefix=prefix
                )
                if not paths or not os.path.isfile(str(paths[0])):
                    raise RuntimeError(f"no speech could be made of its answer: {raw[:500]!r}")
                shutil.move(str(paths[0]), request["audio_out"])
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            found["audio"] = request["audio_out"]
        return found

    return answer


def written(answer: str) -> str:
    """The text of an answer: of a spoken one, the assistant's words in its JSON, which may be broken."""
    if not answer.lstrip().startswith("{"):
        return answer
    key = "assistant response text"
    try:
        value = json.loads(answer).get(key)
        if isinstance(value, str):
            return value
    except ValueError:
        found = re.search(rf'"{key}"\s*:\s*("(?:[^"\\]|\\.)*")', answer)
        if found is not None:
            return str(json.loads(found.group(1), strict=False))
    return answer
