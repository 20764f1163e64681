"""Images: decode to RGB, the right way up, with the one decoder of Pillow that a file's first bytes name."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from evalkit.core.errors import DataError, MissingExtraError
from evalkit.core.message import Image
from evalkit.media import whole
from evalkit.media.formats import IMAGE_NAMES
from evalkit.media.source import read_bytes

if TYPE_CHECKING:
    import PIL.Image

MAX_PIXELS = whole.MAX_PIXELS
# No other decoder is tried: Pillow's run programs (PostScript) and read much that no benchmark holds.
_DECODERS = {
    "image/png": ("PNG",),
    "image/jpeg": ("JPEG", "MPO"),
    "image/webp": ("WEBP",),
    "image/gif": ("GIF",),
    "image/bmp": ("BMP",),
    "image/tiff": ("TIFF",),
    "image/avif": ("AVIF",),
}


def decode(handle: Image) -> PIL.Image.Image:
    """Decode to RGB, turned as its EXIF orientation says; transparency is laid over white.

    Of an animation it is the first picture; 16-bit greys become 8-bit ones by their high byte.

    Raises:
        DataError: missing, empty, corrupt, cut off, of another format, or of more than 170 million pixels.
        MissingExtraError: Pillow is not installed.
    """
    try:
        import PIL.Image
        import PIL.ImageOps
    except ImportError as error:
        raise MissingExtraError("pillow", "local", "an image") from error
    data = read_bytes(handle)
    kind = whole.check(handle, data)
    try:
        with PIL.Image.open(io.BytesIO(data), formats=_DECODERS.get(kind, ())) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise DataError(handle.label, f"{width} x {height} pixels; at most {MAX_PIXELS} are decoded")
            image.load()
            upright = PIL.ImageOps.exif_transpose(image)
    except PIL.UnidentifiedImageError:
        raise DataError(handle.label, f"cannot be decoded as an image; expected {IMAGE_NAMES}") from None
    except PIL.Image.DecompressionBombError as error:
        raise DataError(handle.label, str(error)) from None
    except (OSError, ValueError, SyntaxError, EOFError, KeyError) as error:
        raise DataError(handle.label, f"the image is damaged ({error})") from None
    return _rgb(upright, handle)


def _rgb(image: PIL.Image.Image, handle: Image) -> PIL.Image.Image:
    import PIL.Image

    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in (None, "PNG")):
        image = _eight_bits(image)  # Pillow's own conversion takes all above 255 for white
    if image.mode in ("I", "F"):
        raise DataError(handle.label, "its pixels have 32 bits and no scale; convert it to 8 or 16 bits")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        layers = image.convert("RGBA")
        white = PIL.Image.new("RGBA", layers.size, (255, 255, 255, 255))
        return PIL.Image.alpha_composite(white, layers).convert("RGB")
    return image.convert("RGB")


def _eight_bits(image: PIL.Image.Image) -> PIL.Image.Image:
    import numpy as np
    import PIL.Image

    order = ">u2" if image.mode.endswith("B") else "<u2"
    values = np.frombuffer(image.tobytes(), order) if image.mode != "I" else np.asarray(image).reshape(-1)
    grey = np.clip(values.astype(np.int64) >> 8, 0, 255).astype(np.uint8).reshape(image.height, image.width)
    return PIL.Image.fromarray(grey)
