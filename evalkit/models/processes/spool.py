"""Temporary files of a run: media on their way to worker processes, and spoken answers on their way back."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

from evalkit.core.message import Audio, Media
from evalkit.media import audio, whole
from evalkit.media.source import read_bytes

PREFIX = "evalkit-workers-"
_LOCK = "lock"
_UNLOCKED = 3600.0  # seconds after which a folder without a lock is a leftover


class Spool:
    """A folder that lives as long as its owner: a lock tells others that the owner lives.

    Folders whose owner was killed are removed when the next one is made.

    Args:
        wav: give audio as WAV files, whatever it comes as; the rate and the channels stay.
    """

    def __init__(self, wav: bool = False) -> None:
        clear_leftovers()
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._lock = (self.folder / _LOCK).open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._wav = wav
        self._count = 0

    def close(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.close()

    def new(self, suffix: str) -> Path:
        """A path that no file has."""
        self._count += 1
        return self.folder / f"{self._count}{suffix}"

    def place(self, media: Media) -> tuple[str, bool]:
        """Absolute path of a file with these media, and whether it was written for this purpose.

        A file is handed on as it lies once it was decoded, or checked, without a complaint.

        Raises:
            DataError: missing, empty, truncated, or of a format that is not read.
        """
        data = read_bytes(media)
        if isinstance(media, Audio):
            if self._wav:
                return self._as_wav(media, data)
            audio.check(media, data)
        else:
            whole.check(media, data)
        if media.path is not None:
            return os.path.abspath(media.path), False
        path = self.new(Path(media.label).suffix)
        path.write_bytes(data)
        return str(path), True

    def take(self, name: str) -> Audio:
        """The spoken answer in a file a worker wrote; a file of this folder is read and removed.

        Raises:
            DataError: there is no such file, or it is empty.
        """
        path = Path(name)
        if self.folder not in path.parents:
            return Audio(path=name)
        data = read_bytes(Audio(path=name))
        path.unlink(missing_ok=True)
        return Audio(opener=lambda: data, name=path.name)

    def _as_wav(self, media: Audio, data: bytes) -> tuple[str, bool]:
        if media.path is not None and media.path.lower().endswith(".wav"):
            found = audio.check(media, data)
            if found.plain and found.kind == "audio/wav":
                return os.path.abspath(media.path), False
        path = self.new(".wav")
        path.write_bytes(audio.wav_exact(media, data))
        return str(path), True


def clear_leftovers() -> None:
    """Remove the folders of owners that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        with contextlib.suppress(OSError):
            if _abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _abandoned(folder: Path) -> bool:
    try:
        lock = (folder / _LOCK).open("rb+")
    except FileNotFoundError:
        return time.time() - folder.stat().st_mtime > _UNLOCKED  # perhaps being made just now
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
