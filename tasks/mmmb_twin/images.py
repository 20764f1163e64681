"""Images drawn from specs, by several processes, each file named by the hash of its pixels."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import EvalkitError
from evalkit.tasks.mmmb_twin.canvas import pillow

if TYPE_CHECKING:
    from PIL.Image import Image

COLOURS = 192  # of a palette; photograph-like images keep all of theirs
PHOTOGRAPHS = frozenset({"landscape"})
FOLDER = "images"
WORKERS = 8


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
    folder.mkdir(parents=True, exist_ok=True)
    number = workers or min(WORKERS, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)
    if number == 1 or len(specs) < 8:
        names = []
        for family, spec in specs:
            names.append(write(family, spec, folder))
            tick()
        return names
    # New interpreters instead of forked ones: the caller may have threads, and need not be importable.
    listed = folder / "specs.jsonl"
    listed.write_text("".join(json.dumps(entry) + "\n" for entry in specs), encoding="utf-8")
    running = [
        subprocess.Popen(
            [sys.executable, "-m", __name__, str(listed), str(part), str(number)], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )
        for part in range(number)
    ]  # fmt: skip
    try:
        named = dict(_collected(running, tick))
    finally:
        for process in running:
            process.kill()
            process.communicate()
        listed.unlink(missing_ok=True)
    return [named[place] for place in range(len(specs))]


def _collected(running: Sequence[subprocess.Popen[str]], tick: Callable[[], object]) -> Iterator[tuple[int, str]]:
    for process in running:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            place, name = line.split()
            tick()
            yield int(place), name
        told = process.stderr.read()
        if process.wait() != 0:
            raise EvalkitError(f"drawing the images failed: {told.strip() or 'no message'}")


def main() -> int:
    """Draw every n-th image of a list; a line for each on stdout."""
    listed, part, number = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    with listed.open(encoding="utf-8") as file:
        for place, line in enumerate(file):
            if place % number == part:
                family, spec = json.loads(line)
                sys.stdout.write(f"{place} {write(family, spec, listed.parent)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
