"""Where evalkit keeps what it can make again."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """EVALKIT_CACHE, else `evalkit` below XDG_CACHE_HOME, else ~/.cache/evalkit."""
    named = os.environ.get("EVALKIT_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "evalkit"
