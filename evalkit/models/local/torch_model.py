"""What local models that compute with torch share: their device, its memory, and whether it still works."""

from __future__ import annotations

from typing import Any, TypeVar

from evalkit.models.local.batching import PlannedModel
from evalkit.models.local.transformers_loading import computes

Work = TypeVar("Work")


class TorchModel(PlannedModel[Work]):
    """A model whose weights lie on a torch device.

    Attributes:
        device: torch device; set by `start`.
        model: weights; set by `start`.
    """

    device: Any = None
    model: Any

    def close(self) -> None:
        """Give the memory back."""
        self.__dict__.pop("model", None)
        if self._on_gpu():
            import torch

            torch.cuda.empty_cache()

    def device_memory(self) -> int | None:
        """Bytes that torch holds on the GPU; None on a CPU."""
        if not self._on_gpu():
            return None
        import torch

        return int(torch.cuda.memory_allocated(self.device))

    def device_works(self) -> bool:
        """Whether it can be computed with; some errors of CUDA end that for the process."""
        return computes(self.device)

    def _on_gpu(self) -> bool:
        return self.device is not None and self.device.type == "cuda"
