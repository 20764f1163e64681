"""Pictures as tensors."""

import numpy as np
import torch


def pil_to_tensor(picture):
    """Shape (channels, height, width), uint8."""
    pixels = np.atleast_3d(np.asarray(picture))
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)
