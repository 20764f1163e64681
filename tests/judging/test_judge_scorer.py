"""The scorer that asks a judge: statuses, policies, the cache, and a judge that misbehaves."""

from __future__ import annotations

import json
import random
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from judging_kit import Oracle, answered, failing, said

from evalkit.core.errors import EvalkitError, ResultsError, UnknownNameError, UsageError
from evalkit.core.limits import Budget, BudgetError, CallLimits
from evalkit.core.message import Audio
from evalkit.core.model import Answer
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.judging import parsing
from evalkit.judging.judge import JudgeScorer, judged

Write = Callable[..., Path]
JSON = {"output": "{score: 1..5, reason: str}", "parse": "json"}


@pytest.fixture
def scorer(write_rubric: Write, tmp_path: Path) -> Callable[..., JudgeScorer]:
    """A scorer by a rubric written on the spot; `judge` answers, `more` goes to the scorer, the rest to the header."""

    def make(judge: Oracle, more: dict[str, Any] | None = None, body: str | None = None, **header: Any) -> JudgeScorer:
        path = write_rubric(**header) if body is None else write_rubric(body, **header)
        return judged(path, **(more or {})).configure(judge, cache=tmp_path / "verdicts.sqlite")

    return make


Make = Callable[..., JudgeScorer]


def by_id(*replies: str) -> Callable[[Request], str]:
    """Replies to the attempts of every question, in order."""
    return lambda request: replies[int(request.id.partition(".")[2] or 1) - 1]


def test_a_scored_sample_keeps_its_evidence(scorer: Make) -> None:
    judge = Oracle(lambda request: '{"score": 4, "reason": "%s"}' % ("because " * 100))
    (score,) = scorer(judge, votes=2, **JSON).score([answered()])
    assert score.status == "scored"
    assert score.faithful == {"score": (4.0, 1.0)}
    assert score.strict is None
    first, second = score.detail["verdicts"]
    assert (first["vote"], second["vote"], first["points"]) == (1, 2, {"score": 4})
    assert first["values"]["reason"].endswith("characters]")
    assert len(json.dumps(score.detail)) < 3000


def test_votes_are_separate_questions_with_their_settings(scorer: Make) -> None:
    judge = Oracle(lambda request: {"a#1": "2", "a#2": "4", "a#3": "5"}[request.id])
    (score,) = scorer(judge, votes=3, temperature=0.5, top_p=0.95, max_tokens=64).score([answered()])
    assert score.faithful["score"] == (pytest.approx(11 / 3), 1.0)
    assert sorted(judge.ids) == ["a#1", "a#2", "a#3"]
    settings = judge.requests[0].settings
    assert (settings.temperature, settings.top_p, settings.max_new_tokens) == (0.5, 0.95, 64)
    assert len({request.seed for request in judge.requests}) == 3


def test_json_verdicts_come_with_a_schema(scorer: Make) -> None:
    judge = Oracle(lambda request: '{"score": 4, "reason": ""}')
    scorer(judge, **JSON).score([answered()])
    schema = judge.requests[0].schema
    assert schema is not None
    assert schema["required"] == ["score", "reason"]
    assert schema["properties"]["score"] == {"type": "integer", "minimum": 1, "maximum": 5}
    plain = Oracle(lambda request: "4")
    scorer(plain).score([answered()])
    assert plain.requests[0].schema is None


def test_an_unreadable_reply_is_asked_about_again_and_counted(scorer: Make) -> None:
    judge = Oracle(by_id("four, I think", "4"))
    (score,) = scorer(judge, reasks=2).score([answered()])
    assert (score.status, score.faithful, score.flags) == ("scored", {"score": (4.0, 1.0)}, ("judge_asked_again",))
    assert judge.ids == ["a#1", "a#1.2"]
    again = judge.requests[1].messages
    assert [turn.role for turn in again] == ["user", "assistant", "user"]
    assert again[1].text == "four, I think"


