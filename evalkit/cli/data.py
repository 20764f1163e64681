"""`evalkit data`: check data of your own, export questions, write what official scorers read."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit import plugins
from evalkit.cli import data_export, data_submission
from evalkit.cli.text import json_text, say
from evalkit.core.errors import UsageError

if TYPE_CHECKING:
    from evalkit.data.dialogue.dialogue_check import Findings

SHOWN = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    check = verbs.add_parser("check", help="check a file of dialogues and all media it names")
    check.add_argument("task", metavar="TASK", help="the task whose schema it should follow, for example mmmb")
    check.add_argument("path", type=Path, metavar="FILE|DIR", help="JSON Lines file, or folder with dialogues.jsonl")
    check.add_argument("--json", action="store_true", help="print findings as JSON")
    data_export.add_arguments(verbs.add_parser("export", help="write the questions of a task with their media"))
    data_submission.add_arguments(verbs.add_parser("submission", help="write a run as the file official scorers read"))


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    done: int = _VERBS[arguments.verb](arguments)
    return done


def _check(arguments: argparse.Namespace) -> int:
    """Print what was found; 0 when there is no problem, 1 otherwise."""
    from evalkit.core.task import Suite
    from evalkit.data.dialogue.dialogue_check import check_dialogues

    task = plugins.load_task(arguments.task)
    rules = None if isinstance(task, Suite) else getattr(task.source, "rules", None)
    if rules is None:
        raise UsageError(f"task '{arguments.task}' has no schema for data of your own; its card says where data lie")
    found = check_dialogues(arguments.path, rules)
    say(json_text(_facts(found)) if arguments.json else _text(found))
    return 1 if found.problems else 0


def _facts(found: Findings) -> Mapping[str, object]:
    return {
        "file": str(found.path),
        "dialogues": found.dialogues,
        "turns": {str(turns): count for turns, count in sorted(found.turns.items())},
        "media": dict(sorted(found.media.items())),
        "fields": {name: dict(sorted(counter.items())) for name, counter in found.fields.items()},
        "problems": [{"line": entry.line, "id": entry.id, "problem": entry.text} for entry in found.problems],
    }


def _text(found: Findings) -> str:
    lines = [f"{found.path}, line {entry.line}, '{entry.id}': {entry.text}" for entry in found.problems[:SHOWN]]
    if len(found.problems) > SHOWN:
        lines.append(f"... and {len(found.problems) - SHOWN} more; --json lists all")
    media = ", ".join(f"{count} {kind} files" for kind, count in sorted(found.media.items())) or "no media"
    least, most = min(found.turns, default=0), max(found.turns, default=0)
    turns = f"{most} turns" if least == most else f"{least} to {most} turns"
    lines.append(f"{found.dialogues} dialogues of {turns}, {media}")
    for name, counter in found.fields.items():
        shown = ", ".join(f"{value} {count}" for value, count in sorted(counter.items(), key=_order))
        lines.append(f"{name}: {shown or '-'}")
    count = len(found.problems)
    lines.append("no problem found" if not count else f"{count} problem{'s' if count > 1 else ''} found")
    return "\n".join(lines)


def _order(entry: tuple[str, int]) -> tuple[int, str]:
    return (int(entry[0]), "") if entry[0].isdecimal() else (0, entry[0])


_VERBS = {"check": _check, "export": data_export.run, "submission": data_submission.run}
