"""The circumstances of a run: versions, commit, platform, devices."""

from __future__ import annotations

import os
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


# Settings of a repository that would start programs.
_QUIET = ("-c", "core.fsmonitor=", "-c", "core.hooksPath=/dev/null")


def git_commit() -> str | None:
    """Commit of evalkit's own checkout, with '+dirty' when files differ; None where it is installed otherwise.

    The current folder is never asked: a repository can name programs that git runs.
    """
    checkout = Path(evalkit.__file__).parents[1]
    if not (checkout / ".git").exists() or not (checkout / "pyproject.toml").is_file():
        return None
    try:
        head = _git(checkout, "rev-parse", "HEAD")
        return head + ("+dirty" if _git(checkout, "status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return None


def _git(folder: Path, *arguments: str) -> str:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-C", str(folder), *_QUIET, *arguments], env={**environment, "GIT_OPTIONAL_LOCKS": "0"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=5,
    )  # fmt: skip
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
