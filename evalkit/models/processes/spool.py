"""Temporary files of a run: media on their way to worker processes, and spoken answers on their way back."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from evalkit.core import owners
from evalkit.core.errors import DataError
from evalkit.core.message import Audio, Media
from evalkit.core.shown import clipped
from evalkit.media import audio, whole
from evalkit.media.source import read_bytes

PREFIX = "evalkit-workers-"
_LOCK = "lock"
_TAG = 400  # bytes of the name of an owner
_SHOWN = 300  # characters of a path in a message
_MOST_SPEECH = 1 << 29  # bytes of one spoken answer
_UNLOCKED = 3600.0  # seconds after which a folder without a lock is a leftover


class Spool:
    """A folder that lives as long as its owner: a lock tells others that the owner lives.

    Folders whose owner was killed are removed when the next one is made.

    Args:
        wav: give audio as WAV files, whatever it comes as; the rate and the channels stay.
        speech: another folder from which spoken answers are taken; none where empty.
    """

    def __init__(self, wav: bool = False, speech: str = "") -> None:
        clear_leftovers()
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._lock = (self.folder / _LOCK).open("wb")
        with contextlib.suppress(OSError):
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._lock.write(owners.me().encode())
        self._lock.flush()
        self._wav = wav
        self._speech = Path(os.path.realpath(speech)) if speech else None
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
        """The spoken answer in a file a worker wrote into this folder, which is read and removed, or into its own.

        What lies elsewhere and cannot be taken (no such file, another folder, a pipe or a device, an empty or too large
        file) raises its DataError when it is read, so that the text beside it is kept.

        Raises:
            DataError: a file in this folder was promised and cannot be taken.
        """
        try:
            return self._taken(name)
        except DataError as error:
            if self.folder in Path(name).parents:
                raise
            return Audio(opener=_raising(error), name=error.where)

    def _taken(self, name: str) -> Audio:
        shown = clipped(name, _SHOWN)
        try:
            path = Path(os.path.realpath(name))
            size = path.stat().st_size
        except (OSError, ValueError):
            raise DataError(shown, "file not found") from None
        ours = Path(os.path.realpath(self.folder)) in path.parents
        if not ours and (self._speech is None or self._speech not in path.parents):
            raise DataError(
                shown,
                'lies outside the folder of the request\'s "audio_out", and speech is taken from there, or from the '
                "folder that the model's argument 'speech' names",
            )
        if size > _MOST_SPEECH:
            raise DataError(shown, f"has {size >> 20:,} MiB; at most {_MOST_SPEECH >> 20:,} MiB are taken")
        data = read_bytes(Audio(path=str(path)))
        if ours:
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


def _raising(error: DataError) -> Callable[[], bytes]:
    def opener() -> bytes:
        raise error

    return opener


def clear_leftovers() -> None:
    """Remove the folders of owners that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        with contextlib.suppress(OSError):
            if _abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _abandoned(folder: Path) -> bool:
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        return False
    try:
        lock = (folder / _LOCK).open("rb+")
    except FileNotFoundError:
        return time.time() - folder.stat().st_mtime > _UNLOCKED  # perhaps being made just now
    with lock:
        if owners.lives(lock.read(_TAG).decode("ascii", "replace")):
            return False  # whatever the lock says: on some file systems everybody gets it
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
