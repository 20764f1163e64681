"""Images drawn from specs, by several processes, each file named by the hash of its pixels."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.data.files_in_parts import made
from evalkit.tasks.mmmb_twin.canvas import pillow

if TYPE_CHECKING:
    from PIL.Image import Image

COLOURS = 192  # of a palette; photograph-like images keep all of theirs
PHOTOGRAPHS = frozenset({"landscape"})
FOLDER = "images"


def drawn(family: str, spec: Mapping[str, Any]) -> Image:
    """The pixels of one image, RGB."""
    image: Image = importlib.import_module(f"evalkit.tasks.mmmb_twin.families.{family}").draw(spec)
    if family in PHOTOGRAPHS:
        return image
    from PIL import Image as Pictures

    return image.quantize(COLOURS, method=Pictures.Quantize.MEDIANCUT, dither=Pictures.Dither.NONE)


def pixel_hash(image: Image) -> str:
    """Hash of size and RGB pixels; unlike the file's bytes it does not depend on the compressor."""
    size = f"{image.width}x{image.height}/".encode()
    return hashlib.blake2b(size + image.convert("RGB").tobytes(), digest_size=12).hexdigest()


def write(family: str, spec: Mapping[str, Any], folder: Path) -> str:
    """Draw and save an image; returns its file name."""
    image = drawn(family, spec)
    name = f"{pixel_hash(image)}.png"
    image.save(folder / name, "PNG", compress_level=6)
    return name


def write_all(
    specs: Sequence[tuple[str, Mapping[str, Any]]], folder: Path, tick: Callable[[], object], workers: int | None = None
) -> list[str]:
    """Draw many images; returns their file names, in order.

    Args:
        specs: family and spec of each.
        folder: made when missing.
        tick: called after each image.
        workers: processes; one for each processor, 8 at most, where None.

    Raises:
        MissingExtraError: Pillow is not installed.
        EvalkitError: a process failed.
    """
    pillow()
    return made(write_listed, [[family, dict(spec)] for family, spec in specs], folder, tick, workers=workers)


def write_listed(item: Sequence[Any], folder: Path) -> str:
    """`write` for an item (family, spec) of a list."""
    family, spec = item
    return write(family, spec, folder)
