"""Packages of the plugin folders, and the long description; everything else stands in pyproject.toml."""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import find_namespace_packages, setup

PLUGIN_FOLDERS = ("tasks", "judges", "model_adapters", "leaderboards")
REPOSITORY = "https://github.com/evalkit/evalkit"
BRANCH = "main"
_FENCES = re.compile(r"(^```.*?^```[^\n]*$)", re.MULTILINE | re.DOTALL)
_LINKS = re.compile(r"(!?)(\[(?:[^\[\]]|\[[^\]]*\])*\]\()([^()\s]+)|^()(\[[^\]]+\]:[ \t]*)(\S+)", re.MULTILINE)
_ELSEWHERE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//|#")


def packages() -> list[str]:
    names = list(find_namespace_packages(include=["evalkit", "evalkit.*"]))
    for folder in PLUGIN_FOLDERS:
        names.append(f"evalkit.{folder}")
        for path in sorted(Path(folder).rglob("*")):
            if path.is_dir() and "__pycache__" not in path.parts:
                names.append("evalkit." + ".".join(path.parts))
    return names


def long_description(text: str) -> str:
    """A README whose links to files of the repository are absolute, as a package index has none of the files."""

    def absolute(match: re.Match[str]) -> str:
        picture, opening, target = (match[1], match[2], match[3]) if match[3] else ("", match[5], match[6])
        if _ELSEWHERE.match(target):
            return match[0]
        kind = "raw" if picture else "blob"
        return f"{picture}{opening}{REPOSITORY}/{kind}/{BRANCH}/{target.removeprefix('./')}"

    parts = _FENCES.split(text)
    return "".join(part if i % 2 else _LINKS.sub(absolute, part) for i, part in enumerate(parts))


if __name__ == "__main__":  # the build backend runs this file as a script
    setup(
        packages=packages(),
        long_description=long_description(Path("README.md").read_text(encoding="utf-8")),
        long_description_content_type="text/markdown",
    )
