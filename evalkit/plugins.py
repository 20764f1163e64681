"""Discovery of tasks, models and judges: plugin folders and entry points, names without imports.

A plugin folder holds modules with a card beside each: `x/task.py` with `x/card.md`, or `x.py` with `x.md`. The
card's YAML header names what the module registers, so listing reads cards and imports nothing. A rubric is a judge
that is a card and nothing else: `judges/<benchmark>/<id>.md`, its header's `id` is its name. Installed distributions
add more through the entry point groups `evalkit.tasks`, `evalkit.models` and `evalkit.judges`; there the entry
point's name is the plugin's name and the card is the module's docstring; a judge's entry point may be the path of a
rubric file.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit import card_headers, installed_entries, plugin_files
from evalkit.card_headers import read_card
from evalkit.core.errors import EvalkitError, UnknownNameError, UsageError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from evalkit.core.model import Model
    from evalkit.core.task import Suite, Task

FOLDERS = {"task": "tasks", "model": "model_adapters", "judge": "judges"}
GROUPS = {"task": "evalkit.tasks", "model": "evalkit.models", "judge": "evalkit.judges"}
_KEYS = {"task": "tasks", "model": "models", "judge": "judges"}


@dataclass(frozen=True, slots=True)
class Plugin:
    """A name that can be loaded.

    Args:
        kind: "task", "model" or "judge".
        name: registered name.
        module: dotted module that registers it.
        header: the card's header; empty for entry points.
        card: file of the card, or None.
        entry: the entry point it came from, or None for the folders.
        file: the single file it stands in, where it was named by one or lies in an included folder.
        rivals: modules that claim the same name; with any, the name means none of them.
    """

    kind: str
    name: str
    module: str
    header: Mapping[str, Any]
    card: Path | None = None
    entry: EntryPoint | None = None
    file: Path | None = None
    rivals: tuple[str, ...] = ()

    def text(self) -> str:
        """The whole card; for an entry point without one, its module's docstring."""
        if self.card is not None:
            return self.card.read_text(encoding="utf-8")
        if self.kind == "judge":
            return rubric_file(self.name).read_text(encoding="utf-8")
        return inspect.getdoc(_imported(self)) or f"{self.name}: no card"


def folder(name: str) -> Path:
    """Path of an installed plugin folder ("tasks", "judges", "model_adapters", "leaderboards")."""
    package = importlib.import_module(f"evalkit.{name}")
    return Path(next(iter(package.__path__)))


@functools.cache
def plugins(kind: str) -> dict[str, Plugin]:
    """All plugins of a kind by name; one whose name others claim too has `rivals`, and cannot be loaded."""
    found: dict[str, Plugin] = {}
    root = folder(FOLDERS[kind])
    deep = "*/*.md" if kind == "judge" else "*/card.md"
    cards = [card for card in sorted([*root.glob(deep), *root.glob("*.md")]) if card.name != "README.md"]
    for card, header in zip(cards, card_headers.headers(cards), strict=True):
        inside = f"{card.parent.name}.{kind}" if card.name == "card.md" else card.stem
        names = [header["id"]] if kind == "judge" and "id" in header else header.get(_KEYS[kind], [])
        for name in names:
            own = names[name] if isinstance(names, dict) else None  # what differs between the names of one card
            _register(found, Plugin(kind, name, f"evalkit.{FOLDERS[kind]}.{inside}", {**header, **(own or {})}, card))
    for entry in installed_entries.entries(GROUPS[kind]):
        _register(found, Plugin(kind, entry.name, entry.module, {}, None, entry))
    for file in _INCLUDED if kind != "judge" else ():
        for name in plugin_files.offered(file, kind):
            _register(found, Plugin(kind, name, str(file), {}, file=file))
    return found


_INCLUDED: list[Path] = []


def include(folders: Iterable[Path]) -> None:
    """Add the plugin files of some folders; nothing in them runs before a name in them is asked for.

    Raises:
        UsageError: no such folder, or a file that is not Python.
    """
    for one in folders:
        _INCLUDED.extend(file for file in plugin_files.files_in(one) if file not in _INCLUDED)
    plugins.cache_clear()


def _register(found: dict[str, Plugin], plugin: Plugin) -> None:
    first = found.get(plugin.name)
    found[plugin.name] = plugin if first is None else replace(first, rivals=(*first.rivals, _place(plugin)))


def plugin(kind: str, name: str) -> Plugin:
    """The plugin of that name.

    Raises:
        UnknownNameError: with the nearest names.
        EvalkitError: several plugins have that name.
    """
    word = plugin_files.split_word(name) if kind != "judge" else None
    if word is not None:
        file, inside = word
        return Plugin(kind, plugin_files.chosen_name(file, inside, kind), str(file), {}, file=file)
    known = plugins(kind)
    if name not in known:
        raise UnknownNameError(kind, name, known)
    if known[name].rivals:
        raise EvalkitError(_claimed(known[name]))
    return known[name]


def notices(kind: str) -> list[str]:
    """What to know about the plugins of a kind: names that several claim. Empty for a kind that has no plugins."""
    return [_claimed(found) for found in plugins(kind).values() if found.rivals] if kind in FOLDERS else []


def _claimed(found: Plugin) -> str:
    several = ", ".join([_place(found), *found.rivals])
    return (
        f"{1 + len(found.rivals)} {found.kind}s are named '{found.name}': {several}. "
        "Rename or uninstall all but one; until then the name cannot be used, and all others can"
    )


def _place(found: Plugin) -> str:
    """Module of a plugin, with the distribution it was installed by."""
    distribution = None if found.entry is None else found.entry.dist
    return found.module + (f" (of {distribution.name})" if distribution is not None else "")


