"""An evaluation as a file: `evalkit run --config eval.toml`, models x tasks x judges x settings; and `--env-file`.

The keys of the TOML file are the long options of the command, with "-" or "_". Besides, `models`, `tasks` and `judges`
are lists, and every `[[settings]]` table is a variant with options of its own. What the command line says goes before
the file.
"""

from __future__ import annotations

import argparse
import copy
import importlib
import itertools
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.core.errors import DataError, UnknownNameError, UsageError

LISTS = {"models": "model", "tasks": "task", "judges": "judge"}
_NOT_IN_FILES = {"help", "config", "words", "env_file"}


def configured(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> Iterator[argparse.Namespace]:
    """The commands that a command with `--config` stands for; the command itself without.

    Args:
        arguments: as parsed; `arguments.words` is what was typed.
        parser: that parses such a command.

    Raises:
        DataError: the file cannot be read, or is not TOML.
        UnknownNameError: a key that is no option; the nearest is suggested.
        UsageError: a value that the option does not take.
    """
    if arguments.config is None:
        yield arguments
        return
    found = _read(arguments.config)
    actions = {action.dest: action for action in parser._actions if action.dest not in _NOT_IN_FILES}
    settings = found.pop("settings", [{}])
    if not isinstance(settings, list) or not all(isinstance(one, Mapping) for one in settings):
        raise UsageError(f"{arguments.config}: settings are [[settings]] tables, one for each variant")
    shared = _values(found, actions, arguments.config, (*LISTS, "settings"))
    variants = [{**shared, **_values(one, actions, arguments.config, ())} for one in settings]
    typed = _typed(parser, arguments.words)
    for variant in variants:
        variant = {key: value for key, value in variant.items() if key not in typed}
        lists = {key: variant.pop(key) for key in LISTS.values() if isinstance(variant.get(key), _Several)}
        for chosen in itertools.product(*lists.values()):
            made = copy.copy(arguments)
            for key, value in {**variant, **dict(zip(lists, chosen, strict=True))}.items():
                setattr(made, key, value)
            yield made


class _Several(list[Any]):
    """Values of which each makes a command of its own."""


def _read(path: Path) -> dict[str, Any]:
    toml: Any = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        return dict(toml.loads(path.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(path, f"cannot be read: {error}") from None
    except toml.TOMLDecodeError as error:
        raise DataError(path, f"is not TOML: {error}") from None


def _values(
    found: Mapping[str, Any], actions: Mapping[str, argparse.Action], path: Path, more: Sequence[str]
) -> dict[str, Any]:
    made: dict[str, Any] = {}
    known = {*actions, *more}
    for key, value in found.items():
        name = key.replace("-", "_")
        if name in LISTS and name in more:
            target = LISTS[name]
            if not isinstance(value, list) or not value:
                raise UsageError(f'{path}: {key} is a list, for example {key} = ["..."]')
            each = [_value(actions[target], one, path, key) for one in value]
            made[target] = ",".join(each) if target == "task" else _Several(_as_given(actions[target], each))
        elif name in actions:
            given = _value(actions[name], value, path, key)
            made[name] = [given] if name == "model" else given
        else:
            raise UnknownNameError(f"key in {path}:", key, known)
    return made


def _as_given(action: argparse.Action, values: Sequence[Any]) -> list[Any]:
    """Values as the parser would have stored each of them alone."""
    repeatable = isinstance(action, argparse._AppendAction)
    return [[value] if repeatable else value for value in values]


def _value(action: argparse.Action, value: Any, path: Path, key: str) -> Any:
    """A value of the file as the option would have read it."""
    if isinstance(action, argparse._StoreTrueAction):
        if not isinstance(value, bool):
            raise UsageError(f"{path}: {key} is true or false, not {value!r}")
        return value
    if isinstance(action, argparse._AppendAction) and action.dest != "model":
        given = [f"{name}={one}" for name, one in value.items()] if isinstance(value, Mapping) else value
        return [_single(action, one, path, key) for one in (given if isinstance(given, list) else [given])]
    if isinstance(value, (list, Mapping)):
        raise UsageError(f"{path}: {key} takes one value, not {value!r}")
    return _single(action, value, path, key)


def _single(action: argparse.Action, value: Any, path: Path, key: str) -> Any:
    convert: Any = action.type or str
    try:
        made = convert(str(value).lower() if isinstance(value, bool) else str(value))
    except (ValueError, TypeError, argparse.ArgumentTypeError):
        raise UsageError(f"{path}: {key} = {value!r} cannot be used; see 'evalkit run --help'") from None
    if action.choices is not None and made not in action.choices:
        raise UsageError(f"{path}: {key} = {value!r}; expected one of {', '.join(map(str, action.choices))}")
    return made


def _typed(parser: argparse.ArgumentParser, words: Sequence[str]) -> set[str]:
    """Which options the command line gives; also shortened ones, whose meaning only the parser knows."""
    for action in parser._actions:
        action.default = argparse.SUPPRESS
    return set(vars(parser.parse_known_args(list(words))[0]))


_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*")


def read_environment(path: Path) -> None:
    """Set the environment variables of a file of KEY=VALUE lines; those that are set already stay as they are.

    Raises:
        DataError: it cannot be read, or a line is no assignment; the line's text is not shown, as it may hold a key.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(path, f"cannot be read: {error}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _ASSIGNMENT.fullmatch(line)
        if found is None:
            raise DataError(path, "expected KEY=VALUE", number)
        value = found[2]
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        os.environ.setdefault(found[1], value)
