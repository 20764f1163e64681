"""Freeze-Omni in its own environment: a pipeline of states that listens in chunks and then speaks."""

from __future__ import annotations

import argparse
import math
import os
import sys
from typing import Any

TAKES = ("audio",)
GIVES = ("text", "speech")
SAMPLE_RATE = {"in": 16000, "out": 24000}
PACKAGES = ("torchaudio",)

ROLE = "You are a helpful assistant."
ENDS = ("。", "：", "？", "！", ".", "?", "!", "\n")  # a sentence ends, and is spoken
CODEC = {"codec_chunk_size": 40, "codec_padding_size": 10}
TOP_K = 2  # of the speech codes
BATCH = 896  # width of the language model's states


def load(kit: Any, options: dict[str, Any]) -> Any:
    """Load the pipeline and the speech decoder; the released script's classes are used as they are."""
    sys.path.insert(0, options["repo"])
    import soundfile as sf
    import torch
    import torchaudio
    from bin.inference import audioEncoderProcessor
    from models.decoder.llm2tts import llm2TTS
    from models.pipeline import inferencePipeline

    settings = argparse.Namespace(
        model_path=options["path"], llm_path=options["llm"], top_k=options["top_k"], top_p=0.8, temperature=0.8
    )
    pipeline = inferencePipeline(settings)
    decoder = llm2TTS(options["path"])
    listener = audioEncoderProcessor()

    def wave(path: str) -> Any:
        samples, rate = sf.read(path, dtype="float32", always_2d=True)
        mono = torch.tensor(samples.mean(axis=1))
        if rate != SAMPLE_RATE["in"]:
            mono = torchaudio.transforms.Resample(orig_freq=rate, new_freq=SAMPLE_RATE["in"])(mono)
        return mono

    def say(states: list[Any], text: str, waves: list[Any]) -> None:
        hidden = torch.cat(states).squeeze(1)
        ids = torch.tensor(pipeline.model.tokenizer.encode(pipeline.post_process(text)), device=kit.device())
        words = pipeline.model.llm_decoder.model.embed_tokens(ids)
        waves.extend(
            decoder.run(
                words.reshape(-1, BATCH).unsqueeze(0), TOP_K, hidden.reshape(-1, BATCH).unsqueeze(0),
                CODEC["codec_chunk_size"], CODEC["codec_padding_size"],
            )
        )  # fmt: skip

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        system, turns = kit.split_system(request)
        if len(turns) != 1 or [part["type"] for part in turns[0]["content"]] != ["audio"]:
            raise kit.RefusedError(
                "Freeze-Omni takes one user turn of one audio; its script has no way for anything else"
            )
        speaks, temperature = request["settings"]["speech"], float(request["settings"]["temperature"])
        settings.top_k = options["top_k"] if temperature > 0 else 1  # greedy is a draw from one
        settings.temperature, settings.top_p = temperature or 1.0, float(request["settings"]["top_p"])
        samples = wave(turns[0]["content"][0]["path"])
        listener.reset()
        chunk = listener.get_chunk_size()
        padded = torch.zeros(math.ceil(samples.shape[0] / chunk) * chunk)
        padded[: samples.shape[0]] = samples
        outputs = pipeline.speech_dialogue(None, stat="pre", role=system or ROLE)
        for start in range(0, padded.shape[0], chunk):
            outputs = pipeline.speech_dialogue(listener.process(padded[start : start + chunk]), **outputs)
            outputs["stat"] = "cl"
        outputs.update(adapter_cache=None, encoder_cache=None, pe_index=0, stat="ss")
        outputs = pipeline.speech_dialogue(None, **outputs)
        states, waves = [outputs["hidden_state"]], list[Any]()
        before = sentence = ""
        bound = kit.max_tokens(request, 128)  # the released script stops after 128 tokens
        while len(outputs["past_tokens"]) <= bound:
            outputs.pop("text"), outputs.pop("hidden_state")
            outputs = pipeline.speech_dialogue(None, **outputs)
            if outputs["stat"] != "cs":
                break
            states.append(outputs["hidden_state"])
            new = outputs["text"][len(before) :]
            sentence += new
            if speaks and new.endswith(ENDS) and not (new.endswith(".") and before[-1:].isdigit()):
                say(states, sentence, waves)
                states, sentence = [], ""
            before = outputs["text"]
        if speaks and states and sentence:
            say(states, sentence, waves)
        found: dict[str, Any] = {"text": before, "meta": {"top_k": settings.top_k, "temperature": settings.temperature}}
        if speaks:
            if not waves:
                raise RuntimeError(f"it said nothing; it wrote: {before!r}")
            found["speech"] = ([value for part in waves for value in kit.flat(part)], SAMPLE_RATE["out"])
        return found

    if not os.path.isdir(options["path"]):
        raise SystemExit(f"{options['path']}: no folder 'checkpoints' with the weights of Freeze-Omni")
    return answer
