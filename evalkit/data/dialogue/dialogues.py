"""Multi-modal dialogues: a documented JSON Lines schema, and the source that reads it.

One line is one dialogue; its last turn, the user's, is what a model answers, everything before it is given history::

    {"id": "d001", "language": "en",
     "messages": [
       {"role": "user", "content": [
         {"type": "image", "path": "images/menu.jpg", "provenance": "own photograph, 2026", "licence": "CC0-1.0"},
         {"type": "text", "text": "This is the menu of the place near the station."}]},
       {"role": "assistant", "content": "It looks cosy."},
       {"role": "user", "content": "What did the soup cost there?"}],
     "reference": "6.50", "accepted": ["6.5 euros"], "alternatives": ["7.20", "8.00"],
     "memory_type": "image", "turn_distance": 1, "recall_image_count": 1}

- `messages`: an optional system message, then user and assistant in turn; `content` is text or a list of parts of type
  text, image or audio. Paths are relative to the folder of the file and stay inside it. An audio part may have a
  `transcript`, for judges.
- every image has a `provenance` (where it comes from) and a `licence`, as texts.
- `reference`: the answer, for a judge. `accepted`: further wordings that are right, for rules. `alternatives`: other
  candidates a right answer does not also offer. All texts.
- `former`: true where the question asks for what held before a correction, for rules.
- the fields a benchmark adds (`memory_type`, ...) are those of its `Rules`. Further fields are kept as meta.

A turn is a user message with the reply to it; the last turn has no reply.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from evalkit.core.errors import DataError
from evalkit.core.message import Audio, Image, Media, Message, Modality, Part, Text
from evalkit.core.sample import Sample
from evalkit.core.source import Row, Rows, Source
from evalkit.data.corpora.layout import distinct
from evalkit.data.jsonl import named_files, read_lines
from evalkit.media.source import inside

FILE = "dialogues.jsonl"
RECORD = "build.json"  # beside it where a generator made the dialogues
_KNOWN = {"id", "messages", "reference", "accepted", "alternatives"}
_MEDIA: Mapping[str, type[Image] | type[Audio]] = {"image": Image, "audio": Audio}


@dataclass(frozen=True, slots=True)
class Rules:
    """What a benchmark asks of its dialogues, beyond the schema.

    Args:
        min_turns, max_turns: bounds of the number of turns, the last one included.
        choices: field -> its allowed values; every dialogue has these fields.
        counts: fields that hold a whole number from 0 on.
        takes: kinds of parts there may be.
        licensed: kinds of media that need provenance and licence.
        consistent: further problems of one dialogue, as texts.
        outside: media may be links to files outside of the folder.
        needs_reference: whether a line must have a reference.
    """

    min_turns: int = 1
    max_turns: int = 15
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    counts: tuple[str, ...] = ()
    takes: frozenset[Modality] = frozenset({"text", "image", "audio"})
    licensed: frozenset[Modality] = frozenset({"image"})
    consistent: Callable[[Dialogue], Iterator[str]] = lambda dialogue: iter(())
    outside: bool = False
    needs_reference: Callable[[Mapping[str, Any]], bool] = lambda value: True


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One dialogue as it was read.

    Args:
        id: unique in its file.
        messages: the whole conversation; the last one is the user's.
        reference: the answer; "" where the benchmark can do without one.
        accepted: further wordings that are right.
        alternatives: wordings of other candidates.
        fields: all other fields of the line.
    """

    id: str
    messages: tuple[Message, ...]
    reference: str
    accepted: tuple[str, ...]
    alternatives: tuple[str, ...]
    fields: Mapping[str, Any]

    @property
    def turns(self) -> int:
        """Number of user messages."""
        return sum(message.role == "user" for message in self.messages)

    def media(self, *, history: bool = False) -> list[Media]:
        """All media, or those before the last message, in order."""
        messages = self.messages[:-1] if history else self.messages
        return [part for message in messages for part in message.content if isinstance(part, Media)]

    def sample(self) -> Sample:
        """The sample: reference first among the accepted wordings; alternatives and fields as meta."""
        meta = dict(self.fields)
        if self.alternatives:
            meta["alternatives"] = list(self.alternatives)
        return Sample(self.id, self.messages, list(dict.fromkeys((self.reference, *self.accepted))), meta=meta)


