"""Entry points of other distributions, found without `importlib.metadata` where there are none.

Its import and its reading of every distribution's record take longer than a list of tasks may. So that the files are
looked at first: `entry_points.txt` with a group of ours.
"""

from __future__ import annotations

import functools
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

_OURS = b"[evalkit."  # a group's heading begins so
_RECORDS = (".dist-info", ".egg-info")


def entries(group: str) -> list[EntryPoint]:
    """Entry points of a group, of everything that is installed."""
    if not _declared(tuple(sys.path)):
        return []
    from importlib.metadata import entry_points

    return list(entry_points(group=group))


@functools.cache
def _declared(places: tuple[str, ...]) -> bool:
    """Whether something on these places of the path may have a group of ours; True where only its own finder knows."""
    if any(hasattr(finder, "find_distributions") and not _usual(finder) for finder in sys.meta_path):
        return True
    return any(_declares(place or ".") for place in dict.fromkeys(places))


def _usual(finder: object) -> bool:
    return getattr(finder, "__name__", "") == "PathFinder"


def _declares(place: str) -> bool:
    try:
        names = os.listdir(place)
    except NotADirectoryError:
        return True  # an archive
    except OSError:
        return False
    records = [name for name in names if name.endswith(_RECORDS) or name in ("EGG-INFO", "entry_points.txt")]
    return any(_names_ours(os.path.join(place, name)) for name in records)


def _names_ours(record: str) -> bool:
    path = record if record.endswith("entry_points.txt") else os.path.join(record, "entry_points.txt")
    try:
        with open(path, "rb") as file:
            return _OURS in file.read()
    except NotADirectoryError:
        return False  # an old record that is a file has no entry points
    except OSError:
        return False
