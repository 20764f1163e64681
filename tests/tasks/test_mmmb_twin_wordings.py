"""The rule of mmmb_twin reads answers as models word them: right ones are right, the same with values exchanged are not."""

from __future__ import annotations

import functools
import itertools

import pytest
from mmmb_twin_baselines import dialogues, right
from mmmb_twin_wordings import COMPARED, wordings

from evalkit.tasks.mmmb_twin.dialogues import Twin


@functools.cache
def worded() -> list[Twin]:
    return [twin for twin in dialogues() if wordings(twin)]


def rivals(twin: Twin) -> list[str]:
    """Other values that the dialogue offers."""
    answer = twin.plot.answer.text
    told = [piece.statement for piece in (*twin.plot.noise, *twin.plot.needed) if piece.statement is not None]
    found = [one.answer.text for one in told if one.kind == twin.plot.kind] + [one.text for one in twin.plot.rivals]
    return [other for other in dict.fromkeys(found) if other not in answer and answer not in other]


def exchanged(text: str, one: str, other: str) -> str:
    return text.replace(one, "\0").replace(other, one).replace("\0", other)


def test_many_dialogues_have_such_wordings() -> None:
    assert len(worded()) >= 180
    assert sum(len(wordings(twin)) for twin in worded()) >= 800
    assert {twin.plot.name for twin in worded()} >= {*COMPARED, "updated", "before_update", "removed", "set_off"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_right_answers_are_right_however_they_are_worded(language: str) -> None:
    judged = {
        (twin.id, text): right(twin, text)
        for twin in worded() if twin.order.language == language for text in wordings(twin)
    }  # fmt: skip
    assert [key for key, found in judged.items() if not found] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_same_words_with_another_value_are_wrong(language: str) -> None:
    judged = {}
    for twin in worded():
        if twin.order.language == language:
            for text, other in itertools.product(wordings(twin), rivals(twin)):
                changed = exchanged(text, twin.plot.answer.text, other)
                if changed != text:
                    judged[twin.id, changed] = right(twin, changed)
    assert len(judged) >= 300
    assert [key for key, found in judged.items() if found] == []


def test_lists_of_candidates_are_wrong_in_any_order() -> None:
    for twin in dialogues():
        others = twin.alternatives[:6]
        for separator in (", ", " and ", "\n", "; ", ". ", " / ") if others else ():
            assert not right(twin, separator.join([twin.plot.answer.text, *others])), twin.id
            assert not right(twin, separator.join([*others, twin.plot.answer.text])), twin.id
