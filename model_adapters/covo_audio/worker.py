"""Covo-Audio-Chat in its own environment: 5 text tokens and 15 audio codes in turn."""

from __future__ import annotations

import argparse
import os
from typing import Any

TAKES = ("text", "audio")
GIVES = ("text", "speech")
SAMPLE_RATE = {"in": 24000, "out": 24000}
PACKAGES = ("torchaudio", "safetensors", "torchdiffeq")

LAST_CODE = 16384
PENALTY = 1.05  # of repetition, over the whole text and over a window of 8 tokens, as in the released example
TAIL = "<|im_end|>\n<|im_start|>assistant\n"


def load(kit: Any, options: dict[str, Any]) -> Any:
    """Load the model, checking that no weight is missing, and the decoder with the first request for speech."""
    import torch
    from covoaudio.configuration_covo_audio import CovoAudioConfig
    from covoaudio.modeling_covo_audio import (
        CovoAudioForCausalLM,
        WindowedRepetitionPenaltyLogitsProcessor,
        get_dialog_prompt,
    )
    from safetensors.torch import load_file
    from transformers import AutoConfig, AutoModel, LogitsProcessorList
    from transformers.models.qwen2 import Qwen2TokenizerFast

    folder, device = options["path"], kit.device()
    AutoConfig.register("covo_audio", CovoAudioConfig)
    AutoModel.register(CovoAudioConfig, CovoAudioForCausalLM)
    model = AutoModel.from_config(CovoAudioConfig.from_pretrained(folder)).to(device)
    model.eval()
    # The released loader lets missing weights pass; a model with random layers must not be measured.
    missing = set(model.state_dict())
    for name in sorted(file for file in os.listdir(folder) if file.endswith(".safetensors")):
        weights = load_file(os.path.join(folder, name))
        model.load_state_dict(weights, strict=False)
        missing -= set(weights)
    missing = {name for name in missing if "lm_head" not in name}  # may be tied to the embeddings
    if missing:
        raise SystemExit(f"{folder}: {len(missing)} weights are not in its safetensors files: {sorted(missing)[:5]}")
    tokenizer = Qwen2TokenizerFast.from_pretrained(folder)
    stops = {True: tokenizer.encode("<|im_end|>")[0], False: tokenizer.encode("<|endoftext|>")[0]}
    decoders: list[Any] = []

    def prepared(request: dict[str, Any]) -> tuple[list[Any], Any]:
        """Waves and token ids: the released prompt for each audio turn, texts put in beside them."""
        system, turns = kit.split_system(request)
        if system:
            raise kit.RefusedError("a system turn: Covo-Audio has a system text of its own, which speech depends on")
        waves: list[Any] = []
        text = ""
        for number, turn in enumerate(kit.alternating(turns)):
            audios = kit.media_of(turn, "audio")
            if turn["role"] == "assistant":
                if audios:
                    raise kit.RefusedError("speech in an assistant turn: give its text")
                text += kit.text_of(turn) + "<|im_end|>"
                continue
            if len(audios) != 1 or any(part["type"] not in ("text", "audio") for part in turn["content"]):
                raise kit.RefusedError("Covo-Audio takes one audio in every user turn, with or without a text")
            found, ids, _ = get_dialog_prompt(
                audio=audios[0], tokenizer=tokenizer, device=device, first_round=number == 0
            )
            waves += found
            part = tokenizer.decode(ids[0])
            if not part.endswith(TAIL):
                raise RuntimeError(f"the released prompt ends in {part[-60:]!r}, expected {TAIL!r}")
            text += part[: -len(TAIL)] + kit.text_of(turn) + TAIL
        return waves, tokenizer(text, return_tensors="pt").input_ids.to(device)

    def voice() -> tuple[Any, Any]:
        if not decoders:
            from token2wav.decode import init_model

            where = argparse.Namespace(
                decode_model_config=os.path.join(options["repo"], "token2wav", "config.json"),
                decode_load_path=os.path.join(folder, "token2wav", "model.pt"),
            )
            several = device == "cuda" and torch.cuda.device_count() > 1
            decoders.extend(init_model(where, decode_device="cuda:1" if several else device))
        return decoders[0], decoders[1]

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        speaks = request["settings"]["speech"]
        waves, ids = prepared(request)
        bound = kit.max_tokens(request, 2048)
        # A spoken answer has three audio codes for every text token.
        settings = {"max_new_tokens": max(2048, bound) if speaks else bound, **kit.drawing(request)}
        made = model.generate(
            input_ids=ids, wavs=waves, attention_mask=torch.ones_like(ids), eos_token_id=stops[speaks],
            pad_token_id=tokenizer.pad_token_id, repetition_penalty=PENALTY, return_dict_in_generate=True,
            logits_processor=LogitsProcessorList(
                [WindowedRepetitionPenaltyLogitsProcessor(penalty=PENALTY, window_size=8)]
            ), **settings,
        )  # fmt: skip
        tokens = made.sequences.squeeze(0)[ids.shape[1] :].tolist()
        size = len(tokenizer)
        text = tokenizer.decode([token for token in tokens if token < size], skip_special_tokens=True)
        found: dict[str, Any] = {"text": text, "usage": {"output_tokens": len(tokens)}, "meta": {"sampling": settings}}
        if speaks:
            from token2wav.decode import decode

            codes = [token - size for token in tokens if 0 <= token - size <= LAST_CODE]
            if not codes:
                raise RuntimeError(f"it said nothing; it wrote: {text!r}")
            decoder, config = voice()
            prompts = os.path.join(options["repo"], "token2wav", "prompt")
            made = decode(llm_tokens=codes, prompt_dir=prompts, model=decoder, config=config)
            found["speech"] = (made["wav"], made["sample_rate"])
        return found

    return answer
