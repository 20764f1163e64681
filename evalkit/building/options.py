"""What a build command asks for, joined with what the build was begun with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit.building.folder import INCIDENTAL, VERSION, BuildFolder
from evalkit.building.prompting import digest as prompt_digest
from evalkit.building.speaking import Voice
from evalkit.core.errors import UsageError
from evalkit.core.limits import CallLimits
from evalkit.core.model import Model
from evalkit.core.model_words import read_word
from evalkit.metrics.languages import canonical
from evalkit.models.named import named_model

MODALITIES = {"vlm": ("image", "text"), "llm": ("text", "text"), "tts": ("text", "speech")}  # takes, gives


@dataclass(slots=True)
class BuildOptions:
    """A build command; None stands for what was not said.

    Args:
        out: folder of the build.
        finish: make the result of a full review, ask no model for drafts.
        images: folder of images.
        vlm, llm: models by a word.
        tts: synthesizers by a word each.
        settings: dialogues, languages, turns, seed, attempts, dimensions, where they were said.
        limits: of models that make calls.
        progress: show bars.
    """

    out: Path
    finish: bool = False
    images: Path | None = None
    vlm: str | None = None
    llm: str | None = None
    tts: Sequence[str] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    limits: CallLimits = field(default_factory=CallLimits)
    progress: bool = False


@dataclass(slots=True)
class Settings:
    """Settings of a build and the models that it uses.

    Args:
        values: what is stored; see `settle`.
        models: role -> models, not started; those of drafts are missing where the command only finishes.
        images: folder of images.
    """

    values: dict[str, Any]
    models: dict[str, list[Model]]
    images: Path | None

    def model(self, role: str) -> Model | None:
        """The only model of a role; None where it is not needed."""
        found = self.models.get(role)
        return found[0] if found else None

    @property
    def voices(self) -> list[Voice]:
        """The synthesizers."""
        shown = [_shown(word) for word in self.values[INCIDENTAL].get("tts") or []]
        return [
            Voice(name, identity, model)
            for name, identity, model in zip(shown, self.values["tts"] or [], self.models["tts"], strict=True)
        ]


def join(
    folder: BuildFolder,
    benchmark: str,
    options: BuildOptions,
    defaults: Mapping[str, Any],
    roles: Mapping[str, bool],
    prompts: Sequence[str],
) -> Settings:
    """The settings of a build: what is said now, else what it was begun with, else the defaults.

    Args:
        folder: of the build.
        benchmark: name.
        options: of the command.
        defaults: setting -> value; None where there is none.
        roles: role -> whether a build needs it.
        prompts: names of the prompts in use.

    Raises:
        UsageError: something is missing, or cannot be used.
    """
    stored = folder.stored() or {}
    if stored.get("benchmark", benchmark) != benchmark:
        raise UsageError(f"{folder.path} is a build of {stored['benchmark']}; choose another --out")
    words: dict[str, Any] = dict(stored.get(INCIDENTAL, {}))
    for role in roles:
        said = getattr(options, role)
        if said:
            words[role] = list(said) if role == "tts" else said
    missing = [f"--{role} MODEL" for role, needed in roles.items() if needed and not words.get(role)]
    missing += [f"--{name}" for name, value in defaults.items()
                if value is None and name not in stored and options.settings.get(name) is None]  # fmt: skip
    if "vlm" in roles and options.images is None and not words.get("images"):
        missing.append("--images DIR")
    if missing:
        raise UsageError(f"a new build of {benchmark} needs {', '.join(missing)}")
    values: dict[str, Any] = {"benchmark": benchmark, "version": VERSION, "prompts": prompt_digest(*prompts)}
    for name, value in defaults.items():
        said = options.settings.get(name)
        values[name] = said if said is not None else stored.get(name, value)
    models: dict[str, list[Model]] = {}
    for role in roles:
        said = getattr(options, role)
        listed = words.get(role) or []
        listed = listed if isinstance(listed, list) else [listed]
        if options.finish and role != "tts" and not said:
            values[role] = stored.get(role)
            continue
        takes, gives = MODALITIES[role]
        models[role] = [named_model(word, f"--{role}", takes=takes, gives=gives) for word in listed]
        identities = [{"name": model.name, "arguments": _plain(model.identity())} for model in models[role]]
        values[role] = identities if role == "tts" else identities[0]
        for model in models[role]:
            model.limits = options.limits
    images = None
    if "vlm" in roles:
        images = options.images.resolve() if options.images is not None else Path(words["images"])
        words["images"] = str(images)
    values[INCIDENTAL] = words
    _check(values)
    return Settings(values, models, images)


def _plain(identity: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(dict(identity), default=str))
    return found


def _shown(word: str) -> str:
    name, given = read_word(word, "--tts")
    return f"{name}:{given['model']}" if "model" in given else name


def _check(values: Mapping[str, Any]) -> None:
    if values["dialogues"] < 1 or values["attempts"] < 1:
        raise UsageError("--dialogues and --attempts must be at least 1")
    languages = [canonical(language) for language in values["languages"]]
    if not languages or len(set(languages)) < len(languages):
        raise UsageError("--language: expected different language codes, for example en,zh")
