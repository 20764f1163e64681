"""Where a data set's files lie: in folders, or inside zip archives; media in either, found by the names in its rows."""

from __future__ import annotations

import fnmatch
import functools
import os
import posixpath
import unicodedata
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import IO

from evalkit.core.errors import DataError
from evalkit.core.message import Media
from evalkit.data.corpora.layout import is_hidden

MOST = 4 << 30  # bytes that one member of an archive may have, packed or not


class Place(ABC):
    """A tree of files.

    Attributes:
        top: path that all of its files lie below.
        folders: in which media lie, below its top; may hold {split} and glob patterns of zip archives.
    """

    top: Path
    folders: tuple[str, ...]

    @abstractmethod
    def named(self, pattern: str) -> list[Path]:
        """Files that a name or a glob pattern means, in name order; hidden ones are none of them."""

    @abstractmethod
    def folders_named(self, pattern: str) -> list[Path]:
        """Folders that a glob pattern means, in name order; hidden ones are none of them."""

    @abstractmethod
    def inside(self, folder: Path) -> list[Path]:
        """All files of a folder and below, in name order, without hidden ones."""

    @abstractmethod
    def archives(self, split: str) -> list[Path]:
        """Archives on the disk that media of the split may lie in."""

    @abstractmethod
    def opened(self, path: Path) -> IO[bytes]:
        """One of these files, open for reading.

        Raises:
            DataError: it cannot be read.
        """

    @abstractmethod
    def media(self, path: Path, name: str, split: str) -> Media | None:
        """A handle of the file a row names.

        Args:
            path: file the row stands in.
            name: what the row says, relative to a media folder or to the file's.
            split: the task's split.
        """

    @abstractmethod
    def on_disk(self, path: Path) -> Path:
        """The file on the disk that holds one of the files."""


class Disk(Place):
    """Files below a folder.

    Args:
        root: the folder.
        folders: in which media lie; empty for the folder of the file that names them.
    """

    def __init__(self, root: Path, folders: Sequence[str] = ()) -> None:
        self.top = self.root = root
        self.folders = tuple(folders)

    def named(self, pattern: str) -> list[Path]:
        """Files that a name or a glob pattern means."""
        if not any(mark in pattern for mark in "*?["):
            path = self.root / pattern
            return [path] if path.is_file() else []
        found = (path for path in self.root.glob(pattern) if path.is_file())
        return sorted(path for path in found if not is_hidden(path.relative_to(self.root).as_posix()))

    def folders_named(self, pattern: str) -> list[Path]:
        """Folders that a glob pattern means."""
        found = (path for path in self.root.glob(pattern) if path.is_dir())
        return sorted(path for path in found if not is_hidden(path.relative_to(self.root).as_posix()))

    def inside(self, folder: Path) -> list[Path]:
        """All files of a folder."""
        found = (path for path in folder.rglob("*") if path.is_file())
        return sorted(path for path in found if not is_hidden(path.relative_to(folder).as_posix()))

    def archives(self, split: str) -> list[Path]:
        """Archives on the disk that media may lie in."""
        packed = [folder.replace("{split}", split) for folder in self.folders if folder.endswith(".zip")]
        return [path for pattern in packed for path in self.named(pattern)]

    def opened(self, path: Path) -> IO[bytes]:
        """A file, open for reading."""
        try:
            return path.open("rb")
        except OSError as error:
            raise DataError(path, f"cannot be read: {error.strerror}") from None

    def media(self, path: Path, name: str, split: str) -> Media | None:
        """A handle of the file a row names."""
        if _is_address(name):
            return None
        plain = name.replace("\\", "/")
        for folder in self.folders or ("",):
            folder = folder.replace("{split}", split)
            if folder.endswith(".zip"):
                for archive in self.named(folder):
                    if (member := directory(archive).find(plain)) is not None:
                        return handle(archive, member, name)
                continue
            top = self.root / folder if self.folders else path.parent
            for spelling in _spellings(plain):
                if (top / spelling).is_file():
                    return Media(str(top / spelling), name=name)
        return None

    def on_disk(self, path: Path) -> Path:
        """The file on the disk."""
        return path


