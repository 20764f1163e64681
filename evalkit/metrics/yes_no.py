"""Yes or no: questions about an image that come in groups, as MME and HallusionBench score them.

A line is {"id", "category", "group", "answer", "response"}. Beside the accuracy over single questions there are metrics
that join questions: right where all of an image, a figure or a question are.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal

from evalkit.core.errors import DataError
from evalkit.core.metric import Metric, ratio
from evalkit.core.score import Vector
from evalkit.core.scorer import Answered
from evalkit.metrics.document.vqa import without_marks
from evalkit.metrics.line_metric import Assessed, Line, LineMetric, LineScorer, text_field

Reading = Literal["yes", "no", "other"]
PERCEPTION = (
    "existence", "count", "position", "color", "posters", "celebrity", "scene", "landmark", "artwork", "OCR",
)  # fmt: skip
COGNITION = ("commonsense_reasoning", "numerical_calculation", "text_translation", "code_reasoning")
_QUESTIONS_PER_IMAGE = 2
# category, subcategory, whether there is an image, set, figure, question
_ID = re.compile(r"(V[DS])_([^_]+)_([0-2])_(\d+)_(\d+)_(\d+)", re.IGNORECASE)


def first_word(response: str) -> Reading:
    """MME: "yes" or "no" alone, or within the first four characters; "yes" is looked for first.

    Source: the evaluation program of MME (BradyFu/Awesome-Multimodal-Large-Language-Models). "Nothing" reads as no.
    """
    start = response.strip().lower()[:4]
    return "yes" if "yes" in start else "no" if "no" in start else "other"


def first_word_lmms(response: str) -> Reading:
    """MME in lmms-eval: the same after dropping full stops; a lone "y" or "n" counts too."""
    text = response.lower().strip().replace(".", "")
    return "yes" if text == "y" else "no" if text == "n" else first_word(text)


def only_word(response: str) -> Reading:
    """VLMEvalKit: the word "yes" anywhere and "no" nowhere, or the other way round; both or neither is other.

    Source: vlmeval/dataset/utils/yorn.py, without a judge ("exact_matching").
    """
    words = set(without_marks(response.lower()).split())
    return "other" if ("yes" in words) == ("no" in words) else "yes" if "yes" in words else "no"


_READERS = {
    "mme": (first_word, "the program of MME: yes or no in the first four characters (default)"),
    "mme_lmms": (first_word_lmms, "lmms-eval's MME: the same without full stops; y and n count"),
    "mme_vlmevalkit": (only_word, "VLMEvalKit's MME: the word yes or no anywhere, but not both"),
    "hallusionbench": (only_word, "VLMEvalKit's HallusionBench: the word yes or no anywhere, but not both"),
}


class YesNo(LineMetric):
    """Share of questions answered rightly with yes or no, %.

    Fields of a line: "answer" ("yes" or "no", in any case), "response", "category" and "group" (MME: the image) or
    an "id" such as VD_illusion_1_0_0_0 (HallusionBench). An answer that is neither is wrong.

    Args:
        profile: "mme", "mme_lmms", "mme_vlmevalkit" or "hallusionbench".
    """

    kind = "yes_no"
    PROFILES: ClassVar[Mapping[str, str]] = {name: summary for name, (_, summary) in _READERS.items()}

    def __init__(self, profile: str = "mme") -> None:
        super().__init__(profile)
        self._read = _READERS[profile][0]
        single = Metric("accuracy", "Acc", ("right", "questions"), ratio, binary=True)
        joined = {"acc_plus": "Acc+"} if profile != "hallusionbench" else {"fAcc": "fAcc", "qAcc": "qAcc"}
        together = [Metric(name, label, ("hits", "units"), ratio, join="all") for name, label in joined.items()]
        self.metrics = (single, *together)

    def identity(self) -> Mapping[str, Any]:
        """The rule's version."""
        return {"rule": 1}

    def check(self, line: Line, place: str) -> None:
        """The answer is yes or no, and the line says which questions it belongs to.

        Raises:
            DataError: the answer is another, the id is none of HallusionBench, or MME's group or category is missing.
        """
        _answer(line, place)
        if self.profile == "hallusionbench":
            _parts(text_field(line, "id", place), place)
        else:
            group_of(line, place)

    def assess(self, line: Line, place: str) -> Assessed:
        """What the response says, and whether that is right.

        Raises:
            DataError: as `check`, or the response is no text.
        """
        said = self._read(text_field(line, "response", place))
        right = said == _answer(line, place)
        status: Literal["scored", "unparsed"] = "unparsed" if said == "other" else "scored"
        return Assessed({"parsed": said, "right": right}, self._vectors(line, place, right), status=status)

    def worst(self, line: Line, place: str) -> Mapping[str, Vector]:
        """Wrong, alone and for its group."""
        return self._vectors(line, place, False)

    def units(self, line: Line, place: str) -> Mapping[str, str]:
        """The image of MME; the figure and the question of HallusionBench."""
        if self.profile != "hallusionbench":
            return {"acc_plus": group_of(line, place)}
        name = text_field(line, "id", place)
        figure = figure_of(name, place)
        return {"qAcc": question_of(name, place), **({"fAcc": figure} if figure is not None else {})}

    def summary(self, lines: Sequence[Line], found: Sequence[Assessed | None]) -> Mapping[str, Any]:
        """The sums that the benchmarks print, where every category they need is there."""
        right = [one is not None and bool(one.outputs["right"]) for one in found]
        if self.profile == "hallusionbench":
            return {"mean": hallusionbench([str(line["id"]) for line in lines], right)["mean"]} if lines else {}
        try:
            scores = mme(lines, right)
        except DataError as error:  # a part of the questions has accuracies, but no score
            return {"categories": None, "problem": str(error)}
        return {"categories": {name: value for name, value in scores.items() if not math.isnan(value)}}

    def _vectors(self, line: Line, place: str, right: bool) -> Mapping[str, Vector]:
        """The verdict under every metric; a question without a figure is of none."""
        vector = (float(right), 1.0)
        return {"accuracy": vector, **dict.fromkeys(self.units(line, place), vector)}

    def line_of(self, answer: Answered, heard: bool = False) -> Line:
        """As everywhere; the sample's reference is the answer."""
        line = super().line_of(answer, heard)
        return line if line.get("answer") is not None else {**line, "answer": answer.reference}


