"""Requests that families are tried on: clips, pictures and texts of different length, alone and mixed."""

from __future__ import annotations

import functools
import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from evalkit.core.message import Audio, Image, Part, system, user
from evalkit.core.response import Response
from evalkit.core.sample import Generation, Request
from evalkit.media.audio import from_samples
from evalkit.models.local.generation import cut
from evalkit.models.local.transformers_model import TransformersModel
from families.tiny import tone

SHORT = Generation(max_new_tokens=12)


@functools.cache
def clip(seconds: float, pitch: float) -> Audio:
    return from_samples(tone(seconds, pitch), 16000, f"{seconds}s-{pitch}Hz.wav")


@functools.cache
def picture(width: int, height: int, seed: int) -> Image:
    import PIL.Image

    coarse = np.random.RandomState(seed).randint(0, 255, (4, 4, 3)).astype("uint8")
    buffer = io.BytesIO()
    PIL.Image.fromarray(coarse).resize((width, height), PIL.Image.Resampling.BICUBIC).save(buffer, "PNG")
    data = buffer.getvalue()
    return Image(opener=lambda: data, name=f"{seed}.png")


def ask(key: str, *parts: Part | str, settings: Generation = SHORT, instruction: str = "", seed: int = 0) -> Request:
    messages = (user(*parts),)
    return Request(key, (system(instruction), *messages) if instruction else messages, settings, seed)


def mixed(takes: frozenset[str]) -> list[Request]:
    """Rows of different length and kind that a family with these modalities can take."""
    rows = []
    if takes >= {"audio", "image"}:
        rows.append(ask("both", "what is in the picture ?", picture(56, 84, 1), clip(1.3, 300)))
    if "audio" in takes:
        rows.append(ask("clip", clip(4.7, 150), "transcribe"))
        rows.append(ask("after", "describe the sound you hear , with many words please", clip(2.2, 500)))
        rows.append(ask("low", clip(1.1, 90), "what ?"))
    if "image" in takes:
        rows.append(ask("wide", picture(112, 56, 3), "describe the picture please , with many words"))
        rows.append(ask("tall", "yes or no ?", picture(64, 96, 5)))
    rows.append(ask("text", "0 1 2 3 ?"))
    return rows


def answers(model: TransformersModel, requests: Sequence[Request], rows: int | None = None) -> dict[str, Response]:
    """Answers by id, of a model that has been started.

    Args:
        model: started.
        requests: in the order they are asked.
        rows: of a batch at the most.
    """
    kept, model.batch_size = model.batch_size, 1 if model.one_by_one else rows or model.batch_size
    try:
        found = dict(model.stream(iter(requests)))
    finally:
        model.batch_size = kept
    assert model.throughput.spoiled == 0, "a batch failed and was done row by row"
    return found


def written(model: TransformersModel, requests: Sequence[Request], rows: int | None = None) -> dict[str, list[int]]:
    """Token ids of the answers by request, up to their stop token."""
    ids: dict[str, list[int]] = {}
    kept = model.responses

    def note(batch: Any, sequences: Any, settings: Generation) -> list[Response]:
        for item, row in zip(batch, sequences, strict=True):
            if model.name.startswith("whisper"):  # stop tokens stand between its windows
                ids[item.request.id] = [value for value in row if value >= 0 and value not in model.stop]
            else:
                ids[item.request.id] = cut(row, model.stop)[0]
        return kept(batch, sequences, settings)

    model.responses = note  # type: ignore[method-assign]
    try:
        texts(answers(model, requests, rows))
    finally:
        del model.responses
    return ids


def texts(found: dict[str, Response]) -> dict[str, str | None]:
    failed = {key: response.failure for key, response in found.items() if response.failure is not None}
    assert not failed, failed
    return {key: response.text for key, response in found.items()}


def with_settings(requests: Sequence[Request], **changed: Any) -> Iterator[Request]:
    return (replace(request, settings=replace(request.settings, **changed)) for request in requests)
