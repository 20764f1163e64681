"""Kaldi-style folders: wav.scp and a transcript file with one line per utterance."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from evalkit.core.errors import DataError
from evalkit.core.message import Audio
from evalkit.core.source import Row
from evalkit.data.corpora.layout import Layout, check_pairs, first_file, row
from evalkit.data.corpora.transcripts import keyed, text_lines


class Kaldi(Layout):
    """Folders with wav.scp (id, path) and trans.txt or text (id, transcript), parted by tabs or spaces.

    Paths are relative to the folder, or else to the root the layout was found in. Speakers come from utt2spk where
    that file is there, else from the id.

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
        yield from (path for path in named if path is not None)
        yield from self._recordings(root, split).values()

    def read(self, root: Path, split: str) -> Iterator[Row]:
        """Rows in the order of the transcript file."""
        folder = root / self.folders[split]
        transcript = self._transcript(root, split)
        if transcript is None:
            raise DataError(folder, f"no transcript file; expected {' or '.join(self.text)}")
        texts = keyed(transcript, text_lines(transcript))
        listed = self._recordings(root, split)
        check_pairs(folder, texts, listed)
        if self.demands_media:
            check_pairs(folder / self.audio, texts, {key for key, path in listed.items() if path.is_file()})
        spoken = first_file(folder / "utt2spk")
        speakers = keyed(spoken, text_lines(spoken), "a speaker") if spoken else {}
        for key, text in texts.items():
            yield row(key, Audio(str(listed[key])), text, speakers.get(key) or self._speaker(key))

    def _speaker(self, key: str) -> str | None:
        found = self.speaker.match(key) if self.speaker else None
        return found.group(1) if found else None
