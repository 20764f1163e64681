"""Decoding many captured conversations together: padded on the left, greedy or drawn by each row's own seed."""

from __future__ import annotations

import copy
from collections.abc import Collection, Sequence
from typing import Any

from evalkit.models.local.embedding_capture import Capture, Tap
from evalkit.models.local.sampling import NewTokenPenalty


def stop_tokens(tap: Tap, settings: dict[str, Any]) -> frozenset[int]:
    """Ids that end an answer: those of the call, else the language model's."""
    found = _setting(tap, settings, "eos_token_id")
    return frozenset(found if isinstance(found, (list, tuple)) else [] if found is None else [int(found)])


def padded(captures: Sequence[Capture], device: Any) -> tuple[Any, Any]:
    """Embeddings (rows, longest, width) and mask (rows, longest), filled up with masked zeros on the left."""
    import torch

    longest = max(capture.length for capture in captures)
    first = captures[0].embeds
    embeds = first.new_zeros((len(captures), longest, first.shape[-1]))
    mask = torch.zeros((len(captures), longest), dtype=torch.long)
    for row, capture in enumerate(captures):
        embeds[row, longest - capture.length :] = capture.embeds
        mask[row, longest - capture.length :] = capture.mask
    return embeds.to(device), mask.to(device)


def decode(tap: Tap, captures: Sequence[Capture], further: Sequence[Any], device: Any) -> list[list[int]]:
    """New tokens of every row, its stop token included.

    Args:
        tap: of the model.
        captures: rows of one kind.
        further: logits processors, applied last.
        device: torch device.
    """
    settings = dict(captures[0].settings)
    stop = stop_tokens(tap, settings)
    pad = _setting(tap, settings, "pad_token_id")
    penalty = _setting(tap, settings, "repetition_penalty")
    # The library's own penalty spares as many new tokens of a row as the row has padding.
    own = [NewTokenPenalty(float(penalty))] if penalty not in (None, 1.0) else []
    config = copy.deepcopy(settings.pop("generation_config", None) or tap.language_model.generation_config)  # type: ignore[union-attr]
    settings.update(
        do_sample=False, num_beams=1, repetition_penalty=1.0, temperature=1.0, top_p=1.0, top_k=50,
        pad_token_id=int(pad) if pad is not None else min(stop, default=0),
        return_dict_in_generate=False, output_hidden_states=False,
    )  # fmt: skip
    settings = {key: value for key, value in settings.items() if value is not None}
    config.update(**settings)
    if "max_new_tokens" in settings:
        config.max_length = None  # the bound the call gives counts
    embeds, mask = padded(captures, device)
    made = tap.generate(
        inputs_embeds=embeds, attention_mask=mask, generation_config=config, logits_processor=[*own, *further]
    )  # fmt: skip
    return [ended(row, stop) for row in made.tolist()]


def ended(row: Sequence[int], stop: Collection[int]) -> list[int]:
    """A row up to and with its first stop token."""
    for index, value in enumerate(row):
        if value in stop:
            return list(row[: index + 1])
    return list(row)


def _setting(tap: Tap, settings: dict[str, Any], key: str) -> Any:
    """A setting of the call, of the settings object it gives, or of the language model, whichever is there first."""
    if settings.get(key) is not None:
        return settings[key]
    config = settings.get("generation_config") or tap.language_model.generation_config  # type: ignore[union-attr]
    return getattr(config, key, None)
