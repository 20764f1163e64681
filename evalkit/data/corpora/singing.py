"""Corpora of singing with lyrics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from evalkit.core.errors import DataError
from evalkit.core.source import Row
from evalkit.data.corpora.columns import Columns
from evalkit.data.corpora.layout import Layout, check_pairs, first_dir, is_audio, row
from evalkit.data.corpora.segments import segment
from evalkit.data.corpora.tables import Table


class Mir1k(Layout):
    """MIR-1K: Wavfile/CLIP.wav in stereo, accompaniment left and voice right, and Lyrics/CLIP.txt.

    The singer is the part of the clip's name before the first underscore.

    Args:
        split: the task's only split.
        channel: the channel to keep: 1 for the voice, 0 for the accompaniment; None for both.
        encodings: encodings of the lyrics, tried in order and strictly.
    """

    def __init__(
        self, split: str = "all", channel: int | None = 1, encodings: Sequence[str] = ("utf-8", "big5hkscs")
    ) -> None:
        self.split, self.channel, self.encodings = split, channel, tuple(encodings)
        self.describe = "[MIR-1K/]{Wavfile/*.wav,Lyrics/*.txt}"

    def _top(self, root: Path) -> Path | None:
        needed = ("Lyrics", "Wavfile") if self.demands_media else ("Lyrics",)
        found = (top for top in (root, root / "MIR-1K") if all(first_dir(top / name) for name in needed))
        return next(found, None)

    def splits(self, root: Path) -> tuple[str, ...]:
        """The split, where both folders are there."""
        return (self.split,) if self._top(root) is not None else ()

    def files(self, root: Path, split: str) -> Iterable[Path]:
        """Lyrics and clips."""
        top = self._top(root)
        if top is not None:
            yield from (path for path in sorted((top / "Lyrics").glob("*.txt")) if not path.name.startswith("."))
            clips = sorted((top / "Wavfile").iterdir()) if first_dir(top / "Wavfile") else ()
            yield from (path for path in clips if is_audio(path.name))

    def read(self, root: Path, split: str) -> Iterator[Row]:
        """Rows in the order of the clips' names."""
        paths = list(self.files(root, split))
        lyrics = {path.stem: path for path in paths if path.suffix == ".txt"}
        clips = {path.stem: path for path in paths if path.suffix != ".txt"}
        if not self.demands_media:
            clips = {key: clips.get(key, path.parent.parent / "Wavfile" / f"{key}.wav") for key, path in lyrics.items()}
        check_pairs(self._top(root), lyrics, clips)
        for key, path in clips.items():
            audio = segment(path, 0.0, None, key, self.channel)
            yield row(key, audio, self._text(lyrics[key]), key.split("_", 1)[0])

    def _text(self, path: Path) -> str:
        data = path.read_bytes()
        for encoding in self.encodings:
            try:
                text = data.decode(encoding).removeprefix("\ufeff").strip()
            except UnicodeDecodeError:
                continue
            return text
        raise DataError(path, f"the lyrics are in none of the encodings {', '.join(self.encodings)}")


class Opencpop(Table):
    """Opencpop: segments/test.txt, seven fields parted by "|", and segments/wavs/ID.wav.

    Args:
        split: the task's only split.
        name: name of the list without its ending: "test" or "train".
    """

    def __init__(self, split: str = "test", name: str = "test") -> None:
        super().__init__(
            {split: name},
            manifest="segments/{name}.txt",
            audio="segments/wavs",
            columns=Columns(id="id", text="text", audio="id"),
            header=("id", "text", "phonemes", "notes", "note_durations", "phoneme_durations", "slurs"),
            tops=("", "opencpop", "Opencpop"),
            separator="|",
            suffix=".wav",
        )
