"""Environments of the lowest and the newest dependencies that pyproject.toml allows, made by pip.

    python tests/bounds/environments.py lowest|newest FOLDER

makes FOLDER/venv with evalkit in it. "lowest" takes every lower bound as it stands (`pkg==bound`), of what evalkit names
itself; what those need in turn is what pip chooses.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
# What the smoke test asks for beside the core; torch, transformers and FunASR have pins of their own in the Makefile.
EXTRAS = ("hub", "parquet", "frames", "translation", "japanese", "instructions", "math", "numbers", "openai", "gemini",
          "images", "twins", "plots", "evaluate")  # fmt: skip
RUNNERS = ("hypothesis", "jsonschema", "pytest", "setuptools")
_REQUIREMENT = re.compile(r"([A-Za-z0-9_.-]+)(\[[^\]]*\])?\s*>=\s*([^,;\s]+)([^;]*)(?:;\s*(.*))?$")


def project() -> dict[str, Any]:
    loaded: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return loaded


def requirements() -> list[str]:
    """Of the core and of `EXTRAS`, as they stand, and of the runners of tests."""
    held = project()
    extras = held["optional-dependencies"]
    runners = [one for one in extras["test"] if re.split(r"[\[><= ]", one)[0] in RUNNERS]
    return [*held["dependencies"], *(one for extra in EXTRAS for one in extras[extra]), *runners]


def lowest(wanted: list[str]) -> Iterator[str]:
    """`name==bound` of each; the highest bound where a package is named several times, its extras together."""
    bounds: dict[str, tuple[tuple[int, ...], str, set[str], str]] = {}
    for one in wanted:
        found = _REQUIREMENT.fullmatch(one.strip())
        if found is None:
            raise SystemExit(f"no lower bound in '{one}'")
        name, extras, bound, _, marker = found.groups()
        number = tuple(int(part) for part in re.findall(r"\d+", bound))
        known = bounds.get(name.lower().replace("_", "-"))
        asked = set(extras.strip("[]").split(",")) if extras else set()
        if known is not None:
            asked |= known[2]
            number, bound = max((number, bound), known[:2])
        bounds[name.lower().replace("_", "-")] = (number, bound, asked, marker or "")
    for name, (_, bound, asked, marker) in sorted(bounds.items()):
        extras = f"[{','.join(sorted(asked))}]" if asked else ""
        yield f"{name}{extras}=={bound}" + (f"; {marker}" if marker else "")


def make(kind: str, folder: Path) -> Path:
    """The environment's python.

    Raises:
        subprocess.CalledProcessError: pip finds no such set; it has said why.
    """
    wanted = list(lowest(requirements())) if kind == "lowest" else requirements()
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    pip = [python, "-m", "pip", "--disable-pip-version-check", "-q", "install"]
    newest = ["--upgrade", "--upgrade-strategy", "eager"] if kind == "newest" else []
    (folder / "requirements.txt").write_text("\n".join(wanted) + "\n")
    subprocess.run([*pip, *newest, "--prefer-binary", "-r", folder / "requirements.txt"], check=True)
    subprocess.run([*pip, "--no-deps", "-e", ROOT], check=True)
    subprocess.run([python, "-m", "pip", "--disable-pip-version-check", "check"], check=True)
    return python


if __name__ == "__main__":
    print(make(sys.argv[1], Path(sys.argv[2])))