@pytest.mark.parametrize(
    ("policy", "faithful", "strict"),
    [
        ("drop", {}, (1.0, 1.0)), ("error", {}, (1.0, 1.0)), ("count", {"score": (1.0, 1.0)}, (1.0, 1.0)),
        ("zero", {"score": (0.0, 1.0)}, (0.0, 1.0)),
    ],
)  # fmt: skip
def test_a_judge_that_cannot_be_read_ends_in_the_policy(
    scorer: Make, policy: str, faithful: dict[str, Any], strict: tuple[float, float]
) -> None:
    judge = Oracle(lambda request: "no idea")
    (score,) = scorer(judge, reasks=1, on_failure=policy).score([answered()])
    assert judge.ids == ["a#1", "a#1.2"]
    assert score.status == "unparsed"
    assert score.faithful == faithful
    assert score.strict == {"score": strict}
    assert "verdict_unreadable" in score.flags
    assert score.detail["verdicts"][0]["problem"] == "\"score\" should be an integer from 1 to 5, not 'no idea'"


def test_a_call_that_fails_is_a_failure_of_the_judge_and_is_asked_again_next_time(scorer: Make) -> None:
    broken = scorer(Oracle(lambda request: failing() if request.id == "a#2" else "4"), votes=2, on_failure="zero")
    (score,) = broken.score([answered()])
    assert score.status == "judge_failed"
    assert score.faithful == {"score": (0.0, 1.0)}
    assert score.detail["failure"] == "model: HTTP 500"
    broken.close()
    judge = Oracle(lambda request: "5")
    (score,) = scorer(judge, votes=2, on_failure="zero").score([answered()])
    assert judge.ids == ["a#2"]
    assert score.faithful == {"score": (4.5, 1.0)}


def test_out_of_range_is_official_and_not_strict(scorer: Make) -> None:
    (score,) = scorer(Oracle(lambda request: "45"), parse="voicebench_open").score([answered()])
    assert (score.status, score.flags) == ("unparsed", ("verdict_out_of_range",))
    assert score.faithful == {"score": (45.0, 1.0)}
    assert score.strict == {"score": (1.0, 1.0)}


def test_scale_average_and_weight(scorer: Make) -> None:
    judge = Oracle(lambda request: '{"speech": 2, "content": 5}')
    header = {"output": "{speech: 1..5, content: 1..5}", "value": "[speech, content]", "average": "overall"}
    wanted = scorer(judge, {"weight": "meta.weight"}, parse="json", scale="20..100", **header)
    (score,) = wanted.score([answered(meta={"weight": 0.5})])
    assert score.faithful == {"speech": (20.0, 0.5), "content": (50.0, 0.5), "overall": (35.0, 0.5)}
    assert [metric.name for metric in wanted.metrics] == ["speech", "content", "overall"]
    assert wanted.worst(answered(meta={"weight": 2})) == {"speech": (40, 2), "content": (40, 2), "overall": (40, 2)}
    with pytest.raises(UsageError, match=r"its weight 'meta\.weight' is None"):
        wanted.worst(answered())


def test_metrics_say_what_they_are(scorer: Make) -> None:
    share = scorer(Oracle(str), {"metric": "gpt"}, output="{v: yes=1 | no=0}", parse="choice", scale="0..100")
    (metric,) = share.metrics
    assert (metric.name, metric.unit, metric.reduce((50.0, 2.0))) == ("gpt", "%", 25.0)
    (metric,) = scorer(Oracle(str), {"scale": "20..100"}).metrics
    assert (metric.name, metric.unit, metric.higher_is_better) == ("score", "", True)


def test_empty_answers_by_policy(scorer: Make) -> None:
    judge = Oracle(lambda request: "3")
    answers = [answered("a", " \n"), answered("b", "good")]
    empty, good = scorer(judge, on_empty="zero").score(answers)
    assert (empty.faithful, empty.flags) == ({"score": (0.0, 1.0)}, ("empty_answer",))
    assert good.faithful == {"score": (3.0, 1.0)}
    assert judge.ids == ["b#1"]
    assert scorer(judge, on_empty="count").score(answers)[0].faithful == {"score": (1.0, 1.0)}
    asked = Oracle(lambda request: "2")
    assert scorer(asked, version=2).score(answers)[0].faithful == {"score": (2.0, 1.0)}
    assert "a#1" in asked.ids


def test_samples_without_an_answer_by_policy(scorer: Make) -> None:
    silent = answered(text=None)
    for policy, faithful in (("drop", {}), ("zero", {"score": (0.0, 1.0)}), ("count", {"score": (1.0, 1.0)})):
        wanted = scorer(Oracle(str), on_missing=policy)
        assert wanted.missing(silent) == faithful
        (score,) = wanted.score([silent])
        assert (score.status, score.faithful) == ("model_failed", faithful)
        assert score.detail == {"failure": "the model gave no text"}


