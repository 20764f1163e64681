"""Identity of data by content: every changed byte is noticed, and nothing unchanged is read twice."""

from __future__ import annotations

import multiprocessing
import os
import time
from pathlib import Path

import pytest

from evalkit.data import fingerprint, hash_manifest
from evalkit.data.fingerprint import content_hashes, verifying

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
