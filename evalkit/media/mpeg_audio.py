"""MPEG audio (mp3) as a chain of frames: where it begins, how long it is, and what its Xing or VBRI frame promises.

Frame heads by ISO/IEC 11172-3 and 13818-3; 8 to 12 kHz is the common extension "MPEG 2.5". Tags by id3.org, "ID3 tag
version 2.4.0". Encoder delay and padding as LAME writes them.
"""

from __future__ import annotations

from dataclasses import dataclass

_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}  # Hz by version, 3 being MPEG 1
_KBITS = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}  # by (MPEG 1 or later, layer)
_SEARCHED = 1 << 16  # bytes that may stand between the tags and the first frame: the rest of a cut frame, padding
_CHAIN = 4  # frames in a row that make a beginning among other bytes
_PADDING = 4  # bytes by which frames of one bit rate may differ
_TAIL = (b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"ID3")  # what may follow the last frame


@dataclass(frozen=True, slots=True)
class Frame:
    """One head: bytes of the whole frame, samples per channel, rate (Hz), channels, and what all frames share."""

    size: int
    samples: int
    rate: int
    channels: int
    kind: tuple[int, int]  # version bits, layer


@dataclass(frozen=True, slots=True)
class Stream:
    """A chain of frames.

    Args:
        begin, end: its bytes within the file.
        rate: Hz.
        samples: samples per channel by the heads of its whole frames, without one that holds only a promise.
        promised: samples per channel by the Xing, Info or VBRI frame; None without one.
        cut: the last frame is not whole.
        uneven: its frames have several bit rates.
    """

    begin: int
    end: int
    rate: int
    samples: int
    promised: int | None
    cut: bool
    uneven: bool


def after_tags(data: bytes) -> int:
    """Where the ID3v2 tags at the beginning of a file end."""
    place = 0
    while data[place : place + 3] == b"ID3" and len(data) >= place + 10:
        size = 0
        for byte in data[place + 6 : place + 10]:
            size = size << 7 | byte & 0x7F
        place += 10 + size + (10 if data[place + 5] & 0x10 else 0)
    return min(place, len(data))


def first_frame(data: bytes) -> int | None:
    """Where the first frame begins, after tags, zero bytes and remains of a frame; None for what is no MPEG audio."""
    tags = after_tags(data)
    zeros = tags
    while zeros < len(data) and not data[zeros]:
        step = data[zeros : zeros + 4096]
        zeros += len(step) - len(step.lstrip(b"\0"))
    if _chained(data, zeros, 2):
        return zeros
    place = zeros
    while (place := data.find(b"\xff", place, zeros + _SEARCHED)) >= 0:
        if _chained(data, place, _CHAIN):
            return place
        place += 1
    return None


def stream(data: bytes) -> Stream | None:
    """The frames of a file, from the first to the end of the chain; None where there is none."""
    begin = first_frame(data)
    if begin is None:
        return None
    head = _frame(data, begin)
    assert head is not None
    place, cut, uneven, samples = begin, False, False, 0
    while (frame := _frame(data, place)) is not None and frame.kind == head.kind and frame.rate == head.rate:
        if place + frame.size > len(data):
            cut = not data.startswith(_TAIL, place)
            break
        place += frame.size
        samples += frame.samples
        uneven = uneven or abs(frame.size - head.size) > _PADDING
    promised = _promised(data, begin, head)
    return Stream(begin, place, head.rate, samples - (head.samples if promised else 0), promised, cut, uneven)


def told(data: bytes, found: Stream) -> bytes:
    """A stream behind a Xing frame with the count of its frames, which its heads give and nothing in it promises.

    Without one libsndfile takes the first frame's bit rate for that of all, and ends where the recording does not.
    """
    head = _frame(data, found.begin)
    assert head is not None
    # Of the highest bit rate, so that the mark has room; without padding and checksum.
    mark = bytes((0xFF, data[found.begin + 1] | 1, data[found.begin + 2] & 0x0C | 0xE0, data[found.begin + 3]))
    whole = _frame(mark, 0)
    assert whole is not None
    frame = mark + bytes(_side(head)) + b"Xing" + (1).to_bytes(4, "big")
    frame += (found.samples // head.samples).to_bytes(4, "big")
    return frame.ljust(whole.size, b"\0") + data[found.begin :]


def ended(data: bytes, place: int) -> bool:
    """True where nothing but tags stands behind the last frame."""
    return place == len(data) or data.startswith(_TAIL, place)


def _chained(data: bytes, place: int, count: int) -> bool:
    """True where `count` frames of one kind follow each other, or fewer up to the very end."""
    first = _frame(data, place)
    frame, met = first, 0
    while frame is not None and first is not None and (frame.kind, frame.rate) == (first.kind, first.rate):
        met += 1
        place += frame.size
        if met == count:
            return True
        frame = _frame(data, place)
    return met > 0 and count < _CHAIN and ended(data, place)


def _frame(data: bytes, place: int) -> Frame | None:
    if place + 4 > len(data) or data[place] != 0xFF or data[place + 1] & 0xE0 != 0xE0:
        return None
    second, third, fourth = data[place + 1], data[place + 2], data[place + 3]
    version, layer = second >> 3 & 3, 4 - (second >> 1 & 3)
    bits, rate = third >> 4, third >> 2 & 3
    if version == 1 or layer == 4 or bits in (0, 15) or rate == 3:
        return None  # reserved values; frames of free bit rate tell no length
    hertz = _RATES[version][rate]
    bitrate = _KBITS[1 if version == 3 else 2, layer][bits - 1] * 1000
    padding = third >> 1 & 1
    channels = 1 if fourth >> 6 == 3 else 2
    if layer == 1:
        return Frame((12 * bitrate // hertz + padding) * 4, 384, hertz, channels, (version, layer))
    samples = 576 if layer == 3 and version != 3 else 1152
    return Frame(samples // 8 * bitrate // hertz + padding, samples, hertz, channels, (version, layer))


def _promised(data: bytes, begin: int, head: Frame) -> int | None:
    """Samples by the frame that holds no sound but the count of the others."""
    protected = 0 if data[begin + 1] & 1 else 2
    side = _side(head)
    for place in (begin + 4 + side, begin + 4 + side + protected):
        if data[place : place + 4] in (b"Xing", b"Info"):
            return _xing(data, place, head)
    place = begin + 4 + 32
    if data[place : place + 4] == b"VBRI":
        return int.from_bytes(data[place + 14 : place + 18], "big") * head.samples or None
    return None


def _side(head: Frame) -> int:
    """Bytes of a frame's side information, behind which a promise stands."""
    if head.kind[0] == 3:
        return 17 if head.channels == 1 else 32
    return 9 if head.channels == 1 else 17


def _xing(data: bytes, place: int, head: Frame) -> int | None:
    given = int.from_bytes(data[place + 4 : place + 8], "big")
    frames = int.from_bytes(data[place + 8 : place + 12], "big") if given & 1 else 0
    if frames in (0, 0x7FFFFFFF, 0xFFFFFFFF):
        return None
    place += 8 + 4 * (given & 1) + 4 * (given >> 1 & 1) + 100 * (given >> 2 & 1) + 4 * (given >> 3 & 1)
    trimmed = 0
    if data[place : place + 4] in (b"LAME", b"Lavf", b"Lavc"):
        delay = int.from_bytes(data[place + 21 : place + 24], "big")
        trimmed = (delay >> 12) + (delay & 0xFFF)
    return max(frames * head.samples - trimmed, 0) or None
