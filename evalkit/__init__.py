"""evalkit: evaluation of omni-modal models; every score carries its protocol, its uncertainty and its cost.

`evaluate` and `load_results` are the Python entry points; importing this package imports nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["__version__", "evaluate", "load_results"]

if TYPE_CHECKING:
    from evalkit.api import evaluate, load_results


def __getattr__(name: str) -> Any:
    if name in ("evaluate", "load_results"):
        from evalkit import api

        return getattr(api, name)
    raise AttributeError(f"module 'evalkit' has no attribute '{name}'")
