"""Images and videos: whole, of a format that is meant, bounded, and decoded to what Pillow and FFmpeg made."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from evalkit.core.errors import DataError
from evalkit.core.message import Image, Video
from evalkit.media import image, video, whole
from evalkit.models.api.content import Limits, encoded
from evalkit.models.processes.spool import Spool

PIL = pytest.importorskip("PIL.Image")
ANY = Limits(
    frozenset({"image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp", "image/tiff", "video/mp4"}), 1 << 30
)
PICTURE = np.random.default_rng(3).integers(0, 255, (40, 60, 3), dtype=np.uint8)


def saved(kind: str, mode: str = "RGB", **how: object) -> bytes:
    buffer = io.BytesIO()
    PIL.fromarray(PICTURE).convert(mode).save(buffer, kind, **how)
    return buffer.getvalue()


def animation(kind: str) -> bytes:
    frames = [PIL.fromarray(np.roll(PICTURE, shift, axis=1)) for shift in (0, 9, 21)]
    buffer = io.BytesIO()
    frames[0].save(buffer, kind, save_all=True, append_images=frames[1:], duration=100)
    return buffer.getvalue()


def held(data: bytes, make: type[Image] | type[Video] = Image) -> Image | Video:
    return make(opener=lambda: data, name="it")


def by_program(handle: Image) -> object:
    spool = Spool()
    try:
        return spool.place(handle)
    finally:
        spool.close()


CONSUMERS: dict[str, Callable[[Image], object]] = {
    "decoder": image.decode,
    "provider": lambda handle: encoded(handle, ANY),
    "program": by_program,
}
KINDS = {
    "png": saved("PNG"),
    "png grey": saved("PNG", "L"),
    "png palette": saved("PNG", "P"),
    "jpeg": saved("JPEG"),
    "jpeg progressive": saved("JPEG", progressive=True),
    "jpeg cmyk": saved("JPEG", "CMYK"),
    "webp": saved("WEBP"),
    "webp lossless": saved("WEBP", lossless=True),
    "gif": saved("GIF"),
    "bmp": saved("BMP"),
}


@pytest.mark.parametrize("consumer", CONSUMERS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_image_passes_and_one_that_was_cut_does_not(kind: str, consumer: str) -> None:
    CONSUMERS[consumer](held(KINDS[kind]))
    for share in (0.5, 0.9):
        cut = held(KINDS[kind][: int(len(KINDS[kind]) * share)])
        with pytest.raises(DataError, match=r"^it: the .* file is cut off.*truncated"):
            CONSUMERS[consumer](cut)
        assert cut.remarks["flags"] == ["truncated_input"]


@pytest.mark.parametrize("kind", KINDS)
def test_pixels_are_pillows(kind: str) -> None:
    expected = PIL.open(io.BytesIO(KINDS[kind])).convert("RGB")
    assert np.array_equal(np.asarray(image.decode(held(KINDS[kind]))), np.asarray(expected))
    seen = whole.look(KINDS[kind], f"image/{kind.split()[0]}")
    assert (seen.width, seen.height, seen.pictures, seen.ends) == (60, 40, 1, True)


def test_a_jpeg_with_bytes_behind_its_end_is_whole() -> None:
    assert image.decode(held(KINDS["jpeg"] + b"trailer of a phone" * 9)).size == (60, 40)


@pytest.mark.parametrize("order", ["I;16", "I;16B"])
def test_sixteen_bits_keep_their_greys(order: str) -> None:
    values = np.linspace(0, 65535, 40 * 60).reshape(40, 60).astype("<u2")
    buffer = io.BytesIO()
    made = PIL.fromarray(values)
    if order == "I;16B":
        made = PIL.frombytes("I;16B", (60, 40), values.astype(">u2").tobytes())
        made.save(buffer, "TIFF")
    else:
        made.save(buffer, "PNG")
    found = np.asarray(image.decode(held(buffer.getvalue())))
    assert np.array_equal(found[..., 0], values >> 8)


def test_orientation_transparency_and_animations() -> None:
    exif = PIL.Exif()
    exif[0x0112] = 6
    assert image.decode(held(saved("JPEG", exif=exif))).size == (40, 60)
    clear = np.dstack([PICTURE, np.zeros((40, 60), np.uint8)])
    buffer = io.BytesIO()
    PIL.fromarray(clear).save(buffer, "PNG")
    assert np.asarray(image.decode(held(buffer.getvalue()))).min() == 255
    for kind in ("GIF", "PNG", "WEBP"):
        for consumer in CONSUMERS.values():
            handle = held(animation(kind))
            consumer(handle)
            assert handle.remarks == {"flags": ["animated_input"], "pictures": 3}


def test_a_keyed_colour_is_transparent() -> None:
    buffer = io.BytesIO()
    PIL.new("RGB", (4, 4), (10, 20, 30)).save(buffer, "PNG", transparency=(10, 20, 30))
    assert np.asarray(image.decode(held(buffer.getvalue()))).min() == 255


def png_bomb() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_bombs_are_refused_by_their_header(consumer: str) -> None:
    with pytest.raises(DataError, match="100000 x 100000 pixels"):
        CONSUMERS[consumer](held(png_bomb()))


@pytest.mark.parametrize("consumer", ["decoder", "program"])
@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "PostScript"),
        (b"%PDF-1.7\n", "PDF"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"<svg/>", "SVG"),
        (b"P6 2 2 255\n" + bytes(12), "no known format"),
        (b"8BPS" + bytes(40), "no known format"),
    ],
)
def test_other_formats_are_refused_by_name(data: bytes, what: str, consumer: str) -> None:
    with pytest.raises(DataError, match=f"it: cannot be decoded as an image.*{what}"):
        CONSUMERS[consumer](held(data))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    av = pytest.importorskip("av")
    made = {}
    kinds = {"mp4": ("mp4", "mpeg4"), "mkv": ("matroska", "mpeg4"), "avi": ("avi", "mpeg4"), "flv": ("flv", "flv")}
    for kind, (container, codec) in kinds.items():
        path = tmp_path_factory.mktemp("clips") / f"a.{kind}"
        options = {"movflags": "faststart"} if kind == "mp4" else {}
        with av.open(str(path), "w", format=container, options=options) as file:
            stream = file.add_stream(codec, rate=10)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            for number in range(40):
                pixels = np.full((48, 64, 3), number * 6, np.uint8)
                file.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
            file.mux(stream.encode())
        made[kind] = path.read_bytes()
    return made


@pytest.mark.parametrize("kind", ["mp4", "mkv", "avi", "flv"])
def test_a_video_is_decoded_whole_and_refused_when_cut(kind: str, clip: dict[str, bytes], tmp_path: Path) -> None:
    found = video.decode(held(clip[kind], Video))
    assert found.pixels.shape == (8, 48, 64, 3)
    assert np.diff(found.pixels.reshape(8, -1).mean(axis=1).astype(int)).min() > 20
    path = tmp_path / "a.mp4"
    path.write_bytes(clip[kind][: int(len(clip[kind]) * 0.6)])
    for look in (video.decode, whole.check, by_program):
        cut = Video(str(path))
        with pytest.raises(DataError, match="truncated"):
            look(cut)
        assert cut.remarks["flags"] == ["truncated_input"]


@pytest.mark.parametrize("share", [0.5, 0.999])
def test_an_animation_that_was_cut_is_no_video(share: float) -> None:
    pytest.importorskip("av")
    data = animation("GIF")
    assert len(video.decode(held(data, Video), rate=10.0).pixels) == 3
    cut = held(data[: int(len(data) * share)], Video)
    with pytest.raises(DataError, match="the GIF file is cut off"):
        video.decode(cut)
    assert cut.remarks["flags"] == ["truncated_input"]


@pytest.mark.parametrize(
    "data",
    [
        b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nm=video 5004 RTP/AVP 96\r\n",
        b"\n#EXTM3U\n",
        b"<?xml version='1.0'?><MPD/>",
    ],
)
def test_lists_of_other_files_are_no_videos(data: bytes) -> None:
    for look in (video.decode, whole.check, by_program):
        with pytest.raises(DataError, match="cannot be decoded as a video"):
            look(held(data, Video))


def test_the_demuxer_is_named_so_that_nothing_is_guessed(clip: dict[str, bytes]) -> None:
    """A playlist that looks like an mp4 by its first bytes is still read as an mp4."""
    fake = b"\0\0\0\x10ftypisom\0\0\0\0" + b"\0\0\0\x30free#EXTM3U\nhttp://127.0.0.1:1/x.ts\n#EXT-X"
    with pytest.raises(DataError, match="video"):
        video.decode(held(fake + bytes(8), Video))
