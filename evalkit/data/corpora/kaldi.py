"""Kaldi-style folders: wav.scp and a transcript file with one line per utterance."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from evalkit.core.errors import DataError
from evalkit.core.message import Audio
from evalkit.core.source import Row
from evalkit.data.corpora.layout import Layout, check_pairs, first_file, row
from evalkit.data.corpora.segments import segment
from evalkit.data.corpora.transcripts import keyed, text_lines


class Kaldi(Layout):
    """Folders with wav.scp (id, path) and trans.txt or text (id, transcript), parted by tabs or spaces.

    With a file segments (id, id in wav.scp, begin and end in s) utterances are parts of recordings. Paths are relative
    to the folder, or else to the root the layout was found in. Speakers come from utt2spk where that file is there,
    else from the id.

    Args:
        folders: task split -> folder below the root, such as "iOS/test".
        speaker: regular expression whose first group, matched at the start of an id, is the speaker.
        audio: name of the file with the paths.
        text: names the transcript file may have.
    """

    def __init__(
        self,
        folders: Mapping[str, str],
        speaker: str | None = None,
        audio: str = "wav.scp",
        text: tuple[str, ...] = ("trans.txt", "text"),
    ) -> None:
        self.folders, self.audio, self.text = dict(folders), audio, text
        self.speaker = re.compile(speaker) if speaker else None
        self.describe = f"{{{','.join(self.folders.values())}}}/{{{audio},{text[0]}}}"

    def _transcript(self, root: Path, split: str) -> Path | None:
        return first_file(*(root / self.folders[split] / name for name in self.text))

    def splits(self, root: Path) -> tuple[str, ...]:
        """Splits with both files."""
        return tuple(
            split
            for split, folder in self.folders.items()
            if (root / folder / self.audio).is_file() and self._transcript(root, split) is not None
        )

    def _recordings(self, root: Path, split: str) -> dict[str, Path]:
        folder = root / self.folders[split]
        scp = folder / self.audio
        found: dict[str, Path] = {}
        for key, name in keyed(scp, text_lines(scp), "a path").items():
            if name.endswith("|"):
                raise DataError(scp, f"'{key}' is a command, '{name[:40]}'; evalkit runs none, write audio files")
            near = folder / name
            found[key] = near if near.is_file() or not (root / name).is_file() else root / name
        return found

    def files(self, root: Path, split: str) -> Iterable[Path]:
        """Lists, transcripts and audio."""
        folder = root / self.folders[split]
        named = (folder / self.audio, self._transcript(root, split), first_file(folder / "utt2spk"))
        yield from (path for path in (*named, first_file(folder / "segments")) if path is not None)
        yield from self._recordings(root, split).values()

    def read(self, root: Path, split: str) -> Iterator[Row]:
        """Rows in the order of the transcript file."""
        folder = root / self.folders[split]
        transcript = self._transcript(root, split)
        if transcript is None:
            raise DataError(folder, f"no transcript file; expected {' or '.join(self.text)}")
        texts = keyed(transcript, text_lines(transcript))
        listed = self._recordings(root, split)
        pieces = _segments(folder / "segments", listed)
        check_pairs(folder, texts, listed if pieces is None else pieces)
        if self.demands_media:
            _check_there(folder / self.audio, listed)
        spoken = first_file(folder / "utt2spk")
        speakers = keyed(spoken, text_lines(spoken), "a speaker") if spoken else {}
        for key, text in texts.items():
            audio = Audio(str(listed[key])) if pieces is None else pieces[key]
            yield row(key, audio, text, speakers.get(key) or self._speaker(key))

    def _speaker(self, key: str) -> str | None:
        found = self.speaker.match(key) if self.speaker else None
        return found.group(1) if found else None


def _segments(path: Path, recordings: Mapping[str, Path]) -> dict[str, Audio] | None:
    """The utterances that are parts of recordings; None where there is no such list.

    Raises:
        DataError: a line that is no segment, or of a recording that is not listed.
    """
    if not path.is_file():
        return None
    found: dict[str, Audio] = {}
    for key, value in keyed(path, text_lines(path), "a recording, its begin and its end").items():
        fields = value.split()
        try:
            name, begin, end = fields[0], float(fields[1]), float(fields[2])
        except (IndexError, ValueError):
            raise DataError(path, f"'{key}': expected a recording, begin and end in s; found '{value[:60]}'") from None
        if name not in recordings:
            raise DataError(path, f"'{key}' is a part of '{name}', which wav.scp does not list")
        channel = int(fields[3]) if len(fields) > 3 and fields[3].isdecimal() else None
        found[key] = segment(recordings[name], begin, end if end >= 0 else None, key, channel)  # -1: to its end
    return found


def _check_there(scp: Path, listed: Mapping[str, Path]) -> None:
    """Refuse a list whose files are not there, by what they are: of another machine, or a copy that is not whole."""
    missing = [(key, path) for key, path in listed.items() if not path.is_file()]
    if not missing:
        return
    key, path = missing[0]
    foreign = path.is_absolute() and not path.is_relative_to(scp.parent)
    why = (
        "the list was written on another machine; make its paths relative to its folder"
        if foreign
        else "the copy is incomplete, extract or download it again"
    )
    raise DataError(
        scp, f"{len(missing)} of {len(listed)} audio files are missing: '{path}' of '{key}' is not there; {why}"
    )
