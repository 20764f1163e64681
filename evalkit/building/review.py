"""The review file: drafts are put into it, a person decides and edits, and it is read back strictly."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit.building.folder import BuildFolder
from evalkit.core.errors import DataError
from evalkit.data.jsonl import read_lines
from evalkit.records import journals
from evalkit.run.journal import Journal, write_atomically

DECISIONS = ("accept", "correct", "reject")
_GUIDES = Path(__file__).parent / "guides"
_SHOWN = 50
Line = dict[str, Any]


@dataclass(slots=True)
class Review:
    """What a person decided.

    Args:
        accepted: lines to be taken as they were drafted, by id.
        corrected: lines to be taken with edits, by id.
        rejected: ids.
        open: ids without a decision.
    """

    accepted: dict[str, Line] = field(default_factory=dict)
    corrected: dict[str, Line] = field(default_factory=dict)
    rejected: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    @property
    def taken(self) -> list[Line]:
        """Accepted and corrected lines, in order of their ids."""
        return [line for _, line in sorted({**self.accepted, **self.corrected}.items())]


def offer(folder: BuildFolder, name: str, lines: Sequence[Line]) -> int:
    """Put drafts that are not in the review file yet at its end; what stands in it is not touched.

    Args:
        folder: of the build.
        name: of the benchmark, for the guide.
        lines: drafts.

    Returns:
        Number of drafts put there now.
    """
    known = {record["id"] for record in journals.read(folder.offered, ())}
    new = sorted((line for line in lines if line["id"] not in known), key=lambda line: str(line["id"]))
    if not folder.guide.exists():
        write_atomically(folder.guide, (_GUIDES / f"{name}.md").read_bytes())
    if not new:
        return 0
    before = folder.review.read_bytes() if folder.review.exists() else b""
    there = _ids(before)  # put there by a command that was killed before it could note so
    if before and not before.endswith(b"\n"):
        before += b"\n"
    added = [line for line in new if line["id"] not in there]
    written = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in added)
    write_atomically(folder.review, before + written.encode())
    with Journal(folder.offered) as journal:
        for line in new:
            journal.append({"id": line["id"], "line": line})
    return len(new)


def _ids(data: bytes) -> set[str]:
    found = set()
    for line in data.splitlines():
        try:
            found.add(json.loads(line)["id"])
        except (ValueError, KeyError, TypeError):
            continue
    return found


def read_review(folder: BuildFolder, problems: Callable[[Mapping[str, Any]], list[str]]) -> Review:
    """Read the decisions.

    Args:
        folder: of the build.
        problems: what is wrong with a line that is to be taken.

    Raises:
        DataError: with every line that cannot be read: unknown decisions, edits that break the form, lines that are
            gone, came twice or were never drafted.
    """
    offered: dict[str, Line] = {record["id"]: record["line"] for record in journals.read(folder.offered, ())}
    if not offered:
        return Review()
    if not folder.review.is_file():
        raise DataError(folder.review, f"the file is gone; delete {folder.offered} to have the drafts put there anew")
    review, wrong, lines = Review(), list[str](), dict[str, int]()
    for number, line in read_lines(folder.review):
        key = line.get("id")
        label = f"line {number}, {key!r}: "
        if not isinstance(key, str) or key not in offered:
            wrong.append(label + "no dialogue with this id was drafted here; restore the id, or delete the line")
        elif key in lines:
            wrong.append(label + f"the id occurs more than once; line {lines[key]} has it too")
        else:
            lines[key] = number
            wrong += [label + text for text in _decided(review, key, line, offered[key], problems)]
    wrong += [f"{key!r} was drafted, but its line is gone; reject a dialogue instead of deleting it (it stands in "
              f"{folder.offered})" for key in offered if key not in lines]  # fmt: skip
    if wrong:
        more = [f"... and {len(wrong) - _SHOWN} more"] if len(wrong) > _SHOWN else []
        raise DataError(folder.review, "the review cannot be used:\n  " + "\n  ".join(wrong[:_SHOWN] + more))
    return review


def _decided(
    review: Review, key: str, line: Line, drafted: Line, problems: Callable[[Mapping[str, Any]], list[str]]
) -> Iterator[str]:
    decision = line.get("decision", "")
    if decision in ("", None):
        review.open.append(key)
    elif decision not in DECISIONS:
        yield f'"decision" is {decision!r}; expected {", ".join(DECISIONS)}, or nothing yet'
    elif decision == "reject":
        review.rejected.append(key)
    else:
        changed = _content(line) != _content(drafted)
        if decision == "accept" and changed:
            yield 'the decision is "accept", but the dialogue was edited; say "correct", or undo the edit'
        if decision == "correct" and not changed:
            yield 'the decision is "correct", but nothing was edited; say "accept", or edit it'
        yield from problems(line)
        (review.accepted if decision == "accept" else review.corrected)[key] = line


def _content(line: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in ("decision", "note")}
