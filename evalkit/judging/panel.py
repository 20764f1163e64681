"""A judge at work: questions to verdicts, through the cache, with votes, orders and re-asks.

Questions are pulled by the judge's own `stream`, so its limits alone bound the speed; cases are given back as soon
as their last vote is in, in any order, and nothing but what is in flight is held in memory.
"""

from __future__ import annotations

import collections
import hashlib
import itertools
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace

from evalkit.core import thinking
from evalkit.core.errors import DataError, EvalkitError
from evalkit.core.model import Model
from evalkit.core.response import Response
from evalkit.core.sample import Generation, Request
from evalkit.judging import prompt
from evalkit.judging.cache import Reply, VerdictCache
from evalkit.judging.cases import Ballot, Case
from evalkit.judging.examples import Examples
from evalkit.judging.outputs import UnreadableError
from evalkit.judging.parsing import PARSERS
from evalkit.judging.rubric import Rubric

_PAUSE = 0.1  # seconds between two looks at what other processes ask
_MOST_ELSEWHERE = 1024  # ballots that wait for other processes
_STOPPED = {"truncated": "cut at its bound", "blocked": "stopped by a filter"}  # units of usage that tell of it
BACKLOG = 128  # finished cases that may wait while the judge looks for its next question


class Panel:
    """Gets the verdicts of one rubric from one judge.

    Args:
        rubric: what to ask.
        votes: how often.
        judge: not started; it is started with the first question the cache cannot answer.
        judge_key: digest of the judge's identity.
        judge_name: what records call it.
        cache: where replies are kept.
    """

    def __init__(
        self, rubric: Rubric, votes: int, judge: Model, judge_key: str, judge_name: str, cache: VerdictCache
    ) -> None:
        self.rubric, self.votes, self.judge, self.cache = rubric, votes, judge, cache
        self._judge_key, self._judge_name = judge_key, judge_name
        self._parser = PARSERS[rubric.parse]
        self._examples = Examples(rubric)
        self._settings = Generation(
            max_new_tokens=rubric.max_tokens, temperature=rubric.temperature, top_p=rubric.top_p
        )
        self._schema = schema(rubric) if rubric.parse == "json" else None
        self._prompt_hash = rubric.prompt_hash
        self._started = False
        self.calls = 0

    def close(self) -> None:
        """End the judge, if it was started."""
        if self._started:
            self._started = False
            self.judge.close()

    def decide(self, cases: Iterable[Case]) -> Iterator[Case]:
        """Give each case its verdicts; cases come back in any order.

        Raises:
            EvalkitError: the judge cannot go on (a wrong key, no budget); what it said before is in the cache.
        """
        questions = QuestionQueue(self, iter(cases))
        while True:
            first = questions.next()
            yield from questions.done()
            if first is None:
                if questions.exhausted:
                    return
                questions.wait()
                continue
            if not self._started:
                self.judge.start()
                self._started = True
            for name, response in self.judge.stream(questions.requests(first)):
                self.calls += 1
                questions.answered(name, response)
                yield from questions.done()
            questions.check_answered(self.judge.name)

    def missing(self, cases: Iterable[Case], *, distinct: bool = True) -> Iterator[Request]:
        """The first question of every verdict that the cache does not hold, equal ones once; asks nothing.

        Args:
            cases: what would be judged.
            distinct: False counts equal questions as often as they occur.
        """
        seen: set[bytes] = set()
        for case in cases:
            for ballot in self.ballots(case):
                request = self.advance(ballot)
                if request is None or (distinct and self.attempt_key(ballot) in seen):
                    continue
                seen.add(self.attempt_key(ballot))
                yield request

    def ballots(self, case: Case) -> Iterator[Ballot]:
        """The verdicts a case needs; a case whose media cannot be read gets a failure and none."""
        rubric = self.rubric
        if case.material is None:
            return
        try:
            facts = case.material.digest()
        except DataError as error:
            case.failure = str(error)
            return
        orders = [True]
        if rubric.pair is not None:
            orders = {
                "both": [True, False],
                "candidate_first": [True],
                "baseline_first": [False],
                "seeded": [_drawn_first(case.answer.id)],
            }[rubric.orders]
        for vote in range(1, self.votes + 1):
            for candidate_first in orders:
                side = "" if candidate_first else "b"
                name = f"{case.answer.id}#{vote}{side}"
                identity = (self._judge_key, self._prompt_hash, facts, str(vote), side)
                case.ballots.append(Ballot(case, vote, candidate_first, name, _digest(*identity)))
        yield from case.ballots

    def advance(self, ballot: Ballot) -> Request | None:
        """Take a ballot as far as the cache goes: settled (None), or to the next question."""
        while not ballot.settled:
            reply = self.cache.get(self.attempt_key(ballot))
            if reply is None:
                return self._request(ballot)
            self.hear(ballot, reply)
        return None

    def attempt_key(self, ballot: Ballot) -> bytes:
        """Key of the ballot's next attempt."""
        return _digest(ballot.key.hex(), str(len(ballot.replies) + 1))

    def hear(self, ballot: Ballot, reply: Reply) -> None:
        """Read a reply; the ballot is settled by a verdict, or when no further attempt is allowed."""
        ballot.replies.append(reply)
        stopped = next((how for how in _STOPPED if (reply.usage or {}).get(how)), None)
        try:
            if stopped is not None and not reply.text.strip():
                raise UnreadableError(f"the reply was {_STOPPED[stopped]} before it said anything")
            reading = self._parser.read(reply.text, self.rubric.output, self.rubric.pattern)
            if stopped is not None:  # what it would have said in the end is not known
                reading = replace(reading, doubt=reading.doubt or stopped)
            if self._examples.copied(reply.text, reading):
                reading = replace(reading, flags=(*reading.flags, "reply_is_the_example"))
            ballot.reading, ballot.settled, ballot.problem = reading, True, None
        except UnreadableError as error:
            ballot.problem = str(error)
            blank = sum(not thinking.split(earlier.text).answer.strip() for earlier in ballot.replies)
            ballot.settled = len(ballot.replies) - min(blank, self.rubric.reasks_blank) > self.rubric.reasks

    def keep(self, key: bytes, response: Response) -> Reply:
        """Write a reply into the cache, with its thought; returns the one that stands."""
        said = thinking.joined(response.thought, response.text or "")
        reply = Reply(said, response.usage, response.cost, response.seconds)
        return self.cache.put(key, reply, self._judge_name, f"{self.rubric.id} {self._prompt_hash}")

    def _request(self, ballot: Ballot) -> Request:
        assert ballot.case.material is not None
        asked = prompt.messages(self.rubric, ballot.case.material, ballot.key.hex(), ballot.candidate_first)
        if ballot.replies:
            said = thinking.split(ballot.replies[-1].text).answer
            asked = prompt.again(asked, said, str(ballot.problem), self.rubric)
        name = ballot.name + (f".{len(ballot.replies) + 1}" if ballot.replies else "")
        return Request(name, asked, self._settings, schema=self._schema)


