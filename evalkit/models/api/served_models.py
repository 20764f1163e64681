"""What a server's list of models (`GET /v1/models`) says a model takes, where it says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_MODALITIES = frozenset({"text", "image", "audio", "video"})
_SIGHTS = {
    "vision": "image",
    "image_input": "image",
    "audio_input": "audio",
    "video_input": "video",
    "hearing": "audio",
}


def taken(listing: Any, model: str) -> frozenset[str] | None:
    """Modalities a model takes, or None where the list does not tell.

    Read are lists of input modalities (`architecture.input_modalities` as OpenRouter and llama.cpp's router have it,
    `input_modalities`, `supported_input_modalities`, `modalities.input`), "text+image->text" (`architecture.modality`),
    and capabilities, as names (llama.cpp, Ollama: "completion", "vision", "audio") or as true and false (Mistral,
    LiteLLM: `supports_vision`). Capabilities without any of these words tell nothing.

    Args:
        listing: the reply, of any type.
        model: its name there.
    """
    for entry in _entries(listing):
        names = {str(entry.get(key)) for key in ("id", "name", "model", "model_name")}
        if model in names or f"{model}:latest" in names:
            found = _said(entry)
            if found is not None:
                return found
    return None


def _entries(listing: Any) -> Iterator[Mapping[str, Any]]:
    for key in ("data", "models"):
        rows = listing.get(key) if isinstance(listing, Mapping) else listing
        yield from (row for row in (rows if isinstance(rows, list) else [])[:10_000] if isinstance(row, Mapping))


def _said(entry: Mapping[str, Any]) -> frozenset[str] | None:
    inner = entry.get("architecture")
    places = [place for place in (inner, entry) if isinstance(place, Mapping)]
    for place in places:
        for key in ("input_modalities", "supported_input_modalities", "modalities"):
            named = place.get(key)
            named = named.get("input") if isinstance(named, Mapping) else named
            if isinstance(named, list) and (found := _MODALITIES & {str(word).lower() for word in named}):
                return found | {"text"}
        arrow = place.get("modality")
        if isinstance(arrow, str) and "->" in arrow:
            return (_MODALITIES & set(arrow.partition("->")[0].lower().split("+"))) | {"text"}
    for key in ("capabilities", "model_info"):
        capable = _capable(entry.get(key))
        if capable is not None:
            return capable
    return None


def _capable(told: Any) -> frozenset[str] | None:
    """What capabilities say."""
    if isinstance(told, list):
        words = {str(word).lower() for word in told}
        seen = {_SIGHTS.get(word, word) for word in words} & (_MODALITIES - {"text"})
        return frozenset(seen | {"text"}) if seen else None  # "multimodal" alone names none
    if not isinstance(told, Mapping):
        return None
    flags = {str(key).lower().removeprefix("supports_"): value for key, value in told.items()}
    answers = {_SIGHTS[key]: value for key, value in flags.items() if key in _SIGHTS and isinstance(value, bool)}
    if "audio" in flags and isinstance(flags["audio"], bool):
        answers["audio"] = flags["audio"]
    if "image" not in answers:
        return None
    return frozenset({"text", *(name for name, value in answers.items() if value)})
