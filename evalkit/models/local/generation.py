"""From prepared rows to answers: left-padded batches, recorded settings, stop tokens, cut rows."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evalkit.core.sample import Generation, Request
from evalkit.models.local.look_ahead import OutOfMemoryError
from evalkit.models.local.sampling import SeededSampling

# What errors of torch say that are no `OutOfMemoryError`: its CPU allocator, the CUDA runtime, cuBLAS.
_NO_MEMORY = ("DefaultCPUAllocator", "CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED")


@dataclass(slots=True)
class Row:
    """One prompt, tokenised, with the tensors of its media.

    Args:
        ids: token ids, shape (length,).
        media: tensors by argument name; the first axis counts clips, tiles or patches, so rows can be joined.
        beside: tensors with one value per token, shape (length,), by argument name (token types).
        usage: counted units of the prompt.
    """

    ids: Any
    media: dict[str, Any] = field(default_factory=dict)
    beside: dict[str, Any] = field(default_factory=dict)
    usage: dict[str, float] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """Memory of its tensors."""
        return sum(int(tensor.nbytes) for tensor in [self.ids, *self.media.values(), *self.beside.values()])


def collate(rows: Sequence[Row], pad: int, device: Any, dtype: Any) -> dict[str, Any]:
    """Join rows into the inputs of one batch, padded on the left, on the device.

    Args:
        rows: in order.
        pad: token id of padding; it is masked.
        device: torch device.
        dtype: floating type of the model.
    """
    import torch

    longest = max(len(row.ids) for row in rows)
    ids = torch.full((len(rows), longest), pad, dtype=torch.long)
    mask = torch.zeros((len(rows), longest), dtype=torch.long)
    inputs: dict[str, Any] = {"input_ids": ids, "attention_mask": mask}
    for name in {name for row in rows for name in row.beside}:
        inputs[name] = torch.zeros((len(rows), longest), dtype=torch.long)
    for index, row in enumerate(rows):
        start = longest - len(row.ids)
        ids[index, start:] = row.ids
        mask[index, start:] = 1
        for name, values in row.beside.items():
            inputs[name][index, start:] = values
    for name in dict.fromkeys(name for row in rows for name in row.media):
        inputs[name] = join([row.media[name] for row in rows if name in row.media])
    return {name: _moved(value, device, dtype) for name, value in inputs.items()}


def join(tensors: Sequence[Any]) -> Any:
    """Concatenate along the first axis; other axes are padded with zeros at their end to the longest."""
    import torch

    shape = [max(sizes) for sizes in zip(*(tensor.shape[1:] for tensor in tensors), strict=True)]
    padded = []
    for tensor in tensors:
        if list(tensor.shape[1:]) == shape:
            padded.append(tensor)
            continue
        whole = tensor.new_zeros((tensor.shape[0], *shape))
        whole[tuple(slice(0, size) for size in tensor.shape)] = tensor
        padded.append(whole)
    return torch.cat(padded)


def _moved(tensor: Any, device: Any, dtype: Any) -> Any:
    return tensor.to(device=device, dtype=dtype) if tensor.is_floating_point() else tensor.to(device)


def settings_of(model: Any, stop: Collection[int], pad: int, most: int) -> Any:
    """The checkpoint's generation settings (its repetition penalty, suppressed tokens), made greedy.

    Sampling is added by `processors`, so that it can be seeded per row.
    """
    config = copy.deepcopy(model.generation_config)
    config.update(
        do_sample=False, temperature=1.0, top_p=1.0, top_k=50, num_beams=1, max_new_tokens=most, max_length=None,
        eos_token_id=sorted(stop), pad_token_id=pad,
    )  # fmt: skip
    return config


def processors(requests: Sequence[Request], settings: Generation) -> list[SeededSampling]:
    """Logits processors for these settings: none when greedy."""
    if settings.temperature <= 0:
        return []
    return [SeededSampling([request.seed for request in requests], settings.temperature, settings.top_p)]


def stop_ids(model: Any, tokenizer: Any, words: Collection[str] = ()) -> frozenset[int]:
    """Ids that end an answer: the checkpoint's, the tokenizer's, and further words its vocabulary has."""
    given = getattr(model.generation_config, "eos_token_id", None)
    found = set(given) if isinstance(given, (list, tuple)) else {given}
    found.add(tokenizer.eos_token_id)
    vocabulary: Mapping[str, int] = tokenizer.get_vocab()
    found.update(vocabulary[word] for word in words if word in vocabulary)
    return frozenset(int(value) for value in found if value is not None)


def pad_id(model: Any, tokenizer: Any, stop: Collection[int]) -> int:
    """Id that fills the left of short rows; always masked."""
    for value in (tokenizer.pad_token_id, getattr(model.generation_config, "pad_token_id", None), *sorted(stop)):
        if value is not None:
            return int(value)
    return 0


def cut(ids: Sequence[int], stop: Collection[int]) -> tuple[list[int], bool]:
    """What stands before the first stop token, and whether there was one."""
    for index, value in enumerate(ids):
        if value in stop:
            return list(ids[:index]), True
    return list(ids), False


def cut_text(text: str, stop: Sequence[str]) -> str:
    """What stands before the first of the stop strings."""
    places = [place for word in stop if (place := text.find(word)) >= 0]
    return text[: min(places)] if places else text


@contextlib.contextmanager
def memory_errors() -> Iterator[None]:
    """Turn what torch raises without memory into `OutOfMemoryError`, after giving cached blocks back."""
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        problem = str(error).splitlines()[0]
    except RuntimeError as error:
        if not any(sign in str(error) for sign in _NO_MEMORY):
            raise
        problem = str(error).splitlines()[0]
    else:
        return
    # Outside the handlers: the traceback no longer holds the tensors of the failed batch.
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    raise OutOfMemoryError(problem)
