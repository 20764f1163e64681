"""Questions on the way to another model: order, pace, and what happens where answers are missing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from evalkit.core.message import user
from evalkit.core.model import Answer
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.models.side_questions import with_answers


class Recorder:
    """A model that keeps `ahead` questions in hand before it answers the oldest; it never answers those in `deaf`."""

    def __init__(self, ahead: int = 1, deaf: tuple[str, ...] = ()) -> None:
        self.ahead, self.deaf = ahead, deaf
        self.streams = 0
        self.asked: list[str] = []

    def __call__(self, questions: Iterator[Request]) -> Iterator[Answer]:
        self.streams += 1
        held: list[str] = []
        for question in questions:
            self.asked.append(question.id)
            held.append(question.id)
            if len(held) >= self.ahead:
                yield from self._answer(held.pop(0))
        for key in held:
            yield from self._answer(key)

    def _answer(self, key: str) -> Iterator[Answer]:
        if key not in self.deaf:
            yield key, Response(text=key.upper())


def questions(item: str) -> list[Request]:
    """One for every letter."""
    return [Request(f"{item}#{letter}", (user(letter),)) for letter in item]


def texts(found: list[Response]) -> list[str | None]:
    return [response.text for response in found]


def test_every_item_comes_once_with_its_answers_in_the_order_of_its_questions() -> None:
    items = ["ab", "", "c", "def", "", ""]
    for ahead in (1, 2, 5, 100):
        found = dict(enumerate(with_answers(iter(items), questions, Recorder(ahead))))
        assert sorted(item for item, _ in found.values()) == sorted(items)
        assert all(texts(got) == [f"{item}#{letter}".upper() for letter in item] for item, got in found.values())


def test_an_item_goes_on_before_later_ones_are_asked_about() -> None:
    model = Recorder()
    stream = with_answers(iter(["ab", "cd", "ef"]), questions, model)
    assert next(stream)[0] == "ab"
    assert model.asked == ["ab#a", "ab#b"]


def test_items_without_questions_wait_for_nothing_and_start_nothing() -> None:
    taken: list[int] = []

    def endless() -> Iterator[str]:
        while True:
            taken.append(1)
            yield ""

    model = Recorder()
    stream = with_answers(endless(), questions, model)
    for _ in range(5):
        assert next(stream) == ("", [])
    assert (len(taken), model.streams) == (5, 0)


def test_few_items_without_questions_wait_behind_one_with_some() -> None:
    taken: list[str] = []

    def endless() -> Iterator[str]:
        for item in ["ab", *[""] * 1000]:
            taken.append(item)
            yield item

    stream = with_answers(endless(), questions, Recorder(ahead=3))  # the model waits for a third question
    while next(stream)[0] != "ab":
        pass
    assert len(taken) < 100


def test_a_question_without_an_answer_fails_its_own_item() -> None:
    found = dict(with_answers(iter(["ab", "c"]), questions, Recorder(deaf=("ab#b",))))
    assert texts(found["c"]) == ["C#C"]
    assert found["ab"][0].text == "AB#A" and found["ab"][1].failure is not None


def test_an_answer_nobody_asked_for_is_an_error() -> None:
    def stray(asked: Iterator[Request]) -> Iterator[Answer]:
        yield next(asked).id, Response(text="a")
        yield "else", Response(text="b")

    with pytest.raises(KeyError, match="else"):
        list(with_answers(iter(["a", "b"]), questions, stray))