class Zipped(Place):
    """Files inside a zip archive; each is read when it is opened.

    Args:
        archive: the archive.
        folders: in which media lie, inside it.
    """

    def __init__(self, archive: Path, folders: Sequence[str] = ()) -> None:
        self.top = self.archive = archive
        self.folders = tuple(folders)

    def named(self, pattern: str) -> list[Path]:
        """Files that a name or a glob pattern means."""
        members = directory(self.archive)
        if any(mark in pattern for mark in "*?["):
            found = sorted(name for name in members.sizes if _fits(name, pattern))
        else:
            exact = members.find(pattern)
            found = [] if exact is None else [exact]
        return [self.archive / name for name in found]

    def folders_named(self, pattern: str) -> list[Path]:
        """Folders that a glob pattern means."""
        depth = pattern.count("/") + 1
        heads = {
            "/".join(name.split("/")[:depth]) for name in directory(self.archive).sizes if name.count("/") >= depth
        }
        return [self.archive / name for name in sorted(heads) if _fits(name, pattern)]

    def inside(self, folder: Path) -> list[Path]:
        """All files of a folder."""
        head = f"{folder.relative_to(self.archive).as_posix()}/"
        return [self.archive / name for name in sorted(directory(self.archive).sizes) if name.startswith(head)]

    def archives(self, split: str) -> list[Path]:
        """Archives on the disk that media may lie in."""
        return []

    def opened(self, path: Path) -> IO[bytes]:
        """A file, open for reading."""
        return directory(self.archive).opened(path.relative_to(self.archive).as_posix())

    def media(self, path: Path, name: str, split: str) -> Media | None:
        """A handle of the file a row names."""
        if _is_address(name):
            return None
        members, plain = directory(self.archive), name.replace("\\", "/")
        beside = path.relative_to(self.archive).parent.as_posix()
        for folder in self.folders or (beside,):
            wanted = _looked_up(posixpath.join(folder.replace("{split}", split), plain))
            if wanted in members.sizes:
                return handle(self.archive, wanted, name)
        member = members.find(plain) if self.folders else None
        return None if member is None else handle(self.archive, member, name)

    def on_disk(self, path: Path) -> Path:
        """The file on the disk."""
        return self.archive


class Directory:
    """The members of a zip archive: names as they are looked up -> sizes.

    Args:
        archive: the archive.

    Raises:
        DataError: no zip archive, truncated, or not readable.
    """

    def __init__(self, archive: Path) -> None:
        self.archive = archive
        try:
            self._file = zipfile.ZipFile(archive)
        except (zipfile.BadZipFile, NotImplementedError) as error:
            raise DataError(archive, f"not a whole zip archive ({error}); truncated, download it again") from None
        except OSError as error:
            raise DataError(archive, f"cannot be read: {error.strerror or error}") from None
        self._infos = {
            _looked_up(info.filename): info
            for info in self._file.infolist()
            if not info.is_dir() and not is_hidden(info.filename)
        }
        self.sizes = {name: info.file_size for name, info in self._infos.items()}
        self._ends: dict[str, list[str]] = {}
        for name in self.sizes:
            self._ends.setdefault(PurePosixPath(name).name, []).append(name)

    def find(self, name: str) -> str | None:
        """The member of a name: at that path, or the only one whose path ends with it."""
        wanted = _looked_up(name)
        if wanted in self.sizes:
            return wanted
        found = [one for one in self._ends.get(PurePosixPath(wanted).name, ()) if one.endswith(f"/{wanted}")]
        if len(found) > 1:
            raise DataError(self.archive, f"'{name}' may be {' or '.join(sorted(found)[:3])}")
        return found[0] if found else None

    def opened(self, name: str) -> IO[bytes]:
        """A member, open for reading.

        Raises:
            DataError: no such member, larger than 4 GiB, with a password, or packed in a way Python does not know.
        """
        place = f"{self.archive}:{name}"
        if name not in self._infos:
            raise DataError(place, "no such member of the archive")
        if self.sizes[name] > MOST:
            raise DataError(place, f"{self.sizes[name] / 2**30:.1f} GiB, more than a member may have (4 GiB)")
        try:
            return self._file.open(self._infos[name])
        except (RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error, OSError) as error:
            raise DataError(place, f"cannot be read ({error}); unpack the archive") from None

    def read(self, name: str) -> bytes:
        """Bytes of a member.

        Raises:
            DataError: as `opened`, or its checksum or length is wrong.
        """
        try:
            with self.opened(name) as file:
                data = file.read(MOST + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise DataError(f"{self.archive}:{name}", f"damaged ({error}); download the archive again") from None
        if len(data) != self.sizes[name]:
            raise DataError(f"{self.archive}:{name}", "its length is not as listed; download the archive again")
        return data


def directory(archive: Path) -> Directory:
    """The members of an archive; it stays open, once a process, until it changes.

    Raises:
        DataError: no whole zip archive.
    """
    try:
        state = archive.stat()
    except OSError as error:
        raise DataError(archive, f"cannot be read: {error.strerror}") from None
    return _directory(archive, state.st_size, state.st_mtime_ns, os.getpid())


@functools.lru_cache(maxsize=16)
def _directory(archive: Path, size: int, changed: int, process: int) -> Directory:
    return Directory(archive)


def handle(archive: Path, member: str, name: str) -> Media:
    """A handle of a member of a zip archive, read when it is opened."""
    return Media(opener=functools.partial(_member, archive, member), name=f"{archive.name}:{name}")


def _member(archive: Path, member: str) -> bytes:
    return directory(archive).read(member)


def _fits(name: str, pattern: str) -> bool:
    """Whether a path fits a glob pattern, part by part, as on a disk; ** is any number of parts."""
    parts, wanted = name.split("/"), pattern.split("/")
    if "**" in wanted:
        return fnmatch.fnmatchcase(name, pattern.replace("**/", "*"))
    return len(parts) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))


def _spellings(name: str) -> list[str]:
    """A name as it is written, and with its accents composed or apart: archives from a Mac have them apart."""
    return list(dict.fromkeys((name, unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name))))


def _looked_up(name: str) -> str:
    return unicodedata.normalize("NFC", posixpath.normpath(name.replace("\\", "/")))


def _is_address(name: str) -> bool:
    return name.startswith(("http://", "https://"))
