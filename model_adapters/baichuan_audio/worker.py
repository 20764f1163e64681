"""Baichuan-Audio in its own environment: prompt strings with JSON paths; text and audio codes made in turns."""

from __future__ import annotations

import json
import os
import re
import sys
from typing import Any

TAKES = ("text", "audio")
GIVES = ("text", "speech")
SAMPLE_RATE = {"in": 16000, "out": 24000}
PACKAGES = ("torchaudio", "flash_attn")

ROLES = {"user": "<C_Q>", "assistant": "<C_A>"}
PIECES = 100  # most pieces of text and speech in an answer
MARKS = [",", "!", "?", "，", "。", "！", "？", ". "]  # a piece of text ends here, and is spoken
# How the released dialogue draws: the first piece of text, the later ones, audio codes.
FIRST = {"do_sample": True, "temperature": 0.8, "top_k": 20, "top_p": 0.85, "repetition_penalty": 1.1}
LATER = {"do_sample": True, "temperature": 0.3, "top_k": 20, "top_p": 0.85, "repetition_penalty": 1.05}
CODES = {"do_sample": True, "temperature": 0.5, "top_k": 5, "top_p": 0.85, "repetition_penalty": 1.3}


def load(kit: Any, options: dict[str, Any]) -> Any:
    """Load the model, and the vocoder with the first request for speech."""
    for folder in ("web_demo", os.path.join("third_party", "cosy24k_vocoder")):
        sys.path.insert(0, os.path.join(options["repo"], folder))
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    device = kit.device()
    model = AutoModelForCausalLM.from_pretrained(
        options["path"], trust_remote_code=True, torch_dtype=torch.bfloat16
    ).to(device)
    model.eval()
    tokenizer = AutoTokenizer.from_pretrained(options["path"], trust_remote_code=True)
    model.bind_processor(tokenizer, training=False, relative_path="/")
    audio = model.config.audio_config
    names = tokenizer.convert_ids_to_tokens
    begin, end = names(audio.audio_start_token_id), names(audio.audio_end_token_id)
    speech_begin, speech_end = names(audio.audiogen_start_token_id), names(audio.audiogen_end_token_id)
    marks = re.compile("|".join(map(re.escape, ["<|endoftext|>", speech_begin, speech_end])))
    voices: list[Any] = []

    def prompt(request: dict[str, Any]) -> str:
        system, turns = kit.split_system(request)
        speaks = request["settings"]["speech"]
        opened = "<audiotext_start_baichuan>" if speaks else ""
        text = f"<B_SYS>{system}" if system else ""
        for turn in kit.alternating(turns):
            if turn["role"] == "assistant":
                if kit.media_of(turn, "audio"):
                    raise kit.RefusedError("speech in an assistant turn: give its text")
                text += opened
            text += ROLES[turn["role"]]
            for part in turn["content"]:
                if part["type"] == "text":
                    text += part["text"]
                elif part["type"] == "audio":
                    text += begin + json.dumps({"path": part["path"]}, ensure_ascii=False) + end
                else:
                    raise kit.RefusedError(f"{part['type']}: Baichuan-Audio takes text and audio")
        return text + opened + ROLES["assistant"]

    def first(request: dict[str, Any], **settings: Any) -> tuple[Any, int]:
        made = model.processor([prompt(request)])

        def there(value: Any) -> Any:
            return value.to(device) if value is not None else None

        found = model.generate(
            made.input_ids.to(device), attention_mask=made.attention_mask.to(device), audios=there(made.audios),
            encoder_length=there(made.encoder_length), bridge_length=there(made.bridge_length), tokenizer=tokenizer,
            return_dict_in_generate=True, **settings,
        )  # fmt: skip
        return found, made.input_ids.shape[1]

    def cleaned(sequences: Any, length: int) -> str:
        return marks.sub("", tokenizer.decode(sequences[0, length:]))

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        if request["settings"]["speech"]:
            return spoken(request)
        settings = {"max_new_tokens": kit.max_tokens(request, 1024), **kit.drawing(request)}
        found, length = first(request, stop_strings=["<|endoftext|>"], **settings)
        made = int(found.sequences.shape[1]) - length
        return {
            "text": cleaned(found.sequences, length), "usage": {"output_tokens": made}, "meta": {"sampling": settings},
        }  # fmt: skip

    def spoken(request: dict[str, Any]) -> dict[str, Any]:
        from generation import GenerationAudioTokens, decode_wave_vocoder

        if not voices:
            from cosy24k_vocoder import Cosy24kVocoder

            weights = os.path.join(options["repo"], "third_party", "cosy24k_vocoder", "hift.pt")
            voices.append(Cosy24kVocoder.from_pretrained(weights).to(device))
        found, length = first(request, max_new_tokens=50, stop_strings=[speech_begin, "<|endoftext|>"], **FIRST)
        text, waves = cleaned(found.sequences, length), []
        for _ in range(PIECES):
            last = found.sequences[0, -1].item() == tokenizer.eos_token_id
            if last and found.sequences.shape[1] - length <= 1:
                break
            found.sequences[0, -1] = audio.audiogen_start_token_id
            found = GenerationAudioTokens.generate(
                model, found.sequences, attention_mask=torch.ones_like(found.sequences),
                past_key_values=found.past_key_values, max_new_tokens=500, return_dict_in_generate=True, **CODES,
            )  # fmt: skip
            waves += [w for w in decode_wave_vocoder(found.audios_sequences.clone(), voices[0], model) if w is not None]
            if last:
                break
            found.sequences[0, -1] = audio.audiogen_end_token_id
            length = found.sequences.shape[1]
            found = model.generate(
                found.sequences, attention_mask=torch.ones_like(found.sequences), tokenizer=tokenizer,
                past_key_values=found.past_key_values, stop_strings=[speech_begin, *MARKS], max_new_tokens=50,
                return_dict_in_generate=True, **LATER,
            )  # fmt: skip
            text += cleaned(found.sequences, length)
        if not waves:
            raise RuntimeError(f"it said nothing; it wrote: {text!r}")
        samples = [value for wave in waves for value in kit.flat(wave)]
        meta = {"sampling": {"first": FIRST, "later": LATER, "codes": CODES}, "pieces": len(waves)}
        return {"text": text, "speech": (samples, SAMPLE_RATE["out"]), "meta": meta}

    return answer
