"""Generate: ask for what is missing, journal every answer as it comes; conversations are played turn by turn."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalkit.core.errors import ResultsError
from evalkit.core.message import Audio, Message, Part, Text
from evalkit.core.model import Model
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Request, Sample
from evalkit.core.scorer import Scorer
from evalkit.records import journals
from evalkit.run import journal
from evalkit.run.answer_record import answer_record, left_out, out_of_turn
from evalkit.run.directory import RunDirectory
from evalkit.run.plan import Inspection, Plan
from evalkit.run.usable import usable

Tick = Callable[[bool], None]


def answered(directory: RunDirectory, repeats: int | None = None) -> tuple[set[str], dict[str, int]]:
    """Ids with a usable answer, and how many of them each split has.

    Args:
        directory: of the run.
        repeats: askings that count; all where None.
    """
    ids: set[str] = set()
    per_split: dict[str, int] = {}
    for record in journals.read(directory.samples, journals.FAILED):
        if record.get("failure") is None and (repeats is None or record.get("repeat", 1) <= repeats):
            ids.add(record["id"])
            split = record["split"]
            per_split[split] = per_split.get(split, 0) + 1
    return ids, per_split


def generate(
    plan: Plan,
    scorers: Sequence[Scorer],
    model: Model,
    directory: RunDirectory,
    tick: Tick,
    ready: Callable[[], None],
) -> dict[str, int]:
    """Ask the model for every planned sample without an answer; it is started only if there is one.

    Args:
        plan: what to ask.
        scorers: they look at each sample before it is asked, where the plan could not.
        model: not started yet.
        directory: where answers are journalled.
        tick: called after each answer with True when it failed.
        ready: called before the model is started; raises where it could not be, or a judge could not be asked later.

    Returns:
        Planned samples per split.

    Raises:
        ResultsError: the disk failed, or the model broke the rules of `Model.stream`.
    """
    done, _ = answered(directory)
    queue = _Queue(plan, scorers, directory, done, model.hears_itself)
    first = queue.next()
    if first is None:
        return queue.sizes
    with journal.Journal(directory.samples) as file:

        def keep(sample: Sample, response: Response) -> None:
            seed = Request(sample.id, (), run_seed=plan.seed).seed if plan.repeats > 1 else None
            record = answer_record(sample, response, directory, model.speech_rate, seed)
            file.append(record)
            tick("failure" in record)
            queue.answered(sample, record)

        def keep_lost() -> None:
            while queue.lost:
                keep(*queue.lost.popleft())

        ready()
        model.answered_before = bool(done)
        with model:
            while first is not None:
                for key, response in model.stream(queue.requests(first)):
                    sample = queue.pending.pop(key, None)
                    if sample is None:
                        raise ResultsError(out_of_turn(model.name, key))
                    keep(sample, usable(response))
                    keep_lost()
                if queue.pending:
                    raise ResultsError(left_out(model.name, queue.pending))
                first = queue.next()  # a turn whose earlier one was answered when the stream had ended
                keep_lost()  # turns after a failed one that were looked at behind the last answer
    return queue.sizes


class _Queue:
    """Requests in the order in which they can be made: a turn after the reply to the one before it.

    Attributes:
        pending: samples the model has taken and not answered.
        sizes: planned samples per split, whole once all were looked at.
        lost: turns that cannot be asked, with the reason, to be journalled.
    """

    def __init__(
        self, plan: Plan, scorers: Sequence[Scorer], directory: RunDirectory, done: set[str], hears_itself: bool
    ) -> None:
        self._plan, self._directory, self._done = plan, directory, done
        self._hears_itself = hears_itself
        self._samples = plan.samples()
        self._inspection = None if plan.rows.cheap else Inspection(plan, scorers)  # cheap rows were looked at before
        self._exhausted = False
        self._replies: dict[str, Message | None] | None = None  # None stands for a failed reply; read when needed
        self._waiting: dict[str, list[Sample]] = {}  # id of a turn -> turns that need its reply first
        self._ready: deque[Sample] = deque()
        self.pending: dict[str, Sample] = {}
        self.sizes: dict[str, int] = dict.fromkeys(plan.splits, 0)
        self.lost: deque[tuple[Sample, Response]] = deque()

    def requests(self, first: Request) -> Iterator[Request]:
        """Requests, from a given one on, until there is none for now."""
        request: Request | None = first
        while request is not None:
            yield request
            request = self.next()

    def next(self) -> Request | None:
        """The next request; None when there is none, or when all that are left wait for replies."""
        while True:
            if self._ready:
                sample = self._ready.popleft()
            else:
                fresh = self._fresh()
                if fresh is None:
                    return None
                sample = fresh
                if not self._can_be_asked(sample):
                    continue
            self.pending[sample.id] = sample
            return Request(sample.id, sample.messages, self._plan.generation, self._plan.seed)

    def _fresh(self) -> Sample | None:
        for sample in self._samples:
            if self._inspection is not None:
                self._inspection.look(sample)
            self.sizes[sample.split] += 1
            if sample.id not in self._done:
                return sample
        if self._inspection is not None and not self._exhausted:
            self._inspection.conclude()
        self._exhausted = True
        return None

    def _can_be_asked(self, sample: Sample) -> bool:
        """Put the replies into a turn; one that needs a reply that is not there yet waits for it."""
        if not sample.after:
            return True
        for name in sample.after:
            if name not in self._given():
                self._waiting.setdefault(name, []).append(sample)
                return False
            if self._given()[name] is None:
                why = f"the turn before it, '{name}', has no answer; it is asked again with that one"
                self.lost.append((sample, Response(failure=Failure("missing", why))))
                return False
        sample.messages = _with_replies(sample, self._given())
        return True

    def _given(self) -> dict[str, Message | None]:
        if self._replies is None:
            self._replies = {
                record["id"]: self._message(record)
                for record in journals.read(self._directory.samples, journals.FAILED)
                if record.get("failure") is None
            }
        return self._replies

    def _message(self, record: Mapping[str, Any]) -> Message:
        return _reply(record, self._directory.path, self._hears_itself)

    def answered(self, sample: Sample, record: Mapping[str, Any]) -> None:
        """Note a reply; turns that waited for it can be asked, those of a failed one cannot."""
        if self._plan.history != "own":
            return
        failed = record.get("failure") is not None
        self._given()[sample.id] = None if failed else self._message(record)
        for turn in self._waiting.pop(sample.id, ()):
            if self._can_be_asked(turn):
                self._ready.append(turn)


def _with_replies(sample: Sample, replies: Mapping[str, Message | None]) -> tuple[Message, ...]:
    messages: list[Message] = []
    earlier = iter(sample.after)
    for message in sample.messages:
        messages.append(message)
        if message.role == "user" and (name := next(earlier, None)) is not None:
            reply = replies[name]
            assert reply is not None
            messages.append(reply)
    return tuple(messages)


def _reply(record: Mapping[str, Any], folder: Path, hears_itself: bool) -> Message:
    """A journalled answer as a turn of the history: what was written, and what was said where the model takes it."""
    text = record.get("text")
    parts: list[Part] = [] if text is None else [Text(text)]
    if record.get("audio") and (hears_itself or text is None):
        parts.append(Audio(path=str(folder / record["audio"]), name=record["audio"], transcript=text or None))
    return Message("assistant", tuple(parts))


def without_replies(sample: Sample, words: str) -> Sample:
    """A turn as it would be asked if every earlier reply were some words; for estimates.

    Args:
        sample: of a plan.
        words: what stands for each reply.
    """
    reply = Message("assistant", (Text(words),))
    return replace(sample, messages=_with_replies(sample, dict.fromkeys(sample.after, reply)), after=())
