"""The wheel holds everything, below `evalkit/` alone, and works without the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("setuptools", minversion="77")
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    keep = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
    for name in ("evalkit", "tasks", "judges", "model_adapters", "leaderboards"):
        shutil.copytree(ROOT / name, source / name, ignore=keep)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "-q",
            "--no-deps",
            "--no-build-isolation",
            "-w",
            str(folder),
            str(source),
        ],
        check=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_nothing_lands_outside_evalkit(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert tops == {"evalkit", next(top for top in tops if top.endswith(".dist-info"))}


def test_every_card_data_file_and_published_table_is_in_the_wheel(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    wanted = [path for folder in ("tasks", "model_adapters", "leaderboards") for path in (ROOT / folder).rglob("*.*")]
    files = [path.relative_to(ROOT) for path in wanted if path.is_file() and "__pycache__" not in path.parts]
    assert len(files) > 100
    assert [str(path) for path in files if f"evalkit/{path}" not in packed] == []
    assert "evalkit/py.typed" in packed


def test_the_wheel_works_from_any_folder_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    code = (
        f"import sys; sys.path = [{str(target)!r}] + [p for p in sys.path if p not in ({str(ROOT)!r}, '')];"
        "sys.meta_path = [f for f in sys.meta_path if 'editable' not in str(f).lower()];"
        "from evalkit.cli.main import main;"
        "assert main(['list', 'tasks']) == 0;"
        "sys.exit(main(['run', '--model', 'constant', '--task', 'asr_demo', '--limit', '6', '--out', 'results']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ""}
    )
    assert done.returncode == 0, done.stderr
    assert "asr_demo" in done.stdout
    assert list((tmp_path / "results").glob("constant/asr_demo/*/summary.json"))
