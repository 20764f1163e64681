"""What evalkit depends on has an upper bound, and its messages name no strangers' package."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def requirements() -> list[str]:
    project = PROJECT["project"]
    extras = [one for extra in project["optional-dependencies"].values() for one in extra]
    return [*PROJECT["build-system"]["requires"], *project["dependencies"], *extras]


@pytest.mark.parametrize("requirement", sorted(set(requirements())))
def test_every_dependency_has_an_upper_bound(requirement: str) -> None:
    name, _, versions = requirement.partition(";")[0].partition(">=")
    if re.split(r"[\[ ]", name)[0] == PROJECT["project"]["name"]:
        return
    assert re.search(r",\s*<\s*\d", versions), f"{requirement}: a later version may change what scores mean"


def test_no_text_tells_to_install_strangers_code() -> None:
    """`evalkit` on the package index is another project."""
    wrong = re.compile(r"pip3? install (?:-\S+ )*['\"]?evalkit(?![-\w])")
    folders = ("evalkit", "docs", "tasks", "judges", "model_adapters", "leaderboards")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".md")]
    assert len(files) > 300
    assert [str(path) for path in files if wrong.search(path.read_text(encoding="utf-8"))] == []
