"""Speech corpora as they are published on OpenSLR: folder trees, and the archives they come in."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from evalkit.core.errors import DataError
from evalkit.core.message import Audio
from evalkit.core.source import Row
from evalkit.data.corpora.archives import archive, members, stems
from evalkit.data.corpora.layout import Layout, check_pairs, first_dir, is_audio, is_hidden, row
from evalkit.data.corpora.transcripts import decoded, keyed, text_lines

LIBRISPEECH = {
    "dev_clean": "dev-clean",
    "dev_other": "dev-other",
    "test_clean": "test-clean",
    "test_other": "test-other",
}
_TRANSCRIPT = ".trans.txt"


def walk(folder: Path) -> Iterator[Path]:
    """Every file below a folder, folders and files in name order; hidden folders are passed over."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not is_hidden(name))
        for name in sorted(names):
            yield Path(parent, name)


def _counts(name: str) -> bool:
    return is_audio(name) or (name.endswith(_TRANSCRIPT) and not is_hidden(name))


def _merge(texts: dict[str, str], chapter: Mapping[str, str], where: object) -> None:
    for key, text in chapter.items():
        if key in texts:
            raise DataError(where, f"the id '{key}' has a transcript in another chapter as well")
        texts[key] = text


class LibriSpeech(Layout):
    """The extracted LibriSpeech archives: SPLIT/SPEAKER/CHAPTER/*.flac with a *.trans.txt in every chapter.

    The speaker is the first part of the id.

    Args:
        folders: task split -> folder name.
    """

    def __init__(self, folders: Mapping[str, str] = LIBRISPEECH) -> None:
        self.folders = dict(folders)
        names = ",".join(self.folders.values())
        self.describe = f"[LibriSpeech/]{{{names}}}/SPEAKER/CHAPTER/*.flac with *{_TRANSCRIPT}"

    def _folder(self, root: Path, split: str) -> Path | None:
        return first_dir(root / self.folders[split], root / "LibriSpeech" / self.folders[split])

    def splits(self, root: Path) -> tuple[str, ...]:
        """Splits whose folder is there."""
        return tuple(split for split in self.folders if self._folder(root, split) is not None)

    def files(self, root: Path, split: str) -> Iterable[Path]:
        """Transcripts and audio."""
        folder = self._folder(root, split)
        return () if folder is None else (path for path in walk(folder) if _counts(path.name))

    def read(self, root: Path, split: str) -> Iterator[Row]:
        """Rows chapter by chapter."""
        texts: dict[str, str] = {}
        places: dict[str, Path] = {}
        audio: dict[str, Path] = {}
        for path in self.files(root, split):
            if not path.name.endswith(_TRANSCRIPT):
                audio[path.stem] = path
            else:
                told = keyed(path, text_lines(path))
                _merge(texts, told, path)
                places |= dict.fromkeys(told, path.parent)
        if not self.demands_media:
            audio = {key: audio.get(key, places[key] / f"{key}.flac") for key in texts}
        check_pairs(self._folder(root, split), texts, audio)
        for key, text in texts.items():
            yield row(key, Audio(str(audio[key])), text, key.split("-", 1)[0])


class LibriSpeechArchive(Layout):
    """The LibriSpeech archives as downloaded: SPLIT.tar.gz, never extracted.

    Each is read twice: transcripts and names first, so that a gap is found at once, then audio.

    Args:
        folders: task split -> name of the archive without its ending.
    """

    cheap = False

    def __init__(self, folders: Mapping[str, str] = LIBRISPEECH) -> None:
        self.folders = dict(folders)
        self.describe = f"{{{','.join(self.folders.values())}}}.tar.gz"

    def splits(self, root: Path) -> tuple[str, ...]:
        """Splits whose archive is there."""
        return tuple(split for split, name in self.folders.items() if archive(root, name) is not None)

    def files(self, root: Path, split: str) -> Iterable[Path]:
        """The archive."""
        path = archive(root, self.folders[split])
        return () if path is None else (path,)

    def read(self, root: Path, split: str) -> Iterator[Row]:
        """Rows in the archive's order."""
        inside = f"/{self.folders[split]}/"
        for path in self.files(root, split):
            texts: dict[str, str] = {}
            audio: set[str] = set()
            for member in members(path, lambda name: inside in f"/{name}" and _counts(name)):
                if not member.name.endswith(_TRANSCRIPT):
                    audio.add(PurePosixPath(member.name).stem)
                    continue
                place = f"{path}:{member.name}"
                _merge(texts, keyed(place, decoded(place, member.read().splitlines())), place)
            check_pairs(path, texts, audio)
            for member in members(path, lambda name: inside in f"/{name}" and is_audio(name)):
                key = PurePosixPath(member.name).stem
                yield row(key, member.audio, texts[key], key.split("-", 1)[0])