def parse(value: Mapping[str, Any], folder: Path, rules: Rules) -> tuple[Dialogue | None, list[str]]:
    """Read one line.

    Args:
        value: the JSON object.
        folder: where its media lie.
        rules: of the benchmark.

    Returns:
        The dialogue, or None where it cannot be used, and every problem found.
    """
    reader = _Reader(folder, rules)
    key = value.get("id")
    if isinstance(key, bool) or not isinstance(key, (str, int)) or key == "":
        reader.found.append('"id" must be a text or a whole number')
    messages = reader.messages(value.get("messages"))
    reference = value.get("reference", "" if not rules.needs_reference(value) else None)
    if not isinstance(reference, str) or (not reference.strip() and rules.needs_reference(value)):
        reader.found.append('"reference" must be a text that says the right answer')
    accepted, alternatives = reader.texts(value, "accepted"), reader.texts(value, "alternatives")
    reader.fields(value)
    if not isinstance(value.get("former", False), bool):
        reader.found.append(f'"former" must be true or false; it is {value["former"]!r}')
    if reader.found:
        return None, reader.found
    fields = {name: value[name] for name in value if name not in _KNOWN}
    dialogue = Dialogue(str(key), messages, str(reference), accepted, alternatives, fields)
    problems = list(rules.consistent(dialogue))
    return (None if problems else dialogue), problems


class _Reader:
    """Collects the problems of one line."""

    def __init__(self, folder: Path, rules: Rules) -> None:
        self.folder, self.rules = folder, rules
        self.found: list[str] = []

    def messages(self, value: Any) -> tuple[Message, ...]:
        if not isinstance(value, list) or not value:
            self.found.append('"messages" must be a list of {"role", "content"}')
            return ()
        made = []
        for place, turn in enumerate(value, 1):
            role = turn.get("role") if isinstance(turn, dict) else None
            if role not in ("system", "user", "assistant"):
                self.found.append(f'message {place}: "role" must be system, user or assistant, not {role!r}')
                continue
            made.append(Message(role, self._content(turn.get("content"), place)))
        if len(made) == len(value):
            self._order(made)
        return tuple(made)

    def _order(self, messages: Sequence[Message]) -> None:
        spoken = [message.role for message in messages]
        if spoken[0] == "system":
            spoken = spoken[1:]
        if not spoken or spoken[-1] != "user":
            last = spoken[-1] if spoken else "system"
            self.found.append(f"the last message must be the user's, the one to be answered; it is the {last}'s")
        elif any(role != ("user", "assistant")[place % 2] for place, role in enumerate(spoken)):
            wrong = next(place for place, role in enumerate(spoken) if role != ("user", "assistant")[place % 2])
            self.found.append(
                "user and assistant must speak in turn, the user first (a system message may come before); "
                f"message {wrong + 1 + len(messages) - len(spoken)} is the {spoken[wrong]}'s"
            )
        turns = spoken.count("user")
        if not self.rules.min_turns <= turns <= self.rules.max_turns:
            self.found.append(
                f"{turns} turns; expected {self.rules.min_turns} to {self.rules.max_turns} user messages, the last "
                "one included"
            )

    def _content(self, value: Any, place: int) -> tuple[Part, ...]:
        if isinstance(value, str):
            value = [{"type": "text", "text": value}]
        if not isinstance(value, list) or not value:
            self.found.append(f'message {place}: "content" must be a text or a list of parts')
            return ()
        parts = [self._part(part, place) for part in value]
        return tuple(part for part in parts if part is not None)

    def _part(self, part: Any, place: int) -> Part | None:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind not in self.rules.takes or kind not in ("text", *_MEDIA):
            self.found.append(f"message {place}: a part's type must be {' or '.join(sorted(self.rules.takes))}")
            return None
        if kind == "text":
            if isinstance(part.get("text"), str) and part["text"].strip():
                return Text(part["text"])
            self.found.append(f'message {place}: a text part needs "text"')
            return None
        path = part.get("path")
        if not isinstance(path, str) or not path or PurePosixPath(path).is_absolute() or ".." in Path(path).parts:
            self.found.append(f'message {place}: a part of type {kind} needs "path", relative to the file and below it')
            return None
        try:
            inside(self.folder, path, outside=self.rules.outside)
        except DataError as error:
            self.found.append(f"message {place}: {error}")
        if kind in self.rules.licensed:
            for name in ("provenance", "licence"):
                if not isinstance(part.get(name), str) or not part[name].strip():
                    self.found.append(f'message {place}: {kind} {path} has no "{name}"')
        if kind == "audio" and "transcript" in part:
            if isinstance(part["transcript"], str) and part["transcript"].strip():
                return Audio(path=str(self.folder / path), name=path, transcript=part["transcript"])
            self.found.append(f'message {place}: the "transcript" of {path} must be a text')
        return _MEDIA[kind](path=str(self.folder / path), name=path)

    def texts(self, value: Mapping[str, Any], name: str) -> tuple[str, ...]:
        given = value.get(name, [])
        if isinstance(given, list) and all(isinstance(entry, str) and entry.strip() for entry in given):
            return tuple(given)
        self.found.append(f'"{name}" must be a list of texts')
        return ()

    def fields(self, value: Mapping[str, Any]) -> None:
        for name, allowed in self.rules.choices.items():
            if value.get(name) not in allowed:
                self.found.append(f'"{name}" must be {", ".join(allowed)}; it is {value.get(name)!r}')
        for name in self.rules.counts:
            given = value.get(name)
            if isinstance(given, bool) or not isinstance(given, int) or given < 0:
                self.found.append(f'"{name}" must be a whole number from 0 on; it is {given!r}')


