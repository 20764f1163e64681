"""Packages of the plugin folders; everything else stands in pyproject.toml."""

from __future__ import annotations

from pathlib import Path

from setuptools import find_namespace_packages, setup

PLUGIN_FOLDERS = ("tasks", "judges", "model_adapters", "leaderboards")


def packages() -> list[str]:
    names = list(find_namespace_packages(include=["evalkit", "evalkit.*"]))
    for folder in PLUGIN_FOLDERS:
        names.append(f"evalkit.{folder}")
        for path in sorted(Path(folder).rglob("*")):
            if path.is_dir() and "__pycache__" not in path.parts:
                names.append("evalkit." + ".".join(path.parts))
    return names


setup(packages=packages())
