"""Drawing tools: fonts, papers, light and grain. Pillow is needed to draw, not to import this."""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from evalkit.authoring import MissingExtraError, UsageError
from evalkit.core.installation import install_command

if TYPE_CHECKING:
    from PIL import Image as PillowImage
    from PIL import ImageDraw, ImageFont

Colour = tuple[int, int, int]
Point = tuple[float, float]

INK: Colour = (38, 38, 46)
WHITE: Colour = (255, 255, 255)
RGB: dict[str, Colour] = {
    "red": (205, 48, 44),
    "orange": (240, 138, 30),
    "yellow": (245, 208, 50),
    "green": (60, 150, 75),
    "blue": (48, 100, 200),
    "purple": (128, 72, 168),
    "pink": (244, 150, 185),
    "brown": (130, 84, 50),
    "grey": (140, 144, 150),
}
MUTED: tuple[Colour, ...] = (
    (88, 120, 160), (196, 120, 92), (120, 152, 104), (168, 136, 80), (136, 108, 152), (96, 148, 152), (188, 104, 124),
    (112, 112, 124),
)  # fmt: skip


def pillow() -> Any:
    """The package PIL.

    Raises:
        MissingExtraError: it is not installed.
        UsageError: it was built without FreeType, or is older than 10.1.
    """
    try:
        import PIL
        from PIL import features
    except ImportError:
        raise MissingExtraError("pillow", "twins", "drawing the images of mmmb_twin") from None
    if tuple(map(int, PIL.__version__.split(".")[:2])) < (10, 1) or not features.check("freetype2"):
        raise UsageError(
            f"drawing the images of mmmb_twin needs Pillow 10.1 or newer with FreeType; found {PIL.__version__}: "
            + install_command("twins", "-U")
        )
    return PIL


@functools.cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Pillow's own scalable Latin font at `size` pixels, laid out without Raqm, which not every build has."""
    from PIL import ImageFont

    built_in = ImageFont.load_default(size)
    if not isinstance(built_in, ImageFont.FreeTypeFont):
        raise UsageError("this Pillow has no scalable font; install one built with FreeType")
    return ImageFont.truetype(io.BytesIO(built_in.font_bytes), size, layout_engine=ImageFont.Layout.BASIC)


