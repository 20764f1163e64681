"""Identity of data by content: every changed byte is noticed, and nothing unchanged is read twice."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import time
from pathlib import Path

import pytest

from evalkit.core.errors import DataError
from evalkit.data import fingerprint, hash_manifest
from evalkit.data.fingerprint import Established, combined, content_hashes, verifying

SETTLED = fingerprint._SETTLED
PAST = time.time_ns() - 3600 * 10**9


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(fingerprint, "_SETTLED", 0)
    return tmp_path / "cache/content-hashes.bin"


def corpus(folder: Path, count: int = 5) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{n}.wav" for n in range(count)]
    for n, path in enumerate(paths):
        path.write_bytes(bytes([n]) * 100_000)
    return paths


def test_a_repeat_reads_nothing_and_says_so(tmp_path: Path) -> None:
    paths = corpus(tmp_path / "c")
    first, how = content_hashes(paths)
    assert (how.hashed, how.cached, how.bytes) == (5, 0, 500_000) and len(set(first)) == 5
    again, how = content_hashes(paths)
    assert again == first and (how.hashed, how.cached, how.verified) == (0, 5, False)
    with verifying():
        again, how = content_hashes(paths)
    assert again == first and (how.hashed, how.cached, how.verified) == (5, 0, True)


def test_one_byte_in_the_middle_is_noticed_even_with_its_old_times(tmp_path: Path) -> None:
    paths = corpus(tmp_path / "c")
    os.utime(paths[2], ns=(PAST, PAST))
    first, _ = content_hashes(paths)
    with paths[2].open("r+b") as file:
        file.seek(50_000)
        file.write(b"!")
    os.utime(paths[2], ns=(PAST, PAST))
    again, how = content_hashes(paths)
    assert [a == b for a, b in zip(first, again, strict=True)] == [True, True, False, True, True]
    assert (how.hashed, how.cached) == (1, 4)


def test_a_replaced_file_and_a_changed_link_are_noticed(tmp_path: Path) -> None:
    one, two, *_ = corpus(tmp_path / "c")
    link = tmp_path / "link.wav"
    link.symlink_to(one)
    (before,), _ = content_hashes([link])
    link.unlink()
    link.symlink_to(two)
    (after,), _ = content_hashes([link])
    assert before != after
    os.replace(two, one)
    (moved,), _ = content_hashes([one])
    assert moved == after


def test_what_has_changed_a_moment_ago_is_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprint, "_SETTLED", 3600 * 10**9)
    paths = corpus(tmp_path / "c")
    content_hashes(paths)
    assert content_hashes(paths)[1].hashed == 5, "it could change again within a tick of the clock"


@pytest.mark.parametrize("harm", ["cut", "flip", "empty", "folder", "other"])
def test_a_damaged_manifest_costs_time_alone(tmp_path: Path, cache: Path, harm: str) -> None:
    paths = corpus(tmp_path / "c")
    first, _ = content_hashes(paths)
    data = bytearray(cache.read_bytes())
    data[len(data) // 2] ^= 1
    cache.unlink()
    if harm == "folder":
        cache.mkdir()
    else:
        cache.write_bytes({"cut": bytes(data[:-7]), "flip": bytes(data), "empty": b"", "other": b"x" * 200}[harm])
    again, how = content_hashes(paths)
    assert again == first and how.hashed == 5


def test_a_cache_that_cannot_be_written_costs_time_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "file/cache"))
    paths = corpus(tmp_path / "c")
    assert content_hashes(paths)[0] == content_hashes(paths)[0]


def _learn(folder: str) -> None:
    fingerprint._SETTLED = 0
    content_hashes(sorted(Path(folder).iterdir()))


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    folders = [tmp_path / f"c{n}" for n in range(4)]
    everything = [path for folder in folders for path in corpus(folder, 20)]
    spawn = multiprocessing.get_context("fork")
    workers = [spawn.Process(target=_learn, args=(str(folder),)) for folder in folders]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert len(hash_manifest.load()) == 80
    assert content_hashes(everything)[1].cached == 80


def test_an_interrupted_reading_keeps_what_it_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = corpus(tmp_path / "c")
    opened = fingerprint.open_regular

    def stumbles(path: str, label: str | None = None) -> object:
        if path.endswith("4.wav"):
            raise KeyboardInterrupt
        return opened(path, label)

    monkeypatch.setattr(fingerprint, "open_regular", stumbles)
    with pytest.raises(KeyboardInterrupt):
        content_hashes(paths)
    monkeypatch.setattr(fingerprint, "open_regular", opened)
    assert content_hashes(paths)[1].cached == 4


def reference(data: bytes) -> str:
    """The content hash as docs describe it: the first 128 bits of SHA-256."""
    return hashlib.sha256(data).hexdigest()[:32]


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_a_content_hash_is_that_of_every_byte(tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    (tmp_path / "file").write_bytes(data)
    (found,), how = content_hashes([tmp_path / "file"])
    assert found == reference(data)
    assert how == Established(files=1, bytes=size, hashed=1)
    assert how.record() == {
        "by": "content", "files": 1, "bytes": size, "hashed": 1, "cached": 0, "missing": 0, "verified": False
    }  # fmt: skip


def test_what_cannot_be_hashed_is_missing_and_counted(tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"1234")
    (tmp_path / "large").write_bytes(b"12345")
    os.mkfifo(tmp_path / "pipe")
    paths = ["small", "large", "pipe", "nowhere", ".", "no\0name"]
    found, how = content_hashes([tmp_path / name for name in paths], most=4)
    assert found == [reference(b"1234"), None, None, None, None, None]
    assert how == Established(files=6, bytes=4, hashed=1, missing=5)
    assert content_hashes([]) == ([], Established())
    with verifying():
        assert content_hashes([])[1].verified
    with verifying(False):
        assert not content_hashes([])[1].verified


def test_a_file_that_cannot_be_opened_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = corpus(tmp_path / "c", 2)
    opened = fingerprint.open_regular

    def closed(path: str, label: str | None = None) -> object:
        if path == str(paths[0]):
            raise DataError(path, "permission denied")
        return opened(path, label)

    monkeypatch.setattr(fingerprint, "open_regular", closed)
    found, how = content_hashes([*paths, paths[0]])
    assert found == [None, reference(paths[1].read_bytes()), None]
    assert (how.missing, how.hashed, how.files) == (2, 1, 3)
    assert len(hash_manifest.load()) == 1


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = corpus(tmp_path / "c", 2)
    (tmp_path / "link").symlink_to(tmp_path / "c")
    monkeypatch.chdir(tmp_path / "c")
    names = [one, tmp_path / "link/0.wav", two, "0.wav", one]
    found, how = content_hashes(names)
    a, b = reference(one.read_bytes()), reference(two.read_bytes())
    assert found == [a, a, b, a, a]
    assert how == Established(files=5, bytes=500_000, hashed=2)
    again, how = content_hashes(names)
    assert (again, how.cached, how.hashed) == (found, 5, 0), "each name is counted"


def test_a_file_that_changed_meanwhile_is_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path,) = corpus(tmp_path / "c", 1)
    opened = fingerprint.open_regular

    def late(name: str, label: str | None = None) -> object:
        with path.open("ab") as file:
            file.write(b"more")
        return opened(name, label)

    monkeypatch.setattr(fingerprint, "open_regular", late)
    content_hashes([path])
    monkeypatch.setattr(fingerprint, "open_regular", opened)
    assert hash_manifest.load() == {}
    assert content_hashes([path])[1].cached == 0


@pytest.mark.parametrize(("rested", "kept"), [(1.9, 0), (2.1, 1)])
def test_two_seconds_of_rest_are_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rested: float, kept: int
) -> None:
    """FAT keeps times in steps of 2 s: within them a file may change and keep its time."""
    monkeypatch.setattr(fingerprint, "_SETTLED", SETTLED)
    (path,) = corpus(tmp_path / "c", 1)
    began = path.stat().st_ctime_ns + int(rested * 1e9)
    monkeypatch.setattr(fingerprint.time, "time_ns", lambda: began)
    content_hashes([path])
    assert len(hash_manifest.load()) == kept


def test_a_large_reading_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = corpus(tmp_path / "c", 2)
    monkeypatch.setattr(fingerprint, "_TOLD", 200_001)
    content_hashes(paths)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(fingerprint, "_TOLD", 200_000)
    with verifying():
        content_hashes(paths)
    assert "reading 0.0 GB of data for their identity" in capsys.readouterr().err
    content_hashes(paths)
    assert capsys.readouterr().err == "", "nothing is read"


def test_established_counts_add_up() -> None:
    whole = Established(1, 2, 3, 4, 5, True) + Established(10, 20, 30, 40, 50)
    assert whole == Established(11, 22, 33, 44, 55, True)


def test_names_and_contents_together(tmp_path: Path) -> None:
    a, b = corpus(tmp_path / "c", 2)
    text = "".join(
        f"{name}\0{content}\n"
        for name, content in sorted(
            [("x", reference(a.read_bytes())), ("y/z", reference(b.read_bytes())), ("gone", "missing")]
        )
    )
    files: dict[str, Path | str] = {"y/z": b, "gone": tmp_path / "gone", "x": str(a)}
    found, how = combined(files)
    assert found == hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    assert (how.files, how.missing) == (3, 1)
    assert combined(reversed(list(files.items())))[0] == found
    assert combined({**files, "x": b})[0] != found
    assert combined({"x2": a, "y/z": b, "gone": tmp_path / "gone"})[0] != found


def test_the_newest_hashes_are_kept(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def key(n: int) -> bytes:
        return bytes([n]) * 16

    monkeypatch.setattr(hash_manifest, "_MOST", 3)
    hash_manifest.add({key(n): (key(n + 100), key(n + 200)) for n in (1, 2, 3)})
    hash_manifest.add({key(1): (key(101), key(9))})  # found anew: the newest now
    hash_manifest.add({key(4): (key(104), key(204))})
    assert hash_manifest.load() == {
        key(3): (key(103), key(203)), key(1): (key(101), key(9)), key(4): (key(104), key(204))
    }  # fmt: skip
    assert cache.stat().st_size == 16 + 3 * 48 + 16
    assert sorted(path.name for path in cache.parent.iterdir()) == ["content-hashes.bin", "content-hashes.bin.lock"]
    before = cache.stat().st_mtime_ns
    hash_manifest.add({})
    assert cache.stat().st_mtime_ns == before
