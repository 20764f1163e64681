"""Tar archives, plain or gzip, read from front to back with one member in memory."""

from __future__ import annotations

import functools
import gzip
import io
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from evalkit.core.errors import DataError
from evalkit.core.message import Audio
from evalkit.data.corpora.layout import is_hidden
from evalkit.media.impostors import HEAD, impostor
from evalkit.media.source import MAX_BYTES

PACKED = (".tar.gz", ".tgz")
_MAGIC_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside an archive.

    Args:
        name: path inside the archive.
        archive: the archive.
        read: its bytes.
    """

    name: str
    archive: Path
    read: Callable[[], bytes]

    @property
    def audio(self) -> Audio:
        """A handle of it."""
        return Audio(opener=self.read, name=f"{self.archive.name}:{self.name}")


def archive(folder: Path, stem: str) -> Path | None:
    """The archive `stem`.tar.gz, .tgz or .tar in a folder, if there is one."""
    return next((path for ending in (*PACKED, ".tar") if (path := folder / f"{stem}{ending}").is_file()), None)


def members(path: Path, wanted: Callable[[str], bool]) -> Iterator[Member]:
    """The regular files of an archive whose names are wanted, in archive order.

    Members of a plain tar are read when they are opened; those of a gzipped one at once, as it cannot be entered in
    the middle.

    Raises:
        DataError: not a tar archive, damaged or truncated.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
            if (problem := impostor(head)) is not None and any(head):  # an empty archive is made of zero bytes
                raise DataError(path, problem)
            packed = head.startswith(_MAGIC_GZIP)
            file.seek(0)
            if packed:
                # A buffer, as looking back at the end mark would otherwise start over.
                with gzip.open(file, "rb") as plain, io.BufferedReader(plain, 1 << 20) as stream:
                    yield from _members(path, stream, wanted, lazy=False)
                    while stream.read(1 << 20):
                        pass  # to the end, where gzip keeps length and checksum
            else:
                yield from _members(path, file, wanted, lazy=True)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise _damaged(path, str(error)) from None
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror or error}") from None


def stems(paths: Iterable[Path], wanted: Callable[[str], bool]) -> Iterator[str]:
    """File names, without folder and ending, of the wanted regular files in archives, read to their ends."""
    return (PurePosixPath(member.name).stem for path in paths for member in members(path, wanted))


def _members(path: Path, file: IO[bytes], wanted: Callable[[str], bool], lazy: bool) -> Iterator[Member]:
    with tarfile.open(fileobj=file, mode="r:") as tar:
        while (info := tar.next()) is not None:
            tar.members.clear()  # type: ignore[attr-defined]  # tarfile would keep them all
            if not info.isreg() or is_hidden(info.name) or not wanted(info.name):
                continue
            if info.size > MAX_BYTES or info.issparse():
                raise DataError(
                    path,
                    f"member {info.name} has {info.size} bytes or holes; whole members of at most "
                    f"{MAX_BYTES >> 30} GiB are read",
                )
            if lazy:
                read = functools.partial(_span, path, info.offset_data, info.size)
            else:
                content = tar.extractfile(info)
                read = functools.partial(bytes, content.read() if content else b"")
            yield Member(info.name.removeprefix("./"), path, read)
        file.seek(tar.offset)  # tarfile takes a cut or damaged header in the middle for the end
        if file.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
            raise _damaged(path, f"no header and no end mark at byte {tar.offset}")


def _span(path: Path, offset: int, size: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read(size)
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror}") from None
    if len(data) != size:
        raise _damaged(path, "it has changed since it was listed")
    return data


def _damaged(path: Path, why: str) -> DataError:
    return DataError(path, f"not a whole tar archive ({why}); truncated or damaged, download it again")
