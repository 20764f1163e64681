"""Where samples come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self

Row = Mapping[str, Any]


class Rows(ABC):
    """A located data set, ready to be read as often as needed.

    Attributes:
        splits: names of its splits, in order.
        revision: commit, version or fingerprint of the data; part of the run's identity.
        location: where it was found, for people.
        cheap: True when reading all rows costs little, so that they can be checked before a model is loaded.
        established: how the revision was found, for the record; filled by the time it is known.
    """

    splits: tuple[str, ...]
    revision: str
    location: str
    cheap: bool = False
    established: Mapping[str, Any] = MappingProxyType({})

    @abstractmethod
    def read(self, split: str) -> Iterator[Row]:
        """Rows of one split, in a fixed order; media as lazy handles.

        Raises:
            DataError: naming file and line, or the sample.
        """


class Source(ABC):
    """A declared data set; `locate` finds it without reading it."""

    splits: tuple[str, ...]

    @abstractmethod
    def locate(self, data: Path | None, revision: str | None = None) -> Rows:
        """Find the data.

        Args:
            data: folder with local mirrors (`--data`, EVALKIT_DATA); None for the hub.
            revision: overrides the pinned revision.

        Raises:
            DataError: not found; the message lists where it was looked for and how to get it.
        """

    def without_media(self) -> Self:
        """The same source for those who open no media: files that rows name need not be there.

        A handle of one that is missing fails when it is opened. Ids and references are the same; the fingerprint is of
        the files that are there.
        """
        return self

    def anywhere(self) -> Self:
        """The same source where data may name media outside of their folder; itself where they can name none."""
        return self