def rubric_file(name: str) -> Path:
    """File of a rubric.

    Raises:
        UnknownNameError: no judge of that name.
        EvalkitError: a judge that is no rubric.
    """
    found = plugin("judge", name)
    path = found.card if found.entry is None else found.entry.load()
    if isinstance(path, (str, Path)) and "id" in read_card(Path(path))[0]:
        return Path(path)
    raise EvalkitError(f"judge '{name}' ({found.module}) is no rubric: there is no file with a header and an 'id'")


def load_task(name: str, arguments: Mapping[str, str] | None = None) -> Task | Suite:
    """Import a task's module and build the task.

    Args:
        name: registered name, or FILE.py[:NAME].
        arguments: of its function; strings are converted by the function's annotations.

    Raises:
        UnknownNameError: no such task, or no such argument.
        UsageError: a missing argument or a value that does not fit.
    """
    from evalkit.core.task import Task

    found = plugin("task", name)
    factory = _registered(found, lambda value: getattr(value, "evalkit_task", None) == found.name)
    made: Task | Suite = factory(**_task_arguments(found.name, factory, arguments or {}))
    if found.file is not None:
        if isinstance(made, Task):
            made.code = plugin_files.code_hash(found.file)
        else:
            made.file = str(found.file)
    promised = found.header.get("size")
    if isinstance(made, Task) and isinstance(promised, Mapping) and not made.sizes:
        splits = set(made.source.splits)
        made.sizes = {key: size for key, size in promised.items() if key in splits and isinstance(size, int)}
    return made


def member_name(name: str, file: str) -> str:
    """What `load_task` takes for a member of a suite: one that stands in the suite's own file goes before others.

    Args:
        name: of the member.
        file: the suite's file; "" where it is no plugin file.
    """
    return f"{file}:{name}" if file and name in plugin_files.offered(Path(file), "task") else name


def _task_arguments(name: str, factory: Any, arguments: Mapping[str, str]) -> dict[str, Any]:
    function = inspect.unwrap(factory)
    parameters = inspect.signature(function).parameters
    return _ready(f"task {name}", "--task-arg", parameters, typing.get_type_hints(function), arguments)


def model_class(name: str) -> type[Model]:
    """Import a model's module and return its class."""
    from evalkit.core.model import Model

    found = plugin("model", name)

    def is_it(value: Any) -> bool:
        return (
            isinstance(value, type)
            and typing.get_origin(value) is None
            and issubclass(value, Model)
            and value.__dict__.get("name") == found.name
        )

    cls: type[Model] = _registered(found, is_it)
    if found.file is not None:
        cls.code = plugin_files.code_hash(found.file)
    return cls


def load_model(name: str, arguments: Mapping[str, str] | None = None) -> Model:
    """Make a model; nothing heavy is loaded before its `start`.

    Args:
        name: registered name.
        arguments: constructor arguments; strings are converted by the constructor's annotations.

    Raises:
        UnknownNameError: no such model, or no such argument.
        UsageError: a missing argument or a value that does not fit.
    """
    cls = model_class(name)
    return cls(**converted(name, cls, arguments or {}))


def converted(name: str, cls: type[Model], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of a model's constructor, converted by its annotations."""
    from evalkit.core.model import constructor_parameters, constructors

    parameters = constructor_parameters(cls)
    hints = {key: hint for own in constructors(cls) for key, hint in typing.get_type_hints(own).items()}
    return _ready(f"model {name}", "--model-arg", parameters, hints, arguments)


def _ready(
    owner: str,
    option: str,
    parameters: Mapping[str, inspect.Parameter],
    hints: Mapping[str, Any],
    arguments: Mapping[str, Any],
) -> dict[str, Any]:
    """Arguments converted by the annotations of what they are given to."""
    ready: dict[str, Any] = {}
    kind, _, name = owner.partition(" ")
    for key, value in arguments.items():
        if key not in parameters:
            raise UnknownNameError(f"argument of {owner}:", key, parameters)
        ready[key] = _convert(kind, name, key, value, hints.get(key, str)) if isinstance(value, str) else value
    missing = [k for k, p in parameters.items() if p.default is inspect.Parameter.empty and k not in ready]
    if missing:
        raise UsageError(f"{kind} '{name}' needs " + ", ".join(f"{option} {key}=..." for key in missing))
    return ready


def _convert(owner: str, name: str, key: str, value: str, hint: Any) -> Any:
    options = [option for option in typing.get_args(hint) or (hint,) if option is not type(None)]
    kind = options[0]
    if kind is bool:
        words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        if value.lower() in words:
            return words[value.lower()]
        raise UsageError(f"{owner} '{name}': {key}={value} should be true or false")
    if kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            raise UsageError(f"{owner} '{name}': {key}={value} should be a number ({kind.__name__})") from None
    return value


def _imported(found: Plugin) -> Any:
    if found.file is not None:
        return plugin_files.load(found.file)
    try:
        return importlib.import_module(found.module)
    except Exception as error:
        raise EvalkitError(
            f"{found.kind} '{found.name}': its module {found.module} cannot be imported "
            f"({type(error).__name__}: {error}); install what it needs, or remove it"
        ) from error


def _registered(found: Plugin, is_it: Callable[[Any], bool]) -> Any:
    if found.entry is not None and found.entry.attr:
        value = getattr(_imported(found), found.entry.attr, None)
        if not is_it(value):
            raise EvalkitError(
                f"entry point '{found.name}' = {found.entry.value} is not a {found.kind} registered as "
                f"'{found.name}' (decorator @{found.kind}(\"{found.name}\"))"
            )
        return value
    for value in vars(_imported(found)).values():
        if is_it(value):
            return value
    raise EvalkitError(f"{found.module} does not register the {found.kind} '{found.name}' its card names")
