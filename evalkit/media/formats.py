"""What a file is, by its first bytes: the formats evalkit reads, and the names of those it refuses."""

from __future__ import annotations

_BOXES = {b"heic": "image/heic", b"heix": "image/heic", b"mif1": "image/heif", b"avif": "image/avif"}
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"fLaC", "audio/flac"),
    (b"caff\0\x01", "audio/caf"),
    (b".snd", "audio/au"),
    (b"dns.", "audio/au"),
    (b"NIST_1A\n", "audio/sphere"),
    (b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00", "audio/w64"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"FLV\x01", "video/x-flv"),
    (b"\x00\x00\x01\xba", "video/mpeg"),
    (b"\x00\x00\x01\xb3", "video/mpeg"),
    # Known by name only, so that a message can say what a file is.
    (b"%PDF", "a PDF document"),
    (b"%!PS", "PostScript"),
    (b"\xc5\xd0\xd3\xc6", "PostScript"),
    (b"#EXTM3U", "an HLS playlist"),
    (b"ffconcat", "an FFmpeg concat list"),
    (b"v=0", "a session description (SDP)"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself"),
)
_RIFF = {b"WAVE": "audio/wav", b"AVI ": "video/avi", b"WEBP": "image/webp"}
_OGG = ((b"OpusHead", "audio/ogg"), (b"\x01vorbis", "audio/ogg"), (b"\x7fFLAC", "audio/ogg"))
_LOOKED = 512  # bytes of a text in which its kind is looked for

AUDIO = frozenset(
    f"audio/{name}" for name in ("wav", "rf64", "w64", "aiff", "caf", "au", "sphere", "flac", "ogg", "mp3")
)
IMAGES = frozenset(f"image/{name}" for name in ("png", "jpeg", "webp", "gif", "bmp", "tiff"))
VIDEOS = frozenset(
    ("image/gif", *(f"video/{name}" for name in ("mp4", "quicktime", "3gpp", "webm", "avi", "x-flv", "mpeg")))
)
AUDIO_NAMES = "wav, rf64, w64, aiff, caf, au, sph, flac, ogg, opus or mp3"
IMAGE_NAMES = "png, jpeg, webp, gif, bmp or tiff"
VIDEO_NAMES = "mp4, mov, 3gp, webm, mkv, avi, flv, mpeg or gif"


def media_type(data: bytes) -> str | None:
    """Media type by the first bytes of a file, or None; names are not believed.

    What is known but not read has a name instead of a type: "PostScript".
    """
    if data[:4] in (b"RIFF", b"RIFX"):
        return _RIFF.get(data[8:12])
    if data[:4] in (b"RF64", b"BW64") and data[8:12] == b"WAVE":
        return "audio/rf64"
    if data[:4] == b"FORM" and data[8:12] in (b"AIFF", b"AIFC"):
        return "audio/aiff"
    if data[:4] == b"OggS":
        return next((kind for codec, kind in _OGG if codec in data[28:40]), "an Ogg file without Vorbis, Opus or FLAC")
    if data[4:8] == b"ftyp":
        return _box(data[8:12])
    for start, kind in _STARTS:
        if data.startswith(start):
            return kind
    if data[:1] == b"\x47" and data[188:189] == b"\x47" and data[376:377] == b"\x47":
        return "an MPEG transport stream"
    if _svg(data):
        return "SVG"
    return _mpeg(data)


def _box(brand: bytes) -> str:
    if brand in _BOXES:
        return _BOXES[brand]
    if brand.startswith((b"M4A", b"M4B")):
        return "audio/mp4"
    if brand.startswith(b"3g"):
        return "video/3gpp"
    return "video/quicktime" if brand == b"qt  " else "video/mp4"


def _svg(data: bytes) -> bool:
    head = data[:_LOOKED].lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith(b"<svg") or (head.startswith((b"<?xml", b"<!--", b"<!DOCTYPE")) and b"<svg" in head)


def _mpeg(data: bytes) -> str | None:
    """AAC and MP3 have no mark of their own but the heads of their frames."""
    if len(data) > 1 and data[0] == 0xFF and data[1] & 0xF6 == 0xF0:
        return "audio/aac"
    from evalkit.media.mpeg_audio import after_tags, first_frame

    start = after_tags(data)
    if start and data[start : start + 4] == b"fLaC":
        return "audio/flac"
    return "audio/mp3" if first_frame(data) is not None else None