def test_a_sample_that_lacks_an_input_does_not_end_the_run(scorer: Make) -> None:
    wanted = scorer(Oracle(lambda r: "3"), body="{emotion} {response}", inputs="[emotion, response]")
    bad, good = wanted.score([answered("a"), answered("b", meta={"emotion": "sad"})])
    assert (bad.status, good.status) == ("judge_failed", "scored")
    assert "meta.emotion" in bad.detail["failure"]


def test_a_clip_that_cannot_be_read_does_not_end_the_run(scorer: Make, tmp_path: Path) -> None:
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "good.wav").write_bytes(b"RIFF")
    wanted = scorer(Oracle(lambda r: "3"), body="{audio}", inputs="[audio]")
    clips = [Response(audio=Audio(str(tmp_path / name))) for name in ("empty.wav", "good.wav", "gone.wav")]
    scores = wanted.score([answered(str(n), response=clip) for n, clip in enumerate(clips)])
    assert [score.status for score in scores] == ["judge_failed", "scored", "judge_failed"]
    assert "0 bytes" in scores[0].detail["failure"]
    assert "not found" in scores[2].detail["failure"]


def test_pairs_are_asked_in_both_orders(scorer: Make) -> None:
    def prefers_first(request: Request) -> str:
        return "9 4"

    header = {"inputs": "[response, reference]", "pair": "[response, reference]", "reduce": "pairwise",
              "output": "{score_1: 1..10, score_2: 1..10}", "parse": "numbers", "scale": "1..10"}  # fmt: skip
    judge = Oracle(prefers_first, width=1)
    (score,) = scorer(judge, body="A {first}\nB {second}", **header).score([answered(text="mine", reference="theirs")])
    assert score.faithful == {"score": (6.5, 1.0)}
    assert [verdict["order"] for verdict in score.detail["verdicts"]] == ["candidate_first", "baseline_first"]
    assert [verdict["preferred"] for verdict in score.detail["verdicts"]] == [{"score": "first"}] * 2
    ahead, behind = map(said, judge.requests)
    assert ahead.index("mine") < ahead.index("theirs")
    assert behind.index("theirs") < behind.index("mine")
    for orders, calls in (("candidate_first", ["a#1"]), ("baseline_first", ["a#1b"])):
        judge = Oracle(prefers_first)
        scorer(judge, body="A {first}\nB  {second}", orders=orders, **header).score([answered(reference="x")])
        assert judge.ids == calls


def test_a_drawn_order_is_the_same_in_every_run_and_balanced(scorer: Make) -> None:
    header = {"inputs": "[response, reference]", "pair": "[response, reference]", "reduce": "pairwise",
              "output": "{winner: 1=first | 2=second | 0=tie}", "parse": "choice", "scale": "0..100",
              "orders": "seeded"}  # fmt: skip
    answers = [answered(str(n), text=f"mine {n}", reference="theirs") for n in range(400)]
    judge = Oracle(lambda request: "1")
    scores = scorer(judge, body="A {first}\nB {second}", **header).score(answers)
    won = sum(score.faithful["winner"][0] == 100 for score in scores)
    assert len(judge.ids) == 400
    assert 150 < won < 250
    again = Oracle(lambda request: "1")
    assert scorer(again, body="B {first}\nA {second}", **header).score(answers) == scores


def test_answers_come_back_in_order_however_the_judge_answers(scorer: Make) -> None:
    numbers = [random.Random(n).randint(1, 5) for n in range(300)]
    judge = Oracle(lambda request: said(request).partition("answer ")[2][0], width=17)
    answers = [answered(f"s{n}", text=f"answer {value} of {n}") for n, value in enumerate(numbers)]
    scores = scorer(judge).score(answers)
    assert [score.faithful["score"][0] for score in scores] == numbers


def test_a_second_run_asks_nothing(scorer: Make) -> None:
    answers = [answered(f"s{n}", text=str(n)) for n in range(50)]
    first = scorer(Oracle(by_id("hm", "3")), votes=2)
    before = first.score(answers)
    assert first.calls == 200
    first.close()
    judge = Oracle(lambda request: pytest.fail("asked again"))
    second = scorer(judge, votes=2)
    assert second.score(answers) == before
    assert (second.calls, judge.starts) == (0, 0)


