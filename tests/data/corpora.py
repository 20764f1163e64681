"""Tiny corpora of real audio for the tests of layouts: signals that can be told apart, written in real formats."""

from __future__ import annotations

import io
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from evalkit.core.message import Audio
from evalkit.data.corpora.layout import Layout
from evalkit.data.dataset import Dataset
from evalkit.media.audio import decode

RATE = 16000
LOSSY = {"mp3": ("MP3", "MPEG_LAYER_III"), "opus": ("OGG", "OPUS"), "ogg": ("OGG", "VORBIS")}


def signal(name: str, seconds: float = 0.25, rate: int = RATE) -> NDArray[np.float32]:
    """16-bit samples, as floats, that belong to a name: a tone of its own pitch under noise of its own seed."""
    seed = zlib.crc32(name.encode())
    at = np.arange(round(seconds * rate)) / rate
    tone = 0.4 * np.sin(2 * np.pi * (150 + seed % 700) * at)
    noise = np.random.default_rng(seed).normal(0, 0.02, len(at))
    return (np.round((tone + noise) * 32767) / 32768).astype(np.float32)


def encoded(name: str, kind: str, seconds: float = 0.25, rate: int = RATE) -> bytes:
    """`signal(name)` as a file of a kind: wav, flac, mp3, opus or ogg."""
    buffer = io.BytesIO()
    form, subtype = LOSSY.get(kind, (kind.upper(), "PCM_16"))
    sf.write(buffer, signal(name, seconds, rate), rate, format=form, subtype=subtype)
    return buffer.getvalue()


def put(path: Path, content: bytes | str) -> Path:
    """Write a file and the folders it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def pack(path: Path, files: Mapping[str, bytes | str]) -> Path:
    """Write a tar archive, gzipped where its name says so; files in the given order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz" if path.name.endswith("gz") else "w") as tar:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def rows(layout: Layout, data: Path, split: str) -> list[dict[str, Any]]:
    """All rows of a split, as a task gets them."""
    source = Dataset("corpus", (split,), [layout])
    return [dict(row) for row in source.locate(data).read(split)]


def sounds_like(handle: Audio, name: str, kind: str = "wav", seconds: float = 0.25, rate: int = RATE) -> bool:
    """True when a handle decodes to `signal(name)`: exactly, or for lossy kinds as the codec alone made it."""
    heard = decode(handle, rate)
    written, _ = sf.read(io.BytesIO(encoded(name, kind, seconds, rate)), dtype="float32")
    if kind not in LOSSY:
        assert np.array_equal(written, signal(name, seconds, rate))
    elif len(heard) == len(written):
        overlap = min(len(written), round(seconds * rate))
        assert np.corrcoef(written[:overlap], signal(name, seconds, rate)[:overlap])[0, 1] > 0.9 or kind == "mp3"
    return bool(np.array_equal(heard, written))


def texts(found: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Ids and transcripts of rows."""
    return {row["id"]: row["text"] for row in found}
