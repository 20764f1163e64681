"""A judge at work: questions to verdicts, through the cache, with votes, orders and re-asks.

Questions are pulled by the judge's own `stream`, so its limits alone bound the speed; cases are given back as soon
as their last vote is in, in any order, and nothing but what is in flight is held in memory.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator

from evalkit.core.errors import DataError
from evalkit.core.model import Model
from evalkit.core.response import Response
from evalkit.core.sample import Generation, Request
from evalkit.judging import prompt
from evalkit.judging.cache import Reply, VerdictCache
from evalkit.judging.cases import Ballot, Case
from evalkit.judging.feed import Feed
from evalkit.judging.parsing import PARSERS, UnreadableError
from evalkit.judging.rubric import Rubric


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
        feed = Feed(self, iter(cases))
        while True:
            first = feed.next()
            yield from feed.done()
            if first is None:
                if feed.exhausted:
                    return
                continue
            if not self._started:
                self.judge.start()
                self._started = True
            for name, response in self.judge.stream(feed.requests(first)):
                self.calls += 1
                feed.answered(name, response)
                yield from feed.done()
            feed.check_answered(self.judge.name)

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
        try:
            ballot.reading = self._parser.read(reply.text, self.rubric.output, self.rubric.pattern)
            ballot.settled, ballot.problem = True, None
        except UnreadableError as error:
            ballot.problem = str(error)
            ballot.settled = len(ballot.replies) > self.rubric.reasks

    def keep(self, key: bytes, response: Response) -> Reply:
        """Write a reply into the cache; returns the one that stands."""
        reply = Reply(response.text or "", response.usage, response.cost, response.seconds)
        return self.cache.put(key, reply, self._judge_name, f"{self.rubric.id} {self._prompt_hash}")

    def _request(self, ballot: Ballot) -> Request:
        assert ballot.case.material is not None
        asked = prompt.messages(self.rubric, ballot.case.material, ballot.key.hex(), ballot.candidate_first)
        if ballot.replies:
            asked = prompt.again(asked, ballot.replies[-1].text, str(ballot.problem), self.rubric)
        name = ballot.name + (f".{len(ballot.replies) + 1}" if ballot.replies else "")
        return Request(name, asked, self._settings, schema=self._schema)


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
    """The order of a pair that is asked once: drawn by the sample's id (as a number where it is one)."""
    return random.Random(int(sample) if sample.isdecimal() else sample).random() <= 0.5
