"""Images and videos by their structure, before anything decodes them: format, pixels, whether the end is there.

Consumers that get such a file as it lies (providers, programs) get it after this look; the decoders of
`evalkit.media.image` and `evalkit.media.video` take it too.
"""

from __future__ import annotations

import io
import os
import zlib
from dataclasses import dataclass
from typing import BinaryIO, Literal

from evalkit.core.errors import DataError
from evalkit.core.message import Image, Media, Video
from evalkit.media import remarks
from evalkit.media.formats import IMAGE_NAMES, IMAGES, VIDEO_NAMES, VIDEOS, media_type
from evalkit.media.source import open_regular, read_bytes

MAX_PIXELS = 170_000_000  # of an image, or of one frame of a video
BY_MODEL = "frames_by_model"  # the file was handed on as it lies: whoever got it chose frames of its own
_BOXED = frozenset({"image/heic", "image/heif", "image/avif"})
_HEAD = 1024
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(slots=True)
class Look:
    """What the structure of an image tells.

    Args:
        width, height: pixels; 0 where they were not found.
        pictures: of an animation; 1 otherwise.
        ends: it is there to its end.
    """

    width: int = 0
    height: int = 0
    pictures: int = 1
    ends: bool = False


def check(part: Media, data: bytes | None = None) -> str:
    """Refuse an image or a video that is of another format, cut off, or too large; returns its media type.

    Args:
        part: its handle.
        data: its bytes, where they have been read already; of a video's file, only some are read here.

    Raises:
        DataError: naming the file and what is wrong with it.
    """
    if isinstance(part, Image):
        return _check_image(part, read_bytes(part) if data is None else data)
    if data is not None or part.path is None:
        return _check_video(part, io.BytesIO(read_bytes(part) if data is None else data))
    with open_regular(part.path, part.label) as file:
        return _check_video(part, file)


def look(data: bytes, kind: str | None) -> Look:
    """The structure of an image; `ends` is True for formats that cannot tell."""
    if kind == "image/png":
        return _png(data)
    if kind == "image/jpeg":
        return _jpeg(data)
    if kind == "image/gif":
        return _gif(data)
    if kind == "image/webp":
        return _webp(data)
    if kind == "image/bmp":
        size = int.from_bytes(data[2:6], "little")
        return Look(*_pair(data, 18, 4, "little"), ends=len(data) >= size)
    if kind in _BOXED:
        return Look(ends=_boxes_end(io.BytesIO(data), len(data)))
    return Look(ends=True)


def _check_image(part: Media, data: bytes) -> str:
    kind = media_type(data)
    if kind is None or kind not in IMAGES | _BOXED:
        raise DataError(part.label, f"cannot be decoded as an image (it is {kind or 'of no known format'}); "
                        f"expected {IMAGE_NAMES}")  # fmt: skip
    found = look(data, kind)
    if found.width * found.height > MAX_PIXELS:
        raise DataError(part.label, f"{found.width} x {found.height} pixels; at most {MAX_PIXELS} are decoded")
    if not found.ends:
        remarks.note(part, {"flags": ["truncated_input"]})
        raise DataError(part.label, f"the {_name(kind)} file is cut off or damaged (truncated); get it again")
    if found.pictures > 1:
        remarks.note(part, {"flags": ["animated_input"], "pictures": found.pictures})
    return kind


def _check_video(part: Media, file: BinaryIO) -> str:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(_HEAD)
    if not head:
        raise DataError(part.label, "the file is empty (0 bytes)")
    kind = media_type(head)
    if kind is None or kind not in VIDEOS:
        raise DataError(part.label, f"cannot be decoded as a video (it is {kind or 'of no known format'}); "
                        f"expected {VIDEO_NAMES}")  # fmt: skip
    ends = True
    if kind in ("video/mp4", "video/quicktime", "video/3gpp"):
        ends = _boxes_end(file, size)
    elif kind == "video/avi":
        told = int.from_bytes(head[4:8], "little")
        ends = told in (0, 0xFFFFFFFF) or size >= told + 8
    elif kind == "video/webm":
        ends = _segment_ends(head, size)
    elif kind == "video/x-flv":
        ends = _tags_end(file, size)
    elif kind == "image/gif":
        file.seek(0)
        ends = _gif(file.read()).ends
    if not ends:
        remarks.note(part, {"flags": ["truncated_input"]})
        raise DataError(part.label, f"the {_name(kind)} file is cut off (truncated); get it again")
    if isinstance(part, Video) and part.policy is not None:
        remarks.note(part, {"flags": [BY_MODEL]})  # `video.decode` shows the policy's frames, and takes this back
    return kind


