"""Tags: several labels of a closed vocabulary for one item, found in free text or in a list."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from evalkit.core.errors import DataError, UnknownNameError, UsageError
from evalkit.core.metric import Metric, ratio, reduction
from evalkit.core.score import Vector
from evalkit.metrics.line_metric import Assessed, Line, LineMetric, LineScorer

EMPTY_REFERENCE = "empty_reference"
_SPACING = re.compile(r"[\s_\-]+")
_MARKS = " \t\r\n\"'`*“”‘’«»[](){}<>.,;:!"
_BULLET = re.compile(r"^\s*(?:[-*•·+]|\(?\d+[.)]|\(?[a-z][.)])\s+", re.IGNORECASE)
_BETWEEN = re.compile(r"[,;\n\r|、，；]")
_AND = re.compile(r"\s+(?:and|&)\s+|^(?:and|&)\s+|/", re.IGNORECASE)  # may also stand in a tag
_FENCE = re.compile(r"```[a-z]*")
_NO_SEPARATORS = 200  # no tag is longer: such a piece is prose


@reduction
def micro_f1(total: Any) -> Any:
    """F1 over all (item, tag) pairs, %: entries are true positives, false positives, false negatives."""
    return 200.0 * total[0] / (2 * total[0] + total[1] + total[2])


@reduction
def macro_f1(total: Any) -> Any:
    """Mean of the tags' F1, %: three entries for each tag; a tag that nobody has and nobody names counts as 0."""
    tags = len(total) // 3
    value: Any = 0.0
    for tag in range(tags):
        found, extra, missed = total[3 * tag], total[3 * tag + 1], total[3 * tag + 2]
        value = value + 200.0 * found / _at_least_one(2 * found + extra + missed)
    return value / tags


def _at_least_one(number: Any) -> Any:
    """A denominator, of whole counts, that is nowhere zero; its numerator is zero where it was."""
    return number + (number == 0)


def folded(tag: str, prefixed: bool = False) -> str:
    """A tag without the differences of spelling between lists: case, spacing, hyphens.

    "noVocals", "No vocals" and "no-vocals" are one tag; "no vocal" and "no voice" are others.

    Args:
        tag: as written.
        prefixed: drop a leading "type---", as the MTG lists have it.
    """
    if prefixed:
        tag = tag.rpartition("---")[2]
    return _SPACING.sub("", tag).casefold()


class Vocabulary:
    """The tags there are, in their order.

    Args:
        tags: as the data write them.
        prefixed: they carry a leading "type---" that answers may leave out.

    Raises:
        UsageError: there is none, or two are the same but for case and spacing.
    """

    def __init__(self, tags: Iterable[str], prefixed: bool = False) -> None:
        self.tags, self.prefixed = tuple(tags), prefixed
        if not self.tags:
            raise UsageError("tags: the vocabulary is empty")
        self._places: dict[str, int] = {}
        for place, tag in enumerate(self.tags):
            key = folded(tag, prefixed)
            if not key:
                raise UsageError(f"tags: the vocabulary has a tag without a name: {tag!r}")
            if key in self._places:
                twin = self.tags[self._places[key]]
                raise UsageError(f"tags: '{twin}' and '{tag}' of the vocabulary differ in case, spacing or type only")
            self._places[key] = place
        self._place = lru_cache(maxsize=1 << 16)(lambda tag: self._places.get(folded(tag, prefixed)))

    def place(self, tag: str) -> int | None:
        """Where the tag stands; None when it is not one of the vocabulary."""
        return self._place(tag)

    def read(self, response: str | Sequence[str]) -> tuple[set[int], list[str]]:
        """The tags that a response names.

        A text is a JSON list, or pieces between commas, semicolons, bars or lines, with bullets, quotes, marks of
        emphasis and a lead-in before a colon taken off; what is no tag as a whole is parted at "and" and slashes.

        Returns:
            Places of those in the vocabulary, and the other pieces, each once and in order.
        """
        found: set[int] = set()
        others: dict[str, None] = {}
        for piece in dict.fromkeys(_pieces(response) if isinstance(response, str) else response):
            for name in self._names(piece):
                place = self.place(name)
                if place is not None:
                    found.add(place)
                elif name.strip(_MARKS):
                    others[name.strip(_MARKS)] = None
        return found, list(others)

    def _names(self, piece: str) -> Iterator[str]:
        """A piece as it stands where that is a tag, else without what surrounds it, else its parts."""
        for name in (piece, bare := _BULLET.sub("", piece).strip(_MARKS)):
            if self.place(name) is not None:
                yield name
                return
        after = bare.rpartition(":")[2].strip(_MARKS) if len(bare) <= _NO_SEPARATORS else bare
        parts = [after] if self.place(after) is not None else [part.strip(_MARKS) for part in _AND.split(after)]
        yield from (part for part in parts if part)


def _pieces(text: str) -> list[str]:
    text = _FENCE.sub("", text).strip()
    if text.startswith("["):
        try:
            listed = json.loads(text)
        except (ValueError, RecursionError):
            listed = None
        if isinstance(listed, list) and all(isinstance(one, str) for one in listed):
            return listed
    return _BETWEEN.split(text)


