"""The facts in a card's header that its task knows itself: columns, modalities, splits and metrics.

They are written from the task (`make cards`) and never by hand, so that a list without imports tells what a run does.
A card of several tasks that differ in them names the tasks as a mapping, and the facts stand under each name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from evalkit import plugins
from evalkit.core.columns import name_of
from evalkit.core.errors import UsageError
from evalkit.core.task import Suite, Task
from evalkit.published.settling import columns_of, settle_suite

KEYS = ("modalities", "splits", "metrics", "columns")
_ORDER = ("text", "image", "audio", "video")
_FLOW = 4  # columns that stand on one line; more have a line each


def facts_of(definition: Task | Suite) -> dict[str, list[str]]:
    """The facts of a task or suite: `KEYS`, averages taken over from the published tables among the columns.

    A suite's modalities and metrics are those of its members; it has no splits of its own.
    """
    columns = list(columns_of(definition))
    if isinstance(definition, Suite):
        members = [task for task, _ in settle_suite(definition).tasks()]
        splits: list[str] = []
    else:
        members, splits = [definition], list(definition.source.splits)
    takes = {kind for task in members for kind in task.takes}
    metrics = dict.fromkeys(name_of(scorer) for task in members for scorer in task.scorers)
    return {
        "modalities": [kind for kind in _ORDER if kind in takes],
        "splits": splits,
        "metrics": list(metrics),
        "columns": columns,
    }


def rewritten(text: str, facts: Mapping[str, Mapping[str, list[str]]]) -> str:
    """A card with the facts of its tasks in its header; everything else stays as it is written.

    Args:
        text: the card.
        facts: name of a task -> its facts, for every task of the card.

    Raises:
        UsageError: the tasks of a plain list differ.
    """
    _, header, body = text.split("---\n", 2)
    first = next(iter(facts.values()))
    if re.search(r"^tasks: *\[", header, re.MULTILINE):
        if any(one != first for one in facts.values()):
            raise UsageError(f"the tasks {', '.join(facts)} differ; name them as a mapping in the card: tasks: {{...}}")
        after = "title"
        for key in KEYS:
            header = _put(header, key, first[key], after)
            after = key
    else:
        for name, own in facts.items():
            header = _put_below(header, name, own)
    return f"---\n{header}---\n{body}"


def _put(header: str, key: str, values: list[str], after: str) -> str:
    """The header with a key's lines in their place, or behind another key's where it is new."""
    block = _block(key, values)
    found = re.search(rf"^{key}:.*\n(?:[ -].*\n)*", header, re.MULTILINE)
    if found is None:
        found = re.search(rf"^{after}:.*\n(?:[ -].*\n)*", header, re.MULTILINE)
        place = len(header) if found is None else found.end()
        return header[:place] + block + header[place:]
    return header[: found.start()] + block + header[found.end() :]


def _put_below(header: str, name: str, facts: Mapping[str, list[str]]) -> str:
    """The header with the facts under a name of its mapping of tasks, as its first lines."""
    found = re.search(rf"^  {re.escape(name)}:.*\n((?:    .*\n)*)", header, re.MULTILINE)
    if found is None:
        raise UsageError(f"the card's mapping of tasks has no lines of '{name}:'; write '  {name}:' on its own line")
    kept = re.sub(rf"^    (?:{'|'.join(KEYS)}):.*\n(?:     .*\n)*", "", found[1], flags=re.MULTILINE)
    made = "".join(f"    {key}: [{', '.join(map(_written, values))}]\n" for key, values in facts.items())
    return header[: found.start()] + f"  {name}:\n{made}{kept}" + header[found.end() :]


def _block(key: str, values: list[str]) -> str:
    if len(values) > _FLOW:
        return f"{key}:\n" + "".join(f"  - {_written(value)}\n" for value in values)
    return f"{key}: [{', '.join(map(_written, values))}]\n"


def _written(value: str) -> str:
    """A text as YAML has it; in quotes where YAML would read something else, as of the language `no`."""
    import yaml

    try:
        plain = yaml.safe_load(f"[{value}]") == [value]
    except yaml.YAMLError:
        plain = False
    return value if plain else json.dumps(value)


def current(names: list[str]) -> dict[str, dict[str, list[str]]]:
    """The facts of some tasks by their names."""
    return {name: facts_of(plugins.load_task(name)) for name in names}
