"""FLEURS as pairs of languages: recordings of one, with the same sentences in another."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evalkit.authoring import DataError, Dataset, Row, Rows, Source


class Pairs(Source):
    """Recordings of a source language, each with the text that its sentence has in the target language.

    Args:
        languages: the data set, one split a language, whose rows have "sentence", its id in all languages, and "audio".
        texts: the same without recordings; its rows have "sentence" and "text".
        pairs: split -> source and target.
    """

    def __init__(self, languages: Dataset, texts: Dataset, pairs: Mapping[str, tuple[str, str]]) -> None:
        self.languages, self.texts, self.pairs, self.splits = languages, texts, dict(pairs), tuple(pairs)

    def locate(self, data: Path | None, revision: str | None = None) -> Rows:
        """Find both sides; of a target language the texts are enough.

        Raises:
            DataError: not found, or another revision than the one asked for.
        """
        if data is None:
            return PairRows(self.languages.locate(data, revision), self.texts.locate(data, revision), self.pairs, False)
        found = PairRows(self.languages.locate(data), self.texts.locate(data), self.pairs, True)
        if revision is not None and revision != found.revision:
            raise DataError(
                found.location, f"--revision {revision} was asked for, but this local copy is {found.revision}"
            )
        return found

    def without_media(self) -> Pairs:
        """The pairs for those who open no recordings."""
        made = copy.copy(self)
        made.languages = self.languages.without_media()
        return made


class PairRows(Rows):
    """Both sides, located.

    Args:
        heard: languages with recordings.
        written: languages with texts.
        pairs: split -> source and target.
        local: they lie on this machine, so that reading the texts costs little.
    """

    def __init__(self, heard: Rows, written: Rows, pairs: Mapping[str, tuple[str, str]], local: bool) -> None:
        self._heard, self._written, self._pairs, self._local = heard, written, pairs, local
        self.splits = tuple(
            split for split, (source, target) in pairs.items() if source in heard.splits and target in written.splits
        )
        self.location, self.cheap = heard.location, heard.cheap
        self._texts: dict[str, dict[str, str]] = {}

    @property
    def revision(self) -> str:  # type: ignore[override]
        """That of the recordings, and that of the texts where it is another."""
        heard, written = self._heard.revision, self._written.revision
        return heard if heard == written else f"{heard}+{written}"

    @property
    def established(self) -> Mapping[str, Any]:  # type: ignore[override]
        """How the revision was found, and how many recordings of which pair have no text in the target language."""
        untold = {pair: count for pair in self.splits if self._local and (count := self._without_translation(pair))}
        return {**self._heard.established, **({"without_translation": untold} if untold else {})}

    def _without_translation(self, split: str) -> int:
        source, target = self._pairs[split]
        if source not in self._written.splits:
            return 0
        texts = self._texts_of(target)
        return sum(row["sentence"] not in texts for row in self._written.read(source))

    def read(self, split: str) -> Iterator[Row]:
        """Recordings in the order of the source language; one whose sentence the target lacks is no item of the pair.

        Raises:
            DataError: broken data, or no sentence that both languages have.
        """
        source, target = self._pairs[split]
        texts = self._texts_of(target)
        told = False
        for row in self._heard.read(source):
            text = texts.get(row["sentence"])
            if text is not None:
                told = True
                yield {**row, "translation": text}
        if not told:
            raise DataError(self.location, f"{source} and {target} have no sentence in common")

    def _texts_of(self, language: str) -> dict[str, str]:
        if language not in self._texts:
            found: dict[str, str] = {}
            for row in self._written.read(language):
                found.setdefault(row["sentence"], row["text"])
            self._texts[language] = found
        return self._texts[language]
