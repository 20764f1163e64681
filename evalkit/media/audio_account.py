"""What an audio file's own header promises, against the bytes that are there.

Programs that write to a pipe cannot go back and fill in a length: sizes of 0, near 2^31 and near 2^32 (and all ones in
64 bits) promise nothing, and what is there is the recording. Any other size that goes beyond the end of the file tells
of a file that was cut. libsndfile takes the end of the file for the end of the recording in most formats, and refuses
some of those open sizes in others, so sizes are settled here before it reads.
"""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass
from typing import Literal

from evalkit.media import mpeg_audio

Order = Literal["little", "big"]

_OPEN = ((0x7FFF0000, 0x80010000), (0xFFFF0000, 0xFFFFFFFF), (1 << 62, 1 << 64))  # sizes of streams that were piped
_PLAIN_AIFF = (b"NONE", b"twos", b"sowt", b"fl32", b"FL32", b"fl64", b"FL64", b"alaw", b"ALAW", b"ulaw", b"ULAW")
_TRIMMED = 2 * 0xFFF  # samples per channel of delay and padding that an mp3's promise may leave out
_W64_DATA = b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"


@dataclass(frozen=True, slots=True)
class Account:
    """A file's account of itself.

    Args:
        parts: what is to be decoded, one after the other: the file with its sizes settled, from its first frame on, or
            each of the streams that are chained in it.
        promised, held: bytes of sound, by the header and in the file; equal where nothing is promised.
        frames: samples per channel that the header promises, or the heads of an mp3's frames count; None where neither
            does.
        cut: the file ends inside one of its parts, whatever it promises.
        unended: the mark of its end is not there.
        plain: every reader finds the same in it: nothing stands before it, and its sizes are told and true.
        unread: bytes behind the sound that the header does not speak of.
    """

    parts: tuple[bytes, ...]
    promised: int = 0
    held: int = 0
    frames: int | None = None
    cut: bool = False
    unended: bool = False
    plain: bool = True
    unread: int = 0


def account(data: bytes, kind: str) -> Account:
    """Read a header.

    Args:
        data: the file.
        kind: one of `evalkit.media.formats.AUDIO`.
    """
    return _READERS[kind](data)


def _is_open(size: int) -> bool:
    return size == 0 or any(low <= size <= high for low, high in _OPEN)


def _sized(
    data: bytes,
    begin: int,
    told: int,
    field: tuple[int, int],
    order: Order,
    extra: int = 0,
    frames: int | None = None,
    align: int = 1,
) -> Account:
    """The account of a file with one block of sound.

    Args:
        data: the file.
        begin: where its sound begins.
        told: its size, as it is written.
        field: place and width of that size.
        order: "little" or "big".
        extra: bytes that are not sound and that the size counts.
        frames: samples per channel by another field.
        align: bytes of a block; of one that is not whole, decoders make noise.
    """
    there = max(len(data) - begin, 0)
    size = told - extra
    unknown = _is_open(told) or size <= 0
    if not unknown and size <= there:
        return Account((data,), size, size, frames)
    there -= there % max(align, 1)
    place, width = field
    settled = min(there + extra, (1 << 8 * width) - 2)
    fixed = data[:place] + settled.to_bytes(width, order) + data[place + width : begin + there]
    return Account((fixed,), there if unknown else size, there, frames, plain=False)


def _wav(data: bytes) -> Account:
    order: Order = "big" if data[:4] == b"RIFX" else "little"
    place, wide, align = 12, None, 1
    if data[:4] == b"BW64":
        data = b"RF64" + data[4:]
    while place + 8 <= len(data):
        name, size = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8], order)
        if name == b"ds64":
            wide = place + 16
        if name == b"fmt ":
            align = int.from_bytes(data[place + 20 : place + 22], order)
        if name == b"data":
            begin, field = place + 8, (place + 4, 4)
            if size == 0 and _chunks(data, begin, order):
                return Account((data,))  # truly empty, with other chunks behind it
            if wide is not None and size == 0xFFFFFFFF:
                size, field = int.from_bytes(data[wide : wide + 8], "little"), (wide, 8)
            found = _sized(data, begin, size, field, order, align=align)
            end = begin + size + size % 2
            rest = 0 if not found.plain or _chunks(data, end, order) else len(data[end:].strip(b"\0"))
            return dataclasses.replace(found, unread=rest, plain=found.plain and not rest)
        place += 8 + size + size % 2
    return Account((data,), cut=place > len(data))


def _chunks(data: bytes, place: int, order: Order) -> bool:
    """True where nothing but whole chunks follows."""
    while place + 8 <= len(data) and data[place : place + 4].isascii() and data[place : place + 4].strip(b"\0"):
        size = int.from_bytes(data[place + 4 : place + 8], order)
        place += 8 + size + size % 2
    return len(data) <= place <= len(data) + 1


