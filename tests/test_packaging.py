"""The wheel holds everything, below `evalkit/` alone, and works without the checkout; so does one of the sdist."""

from __future__ import annotations

import email
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


COPIED = ("evalkit", "tasks", "judges", "model_adapters", "leaderboards")
FILES = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md")
BUILD = "import sys, setuptools.build_meta as backend; print(getattr(backend, sys.argv[1])(sys.argv[2]))"


def built(kind: str, source: Path, target: Path) -> Path:
    """A distribution made by the build backend alone, which asks no network; the path it says."""
    target.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", BUILD, kind, str(target)], cwd=source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return target / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the source distribution, unpacked."""
    pytest.importorskip("setuptools", minversion="77")
    folder = tmp_path_factory.mktemp("sdist")
    keep = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
    for name in (*COPIED, "docs", "tests"):
        shutil.copytree(ROOT / name, folder / "source" / name, ignore=keep)
    for name in FILES:
        shutil.copy(ROOT / name, folder / "source")
    with tarfile.open(built("build_sdist", folder / "source", folder / "dist")) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    return unpacked


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


def test_the_source_distribution_has_docs_and_changelog_and_no_tests_that_cannot_run(sdist: Path) -> None:
    there = {str(path.relative_to(sdist)) for path in sdist.rglob("*") if path.is_file()}
    docs = [path for path in (ROOT / "docs").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert {str(path.relative_to(ROOT)) for path in docs} <= there
    assert {"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "setup.py", "pyproject.toml"} <= there
    assert not [name for name in there if name.startswith(("tests/", "benchmarks/", "results/"))]
    assert not [name for name in there if name.endswith(".pyc")]


def test_a_wheel_of_the_source_distribution_is_that_of_the_tree(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    again = built("build_wheel", sdist, tmp_path / "dist")
    assert sorted(zipfile.ZipFile(again).namelist()) == sorted(zipfile.ZipFile(wheel).namelist())


def test_no_link_of_the_long_description_is_dead_outside_the_repository(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    metadata = email.message_from_bytes(archive.read(name))
    assert metadata["Description-Content-Type"] == "text/markdown"
    text = str(metadata.get_payload())
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert len(links) > 10
    assert [link for link in links if not re.match(r"https?://|#", link)] == []
    own = [link.partition("/blob/main/")[2].partition("#")[0] for link in links if "/blob/main/" in link]
    assert own
    assert [path for path in own if not (ROOT / path).is_file()] == [], "they name files of the repository"
    versions = [c.rpartition(" ")[2] for c in metadata.get_all("Classifier") or () if re.search(r":: 3\.\d+$", c)]
    assert "3.10" in versions
    assert len(versions) >= 4


def setup_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("setup_script", ROOT / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a](docs/a.md)", "[a](HOME/blob/main/docs/a.md)"),
        ("[a](./docs/a.md#part) and [b](c.md \"title\")", "[a](HOME/blob/main/docs/a.md#part) and [b](HOME/blob/main/c.md \"title\")"),
        ("![p](docs/p.png)", "![p](HOME/raw/main/docs/p.png)"),
        ("[`x[1]`](a.md)", "[`x[1]`](HOME/blob/main/a.md)"),
        ("[a]: docs/a.md", "[a]: HOME/blob/main/docs/a.md"),
        ("[a](https://e.org/a.md) [b](#part) [c](mailto:a@b.c)", "[a](https://e.org/a.md) [b](#part) [c](mailto:a@b.c)"),
        ("```\n[a](docs/a.md)\n```\n[b](b.md)", "```\n[a](docs/a.md)\n```\n[b](HOME/blob/main/b.md)"),
    ],
)  # fmt: skip
def test_links_of_every_kind_become_absolute(text: str, expected: str) -> None:
    script = setup_script()
    assert script.long_description(text) == expected.replace("HOME", script.REPOSITORY)
