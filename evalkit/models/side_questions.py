"""Questions put to another model on the way: each item goes on as soon as all of its questions are answered."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from evalkit.core.model import Answer
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Request

Item = TypeVar("Item")

_WAITING = 32  # items without questions that may wait behind items with some


@dataclass(slots=True)
class _Open(Generic[Item]):
    """An item with answers to come; None where one is missing yet."""

    item: Item
    answers: list[Response | None]


def with_answers(
    items: Iterator[Item],
    questions: Callable[[Item], Sequence[Request]],
    stream: Callable[[Iterator[Request]], Iterator[Answer]],
) -> Iterator[tuple[Item, list[Response]]]:
    """Every item with the answers to its questions, in the order of its questions.

    Items are taken as the model asks for more, so its batches and processes stay full, and none waits for a later one.

    Args:
        items: taken one by one, in order; given on in the order in which their last answers come.
        questions: of an item; ids must differ within it. An item without any is passed on.
        stream: asks the model; called when there is a question.
    """
    for item in items:
        if questions(item):
            yield from _answered(itertools.chain([item], items), questions, stream)
        else:
            yield item, []


def _answered(
    items: Iterator[Item],
    questions: Callable[[Item], Sequence[Request]],
    stream: Callable[[Iterator[Request]], Iterator[Answer]],
) -> Iterator[tuple[Item, list[Response]]]:
    """Items of one stream of questions; it ends when too many without questions wait."""
    passed: deque[Item] = deque()
    asked: dict[str, tuple[int, int]] = {}  # id of a question: number of its item, its place there
    opened: dict[int, _Open[Item]] = {}

    def feed() -> Iterator[Request]:
        for number, item in enumerate(items):
            found = questions(item)
            if found:
                opened[number] = _Open(item, [None] * len(found))
            else:
                passed.append(item)
            for place, question in enumerate(found):
                asked[question.id] = number, place
                yield question
            if len(passed) >= _WAITING:
                return

    for key, response in stream(feed()):
        number, place = asked.pop(key)
        waiting = opened[number]
        waiting.answers[place] = response
        if None not in waiting.answers:
            del opened[number]
            yield waiting.item, _complete(waiting.answers)
        while passed:
            yield passed.popleft(), []
    for waiting in opened.values():
        yield waiting.item, _complete(waiting.answers)
    while passed:
        yield passed.popleft(), []


def _complete(answers: Sequence[Response | None]) -> list[Response]:
    lost = Response(failure=Failure("model", "a part of the cascade gave no answer"))
    return [lost if answer is None else answer for answer in answers]
