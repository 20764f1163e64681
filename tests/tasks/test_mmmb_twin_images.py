"""Images of mmmb_twin: the same pixels in every process and for the recorded Pillow; what is drawn is what is stated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from mmmb_twin_baselines import dialogues

pytest.importorskip("PIL")

import numpy as np
import PIL
from PIL import Image

from evalkit.tasks.mmmb_twin.canvas import RGB, Canvas, font, grain
from evalkit.tasks.mmmb_twin.draws import Draws
from evalkit.tasks.mmmb_twin.facts import Picture
from evalkit.tasks.mmmb_twin.families import bars, clocks, landscape, shelf
from evalkit.tasks.mmmb_twin.images import PHOTOGRAPHS, drawn, pixel_hash, write_all
from evalkit.tasks.mmmb_twin.plots.image import SIMPLE
from evalkit.tasks.mmmb_twin.world import World

GOLDEN = Path(__file__).parent / "golden/mmmb_twin_images.json"
FAMILIES = sorted(family.__name__.rsplit(".", 1)[-1] for family in SIMPLE)


def first_of(family: str) -> Picture:
    return next(one for twin in dialogues() for one in twin.pictures if one.family == family)


def thumbnail(image: Any) -> list[int]:
    small = image.convert("L").resize((12, 9), Image.Resampling.BOX)
    return [int(value) for value in np.asarray(small).ravel()]


def golden() -> dict[str, Any]:
    return json.loads(GOLDEN.read_text())  # type: ignore[no-any-return]


@pytest.mark.parametrize("family", FAMILIES)
def test_pixels_are_those_on_record(family: str) -> None:
    known, image = golden(), drawn(family, first_of(family).spec)
    entry = known["images"][family]
    assert list(image.size) == entry["size"]
    difference = np.abs(np.subtract(thumbnail(image), entry["thumbnail"]))
    assert difference.mean() <= 2, "drawn differently; raise VERSION"
    if known["pillow"] == PIL.__version__:
        assert pixel_hash(image) == entry["pixels"]


def test_spec_alone_decides_the_pixels() -> None:
    picture = first_of("landscape")
    again = json.loads(json.dumps(picture.spec))
    assert pixel_hash(drawn("landscape", again)) == pixel_hash(drawn("landscape", picture.spec))
    other = {**again, "numbers": {**again["numbers"], "boats": again["numbers"]["boats"] % 8 + 2}}
    assert pixel_hash(drawn("landscape", other)) != pixel_hash(drawn("landscape", again))


def test_several_processes_draw_what_one_draws(tmp_path: Path) -> None:
    specs = [(one.family, one.spec) for twin in dialogues()[:4] for one in twin.pictures][:12]
    ticks: list[int] = []
    one = write_all(specs, tmp_path / "one", lambda: ticks.append(1), workers=1)
    two = write_all(specs, tmp_path / "two", lambda: ticks.append(2), workers=2)
    assert one == two
    assert (ticks.count(1), ticks.count(2)) == (12, 12)
    for name in one:
        image = Image.open(tmp_path / "two" / name)
        assert f"{pixel_hash(image)}.png" == name
        assert sorted(path.name for path in (tmp_path / "two").iterdir()) == sorted(set(two))


def test_files_stay_small() -> None:
    import io

    sizes = []
    for twin in dialogues()[:12]:
        for one in twin.pictures:
            buffer = io.BytesIO()
            drawn(one.family, one.spec).save(buffer, "PNG")
            sizes.append(len(buffer.getvalue()))
    total = sum(len(twin.pictures) for twin in dialogues())
    assert sum(sizes) / len(sizes) * total < 60e6


def world(name: str) -> World:
    return World(Draws("test", name), "en")


def pixels(image: Any) -> np.ndarray:
    return np.asarray(image.convert("RGB"), dtype=int)


def share(image: Any, colour: str, tolerance: int = 30) -> float:
    """Share of pixels near a colour."""
    return float((np.abs(pixels(image) - RGB[colour]).max(axis=2) < tolerance).mean())


def test_colours_and_numbers_of_objects_are_painted() -> None:
    rows = [[("bowl", "red"), ("bowl", "red")], [("box", "blue")], [("ball", "green")]]
    picture = shelf.make(world("shelf"), items=rows)
    one = drawn("shelf", picture.spec)
    two = drawn("shelf", {**picture.spec, "rows": [[("bowl", "red")], *rows[1:]]})
    assert share(one, "red") == pytest.approx(2 * share(two, "red"), rel=0.1)
    assert min(share(one, colour) for colour in ("blue", "green")) > 0.002
    assert share(one, "purple") == 0


def test_longer_bars_for_larger_values() -> None:
    picture = bars.make(world("bars"))
    spec = {**picture.spec, "mixed": False, "flat": False, "paint": 0, "bars": [["A", 200], ["B", 100], ["C", 50]]}
    image = pixels(bars.draw(spec))
    paint = np.abs(image - np.array((88, 120, 160))).max(axis=2) < 3
    columns = paint.sum(axis=0)
    heights = sorted({int(value) for value in columns if value > 10}, reverse=True)
    assert heights[0] / heights[-1] == pytest.approx(4, rel=0.05)


def test_hands_of_clocks_point_to_the_time() -> None:
    quarter = clocks.draw({"clocks": [["X", 3 * 60]], "wall": 0, "face": 0})
    half = clocks.draw({"clocks": [["X", 6 * 60]], "wall": 0, "face": 0})
    dark_three, dark_six = ((pixels(image) < 80).all(axis=2) for image in (quarter, half))
    right, below = np.s_[108:113, 104:124], np.s_[124:144, 88:93]  # beside and below the middle at (90, 110)
    assert dark_three[right].mean() > 0.5 > dark_six[right].mean()
    assert dark_six[below].mean() > 0.5 > dark_three[below].mean()


def test_counted_things_are_apart() -> None:
    """White sails on the lake: as many separate patches as boats."""
    picture = landscape.make(world("lake"), numbers={"boats": 7})
    image = pixels(landscape.draw({**picture.spec, "haze": 0}))[212:276]
    white = (image > 228).all(axis=2).any(axis=0)
    patches = int((np.diff(white.astype(int)) == 1).sum()) + int(white[0])
    assert patches == 7


def test_the_printed_alphabet_has_a_glyph_for_everything_that_is_printed() -> None:
    missing = bytes(font(20).getmask("\uffff"))
    printed = {
        char
        for twin in dialogues()
        for one in twin.pictures
        for char in json.dumps(one.spec, ensure_ascii=False)
        if char.isalpha()
    }
    assert all(char.isascii() for char in printed)
    assert not [char for char in sorted(printed) + list("°%()*.,:-+&'") if bytes(font(20).getmask(char)) == missing]


def test_grain_is_small_and_the_same_everywhere() -> None:
    grey = Canvas(64, 48, (128, 128, 128)).finished()
    noisy = grain(grey, 5, 5)
    difference = pixels(noisy) - 128
    assert np.abs(difference).max() <= 5
    assert abs(difference.mean()) < 1
    assert pixel_hash(noisy) == golden()["grain"]
    assert {"landscape"} == PHOTOGRAPHS
