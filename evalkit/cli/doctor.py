"""`evalkit doctor`: what works on this machine and what is missing."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from evalkit import plugins
from evalkit.cli.doctor_parts import parts
from evalkit.cli.text import columns_of_text, say, say_json
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
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the findings."""
    findings = examine(arguments.data)
    if arguments.json:
        say_json(findings)
        return 0
    for title, rows in findings.items():
        say(f"{title}\n")
        say(columns_of_text([["", ""], *([key, str(value)] for key, value in rows.items())]).split("\n", 2)[2])
        say()
    return 0


def examine(data: Path | None) -> dict[str, dict[str, Any]]:
    """Versions, devices, keys and data of this machine."""
    versions = environment.versions()
    missing = {name: f"not installed: pip install 'evalkit[{extra}]'" for name, extra in EXTRAS.items()}
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
            **{name: _data(name, folder) for name in sorted(plugins.plugins("task"))},
        },
    }


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
