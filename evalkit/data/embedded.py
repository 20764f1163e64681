"""Data that travels with evalkit, inside a task's folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evalkit.core.errors import DataError
from evalkit.core.source import Rows, Source
from evalkit.data.corpora.layout import Layout
from evalkit.data.dataset import LocalRows


class Embedded(Source):
    """A data set that is part of the installation; `--data` does not concern it.

    Args:
        folder: where it lies.
        splits: its splits, in order.
        layout: how it lies there.
    """

    def __init__(self, folder: Path, splits: Sequence[str], layout: Layout) -> None:
        self.folder, self.splits, self.layout = folder, tuple(splits), layout

    def locate(self, data: Path | None, revision: str | None = None) -> Rows:
        """The embedded rows, wherever other data lies.

        Raises:
            DataError: the installation lacks them.
        """
        if self.layout.present(self.folder, self.splits) != self.splits:
            raise DataError(self.folder, "this installation lacks the embedded data; install evalkit again")
        return LocalRows(self.layout, self.folder, self.splits)
