"""Files made by several processes are those of one; what fails there is told here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from evalkit.core.errors import EvalkitError
from evalkit.data.files_in_parts import made

MAKER = """
import os, sys

def written(item, folder):
    if item.get("loud"):
        sys.stderr.write("x" * 200_000)  # more than a pipe holds
    if item.get("torn"):
        raise ValueError("the pen is dry")
    name = f"file {item['number']}.txt"
    (folder / name).write_text(f"{item['text']}")
    with open(folder / f"by {os.getpid()}", "a") as log:
        log.write(".")
    return name
"""


@pytest.fixture
def maker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A module that this process and those it starts can import."""
    import importlib
    import sys

    place = tmp_path / "modules"
    place.mkdir()
    (place / "a_maker.py").write_text(MAKER)
    monkeypatch.syspath_prepend(place)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(place), os.environ.get("PYTHONPATH", "")])))
    yield importlib.import_module("a_maker")
    del sys.modules["a_maker"]


def test_several_processes_make_what_one_makes_in_order(maker: ModuleType, tmp_path: Path) -> None:
    items = [{"number": number, "text": f"Zeile {number} ß 语", "loud": number == 1} for number in range(40)]
    for workers in (1, 3):
        folder, ticks = tmp_path / str(workers), []
        names = made(maker.written, items, folder, lambda ticks=ticks: ticks.append(1), workers=workers)
        assert names == [f"file {number}.txt" for number in range(40)]
        assert [(folder / name).read_text() for name in names] == [item["text"] for item in items]
        assert len(ticks) == 40
        assert len(list(folder.glob("by *"))) == workers
        assert not (folder / "items.jsonl").exists()


def test_what_fails_in_a_process_is_told_and_all_are_ended(maker: ModuleType, tmp_path: Path) -> None:
    items = [{"number": number, "text": "x", "torn": number == 20, "loud": number == 20} for number in range(40)]
    with pytest.raises(EvalkitError, match=r"(?s)making its files failed \(exit code 1\).*the pen is dry"):
        made(maker.written, items, tmp_path / "torn", lambda: None, workers=2)
    assert not (tmp_path / "torn" / "items.jsonl").exists()
