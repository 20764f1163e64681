"""The command that brings an extra is right for how evalkit was installed."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from evalkit.core import installation


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    installation._origin.cache_clear()
    yield
    installation._origin.cache_clear()


class Installed:
    def __init__(self, told: Any) -> None:
        self._told = told

    def read_text(self, name: str) -> str | None:
        assert name == "direct_url.json"
        return self._told if self._told is None else json.dumps(self._told)


def test_a_checkout_is_named_by_its_path() -> None:
    root = str(Path(installation.__file__).parents[2])
    assert shlex.split(installation.install_command("local,granite")) == [
        "pip",
        "install",
        "-e",
        f"{root}[local,granite]",
    ]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (None, ["evalkit-omni[local]"]),
        ({"url": "file:///tmp/a%20b/evalkit_omni-0.1.0-py3-none-any.whl", "archive_info": {}},
         ["/tmp/a b/evalkit_omni-0.1.0-py3-none-any.whl[local]"]),
        ({"url": "https://example.org/evalkit.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
         ["evalkit-omni[local] @ git+https://example.org/evalkit.git@abc"]),
        ({"url": "https://example.org/evalkit_omni.whl", "archive_info": {}},
         ["evalkit-omni[local] @ https://example.org/evalkit_omni.whl"]),
        ([], ["evalkit-omni[local]"]),
    ],
    ids=["index", "wheel", "git", "address", "odd"],
)  # fmt: skip
def test_elsewhere_by_what_pip_noted(
    told: Any, expected: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(installation, "__file__", str(tmp_path / "site" / "evalkit" / "core" / "installation.py"))
    monkeypatch.setattr(metadata, "distribution", lambda name: Installed(told))
    assert shlex.split(installation.install_command("local")) == ["pip", "install", *expected]
