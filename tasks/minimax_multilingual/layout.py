"""The folders of MiniMax's test set: sentences by language, each of one of two speakers, and a recording of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from evalkit.core.errors import DataError
from evalkit.core.message import Audio
from evalkit.core.source import Row
from evalkit.data.corpora.layout import Layout, is_audio
from evalkit.data.corpora.transcripts import text_lines

WORDS = "speaker/prompt_text.txt"


class Voices(Layout):
    """`text/LANGUAGE.txt` with `speaker|sentence`, `speaker/LANGUAGE/SPEAKER/FILE`, and `FILE|words` of all of them.

    Args:
        names: task split -> name of the language in paths.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = dict(names)
        self.describe = f"{{text/*.txt,{WORDS},speaker/*/*/*.mp3}}"

    def splits(self, root: Path) -> tuple[str, ...]:
        """Languages with sentences."""
        return tuple(split for split, name in self.names.items() if (root / f"text/{name}.txt").is_file())

    def _voices(self, root: Path, split: str) -> dict[str, Path]:
        """Speaker or file name -> recording; the first of a speaker's folder."""
        found: dict[str, Path] = {}
        for path in sorted((root / "speaker" / self.names[split]).glob("*/*")):
            if is_audio(path.name):
                found.setdefault(path.parent.name, path)
                found[path.name] = path
        return found

    def files(self, root: Path, split: str) -> Iterable[Path]:
        """Sentences, the prompts' words, and the recordings."""
        yield root / f"text/{self.names[split]}.txt"
        yield root / WORDS
        yield from dict.fromkeys(self._voices(root, split).values())

    def read(self, root: Path, split: str) -> Iterator[Row]:
        """Rows in the order of the list."""
        path = root / f"text/{self.names[split]}.txt"
        voices, words = self._voices(root, split), dict(_parted(root / WORDS))
        for index, (label, sentence) in enumerate(_parted(path), 1):
            voice = voices.get(label)
            if voice is None and self.demands_media:
                raise DataError(
                    path, f"sentence {index}: no recording of the speaker '{label}' in speaker/{self.names[split]}/"
                )
            if voice is not None and voice.name not in words:
                raise DataError(root / WORDS, f"there is no line of '{voice.name}', the recording of '{label}'")
            yield {
                "id": f"{split}_{index:03d}",
                "text": sentence,
                "speaker": label,
                "prompt_audio": Audio(str(voice or label)),
                "prompt_text": "" if voice is None else words[voice.name],
            }


def _parted(path: Path) -> Iterator[tuple[str, str]]:
    for number, line in text_lines(path):
        name, bar, rest = line.partition("|")
        if not bar or not name.strip() or not rest.strip():
            raise DataError(path, f"expected a name, a bar and a text, found '{line.strip()[:60]}'", number)
        yield name.strip(), rest.strip()
