"""Instruction following as a metric of single lines and a scorer of tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from evalkit.core.metric import Metric, ratio, reduction
from evalkit.core.score import Vector
from evalkit.metrics.instructions.requests import Request, requests_of, require_packages
from evalkit.metrics.line_metric import Assessed, Line, LineMetric, LineScorer, text_field

OFFICIALLY_RANDOM = "officially_random"
_FIELDS = ("prompts_strict", "prompts_loose", "prompts", "instructions_strict", "instructions_loose", "instructions")


@reduction
def mean_of_four_accuracies(total: Any) -> Any:
    """Mean of the strict and loose accuracies over prompts and over instructions, %."""
    prompts = total[0] / total[2] + total[1] / total[2]
    return 100.0 * (prompts + total[3] / total[5] + total[4] / total[5]) / 4


def followed(requests: Sequence[Request], response: str) -> tuple[list[bool], list[bool]]:
    """Which instructions the response follows, strictly and loosely.

    Loosely: the response as it is, or without its first line, its last line or both, each with its asterisks or
    without. Source: google-research instruction_following_eval/evaluation_lib.py.
    """
    strict = [request.follows(response) for request in requests]
    lines = response.split("\n")
    cut = [response, *("\n".join(part).strip() for part in (lines[1:], lines[:-1], lines[1:-1]))]
    others = dict.fromkeys((*cut, *(text.replace("*", "") for text in cut)))
    del others[response]
    loose = [
        done or any(request.follows(text) for text in others) for request, done in zip(requests, strict, strict=True)
    ]
    return strict, loose


class InstructionFollowing(LineMetric):
    """Share of prompts, and of instructions, that are followed, %; strictly and loosely, and the mean of the four.

    Fields of a line: "instruction_id_list" (types), "kwargs" (what each states; null means nothing), "response".
    An empty response follows nothing.

    Args:
        profile: "ifeval" or "voicebench". Both programs draw a random value where they do not take the one given
            (ifeval: a missing one; voicebench: also 0, and a letter outside a-z), so their scores change between
            runs. Here nothing is drawn: a missing value is refused, any other is taken as it stands and flagged
            "officially_random".
    """

    kind = "instruction_following"
    PROFILES: ClassVar[Mapping[str, str]] = {
        "ifeval": "25 types of IFEval, as Google's program checks them (default)",
        "voicebench": "the same as VoiceBench checks them; values that it would draw at random are flagged",
    }

    def __init__(self, profile: str = "ifeval") -> None:
        super().__init__(profile)
        self.metrics = (
            Metric("prompt_strict", "Prompt strict", ("followed", "prompts"), ratio),
            Metric("prompt_loose", "Prompt loose", ("followed", "prompts"), ratio),
            Metric("instruction_strict", "Instr. strict", ("followed", "instructions"), ratio),
            Metric("instruction_loose", "Instr. loose", ("followed", "instructions"), ratio),
            Metric("mean", "Mean of 4", _FIELDS, mean_of_four_accuracies),
        )

    def identity(self) -> Mapping[str, Any]:
        """The rule's version."""
        return {"rule": 1}

    def check(self, line: Line, place: str) -> None:
        """The instructions are known and complete, and the packages that they need are there.

        Raises:
            DataError: as `requests_of`.
            MissingExtraError: a package is not installed.
        """
        require_packages(self._requests(line, place))

    def assess(self, line: Line, place: str) -> Assessed:
        """Which instructions the response follows, in their order."""
        requests = self._requests(line, place)
        strict, loose = followed(requests, text_field(line, "response", place))
        flags = (OFFICIALLY_RANDOM,) if any(request.drawn for request in requests) else ()
        return Assessed({"strict": strict, "loose": loose}, _statistics(strict, loose), flags=flags)

    def worst(self, line: Line, place: str) -> Mapping[str, Vector]:
        """Nothing followed."""
        nothing = [False] * len(self._requests(line, place))
        return _statistics(nothing, nothing)

    def _requests(self, line: Line, place: str) -> list[Request]:
        return requests_of(line, place, drops_falsy=self.profile == "voicebench")


def _statistics(strict: list[bool], loose: list[bool]) -> Mapping[str, Vector]:
    number = len(strict)
    prompts, instructions = (int(all(strict)), int(all(loose))), (sum(strict), sum(loose))
    return {
        "prompt_strict": (prompts[0], 1),
        "prompt_loose": (prompts[1], 1),
        "instruction_strict": (instructions[0], number),
        "instruction_loose": (instructions[1], number),
        "mean": (*prompts, 1, *instructions, number),
    }


def instructions(profile: str = "ifeval", *, heard: bool = False) -> LineScorer:
    """The instruction-following scorer of a task; see `InstructionFollowing`.

    `heard` scores what a transcriber heard of a spoken answer.
    """
    return LineScorer(InstructionFollowing(profile), heard)
