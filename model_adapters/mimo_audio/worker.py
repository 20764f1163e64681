"""MiMo-Audio in its own environment: the class MimoAudio of its repository, one method for each kind of request."""

from __future__ import annotations

import copy
import functools
from typing import Any

TAKES = ("text", "audio")
GIVES = ("text", "speech")
SAMPLE_RATE = {"in": 24000, "out": 24000}
PACKAGES = ("torchaudio", "flash-attn")


def load(kit: Any, options: dict[str, Any]) -> Any:
    """Load the model and its audio tokenizer."""
    from src.mimo_audio.mimo_audio import MimoAudio

    model = MimoAudio(options["path"], options["tokenizer"])
    forward = model.forward
    released = dict(model.task_sampler_configs)

    def draw_as_asked(task: str, request: dict[str, Any]) -> None:
        """Text codes are drawn by a sampler for each task; the released ones stay for speech."""
        sampler = copy.copy(released[task]["global"])
        temperature = float(request["settings"]["temperature"])
        sampler.do_sample = temperature > 0
        if temperature > 0:
            sampler.temperature, sampler.top_p = temperature, float(request["settings"]["top_p"])
        model.task_sampler_configs[task] = {**released[task], "global": sampler}

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        system, turns = kit.split_system(request)
        turns = kit.alternating(turns)
        bound = request["settings"]["max_new_tokens"]
        speaks = request["settings"]["speech"]
        # The methods give no bound on to `forward`; a bound of text would cut speech, whose codes are counted too.
        model.forward = forward if bound is None or speaks else functools.partial(forward, max_new_tokens=bound)
        if speaks:
            model.task_sampler_configs["spoken_dialogue"] = released["spoken_dialogue"]
            text = model.spoken_dialogue_sft_multiturn(
                spoken(kit, turns), output_audio_path=request["audio_out"], system_prompt=system or None,
                prompt_speech=options.get("voice") or None,
            )  # fmt: skip
            text = text.split("<|eot|>")[0].replace(".....", "")
            return {"text": text, "audio": request["audio_out"], "meta": {"method": "spoken_dialogue"}}
        if system:
            raise kit.RefusedError("a system turn in a written dialogue: MiMo-Audio's methods take none there")
        texts, audios = kit.text_of(turns[-1]), kit.media_of(turns[-1], "audio")
        heard = [bool(kit.media_of(turn, "audio")) for turn in turns[::2]]
        if len(turns) == 1 and len(audios) == 1 and options.get("method") == "asr":
            draw_as_asked("asr", request)
            return {"text": model.asr_sft(audios[0]), "meta": {"method": "asr"}}
        if len(turns) == 1 and len(audios) == 1 and texts:
            draw_as_asked("audio_understanding", request)
            text = model.audio_understanding_sft(audios[0], texts, thinking=False)
            return {"text": text, "meta": {"method": "audio_understanding"}}
        if all(heard):
            draw_as_asked("spoken_dialogue", request)
            text = model.speech2text_dialogue_sft_multiturn(written(kit, turns, "audio"), thinking=False)
            return {"text": text, "meta": {"method": "speech2text_dialogue"}}
        if not any(heard):
            draw_as_asked("text_chat", request)
            text = model.text_dialogue_sft_multiturn(written(kit, turns, "text"), thinking=False)
            return {"text": text, "meta": {"method": "text_dialogue"}}
        raise kit.RefusedError("user turns of text and of audio in one conversation: MiMo-Audio has no method for them")

    return answer


def written(kit: Any, turns: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Messages of a written dialogue in which users speak ("audio") or write ("text")."""
    found = []
    for turn in turns:
        if turn["role"] == "assistant" or kind == "text":
            found.append({"role": turn["role"], "content": kit.text_of(turn)})
        else:
            found.append({"role": "user", "content": only_audio(kit, turn)})
    return found


def spoken(kit: Any, turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Messages of a spoken dialogue; an assistant turn holds its text and its speech."""
    found: list[dict[str, Any]] = []
    for turn in turns:
        if turn["role"] == "user":
            found.append({"role": "user", "content": only_audio(kit, turn)})
            continue
        audios = kit.media_of(turn, "audio")
        if len(audios) != 1:
            raise kit.RefusedError("an assistant turn of a spoken dialogue needs its text and its speech")
        found.append({"role": "assistant", "content": {"text": kit.text_of(turn), "audio": audios[0]}})
    return found


def only_audio(kit: Any, turn: dict[str, Any]) -> str:
    """Path of the turn's one audio, if it holds nothing else."""
    if [part["type"] for part in turn["content"]] != ["audio"]:
        kinds = "+".join(part["type"] for part in turn["content"])
        raise kit.RefusedError(f"a user turn of {kinds}: in a dialogue MiMo-Audio takes one audio and nothing else")
    path: str = turn["content"][0]["path"]
    return path
