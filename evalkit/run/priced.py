"""Whether answers of a model are paid for: what runs on one's own machines costs time, and no amount in dollars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evalkit import plugins
from evalkit.core.errors import EvalkitError


def sold(name: str, arguments: Mapping[str, Any]) -> bool:
    """True when the model, or a part of a cascade, is one behind an API, by its card.

    Args:
        name: registered name.
        arguments: its identity, in which a cascade names its parts.
    """
    return any(access(part) == "api" for part in parts(name, arguments))


def parts(name: str, arguments: Mapping[str, Any]) -> Iterator[str]:
    """Registered names of a model and, of a cascade, of its parts."""
    yield name
    for value in arguments.values():
        if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], dict):
            yield value[0]


def access(name: str) -> str:
    """How a model is had, by its card ("api", "weights", "worker", ...); empty for one without a card."""
    try:
        return str(plugins.plugin("model", name).header.get("access", ""))
    except EvalkitError:
        return ""
