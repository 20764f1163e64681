"""The offline judge: right or wrong by a rule, for answers that are known by construction.

It reads no rubric text and asks nobody; a score it gave says so in its protocol ("rules:contains").
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from evalkit.core.errors import UnknownNameError, UsageError
from evalkit.judging.outputs import Output, Value
from evalkit.judging.rubric import Rubric

VERSION = 1  # raised when a rule decides differently

_NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?|[-+]?\.\d+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_STATED = re.compile(r"(?i:\banswer|\boption|\bchoice|答案|选项|选)\W*(?:(?:is|是|为)\W*)?([A-Z])(?![^\W_])")
_LEADING = re.compile(r"\(?([A-Za-z])(?:[).:,、]|$)")
_BRACKETED = re.compile(r"\(([A-Z])\)")
_ALONE = re.compile(r"(?<![^\W_'])([B-HJ-Z])(?![^\W_'])")  # A and I are words


def exact(response: str, reference: str) -> bool | None:
    """Equal after NFKC, case folding, and without punctuation and surplus spaces."""
    return _plain(response) == _plain(reference)


def contains(response: str, reference: str) -> bool | None:
    """The reference's words occur side by side in the answer; for scripts without spaces, its characters."""
    wanted, text = _plain(reference), _plain(response)
    if not wanted:
        return None
    if _CJK.search(wanted):
        return wanted.replace(" ", "") in text.replace(" ", "")
    return f" {wanted} " in f" {text} "


def numeric(response: str, reference: str) -> bool | None:
    """The last number of the answer equals the reference (relative tolerance 1e-6); None without a number."""
    found, wanted = _NUMBER.findall(_digits(response)), _NUMBER.findall(_digits(reference))
    if not wanted or not found:
        return None
    a, b = float(found[-1].replace(",", "")), float(wanted[-1].replace(",", ""))
    if not (math.isfinite(a) and math.isfinite(b)):
        return bool(found[-1] == wanted[-1])  # beyond what a float holds, where every difference is infinite
    return abs(a - b) <= 1e-6 * max(1.0, abs(a), abs(b))


def choice(response: str, reference: str) -> bool | None:
    """The option letter of a multiple-choice answer equals the reference's; None when it names none, or several.

    In this order: a letter that is stated ("the answer is B"), one the answer begins with ("B.", "(b)"), one in
    brackets, a capital that stands alone.
    """
    text = unicodedata.normalize("NFKC", response).strip()
    leading = _LEADING.match(text)
    for letters in (
        set(_STATED.findall(text)),
        {leading[1].upper()} if leading else set(),
        set(_BRACKETED.findall(text)),
        set(_ALONE.findall(text)),
    ):
        if letters:
            return letters == {reference.strip(" ().").upper()} if len(letters) == 1 else None
    return None


RULES: Mapping[str, Callable[[str, str], bool | None]] = {
    "exact": exact,
    "contains": contains,
    "numeric": numeric,
    "choice": choice,
}


class RulesJudge:
    """Right or wrong by one rule, as the verdict of a rubric that knows no more than that.

    Args:
        profile: one of `RULES`.
        rubric: its only value must have two levels (0..1, or a choice of two with points).

    Raises:
        UnknownNameError: no such profile.
        UsageError: the rubric asks for more than right or wrong.
    """

    def __init__(self, profile: str, rubric: Rubric) -> None:
        if not profile:
            raise UsageError(f"judge rules: name the rule, rules:contains for instance; there are {', '.join(RULES)}")
        if profile not in RULES:
            raise UnknownNameError("profile of judge rules:", profile, RULES)
        self.profile, self._rule = profile, RULES[profile]
        output = rubric.outputs().get(rubric.value[0])
        if len(rubric.value) != 1 or output is None or not _binary(output):
            raise UsageError(
                f"judge 'rules:{profile}' says right or wrong; rubric '{rubric.id}' asks for "
                + ", ".join(f"{entry.key} ({entry.expected})" for entry in rubric.output if entry.counts)
            )
        self._key, self._right, self._wrong = output.key, *_levels(output)

    def assess(self, response: str, reference: Any) -> dict[str, Value] | None:
        """The verdict, right when any of several references fits; None when the rule cannot tell."""
        references = reference if isinstance(reference, (list, tuple)) else [reference]
        found = [self._rule(response, str(entry)) for entry in references]
        if True in found:
            return {self._key: self._right}
        return None if None in found or not found else {self._key: self._wrong}


def _binary(output: Output) -> bool:
    if output.points is not None:
        return len(output.points) == 2
    return output.kind == "integer" and (output.low, output.high) == (0.0, 1.0)


def _levels(output: Output) -> tuple[Value, Value]:
    if output.points is None:
        return 1, 0
    ordered = sorted(output.points, key=lambda word: -(output.points or {})[word])
    return ordered[0], ordered[1]


def _digits(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("\u2212", "-")


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(" " if unicodedata.category(char)[0] in "PSZC" else char for char in folded)
    return " ".join(kept.split())
