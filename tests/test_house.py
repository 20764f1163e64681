"""The house: floors, names, sizes, packaging."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ENGINE = ROOT / "evalkit"
PLUGIN_FOLDERS = ("tasks", "judges", "model_adapters", "leaderboards")

# A part may import parts of its own or a lower floor; `report` reads the records `run` writes, and nothing of `run`.
FLOORS: dict[str, int] = {
    "core": 0,
    "normalize": 0,
    "records": 1,
    "metrics": 1,
    "media": 1,
    "data": 1,
    "judging": 1,
    "statistics": 1,
    "plugins": 1,
    "plugin_files": 0,
    "card_headers": 1,
    "installed_entries": 0,
    "published": 1,
    "models": 2,
    "authoring": 2,
    "run": 2,
    "building": 2,
    "tasks": 2,
    "judges": 2,
    "model_adapters": 2,
    "leaderboards": 2,
    "report": 3,
    "reproduction": 3,
    "api": 3,
    "cli": 3,
    "__main__": 3,
}
FORBIDDEN = {("report", "run"), ("run", "report"), ("core", "normalize"), ("api", "cli"), ("run", "authoring")}
LIGHT = {"core", "plugins", "card_headers", "installed_entries"}  # no heavy import, not even inside a function
HEAVY = {"torch", "datasets", "pandas", "transformers", "pydantic", "soundfile", "jiwer", "rapidfuzz", "openai"}
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc"}


def sources() -> list[Path]:
    found = [*ENGINE.rglob("*.py")]
    for folder in PLUGIN_FOLDERS:
        found += (ROOT / folder).rglob("*.py")
    return sorted(path for path in found if "__pycache__" not in path.parts)


def part_of(path: Path) -> str:
    relative = path.relative_to(ROOT)
    if relative.parts[0] != "evalkit":
        return relative.parts[0]
    return relative.parts[1].removesuffix(".py") if len(relative.parts) > 1 else "evalkit"


def imported(path: Path) -> Iterator[tuple[str, bool]]:
    """Imported module names, and whether the import runs when the module is imported."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    top = set(tree.body)
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.name, node in top
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield str(node.module), node in top
            for name in node.names:
                yield f"{node.module}.{name.name}", node in top


def engine_part(module: str) -> str | None:
    words = module.split(".")
    return words[1] if words[0] == "evalkit" and len(words) > 1 and words[1] in FLOORS else None


def offences_against_floors(path: Path) -> Iterator[str]:
    part = part_of(path)
    for module, _ in imported(path):
        other = engine_part(module)
        if other is None:
            continue
        if FLOORS[other] > FLOORS[part]:
            yield f"{part} imports {module}, which is on a higher floor"
        if (part, other) in FORBIDDEN:
            yield f"{part} must not import {module}"
        if part in PLUGIN_FOLDERS and other in PLUGIN_FOLDERS:
            same = module.split(".")[1:3] == list(path.relative_to(ROOT).with_suffix("").parts[:2])
            family = path.stem.split("_")[0] in ".".join(module.split(".")[2:3])  # a worker and its model
            if not same and not family:
                yield f"imports the plugin {module}"


def test_arrows_point_downward() -> None:
    offences = [
        f"{path.relative_to(ROOT)}: {offence}"
        for path in sources()
        if path != ENGINE / "__init__.py"
        for offence in offences_against_floors(path)
    ]
    assert offences == []


def test_a_higher_floor_and_another_plugin_are_offences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    (tmp_path / "evalkit/core").mkdir(parents=True)
    low, plugin = tmp_path / "evalkit/core/low.py", tmp_path / "tasks/mine/task.py"
    plugin.parent.mkdir(parents=True)
    low.write_text("def later():\n    from evalkit.run import prepare\n")
    plugin.write_text("from evalkit.tasks.mine.build import build\nfrom evalkit.tasks.yours.build import build\n")
    assert list(offences_against_floors(low))[:1] == ["core imports evalkit.run, which is on a higher floor"]
    assert set(offences_against_floors(plugin)) == {
        "imports the plugin evalkit.tasks.yours.build", "imports the plugin evalkit.tasks.yours.build.build"
    }  # fmt: skip
    assert set(offences_against_authoring(plugin)) == {
        "evalkit.tasks.yours.build", "evalkit.tasks.yours.build.build"
    }  # fmt: skip


def offences_against_authoring(path: Path) -> Iterator[str]:
    own = f"evalkit.tasks.{path.parent.name}"
    for module, _ in imported(path):
        inside = any(module == root or module.startswith(root + ".") for root in ("evalkit.authoring", own))
        if module.split(".")[0] == "evalkit" and not inside:
            yield module


def test_tasks_import_authoring_and_their_own_folder_alone() -> None:
    files = sorted((ROOT / "tasks").glob("*/task.py"))
    assert files
    offences = {str(path.relative_to(ROOT)): list(offences_against_authoring(path)) for path in files}
    assert {path: modules for path, modules in offences.items() if modules} == {}


def test_the_engine_imports_no_plugin() -> None:
    for path in ENGINE.rglob("*.py"):
        for module, _ in imported(path):
            assert engine_part(module) not in PLUGIN_FOLDERS, f"{path} imports {module}"


def test_no_circles_between_parts() -> None:
    arrows: dict[str, set[str]] = {}
    for path in sources():
        if path == ENGINE / "__init__.py":
            continue
        arrows.setdefault(part_of(path), set()).update(
            other for module, _ in imported(path) if (other := engine_part(module)) and other != part_of(path)
        )

    def walk(part: str, trail: tuple[str, ...]) -> None:
        assert part not in trail, f"circle: {' -> '.join([*trail, part])}"
        for other in arrows.get(part, ()):
            walk(other, (*trail, part))

    for part in arrows:
        walk(part, ())


@pytest.mark.parametrize("part", sorted(LIGHT))
def test_light_parts_import_nothing_heavy(part: str) -> None:
    paths = [ENGINE / f"{part}.py"] if (ENGINE / f"{part}.py").exists() else sorted((ENGINE / part).rglob("*.py"))
    for path in paths:
        for module, _ in imported(path):
            assert module.split(".")[0] not in HEAVY, f"{path} imports {module}"


def test_names_say_something_and_files_have_one_subject() -> None:
    assert [str(path) for path in sources() if path.stem in SAYS_NOTHING] == []
    long = [path for path in sources() if path.read_text(encoding="utf-8").count("\n") > 400]
    assert [str(path) for path in long] == [], "more than 400 lines: are they one subject?"
