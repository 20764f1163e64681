"""ClothoAQA's tables: one answer per question (clean), or three rows per question, one for each annotator (raw)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from evalkit.authoring import Assessed, DataError, LineMetric, Metric, Vector, layouts, normalize, ratio

ANNOTATORS = 3
CLEAN = {"dev": "clotho_aqa_val_clean.csv", "test": "clotho_aqa_test_clean.csv"}
RAW = {"raw_dev": "clotho_aqa_val.csv", "raw_test": "clotho_aqa_test.csv"}


class Tables(layouts.Csv):
    """The clean tables, in UTF-8, and the raw ones, in Latin-1, whose rows are joined by threes.

    Args:
        clean, raw: folders of the tables, with a slash at the end.
        fields: as `layouts.Csv`; "answers" is the column of all annotators' answers.
    """

    def __init__(self, clean: str, raw: str, fields: Mapping[str, Any]) -> None:
        files = {split: f"{clean}{name}" for split, name in CLEAN.items()}
        files |= {split: f"{raw}{name}" for split, name in RAW.items()}
        super().__init__(files, key, fields, media="audio_files")
        self._latin = layouts.Csv({}, key, fields, encoding="latin-1")

    def records(self, place: Any, path: Path, split: str) -> Iterator[Any]:
        """One row per question.

        Raises:
            DataError: three rows of a raw table that do not belong together.
        """
        together = ANNOTATORS if split in RAW else 1
        waiting: list[Any] = []
        read = self._latin.records if split in RAW else super().records
        for row in read(place, path, split):
            waiting.append(row)
            if _asked(row.raw) != _asked(waiting[0].raw):
                break
            if len(waiting) == together:
                yield waiting[0]._replace(raw={**waiting[0].raw, "answers": [one.raw["answer"] for one in waiting]})
                waiting = []
        if waiting:
            raise DataError(
                waiting[-1].place, f"expected {together} consecutive rows of each question, as the raw tables have them"
            )


class Annotations(LineMetric):
    """Share of the annotators' answers that the reply is equal to, in %; each annotator counts once."""

    kind = "annotations"
    PROFILES: ClassVar[Mapping[str, str]] = {"whisper_basic": "after Whisper's basic normaliser and stripping"}

    def __init__(self, profile: str = "whisper_basic") -> None:
        super().__init__(profile)
        self.metrics = (Metric("annotations", "Annotations met", ("met", "annotations"), ratio),)
        self._basic = normalize.get(profile)

    def check(self, line: Mapping[str, Any], place: str) -> None:
        """There must be answers.

        Raises:
            DataError: there are none.
        """
        if not line.get("answers"):
            raise DataError(place, "no answers of annotators")

    def assess(self, line: Mapping[str, Any], place: str) -> Assessed:
        """How many annotators said so."""
        said = self._basic(str(line["response"])).strip()
        met = sum(self._basic(answer).strip() == said for answer in line["answers"]) if said else 0
        return Assessed({"met": met}, {"annotations": (float(met), float(len(line["answers"])))})

    def worst(self, line: Mapping[str, Any], place: str) -> dict[str, Vector]:
        """None."""
        return {"annotations": (0.0, float(len(line["answers"])))}


def _asked(raw: Mapping[str, Any]) -> tuple[str, str]:
    return str(raw["file_name"]).strip(), str(raw["QuestionText"]).strip()


def folded(answer: str) -> str:
    """An answer without the differences of case and spacing between the tables."""
    return " ".join(answer.split()).casefold()


def agreement(raw: Mapping[str, Any]) -> str:
    """How far annotators agree: "unanimous", "majority" (two of three), "none"; "clean" where one answer is left."""
    most = max(Counter(map(folded, raw["answers"])).values())
    if len(raw["answers"]) == 1:
        return "clean"
    return {ANNOTATORS: "unanimous", ANNOTATORS - 1: "majority"}.get(most, "none")


def agreed(raw: Mapping[str, Any]) -> str:
    """Whether at least two annotators agree, "yes" or "no"."""
    return "no" if agreement(raw) == "none" else "yes"


def accepted(raw: Mapping[str, Any]) -> list[str]:
    """The answers that count as right: that of most annotators, or each of them where all differ."""
    counts = Counter(map(folded, raw["answers"]))
    most = max(counts.values())
    return [one for one in counts if counts[one] == most]


def kind(raw: Mapping[str, Any]) -> str:
    """Whether a question is answered with yes or no: "yes_no" or "word"."""
    return "yes_no" if set(accepted(raw)) <= {"yes", "no"} else "word"


def key(raw: Mapping[str, Any], index: int) -> str:
    """The number of the question in its table, and the recording's name."""
    name = re.sub(r"\.\w+$", "", str(raw["file_name"]).strip())
    return f"{index:04d}-{name}"
