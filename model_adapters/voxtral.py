"""Voxtral: speech and text in, text out."""

from __future__ import annotations

from typing import Any

from evalkit.core.errors import DataError, UsageError
from evalkit.core.model import model
from evalkit.core.sample import Request
from evalkit.models.local.chat_inputs import Conversation
from evalkit.models.local.generation import Row
from evalkit.models.local.transformers_model import TransformersModel

_WINDOW = 30  # seconds; audio is padded to whole windows
_FRAMES = 3000  # mel frames of a window
_TOKENS = 375  # of a window


@model("voxtral", takes=("text", "audio"))
class Voxtral(TransformersModel):
    """Voxtral by transformers.

    Prompts are made of token ids: control tokens by name, text by the tokenizer, so that text can hold no control
    token. Layout: `<s>[INST][BEGIN_AUDIO][AUDIO]... text[/INST]`, a reply of the history followed by `</s>`.

    Args:
        transcribe: ask for a transcript by the model's own control token; text of the conversation is left out.
        language: code such as "en" that goes with `transcribe`.
        path, dtype, attn, device, batch_size, token_budget, threads: as for every local family.
    """

    architecture = "VoxtralForConditionalGeneration"
    architectures = ("VoxtralForConditionalGeneration",)
    processor_name = "VoxtralProcessor"
    since = "4.54"

    def __init__(
        self,
        path: str | None = None,
        transcribe: bool = False,
        language: str | None = None,
        **further: Any,
    ) -> None:
        super().__init__(path, **further)
        if language and not transcribe:
            raise UsageError(f"model '{self.name}': language={language} goes with transcribe=true only")
        self._transcribe, self._language = transcribe, language

    def longest_audio(self, processor: Any) -> float | None:
        """Any length is taken, window by window."""
        return None

    def row(self, processor: Any, conversation: Conversation, request: Request) -> Row:
        """Token ids and mel windows."""
        import torch

        tokenizer = processor.tokenizer
        features = [_windows(processor.feature_extractor, samples, self.rules) for samples in conversation.audios]
        counts = iter([len(windows) for windows in features])

        def control(word: str) -> int:
            number = tokenizer.convert_tokens_to_ids(word)
            if number is None or number == getattr(tokenizer, "unk_token_id", None):
                raise DataError(f"sample '{request.id}'", f"this checkpoint's tokenizer has no {word}")
            return int(number)

        def written(text: str) -> list[int]:
            return list(tokenizer.encode(text, add_special_tokens=False))

        ids = [control("<s>")]
        for turn in conversation.turns:
            inside: list[int] = []
            for part in turn["content"]:
                if part["type"] == "audio":
                    inside += [control("[BEGIN_AUDIO]"), *[control("[AUDIO]")] * (_TOKENS * next(counts))]
                elif not self._transcribe:
                    inside += written(part["text"])
            if turn["role"] == "system":
                ids += [control("[SYSTEM_PROMPT]"), *inside, control("[/SYSTEM_PROMPT]")] if inside else []
            elif turn["role"] == "user":
                ids += [control("[INST]"), *inside, control("[/INST]")]
            else:
                ids += [*inside, control("</s>")]
        if self._transcribe:
            ids += [*(written(f"lang:{self._language}") if self._language else ()), control("[TRANSCRIBE]")]
        media = {"input_features": torch.cat(features)} if features else {}
        return Row(torch.tensor(ids), media)


def _windows(extractor: Any, samples: Any, rules: Any) -> Any:
    """Mel features of one clip, shape (windows, mel bins, 3000)."""
    rate = rules.sample_rate
    made = extractor(
        samples, sampling_rate=rate, padding=True, truncation=False, pad_to_multiple_of=_WINDOW * rate,
        return_tensors="pt",
    )  # fmt: skip
    bins = made["input_features"].shape[1]
    return made["input_features"].reshape(bins, -1, _FRAMES).transpose(0, 1)


@model("voxtral-mini-3b-2507", takes=("text", "audio"))
class VoxtralMini(Voxtral):
    """Voxtral Mini, 3B."""

    checkpoint = "mistralai/Voxtral-Mini-3B-2507"


@model("voxtral-small-24b-2507", takes=("text", "audio"))
class VoxtralSmall(Voxtral):
    """Voxtral Small, 24B."""

    checkpoint = "mistralai/Voxtral-Small-24B-2507"
