"""The size of a model's batches for one kind of work: begun where an earlier run ended, measured, kept for the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.core.model import Model
from evalkit.core.response import Response
from evalkit.models.local import remembered_sizes
from evalkit.models.local.batch_sizes import SizeChoice
from evalkit.models.local.look_ahead import Prepared

_WORTH = 2.0  # seconds of batches that must have been timed before anything is kept: less is noise


class ChosenSize:
    """A `SizeChoice` with its place in the cache folder.

    Args:
        model: whose batches.
        work: what kind of work: JSON, part of the key.
        bound: rows that fit into the memory.
        first: rows to begin with where nothing is remembered; None begins with the bound.
        earlier: of the same work in this process.
    """

    def __init__(
        self, model: Model, work: Mapping[str, Any], bound: int, first: int | None, earlier: ChosenSize | None = None
    ) -> None:
        self.work = work
        device = str(model.arguments.get("device", "auto"))
        self._key = {
            "model": model.name,
            "identity": dict(model.identity()),
            "machine": remembered_sizes.machine(device),
            **work,
        }
        known = remembered_sizes.read(self._key)
        if known is None and earlier is not None:
            known = earlier.facts()
        self.sizes = SizeChoice(bound, first, known)
        self._changed = False

    def measured(self, batch: Sequence[Prepared[Any]], responses: Sequence[Response], seconds: float) -> None:
        """Take in a batch that was run, with the seconds it took."""
        units = sum(_units(item, response) for item, response in zip(batch, responses, strict=True))
        self._changed |= self.sizes.measured(len(batch), units, seconds)

    def facts(self) -> dict[str, Any]:
        """The kind of work, and what was found for it."""
        return {**self.work, **self.sizes.facts()}

    def keep(self) -> None:
        """Remember what was found, where it is anything new."""
        if self._changed and self.sizes.seconds >= _WORTH:
            self._changed = False
            remembered_sizes.write(self._key, self.sizes.facts())


def _units(item: Prepared[Any], response: Response) -> float:
    """Tokens read and written; one that is written costs about as much as two that are read."""
    usage = response.usage or {}
    if "input_tokens" in usage and "output_tokens" in usage:
        return usage["input_tokens"] + 2 * usage["output_tokens"]
    return float(item.tokens)
