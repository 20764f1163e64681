"""What the identity of data costs: hashing a corpus once, beside reading it alone, and finding it again.

    python benchmarks/identity_speed.py                      # 100,000 files of 1 kB, and 10 GB in files of 10 MB
    python benchmarks/identity_speed.py --files 1000 --gigabytes 0.1

Two corpora are made in a folder of their own, on the disk that TMPDIR names. "cold" drops the kernel's copies of the
files before the pass (posix_fadvise, which needs no rights), so that they come from the disk.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from evalkit.data.fingerprint import Established, content_hashes

BLOCK = 1 << 20
BESIDE = min(8, (os.cpu_count() or 1) + 2)  # readers at once, as many as the product has


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock and of the processors."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:7.2f} s wall {self.cpu:7.2f} s CPU"


def timed(work: Callable[[], object]) -> Spent:
    began, before = time.perf_counter(), os.times()
    work()
    after = os.times()
    return Spent(time.perf_counter() - began, after.user - before.user + after.system - before.system)


def make(folder: Path, count: int, size: int) -> list[Path]:
    """Files of random bytes, a thousand in each folder; unlike each other in their first bytes."""
    block = os.urandom(min(size, 10 * BLOCK))
    paths = []
    for number in range(count):
        inside = folder / f"{number // 1000:03}"
        inside.mkdir(parents=True, exist_ok=True)
        path = inside / f"{number:06}.wav"
        with path.open("wb") as file:
            file.write(number.to_bytes(8, "big"))
            left = size - 8
            while left > 0:
                left -= file.write(block[:left])
        paths.append(path)
    return paths


def forget(paths: Sequence[Path]) -> None:
    """Let the kernel drop its copies."""
    os.sync()
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)


def read_all(paths: Sequence[Path]) -> None:
    """What reading takes without hashing, by as many readers as hashing has."""

    def one(path: Path) -> None:
        with path.open("rb", buffering=0) as file:
            while file.read(BLOCK):
                pass

    with ThreadPoolExecutor(BESIDE) as pool:
        list(pool.map(one, paths))


def measure(name: str, paths: list[Path], repeats: int) -> None:
    """Print the figures of one corpus."""
    total = sum(path.stat().st_size for path in paths)
    print(f"{name}: {len(paths):,} files, {total / 1e9:.2f} GB", flush=True)
    forget(paths)
    reading = timed(lambda: read_all(paths))
    forget(paths)
    found: list[tuple[list[str | None], Established]] = []
    first = timed(lambda: found.append(content_hashes(paths)))
    assert found[0][1].hashed == len(paths)
    print(f"  read alone, cold     {reading}   {total / 1e6 / reading.wall:8.0f} MB/s")
    ratio = f"{first.wall / reading.wall:.2f} x reading"
    print(f"  hashed first, cold   {first}   {total / 1e6 / first.wall:8.0f} MB/s   {ratio}")
    again = []
    for _ in range(repeats):
        again.append(timed(lambda: found.append(content_hashes(paths))))
        assert found[-1][0] == found[0][0]
        assert found[-1][1].cached == len(paths)
    best = min(again, key=lambda spent: spent.wall)
    print(f"  again, best of {repeats}      {best}   nothing is read")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=100_000, help="small files, of 1 kB (default: 100000)")
    parser.add_argument("--gigabytes", type=float, default=10.0, help="size of the large corpus (default: 10)")
    parser.add_argument("--repeats", type=int, default=5, help="repeats, of which the best counts (default: 5)")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="evalkit-identity-"))
    os.environ["EVALKIT_CACHE"] = str(folder / "cache")
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores, Python {sys.version.split()[0]}")
    try:
        paths = make(folder / "small", arguments.files, 1000)
        time.sleep(2.5)  # a file that changed within two seconds may change again unseen, and is not remembered
        measure("small files", paths, arguments.repeats)
        shutil.rmtree(folder / "small")
        size = min(10_000_000, int(arguments.gigabytes * 1e9))
        paths = make(folder / "large", max(1, round(arguments.gigabytes * 1e9 / size)), size)
        time.sleep(2.5)
        measure("large files", paths, arguments.repeats)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
