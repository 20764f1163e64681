"""What a judge's `stream` pulls from, and where its replies go."""

from __future__ import annotations

import collections
from collections.abc import Iterator
from typing import TYPE_CHECKING

from evalkit.core.errors import EvalkitError
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.judging.cache import Reply
from evalkit.judging.cases import Ballot, Case

if TYPE_CHECKING:
    from evalkit.judging.panel import Panel

BACKLOG = 128  # finished cases that may wait while the judge looks for its next question


class Feed:
    """Questions in flight, to be asked again, and waiting for each other's replies.

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
        self._closed: collections.deque[Case] = collections.deque()
        self._no_more = False

    @property
    def exhausted(self) -> bool:
        """True when every case was looked at and nothing is left to ask."""
        return self._no_more and not self._again and not self._closed

    def done(self) -> Iterator[Case]:
        """Finished cases; each is taken apart after its use, as ballots and case hold each other."""
        while self._closed:
            case = self._closed.popleft()
            yield case
            case.ballots.clear()

    def requests(self, first: Request) -> Iterator[Request]:
        """Questions, from a given one on, until there is none for now."""
        request: Request | None = first
        while request is not None:
            yield request
            request = self.next()

    def next(self) -> Request | None:
        """The next question; None when there is none, or when many cases wait to be taken."""
        request = self._again.popleft() if self._again else self._fresh()
        if request is not None:
            self._flying.add(request.id)
        return request

    def _fresh(self) -> Request | None:
        while len(self._closed) < BACKLOG:
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
        """The ballot's next question, unless the cache or a question in flight answers it."""
        request = self._panel.advance(ballot)
        if request is None:
            self._close(ballot.case)
            return None
        key = self._panel.attempt_key(ballot)
        if key in self._waiting:
            self._waiting[key].append(ballot)
            return None
        self._waiting[key] = [ballot]
        self._keys[request.id] = key
        return request

    def _close(self, case: Case) -> None:
        if case.closed:
            self._closed.append(case)
