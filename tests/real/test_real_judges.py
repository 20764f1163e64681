"""A language model of 135M as judge: it judges badly, and what is said of that must be true."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from real_runs import QUESTIONS, Ran, evalkit, lines, questions
from real_table import Measured
from recorded_calls import Recorded

from evalkit import plugins
from evalkit.run.summarize import UNVARIED

pytestmark = pytest.mark.real

JUDGED = 24  # answers: more than the 20 from which a judge that always says the same is flagged

# An example that is itself a verdict: the mistake that no rubric of ours makes any more.
EXAMPLE = '{"reason": "one sentence", "score": 3}'
COPIED = f"""---
id: with_an_example
version: 1
title: An answer to a question, 1 to 5
inputs: [question, response]
output: {{reason: str, score: 1..5}}
scale: 1..5
judge: openai:gpt-4o-mini
parse: json
max_tokens: 96
on_failure: drop
---
Rate how good the answer to the question is, from 1 to 5.

Question:
{{question}}

Answer:
{{response}}

Reply with JSON like this:
{EXAMPLE}
"""


@dataclass(frozen=True)
class Judged:
    """What a judge made of the answers.

    Args:
        ran: the command.
        result: its only result.
        scores: a line for each answer.
        replies: what the judge said in the end about each answer, by its id, as the server gave it.
    """

    ran: Ran
    result: dict[str, Any]
    scores: list[dict[str, Any]]
    replies: dict[str, str]

    def verdicts(self) -> dict[str, dict[str, float]]:
        """Points by the id of the answer, where a reply could be read at all."""
        last = {line["id"]: line["detail"]["verdicts"][-1] for line in self.scores}
        return {key: verdict["points"] for key, verdict in last.items() if "points" in verdict}

    def flag(self, name: str) -> int:
        return int(self.result["flags"].get(name, 0))


@pytest.fixture(scope="module")
def run(answered: Ran, folder: Path) -> Path:
    """A run with as many answers as are judged: real ones of the real model."""
    answers = folder / "answers.jsonl"
    told = [{"id": row["id"], "text": answered.texts[row["id"]]} for row in questions()[:JUDGED]]
    answers.write_text("".join(json.dumps(row) + "\n" for row in told), encoding="utf-8")
    few = folder / "few.jsonl"
    few.write_text("".join(QUESTIONS.read_text(encoding="utf-8").splitlines(keepends=True)[:JUDGED]), encoding="utf-8")
    return evalkit(
        "score", "--task", few, "--responses", answers, "--scorer", "document:contains", "--name", "smollm2-135m",
        out=folder / "judged", codes=(0, 1),
    ).run  # fmt: skip


@pytest.fixture
def judge(run: Path, server: Recorded) -> Callable[[object], Judged]:
    """Lets the model behind the server judge by a rubric, one vote for each answer."""

    def by(rubric: object) -> Judged:
        ran = evalkit(
            "judge", run, "--rubric", rubric, "--votes", 1, "--json", "--concurrency", 4,
            "--judge", f"openai-compatible:smollm2,base_url={server.url},preset=llama.cpp",
            out=run.parents[2], codes=(0, 1),
        )  # fmt: skip
        (told,) = json.loads(ran.out)
        (result,) = told["results"]
        asked = {row["prompt"]: row["id"] for row in questions()[:JUDGED]}
        replies = {key: call.text for call in server.calls for said, key in asked.items() if said in call.question}
        return Judged(ran, result, lines(Path(told["scores"])), replies)

    return by


def _digit(reply: str) -> float | None:
    return float(reply) if re.fullmatch(r"[1-5]", reply.strip()) else None


def _last_line(reply: str) -> float | None:
    found = re.fullmatch(r"Result: (yes|no)", reply.strip().splitlines()[-1].strip()) if reply.strip() else None
    return None if found is None else float(found[1] == "yes")


def _loaded(reply: str) -> Any:
    try:
        return json.loads(reply)
    except ValueError:
        return None


def _json(reply: str) -> float | None:
    found = _loaded(reply)
    if not isinstance(found, dict) or not isinstance(found.get("reason"), str):
        return None
    score = found.get("score")
    return float(score) if isinstance(score, int) and 0 <= score <= 10 else None


# Rubric, the form it asks for, tokens of a reply (a model of this size goes on to its bound), and that form by hand.
RUBRICS = {
    "judge_digit": ("voicebench_open", "a bare digit", 24, _digit),
    "judge_line": ("vcb_yes_no", "reasons and a last line", 128, _last_line),
    "judge_json": ("emova_response", "JSON held to a schema", 96, _json),
}


@pytest.mark.parametrize("key", RUBRICS)
def test_what_is_said_of_a_judges_replies_is_true(
    key: str, judge: Callable[[object], Judged], folder: Path, measured: Measured
) -> None:
    rubric, form, tokens, by_hand = RUBRICS[key]
    text = _rubric(rubric)
    bounded = folder / f"{rubric}.md"
    bounded.write_text(re.sub(r"max_tokens: \w+", f"max_tokens: {tokens}", text), encoding="utf-8")
    judged = judge(bounded)
    assert len(judged.scores) == len(judged.replies) == JUDGED
    assert {line["status"] for line in judged.scores} <= {"scored", "unparsed"}
    verdicts = judged.verdicts()
    for answer, reply in judged.replies.items():
        value = by_hand(reply)
        if value is not None:
            assert list(verdicts[answer].values()) == [value], reply
    body = " ".join(text.split())
    echoed = sum(len(judged.replies[key]) > 1 and " ".join(judged.replies[key].split()) in body for key in verdicts)
    assert judged.flag("reply_is_the_example") == echoed == 0, "no rubric of ours can be answered by its own words"
    proper = [verdicts[line["id"]] for line in judged.scores if line["status"] == "scored"]
    assert len(proper) == judged.result["counts"]["n_scored"]
    always = len(proper) if len(proper) >= UNVARIED and all(one == proper[0] for one in proper) else 0
    assert judged.flag("verdicts_never_vary") == always
    measured.tell(
        key, "the same server", f"judge, `{rubric}`", f"{JUDGED} of its own answers; {form}",
        f"{_share(len(verdicts))} readable, {_share(len(proper))} in the form asked for, {_share(echoed)} echoed; "
        f"flags: {_flags(judged)}",
        seconds=judged.ran.seconds,
    )  # fmt: skip


def test_an_echo_is_flagged(judge: Callable[[object], Judged], folder: Path, measured: Measured) -> None:
    rubric = folder / "with_an_example.md"
    rubric.write_text(COPIED, encoding="utf-8")
    judged = judge(rubric)
    verdicts = judged.verdicts()
    echoes = [key for key in verdicts if _loaded(judged.replies[key]) == json.loads(EXAMPLE)]
    assert len(echoes) >= 0.25 * JUDGED, "this model copies what it is shown"
    assert judged.flag("reply_is_the_example") == len(echoes)
    measured.tell(
        "judge_echo", "the same server", "judge, a rubric whose example is a verdict", f"{JUDGED} of its own answers",
        f"{_share(len(verdicts))} readable, {_share(len(echoes))} echoed; flags: {_flags(judged)}",
        seconds=judged.ran.seconds,
    )  # fmt: skip


def _rubric(rubric: str) -> str:
    (file,) = plugins.folder("judges").glob(f"*/{rubric}.md")
    return file.read_text(encoding="utf-8")


def _share(part: int) -> str:
    return f"{100 * part / JUDGED:.0f} %"


def _flags(judged: Judged) -> str:
    return ", ".join(f"`{name}` {count}" for name, count in judged.result["flags"].items()) or "none"
