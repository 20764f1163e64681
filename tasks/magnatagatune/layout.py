"""The two test sets of MagnaTagATune, as parts of one: clips with a tag of the fifty, and clips without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evalkit.authoring import layouts

# Spelt as the annotations have them; the widely copied list writes noVocals, maleVocal, newAge.
TAGS = (
    "guitar", "classical", "slow", "techno", "strings", "drums", "electronic", "rock", "fast", "piano", "ambient",
    "beat", "violin", "vocal", "synth", "female", "indian", "opera", "male", "singing", "vocals", "no vocals",
    "harpsichord", "loud", "quiet", "flute", "woman", "male vocal", "no vocal", "pop", "soft", "sitar", "solo", "man",
    "classic", "choir", "voice", "new age", "dance", "male voice", "female vocal", "beats", "harp", "cello", "no voice",
    "weird", "country", "metal", "female voice", "choral",
)  # fmt: skip
TESTED = "def"  # of the sixteen folders 0 to f
WITH_TAGS, WITHOUT = "samplecnn", "untagged"


class Annotations(layouts.Tsv):
    """The published annotations_final.csv, a table of 188 tags with 0 and 1; the test clips lie in folders d, e, f."""

    def records(self, place: Any, path: Path, split: str) -> Iterator[Any]:
        """The lines of test clips of one of the two parts."""
        for record in super().records(place, path, split):
            tagged = any(record.raw.get(tag) == "1" for tag in TAGS)
            if record.raw.get("mp3_path", TESTED)[:1] in TESTED and tagged == (split == WITH_TAGS):
                yield record


class Marble(layouts.JsonLines):
    """MARBLE's MTT.test.jsonl, whose rows have a list of labels, also an empty one."""

    def records(self, place: Any, path: Path, split: str) -> Iterator[Any]:
        """The lines of one of the two parts."""
        for record in super().records(place, path, split):
            if bool(record.raw.get("label")) == (split == WITH_TAGS):
                yield record
