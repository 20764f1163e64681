"""A checkpoint in place of a model's name: which family takes it, told by the architecture its configuration names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from evalkit import plugins
from evalkit.core.errors import UsageError
from evalkit.core.model_words import read_word
from evalkit.models.local import checkpoints
from evalkit.plugin_files import split_word


@dataclass(frozen=True, slots=True)
class ChosenModel:
    """What a word after `--model` means.

    Args:
        name: registered name.
        arguments: constructor arguments the word stands for.
        shown: name under which results are filed; None for the model's own.
    """

    name: str
    arguments: Mapping[str, str]
    shown: str | None = None


def choose_model(word: str) -> ChosenModel:
    """A registered name, one with arguments, a checkpoint's directory, or its Hugging Face id in the local cache.

    Arguments follow the name as in "openai:gpt-4o" and "openai-compatible,base_url=URL,model=NAME".

    Nothing heavy is imported. A registered name comes before a directory of that name.

    Raises:
        UnknownNameError: neither.
        UsageError: a checkpoint that cannot be used: missing, incomplete, pickled, or of no known architecture.
    """
    file = split_word(word.split(",", 1)[0])
    if file is not None:
        path, _, rest = word.partition(",")
        chosen = plugins.plugin("model", path)
        return ChosenModel(path, read_word(f"{chosen.name},{rest}", "--model")[1] if rest else {}, chosen.name)
    known = plugins.plugins("model")
    if word not in known and re.split("[:,]", word, maxsplit=1)[0] in known:
        name, given = read_word(word, "--model")
        return ChosenModel(name, given)
    if word in known or not (_like_a_path(word) or Path(word).is_dir()):
        return ChosenModel(plugins.plugin("model", word).name, {})
    folder = checkpoints.locate(word)
    plugin = family(word, folder)
    checkpoints.check_tokenizer(word, folder)
    argument = str(plugin.header.get("checkpoint_argument", "path"))
    shown = Path(word).expanduser().resolve().name if Path(word).expanduser().is_dir() else word.split("/")[-1]
    return ChosenModel(plugin.name, {argument: word}, shown)


def family(word: str, folder: Path) -> plugins.Plugin:
    """The model whose card lists the checkpoint's architecture.

    Patterns on cards (`*ForCausalLM`) are for what no card lists by name, and not for checkpoints with own code.

    Raises:
        UsageError: none or several do.
    """
    names = checkpoints.architectures(folder)
    if not names:
        raise UsageError(
            f"checkpoint '{word}': its config.json names no architecture; say which family it is: "
            "--model NAME --model-arg path=DIRECTORY (see 'evalkit list models')"
        )
    known = _by_architecture()
    found = [plugin for name in names for plugin in known.get(name, ())]
    own_code = "auto_map" in checkpoints.read_json(folder / "config.json")
    if not found and not own_code:
        found = [
            plugin
            for pattern, matching in known.items()
            for plugin in matching
            if "*" in pattern and any(fnmatchcase(name, pattern) for name in names)
        ]
    if len(found) > 1:
        raise UsageError(
            f"checkpoint '{word}' ({', '.join(names)}) can be run by {' or '.join(plugin.name for plugin in found)}; "
            "choose one: --model NAME --model-arg path=DIRECTORY"
        )
    if not found:
        raise UsageError(_unknown(word, names[0], known, own_code))
    return found[0]


def _unknown(word: str, name: str, known: Mapping[str, list[plugins.Plugin]], own_code: bool) -> str:
    listed = {key: matching[0].name for key, matching in known.items()}
    near = difflib.get_close_matches(name, [key for key in listed if "*" not in key], n=1, cutoff=0.3)
    nearest = f" The nearest known is {near[0]} ({listed[near[0]]})." if near else ""
    brings = " It brings code of its own, which needs an adapter." if own_code else ""
    families = ", ".join(f"{key} ({value})" for key, value in sorted(listed.items()))
    return f"checkpoint '{word}' is of architecture {name}, which no adapter takes.{brings}{nearest} Known: {families}"


def _by_architecture() -> dict[str, list[plugins.Plugin]]:
    """Architecture -> the first model of every card that lists it: the one without weights of its own."""
    found: dict[str, list[plugins.Plugin]] = {}
    cards: set[Path] = set()
    for plugin in plugins.plugins("model").values():
        if plugin.card is None or plugin.card in cards:
            continue
        cards.add(plugin.card)
        for name in plugin.header.get("architectures") or ():
            found.setdefault(str(name), []).append(plugin)
    return found


def _like_a_path(word: str) -> bool:
    return "/" in word or word.startswith((".", "~"))
