"""The published tables, read a second time: digests of cells made from the readings, not from the product's files.

`check` holds the product's tables to the digests; where the readings lie beside the checkout, tests hold the digests to
them too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from store import HERE

READINGS = HERE.parents[1].parent / "shared" / "published"
PAPERS_TEXT = HERE.parents[1].parent / "shared" / "papers"
STORED = HERE / "tables.json"
PAPERS = ("covo-audio", "emova", "hello-chat", "interactive-omni", "qwen3-omni")
_RULES = ("aggregates", "aggregation")


def documents(folder: Path) -> dict[str, Any]:
    return {name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in PAPERS}


def cells(table: dict[str, Any]) -> list[list[Any]]:
    """Rows of (model, variant, column, value, mark), in order; empty cells too."""
    return [
        [row["model_id"], row.get("variant"), column["id"], row["values"].get(column["id"]),
         (row.get("marks") or {}).get(column["id"])]
        for row in table["rows"]
        for column in table["columns"]
    ]  # fmt: skip


def digests(folder: Path) -> dict[str, dict[str, Any]]:
    """PAPER/TABLE -> digests of its cells and of what they mean, and the number of values; PAPER -> all the rest."""
    found: dict[str, dict[str, Any]] = {}
    for paper, document in documents(folder).items():
        for table in document["tables"]:
            held = cells(table)
            names = [[row["model"], row["model_id"], row["group"], row.get("params")] for row in table["rows"]]
            found[f"{paper}/{table['table']}"] = {
                "values": sum(cell[3] is not None for cell in held),
                "cells": digest(held),
                "meaning": digest([table["columns"], names, [table.get(key) for key in _RULES]]),
            }
        rest = {key: value for key, value in document.items() if key != "tables"}
        found[paper] = {"rest": digest(rest)}
    return found


def check(folder: Path) -> list[str]:
    """Tables that are not as they were read."""
    stored, now = json.loads(STORED.read_text()), digests(folder)
    return sorted(
        f"{name}: {what}"
        for name in stored.keys() | now.keys()
        for what in {**stored.get(name, {}), **now.get(name, {})}
        if stored.get(name, {}).get(what) != now.get(name, {}).get(what)
    )


def renew() -> None:
    """Write the digests of the readings."""
    STORED.write_text(json.dumps(digests(READINGS), indent=1, sort_keys=True) + "\n")


def values() -> Iterator[tuple[str, str, str, str, float]]:
    """(paper, table, model, column, value) of the readings."""
    for paper, document in documents(READINGS).items():
        for table in document["tables"]:
            for model, _, column, value, _ in cells(table):
                if value is not None:
                    yield paper, table["table"], model, column, value


def digest(value: Any) -> str:
    """Of a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:24]
