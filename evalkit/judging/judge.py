"""The scorer that asks a judge: `judged("rubric")` in a task, another judge or rubric at the command line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalkit.core.errors import UnknownNameError, UsageError
from evalkit.core.limits import CallLimits
from evalkit.core.model import Model
from evalkit.core.sample import Sample
from evalkit.core.score import Score, Vector
from evalkit.core.scorer import Answered, Helper, Scorer
from evalkit.judging import parsing
from evalkit.judging.cache import VerdictCache
from evalkit.judging.cases import Case
from evalkit.judging.forecast import Forecast, foresee
from evalkit.judging.material import (
    MissingInputError,
    NoAnswerError,
    check_sample,
    find,
    gather,
    plays_its_own,
)
from evalkit.judging.models import RULES, check_takes, digest, judge_label, judge_model
from evalkit.judging.options import number_of_votes, places
from evalkit.judging.panel import Panel
from evalkit.judging.record import detail_of, flags_of
from evalkit.judging.rubric import Policy, Rubric
from evalkit.judging.rubric_file import load_rubric
from evalkit.judging.rules import VERSION, RulesJudge
from evalkit.judging.vectors import Vectors, metrics_of
from evalkit.judging.votes import Vote, decide

JUDGE = "judge"  # the role of judges among the helpers of scorers
STANDS_IN = "judge_stands_in"  # flag: the benchmark names another judge


class JudgeScorer(Scorer, Helper):
    """Scores answers by a judge's verdicts.

    Args:
        profile: id of a rubric, or a rubric file.
        inputs: input name -> where samples have it ("meta.transcript"), where that is not under its own name; at the
            command line "question=meta.transcript,reference=meta.gold".
        heard: judge what a transcriber heard of a spoken answer ("true" at the command line).
        metric: name of the metric; the value's key where None.
        label: what tables print; made from the metric's name where None.
        scale: reports on another scale than the rubric's ("20..100").
        weight: where samples have their weight ("meta.weight"); all weigh 1 where None.
        judge: default judge instead of the rubric's ("rules:contains").
        votes: votes instead of the rubric's.
        only: a fact of the sample or of its reply ("meta.x", "notes.ROLE.x") without which there is nothing to judge:
            where it is false, 0 or missing, the faithful value leaves the sample out.
        missing: policy for samples without an answer instead of the rubric's.

    A rubric with the input `rounds` judges whole conversations: of turns that are each asked, the last one alone.
    """

    name = "judge"
    role = JUDGE

    def __init__(
        self,
        profile: str | Path = "",
        inputs: Mapping[str, str] | str | None = None,
        heard: bool | str = False,
        metric: str | None = None,
        label: str | None = None,
        scale: str | None = None,
        weight: str | None = None,
        judge: str | None = None,
        votes: int | str | None = None,
        only: str | None = None,
        missing: Policy | None = None,
    ) -> None:
        if not profile:
            raise UsageError(
                "the scorer 'judge' needs a rubric: judge:ID or judge:FILE.md (see 'evalkit list judges'), and "
                "--scorer-arg inputs=NAME=PLACE where samples have an input elsewhere"
            )
        self._sources = places(inputs) if isinstance(inputs, str) else dict(inputs or {})
        self.hears = heard if isinstance(heard, bool) else heard.lower() in ("true", "yes", "1")
        self._metric, self._label, self._scale, self._weight = metric, label, scale, weight
        self._only, self._missing = only, missing
        self._default = judge
        self._judge: Model | RulesJudge | None = None
        self._limits: CallLimits | None = None
        self._cache_path: Path | None = None
        self._cache: VerdictCache | None = None
        self._panel: Panel | None = None
        self._use(load_rubric(profile))
        self._check_inputs(self._sources)
        self.votes = number_of_votes(votes) if votes is not None else self.rubric.votes
        self._own = (self.rubric, self.votes, dict(self._sources))
        self.listeners = self._listeners()

    def _listeners(self) -> dict[str, tuple[str, ...]]:
        """The listeners whose notes it reads, by role."""
        places = [*self.inputs.values(), self._only or ""]
        return {place.split(".")[1]: () for place in places if place.startswith("notes.")}

    def _use(self, rubric: Rubric) -> None:
        if self._missing is not None:
            rubric = replace(rubric, on_missing=self._missing)
        self.rubric = rubric if self._scale is None else rubric.on_scale(self._scale)
        self.profile = rubric.id
        self.metrics = metrics_of(self.rubric, self._metric, self._label)
        self._vectors = Vectors(self.rubric, self.metrics, self._weight)
        self.reads_earlier = any(entry.name == "rounds" for entry in rubric.inputs)

    @property
    def inputs(self) -> dict[str, str]:
        """Input name -> where samples have it, for inputs that are not found under their own name."""
        names = {entry.name for entry in self.rubric.inputs}
        return {name: source for name, source in self._sources.items() if name in names}

    def _check_inputs(self, names: Iterable[str]) -> None:
        known = [entry.name for entry in self.rubric.inputs]
        for name in names:
            if name not in known:
                raise UnknownNameError(f"input of rubric {self.rubric.id}:", name, known)

    def configure(
        self,
        judge: str | Model | None = None,
        arguments: Mapping[str, Any] | None = None,
        *,
        rubric: str | Path | None = None,
        votes: int | None = None,
        inputs: Mapping[str, str] | None = None,
        limits: CallLimits | None = None,
        cache: Path | None = None,
    ) -> JudgeScorer:
        """Set what a command asks for, in place of what an earlier one did; called before the identity is taken.

        Args:
            judge: name of a model ("openai:gpt-4o-mini"), "rules:PROFILE", or a model; the default where None.
            arguments: constructor arguments of a judge given by name.
            rubric: id or file of a rubric instead of the task's.
            votes: votes instead of the rubric's.
            inputs: further places of inputs, which go before the task's.
            limits: of the judge's calls.
            cache: file of the verdict cache; replies are kept in memory only where None.

        Raises:
            UsageError: the judge cannot do this rubric.
            DataError: the rubric cannot be used.
        """
        self.close()
        own, own_votes, sources = self._own
        self._use(load_rubric(rubric) if rubric is not None else own)
        self.votes = number_of_votes(votes) if votes is not None else own_votes if rubric is None else self.rubric.votes
        self._check_inputs(inputs or {})
        self._sources = {**sources, **(inputs or {})}
        self.listeners = self._listeners()
        self._limits, self._cache_path = limits, cache
        self._judge = self._made(judge, arguments or {})
        return self

    def _made(self, judge: str | Model | None, arguments: Mapping[str, Any]) -> Model | RulesJudge:
        named = judge if judge is not None else self._default or self.rubric.judge
        if isinstance(named, str):
            base, _, profile = named.partition(":")
            if base == RULES:
                return RulesJudge(profile, self.rubric)
            named = judge_model(named, arguments)
        elif arguments:
            raise UsageError("arguments of the judge go with a judge given by name")
        check_takes(named, self.rubric)
        if self._limits is not None:
            named.limits = self._limits
        return named

    @property
    def listens(self) -> bool:
        """True when the judge hears the candidate's spoken reply, so that the candidate must speak."""
        return any(self._sources.get(entry.name, entry.name) == "audio" for entry in self.rubric.inputs)

    @property
    def judge(self) -> Model | RulesJudge:
        """Who judges."""
        if self._judge is None:
            self._judge = self._made(None, {})
        return self._judge

    @property
    def judge_name(self) -> str:
        """Its short name, for example "openai:gpt-4o-mini" or "rules:contains"."""
        return f"{RULES}:{self.judge.profile}" if isinstance(self.judge, RulesJudge) else judge_label(self.judge)

    @property
    def calls(self) -> int:
        """Questions put to the judge so far."""
        return self._panel.calls if self._panel is not None else 0

    def check(self, sample: Sample) -> None:
        """Refuse a sample that lacks an input of the rubric.

        Raises:
            DataError: naming it.
        """
        check_sample(sample, self.rubric, self.inputs)

    def helpers(self) -> Sequence[Helper]:
        """Itself: it asks the judge."""
        return (self,)

    @property
    def asks(self) -> Model | None:
        """The model that judges; None where a rule does."""
        return self.judge if isinstance(self.judge, Model) else None

    def check_helper(self) -> None:
        """Find out, without a call, whether the judge can be asked: key, packages, price; for before a run.

        Raises:
            EvalkitError: saying what is missing.
        """
        if isinstance(self.judge, Model):
            self.judge.check()

    def identity(self) -> Mapping[str, Any]:
        """Rubric, judge, votes, how replies are read, and where the inputs come from."""
        facts: dict[str, Any] = {
            "rubric": self.rubric.hash,
            "judge": self.judge_name,
            "judge_identity": _judge_facts(self.judge),
            "votes": self.votes,
            "scale": list(self.rubric.scale),
            "heard": self.hears,
        }
        if isinstance(self.judge, Model):
            facts["reading"] = parsing.VERSION
        if self.inputs:
            facts["inputs"] = self.inputs
        if self._weight:
            facts["weight"] = self._weight
        if self._only:
            facts["only"] = self._only
        return facts

    @property
    def protocol(self) -> str:
        """For example "judge:voicebench_open#3f2a91/openai:gpt-4o-mini*3" (rubric, its hash, judge, votes)."""
        votes = f"*{self.votes}" if self.votes > 1 and not isinstance(self.judge, RulesJudge) else ""
        return f"judge:{self.rubric.id}#{self.rubric.hash[:6]}/{self.judge_name}{votes}"

    def score(self, answers: Sequence[Answered]) -> list[Score]:
        """One score for each answer, in order."""
        found = {id(answer): score for answer, score in self.stream(answers)}
        return [found[id(answer)] for answer in answers]

    def stream(self, answers: Iterable[Answered]) -> Iterator[tuple[Answered, Score]]:
        """Scores as they come, in any order; nothing but what is before the judge is held in memory.

        Raises:
            EvalkitError: the judge cannot go on; its verdicts so far are kept and not asked for again.
        """
        if isinstance(self.judge, RulesJudge):
            for answer in answers:
                yield answer, self._by_rule(answer, self.judge)
            return
        for case in self._opened().decide(self._case(answer) for answer in answers):
            yield case.answer, case.decided or self._score(case)

    def forecast(self, answers: Iterable[Answered], *, distinct: bool = True) -> Forecast:
        """What judging these answers would take; asks and writes nothing.

        Args:
            answers: to be judged.
            distinct: see `evalkit.judging.forecast.foresee`.
        """
        if isinstance(self.judge, RulesJudge):
            return Forecast(answers=sum(1 for _ in answers))
        panel = self._made_panel(VerdictCache(self._cache_path, read_only=True))
        try:
            return foresee(panel, map(self._case, answers), getattr(self.judge, "estimate", None), distinct=distinct)
        finally:
            panel.cache.close()

    def close(self) -> None:
        """End the judge and close the cache; the scorer can be used again."""
        if self._panel is not None:
            self._panel.close()
            self._panel = None
        if self._cache is not None:
            self._cache.close()
            self._cache = None

    def missing(self, answer: Answered) -> Mapping[str, Vector]:
        """By the rubric's policy for samples without an answer; nothing for a turn that is not judged."""
        return {} if self._played(answer) else self._vectors.by_policy(self.rubric.on_missing, answer)

    def worst(self, answer: Answered) -> Mapping[str, Vector]:
        """The lowest points; 0 where the official rule goes below the scale; nothing for a turn that is not judged."""
        return {} if self._played(answer) else self._vectors.worst(answer)

    def put_to(self, helper: Helper, answer: Answered) -> Answered | None:
        """Nothing is asked of a turn that is judged with a later one."""
        return answer if helper is self and not self._played(answer) else None

    def _played(self, answer: Answered) -> bool:
        """True of a turn that is played for the sake of a later one, with which it is judged."""
        meta = answer.meta or {}
        return self.reads_earlier and "turns" in meta and str(meta.get("turn")) != str(meta["turns"])

    def _opened(self) -> Panel:
        if self._panel is None:
            self._cache = VerdictCache(self._cache_path)
            self._panel = self._made_panel(self._cache)
        return self._panel

    def _made_panel(self, cache: VerdictCache) -> Panel:
        model = self.judge
        assert isinstance(model, Model)
        return Panel(self.rubric, self.votes, model, digest(_judge_facts(model)), judge_label(model), cache)

    def _case(self, answer: Answered) -> Case:
        if self._played(answer):
            return Case(answer, None, decided=Score("scored", {}, {}, flags=("judged_with_the_last_turn",)))
        if self._only is not None and not find(answer, self._only, self.hears):
            return Case(answer, None, decided=Score("scored", {}, self.worst(answer), flags=("nothing_to_judge",)))
        try:
            material = gather(answer, self.rubric, self.inputs, self.hears)
        except NoAnswerError as error:
            return Case(answer, None, decided=self._no_answer(answer, str(error)))
        except MissingInputError as error:
            return Case(answer, None, failure=str(error))
        said = material.texts.get("response")
        if said is not None and not said.strip() and self.rubric.on_empty != "ask":
            faithful = self._vectors.by_policy(self.rubric.on_empty, answer)
            score = Score("scored", faithful, self.worst(answer), flags=("empty_answer",))
            return Case(answer, None, decided=score)
        replied = any(turn["role"] == "assistant" for turn in answer.messages)
        given = self.reads_earlier and replied and not plays_its_own(answer)
        flags = ["earlier_replies_of_the_data"] * given + ["optional_input_not_there"] * bool(material.absent)
        if self.rubric.official_judge not in (None, self.judge_name):
            flags.append(STANDS_IN)
        return Case(answer, material, flags=tuple(flags))

    def _no_answer(self, answer: Answered, why: str) -> Score:
        return Score("model_failed", self.missing(answer), self.worst(answer), detail={"failure": why})

    def _score(self, case: Case) -> Score:
        rubric, answer = self.rubric, case.answer
        failure = case.failure or next((ballot.failure for ballot in case.ballots if ballot.failure), None)
        if failure is not None:
            faithful = self._vectors.by_policy(rubric.on_failure, answer)
            return Score(
                "judge_failed", faithful, self.worst(answer), detail={"failure": failure, **detail_of(case, rubric)}
            )
        votes = [Vote(ballot.reading, ballot.candidate_first) for ballot in case.ballots]
        decisions = {key: decide(rubric, key, votes) for key in rubric.value}
        flags = flags_of(case, any(decision.tied for decision in decisions.values()))
        kept = {key: decision.faithful for key, decision in decisions.items() if decision.faithful is not None}
        faithful, detail = self._vectors.of(kept, answer), {"points": kept, **detail_of(case, rubric)}
        if all(vote.reading is not None and vote.reading.doubt is None for vote in votes):
            return Score("scored", faithful, None, flags, detail)
        strict = {key: decision.strict for key, decision in decisions.items()}
        return Score("unparsed", faithful, self._vectors.of(strict, answer), flags, detail)

    def _by_rule(self, answer: Answered, judge: RulesJudge) -> Score:
        said = answer.response.heard if self.hears else answer.response.text
        if said is None:
            return self._no_answer(answer, "the model gave no text")
        reference = find(answer, self.inputs.get("reference", "reference"), self.hears)
        verdict = judge.assess(said, reference) if reference is not None else None
        detail: dict[str, Any] = {"rule": judge.profile, "verdict": verdict}
        if verdict is None:
            return Score(
                "unparsed", self._vectors.by_policy(self.rubric.on_failure, answer), self.worst(answer), detail=detail
            )
        points = {key: self.rubric.outputs()[key].number(value) for key, value in verdict.items()}
        detail["points"] = points
        return Score("scored", self._vectors.of(points, answer), detail=detail)


def judged(profile: str | Path, **arguments: Any) -> JudgeScorer:
    """The scorer of a task whose answers a judge assesses; see `JudgeScorer`."""
    return JudgeScorer(profile, **arguments)


def _judge_facts(judge: Model | RulesJudge) -> dict[str, Any]:
    if isinstance(judge, RulesJudge):
        return {"name": RULES, "profile": judge.profile, "version": VERSION}
    return {"name": judge.name, "arguments": dict(judge.identity())}
