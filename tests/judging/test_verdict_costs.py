"""What verdicts cost: also those that were paid and lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from judging_kit import Oracle, answered, failing, said

from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.judging.judge import judged
from evalkit.judging.record import used


def test_what_a_failed_question_used_is_counted(write_rubric: Callable[..., Path]) -> None:
    """A reply that was paid and lost costs; a question that was never sent costs nothing, which is not unknown."""

    def judge(request: Request) -> Response:
        if "lost" in said(request):
            lost = failing("the reply cannot be read")
            lost.usage, lost.cost = {"input_tokens": 7.0}, 0.25
            return lost
        if "unsent" in said(request):
            unsent = failing("too large")
            unsent.cost = 0.0
            return unsent
        return Response(text="4", usage={"input_tokens": 5.0}, cost=0.5)

    answers = [answered("a", "good"), answered("b", "lost"), answered("c", "unsent")]
    scores = judged(write_rubric()).configure(Oracle(judge)).score(answers)
    assert [score.status for score in scores] == ["scored", "judge_failed", "judge_failed"]
    assert used({"detail": score.detail} for score in scores) == ({"input_tokens": 12.0}, 0.75)
    (unknown,) = judged(write_rubric()).configure(Oracle(lambda request: failing())).score(answers[:1])
    assert used([{"detail": unknown.detail}]) == ({}, None)
