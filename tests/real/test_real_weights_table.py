"""README.md shows what was measured last; and what it was measured on is pinned, and no dependency."""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from real_table import BEGIN, END, KEYS, README, ROOT, kept, table

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PACKAGES = (Path(__file__).with_name("requirements.txt")).read_text(encoding="utf-8").replace("\\\n", " ")
REQUIRED = [line for line in PACKAGES.splitlines() if line.strip() and not line.startswith("#")]


def test_readme_shows_the_last_measurement() -> None:
    text = README.read_text(encoding="utf-8")
    assert text.count(BEGIN) == text.count(END) == 1
    measured = kept()
    assert text.partition(BEGIN)[2].partition(END)[0] == table(measured)
    assert measured.rows and set(measured.rows) <= set(KEYS)
    assert date.fromisoformat(measured.date) >= date(2026, 12, 1)


@pytest.mark.parametrize("requirement", REQUIRED)
def test_every_package_is_one_version_and_known_files_of_it(requirement: str) -> None:
    assert re.fullmatch(r"[\w-]+==[\w.]+(\s+--hash=sha256:[0-9a-f]{64})+\s*", requirement)


def test_none_of_them_is_a_dependency() -> None:
    names = {requirement.partition("==")[0] for requirement in REQUIRED}
    assert len(names) == len(REQUIRED) == 5
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    assert not names & {re.split(r"[\[<>=; ]", one)[0] for one in needed}
    sources = [
        path for name in ("evalkit", "model_adapters", "tasks", "judges") for path in (ROOT / name).rglob("*.py")
    ]
    modules = {name.replace("-", "_") for name in names}
    for path in sources:
        found = set(re.findall(r"^\s*(?:import|from) (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
        assert not modules & found, path
