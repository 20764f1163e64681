"""What verdicts cost: also those that were paid and lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from judging_kit import Oracle, answered, failing, said

from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.judging.cache import Reply
from evalkit.judging.cases import Ballot, Case
from evalkit.judging.judge import judged
from evalkit.judging.options import JudgeOptions
from evalkit.judging.record import detail_of, paid_in, used
from evalkit.judging.rubric_file import load_rubric
from evalkit.run.directory import RunDirectory
from evalkit.run.record import load_record
from evalkit.run.rejudge import scorers_of
from evalkit.run.score import score
from evalkit.run.usage import used_by_judges


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
    assert used(paid_in({"detail": score.detail}, True) for score in scores) == ({"input_tokens": 12.0}, 0.75)
    (unknown,) = judged(write_rubric()).configure(Oracle(lambda request: failing())).score(answers[:1])
    assert used([paid_in({"detail": unknown.detail}, True)]) == ({}, None)


def test_failures_asked_again_by_later_commands_stay_in_the_sum(
    write_rubric: Callable[..., Path], write_lines: Callable[..., Path], main: Callable[..., Any], tmp_path: Path
) -> None:
    data = write_lines(tmp_path / "q.jsonl", [{"id": f"s{n}", "prompt": f"{n}?", "reference": "x"} for n in range(3)])
    texts = write_lines(tmp_path / "a.jsonl", [{"id": f"s{n}", "text": f"answer {n}"} for n in range(3)])
    main("score", "--task", data, "--responses", texts, "--out", tmp_path / "out")
    (run,) = (path.parent for path in (tmp_path / "out").glob("*/*/*/run.json"))
    directory = RunDirectory(run)
    record = load_record(directory.run)
    task, _ = scorers_of(directory, record, JudgeOptions(rubric=write_rubric()))
    broken = {"s1", "s2"}

    def judge(request: Request) -> Response:
        if request.id.partition("#")[0] in broken:
            lost = failing("the reply cannot be read")
            lost.usage, lost.cost = {"input_tokens": 7.0}, 0.25
            return lost
        return Response(text="4", usage={"input_tokens": 5.0}, cost=0.5)

    def paid() -> tuple[int, float, float | None]:
        oracle = Oracle(judge)
        scorer = judged(write_rubric()).configure(oracle, cache=tmp_path / "cache.sqlite")
        with closing(scorer):
            score(task, scorer, directory, "judge-test", {})
        usage, cost = used_by_judges(directory, ["judge-test"], lambda line: line["split"] in record.sizes)
        return len(oracle.requests), usage["input_tokens"], cost

    assert paid() == (3, 5.0 + 2 * 7.0, 0.5 + 2 * 0.25)
    assert paid() == (2, 5.0 + 4 * 7.0, 0.5 + 4 * 0.25), "the same failure twice is paid twice"
    broken.remove("s1")
    assert paid() == (2, 2 * 5.0 + 5 * 7.0, 2 * 0.5 + 5 * 0.25)
    broken.clear()
    assert paid() == (1, 3 * 5.0 + 5 * 7.0, 3 * 0.5 + 5 * 0.25)
    assert paid() == (0, 3 * 5.0 + 5 * 7.0, 3 * 0.5 + 5 * 0.25)
    kept = [line for line in directory.samples.read_text().splitlines() if '"id":"s0"' not in line]
    again = json.dumps({**json.loads(directory.samples.read_text().splitlines()[0]), "text": "another answer"})
    directory.samples.write_text("\n".join([*kept, again, ""]))
    assert paid() == (1, 3 * 5.0 + 5 * 7.0, 3 * 0.5 + 5 * 0.25), "the scores are written anew without that of s0"


def test_a_failure_of_unknown_cost_makes_the_sum_unknown_for_good() -> None:
    lost = Ballot(case := Case(answered("a"), None), 1, True, "a#1", b"", lost=Reply("", None, None), settled=True)
    case.ballots.append(lost)
    free = Ballot(other := Case(answered("b"), None), 1, True, "b#1", b"", lost=Reply("", None, 0.0), settled=True)
    other.ballots.append(free)
    rubric = load_rubric("emova_response")
    before, unsent = {"detail": detail_of(case, rubric)}, {"detail": detail_of(other, rubric)}
    after = {"detail": {"verdicts": [{"vote": 1}], "usage": {"input_tokens": 3.0}, "cost": 0.5}}
    assert used([paid_in(before, False), paid_in(after, True)]) == ({"input_tokens": 3.0}, None)
    assert used([paid_in(unsent, False), paid_in(after, True)]) == ({"input_tokens": 3.0}, 0.5)
