"""`evalkit list` with many tasks: CPU seconds, and what 80 more task folders cost.

The package is laid out as it is installed, in a folder of its own, and task folders are added whose cards are copies of
those there are under other names. Nothing of them is imported; a task module that would raise shows it.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from pathlib import Path

from measure import best_of

ROOT = Path(__file__).resolve().parents[1]
PLUGIN_FOLDERS = ("tasks", "judges", "model_adapters", "leaderboards")
_IGNORED = shutil.ignore_patterns("__pycache__", "*.flac", "*.wav")


def installed(folder: Path) -> Path:
    """The package as a wheel lays it out."""
    shutil.copytree(ROOT / "evalkit", folder / "evalkit", ignore=_IGNORED)
    for name in PLUGIN_FOLDERS:
        shutil.copytree(ROOT / name, folder / "evalkit" / name, ignore=_IGNORED)
    return folder / "evalkit" / "tasks"


def add_tasks(tasks: Path, count: int) -> None:
    """Task folders whose cards are as long as real ones."""
    cards = sorted(ROOT.glob("tasks/*/card.md"))
    for number in range(count):
        text = cards[number % len(cards)].read_text(encoding="utf-8")
        folder = tasks / f"generated_{number:03}"
        folder.mkdir()
        named = re.sub(r"^tasks: .*$", f"tasks: [generated_{number:03}]", text, count=1, flags=re.MULTILINE)
        (folder / "card.md").write_text(named, encoding="utf-8")
        (folder / "task.py").write_text("raise SystemExit('a list imports no task')\n")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=80, help="task folders to add (default: 80)")
    parser.add_argument("--repeat", type=int, default=7, help="the least CPU time of so many runs (default: 7)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tasks = installed(folder)
        log, environment = folder / "log", {"PYTHONPATH": str(folder)}
        nothing = best_of(arguments.repeat, [sys.executable, "-c", "pass"], folder, log, environment).cpu
        print(f"python -c pass: {nothing:.3f} s CPU")
        spent: dict[str, list[float]] = {"tasks": [], "columns": []}
        for added in (0, arguments.tasks):
            add_tasks(tasks, added)
            for what, found in spent.items():
                words = [sys.executable, "-m", "evalkit", "list", what]
                best_of(1, words, folder, log, environment)  # compiles what is imported
                used = best_of(arguments.repeat, words, folder, log, environment)
                if used.code:
                    raise SystemExit(log.read_text())
                found.append(used.cpu)
                there = len(list(tasks.glob("*/card.md")))
                print(f"evalkit list {what}, {there} tasks: {used.cpu:.3f} s CPU, {used.cpu / nothing:.1f} x python")
        for what, (few, many) in spent.items():
            print(f"{arguments.tasks} more tasks: list {what} takes {many / few:.2f} x the CPU time")


if __name__ == "__main__":
    main()
