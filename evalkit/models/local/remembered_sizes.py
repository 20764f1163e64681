"""Batch sizes that earlier runs found, in the cache folder: one small file per model, device and kind of work.

They only say where a run begins. A file that is damaged, or cannot be written, is as if it were not there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER = "batch_sizes"
SCHEMA = "evalkit.batch_size/1"


def machine(device: str) -> dict[str, Any]:
    """What the speed of a batch depends on besides the model: processor, threads, devices.

    Args:
        device: as the model was told: auto, cpu, cuda:N.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    found: dict[str, Any] = {
        "processor": platform.processor() or platform.machine(),
        "cores": cores,
        "threads": os.environ.get("OMP_NUM_THREADS", ""),
        "device": device,
    }
    torch = sys.modules.get("torch")  # a model that computes with it has imported it by now
    if torch is not None and device != "cpu" and torch.cuda.is_available():
        # Processes of `--devices N` see one device each, all of them as the first.
        found["gpu"] = torch.cuda.get_device_name()
    return found


def read(key: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What was found for this key; None where nothing readable is kept."""
    try:
        kept = json.loads(_path(key).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(kept, dict) or kept.get("schema") != SCHEMA or kept.get("key") != _plain(key):
        return None
    found = kept.get("found")
    return found if isinstance(found, dict) else None


def write(key: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    """Keep what was found; of several writers at once, one of them is kept whole."""
    path = _path(key)
    text = json.dumps({"schema": SCHEMA, "key": _plain(key), "found": found}, indent=1, sort_keys=True)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text + "\n")
            os.replace(temporary, path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise


def _plain(key: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(key, sort_keys=True, default=str))


def _path(key: Mapping[str, Any]) -> Path:
    from evalkit.data.cache_folder import cache_folder

    digest = hashlib.blake2b(json.dumps(_plain(key), sort_keys=True).encode(), digest_size=12).hexdigest()
    return cache_folder() / FOLDER / f"{digest}.json"
