"""`evalkit list`: what there is."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evalkit import plugins
from evalkit.cli.text import columns_of_text, say, say_json, terminal_room


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("what", choices=sorted(LISTS), help="what to list")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the list."""
    rows = LISTS[arguments.what]()
    for notice in plugins.notices(arguments.what.removesuffix("s")):
        say(f"note: {notice}", error=True)
    if arguments.json:
        say_json(rows)
        return 0
    if not rows:
        say("none")
        return 0
    shown = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    say(columns_of_text(shown, room=terminal_room()))
    if arguments.what == "columns":
        done = sum(row["task"] is not None for row in rows)
        say(f"\n{done} of {len(rows)} published columns have a task")
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
    from evalkit.metrics import kinds
    from evalkit.metrics.error_rate.profiles import PROFILES

    rows: list[dict[str, Any]] = []
    for metric in kinds.KINDS:
        for name, rule in kinds.profiles(metric).items():
            source = PROFILES[name].source if metric in _RATES else "evalkit" if metric == "exact_match" else None
            rows.append({"metric": metric, "profile": name, "rule": rule, "source": source})
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


def _suites() -> list[dict[str, Any]]:
    from evalkit.published.areas import areas

    rows = []
    for area in sorted(areas(), key=lambda one: one.word):
        makers = area.makers()
        rows.append(
            {
                "suite": area.word,
                "tables": list(area.tables),
                "columns": f"{len(makers)} of {len(area.columns)}",
                "tasks": list(dict.fromkeys(names[0] for names in makers.values())),
            }
        )
    return rows


_RATES = ("error_rate", "wer", "cer")  # they share their profiles, which name their sources
LISTS: Mapping[str, Callable[[], list[dict[str, Any]]]] = {
    "tasks": _tasks,
    "models": _models,
    "judges": _judges,
    "metrics": _metrics,
    "profiles": _profiles,
    "columns": _columns,
    "suites": _suites,
}
