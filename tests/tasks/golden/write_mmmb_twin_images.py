"""Writes mmmb_twin_images.json: run from the repository's root after raising VERSION of mmmb_twin."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import PIL

sys.path.insert(0, str(Path(__file__).parents[1]))

from test_mmmb_twin_images import FAMILIES, GOLDEN, first_of, thumbnail

from evalkit.tasks.mmmb_twin.canvas import Canvas, grain
from evalkit.tasks.mmmb_twin.images import drawn, pixel_hash

images = {family: drawn(family, first_of(family).spec) for family in FAMILIES}
record = {
    "pillow": PIL.__version__,
    "grain": pixel_hash(grain(Canvas(64, 48, (128, 128, 128)).finished(), 5, 5)),
    "images": {
        family: {"size": list(image.size), "pixels": pixel_hash(image), "thumbnail": thumbnail(image)}
        for family, image in images.items()
    },
}
GOLDEN.write_text(json.dumps(record) + "\n")
