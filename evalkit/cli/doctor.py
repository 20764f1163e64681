"""`evalkit doctor`: what works on this machine and what is missing."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evalkit import plugins
from evalkit.cli.doctor_parts import parts
from evalkit.cli.text import columns_of_text, say, say_json
from evalkit.core.installation import install_command
from evalkit.run import environment

# variable -> what it is for; only whether it is set is ever shown
VARIABLES = {
    "OPENAI_API_KEY": "OpenAI models",
    "GEMINI_API_KEY": "Google Gemini models",
    "HF_TOKEN": "gated repositories of the Hugging Face Hub",
}
EXTRAS = {
    "datasets": "hub", "pyarrow": "hub", "pandas": "frames", "evaluate": "evaluate", "sacrebleu": "japanese",
}  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder with local copies of the data")
    parser.add_argument(
        "--task", metavar="T[,T2]",
        help="tasks whose data to look for (default: those of evalkit; code of other packages runs only when named)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the findings."""
    findings = examine(arguments.data, arguments.task.split(",") if arguments.task else None)
    if arguments.json:
        say_json(findings)
        return 0
    for title, rows in findings.items():
        say(f"{title}\n")
        say(columns_of_text([["", ""], *([key, str(value)] for key, value in rows.items())]).split("\n", 2)[2])
        say()
    return 0


def examine(data: Path | None, tasks: Sequence[str] | None = None) -> dict[str, dict[str, Any]]:
    """Versions, devices, keys and data of this machine.

    Args:
        data: folder with local copies.
        tasks: whose data to look for; those of evalkit's own folder where None.

    Raises:
        UnknownNameError: no such task.
    """
    versions = environment.versions()
    missing = {name: f"not installed: {install_command(extra)}" for name, extra in EXTRAS.items()}
    folder = data or (Path(os.environ["EVALKIT_DATA"]) if "EVALKIT_DATA" in os.environ else None)
    return {
        "versions": {**versions, **{name: why for name, why in missing.items() if not _installed(name)}},
        "machine": {
            "platform": environment.describe_platform(),
            "cores": len(os.sched_getaffinity(0)),
            "devices": ", ".join(environment.devices()) or "no GPU found",
        },
        "parts": parts(),
        "keys": {
            name: ("set" if os.environ.get(name) else "not set") + f" ({purpose})"
            for name, purpose in VARIABLES.items()
        },
        "data": {
            "folder": str(folder) if folder else "none: set EVALKIT_DATA or give --data DIR",
            **{name: _data(name, folder) for name in _tasks(tasks)},
            **{name: f"of another package: --task {name} looks for it" for name in _foreign(tasks)},
        },
    }


def _tasks(named: Sequence[str] | None) -> list[str]:
    """The named tasks, or those of evalkit itself; of other packages nothing is imported unasked."""
    if named is not None:
        return [plugins.plugin("task", name).name for name in named]
    return sorted(name for name, found in plugins.plugins("task").items() if found.entry is None)


def _foreign(named: Sequence[str] | None) -> list[str]:
    found = plugins.plugins("task") if named is None else {}
    return sorted(name for name, one in found.items() if one.entry is not None)


def _installed(package: str) -> bool:
    from importlib.util import find_spec

    return find_spec(package) is not None


def _data(name: str, folder: Path | None) -> str:
    from evalkit.core.errors import EvalkitError
    from evalkit.core.task import Suite

    try:
        task = plugins.load_task(name)
        if isinstance(task, Suite):
            return "suite of " + ", ".join(task.members)
        access = str(plugins.plugin("task", name).header.get("access"))
        if access.startswith("made"):
            return access
        if access != "embedded" and folder is None:
            own = access.startswith("not released")
            return f"{access}, with --data" if own else "from the Hub when run, or local with --data"
        rows = task.source.locate(folder)
    except EvalkitError as error:
        return f"not found: {str(error).splitlines()[0][:300]}"
    return f"found: {rows.location} ({', '.join(rows.splits)})"