class Canvas:
    """A picture under construction; coordinates in pixels of the finished image.

    Args:
        width, height: of the finished image.
        paper: background colour.
        scale: shapes are drawn this many times larger and shrunk at the end, for smooth edges.
    """

    def __init__(self, width: int, height: int, paper: Colour = WHITE, scale: int = 1) -> None:
        from PIL import Image, ImageDraw

        self.width, self.height, self.scale = width, height, scale
        self.image: PillowImage.Image = Image.new("RGB", (width * scale, height * scale), paper)
        self.draw: ImageDraw.ImageDraw = ImageDraw.Draw(self.image)

    def _at(self, values: Sequence[float]) -> list[float]:
        return [value * self.scale for value in values]

    def box(
        self, x: float, y: float, width: float, height: float, fill: Colour | None = None,
        line: Colour | None = None, thick: float = 1, round: float = 0,
    ) -> None:  # fmt: skip
        """A rectangle by its upper left corner and size."""
        ends = self._at((x, y, x + width, y + height))
        thick = max(1, int(thick * self.scale))
        if round:
            self.draw.rounded_rectangle(ends, round * self.scale, fill, line, thick)
        else:
            self.draw.rectangle(ends, fill, line, thick)

    def oval(
        self, x: float, y: float, across: float, high: float, fill: Colour | None = None, line: Colour | None = None,
        thick: float = 1,
    ) -> None:  # fmt: skip
        """An ellipse by its centre and its two radii."""
        self.draw.ellipse(
            self._at((x - across, y - high, x + across, y + high)), fill, line, max(1, int(thick * self.scale))
        )

    def line(self, points: Sequence[Point], colour: Colour = INK, thick: float = 2) -> None:
        """A line through points."""
        flat = self._at([value for point in points for value in point])
        self.draw.line(flat, colour, max(1, int(thick * self.scale)), joint="curve")

    def shape(self, points: Sequence[Point], fill: Colour | None = None, line: Colour | None = None) -> None:
        """A filled polygon."""
        self.draw.polygon(self._at([value for point in points for value in point]), fill, line)

    def slice(self, x: float, y: float, radius: float, start: float, end: float, fill: Colour) -> None:
        """A sector of a circle; angles in degrees, clockwise from three o'clock."""
        self.draw.pieslice(self._at((x - radius, y - radius, x + radius, y + radius)), start, end, fill, WHITE)

    def text(self, x: float, y: float, text: str, size: int = 20, colour: Colour = INK, anchor: str = "la") -> None:
        """Text; `anchor` as Pillow has it ("la": left, ascender; "mm": middle; "ra": right)."""
        self.draw.text((x * self.scale, y * self.scale), text, colour, font(size * self.scale), anchor)

    def bold(self, x: float, y: float, text: str, size: int = 24, colour: Colour = INK, anchor: str = "la") -> None:
        """Heavier text."""
        self.draw.text(
            (x * self.scale, y * self.scale), text, colour, font(size * self.scale), anchor,
            stroke_width=max(1, size * self.scale // 32), stroke_fill=colour,
        )  # fmt: skip

    def finished(self) -> PillowImage.Image:
        """The image at its final size."""
        from PIL import Image

        if self.scale == 1:
            return self.image
        return self.image.resize((self.width, self.height), Image.Resampling.BOX)


def text_width(text: str, size: int) -> float:
    """Width of a text in pixels."""
    return float(font(size).getlength(text))


def shade(colour: Colour, factor: float) -> Colour:
    """Darker below 1, lighter above."""
    if factor <= 1:
        return (int(colour[0] * factor), int(colour[1] * factor), int(colour[2] * factor))
    lift = factor - 1
    return tuple(int(value + (255 - value) * min(1.0, lift)) for value in colour)  # type: ignore[return-value]


def grain(image: PillowImage.Image, seed: int, strength: int) -> PillowImage.Image:
    """Film grain in blocks of two pixels, from an integer hash, so that it is the same everywhere."""
    import numpy as np
    from PIL import Image

    width, height = image.size
    cells = np.arange(((height + 1) // 2) * ((width + 1) // 2), dtype=np.uint64)
    mixed = (cells + np.uint64(seed * 2_654_435_761 % (1 << 32))) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    steps = (mixed >> np.uint64(33)) % np.uint64(2 * strength + 1)
    noise = steps.astype(np.int16).reshape((height + 1) // 2, (width + 1) // 2) - strength
    full = noise.repeat(2, axis=0).repeat(2, axis=1)[:height, :width, None]
    pixels = np.asarray(image, dtype=np.int16) + full
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")


def gradient(width: int, height: int, top: Colour, bottom: Colour) -> PillowImage.Image:
    """A vertical gradient."""
    from PIL import Image

    column = Image.new("RGB", (1, height))
    for y in range(height):
        share = y / max(1, height - 1)
        column.putpixel((0, y), tuple(int(a + (b - a) * share) for a, b in zip(top, bottom, strict=True)))
    return column.resize((width, height), Image.Resampling.NEAREST)


def photographed(page: PillowImage.Image, table: Colour, degrees: float) -> PillowImage.Image:
    """A page lying, a little askew, on a table."""
    from PIL import Image

    margin = 34
    width, height = page.size
    ground = gradient(width + 2 * margin, height + 2 * margin, shade(table, 1.15), shade(table, 0.85))
    paper = page.convert("RGBA").rotate(degrees, Image.Resampling.BILINEAR, expand=True)
    shadow = Image.new("RGBA", paper.size, (20, 20, 24, 90))
    at = ((ground.width - paper.width) // 2, (ground.height - paper.height) // 2)
    ground.paste(shadow, (at[0] + 6, at[1] + 7), paper.getchannel("A").point(lambda value: value * 90 // 255))
    ground.paste(paper, at, paper)
    return ground
