"""What `--task` names: tasks, some of their splits, patterns and tags, files of data and files of code."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from evalkit import plugins
from evalkit.core.errors import UnknownNameError, UsageError
from evalkit.plugin_files import split_word

TAG = "tag:"
_FILES = (".jsonl", ".ndjson")
_HEADERS = ("modalities", "languages", "tags")  # what a tag is looked for in


def expanded(text: str) -> list[str]:
    """The words of `--task`, with patterns and tags replaced by the names they match, each once.

    Args:
        text: words separated by commas: NAME, NAME:SPLIT[+SPLIT], a pattern with * or ?, tag:TAG, FILE.jsonl or
            FILE.py[:NAME[:SPLIT...]].

    Raises:
        UsageError: no word at all, or a pattern or tag that matches nothing.
    """
    found: dict[str, None] = {}
    for word in (piece.strip() for piece in text.split(",")):
        if not word:
            continue
        if word.startswith(TAG):
            found.update(dict.fromkeys(_tagged(word[len(TAG) :])))
        elif any(sign in word for sign in "*?[") and not word.endswith(_FILES) and split_word(word) is None:
            found.update(dict.fromkeys(_matching(word)))
        else:
            found[word] = None
    if not found:
        raise UsageError("--task names no task")
    return list(found)


def _matching(word: str) -> list[str]:
    pattern, separator, splits = word.partition(":")
    names = [name for name in sorted(plugins.plugins("task")) if fnmatchcase(name, pattern)]
    if not names:
        raise UsageError(f"--task {word}: no task matches '{pattern}'; see 'evalkit list tasks'")
    return [f"{name}{separator}{splits}" for name in names]


def _tagged(tag: str) -> list[str]:
    known = plugins.plugins("task")
    names = [name for name in sorted(known) if tag in tags_of(known[name].header)]
    if not names:
        tags = {one for plugin in known.values() for one in tags_of(plugin.header)}
        raise UnknownNameError("tag of tasks:", tag, tags)
    return names


def tags_of(header: Mapping[str, Any]) -> list[str]:
    """What `tag:` finds a task by: its modalities, languages and tags."""
    found: list[str] = []
    for key in _HEADERS:
        value = header.get(key) or ()
        found += [value] if isinstance(value, str) else [str(one) for one in value]
    return found