def _name(kind: str) -> str:
    return kind.partition("/")[2].removeprefix("x-").upper()


def _pair(data: bytes, place: int, width: int, order: Literal["little", "big"]) -> tuple[int, int]:
    first, second = (int.from_bytes(data[start : start + width], order) for start in (place, place + width))
    if width == 4 and second >> 31:
        second = (1 << 32) - second  # a bitmap that begins at its top
    return first, second


def _png(data: bytes) -> Look:
    found, place = Look(*_pair(data, 16, 4, "big")), 8
    while place + 12 <= len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        body = data[place + 4 : place + 8 + size]
        if zlib.crc32(body).to_bytes(4, "big") != data[place + 8 + size : place + 12 + size]:
            break
        if body[:4] == b"acTL":
            found.pictures = int.from_bytes(body[4:8], "big")
        if body[:4] == b"IEND":
            found.ends = True
            break
        place += 12 + size
    return found


def _jpeg(data: bytes) -> Look:
    found, place = Look(), 2
    while place + 2 <= len(data):
        if data[place] != 0xFF:  # sound of a scan, or filling
            place = data.find(b"\xff", place)
            if place < 0:
                break
            continue
        mark = data[place + 1]
        if mark == 0xD9:
            found.ends = True
            break
        if mark == 0xFF:
            place += 1
        elif mark in (0x00, 0x01) or 0xD0 <= mark <= 0xD8:
            place += 2
        else:
            if mark in _JPEG_SIZES:
                found.height, found.width = _pair(data, place + 5, 2, "big")
            place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return found


def _gif(data: bytes) -> Look:
    found, place = Look(*_pair(data, 6, 2, "little"), pictures=0), 13
    if len(data) > 10 and data[10] & 0x80:
        place += 3 << (data[10] & 7) + 1
    while place < len(data):
        mark = data[place]
        if mark == 0x3B:
            found.ends = True
            break
        if mark == 0x2C and place + 10 <= len(data):
            found.pictures += 1
            packed = data[place + 9]
            place += 11 + ((3 << (packed & 7) + 1) if packed & 0x80 else 0)
        elif mark == 0x21:
            place += 2
        else:
            break
        while place < len(data) and data[place]:  # blocks, each after its length, to an empty one
            place += 1 + data[place]
        place += 1
    return found


def _webp(data: bytes) -> Look:
    found = Look(ends=len(data) >= 8 + int.from_bytes(data[4:8], "little"))
    kind = data[12:16]
    if kind == b"VP8X":
        found.width, found.height = (1 + size for size in _pair(data, 24, 3, "little"))
        found.pictures = max(data.count(b"ANMF"), 1) if data[20] & 2 else 1
    elif kind == b"VP8 ":
        found.width, found.height = (size & 0x3FFF for size in _pair(data, 26, 2, "little"))
    elif kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        found.width, found.height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return found


def _boxes_end(file: BinaryIO, size: int) -> bool:
    """ISO base media (ISO/IEC 14496-12): the boxes of the highest level fill the file; a size of 0 goes to its end."""
    place = 0
    while place + 8 <= size:
        file.seek(place)
        head = file.read(16)
        told = int.from_bytes(head[:4], "big")
        if told == 1:
            told = int.from_bytes(head[8:16], "big")
        if told == 0:
            return True
        if told < 8 or not head[4:8].isascii():
            return place > 0  # something else behind the last box
        place += told
    return place <= size


def _tags_end(file: BinaryIO, size: int) -> bool:
    """FLV (Adobe, "Video File Format Specification" 10.1): tags, each with its size behind it, fill the file."""
    file.seek(5)
    place = int.from_bytes(file.read(4), "big") + 4
    while place + 11 <= size:
        file.seek(place)
        head = file.read(4)
        if head[0] & 0x1F not in (8, 9, 18):
            return True  # something else behind the last tag
        place += 11 + int.from_bytes(head[1:], "big") + 4
    return place - 4 <= size <= place  # the last size may be missing


def _segment_ends(head: bytes, size: int) -> bool:
    """Matroska (RFC 9559): the segment lies within the file, unless its size is left open."""
    place = 4
    told, width = _vint(head, place)
    place += width + told
    if head[place : place + 4] != b"\x18\x53\x80\x67":
        return True
    told, width = _vint(head, place + 4)
    return told == (1 << 7 * width) - 1 or place + 4 + width + told <= size


def _vint(data: bytes, place: int) -> tuple[int, int]:
    """A number of variable length, and how many bytes it takes."""
    first = data[place] if place < len(data) else 0
    width = 9 - first.bit_length() if first else 8
    return int.from_bytes(data[place : place + width], "big") & (1 << 7 * width) - 1, width
