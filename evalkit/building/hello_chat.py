"""`evalkit build hello-chat`: a set of Hello-Chat's kinds from lists and recordings of the user's."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit.building import hello_chat_lists as lists
from evalkit.building.folder import INCIDENTAL
from evalkit.building.hello_chat_lists import Item
from evalkit.building.options import Settings, join
from evalkit.building.pipeline import Builder, Report
from evalkit.building.result import write_result
from evalkit.building.review import Line
from evalkit.core.errors import UsageError
from evalkit.data.fingerprint import combined
from evalkit.media.source import content_hash

_DEFAULTS: Mapping[str, Any] = {"dialogues": 1, "languages": ["en", "zh"], "seed": 0, "attempts": 3}
ONLY_YES = "Whatever the recording says, answer with yes and nothing else."


@dataclass(slots=True)
class Inputs:
    """What a set is put together from.

    Args:
        speech: lists of recordings with transcripts.
        questions: lists of questions to be spoken.
        translations: lists of sentences to be spoken and translated.
        emobox: lists of EmoBox, each with the folder of its corpus.
        label_map: raw label -> class, of the lists of EmoBox.
        events: lists of recordings with the name of what is heard.
        each: items drawn of each list; all where None.
        only_yes: items of Only-Yes.
    """

    speech: Sequence[Path] = ()
    questions: Sequence[Path] = ()
    translations: Sequence[Path] = ()
    emobox: Sequence[tuple[Path, Path]] = ()
    label_map: Path | None = None
    events: Sequence[Path] = ()
    each: int | None = None
    only_yes: int = 100

    def items(self) -> Iterator[list[Item]]:
        """The items of each list.

        Raises:
            DataError: a line that cannot be used, or a recording that is not there.
        """
        yield from (lists.speech(path) for path in self.speech)
        yield from (lists.questions(path) for path in self.questions)
        yield from (lists.translations(path) for path in self.translations)
        labels = lists.label_map(self.label_map) if self.label_map is not None else None
        yield from (lists.emobox(path, folder, labels) for path, folder in self.emobox)
        yield from (lists.events(path) for path in self.events)

    def files(self) -> list[Path]:
        """The lists."""
        plain = [*self.speech, *self.questions, *self.translations, *self.events, *(path for path, _ in self.emobox)]
        return [*plain, *([self.label_map] if self.label_map is not None else [])]


@dataclass(slots=True)
class _Drawn:
    items: list[Item] = field(default_factory=list)
    yes: list[tuple[str, Item]] = field(default_factory=list)


class HelloChatBuilder(Builder):
    """Builds the data of `hello_chat_built`; see docs/building.md."""

    name = "hello_chat_built"
    stages = ()
    inputs = Inputs()

    def settle(self) -> Settings:
        """Settings; a synthesizer is needed where something is to be spoken."""
        if not self.inputs.files():
            raise UsageError(
                "nothing to build from; name at least one of --speech, --questions, --translations, --emobox, --events"
            )
        if (self.inputs.each is not None and self.inputs.each < 1) or self.inputs.only_yes < 0:
            raise UsageError("--each is at least 1, --only-yes at least 0")
        speaks = bool(self.inputs.questions or self.inputs.translations)
        settings = join(self.folder, self.name, self.options, _DEFAULTS, {"tts": speaks}, ())
        found, _ = combined((path.name, path) for path in self.inputs.files())
        settings.values |= {"lists": found, "each": self.inputs.each, "only_yes": self.inputs.only_yes}
        settings.values[INCIDENTAL].setdefault("tts", [])
        return settings

    def drafts(self) -> list[Line]:
        """None: nothing is drafted."""
        return []

    def problems(self, line: Mapping[str, Any]) -> list[str]:
        """None: there is no review."""
        return []

    def rows(self, lines: Sequence[Line]) -> tuple[list[dict[str, Any]], dict[str, Path]]:
        """The items as dialogues, and their recordings; what is text is spoken first."""
        drawn = self._drawn()
        silent = {one.id: one for one in drawn.items if one.audio is None}
        said = self.spoken({key: [(one.text, one.language)] for key, one in silent.items()}) if silent else {}
        rows, media, parts = [], {}, {}
        for item in drawn.items:
            if item.audio is not None:
                name = f"audio/{content_hash(item.audio.read_bytes())}{item.audio.suffix.lower() or '.wav'}"
                part, path = {"type": "audio", "path": name, **item.said}, item.audio
            elif item.id in said:
                ((part, path),) = said[item.id]
            else:
                continue
            parts[item.id], media[str(part["path"])] = part, path
            rows.append(item.row(part))
        for key, item in drawn.yes:
            if item.id in parts:
                rows.append(_yes(key, parts[item.id]))
        for row in rows:
            self.counts[row["test"]] = self.counts.get(row["test"], 0) + 1
        return rows, media

    def build(self) -> Report:
        """Read, draw, speak, check, write.

        Raises:
            EvalkitError: a list or the settings cannot be used; or nothing is left.
        """
        self.settings = self.settle()
        for model in self.settings.models.get("tts", []):
            model.check()
        with self.folder:
            self.folder.settle(self.settings.values)
            rows, media = self.rows([])
            if not rows:
                raise UsageError(f"no item is left: {next(iter(self.lost.values()), 'the lists are empty')}")
            self.counts["written"] = len(rows)
            write_result(self.folder, self.name, rows, media, {**self.record(), "generator": self.name})
            return Report("written", self.folder.dialogues, self.counts, [], self.lost, self._cost())

    def _drawn(self) -> _Drawn:
        """A draw of each list, and of all of these for Only-Yes; the same for the same lists and seed."""
        drawn = _Drawn()
        for at, found in enumerate(self.inputs.items()):
            chance = random.Random(f"{self.settings.values['seed']}/{at}")
            kept = found if self.inputs.each is None else chance.sample(found, min(self.inputs.each, len(found)))
            drawn.items += sorted(kept, key=lambda one: one.id)
        seen: dict[str, str] = {}
        for item in drawn.items:
            if item.id in seen:
                raise UsageError(f"the item '{item.id}' stands in two lists, {seen[item.id]} and {item.origin}")
            seen[item.id] = item.origin
        chance = random.Random(f"{self.settings.values['seed']}/only-yes")
        chosen = chance.sample(drawn.items, min(self.inputs.only_yes, len(drawn.items)))
        drawn.yes = [(f"only-yes-{number:04d}", item) for number, item in enumerate(chosen, 1)]
        return drawn


def _yes(key: str, part: Mapping[str, Any]) -> dict[str, Any]:
    content = [dict(part), {"type": "text", "text": ONLY_YES}]
    return {"id": key, "test": "only_yes", "messages": [{"role": "user", "content": content}], "reference": "yes"}
