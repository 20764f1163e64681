"""NVIDIA devices that processes of this machine may use, told without loading a library."""

from __future__ import annotations

import os
from pathlib import Path

from evalkit.core.errors import UsageError

_PROC = Path("/proc/driver/nvidia/gpus")


def visible_devices() -> list[str]:
    """Values of CUDA_VISIBLE_DEVICES for one process each; empty on a machine without such devices."""
    count = len(list(_PROC.glob("*"))) if _PROC.is_dir() else len(list(Path("/dev").glob("nvidia[0-9]*")))
    if not count:
        return []
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is None:
        return [str(number) for number in range(count)]
    return [word.strip() for word in named.split(",") if word.strip() and word.strip() != "-1"]


def check_count(count: int) -> list[str | None]:
    """One device for each of that many processes; None for each where the machine has none and the CPU is used.

    Raises:
        UsageError: there are fewer devices than processes.
    """
    found = visible_devices()
    if not found:
        return [None] * count
    if count > len(found):
        raise UsageError(
            f"--devices {count}: {len(found)} devices are visible here ({', '.join(found)}); ask for that many, or "
            "set CUDA_VISIBLE_DEVICES"
        )
    return list(found[:count])
