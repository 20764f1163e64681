"""CosyVoice2 and Fun-CosyVoice3 in their own environment: a text spoken by the voice of a prompt."""

from __future__ import annotations

import os
import sys
from typing import Any

TAKES = ("text", "audio")
GIVES = ("speech",)
SAMPLE_RATE = {"in": 16000, "out": 24000}
PACKAGES = ("torchaudio", "onnxruntime-gpu")

# CosyVoice3 was trained with this before the text of the prompt.
OPENING = "You are a helpful assistant.<|endofprompt|>"


def load(kit: Any, options: dict[str, Any]) -> Any:
    """Load the synthesizer."""
    sys.path.append(os.path.join(options["repo"], "third_party", "Matcha-TTS"))
    from cosyvoice.cli.cosyvoice import AutoModel

    model = AutoModel(model_dir=options["path"])
    opening = OPENING if options["model"] == "cosyvoice3" else ""

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        text, voice, heard = asked(kit, request, options)
        more = {"stream": False, "text_frontend": options["frontend"]}
        if heard:
            method = "zero_shot"
            pieces = model.inference_zero_shot(text, opening + heard, voice, **more)
        else:
            method = "cross_lingual"
            pieces = model.inference_cross_lingual(opening + text, voice, **more)
        samples = [value for piece in pieces for value in kit.flat(piece["tts_speech"])]
        if not samples:
            raise RuntimeError("it said nothing")
        return {"speech": (samples, model.sample_rate), "meta": {"method": method}}

    return answer


def asked(kit: Any, request: dict[str, Any], options: dict[str, Any]) -> tuple[str, str, str]:
    """What to say, the wav of the voice, and what is said in it ("" where nobody tells).

    A request is one user turn: a text to say; or an audio, what is said in it, and the text to say; or an audio and
    the text to say.
    """
    if not request["settings"]["speech"]:
        raise kit.RefusedError("a synthesizer writes nothing: the request must ask for speech")
    system, turns = kit.split_system(request)
    if system or len(turns) != 1:
        raise kit.RefusedError("a synthesizer takes one user turn, without a system text or a history")
    turn = turns[0]
    texts = [part["text"] for part in turn["content"] if part["type"] == "text"]
    audios = kit.media_of(turn, "audio")
    if len(audios) > 1 or not texts or len(texts) > 1 + len(audios) or not texts[-1].strip():
        raise kit.RefusedError(f"{len(audios)} audios and {len(texts)} texts: expected a text, with or without a voice")
    if not audios:
        return texts[-1], options["voice"], options["voice_text"]
    return texts[-1], audios[0], texts[0] if len(texts) == 2 else ""