class Tags(LineMetric):
    """Micro and macro F1 of tags of a closed vocabulary, %.

    Fields of a line: "reference" (a list of tags, all of the vocabulary), "response" (a text, or a list of tags).
    Names outside the vocabulary are left out of the official value; the strict micro F1 counts each as a false
    positive. `out_of_vocabulary` is their share of all names given.

    Args:
        profile: "mtg", "mtt" or "closed".
        vocabulary: the tags, or a file: a JSON list, or one tag a line (of a table, the first column).
    """

    kind = "tags"
    LISTS: ClassVar[tuple[str, ...]] = (*LineMetric.LISTS, "reference")
    PROFILES: ClassVar[Mapping[str, str]] = {
        "closed": "any vocabulary; every item has a tag (default)",
        "mtg": "MTG-Jamendo: tags may carry their type, genre---rock; every item has a tag",
        "mtt": "MagnaTagATune: items without any tag are there, and whatever is named of them is wrong",
    }

    def __init__(self, profile: str = "closed", *, vocabulary: Sequence[str] | str | Path | None = None) -> None:
        if vocabulary is None:
            raise UsageError(
                "tags needs a vocabulary: a list of tags, or a file with one a line (--scorer-arg vocabulary=FILE)"
            )
        super().__init__(profile)
        named = read_vocabulary(Path(vocabulary)) if isinstance(vocabulary, (str, Path)) else vocabulary
        self.vocabulary = Vocabulary(named, prefixed=profile == "mtg")
        counted = ("true_positives", "false_positives", "false_negatives")
        fields = tuple(f"{what}_{tag}" for tag in self.vocabulary.tags for what in counted)
        self.metrics = (
            Metric("micro_f1", "micro F1", counted, micro_f1),
            Metric("macro_f1", "macro F1", fields, macro_f1),
            Metric("out_of_vocabulary", "OOV", ("unknown", "named"), ratio, higher_is_better=False),
        )

    def identity(self) -> Mapping[str, Any]:
        """The vocabulary."""
        content = json.dumps(self.vocabulary.tags, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return {"rule": 1, "vocabulary": hashlib.sha256(content).hexdigest()}

    def check(self, line: Line, place: str) -> None:
        """The reference is a list of tags of the vocabulary.

        Raises:
            DataError: it is something else, or empty where the profile knows no such items.
        """
        self._reference(line, place)

    def assess(self, line: Line, place: str) -> Assessed:
        """Tags found, named without reason, and missed.

        Raises:
            DataError: the reference as in `check`; the response is neither a text nor a list of texts.
        """
        wanted = self._reference(line, place)
        response = line.get("response")
        if not isinstance(response, str) and not _texts(response):
            raise DataError(place, f'expected a text or a list of tags in "response", got {response!r:.200}')
        assert isinstance(response, (str, list))
        found, others = self.vocabulary.read(response)
        faithful, strict = self._statistics(wanted, found, len(others))
        unread = isinstance(response, str) and bool(wanted) and not found
        right, extra, missed = faithful["micro_f1"]
        read = [self.vocabulary.tags[place] for place in sorted(found)]
        outputs = {"tp": right, "fp": extra, "fn": missed, "tags": read, "unknown": others}
        flags = () if wanted else (EMPTY_REFERENCE,)
        return Assessed(outputs, faithful, strict, "unparsed" if unread else "scored", flags)

    def worst(self, line: Line, place: str) -> Mapping[str, Vector]:
        """All tags missed."""
        return self._statistics(self._reference(line, place), set(), 0)[0]

    def _statistics(
        self, wanted: set[int], found: set[int], unknown: int
    ) -> tuple[Mapping[str, Vector], Mapping[str, Vector]]:
        by_tag = [0] * (3 * len(self.vocabulary.tags))
        for place in wanted | found:
            by_tag[3 * place + (2 if place not in found else 1 if place not in wanted else 0)] = 1
        right = len(wanted & found)
        extra, missed = len(found) - right, len(wanted) - right
        rest: dict[str, Vector] = {"macro_f1": tuple(by_tag)}
        if unknown + len(found):
            rest["out_of_vocabulary"] = (unknown, unknown + len(found))
        return (
            {"micro_f1": (right, extra, missed), **rest},
            {"micro_f1": (right, extra + unknown, missed), **rest},
        )

    def _reference(self, line: Line, place: str) -> set[int]:
        reference = line.get("reference")
        if not isinstance(reference, list) or not _texts(reference):
            raise DataError(place, f'expected a list of tags in "reference", got {reference!r:.200}')
        if not reference and self.profile != "mtt":
            raise DataError(
                place, f"\"reference\" is an empty list; profile '{self.profile}' knows no item without a tag"
            )
        places = set()
        for tag in reference:
            found = self.vocabulary.place(tag)
            if found is None:
                raise DataError(place, str(UnknownNameError('tag in "reference"', tag, self.vocabulary.tags)))
            places.add(found)
        return places


def read_vocabulary(path: Path) -> list[str]:
    """The tags in a file.

    Args:
        path: a JSON list (.json), or lines; of a line with tabs, or with commas in a .csv, the first column counts,
            and a first line that says "tag", "tags" or "label" is a heading.

    Raises:
        DataError: it cannot be read, or holds no list of texts.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(path, f"the vocabulary cannot be read: {error}") from error
    if path.suffix == ".json":
        try:
            listed = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DataError(path, f"not JSON: {error}") from error
        if not _texts(listed):
            raise DataError(path, "expected a JSON list of tags")
        assert isinstance(listed, list)
        return listed
    comma = "," if path.suffix == ".csv" else "\t"
    tags = [line.split("\t")[0].split(comma)[0].strip() for line in text.splitlines() if line.strip()]
    return tags[1:] if tags and tags[0].casefold() in ("tag", "tags", "label") else tags


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def tags(
    profile: str = "closed", *, vocabulary: Sequence[str] | str | Path | None = None, heard: bool = False
) -> LineScorer:
    """The tagging scorer of a task; see `Tags`. `heard` scores what a transcriber heard of a spoken answer."""
    return LineScorer(Tags(profile, vocabulary=vocabulary), heard)
