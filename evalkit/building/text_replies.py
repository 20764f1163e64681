"""Replies that are one JSON object: found in the text, read strictly, kept as they came."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from evalkit.building.asking import Item, Stage, UnusableError
from evalkit.core.response import Response
from evalkit.core.sample import Generation
from evalkit.judging.parsing import objects

Result = TypeVar("Result")
MOST_TOKENS = 8192
_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
}


def json_stage(
    name: str, journal: Path, read: Callable[[Item, Mapping[str, Any]], Result], attempts: int, temperature: float
) -> Stage[Result]:
    """A stage whose replies are JSON objects.

    Args:
        name: of the stage.
        journal: its file.
        read: item and object -> result. Raises UnusableError.
        attempts: tries with unusable replies.
        temperature: of the first attempt; later ones have at least 0.7, so that they differ.
    """

    def load(item: Item, record: Mapping[str, Any]) -> Result:
        return read(item, only_object(record["text"], item.schema or {}))

    def keep(item: Item, response: Response) -> dict[str, Any]:
        text = response.text or ""
        try:
            text.encode()
        except UnicodeEncodeError:
            raise UnusableError("the reply is no Unicode text") from None
        return {"text": text}

    first = Generation(max_new_tokens=MOST_TOKENS, temperature=temperature)
    later = Generation(max_new_tokens=MOST_TOKENS, temperature=max(0.7, temperature))
    return Stage(name, journal, keep, load, (first, later), attempts)


def only_object(text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The last JSON object of a reply that has all keys the schema asks for.

    Raises:
        UnusableError: there is none, or one value has another type than the schema says.
    """
    keys = set(schema.get("required", ()))
    found = [entry for entry, _ in objects(text, keys)]
    if not found:
        raise UnusableError("the reply holds no JSON object with the keys " + ", ".join(sorted(keys)))
    problem = _mismatch(found[-1], schema, "the reply")
    if problem:
        raise UnusableError(problem)
    return found[-1]


def _mismatch(value: Any, schema: Mapping[str, Any], where: str) -> str | None:
    """What of a value does not follow a schema; of JSON Schema only what our schemas use."""
    wanted = schema["type"]
    if not _KINDS[wanted](value):
        return f"{where} should be of type {wanted}, not {type(value).__name__}"
    if wanted == "string":
        try:
            value.encode()
        except UnicodeEncodeError:
            return f"{where} is no Unicode text"
    if wanted == "array":
        for number, entry in enumerate(value, 1):
            if problem := _mismatch(entry, schema["items"], f"{where}[{number}]"):
                return problem
    if wanted == "object":
        for key in schema["required"]:
            if key not in value:
                return f'{where} has no "{key}"'
            if problem := _mismatch(
                value[key], schema["properties"][key], f"{key}" if where == "the reply" else f"{where}.{key}"
            ):
                return problem
    return None


def objects_of(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Schema of an object with exactly these properties, as strict providers want it."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


TEXT: Mapping[str, Any] = {"type": "string"}
NUMBER: Mapping[str, Any] = {"type": "integer"}


def list_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Schema of a list."""
    return {"type": "array", "items": dict(schema)}