def _answer(line: Line, place: str) -> str:
    answer = text_field(line, "answer", place).strip().lower()
    if answer not in ("yes", "no"):
        raise DataError(place, f'expected "yes" or "no" in "answer", got {line["answer"]!r:.200}')
    return answer


def group_of(line: Line, place: str = "line") -> str:
    """MME's group: the category and the image, whose two questions must both be right for accuracy+.

    Raises:
        DataError: "category" or "group" is no text.
    """
    return f"{text_field(line, 'category', place)}/{text_field(line, 'group', place)}"


def _parts(name: str, place: str) -> re.Match[str]:
    found = _ID.fullmatch(name)
    if found is None:
        raise DataError(place, f'expected an "id" such as VD_illusion_1_0_0_0, got {name!r:.200}')
    return found


def figure_of(name: str, place: str = "line") -> str | None:
    """HallusionBench's figure of an id: category, subcategory, set and figure; None for a question without an image.

    Source: tianyi-lab/HallusionBench utils.py, which leaves figure 0 of the category VS out: there is none.

    Raises:
        DataError: the id has another form.
    """
    category, subcategory, _, number, figure, _ = _parts(name, place).groups()
    if category.upper() == "VS" and int(figure) == 0:
        return None
    return f"{category}_{subcategory}_{number}_{figure}"


def question_of(name: str, place: str = "line") -> str:
    """HallusionBench's question of an id, asked of several figures: category, subcategory, set and question.

    Raises:
        DataError: the id has another form.
    """
    category, subcategory, _, number, _, question = _parts(name, place).groups()
    return f"{category}_{subcategory}_{number}_{question}"


def all_right(groups: Iterable[str | None], right: Iterable[bool]) -> float:
    """Share of groups whose questions are all right, %; NaN without any group. A group None is left out."""
    whole: dict[str, bool] = {}
    for group, one in zip(groups, right, strict=True):
        if group is not None:
            whole[group] = whole.get(group, True) and one
    return 100.0 * sum(whole.values()) / len(whole) if whole else math.nan


def question_accuracy(right: Sequence[bool]) -> float:
    """HallusionBench's aAcc, MME's accuracy: share of questions, %; NaN without any."""
    return 100.0 * sum(right) / len(right) if right else math.nan


def hallusionbench(names: Sequence[str], right: Sequence[bool]) -> dict[str, float]:
    """HallusionBench's three accuracies and their mean, %.

    Args:
        names: ids of the questions.
        right: the verdicts, in the same order.

    Returns:
        "aAcc" over questions, "fAcc" over figures, "qAcc" over questions with all their figures, "mean".
    """
    values = {
        "aAcc": question_accuracy(right),
        "fAcc": all_right([figure_of(name) for name in names], right),
        "qAcc": all_right([question_of(name) for name in names], right),
    }
    return values | {"mean": sum(values.values()) / 3}


def mme(lines: Sequence[Line], right: Sequence[bool]) -> dict[str, float]:
    """MME's score of each category (accuracy plus accuracy+, 0-200) and their sums.

    Args:
        lines: with "category" and "group".
        right: the verdicts, in the same order.

    Returns:
        By category, "perception" (0-2000), "cognition" (0-800) and "total" (0-2800); a sum is NaN where one of its
        categories has no question.

    Raises:
        DataError: an image of a category without exactly two questions.
    """
    verdicts: dict[str, dict[str, list[bool]]] = {}
    for line, one in zip(lines, right, strict=True):
        group = group_of(line)
        verdicts.setdefault(str(line["category"]), {}).setdefault(group, []).append(one)
    values: dict[str, float] = {}
    for category, groups in verdicts.items():
        for group, members in groups.items():
            if len(members) != _QUESTIONS_PER_IMAGE:
                raise DataError(f"group '{group}'", f"MME asks two questions of an image, here are {len(members)}")
        single = [one for members in groups.values() for one in members]
        both = [all(members) for members in groups.values()]
        values[category] = question_accuracy(single) + question_accuracy(both)
    sums = {
        name: sum(values.get(category, math.nan) for category in members)
        for name, members in (("perception", PERCEPTION), ("cognition", COGNITION))
    }
    return {**values, **sums, "total": sums["perception"] + sums["cognition"]}


def yes_no(profile: str = "mme", *, heard: bool = False) -> LineScorer:
    """The yes-or-no scorer of a task; see `YesNo`. `heard` scores what a transcriber heard of a spoken answer."""
    return LineScorer(YesNo(profile), heard)
