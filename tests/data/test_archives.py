"""Reading tar archives: laziness, flat memory, and damage of every kind."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tarfile
import tracemalloc
from pathlib import Path

import pytest
from corpora import pack

from evalkit.core.errors import DataError
from evalkit.data.corpora.archives import members

FILES: dict[str, bytes | str] = {"a/one.wav": b"1" * 700, "a/two.wav": b"2" * 512, "a/note.txt": "text"}


def everything(name: str) -> bool:
    return True


@pytest.mark.parametrize("name", ["x.tar", "x.tar.gz", "x.tgz"])
def test_members_in_order_with_their_content(tmp_path: Path, name: str) -> None:
    path = pack(tmp_path / name, FILES)
    found = list(members(path, everything))
    assert [member.name for member in found] == list(FILES)
    assert [member.read() for member in found] == [b"1" * 700, b"2" * 512, b"text"]
    assert found[0].audio.label == f"{name}:a/one.wav"
    assert [member.name for member in members(path, lambda name: name.endswith(".txt"))] == ["a/note.txt"]


def test_links_and_folders_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as tar:
        link = tarfile.TarInfo("link.wav")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
        folder = tarfile.TarInfo("folder.wav")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
    assert list(members(path, everything)) == []


@pytest.mark.parametrize("name", ["x.tar", "x.tar.gz"])
def test_every_truncation_is_an_error(tmp_path: Path, name: str) -> None:
    whole = pack(tmp_path / name, FILES).read_bytes()
    end = len(whole) if name.endswith("gz") else 3 * 1024 + 1024 - 1  # headers and content, then the end mark
    for size in range(0, end, 1 if name.endswith("gz") else 64):
        path = tmp_path / f"cut-{name}"
        path.write_bytes(whole[:size])
        with pytest.raises(DataError, match="not a whole tar archive"):
            list(members(path, everything))


def test_a_plain_tar_without_its_end_mark(tmp_path: Path) -> None:
    path = pack(tmp_path / "x.tar", FILES)
    path.write_bytes(path.read_bytes()[: 3 * 512 + 1024 + 512 + 512])
    with pytest.raises(DataError, match="no header and no end mark at byte 3584"):
        list(members(path, everything))


@pytest.mark.parametrize("name", ["x.tar", "x.tar.gz"])
def test_a_damaged_header_in_the_middle(tmp_path: Path, name: str) -> None:
    data = bytearray(pack(tmp_path / "x.tar", FILES).read_bytes())
    data[1536:1600] = b"\xff" * 64  # the name in the second header, so that its checksum is wrong
    path = tmp_path / name
    path.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    with tarfile.open(path) as tar:
        assert len(tar.getmembers()) == 1  # tarfile itself says nothing
    with pytest.raises(DataError, match="no header and no end mark at byte 1536"):
        list(members(path, everything))


def test_a_checksum_far_behind_the_end_mark_is_checked(tmp_path: Path) -> None:
    plain = pack(tmp_path / "x.tar", FILES).read_bytes() + bytes(3 << 20)
    data = bytearray(gzip.compress(plain))
    data[-8] ^= 1
    path = tmp_path / "x.tar.gz"
    path.write_bytes(data)
    with pytest.raises(DataError, match="CRC"):
        list(members(path, everything))


def test_what_was_passed_is_forgotten(tmp_path: Path) -> None:
    path = pack(tmp_path / "x.tar", {f"{number:05d}.txt": b"" for number in range(5000)})
    tracemalloc.start()
    try:
        assert sum(1 for _ in members(path, everything)) == 5000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1 << 20  # tarfile alone would keep 5000 headers, several MB


def test_not_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    path.write_text("nothing of the kind " * 100)
    with pytest.raises(DataError, match=r"x\.tar: not a whole tar archive"):
        list(members(path, everything))
    with pytest.raises(DataError, match=r"y\.tar: cannot be read: No such file"):
        list(members(tmp_path / "y.tar", everything))


def test_an_archive_that_shrinks_after_listing(tmp_path: Path) -> None:
    path = pack(tmp_path / "x.tar", FILES)
    found = list(members(path, everything))
    path.write_bytes(path.read_bytes()[:600])
    with pytest.raises(DataError, match="it has changed"):
        found[0].read()


MEASURE = """
import json, sys
from pathlib import Path
from evalkit.data.layouts import LibriSpeechArchive
def peak():
    status = Path("/proc/self/status").read_text()  # ru_maxrss would start with the peak of the parent process
    return int(status.split("VmHWM:")[1].split()[0]) // 1024
reading = LibriSpeechArchive().read(Path(sys.argv[1]), "test_clean")
first = next(reading)
before, rows, size = peak(), 1, len(first["audio"].opener())
for row in reading:
    rows += 1
    size += len(row["audio"].opener())
print(json.dumps({"rows": rows, "bytes": size, "grown_mib": peak() - before, "peak_mib": peak()}))
"""


@pytest.mark.parametrize("name", ["test-clean.tar.gz", "test-clean.tar"])
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="measured with Linux's /proc")
def test_memory_is_flat_over_a_big_archive(tmp_path: Path, name: str) -> None:
    block = b"\0" * (150 * 1024)  # 400 utterances of a usual size, 60 MB in all; zeros so that packing is quick
    files: dict[str, bytes | str] = {}
    for chapter in range(4):
        keys = [f"{chapter}-1-{number:04d}" for number in range(100)]
        files |= {f"LibriSpeech/test-clean/{chapter}/1/{key}.flac": block for key in keys}
        files[f"LibriSpeech/test-clean/{chapter}/1/{chapter}-1.trans.txt"] = "".join(f"{key} TEXT\n" for key in keys)
    pack(tmp_path / name, files)
    done = subprocess.run([sys.executable, "-c", MEASURE, str(tmp_path)], capture_output=True, text=True, check=True)
    measured = json.loads(done.stdout)
    assert measured["rows"] == 400
    assert measured["bytes"] == 400 * len(block)
    assert measured["grown_mib"] <= 8
    assert measured["peak_mib"] <= 50  # an interpreter takes 20 to 30; the audio alone is 60
