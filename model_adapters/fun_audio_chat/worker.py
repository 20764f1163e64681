"""Fun-Audio-Chat in its own environment: a system text chooses between text and text with speech."""

from __future__ import annotations

from typing import Any

TAKES = ("text", "audio")
GIVES = ("text", "speech")
SAMPLE_RATE = {"in": 16000, "out": 24000}
PACKAGES = ("torchaudio", "onnxruntime-gpu")

CODES = 6561  # of the vocoder; larger ones are marks


def load(kit: Any, options: dict[str, Any]) -> Any:
    """Load the model, and the vocoder with the first request for speech."""
    import librosa
    import torch
    from funaudiochat.register import register_funaudiochat
    from transformers import AutoConfig, AutoModelForSeq2SeqLM, AutoProcessor
    from utils.constant import (
        AUDIO_TEMPLATE,
        DEFAULT_S2M_GEN_KWARGS,
        DEFAULT_S2M_PROMPT,
        DEFAULT_S2T_PROMPT,
        DEFAULT_SP_GEN_KWARGS,
    )

    register_funaudiochat()
    path = options["path"]
    model = AutoModelForSeq2SeqLM.from_pretrained(
        path, config=AutoConfig.from_pretrained(path), torch_dtype=torch.bfloat16, device_map=kit.device()
    )
    processor = AutoProcessor.from_pretrained(path)
    vocoders: list[Any] = []

    def conversation(request: dict[str, Any]) -> tuple[list[dict[str, str]], list[Any]]:
        system, turns = kit.split_system(request)
        mode = DEFAULT_S2M_PROMPT if request["settings"]["speech"] else DEFAULT_S2T_PROMPT
        found = [{"role": "system", "content": f"{mode} {system}".strip()}]
        waves = []
        for turn in kit.alternating(turns):
            audios = kit.media_of(turn, "audio")
            if any(part["type"] not in ("text", "audio") for part in turn["content"]):
                raise kit.RefusedError("Fun-Audio-Chat takes text and audio")
            if audios and turn["role"] == "assistant":
                raise kit.RefusedError("speech in an assistant turn: give its text")
            waves += [librosa.load(audio, sr=SAMPLE_RATE["in"])[0] for audio in audios]
            # The released examples set audio before text.
            found.append({"role": turn["role"], "content": "\n".join(
                [*[AUDIO_TEMPLATE] * len(audios), *([kit.text_of(turn)] if kit.text_of(turn) else [])]
            )})  # fmt: skip
        return found, waves

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        speaks = request["settings"]["speech"]
        messages, waves = conversation(request)
        text = processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        media = {"audio": waves} if waves else {}
        inputs = processor(text=text, **media, return_tensors="pt", return_token_type_ids=False).to(model.device)
        temperature = float(request["settings"]["temperature"])
        speech = {**DEFAULT_SP_GEN_KWARGS, "text_greedy": temperature == 0, "disable_speech": not speaks}
        model.sp_gen_kwargs.update(speech)
        bound = kit.max_tokens(request, 2048)
        if speaks:
            settings = {**DEFAULT_S2M_GEN_KWARGS, "max_new_tokens": max(2048, bound)}
        else:
            settings = {"max_new_tokens": bound}
        if temperature > 0:
            settings.update(kit.drawing(request))
        ids, codes = model.generate(**inputs, **settings)
        ids = ids[:, inputs["input_ids"].shape[1] :]
        found: dict[str, Any] = {
            "text": processor.decode(ids[0], skip_special_tokens=True),
            "usage": {"output_tokens": int(ids.shape[1])},
            "meta": {"sampling": settings, "text_greedy": temperature == 0},
        }
        if speaks:
            said = [code for code in codes[0].tolist() if 0 <= code < CODES]
            if not said:
                raise RuntimeError(f"it said nothing; it wrote: {found['text']!r}")
            found["speech"] = spoken(said)
        return found

    def spoken(said: list[int]) -> tuple[Any, int]:
        from utils.cosyvoice_detokenizer import get_audio_detokenizer, token2wav

        if not vocoders:
            vocoders.append(get_audio_detokenizer())
        wave = token2wav(vocoders[0], said, embedding=None, token_hop_len=25 * 30, pre_lookahead_len=3)
        return wave, vocoders[0].sample_rate

    return answer