class Aishell(Layout):
    """AISHELL-1, extracted: wav/SPLIT/SPEAKER/*.wav under transcript/aishell_transcript_v0.8.txt.

    Args:
        speakers: task split -> its speakers (S0764, ...); their folders may lie in wav/SPLIT or in wav itself.
        transcript: the transcript file.
    """

    def __init__(
        self, speakers: Mapping[str, Sequence[str]], transcript: str = "transcript/aishell_transcript_v0.8.txt"
    ) -> None:
        self.speakers = {split: tuple(names) for split, names in speakers.items()}
        self.transcript = transcript
        self.describe = f"[data_aishell/]{transcript} with wav/[SPLIT/]SPEAKER/*.wav"

    def _top(self, root: Path) -> Path | None:
        return next((top for top in (root, root / "data_aishell") if (top / self.transcript).is_file()), None)

    def _place(self, top: Path, split: str, speaker: str) -> Path | None:
        return first_dir(top / "wav" / split / speaker, top / "wav" / speaker)

    def splits(self, root: Path) -> tuple[str, ...]:
        """Splits of which at least one speaker is there."""
        top = self._top(root)
        if top is None:
            return ()
        if not self.demands_media:
            return tuple(self.speakers)
        return tuple(s for s, names in self.speakers.items() if any(self._place(top, s, name) for name in names))

    def files(self, root: Path, split: str) -> Iterable[Path]:
        """The transcript file and the split's audio."""
        top = self._top(root)
        if top is not None:
            yield top / self.transcript
            for speaker in self.speakers[split]:
                place = self._place(top, split, speaker)
                if place is not None:
                    yield from (path for path in sorted(place.iterdir()) if is_audio(path.name))

    def read(self, root: Path, split: str) -> Iterator[Row]:
        """Rows speaker by speaker; words of the transcript are parted by spaces."""
        transcript, *recordings = self.files(root, split)
        texts = self._texts(transcript, split)
        audio = {path.stem: path for path in recordings}
        if not self.demands_media:
            place = transcript.parent.parent / "wav" / split
            audio = {
                key: audio.get(key, place / str(_speaker(key)) / f"{key}.wav") for key in self._ordered(texts, split)
            }
        check_pairs(transcript, texts, audio)
        for key, path in audio.items():
            yield row(key, Audio(str(path)), texts[key], path.parent.name)

    def _ordered(self, texts: Mapping[str, str], split: str) -> list[str]:
        """Ids speaker by speaker, as their files would come."""
        places = {name: place for place, name in enumerate(self.speakers[split])}
        return sorted(texts, key=lambda key: (places[str(_speaker(key))], key))

    def _texts(self, transcript: Path, split: str) -> dict[str, str]:
        speakers = frozenset(self.speakers[split])
        texts = keyed(transcript, text_lines(transcript))
        return {key: text for key, text in texts.items() if _speaker(key) in speakers}


class AishellArchive(Aishell):
    """AISHELL-1 with the outer archive extracted and the speakers' ones not: wav/SPEAKER.tar.gz."""

    cheap = False

    def __init__(
        self, speakers: Mapping[str, Sequence[str]], transcript: str = "transcript/aishell_transcript_v0.8.txt"
    ) -> None:
        super().__init__(speakers, transcript)
        self.describe = f"[data_aishell/]{transcript} with wav/SPEAKER.tar.gz"

    def _place(self, top: Path, split: str, speaker: str) -> Path | None:
        return archive(top / "wav", speaker)

    def files(self, root: Path, split: str) -> Iterable[Path]:
        """The transcript file and the speakers' archives."""
        top = self._top(root)
        if top is not None:
            yield top / self.transcript
            yield from filter(None, (self._place(top, split, speaker) for speaker in self.speakers[split]))

    def read(self, root: Path, split: str) -> Iterator[Row]:
        """Rows speaker by speaker, in the order of the archives."""
        transcript, *packed = self.files(root, split)
        texts = self._texts(transcript, split)
        check_pairs(transcript, texts, set(stems(packed, is_audio)))
        for path in packed:
            for member in members(path, is_audio):
                key = PurePosixPath(member.name).stem
                yield row(key, member.audio, texts[key], _speaker(key))


def _speaker(key: str) -> str | None:
    found = re.search(r"S\d{4}", key)
    return found.group() if found else None
