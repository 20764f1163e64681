"""Prompts of every task, as they are sent, under the task's version.

A task's maker is given a row in which every field stands for itself ("‹question›"), so that the messages are the text
that is sent with the data left out. Which fields the maker reads is learned from what it asks for. A maker that cannot be
learned has rows of its own in `PROBES`; without them, all texts of its code are pinned instead.
"""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from store import Kind, Pin

from evalkit import plugins
from evalkit.core.errors import EvalkitError
from evalkit.core.message import Audio, Image, Message, Text, Video
from evalkit.core.sample import Sample
from evalkit.core.task import Task
from evalkit.data.asking import Prompt
from evalkit.data.dialogue import dialogues

PROMPTS = Kind("prompts", whole=True)
_MEDIA = {"audio": Audio, "image": Image, "video": Video}
_ASKED = (
    re.compile(r"no column '([^']+)'"),
    re.compile(r"no field fills \{([^}]+)\}"),
    re.compile(r"the row has no '([^']+)'"),
)
_WANTS_MEDIA = re.compile(r"field '([^']+)' holds no (media|recording)")
_WANTS_OPTIONS = re.compile(r"field '([^']+)' must be a list of options")
_WANTS_TURNS = re.compile(r"field '([^']+)' must be a list of turns")
_WRONG_ANSWER = re.compile(r"the answer '(.+?)' is none of the options (.+?), ")
_OPTIONS = ["‹first›", "‹second›", "‹third›", "‹fourth›"]


class UnlearnedError(Exception):
    """A maker that no row could be made for."""


def own_tasks() -> list[str]:
    """Tasks of this repository: another test may have named a file with some, which this process then knows too."""
    return [name for name, one in plugins.plugins("task").items() if one.entry is None and one.file is None]


def pins() -> dict[str, Pin]:
    """Every task's pin, but those of suites, which ask nothing."""
    found = {}
    for name in own_tasks():
        made = plugins.load_task(name)
        if isinstance(made, Task):
            found[name] = Pin(made.version, content(made))
    return found


def content(task: Task) -> dict[str, Any]:
    """Prompts with the splits that have them, the settings that are sent along, and the data that a program makes."""
    held: dict[str, Any] = {"settings": dataclasses.asdict(task.generation)}
    if made_by := getattr(task.source, "key", None):
        held["data"] = made_by
    by_text: dict[str, dict[str, Any]] = {}
    try:
        for split in task.source.splits:
            for messages in said(task, split):
                known = by_text.setdefault(repr(messages), {"messages": messages, "splits": []})
                if split not in known["splits"]:
                    known["splits"].append(split)
    except UnlearnedError as error:
        held["unlearned"] = str(error)
        held["words"] = sorted(set(_words(task.sample, set(), task.sample.__module__)))
    else:
        held["prompts"] = list(by_text.values())
    return held


def said(task: Task, split: str) -> Iterator[list[list[str]]]:
    """Messages as [role, part, part, ...]; a recording is <audio>."""
    probes = PROBES.get(task.name)
    samples = [s for row in probes(split) for s in _samples(task, row, split)] if probes else _learned(task, split)
    for sample in samples:
        yield [[message.role, *(_part(part) for part in message.content)] for message in sample.messages]


def _samples(task: Task, row: Mapping[str, Any], split: str) -> list[Sample]:
    made = task.sample(row, split)
    return [made] if isinstance(made, Sample) else list(made)


def _learned(task: Task, split: str) -> list[Sample]:
    row: dict[str, Any] = {"id": "‹id›"}
    last = ""
    for _ in range(60):
        try:
            return _samples(task, row, split)
        except KeyError as error:
            last = f"KeyError {error}"
            if not error.args or error.args[0] in row:
                break
            _add(row, str(error.args[0]))
        except EvalkitError as error:
            last = str(error)
            if not (_taught(row, last) or _named(row, last, task.sample)):
                break
        except (TypeError, ValueError, AttributeError, IndexError) as error:  # of a maker of the task's own
            last = f"{type(error).__name__} {error}"
            break
    raise UnlearnedError(f"{task.name}:{split}: give it rows in PROBES of {Path(__file__).name} ({last})")


