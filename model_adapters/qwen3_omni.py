"""Qwen3-Omni: text, image, audio and video in, text and (Instruct) speech out."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from evalkit.core.errors import DataError
from evalkit.core.model import model
from evalkit.core.response import Response
from evalkit.core.sample import Generation, Request
from evalkit.models.local.batching import Prepared
from evalkit.models.local.chat_inputs import Conversation
from evalkit.models.local.generation import Row
from evalkit.models.local.omni_model import OmniModel
from evalkit.models.local.sampling import NewTokenPenalty, SeededSampling

_TAKES, _GIVES = ("text", "image", "audio", "video"), ("text", "speech")


@model("qwen3-omni", takes=_TAKES, gives=_GIVES)
class Qwen3Omni(OmniModel):
    """Qwen3-Omni by transformers; arguments as in `evalkit.models.local.omni_model`."""

    architecture = "Qwen3OmniMoeForConditionalGeneration"
    architectures = ("Qwen3OmniMoeForConditionalGeneration",)
    processor_name = "Qwen3OmniMoeProcessor"
    since = "4.57"
    stop_words = ("<|im_end|>", "<|endoftext|>")
    speakers = ("Ethan", "Chelsie", "Aiden")
    top_k, top_p = 50, 1.0
    penalty = 1.05  # of repeated speech codes, as in the released code

    def load_model(self, cls: Any) -> Any:
        """The model, its talker repaired and its residual codes drawn by the sample's seed."""
        loaded = super().load_model(cls)
        if self.talks:
            give_talker_audio_config(loaded)
            self._seed_residual_codes(loaded.talker.code_predictor)
        return loaded

    def longest_audio(self, processor: Any) -> float | None:
        """Any length is taken: this extractor pads to the clip and cuts nothing."""
        return None

    def kind(self, row: Row) -> str:
        """Rows whose audio is shorter than a window of the encoder share a batch with rows of that length only.

        The encoder pads windows to the longest of the batch and does not mask that between its convolutions, so the end
        of a short clip would be heard differently beside a longer one.
        """
        mask = row.media.get("feature_attention_mask")
        encoder = self.config.get("thinker_config", {}).get("audio_config", {})
        window = 2 * int(encoder.get("n_window", 50))
        longest = window if mask is None else min(window, int(mask.sum(-1).max()))
        return "" if longest == window else f"{longest} frames"

    def speak(self, inputs: dict[str, Any], thinker: dict[str, Any], seeds: Sequence[int]) -> tuple[Any, Any]:
        """Thinker, talker and waves for all rows together."""
        # Generators of their own: the codes of one frame take a draw each.
        self._residual = [SeededSampling([seed ^ 0x9E3779B9 for seed in seeds], 1.0, 0.8, 50)]
        return self.model.generate(  # type: ignore[no-any-return]
            **inputs,
            **thinker,
            return_audio=True,
            speaker=self.speaker,
            talker_max_new_tokens=self.talker_tokens,
            talker_do_sample=False,
            talker_repetition_penalty=1.0,
            talker_logits_processor=[NewTokenPenalty(self.penalty), *self.draws(seeds)],
        )

    def _seed_residual_codes(self, predictor: Any) -> None:
        inner = predictor.generate

        @functools.wraps(inner)
        def generate(*values: Any, **named: Any) -> Any:
            if self.talker_temperature > 0:
                named["logits_processor"] = self._residual
            named["do_sample"] = False
            for name in ("top_k", "top_p", "temperature"):
                named.pop(name, None)
            return inner(*values, **named)

        predictor.generate = generate


def give_talker_audio_config(loaded: Any) -> None:
    """Let the talker know the audio encoder's windows.

    Its positions of a batch that holds audio and pictures are computed from `audio_config`, which its configuration
    lacks in transformers 4.57 to 5.24: speech would end in an AttributeError.
    """
    if getattr(loaded.talker.config, "audio_config", None) is None:
        loaded.talker.config.audio_config = loaded.thinker.config.audio_config


@model("qwen3-omni-30b-a3b-instruct", takes=_TAKES, gives=_GIVES)
class Qwen3OmniInstruct(Qwen3Omni):
    """The released Instruct checkpoint."""

    checkpoint = "Qwen/Qwen3-Omni-30B-A3B-Instruct"


@model("qwen3-omni-thinking", takes=_TAKES)
class Qwen3OmniThinking(Qwen3Omni):
    """A Thinking checkpoint: what it wrote up to `</think>` is no part of the answer."""

    default_new_tokens = 8192

    def responses(
        self, batch: Sequence[Prepared[Row]], written: Sequence[Sequence[int]], settings: Generation
    ) -> list[Response]:
        """Answers without their thoughts; an answer that never came is empty."""
        found = super().responses(batch, written, settings)
        for response in found:
            _, ended, answer = (response.text or "").partition("</think>")
            response.text = answer.lstrip("\n") if ended else ""
        return found


@model("qwen3-omni-30b-a3b-thinking", takes=_TAKES)
class Qwen3OmniThinkingReleased(Qwen3OmniThinking):
    """The released Thinking checkpoint."""

    checkpoint = "Qwen/Qwen3-Omni-30B-A3B-Thinking"


@model("qwen3-omni-captioner", takes=("text", "audio"))
class Qwen3OmniCaptioner(Qwen3Omni):
    """A Captioner checkpoint: describes one audio; it takes no text, and text of the conversation is left out."""

    def turns(self, conversation: Conversation, request: Request) -> Sequence[dict[str, Any]]:
        """The audio alone."""
        if len(conversation.audios) != 1:
            count = len(conversation.audios)
            raise DataError(f"sample '{request.id}'", f"{self.name} describes one audio, got {count}")
        return [{"role": "user", "content": [{"type": "audio"}]}]


@model("qwen3-omni-30b-a3b-captioner", takes=("text", "audio"))
class Qwen3OmniCaptionerReleased(Qwen3OmniCaptioner):
    """The released Captioner checkpoint."""

    checkpoint = "Qwen/Qwen3-Omni-30B-A3B-Captioner"
