"""Items that are folders of files, or one JSON file each; and layouts that lie inside a zip archive."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.core.errors import DataError
from evalkit.core.message import Media
from evalkit.core.source import Row
from evalkit.data.corpora.json_files import parsed
from evalkit.data.corpora.layout import Layout, is_hidden
from evalkit.data.corpora.places import Disk, Place, Zipped
from evalkit.data.corpora.records import Files, Record, Records, named_for, unpacked


class Folders(Records):
    """One folder per item, or one JSON file per item.

    Of a folder, every file is a column under its name: the content of NAME.json and NAME.txt, the path of any other.
    "folder" is its name and "path" its path below the root; the fields of `record` are columns too. Of a JSON file,
    its object's fields are columns, and "file" is its name without the ending. The default id is that name.

    Args:
        pattern: glob pattern of the folders or the JSON files below the root, with {split}, such as "{split}/*" or
            "{split}/*.json"; a mapping where it depends on the split.
        id: column, template or function; see `Columns`.
        record: name of the JSON file in each folder whose fields are the item's.
        fields, media, ...: as `Records`.
    """

    def __init__(self, pattern: Files, id: Any = None, *arguments: Any, record: str | None = None, **more: Any) -> None:
        first = pattern if isinstance(pattern, str) else next(iter(pattern.values()))
        self.single = first.endswith(".json")
        super().__init__(pattern, id or ("{file}" if self.single else "{folder}"), *arguments, **more)
        self.record = record

    def splits(self, root: Path) -> tuple[str, ...]:
        """Splits with an item; those that stand in the pattern, where no mapping names them; else "all"."""
        if self.single or not isinstance(self.paths, str):
            return super().splits(root)
        if "{split}" not in self.paths:
            return self.present(root, ("all",))
        before, _, behind = self.paths.partition("{split}")
        found = sorted(path.name for path in root.glob(f"{before}*") if path.is_dir() and not is_hidden(path.name))
        names = [name.removesuffix(behind.partition("/")[0]) for name in found]
        return self.present(root, tuple(name.removeprefix(before.rpartition("/")[2]) for name in names))

    def records(self, place: Place, path: Path, split: str) -> Iterator[Record]:
        """The item of a folder or a file."""
        if self.single:
            found = self._json(place, path)
            if not isinstance(found, Mapping):
                raise DataError(path, "its JSON is no object; where one file holds many items, use layouts.Json")
            yield Record({"file": path.stem, **found}, str(path))
            return
        raw: dict[str, Any] = {"folder": path.name, "path": path.relative_to(place.top).as_posix()}
        for file in place.inside(path):
            name = file.relative_to(path).as_posix()
            if file.suffix == ".json":
                raw[name] = self._json(place, file)
            elif file.suffix == ".txt":
                raw[name] = self._text(place, file)
            else:
                raw[name] = name
        if self.record is not None:
            found = raw.get(self.record)
            if not isinstance(found, Mapping):
                problem = "is no object" if self.record in raw else "is not there"
                raise DataError(path, f"its record '{self.record}' {problem}; the folder has {', '.join(raw)}")
            raw = {**raw, **found}
        yield Record(raw, str(path))

    def _sources(self, place: Place, split: str) -> list[Path]:
        paths = self._paths(place, split)
        return paths if self.single else [file for path in paths for file in place.inside(path)]

    def _paths(self, place: Place, split: str) -> list[Path]:
        if self.single:
            return super()._paths(place, split)
        pattern = named_for(self.paths, split)
        return [] if pattern is None else place.folders_named(pattern)

    def _row(self, path: Path, index: int, record: Record, split: str, fetch: Callable[..., Media]) -> Row:
        beside = path if self.single else path / (self.record or "*")  # paths are relative to the item's folder
        return super()._row(beside, index, record, split, fetch)

    @staticmethod
    def _json(place: Place, path: Path) -> Any:
        with place.opened(path) as file, unpacked(file) as plain:
            return parsed(plain.read(), path)

    @staticmethod
    def _text(place: Place, path: Path) -> str:
        with place.opened(path) as file:
            data = file.read()
        try:
            return data.decode("utf-8").removeprefix("\ufeff").strip()
        except UnicodeDecodeError as error:
            raise DataError(path, f"not UTF-8 text ({error.reason})") from None


class Zip(Layout):
    """A layout inside a zip archive that is not unpacked: its files, and the media beside them, are members.

    Args:
        archive: the archive below the root, with {split}; a mapping where it depends on the split.
        inner: how the files lie in it: `Json`, `JsonLines`, `Csv`, `Tsv`, `Lines` or `Folders`.
    """

    def __init__(self, archive: Files, inner: Records) -> None:
        self.archive, self.inner = archive, inner
        self.cheap = inner.cheap
        shown = archive if isinstance(archive, str) else f"{{{','.join(dict.fromkeys(archive.values()))}}}"
        self.describe = f"{shown}:{inner.describe}"

    def _place(self, root: Path, split: str) -> Zipped | None:
        name = named_for(self.archive, split)
        found = [] if name is None else Disk(root).named(name)
        if len(found) > 1:
            names = ", ".join(path.name for path in found)
            raise DataError(root, f"{len(found)} archives fit '{name}' of split {split}: {names}; leave one there")
        return Zipped(found[0], self.inner.media) if found else None

    def splits(self, root: Path) -> tuple[str, ...]:
        """Splits that the mapping or the archives' names give, where their files are inside; else "all"."""
        if not isinstance(self.archive, str):
            return self.present(root, tuple(self.archive))
        if "{split}" not in self.archive:
            mapped = self.inner.paths
            return self.present(root, ("all",) if isinstance(mapped, str) else tuple(mapped))
        before, _, behind = self.archive.partition("{split}")
        found = Disk(root).named(f"{before}*{behind}")
        names = (path.relative_to(root).as_posix()[len(before) : -len(behind) or None] for path in found)
        return self.present(root, tuple(names))

    def present(self, root: Path, names: Sequence[str]) -> tuple[str, ...]:
        """Splits whose archive holds their files."""
        places = ((name, self._place(root, name)) for name in names)
        return tuple(name for name, place in places if place is not None and self.inner.present_in(place, (name,)))

    def files(self, root: Path, split: str) -> Iterable[Path]:
        """The archive."""
        place = self._place(root, split)
        return () if place is None else (place.archive,)

    def read(self, root: Path, split: str) -> Iterator[Row]:
        """Rows of the files inside; media are read when they are opened.

        Raises:
            DataError: no whole archive, a member larger than 4 GiB, or as the inner layout.
        """
        place = self._place(root, split)
        if place is None:
            raise DataError(root, f"split {split} is not there; expected {self.describe}")
        inner = self.inner if self.demands_media else self.inner.without_media()
        return inner.read_in(place, split)