def _taught(row: dict[str, Any], error: str) -> bool:
    for pattern in _ASKED:
        if (found := pattern.search(error)) and found[1] not in row:
            _add(row, found[1])
            return True
    if found := _WANTS_MEDIA.search(error):
        row[found[1]] = _media(found[1])
    elif found := _WANTS_OPTIONS.search(error):
        row[found[1]] = list(_OPTIONS)
    elif found := _WANTS_TURNS.search(error):
        row[found[1]] = ["‹first turn›"]
    elif found := _WRONG_ANSWER.search(error):  # a letter, a text or an index
        name = next((key for key, value in reversed(row.items()) if value == found[1]), None)
        if name is None:
            return False
        row[name] = {"A": found[2], found[2]: 0}.get(found[1], "A")
    else:
        return False
    return True


def _named(row: dict[str, Any], error: str, maker: Any) -> bool:
    """Options with a field each: their names stand in the maker's closure alone."""
    if "expected at least two" not in error and "there are no options" not in error:
        return False
    held = [cell.cell_contents for cell in getattr(maker, "__closure__", None) or ()]
    lists = [one for one in held if isinstance(one, tuple | list) and one and all(isinstance(x, str) for x in one)]
    new = [name for one in lists for name in one if name not in row]
    for name in new:
        _add(row, name)
    return bool(new)


def _add(row: dict[str, Any], name: str) -> None:
    inside = name.partition(".")
    if inside[1]:
        held = row.setdefault(inside[0], {})
        if isinstance(held, dict):
            _add(held, inside[2])
        return
    row[name] = _media(name) if name in _MEDIA else f"‹{name}›"


def _media(name: str) -> Any:
    kind = next((kind for word, kind in _MEDIA.items() if word in name), Audio)
    return kind.from_bytes(b"", f"‹{name}›")


def _part(part: Any) -> str:
    return part.text if isinstance(part, Text) else f"<{part.modality}>"


def _words(made: Any, seen: set[int], module: str) -> Iterator[str]:
    """Every text that a maker could send: in its code, its closure, and what it names in its own module."""
    if id(made) in seen:
        return
    seen.add(id(made))
    if isinstance(made, str):
        yield made
    elif isinstance(made, Mapping):
        for key, value in made.items():
            yield from _words(key, seen, module)
            yield from _words(value, seen, module)
    elif isinstance(made, list | tuple | set | frozenset):
        for one in made:
            yield from _words(one, seen, module)
    elif isinstance(made, types.CodeType):
        yield from _words(made.co_consts, seen, module)
    elif isinstance(made, types.FunctionType):
        yield from _words(made.__code__, seen, module)
        yield from _words([made.__defaults__, made.__kwdefaults__], seen, module)
        yield from _words([cell.cell_contents for cell in made.__closure__ or ()], seen, module)
        if made.__module__ == module:
            named = [made.__globals__[name] for name in made.__code__.co_names if name in made.__globals__]
            yield from _words(named, seen, module)
    elif isinstance(made, Prompt):
        yield from _words(made.template, seen, module)
    elif type(made).__module__ == module:  # a maker that is an object of its task's own
        yield from _words(list(getattr(made, "__dict__", {}).values()), seen, module)
        yield from _words([one for one in vars(type(made)).values() if callable(one)], seen, module)


def _conversation(*turns: Any) -> dialogues.Dialogue:
    messages = tuple(Message("assistant" if at % 2 else "user", (turn,)) for at, turn in enumerate(turns))
    return dialogues.Dialogue("‹id›", messages, "‹reference›", (), (), {})


def _memory_rows(split: str) -> list[dict[str, Any]]:
    turns = (Text("‹first question›"), Text("‹reply›"), Text("‹last question›"))
    return [{"id": "‹id›", "dialogue": _conversation(*turns)}]


def _spoken_rows(split: str) -> list[dict[str, Any]]:
    heard = Audio.from_bytes(b"", "‹audio›")
    return [{"id": "‹id›", "dialogue": _conversation(heard, Text("‹reply›"), heard)}]


# task -> rows of a split; for makers whose needs cannot be learned
PROBES: dict[str, Callable[[str], list[dict[str, Any]]]] = {
    "mmmb": _memory_rows,
    "mmmb_twin": _memory_rows,
    "msib": _spoken_rows,
    "msib_twin": _spoken_rows,
}