class QuestionQueue:
    """What a judge's `stream` pulls from, and where its replies go: questions in flight, to be asked again, and waiting
    for each other's replies.

    Args:
        panel: reads replies and makes questions.
        cases: what is to be judged.
    """

    def __init__(self, panel: Panel, cases: Iterator[Case]) -> None:
        self._panel, self._cases = panel, cases
        self._ballots: Iterator[Ballot] = iter(())
        self._again: collections.deque[Request] = collections.deque()
        self._flying: set[str] = set()  # ids of questions the judge has taken
        self._keys: dict[str, bytes] = {}  # id of a question -> its key
        self._waiting: dict[bytes, list[Ballot]] = {}  # key -> ballots that the same reply settles
        self._elsewhere: collections.deque[Ballot] = collections.deque()  # whose questions another process asks
        self._looked = 0.0
        self._closed: collections.deque[Case] = collections.deque()
        self._no_more = False

    @property
    def exhausted(self) -> bool:
        """True when every case was looked at and nothing is left to ask."""
        return self._no_more and not self._again and not self._closed and not self._elsewhere

    def wait(self) -> None:
        """Wait a little for what other processes ask, where nothing else is to be done."""
        if self._elsewhere and not self._closed:
            time.sleep(_PAUSE)

    def done(self) -> Iterator[Case]:
        """Finished cases; each is taken apart after its use, as ballots and case hold each other."""
        while self._closed:
            case = self._closed.popleft()
            yield case
            case.ballots.clear()

    def requests(self, first: Request) -> Iterator[Request]:
        """Questions, from a given one on, until there is none for now."""
        return itertools.chain((first,), iter(self.next, None))

    def next(self) -> Request | None:
        """The next question; None when there is none, or when many cases wait to be taken."""
        request = self._again.popleft() if self._again else self._fresh() or self._answered_elsewhere()
        if request is not None:
            self._flying.add(request.id)
        return request

    def _answered_elsewhere(self) -> Request | None:
        """Look at what other processes asked: replies are taken, and what they gave up is asked here."""
        if time.monotonic() - self._looked < _PAUSE:
            return None
        self._looked = time.monotonic()
        for _ in range(len(self._elsewhere)):
            request = self._advance(self._elsewhere.popleft())
            if request is not None:
                return request
        return None

    def _fresh(self) -> Request | None:
        while len(self._closed) < BACKLOG and len(self._elsewhere) < _MOST_ELSEWHERE:
            ballot = next(self._ballots, None)
            if ballot is None:
                case = next(self._cases, None)
                if case is None:
                    self._no_more = True
                    return None
                self._ballots = iter(list(self._panel.ballots(case)))
                if not case.ballots:
                    self._closed.append(case)
                continue
            request = self._advance(ballot)
            if request is not None:
                return request
        return None

    def answered(self, name: str, response: Response) -> None:
        """Take the judge's answer to a question.

        Raises:
            EvalkitError: nobody asked it.
        """
        if name not in self._flying:
            raise EvalkitError(
                f"judge '{self._panel.judge.name}' answered '{name}', which it was not asked or has answered before; "
                "its adapter must give each request exactly one answer"
            )
        self._flying.remove(name)
        key = self._keys.pop(name)
        ballots = self._waiting.pop(key)
        if response.failure is not None:
            self._panel.cache.release(key)
            lost = Reply("", response.usage, response.cost, response.seconds)
            for ballot in ballots:
                ballot.lost = lost
                ballot.failure = f"{response.failure.kind}: {response.failure.message}"
                ballot.settled = True
                self._close(ballot.case)
            return
        reply = self._panel.keep(key, response)
        ballots[0].asked += 1
        for ballot in ballots:
            self._panel.hear(ballot, reply)
            if ballot.settled:
                self._close(ballot.case)
                continue
            request = self._advance(ballot)
            if request is not None:
                self._again.append(request)

    def check_answered(self, judge: str) -> None:
        """Refuse a judge that left questions unanswered.

        Raises:
            EvalkitError: naming one of them.
        """
        if self._flying:
            raise EvalkitError(
                f"judge '{judge}' ended without answering {len(self._flying)} questions, "
                f"'{next(iter(self._flying))}' among them; repeat the command to ask for them again"
            )

    def _advance(self, ballot: Ballot) -> Request | None:
        """The ballot's next question, unless the cache or a question in flight, here or elsewhere, answers it."""
        while True:
            request = self._panel.advance(ballot)
            if request is None:
                self._close(ballot.case)
                return None
            key = self._panel.attempt_key(ballot)
            if key in self._waiting:
                self._waiting[key].append(ballot)
                return None
            claim = self._panel.cache.claim(key)
            if claim == "theirs":
                self._elsewhere.append(ballot)
                return None
            if claim == "ours":
                break
        self._waiting[key] = [ballot]
        self._keys[request.id] = key
        return request

    def _close(self, case: Case) -> None:
        if case.closed:
            self._closed.append(case)


def schema(rubric: Rubric) -> dict[str, object]:
    """JSON Schema of a rubric's verdict."""
    return {
        "type": "object",
        "properties": {output.key: output.schema() for output in rubric.output},
        "required": [output.key for output in rubric.output],
        "additionalProperties": False,
    }


def _digest(*facts: str) -> bytes:
    return hashlib.blake2b("\x1f".join(facts).encode(), digest_size=16).digest()


def _drawn_first(sample: str) -> bool:
    """The order of a pair that is asked once, drawn by the sample's id as EmergentTTS-Eval draws it by a row's number.

    An id that is no number is drawn by its digest.
    """
    import numpy as np

    number = int(sample) if sample.isdecimal() else int.from_bytes(hashlib.blake2b(sample.encode()).digest(), "big")
    return not np.random.default_rng(number).random() > 0.5
