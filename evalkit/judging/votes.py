"""From verdicts to a score: points of each vote, the reduction over votes, the policies for failures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evalkit.judging.outputs import Value
from evalkit.judging.parsing import Reading
from evalkit.judging.rubric import Policy, Rubric


@dataclass(frozen=True, slots=True)
class Vote:
    """One vote as the reduction sees it.

    Args:
        reading: the verdict, or None when no reply could be read.
        candidate_first: pairs: where the candidate stood.
    """

    reading: Reading | None
    candidate_first: bool = True


@dataclass(frozen=True, slots=True)
class Decision:
    """Points of one value.

    Args:
        faithful: by the official rule; None when it drops the sample.
        strict: with every vote that has no proper verdict at the worst.
        tied: a majority was sought and there was none.
    """

    faithful: float | None
    strict: float
    tied: bool = False


def points(rubric: Rubric, key: str, vote: Vote) -> float | None:
    """What a vote gives the candidate, on the output's own range; None without a verdict."""
    if vote.reading is None:
        return None
    outputs, values = rubric.outputs(), vote.reading.values
    if key in outputs:
        output = outputs[key]
        if output.places is not None:
            place = output.places[str(values[key])]
            if place == "tie":
                return 0.5
            return float((place == "first") == vote.candidate_first)
        return output.number(values[key])
    side = f"{key}_1" if vote.candidate_first else f"{key}_2"
    return outputs[side].number(values[side])


def preferred(rubric: Rubric, key: str, reading: Reading) -> str:
    """Which place of a pair a verdict prefers: "first", "second" or "tie"."""
    outputs, values = rubric.outputs(), reading.values
    output = outputs.get(key)
    if output is not None and output.places is not None:
        return output.places[str(values[key])]
    if output is not None:
        return "tie"
    first, second = (outputs[f"{key}_{side}"].number(values[f"{key}_{side}"]) for side in (1, 2))
    return "tie" if first == second else "first" if (first > second) == rubric.higher_is_better else "second"


def worst_point(rubric: Rubric, key: str) -> float:
    """The worst point of a value's range: the lowest, or the highest where less is better."""
    outputs = rubric.outputs()
    output = outputs.get(key) or outputs[f"{key}_1"]
    return output.low if rubric.higher_is_better else output.high


def worst(rubric: Rubric, key: str) -> float:
    """Points of a sample that counts as wrong: the worst point, or 0 where the official rule goes below the range."""
    point = worst_point(rubric, key)
    zero = "zero" in (rubric.on_failure, rubric.on_missing, rubric.on_empty)
    return min(point, 0.0) if zero and rubric.higher_is_better else point


def by_policy(rubric: Rubric, key: str, policy: Policy | str) -> float | None:
    """Points a policy gives a sample or vote without a verdict; None to leave it out."""
    return {"zero": 0.0, "count": worst_point(rubric, key)}.get(policy)


def decide(rubric: Rubric, key: str, votes: Sequence[Vote]) -> Decision:
    """Reduce the votes of one sample to the points of one value; a tied majority goes to the worse side."""
    bad = worst(rubric, key)
    given = [points(rubric, key, vote) for vote in votes]
    proper = [
        bad if value is None or (vote.reading is not None and vote.reading.doubt) else value
        for value, vote in zip(given, votes, strict=True)
    ]
    filled = [by_policy(rubric, key, rubric.on_failure) if value is None else value for value in given]
    counted = [value for value in filled if value is not None]
    if not counted or (rubric.on_failure == "error" and None in given):
        return Decision(None, _reduced(rubric, proper)[0])
    faithful, tied = _reduced(rubric, counted)
    return Decision(faithful, _reduced(rubric, proper)[0], tied)


def _reduced(rubric: Rubric, values: Sequence[float]) -> tuple[float, bool]:
    if rubric.reduce != "majority":
        return math.fsum(values) / len(values), False
    counts = {value: values.count(value) for value in values}
    most = max(counts.values())
    winners = [value for value, count in counts.items() if count == most]
    return (min if rubric.higher_is_better else max)(winners), len(winners) > 1


def shown(values: Mapping[str, Value], length: int) -> dict[str, Value]:
    """A verdict for the record, its texts cut to `length` characters."""
    return {key: cut(value, length) if isinstance(value, str) else value for key, value in values.items()}


def cut(text: str, length: int) -> str:
    """A text for the record, with a mark where it was cut."""
    return text if len(text) <= length else f"{text[:length]} [cut, {len(text)} characters]"
