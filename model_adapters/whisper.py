"""Whisper: speech in, transcript out; longer than 30 seconds by its own long-form decoding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.core.errors import DataError, UsageError
from evalkit.core.model import model
from evalkit.core.response import Response
from evalkit.core.sample import Generation, Request
from evalkit.models.local.batching import Prepared
from evalkit.models.local.chat_inputs import Conversation
from evalkit.models.local.generation import Row, join
from evalkit.models.local.transformers_model import TransformersModel

_FRAMES = 3000  # mel frames of the encoder's window, 30 s
_ENCODED = 1500  # positions the encoder makes of them
_FORCED = 4  # tokens that open a transcript


@dataclass(slots=True)
class WhisperRow(Row):
    """One clip and its language; None lets the model detect it."""

    language: str | None = None


@model("whisper", takes=("text", "audio"))
class Whisper(TransformersModel):
    """Whisper by transformers, as a recogniser; text of the conversation is ignored.

    Args:
        language: code such as "en"; None takes the one a request names (those of spoken answers do), and lets the model
            detect it where none is named, or none the checkpoint knows.
        task: transcribe or translate (into English).
        path, dtype, attn, device, batch_size, token_budget, threads: as for every local family.
    """

    architecture = "WhisperForConditionalGeneration"
    architectures = ("WhisperForConditionalGeneration",)
    processor_name = "WhisperProcessor"
    since = "4.46"

    def __init__(
        self,
        path: str | None = None,
        language: str | None = None,
        task: str = "transcribe",
        **further: Any,
    ) -> None:
        super().__init__(path, **further)
        if task not in ("transcribe", "translate"):
            raise UsageError(f"model '{self.name}': task={task}; expected transcribe or translate")
        self._language, self._task = language, task
        self.context = None  # checked against the decoder's own bound
        self._positions = int(self.config.get("max_target_positions", 448))

    def longest_audio(self, processor: Any) -> float | None:
        """Any length is taken, window by window."""
        return None

    def row(self, processor: Any, conversation: Conversation, request: Request) -> Row:
        """Mel features of one clip: 30 s, or its whole length where it is longer."""
        import torch

        if len(conversation.audios) != 1:
            raise DataError(f"sample '{request.id}'", f"whisper takes one audio, got {len(conversation.audios)}")
        samples, rate = conversation.audios[0], self.rules.sample_rate
        long = len(samples) > _FRAMES * rate // 100
        made = processor.feature_extractor(
            samples, sampling_rate=rate, truncation=False, padding="longest" if long else "max_length",
            return_tensors="pt", return_attention_mask=True,
        )  # fmt: skip
        windows = -(-made["input_features"].shape[-1] // _FRAMES)
        media = {"input_features": made["input_features"], "attention_mask": made["attention_mask"]}
        language = None if self._english() else self._language or self._known(request.language)
        return WhisperRow(torch.zeros(_ENCODED * windows, dtype=torch.long), media, language=language)

    def kind(self, row: Row) -> str:
        """Short and long clips are decoded by different rules, and a long one would impose its own on a batch.

        Rows of one batch have one language, or none.
        """
        length = "long" if row.media["input_features"].shape[-1] > _FRAMES else "short"
        return f"{length}:{getattr(row, 'language', None) or ''}"

    def most_new_tokens(self, settings: Generation, length: int) -> int:
        """What the decoder has room for, at the most."""
        return min(settings.max_new_tokens or self._positions, self._positions - _FORCED)

    def generate(self, batch: Sequence[Prepared[Row]], settings: Generation) -> list[Response]:
        """Transcripts, greedy; long clips window by window along their timestamps."""
        if settings.temperature > 0:
            raise UsageError(f"model '{self.name}' is greedy; temperature={settings.temperature} was asked for")
        features = join([item.work.media["input_features"] for item in batch])
        mask = join([item.work.media["attention_mask"] for item in batch])
        length, _, language = batch[0].kind.partition(":")
        long = length == "long"
        bound = {} if settings.max_new_tokens is None else {"max_new_tokens": self.most_new_tokens(settings, 0)}
        spoken = {} if self._english() else {"task": self._task, "language": language or None}
        sequences = self.model.generate(
            input_features=features.to(self.device, self.model.dtype),
            attention_mask=mask.to(self.device),
            return_timestamps=long,
            do_sample=False,
            num_beams=1,
            **spoken,
            **bound,
        )
        return self.responses(batch, sequences.tolist(), settings)

    def responses(
        self, batch: Sequence[Prepared[Row]], written: Sequence[Sequence[int]], settings: Generation
    ) -> list[Response]:
        """Transcripts without control tokens and times; long clips hold stop tokens between their windows."""
        found = []
        for item, ids in zip(batch, written, strict=True):
            text = self.tokenizer.decode([value for value in ids if value >= 0], skip_special_tokens=True)
            count = sum(value >= 0 and value not in self.stop for value in ids)
            usage = {"audio_seconds": item.work.usage["audio_seconds"], "output_tokens": count}
            found.append(Response(text=text.strip(), usage=usage))
        return found

    def _known(self, language: str | None) -> str | None:
        """A language, if the checkpoint has a token for it."""
        known = getattr(self.model.generation_config, "lang_to_id", None) or {}
        return language if f"<|{language}|>" in known else None

    def _english(self) -> bool:
        return not getattr(self.model.generation_config, "is_multilingual", True)


@model("whisper-large-v3", takes=("text", "audio"))
class WhisperLargeV3(Whisper):
    """The released large-v3."""

    checkpoint = "openai/whisper-large-v3"
