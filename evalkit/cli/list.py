"""`evalkit list`: what there is."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evalkit import plugins
from evalkit.cli.text import columns_of_text, printable, terminal_room


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("what", choices=sorted(LISTS), help="what to list")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the list."""
    rows = LISTS[arguments.what]()
    for notice in plugins.notices(arguments.what.removesuffix("s")):
        print(f"note: {printable(notice)}", file=sys.stderr)
    if arguments.json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return 0
    if not rows:
        print("none")
        return 0
    shown = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    print(columns_of_text(shown, room=terminal_room()))
    if arguments.what == "columns":
        done = sum(row["task"] is not None for row in rows)
        print(f"\n{done} of {len(rows)} published columns have a task")
    return 0


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return str(value)


def _plugin_rows(kind: str, keys: Sequence[str]) -> list[dict[str, Any]]:
    found = []
    for name, plugin in sorted(plugins.plugins(kind).items()):
        source = f"entry point {plugin.entry.value}" if plugin.entry else None
        header = plugin.header
        found.append({"name": name, **{key: header.get(key) for key in keys}, "title": header.get("title", source)})
    return found


def _tasks() -> list[dict[str, Any]]:
    return _plugin_rows("task", ("modalities", "languages", "access"))


def _models() -> list[dict[str, Any]]:
    return _plugin_rows("model", ("takes", "gives", "access"))


def _judges() -> list[dict[str, Any]]:
    return _plugin_rows("judge", ("version", "scale", "votes", "judge"))


def _metrics() -> list[dict[str, Any]]:
    from evalkit.metrics.scorers import SCORERS

    return [{"name": name, "measures": what} for name, (_, _, what) in sorted(SCORERS.items())]


def _profiles() -> list[dict[str, Any]]:
    from evalkit import normalize
    from evalkit.metrics import exact_match
    from evalkit.metrics.error_rate.profiles import PROFILES

    rows: list[dict[str, Any]] = [
        {"metric": "error_rate", "profile": name, "rule": profile.description, "source": profile.source}
        for name, profile in sorted(PROFILES.items())
    ]
    rows += [
        {"metric": "exact_match", "profile": name, "rule": rule, "source": "evalkit"}
        for name, rule in exact_match.PROFILES.items()
    ]
    rows += [
        {"metric": "normalize", "profile": name, "rule": rule, "source": None}
        for name, rule in sorted(normalize.NORMALIZERS.items())
    ]
    return rows


def _columns() -> list[dict[str, Any]]:
    from evalkit.published import numbers as published

    makers: dict[str, str] = {}
    for name, plugin in plugins.plugins("task").items():
        for column in plugin.header.get("columns", ()):
            makers.setdefault(column, name)
    return [
        {"column": name, "task": makers.get(name), "unit": info.unit, "papers": list(info.papers)}
        for name, info in sorted(published.columns().items())
    ]


LISTS: Mapping[str, Callable[[], list[dict[str, Any]]]] = {
    "tasks": _tasks,
    "models": _models,
    "judges": _judges,
    "metrics": _metrics,
    "profiles": _profiles,
    "columns": _columns,
}
