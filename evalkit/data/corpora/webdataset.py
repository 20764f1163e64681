"""WebDataset shards: tar archives in which the files of one sample share a key and follow each other."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import orjson

from evalkit.core.errors import DataError
from evalkit.core.message import Media
from evalkit.core.source import Row
from evalkit.data.corpora.archives import Member, members
from evalkit.data.corpora.columns import Columns, Identify
from evalkit.data.corpora.layout import AUDIO_SUFFIXES, Layout, is_audio, is_hidden, row
from evalkit.data.fields import Field

_ENDINGS = {
    "audio": AUDIO_SUFFIXES,
    "image": frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"}),
    "video": frozenset({".mp4", ".mkv", ".webm", ".avi", ".mov"}),
}


class WebDataset(Layout):
    """Tar shards whose files are KEY.ENDING; in short for speech: KEY.wav with KEY.txt or KEY.json.

    With `fields`, a sample's columns are: its endings (`txt` as text, `json` as what it holds, any other as its
    file), `audio`, `image` and `video` for the one file of that kind, the fields of its .json, and `__key__`.

    Args:
        shards: task split -> glob pattern of its shards below the root.
        text: field of KEY.json with the transcript; None for KEY.txt.
        speaker: field of KEY.json with the speaker; None where there is none.
        keep: further fields of KEY.json to keep.
        fields: name of a field -> its column, instead of `text` and `speaker`.
        id: with `fields`: column, template or function; see `Columns`. The key's last part by default.
    """

    cheap = False

    def __init__(
        self,
        shards: Mapping[str, str],
        text: str | None = None,
        speaker: str | None = None,
        keep: tuple[str, ...] = (),
        *,
        fields: Mapping[str, Field] | None = None,
        id: str | Identify = "__key__",
    ) -> None:
        self.shards, self.text, self.speaker, self.keep = dict(shards), text, speaker, keep
        self.columns = None if fields is None else Columns(id, keep=keep, fields=fields)
        self._json = text is not None or speaker is not None or bool(keep)
        kinds = [kind for kind, used in ((".txt", text is None), (".json", self._json)) if used]
        what = f"KEY.wav and KEY{' and KEY'.join(kinds)}" if fields is None else "the files of each KEY"
        self.describe = f"{{{','.join(self.shards.values())}}} with {what}"

    def splits(self, root: Path) -> tuple[str, ...]:
        """Splits with a shard."""
        return tuple(split for split in self.shards if any(self.files(root, split)))

    def files(self, root: Path, split: str) -> Iterable[Path]:
        """The shards, in name order."""
        return sorted(path for path in root.glob(self.shards[split]) if not path.name.startswith("."))

    def read(self, root: Path, split: str) -> Iterator[Row]:
        """Rows shard by shard."""
        index = 0
        for path in self.files(root, split):
            belongs = _belongs if self.columns is None else _shown
            for key, group in itertools.groupby(members(path, belongs), _key):
                if self.columns is None:
                    yield self._row(path, key, list(group))
                else:
                    raw, place = self._raw(path, key, list(group)), f"{path}:{key}"
                    yield self.columns.row(raw, index, split, str(path), functools.partial(_not_inside, place), place)
                index += 1

    def _raw(self, path: Path, key: str, group: list[Member]) -> dict[str, Any]:
        """Columns of a sample, for `fields`."""
        place = f"{path}:{key}"
        found: dict[str, Any] = {"__key__": PurePosixPath(key).name}
        kinds: dict[str, list[Media]] = {"audio": [], "image": [], "video": []}
        for member in group:
            name = PurePosixPath(member.name).name
            ending = name.split(".", 1)[1] if "." in name else ""
            if ending == "txt":
                found[ending] = self._member(place, group, ".txt").strip()
            elif ending == "json":
                found[ending] = self._fields(place, group)
            else:
                found[ending] = member.audio
                for kind, endings in _ENDINGS.items():
                    if PurePosixPath(name).suffix.lower() in endings:
                        kinds[kind].append(member.audio)
        single = {kind: held[0] for kind, held in kinds.items() if len(held) == 1}
        return {**single, **found.get("json", {}), **found}

    def _row(self, path: Path, key: str, group: list[Member]) -> Row:
        place = f"{path}:{key}"
        audio = [member for member in group if is_audio(member.name)]
        if len(audio) != 1:
            found = ", ".join(PurePosixPath(member.name).name for member in group)
            raise DataError(place, f"{len(audio)} audio files, expected one; the sample's files: {found}")
        fields = self._fields(place, group) if self._json else {}
        text = self._member(place, group, ".txt") if self.text is None else fields.get(self.text)
        if not isinstance(text, str):
            raise DataError(place, f'no transcript in "{self.text}" of the .json; it has {", ".join(fields)}')
        speaker = fields.get(self.speaker) if self.speaker else None
        for name in (self.speaker, *self.keep):
            if name and name not in fields:
                raise DataError(place, f'no "{name}" in the .json; it has {", ".join(fields)}')
        kept = {name: fields[name] for name in self.keep}
        name = PurePosixPath(key).name
        return row(name, audio[0].audio, text.strip(), None if speaker is None else str(speaker), **kept)

    def _fields(self, place: str, group: list[Member]) -> dict[str, Any]:
        try:
            found = orjson.loads(self._member(place, group, ".json"))
        except orjson.JSONDecodeError as error:
            raise DataError(place, f"its .json is not JSON ({error})") from None
        if not isinstance(found, dict):
            raise DataError(place, "its .json is no object")
        return found

    @staticmethod
    def _member(place: str, group: list[Member], ending: str) -> str:
        found = [member for member in group if member.name.endswith(ending)]
        own = [member for member in found if f".{PurePosixPath(member.name).name.partition('.')[2]}" == ending]
        if not found:
            raise DataError(place, f"no {ending} beside the audio; expected KEY{ending}")
        if len(own or found) > 1:
            names = ", ".join(PurePosixPath(member.name).name for member in found)
            raise DataError(place, f"several files end in {ending}, and none is KEY{ending}: {names}")
        try:
            return (own or found)[0].read().decode("utf-8")
        except UnicodeDecodeError:
            raise DataError(place, f"its {ending} is not UTF-8 text") from None


def _not_inside(place: str, name: str, kind: str) -> Media:
    raise DataError(place, f"the {kind} '{name}' is no file of this sample; name its ending")


def _shown(name: str) -> bool:
    return not is_hidden(name)


def _belongs(name: str) -> bool:
    file = PurePosixPath(name).name
    return not file.startswith(".") and (is_audio(name) or name.endswith((".txt", ".json")))


def _key(member: Member) -> str:
    path = PurePosixPath(member.name)
    return str(path.with_name(path.name.split(".", 1)[0]))  # the key ends at the first dot of the file name