def test_what_changes_the_question_is_asked_anew_and_what_does_not_is_not(scorer: Make) -> None:
    answers = [answered("a")]
    asked: list[int] = []

    def count(**change: Any) -> int:
        judge = Oracle(lambda request: "4")
        wanted = scorer(judge, **change)
        wanted.score(answers)
        wanted.close()
        asked.append(len(judge.ids))
        return asked[-1]

    assert count() == 1
    assert count(on_failure="zero", scale="20..100", title="other") == 0
    assert count(votes=3) == 2
    assert count(temperature=1) == 1
    assert count(system="Be strict.") == 1
    answers[0] = answered("other id")
    assert count() == 0
    answers[0] = answered("a", text="Another answer.")
    assert count() == 1


def test_scores_are_named_by_how_replies_were_read(scorer: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = scorer(Oracle(lambda request: "4"))
    before = judge.identity()
    monkeypatch.setattr(parsing, "VERSION", parsing.VERSION + 1)
    assert judge.identity() != before


def test_two_judges_do_not_share_verdicts(write_rubric: Write, tmp_path: Path) -> None:
    class Other(Oracle):
        name = "other"

    path, cache = write_rubric(), tmp_path / "v.sqlite"
    one = judged(path).configure(Oracle(lambda r: "2"), cache=cache)
    two = judged(path).configure(Other(lambda r: "4"), cache=cache)
    assert one.score([answered()])[0].faithful != two.score([answered()])[0].faithful
    assert one.identity() != two.identity()
    assert one.protocol != two.protocol


def test_media_count_by_content(scorer: Make, tmp_path: Path) -> None:
    clip = tmp_path / "a.wav"
    counts = []
    for content in (b"one", b"two", b"one"):
        clip.write_bytes(content)
        judge = Oracle(lambda request: "4")
        wanted = scorer(judge, body="{audio}", inputs="[audio]")
        wanted.score([answered(response=Response(audio=Audio(str(clip))))])
        wanted.close()
        counts.append(len(judge.ids))
    assert counts == [1, 1, 0]


def test_equal_questions_are_asked_once(scorer: Make) -> None:
    judge = Oracle(by_id("hm", "4"), width=50)
    scores = scorer(judge, votes=2).score([answered(f"s{n}", text="Same.") for n in range(40)])
    assert len(judge.ids) == 4
    assert {score.faithful["score"] for score in scores} == {(4.0, 1.0)}


def test_what_was_answered_before_the_money_ran_out_is_kept(scorer: Make) -> None:
    class Poor(Oracle):
        def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
            for number, pair in enumerate(super().stream(requests)):
                if number == 7:
                    raise BudgetError("the money is spent")
                yield pair

    answers = [answered(f"s{n}", text=str(n)) for n in range(20)]
    poor = scorer(Poor(lambda r: "3"))
    done = []
    with pytest.raises(BudgetError):
        done.extend(answer.id for answer, _ in poor.stream(answers))
    poor.close()
    assert len(done) == 7
    judge = Oracle(lambda r: "3")
    assert {score.status for score in scorer(judge).score(answers)} == {"scored"}
    assert sorted(judge.ids) == sorted(f"{answer.id}#1" for answer in answers if answer.id not in done)


class Rude(Oracle):
    """Answers the first question twice, or none of them."""

    def __init__(self, twice: bool) -> None:
        super().__init__(lambda request: "3")
        self.twice = twice

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        for request in requests:
            if self.twice:
                yield request.id, Response(text="3")
                yield request.id, Response(text="4")


def test_a_judge_that_breaks_the_rules_of_stream_is_stopped(scorer: Make) -> None:
    for twice, problem in ((True, "has answered before"), (False, "ended without answering")):
        with pytest.raises(EvalkitError, match=problem):
            scorer(Rude(twice), title=f"Twice: {twice}".replace(":", "")).score([answered("a"), answered("b", "x")])


def test_a_damaged_cache_says_what_to_do(write_rubric: Write, tmp_path: Path) -> None:
    cache = tmp_path / "v.sqlite"
    cache.write_bytes(b"this is no data base" * 1000)
    with pytest.raises(ResultsError, match=r"v\.sqlite.*move it away"):
        judged(write_rubric()).configure(Oracle(lambda r: "3"), cache=cache).score([answered()])


def test_a_judge_that_cannot_hear_is_refused_before_anything(write_rubric: Write) -> None:
    class Deaf(Oracle):
        takes = frozenset({"text", "image"})

    path = write_rubric("{audio}{question_image}{question}", inputs="[audio, question_image, question]")
    with pytest.raises(UsageError, match=r"takes no audio, and rubric 'politeness' gives it audio"):
        judged(path).configure(Deaf(str))

    class Transcriber(Oracle):
        takes = frozenset({"audio", "image"})

    class Speaker(Oracle):
        gives = frozenset({"speech"})

    with pytest.raises(UsageError, match="takes no text"):
        judged(path).configure(Transcriber(str))
    with pytest.raises(UsageError, match="writes no text"):
        judged(path).configure(Speaker(str))


def test_names_of_judges(write_rubric: Write) -> None:
    path = write_rubric()
    with pytest.raises(UnknownNameError, match=r"unknown model 'constnt'\. Did you mean constant"):
        judged(path).configure("constnt")
    with pytest.raises(UsageError, match="model 'constant' has no argument 'model'"):
        judged(path).configure("constant:gpt-4")
    with pytest.raises(UsageError, match="says right or wrong; rubric 'politeness' asks for score"):
        judged(path).configure("rules:exact")
    with pytest.raises(UnknownNameError, match="profile of judge rules"):
        judged(path).configure("rules:fuzzy")
    with pytest.raises(UnknownNameError, match="input of rubric politeness: 'answer'"):
        judged(path, inputs={"answer": "meta.x"})
    for votes in (0, "many"):
        with pytest.raises(UsageError, match="at least 1"):
            judged(path, votes=votes)


def test_the_default_judge_and_its_label(write_rubric: Write) -> None:
    wanted = judged(write_rubric(judge="constant"))
    assert wanted.protocol.startswith("judge:politeness#")
    assert wanted.protocol.endswith("/constant")
    wanted.configure("constant", {"text": "3"}, votes=3)
    assert wanted.protocol.endswith("*3")
    assert wanted.judge_name.startswith("constant:")
    assert wanted.identity()["votes"] == 3
    assert wanted.score([answered()])[0].faithful == {"score": (3.0, 1.0)}


def test_another_rubric_takes_its_own_votes_and_the_inputs_it_has(write_rubric: Write) -> None:
    wanted = judged(write_rubric(votes=2), inputs={"question": "meta.asked"})
    other = write_rubric("{response}", name="other.md", inputs="[response]", votes=5, id="brevity")
    wanted.configure(Oracle(lambda r: "1"), rubric=other)
    assert (wanted.votes, wanted.profile, wanted.inputs) == (5, "brevity", {})
    assert wanted.score([answered()])[0].faithful == {"score": (1.0, 1.0)}
    wanted.configure(Oracle(lambda r: "1"))
    assert (wanted.votes, wanted.profile, wanted.inputs) == (2, "politeness", {"question": "meta.asked"})


def test_limits_reach_the_judge(write_rubric: Write) -> None:
    limits = CallLimits(concurrency=3, budget=Budget(1.0))
    judge = Oracle(str)
    judged(write_rubric()).configure(judge, limits=limits)
    assert judge.limits is limits


def test_a_forecast_asks_nothing_and_knows_the_cache(scorer: Make) -> None:
    answers = [answered(f"s{n}", text=str(n)) for n in range(10)]
    judge = Oracle(lambda r: "3")
    wanted = scorer(judge, votes=2)
    wanted.score(answers[:4])
    found = wanted.forecast(answers)
    assert (found.verdicts, found.calls, found.cost) == (20, 12, None)
    assert len(judge.ids) == 8
    assert found.characters > 12 * 400


def test_memory_is_flat(scorer: Make) -> None:
    """Six times the answers need the memory of one time, whether verdicts are asked for or found."""

    def peak(n: int, kind: str) -> int:
        wanted = scorer(Oracle(lambda r: "3", width=64, remembers=False))
        answers = (answered(f"s{i}", text=f"{i} {kind} " + "x" * 2000) for i in range(n))
        tracemalloc.start()
        for _ in wanted.stream(answers):
            pass
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        wanted.close()
        return top

    peak(10, "warm up")
    few, many = peak(150, "few"), peak(900, "many")
    assert many < 1.5 * few
    assert peak(150, "few") < 2_000_000
    assert peak(900, "many") < 2_000_000
