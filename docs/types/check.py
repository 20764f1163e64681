"""Checks the types of everything: `python docs/types/check.py [mypy options]`.

The plugin folders stand at the top of the repository and are installed below `evalkit`, where mypy does not look for
them. So the tree is laid out as it is installed, with links, below .mypy_cache; paths in messages are the repository's.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLUGIN_FOLDERS = ("tasks", "judges", "model_adapters", "leaderboards")
_PLUGIN = re.compile(rf"^evalkit/(?=(?:{'|'.join(PLUGIN_FOLDERS)})/)", re.MULTILINE)


def laid_out(tree: Path) -> Path:
    """Make a folder that holds `evalkit` as it is installed: links to the package's entries and the plugin folders."""
    package = tree / "evalkit"
    shutil.rmtree(package, ignore_errors=True)
    package.mkdir(parents=True)
    entries = [path for path in (ROOT / "evalkit").iterdir() if path.name != "__pycache__"]
    for path in (*entries, *(ROOT / folder for folder in PLUGIN_FOLDERS)):
        (package / path.name).symlink_to(path)
    return tree


def main(options: list[str]) -> int:
    """Run mypy over the tree; its exit status, and its messages with the repository's paths."""
    tree = laid_out(ROOT / ".mypy_cache" / "installed")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"),
         "--cache-dir", str(ROOT / ".mypy_cache"), "-p", "evalkit", *options],
        cwd=tree, env={**os.environ, "MYPYPATH": str(tree)}, text=True, stdout=subprocess.PIPE, check=False,
    )  # fmt: skip
    sys.stdout.write(_PLUGIN.sub("", done.stdout))
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
