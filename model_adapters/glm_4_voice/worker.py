"""GLM-4-Voice in its own environment: speech tokens in the prompt, text and speech tokens interleaved in the answer."""

from __future__ import annotations

import os
import sys
from typing import Any

TAKES = ("text", "audio")
GIVES = ("text", "speech")
SAMPLE_RATE = {"in": 16000, "out": 22050}
PACKAGES = ("torchaudio",)

# The model was trained with these words, and speaks only after them.
INTERLEAVED = (
    "User will provide you with a {kind} instruction. Do it step by step. First, think about the instruction and "
    "respond in a interleaved manner, with 13 text token followed by 26 audio tokens. "
)
ONLY_TEXT = " respond with only text tokens"


def load(kit: Any, options: dict[str, Any]) -> Any:
    """Load the language model and the speech tokenizer, and the decoder with the first request for speech."""
    for folder in ("cosyvoice", os.path.join("third_party", "Matcha-TTS")):
        sys.path.insert(0, os.path.join(options["repo"], folder))
    import torch
    from speech_tokenizer.modeling_whisper import WhisperVQEncoder
    from speech_tokenizer.utils import extract_speech_token
    from transformers import AutoModel, AutoTokenizer, WhisperFeatureExtractor

    device = kit.device()
    model = AutoModel.from_pretrained(options["path"], trust_remote_code=True, device_map={"": device}).eval()
    tokenizer = AutoTokenizer.from_pretrained(options["path"], trust_remote_code=True)
    encoder = WhisperVQEncoder.from_pretrained(options["tokenizer"]).eval().to(device)
    features = WhisperFeatureExtractor.from_pretrained(options["tokenizer"])
    first_code = tokenizer.convert_tokens_to_ids("<|audio_0|>")
    end = tokenizer.convert_tokens_to_ids("<|user|>")
    decoders: list[Any] = []

    def codes(path: str) -> str:
        found = extract_speech_token(encoder, features, [path])[0]
        if len(found) == 0:
            raise kit.BadInputError(f"{path}: too short for a speech token")
        return "<|begin_of_audio|>" + "".join(f"<|audio_{code}|>" for code in found) + "<|end_of_audio|>"

    def spoken(found: list[int]) -> Any:
        if not decoders:
            from flow_inference import AudioDecoder

            where = options["decoder"]
            decoders.append(
                AudioDecoder(
                    config_path=os.path.join(where, "config.yaml"),
                    flow_ckpt_path=os.path.join(where, "flow.pt"),
                    hift_ckpt_path=os.path.join(where, "hift.pt"),
                    device=device,
                )
            )
        return decoders[0].offline_inference(torch.tensor(found, device=device).unsqueeze(0))

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        speaks = request["settings"]["speech"]
        inputs = tokenizer([prompt(kit, request, codes, speaks)], return_tensors="pt").to(device)
        bound = kit.max_tokens(request, 2000)
        settings = {"max_new_tokens": max(2000, bound) if speaks else bound, **kit.drawing(request)}
        made = model.generate(**inputs, **settings)[0, inputs["input_ids"].shape[1] :].tolist()
        if end in made:
            made = made[: made.index(end)]
        text = tokenizer.decode([code for code in made if code < first_code], spaces_between_special_tokens=False)
        found = {"text": text, "usage": {"output_tokens": len(made)}, "meta": {"sampling": settings}}
        if speaks:
            said = [code - first_code for code in made if code >= first_code]
            if not said:
                raise RuntimeError(f"it said nothing; it wrote: {text!r}")
            found["speech"] = (spoken(said), SAMPLE_RATE["out"])
        return found

    return answer


def prompt(kit: Any, request: dict[str, Any], codes: Any, speaks: bool) -> str:
    """The prompt: system, then users and assistant in turn.

    A text beside an audio stands in the system slot, since a user turn holds either text or speech tokens.
    """
    system, turns = kit.split_system(request)
    turns = kit.alternating(turns)
    said, asked, hears = [], [], False
    for turn in turns:
        audios, text = kit.media_of(turn, "audio"), kit.text_of(turn)
        if len(audios) + bool(kit.media_of(turn, "image")) > 1 or kit.media_of(turn, "image"):
            raise kit.RefusedError("GLM-4-Voice takes one audio, or a text, in a turn")
        if turn["role"] == "assistant":
            if audios:
                raise kit.RefusedError("speech in an assistant turn: give its text")
            said.append(f"<|assistant|>streaming_transcription\n{text}")
        elif audios:
            hears = True
            if text:
                asked.append(text)
            said.append(f"<|user|>\n{codes(audios[0])}")
        else:
            said.append(f"<|user|>\n{text}")
    system = "\n".join([system, *asked]).strip()
    if speaks or not system:
        opening = INTERLEAVED.format(kind="speech" if hears else "text")
        system = f"{opening}{system}"
    else:
        system += ONLY_TEXT
    return f"<|system|>\n{system}" + "".join(said) + "<|assistant|>streaming_transcription\n"
