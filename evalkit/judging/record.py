"""What a score keeps of its verdicts, for a reader."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evalkit.core import thinking
from evalkit.judging.cache import Reply
from evalkit.judging.cases import Ballot, Case
from evalkit.judging.rubric import Rubric
from evalkit.judging.votes import Vote, cut, points, preferred, shown

LENGTH = 400  # characters of a reply and of a reason that stand in the score journal; the cache has the whole


def detail_of(case: Case, rubric: Rubric) -> dict[str, Any]:
    """The verdicts of a case with what they used, as JSON."""
    detail: dict[str, Any] = {}
    if case.ballots:
        detail["verdicts"] = [_verdict(ballot, rubric) for ballot in case.ballots]
    if case.material is not None and case.material.cut:
        detail["cut"] = dict(case.material.cut)
    lost = [ballot.lost for ballot in case.ballots if ballot.lost is not None]
    detail.update(_paid([*(reply for ballot in case.ballots for reply in ballot.replies), *lost]))
    if any(reply.usage or reply.cost != 0.0 for reply in lost):
        detail["lost"] = _paid(lost)  # of the above, what gave no reply, so that asking again adds to it
    return detail


def _paid(replies: Sequence[Reply]) -> dict[str, Any]:
    """Summed units, where there are, and cost, where it is known."""
    paid: dict[str, Any] = {}
    usage: dict[str, float] = {}
    for reply in replies:
        for unit, amount in (reply.usage or {}).items():
            usage[unit] = usage.get(unit, 0) + amount
    if usage:
        paid["usage"] = usage
    if replies and all(reply.cost is not None for reply in replies):
        paid["cost"] = sum(reply.cost or 0.0 for reply in replies)
    return paid


def _verdict(ballot: Ballot, rubric: Rubric) -> dict[str, Any]:
    found: dict[str, Any] = {"vote": ballot.vote}
    if rubric.pair is not None:
        found["order"] = "candidate_first" if ballot.candidate_first else "baseline_first"
    if ballot.reading is not None:
        vote = Vote(ballot.reading, ballot.candidate_first)
        found["values"] = shown(ballot.reading.values, LENGTH)
        found["points"] = {key: points(rubric, key, vote) for key in rubric.value}
        if rubric.pair is not None:
            found["preferred"] = {key: preferred(rubric, key, ballot.reading) for key in rubric.value}
        if ballot.reading.doubt:
            found["doubt"] = ballot.reading.doubt
    if ballot.replies:
        said = thinking.split(ballot.replies[-1].text)
        found["reply"] = cut(said.answer, LENGTH)
        if said.thought:
            found["thought"] = cut(said.thought, LENGTH)
    if len(ballot.replies) > 1:
        found["attempts"] = len(ballot.replies)
    if ballot.problem and ballot.reading is None:
        found["problem"] = ballot.problem
    if ballot.failure:
        found["failure"] = ballot.failure
    return found


def paid_in(record: Mapping[str, Any], stands: bool) -> Mapping[str, Any] | None:
    """What a record of a score journal adds to the sums; None for nothing.

    The verdicts of one that stands. Of one that was replaced, as its sample was put to the judge again, what was lost:
    its replies are in the one that stands.
    """
    detail = record.get("detail") or {}
    if stands:
        return detail if detail.get("verdicts") else None
    lost: Mapping[str, Any] | None = detail.get("lost")
    return lost


def used(paid: Iterable[Mapping[str, Any] | None]) -> tuple[dict[str, float], float | None]:
    """What verdicts used and cost, whenever they were paid.

    Args:
        paid: see `paid_in`.

    Returns:
        Summed units, and US dollars (None when the cost of any is unknown).
    """
    units: dict[str, list[float]] = {}
    costs: list[float] = []
    known = True
    for one in paid:
        if one is None:
            continue
        for unit, amount in (one.get("usage") or {}).items():
            units.setdefault(unit, []).append(amount)
        if "cost" in one:
            costs.append(one["cost"])
        else:
            known = False
    return {unit: math.fsum(amounts) for unit, amounts in sorted(units.items())}, math.fsum(costs) if known else None


def flags_of(case: Case, tied: bool) -> tuple[str, ...]:
    """Remarkable facts of a case, counted in the summary.

    Args:
        case: with all its verdicts.
        tied: a majority was sought and there was none.
    """
    doubts = {ballot.reading.doubt for ballot in case.ballots if ballot.reading and ballot.reading.doubt}
    found = [*case.flags, *(f"verdict_{doubt}" for doubt in sorted(doubts))]
    found += sorted({flag for ballot in case.ballots if ballot.reading for flag in ballot.reading.flags})
    if any(ballot.reading is None for ballot in case.ballots):
        found.append("verdict_unreadable")
    if any(len(ballot.replies) > 1 for ballot in case.ballots):
        found.append("judge_asked_again")
    if tied:
        found.append("votes_tied")
    if case.material is not None and case.material.cut:
        found.append("judge_input_cut")
    return tuple(found)
