"""Prices of the catalogue: every number with the day it was read and where."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from store import Kind, Pin

PRICES = Kind("prices", whole=False, rises=False)


def rows() -> list[dict[str, Any]]:
    text = files("evalkit.models.api").joinpath("catalogue.json").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = json.loads(text)["models"]
    return found


def pins() -> dict[str, Pin]:
    """Everything said of a model is pinned under its date and source: what changes was read somewhere, some day."""
    return {
        f"{row['provider']}:{row['model']}": Pin(
            f"{row['as_of']}, {row['source']}",
            {key: value for key, value in row.items() if key not in ("as_of", "source")},
        )
        for row in rows()
    }
