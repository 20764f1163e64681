"""LLaMA-Omni2 in its own environment: mel features of Whisper in, text and speech units out."""

from __future__ import annotations

import os
import re
from typing import Any

TAKES = ("audio",)
GIVES = ("text", "speech")
SAMPLE_RATE = {"in": 16000, "out": 24000}
PACKAGES = ("openai-whisper",)


def load(kit: Any, options: dict[str, Any]) -> Any:
    """Load the model that writes and speaks, and the speech decoder with the first request for speech."""
    import torch
    import whisper
    from llama_omni2.constants import DEFAULT_SPEECH_TOKEN, SPEECH_TOKEN_INDEX
    from llama_omni2.model import Omni2Speech2SQwen2ForCausalLM
    from transformers import AutoConfig, AutoTokenizer

    device = kit.device()
    config = AutoConfig.from_pretrained(options["path"])
    config.tts_tokenizer = os.path.join(options["path"], "tts_tokenizer")
    tokenizer = AutoTokenizer.from_pretrained(options["path"], use_fast=False)
    model = Omni2Speech2SQwen2ForCausalLM.from_pretrained(options["path"], config=config, torch_dtype=torch.bfloat16)
    model.to(device)
    decoders: list[Any] = []

    def heard(path: str) -> Any:
        wave = whisper.pad_or_trim(whisper.load_audio(path))
        return whisper.log_mel_spectrogram(wave, n_mels=128).permute(1, 0)

    def inputs(request: dict[str, Any]) -> tuple[Any, list[Any]]:
        messages, mels = [], []
        for turn in kit.alternating(list(request["messages"])):
            kinds = [part["type"] for part in turn["content"]]
            if turn["role"] == "user" and kinds == ["audio"]:
                mels.append(heard(turn["content"][0]["path"]))
                messages.append({"role": "user", "content": DEFAULT_SPEECH_TOKEN})
            elif turn["role"] == "assistant" and set(kinds) == {"text"}:
                messages.append({"role": "assistant", "content": kit.text_of(turn)})
            else:
                raise kit.RefusedError("LLaMA-Omni2 takes user turns of one audio each and assistant turns of text")
        ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt")[0]
        ids[ids == tokenizer.convert_tokens_to_ids(DEFAULT_SPEECH_TOKEN)] = SPEECH_TOKEN_INDEX
        return ids.unsqueeze(0).to(device), mels

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        speaks = request["settings"]["speech"]
        ids, mels = inputs(request)
        drawn = kit.drawing(request)
        settings = {"max_new_tokens": kit.max_tokens(request, 256), "num_beams": 1, "use_cache": True,
                    "temperature": None, "top_p": None, "top_k": None, **drawn}  # fmt: skip
        tokens, units = model.generate(
            ids,
            speech=torch.nn.utils.rnn.pad_sequence(mels, batch_first=True).to(dtype=torch.bfloat16, device=device),
            speech_lengths=torch.LongTensor([len(mel) for mel in mels]).to(device),
            pad_token_id=tokenizer.pad_token_id,
            **settings,
        )
        text = tokenizer.batch_decode(tokens, skip_special_tokens=True)[0].strip()
        found: dict[str, Any] = {"text": text, "meta": {"sampling": settings}}
        if speaks:
            codes = list(map(int, re.findall(r"\d+", str(units))))
            if not codes:
                raise RuntimeError(f"it said nothing; it wrote: {text!r}")
            found["speech"] = (spoken(codes), SAMPLE_RATE["out"])
        return found

    def spoken(codes: list[int]) -> Any:
        from cosyvoice.utils.file_utils import load_wav
        from llama_omni2.inference.run_cosy2_decoder import SpeechDecoder

        if not decoders:
            decoders.append(SpeechDecoder(model_dir=options["decoder"], device=device))
            name = f"prompt_{options['language']}.wav"
            decoders.append(load_wav(os.path.join(options["repo"], "llama_omni2", "inference", name), 16000))
        return decoders[0].entry(torch.LongTensor(codes).to(device), decoders[1], stream=False)

    return answer
