"""What a run would take, found out without asking, loading or writing anything: `evalkit run --dry-run`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from evalkit.core.message import Audio, user
from evalkit.core.model import Model
from evalkit.core.response import Response
from evalkit.core.sample import GREEDY, Request, Sample
from evalkit.core.scorer import Answered, Scorer
from evalkit.core.task import Task
from evalkit.judging.forecast import Forecast
from evalkit.judging.judge import JudgeScorer
from evalkit.judging.material import as_answered
from evalkit.models.api.content import wav_of_pcm
from evalkit.published.settling import SettledSuite
from evalkit.records import journals
from evalkit.run.directory import RunDirectory
from evalkit.run.generate import answered, without_replies
from evalkit.run.judges import judges_of
from evalkit.run.listeners import language_of
from evalkit.run.options import Options
from evalkit.run.pace import seconds_per_answer
from evalkit.run.prepare import Prepared, obstacles, prepare
from evalkit.run.priced import sold
from evalkit.run.rejudge import unsettled_answers
from evalkit.run.tasks import Chosen, heard_by, roles_of, settled_choice

ANSWER_TOKENS = 512  # of an answer that is not there yet, where the protocol sets no bound
SPEECH_SECONDS = 10.0  # of speech that is not there yet
_RATE = 8000  # Hz


@dataclass(slots=True)
class Calls:
    """Calls of one model.

    Args:
        calls: how many.
        input_tokens, output_tokens: roughly, with answers as long as they may be; None where the model cannot tell.
        cost: US dollars; None when unknown.
    """

    calls: int = 0
    input_tokens: int | None = 0
    output_tokens: int | None = 0
    cost: float | None = 0.0

    def add(self, estimate: Any) -> None:
        """Count one call.

        Args:
            estimate: an object with the three numbers; None where the model has none.
        """
        self.calls += 1
        for name in ("input_tokens", "output_tokens", "cost"):
            sofar, more = getattr(self, name), getattr(estimate, name, None)
            setattr(self, name, None if sofar is None or more is None else sofar + more)


@dataclass(slots=True)
class Foreseen:
    """What one model on one task would take.

    Args:
        task, model: names.
        directory: the run directory; it need not be there.
        samples: planned.
        answered: of those, answered already.
        generation: calls of the model.
        transcription: calls of the transcriber; None where there is none.
        judging: protocol -> what its judge would be asked.
        obstacles: what would keep the command from starting, as messages.
        seconds: wall time of the model's answers, as earlier runs of it had; None where there were none.
    """

    task: str
    model: str
    directory: Path
    samples: int = 0
    answered: int = 0
    generation: Calls = field(default_factory=Calls)
    transcription: Calls | None = None
    judging: dict[str, Forecast] = field(default_factory=dict)
    obstacles: list[str] = field(default_factory=list)
    seconds: float | None = None

    @property
    def cost(self) -> float | None:
        """US dollars of all calls; None when that of any is unknown."""
        parts = [self.generation.cost, *(found.cost for found in self.judging.values())]
        if self.transcription is not None:
            parts.append(self.transcription.cost)
        known = [part for part in parts if part is not None]
        return sum(known) if len(known) == len(parts) else None

    @property
    def calls(self) -> int:
        """Calls of all models."""
        heard = self.transcription.calls if self.transcription is not None else 0
        return self.generation.calls + heard + sum(found.calls for found in self.judging.values())


def foresee_all(make_model: Callable[[], Model], chosen: Sequence[Chosen], options: Options) -> Iterator[Foreseen]:
    """What the tasks of a command would take, the members of suites one by one.

    Raises:
        EvalkitError: the configuration or the data cannot be used.
    """
    settled = [settled_choice(choice) for choice in chosen]
    roles = roles_of(settled)
    for choice, one in zip(chosen, settled, strict=True):
        for task, splits in one.tasks() if isinstance(one, SettledSuite) else [(one, choice.splits)]:
            yield foresee(make_model(), task, heard_by(task, options, roles), splits)


def foresee(model: Model, task: Task, options: Options, splits: tuple[str, ...] = ()) -> Foreseen:
    """What a run would take; the data are read, and nothing is written into the results folder.

    Raises:
        EvalkitError: the configuration or the data cannot be used. A key or package that is missing is no error
            here; it stands among the obstacles.
    """
    prepared = prepare(model, task, options, splits, checked=False)
    found = Foreseen(task.name, prepared.shown, prepared.path)
    found.obstacles = [
        str(problem) for problem in obstacles(model, prepared.scorers, prepared.listeners.values(), options.stages)
    ]
    directory = RunDirectory(prepared.path)
    done = set() if options.fresh else answered(directory)[0]
    generates = "generate" in options.stages
    _generation(prepared, done, generates, found)
    facts = prepared.facts
    each = seconds_per_answer(prepared.path.parent.parent, facts["model"], facts["model_arguments"], task.name)
    if each is not None and found.generation.calls:
        found.seconds = round(each * found.generation.calls, 3)
    if prepared.transcriber is not None and "listen" in options.stages:
        found.transcription = _transcription(prepared, directory, done, generates)
    if "score" in options.stages:
        for scorer in prepared.scorers:
            for judge in judges_of([scorer]):
                foreseen = _judging(prepared, scorer, judge, directory, done, generates)
                known = found.judging.get(judge.protocol)
                found.judging[judge.protocol] = foreseen if known is None else known + foreseen
    return found


def _generation(prepared: Prepared, done: set[str], wanted: bool, found: Foreseen) -> None:
    estimate = getattr(prepared.model, "estimate", None)
    plan = prepared.plan
    for sample in plan.samples():
        for scorer in prepared.scorers:
            if scorer.runs_on(sample.split):
                scorer.check(sample)
        found.samples += 1
        if sample.id in done:
            found.answered += 1
        elif wanted:
            words = "x" * (4 * (plan.generation.max_new_tokens or ANSWER_TOKENS))
            asked = without_replies(sample, words) if sample.after else sample
            request = Request(sample.id, asked.messages, plan.generation, plan.seed)
            found.generation.add(estimate(request) if estimate is not None else None)
    if not sold(prepared.facts["model"], prepared.facts["model_arguments"]):
        found.generation.cost = 0.0


def _transcription(prepared: Prepared, directory: RunDirectory, done: set[str], generates: bool) -> Calls:
    """Speech that is there and was not heard yet, and that of answers to come, of which nobody knows how long it is."""
    transcriber, name = prepared.transcriber, prepared.transcripts
    assert transcriber is not None and name is not None
    estimate = getattr(transcriber, "estimate", None)
    settings = replace(GREEDY, max_new_tokens=None)
    calls = Calls()

    def add(speech: Audio, meta: Mapping[str, Any] | None) -> None:
        request = Request("speech", (user(speech),), settings, language=language_of(meta, prepared.plan.task.language))
        calls.add(estimate(request) if estimate is not None else None)

    planned = {sample.id: sample.meta for sample in prepared.plan.samples()}
    everything = any(scorer.together for scorer in prepared.scorers)
    lines = journals.read(directory.transcripts(name), ()) if done else ()
    heard = {line["id"]: line["audio"] for line in lines if line.get("failure") is None}
    for line in journals.read(directory.samples, journals.FAILED) if done else ():
        unheard = line.get("audio") and heard.get(line["id"]) != line["audio"]
        if unheard and (everything or line["id"] in planned) and not (line.get("speech") or {}).get("silent"):
            add(Audio(str(directory.path / line["audio"])), line.get("meta"))
    if generates:
        for key, meta in planned.items():
            if key not in done:
                add(_speech(), meta)
    if estimate is None and not sold(transcriber.name, transcriber.identity()):
        calls.cost = 0.0
    return calls


def _judging(
    prepared: Prepared,
    scorer: Scorer,
    judge: JudgeScorer,
    directory: RunDirectory,
    done: set[str],
    generates: bool,
) -> Forecast:
    """Verdicts on the answers there are, and on those that are to come, which are taken to be as long as they may."""
    name, _ = prepared.scoring(scorer)
    planned = {sample.id for sample in prepared.plan.samples() if scorer.runs_on(sample.split)}

    def put(answers: Iterable[Answered]) -> Iterator[Answered]:
        for answer in answers:
            if (found := scorer.put_to(judge, answer)) is not None:
                yield found

    there = judge.forecast(
        put(
            answer
            for answer in (unsettled_answers(directory, scorer, name, prepared.transcripts) if done else ())
            if answer.id in planned and answer.id in done
        )
    )
    return there + judge.forecast(put(_to_come(prepared, scorer, done)), distinct=False) if generates else there


def _to_come(prepared: Prepared, scorer: Scorer, done: set[str]) -> Iterator[Answered]:
    text = "x" * (4 * (prepared.plan.generation.max_new_tokens or ANSWER_TOKENS))
    speech = _speech()

    def made(sample: Sample) -> Answered:
        return as_answered(sample, Response(text=text, heard=text, audio=speech))

    return (
        made(sample) for sample in prepared.plan.samples() if sample.id not in done and scorer.runs_on(sample.split)
    )


def _speech() -> Audio:
    data = wav_of_pcm(bytes(2 * int(_RATE * SPEECH_SECONDS)), {"rate": str(_RATE)})
    return Audio(opener=lambda: data, name="speech.wav")


def totals(found: Sequence[Foreseen]) -> Mapping[str, Any]:
    """Calls and cost (None when unknown) of several."""
    costs = [one.cost for one in found]
    known = [cost for cost in costs if cost is not None]
    return {"calls": sum(one.calls for one in found), "cost": sum(known) if len(known) == len(costs) else None}