class Dialogues(Source):
    """Dialogues in a folder of the user's.

    Args:
        folder: name of its folder below the user's data folder.
        rules: of the benchmark.
        get: what to do without data, for error messages.
        by: field of the rules' choices whose values are the splits; None for one split, "all".
        splits: those of its values that are the task's; all where empty.
    """

    def __init__(self, folder: str, rules: Rules, get: str, by: str | None = None, splits: Sequence[str] = ()) -> None:
        self.folder, self.rules, self.get, self.by = folder, rules, get, by
        self.splits = ("all",) if by is None else tuple(splits) or rules.choices[by]

    def anywhere(self) -> Dialogues:
        """Media may lie anywhere; see `Source.anywhere`."""
        made = copy.copy(self)
        made.rules = dataclasses.replace(self.rules, outside=True)
        return made

    def locate(self, data: Path | None, revision: str | None = None) -> Rows:
        """Find `DIR/folder/dialogues.jsonl`, or `DIR/dialogues.jsonl`.

        Raises:
            DataError: no data folder was named, it has no such file, or a generator made what is there.
        """
        if data is None:
            raise DataError(self.folder, f"no data.\n{self.get}")
        for root in (data / self.folder, data):
            if (root / FILE).is_file():
                self._refuse_generated(root)
                rows = DialogueRows(root / FILE, self.rules, self.by)
                if self.by is not None:
                    there = {value.get(self.by) for _, value in read_lines(root / FILE)}
                    rows.splits = tuple(name for name in self.splits if name in there)
                if revision not in (None, rows.revision):
                    raise DataError(root, f"--revision {revision} was asked for, but this copy is {rows.revision}")
                return rows
        raise DataError(data, f"neither {self.folder}/{FILE} nor {FILE} is there.\n{self.get}")

    def _refuse_generated(self, root: Path) -> None:
        """A twin never passes for the original."""
        try:
            generator = json.loads((root / RECORD).read_bytes())["generator"]
        except (OSError, ValueError, KeyError, TypeError):
            return
        if generator != self.folder:
            raise DataError(root, f"these dialogues are {generator}, not {self.folder}; run --task {generator}")


class DialogueRows(Rows):
    """The dialogues of one file; rows are `{"dialogue": Dialogue}`.

    Args:
        path: the file.
        rules: of the benchmark.
        by: field whose values are the splits; None for one split, "all".
    """

    cheap = True

    def __init__(self, path: Path, rules: Rules, by: str | None = None) -> None:
        self.path, self.rules, self.by = path, rules, by
        self.splits: tuple[str, ...] = ("all",) if by is None else rules.choices[by]
        self.location = str(path)

    @functools.cached_property
    def revision(self) -> str:  # type: ignore[override]
        """Hash of the file and of every media file it names."""
        named = {str(medium.path) for row in self._read() for medium in row["dialogue"].media()}
        found, self.established = named_files(self.path, sorted(named))
        return f"local:{found}"

    def read(self, split: str) -> Iterator[Row]:
        """Rows in file order, one line in memory at a time.

        Raises:
            DataError: a line that is no dialogue of this benchmark, with its number; an id that occurs twice.
        """
        return distinct(lambda: self._of(split), self.path, split)

    def _of(self, split: str) -> Iterator[Row]:
        return (row for row in self._read() if self.by is None or row["dialogue"].fields[self.by] == split)

    def _read(self) -> Iterator[Row]:
        for number, value in read_lines(self.path):
            dialogue, problems = parse(value, self.path.parent, self.rules)
            if dialogue is None:
                more = f" (and {len(problems) - 1} more; see 'evalkit data check')" if len(problems) > 1 else ""
                raise DataError(self.path, f"dialogue '{value.get('id')}': {problems[0]}{more}", number)
            yield {"id": dialogue.id, "dialogue": dialogue}


def sample(row: Row, split: str) -> Sample:
    """The sample of a row."""
    dialogue: Dialogue = row["dialogue"]
    return dialogue.sample()
