"""Resizing and normalising of pictures, shape (..., channels, height, width)."""

import torch

from .. import InterpolationMode as InterpolationMode
from ..functional import pil_to_tensor as pil_to_tensor


def resize(frames, size, interpolation=InterpolationMode.BILINEAR, max_size=None, antialias=True):
    assert max_size is None
    whole = frames.dtype == torch.uint8
    single = frames.reshape(-1, *frames.shape[-3:]).float()
    made = torch.nn.functional.interpolate(
        single, size=list(size), mode=interpolation.value, align_corners=False, antialias=antialias
    ).reshape(*frames.shape[:-2], *size)
    return made.round().clamp(0, 255).to(torch.uint8) if whole else made


def normalize(frames, mean, std, inplace=False):
    mean, std = (torch.as_tensor(values, dtype=frames.dtype).view(-1, 1, 1) for values in (mean, std))
    return (frames - mean) / std


def grayscale_to_rgb(frames):
    return frames.expand(*frames.shape[:-3], 3, *frames.shape[-2:])
