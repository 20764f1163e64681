"""Where media come from: regular files, bounded, inside the folder of their data; nothing else is opened."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalkit.core.errors import DataError
from evalkit.core.message import Audio
from evalkit.data.fingerprint import content_hashes
from evalkit.media import source
from evalkit.media.source import inside, read_bytes


def fifo(path: Path) -> None:
    os.mkfifo(path)


def listening(path: Path) -> None:
    made = socket.socket(socket.AF_UNIX)
    made.bind(str(path))
    made.close()


ODD: dict[str, tuple[Callable[[Path], object], str]] = {
    "pipe": (fifo, "named pipe"),
    "socket": (listening, "socket"),
    "folder": (lambda path: path.mkdir(), "a folder"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "a device"),
    "link to a pipe": (lambda path: (fifo(path.with_suffix(".f")), path.symlink_to(path.with_suffix(".f"))), "pipe"),
    "link to itself": (lambda path: path.symlink_to(path), "cannot be read"),
}


def within_seconds(work: Callable[[], Any]) -> Any:
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(work())
        except DataError as error:
            found.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(5)
    assert found, "it blocks"
    return found[0]


@pytest.mark.parametrize("kind", ODD)
def test_only_regular_files_are_opened(kind: str, tmp_path: Path) -> None:
    make, what = ODD[kind]
    path = tmp_path / "a.wav"
    make(path)
    error = within_seconds(lambda: read_bytes(Audio(str(path))))
    assert isinstance(error, DataError) and what in str(error) and str(path) in str(error)
    hashes, how = within_seconds(lambda: content_hashes([path, tmp_path / "missing"]))
    assert (hashes, how.missing, how.hashed) == ([None, None], 2, 0)


def test_files_of_no_size_and_large_ones_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.wav"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # sparse
    with pytest.raises(DataError, match=r"1024\.0 GiB"):
        read_bytes(Audio(str(path)))
    monkeypatch.setattr(source, "MAX_BYTES", 1000)
    with pytest.raises(DataError, match="GiB"):
        read_bytes(Audio("/proc/self/smaps"))  # its size is given as 0
    with pytest.raises(DataError, match="GiB"):
        read_bytes(Audio(opener=lambda: bytes(1001), name="member"))


def test_paths_stay_inside_with_links_resolved(tmp_path: Path) -> None:
    root = tmp_path / "data"
    (root / "in").mkdir(parents=True)
    (tmp_path / "data2").mkdir()
    for path in (root / "in" / "a.wav", tmp_path / "data2" / "b.wav"):
        path.write_bytes(b"x")
    (root / "link.wav").symlink_to(tmp_path / "data2" / "b.wav")
    (root / "folder").symlink_to(tmp_path / "data2")
    (root / "inner.wav").symlink_to("in/a.wav")
    alias = tmp_path / "alias"
    alias.symlink_to(root)
    for name in ("in/a.wav", "in/../in/a.wav", "inner.wav", "not there.wav", str(root / "in" / "a.wav"), "..a"):
        assert Path(inside(root, name)) == root / name
        assert Path(inside(alias, name)) == alias / name
    for name in ("../data2/b.wav", "link.wav", "folder/b.wav", "folder/none.wav", "/etc/passwd", str(tmp_path), ".."):
        with pytest.raises(DataError, match="--allow-outside-media"):
            inside(root, name)
        assert Path(inside(root, name, outside=True)) == root / name