def _w64(data: bytes) -> Account:
    place = 40
    while place + 24 <= len(data):
        size = int.from_bytes(data[place + 16 : place + 24], "little")
        if data[place : place + 16] == _W64_DATA:
            return _sized(data, place + 24, size, (place + 16, 8), "little", 24)
        place += (max(size, 24) + 7) // 8 * 8
    return Account((data,), cut=place > len(data))


def _aiff(data: bytes) -> Account:
    place, frames = 12, None
    while place + 8 <= len(data):
        name, size = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8], "big")
        if name == b"COMM":
            told = int.from_bytes(data[place + 10 : place + 14], "big")
            packed = data[8:12] == b"AIFC" and data[place + 26 : place + 30] not in _PLAIN_AIFF
            frames = None if packed or _is_open(told) else told
        if name == b"SSND":
            return _sized(data, place + 16, size, (place + 4, 4), "big", 8, frames)
        place += 8 + size + size % 2
    return Account((data,), cut=place > len(data))


def _au(data: bytes) -> Account:
    order: Order = "little" if data[:4] == b"dns." else "big"
    begin, size = (int.from_bytes(data[place : place + 4], order) for place in (4, 8))
    return _sized(data, begin, size, (8, 4), order)


def _caf(data: bytes) -> Account:
    place = 8
    while place + 12 <= len(data):
        size = int.from_bytes(data[place + 4 : place + 12], "big")
        if data[place : place + 4] == b"data":
            # A count of edits stands before the sound.
            return _sized(data, place + 16, size, (place + 4, 8), "big", 4)
        place += 12 + size
    return Account((data,), cut=place > len(data))


def _sphere(data: bytes) -> Account:
    fields = {}
    for line in data[16:1024].split(b"end_head")[0].split(b"\n"):
        words = line.split(None, 2)
        if len(words) == 3:
            fields[words[0]] = words[2].strip()
    try:
        begin = int(data[8:16])
        frames, channels, width = (
            int(fields.get(name, b"0")) for name in (b"sample_count", b"channel_count", b"sample_n_bytes")
        )
    except ValueError:
        return Account((data,))
    size = frames * max(channels, 1) * width
    if _is_open(frames) or size <= 0:
        return Account((data,), plain=False)
    return Account((data[: begin + size],), size, min(size, max(len(data) - begin, 0)))


def _flac(data: bytes) -> Account:
    begin = mpeg_audio.after_tags(data)
    total = int.from_bytes(data[begin + 21 : begin + 26], "big") & 0xFFFFFFFFF  # 36 bits of STREAMINFO
    return Account((data[begin:],), frames=total or None, plain=begin == 0 and total > 0)


def _mp3(data: bytes) -> Account:
    found = mpeg_audio.stream(data)
    if found is None:
        return Account((data,))
    plain = found.begin == mpeg_audio.after_tags(data)
    size, frames = found.end - found.begin, found.promised
    whole = found.cut or mpeg_audio.ended(data, found.end)
    unread = 0 if whole else len(data) - found.end
    part = data[found.begin :]
    if frames is not None and found.samples - frames > _TRIMMED:
        unread += size * (found.samples - frames) // found.samples  # decoders end where the promise does
    elif frames is None and whole and found.samples:
        part, frames = mpeg_audio.told(data, found), found.samples
        plain = plain and not found.uneven  # readers that guess its length by the first frame end elsewhere
    return Account((part,), size, size, frames, unended=found.cut, plain=plain and not unread, unread=unread)


def _ogg(data: bytes) -> Account:
    """Pages by RFC 3533: streams end with a page that says so, and may follow each other in one file."""
    links: list[int] = []
    place, ended, serial, cut = 0, True, b"", False
    while data[place : place + 4] == b"OggS":
        head = data[place : place + 27]
        segments = data[place + 27 : place + 27 + head[26]] if len(head) == 27 else b""
        if len(head) < 27 or len(segments) < head[26] or place + 27 + head[26] + sum(segments) > len(data):
            cut = True
            break
        if head[5] & 2 and ended:
            links.append(place)
            serial, ended = head[14:18], False
        if head[5] & 4 and head[14:18] == serial:
            ended = True
        place += 27 + head[26] + sum(segments)
    if not cut and not ended and place < len(data):
        cut = True  # something else stands where the next page should
    bounds = [*links, len(data)]
    parts = tuple(data[begin:end] for begin, end in itertools.pairwise(bounds)) or (data,)
    return Account(parts, cut=cut, unended=not ended, plain=len(parts) == 1)


_READERS = {
    "audio/wav": _wav,
    "audio/rf64": _wav,
    "audio/w64": _w64,
    "audio/aiff": _aiff,
    "audio/caf": _caf,
    "audio/au": _au,
    "audio/sphere": _sphere,
    "audio/flac": _flac,
    "audio/mp3": _mp3,
    "audio/ogg": _ogg,
}
