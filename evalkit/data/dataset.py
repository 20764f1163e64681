"""The source of a published data set: a local copy in any of its known layouts, else the hub."""

from __future__ import annotations

import copy
import functools
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.core.errors import DataError
from evalkit.core.source import Row, Rows, Source
from evalkit.data.corpora.layout import Layout, distinct
from evalkit.data.fingerprint import content_hashes
from evalkit.data.hub import Hub


class Dataset(Source):
    """A published data set.

    Args:
        folder: name of its folder below the user's data folder.
        splits: the task's splits, in order.
        layouts: layouts of a local copy, tried in order; None for the Parquet files of the hub's repository.
        hub: where it is read from without a local copy; None where no hub copy is known.
        get: how to obtain it, one or two sentences for error messages.
    """

    def __init__(
        self,
        folder: str,
        splits: Sequence[str],
        layouts: Sequence[Layout] | None = None,
        hub: Hub | None = None,
        get: str = "",
    ) -> None:
        self.folder, self.splits = folder, tuple(splits)
        if layouts is None:
            layouts = () if hub is None else (hub.downloaded(),)
        self.layouts = tuple(layouts)
        self.hub, self.get = hub, get
        self.demands_media, self.outside = True, False

    def locate(self, data: Path | None, revision: str | None = None) -> Rows:
        """Find the data set: below `data` when it is given, else on the hub.

        A local copy is looked for in `data/folder`, then in `data` itself; the first layout with at least one of the
        task's splits is taken. Its revision is "local:" and a hash of its files' names and contents.

        Args:
            data: folder with local copies.
            revision: commit, branch or tag on the hub; with a local copy only its own fingerprint is accepted.

        Raises:
            DataError: not found, listing where and what was looked for and how to get it; or another revision.
        """
        if data is not None:
            return _checked(self._local((data / self.folder, data), data), revision)
        if self.hub is None:
            raise DataError(
                self.folder,
                "there is no hub copy to read this data set from; give the folder that holds a local copy with --data "
                f"or EVALKIT_DATA{self._how()}",
            )
        return self.hub.rows(self.splits, revision)

    def without_media(self) -> Dataset:
        """The data set for those who open no media; see `Source.without_media`."""
        made = copy.copy(self)
        made.demands_media = False
        return made

    def anywhere(self) -> Dataset:
        """A local copy's lists may name files anywhere; see `Source.anywhere`."""
        made = copy.copy(self)
        made.outside = True
        return made

    def _local(self, roots: Sequence[Path], data: Path) -> LocalRows:
        if not data.is_dir():
            raise DataError(data, "no such folder; --data and EVALKIT_DATA name the folder with local copies")
        places = [(root, layout) for root in roots if root.is_dir() for layout in self.layouts]
        for root, layout in places:
            if present := layout.present(root, self.splits):
                if not self.demands_media:
                    layout = layout.without_media()
                    present = layout.present(root, self.splits)
                return LocalRows(layout, root, present, self.outside)
        for root, layout in () if self.demands_media else places:
            layout = layout.without_media()
            if present := layout.present(root, self.splits):
                return LocalRows(layout, root, present, self.outside)
        looked = "\n".join(f"  {root}/{layout.describe}" for root in roots for layout in self.layouts)
        raise DataError(data, f"no copy of '{self.folder}' found; looked for\n{looked}{self._how()}")

    def _how(self) -> str:
        return f"\nHow to get it: {self.get}" if self.get else ""


class LocalRows(Rows):
    """A local copy, found in one layout.

    Args:
        layout: how it lies on the disk.
        root: folder the layout starts from.
        splits: those present.
        outside: its lists may name files anywhere.
    """

    def __init__(self, layout: Layout, root: Path, splits: tuple[str, ...], outside: bool = False) -> None:
        self.layout, self.root, self.splits, self.outside = layout, root, splits, outside
        self.location = str(root)
        self.cheap = layout.cheap

    @functools.cached_property
    def revision(self) -> str:  # type: ignore[override]
        """Hash of all files of the splits, found when it is first asked for.

        Raises:
            DataError: a file cannot be read, or a list names one outside of the root.
        """
        found, self.established = fingerprint(self.layout, self.root, self.splits, outside=self.outside)
        return f"local:{found}"

    def read(self, split: str) -> Iterator[Row]:
        """Rows of one split, in normal form.

        Raises:
            DataError: broken data, an id that occurs twice, or a split without rows.
        """
        return distinct(functools.partial(self.layout.read, self.root, split), self.root, split)


def fingerprint(
    layout: Layout, root: Path, splits: Sequence[str], *, outside: bool = False
) -> tuple[str, Mapping[str, Any]]:
    """Hash of a local copy, names and contents of all of its files, and how it was found; no path above its root.

    Raises:
        DataError: a file cannot be read, or lies elsewhere, unless `outside` allows it.
    """
    files = {split: list(layout.files(root, split)) for split in splits}
    if not outside:
        _check_below(root, files)
    contents, how = content_hashes([path for split in splits for path in files[split]])
    digest, place = hashlib.blake2b(digest_size=10), 0
    top = f"{root}/"
    for split in splits:
        lines = []
        for path in files[split]:
            name = path.as_posix().removeprefix(top)
            lines.append(f"{name} {contents[place] or 'missing'}\n")  # reading names it, with all others
            place += 1
        digest.update(f"split {split}\n".encode())
        digest.update("".join(sorted(lines)).encode(errors="surrogateescape"))
    return digest.hexdigest(), how.record()


def _check_below(root: Path, files: Mapping[str, Sequence[Path]]) -> None:
    """Refuse names that lead out of the root; links in it are its owner's, such as those of the hub's cache.

    Raises:
        DataError: naming the first.
    """
    tops = {os.path.normpath(root), os.path.abspath(root), os.path.realpath(root)}
    below = tuple(top.rstrip(os.sep) + os.sep for top in tops if top != os.curdir)
    for split, paths in files.items():
        for path in map(os.fspath, paths):
            plain = os.path.normpath(path) if os.pardir in path else path
            if plain.startswith(below) or (os.curdir in tops and not plain.startswith((os.sep, os.pardir))):
                continue
            if os.path.exists(plain):  # else it was written on another machine: reading says so
                raise DataError(
                    root,
                    f"split {split} names {path}, which lies outside of this folder; data of others could name any "
                    "file here. Allow it with --allow-outside-media",
                )


def _checked(rows: LocalRows, revision: str | None) -> LocalRows:
    if revision is not None and revision != rows.revision:
        raise DataError(
            rows.location,
            f"--revision {revision} was asked for, but this local copy is {rows.revision}; leave --revision out, or "
            "read from the hub (no --data, no EVALKIT_DATA)",
        )
    return rows
