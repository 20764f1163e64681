"""The circumstances of a run: versions, commit, platform, devices."""

from __future__ import annotations

import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import evalkit

PACKAGES = (
    "numpy", "jiwer", "rapidfuzz", "soundfile", "soxr", "zhconv", "pocketsphinx", "datasets", "evaluate",
    "torch", "transformers", "funasr", "openai", "google-genai", "pandas",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Versions of evalkit, Python and the packages that can change a number; absent ones are left out."""
    found = {"evalkit": evalkit.__version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def git_commit(folder: Path) -> str | None:
    """Commit checked out in a folder, with '+dirty' when files differ; None outside a repository."""
    try:
        head = _git(folder, "rev-parse", "HEAD")
        return head + ("+dirty" if _git(folder, "status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return None


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True, timeout=5)
    return done.stdout.strip()


def devices() -> list[str]:
    """Names of the NVIDIA devices of this machine, as the driver lists them; loads no library."""
    names = []
    for path in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information")):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("Model:"):
                names.append(line.partition(":")[2].strip())
    return names


def describe_platform() -> str:
    """Operating system, machine and Python build on one line."""
    return f"{platform.platform()} {platform.machine()} {sys.implementation.name}"
