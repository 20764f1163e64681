"""Sampling whose draws belong to the row: the same in any batch, in any order.

A library's sampler draws all rows from one generator, so an answer changes with its neighbours. Here every row has
a generator seeded by its sample; each step draws one uniform number from it and looks it up in the row's cumulative
distribution. Decoding itself stays greedy: only the drawn token is left to choose.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class SeededSampling:
    """A logits processor of transformers: call it last, and take the largest score.

    Args:
        seeds: one per row.
        temperature: above 0.
        top_p: share of the probability that is kept.
        top_k: tokens that are kept; 0 for all.
    """

    def __init__(self, seeds: Sequence[int], temperature: float, top_p: float = 1.0, top_k: int = 0) -> None:
        self._seeds, self._temperature, self._top_p, self._top_k = list(seeds), temperature, top_p, top_k
        self._generators: list[Any] = []

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Scores, shape (rows, vocabulary): 0 for the drawn token, minus infinity for all others."""
        import torch

        if not self._generators:
            # On the CPU: another kind of device would draw other numbers from the same seed.
            self._generators = [torch.Generator().manual_seed(seed) for seed in self._seeds]
        logits = scores.double() / self._temperature
        if 0 < self._top_k < logits.shape[-1]:
            least = logits.topk(self._top_k, dim=-1).values[..., -1:]
            logits = logits.masked_fill(logits < least, -torch.inf)
        shares = logits.softmax(dim=-1)
        if self._top_p < 1.0:
            ordered, order = shares.sort(dim=-1, descending=True, stable=True)
            before = ordered.cumsum(dim=-1) - ordered  # the token that reaches the share is kept
            shares = shares * torch.zeros_like(shares).scatter(-1, order, (before < self._top_p).to(shares.dtype))
        reached = shares.cumsum(dim=-1)
        drawn = torch.stack([torch.rand(1, generator=row, dtype=torch.float64) for row in self._generators])
        token = torch.searchsorted(reached, drawn.to(reached.device) * reached[:, -1:], right=True)
        token = token.clamp(max=scores.shape[-1] - 1)
        return torch.full_like(scores, -torch.inf).scatter(-1, token, 0.0)


class NewTokenPenalty:
    """A logits processor of transformers: tokens the answer holds already become less likely.

    For prompts given as embeddings. There the library's own penalty passes over as many new tokens of a row as the
    row has padding (transformers 5.23), so that a batch answers differently from single prompts.

    Args:
        penalty: positive scores are divided by it, negative ones multiplied.
    """

    def __init__(self, penalty: float) -> None:
        self._penalty = penalty

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Scores, shape (rows, vocabulary); `input_ids` are the new tokens, shape (rows, length)."""
        import torch

        if input_ids.shape[1] == 0:
            return scores
        seen = scores.gather(1, input_ids)
        lower = torch.where(seen < 0, seen * self._penalty, seen / self._penalty)
        return scores.scatter(1, input_ids, lower)
