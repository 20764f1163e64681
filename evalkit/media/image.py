"""Images: decode what Pillow reads to RGB, the right way up."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from evalkit.core.errors import DataError, MissingExtraError
from evalkit.core.message import Image
from evalkit.media.source import read_bytes

if TYPE_CHECKING:
    import PIL.Image

MAX_PIXELS = 200_000_000  # a guard against files that promise terabytes


def decode(handle: Image) -> PIL.Image.Image:
    """Decode to RGB, turned as its EXIF orientation says; transparency is laid over white.

    Raises:
        DataError: missing, empty, corrupt, or of more than 200 million pixels.
        MissingExtraError: Pillow is not installed.
    """
    try:
        import PIL.Image
        import PIL.ImageOps
    except ImportError as error:
        raise MissingExtraError("pillow", "local", "an image") from error
    data = read_bytes(handle)
    try:
        with PIL.Image.open(io.BytesIO(data)) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise DataError(handle.label, f"{width} x {height} pixels; at most {MAX_PIXELS} are decoded")
            image.load()
            upright = PIL.ImageOps.exif_transpose(image)
    except PIL.UnidentifiedImageError:
        raise DataError(handle.label, "cannot be decoded as an image; expected png, jpeg, webp, gif or bmp") from None
    except PIL.Image.DecompressionBombError as error:
        raise DataError(handle.label, str(error)) from None
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise DataError(handle.label, f"the image is damaged ({error})") from None
    if upright.mode in ("RGBA", "LA", "PA") or (upright.mode == "P" and "transparency" in upright.info):
        layers = upright.convert("RGBA")
        white = PIL.Image.new("RGBA", layers.size, (255, 255, 255, 255))
        return PIL.Image.alpha_composite(white, layers).convert("RGB")
    return upright.convert("RGB")
