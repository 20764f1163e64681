"""CochlScene's folders: each scene is a folder of recordings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from evalkit.authoring import Audio, DataError, Row, layouts

FOLDERS = {"test": "Test", "val": "Val"}


class Scenes(layouts.Layout):
    """SPLIT/SCENE/*.wav below a folder.

    Args:
        top: folder below the root, with a slash at the end, or "".
    """

    def __init__(self, top: str) -> None:
        self.top = top
        self.describe = f"{top}{{Test,Val}}/SCENE/*.wav"

    def splits(self, root: Path) -> tuple[str, ...]:
        """Splits with a folder."""
        return tuple(split for split in FOLDERS if self._folder(root, split).is_dir())

    def files(self, root: Path, split: str) -> Iterator[Path]:
        """The recordings."""
        folder = self._folder(root, split)
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
                yield path

    def read(self, root: Path, split: str) -> Iterator[Row]:
        """The recordings by scene and name; a file that lies elsewhere is refused."""
        folder = self._folder(root, split)
        for path in self.files(root, split):
            inside = path.relative_to(folder)
            if len(inside.parts) != 2:
                raise DataError(path, f"expected {self.top}{FOLDERS[split]}/SCENE/NAME.wav; take it out of there")
            yield {"id": inside.with_suffix("").as_posix(), "audio": Audio(str(path)), "scene": inside.parts[0]}

    def _folder(self, root: Path, split: str) -> Path:
        return root / f"{self.top}{FOLDERS[split]}"
