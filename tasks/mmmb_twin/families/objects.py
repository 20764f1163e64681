"""Drawings of single objects: each stands with the middle of its foot at (x, y), about 100 pixels high at most."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from evalkit.tasks.mmmb_twin.canvas import INK, WHITE, Canvas, Colour, shade

BRASS: Colour = (196, 164, 84)


def _mug(c: Canvas, x: float, y: float, paint: Colour) -> None:
    c.oval(x + 26, y - 30, 14, 16, None, shade(paint, 0.8), 6)
    c.box(x - 26, y - 56, 50, 56, paint, round=6)
    c.oval(x - 1, y - 55, 25, 6, shade(paint, 0.6))
    c.box(x - 20, y - 46, 7, 36, shade(paint, 1.4), round=3)


def _teapot(c: Canvas, x: float, y: float, paint: Colour) -> None:
    c.oval(x - 36, y - 34, 16, 18, None, shade(paint, 0.75), 6)
    c.shape([(x + 24, y - 20), (x + 52, y - 56), (x + 44, y - 60), (x + 20, y - 40)], paint)
    c.oval(x, y - 32, 36, 32, paint)
    c.box(x - 22, y - 8, 44, 8, shade(paint, 0.7))
    c.oval(x, y - 60, 18, 7, shade(paint, 0.75))
    c.oval(x, y - 70, 5, 5, shade(paint, 0.6))
    c.oval(x - 14, y - 42, 6, 9, shade(paint, 1.5))


def _vase(c: Canvas, x: float, y: float, paint: Colour) -> None:
    c.shape([(x - 10, y - 92), (x + 10, y - 92), (x + 8, y - 66), (x - 8, y - 66)], shade(paint, 0.85))
    c.oval(x, y - 36, 27, 36, paint)
    c.oval(x, y - 92, 14, 4, shade(paint, 0.6))
    c.box(x - 26, y - 40, 52, 7, shade(paint, 1.4))
    c.box(x - 15, y - 5, 30, 5, shade(paint, 0.7))


def _globe(c: Canvas, x: float, y: float, paint: Colour) -> None:
    c.box(x - 22, y - 8, 44, 8, BRASS, round=3)
    c.box(x - 3, y - 22, 6, 16, BRASS)
    c.oval(x, y - 54, 36, 36, None, BRASS, 4)
    c.oval(x, y - 54, 31, 31, paint)
    land = shade(paint, 1.65)
    c.shape([(x - 20, y - 72), (x - 2, y - 76), (x - 6, y - 58), (x - 16, y - 50)], land)
    c.shape([(x + 4, y - 62), (x + 22, y - 66), (x + 24, y - 48), (x + 10, y - 38)], land)
    c.shape([(x - 12, y - 40), (x, y - 42), (x - 4, y - 28)], land)


def _lamp(c: Canvas, x: float, y: float, paint: Colour) -> None:
    c.oval(x, y - 4, 22, 5, BRASS)
    c.box(x - 3, y - 54, 6, 50, BRASS)
    c.shape([(x - 18, y - 98), (x + 18, y - 98), (x + 34, y - 50), (x - 34, y - 50)], paint)
    c.line([(x - 34, y - 50), (x + 34, y - 50)], shade(paint, 0.7), 3)


def _candle(c: Canvas, x: float, y: float, paint: Colour) -> None:
    c.oval(x, y - 4, 22, 4, BRASS)
    c.box(x - 10, y - 66, 20, 62, paint, round=2)
    c.box(x - 6, y - 62, 4, 54, shade(paint, 1.4))
    c.line([(x, y - 66), (x, y - 76)], INK, 2)
    c.oval(x, y - 82, 5, 9, (250, 196, 60))


def _bottle(c: Canvas, x: float, y: float, paint: Colour) -> None:
    c.box(x - 17, y - 62, 34, 62, paint, round=7)
    c.box(x - 7, y - 94, 14, 36, paint)
    c.box(x - 8, y - 102, 16, 10, shade(paint, 0.5))
    c.box(x - 15, y - 44, 30, 26, WHITE)
    c.box(x - 10, y - 36, 20, 3, shade(paint, 0.7))


def _box(c: Canvas, x: float, y: float, paint: Colour) -> None:
    c.box(x - 32, y - 52, 64, 52, paint)
    c.box(x - 36, y - 62, 72, 14, shade(paint, 0.85))
    c.box(x - 6, y - 62, 12, 62, shade(paint, 1.5))
    c.line([(x - 14, y - 72), (x, y - 62), (x + 14, y - 72)], shade(paint, 1.5), 4)


def _bowl(c: Canvas, x: float, y: float, paint: Colour) -> None:
    c.slice(x, y - 36, 38, 0, 180, paint)
    c.oval(x, y - 36, 38, 8, shade(paint, 0.65))
    c.box(x - 16, y - 4, 32, 4, shade(paint, 0.6))


def _radio(c: Canvas, x: float, y: float, paint: Colour) -> None:
    c.line([(x + 26, y - 58), (x + 44, y - 98)], (90, 90, 90), 3)
    c.box(x - 42, y - 58, 84, 56, paint, round=8)
    c.oval(x - 18, y - 30, 18, 18, shade(paint, 0.5))
    c.oval(x - 18, y - 30, 11, 11, shade(paint, 0.7))
    c.box(x + 8, y - 48, 28, 14, (240, 236, 214))
    c.oval(x + 14, y - 18, 6, 6, WHITE)
    c.oval(x + 32, y - 18, 6, 6, WHITE)


def _camera(c: Canvas, x: float, y: float, paint: Colour) -> None:
    c.box(x - 20, y - 62, 30, 14, shade(paint, 0.7), round=3)
    c.box(x - 40, y - 52, 80, 52, paint, round=7)
    c.oval(x, y - 26, 20, 20, (44, 44, 50))
    c.oval(x, y - 26, 12, 12, (96, 130, 160))
    c.oval(x - 4, y - 30, 4, 4, WHITE)
    c.box(x + 22, y - 48, 12, 8, (250, 240, 190))


def _bell(c: Canvas, x: float, y: float, paint: Colour) -> None:
    c.oval(x, y - 6, 7, 6, (70, 60, 40))
    c.slice(x, y - 44, 28, 180, 360, paint)
    c.shape([(x - 28, y - 45), (x + 28, y - 45), (x + 36, y - 10), (x - 36, y - 10)], paint)
    c.box(x - 38, y - 14, 76, 7, shade(paint, 0.7), round=3)
    c.oval(x, y - 75, 6, 6, None, shade(paint, 0.6), 4)


def _ball(c: Canvas, x: float, y: float, paint: Colour) -> None:
    c.oval(x, y - 32, 32, 32, paint)
    c.oval(x, y - 32, 12, 32, None, WHITE, 3)
    c.line([(x - 31, y - 32), (x + 31, y - 32)], WHITE, 3)
    c.oval(x - 12, y - 46, 6, 5, shade(paint, 1.6))


def _plant(c: Canvas, x: float, y: float, paint: Colour) -> None:
    for dx, top in ((-26, -84), (-12, -98), (4, -102), (18, -94), (30, -78)):
        c.line([(x, y - 40), (x + dx, y + top)], (52, 120, 62), 4)
        c.oval(x + dx, y + top, 9, 12, (74, 152, 84))
    c.shape([(x - 24, y - 44), (x + 24, y - 44), (x + 17, y), (x - 17, y)], paint)
    c.box(x - 27, y - 50, 54, 10, shade(paint, 0.8))


def _book(c: Canvas, x: float, y: float, paint: Colour) -> None:
    c.box(x - 15, y - 88, 30, 88, paint, round=2)
    c.box(x - 15, y - 74, 30, 6, shade(paint, 1.6))
    c.box(x - 15, y - 20, 30, 6, shade(paint, 1.6))
    c.box(x - 7, y - 60, 14, 28, shade(paint, 0.6))


def _alarm(c: Canvas, x: float, y: float, paint: Colour) -> None:
    c.line([(x - 18, y - 8), (x - 26, y)], (60, 60, 60), 5)
    c.line([(x + 18, y - 8), (x + 26, y)], (60, 60, 60), 5)
    c.oval(x - 20, y - 66, 13, 9, shade(paint, 0.7))
    c.oval(x + 20, y - 66, 13, 9, shade(paint, 0.7))
    c.oval(x, y - 36, 32, 32, paint)
    c.oval(x, y - 36, 24, 24, WHITE)
    c.line([(x, y - 36), (x, y - 52)], INK, 3)
    c.line([(x, y - 36), (x + 11, y - 30)], INK, 3)


def _hat(c: Canvas, x: float, y: float, paint: Colour) -> None:
    c.oval(x, y - 8, 44, 8, shade(paint, 0.8))
    c.box(x - 25, y - 48, 50, 42, paint, round=14)
    c.box(x - 25, y - 20, 50, 9, shade(paint, 0.5))


def _umbrella(c: Canvas, x: float, y: float, paint: Colour) -> None:
    c.line([(x, y - 60), (x, y - 8), (x - 4, y - 2), (x - 11, y - 4), (x - 12, y - 10)], (100, 70, 46), 4)
    c.slice(x, y - 48, 44, 180, 360, paint)
    for dx in (-29, 0, 29):
        c.slice(x + dx, y - 47, 15, 180, 360, shade(paint, 0.75))
    c.line([(x, y - 92), (x, y - 102)], (100, 70, 46), 4)


OBJECT_DRAWINGS: Mapping[str, Callable[[Canvas, float, float, Colour], None]] = {
    "mug": _mug, "teapot": _teapot, "vase": _vase, "globe": _globe, "lamp": _lamp, "candle": _candle, "bottle": _bottle,
    "box": _box, "bowl": _bowl, "radio": _radio, "camera": _camera, "bell": _bell, "ball": _ball, "plant": _plant,
    "book": _book, "alarm clock": _alarm, "hat": _hat, "umbrella": _umbrella,
}  # fmt: skip
