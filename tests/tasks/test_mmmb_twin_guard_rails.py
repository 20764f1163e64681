"""Nobody answers mmmb_twin without memory: guessers stay near chance, and the card states their measured levels."""

from __future__ import annotations

import re

import pytest
from mmmb_twin_baselines import (
    CAPTION,
    LAST_TURN,
    TEXT_ONLY,
    Guess,
    accuracy,
    always_commonest,
    best_matching_value,
    caption,
    chance,
    dialogues,
    of_type,
    right,
    table,
)  # fmt: skip

from evalkit import plugins

MARGIN = 5.0  # points above a uniform guess; one and a half standard errors of 90 items at 10 %
IMAGES = ("image", "mixed")


@pytest.mark.parametrize("name", LAST_TURN)
@pytest.mark.parametrize("memory", ["text", "image", "mixed"])
def test_who_sees_only_the_last_turn_is_near_chance(name: str, memory: str) -> None:
    chosen = of_type(memory)
    assert accuracy(LAST_TURN[name], chosen) <= chance(chosen) + MARGIN


@pytest.mark.parametrize("name", TEXT_ONLY)
@pytest.mark.parametrize("memory", IMAGES)
def test_who_sees_no_images_is_near_chance_where_they_are_needed(name: str, memory: str) -> None:
    chosen = of_type(memory)
    assert accuracy(TEXT_ONLY[name], chosen) <= chance(chosen) + MARGIN


def test_who_sees_no_images_does_read_what_was_said() -> None:
    """The text-only guessers are no straw men: where text suffices they are far above chance."""
    chosen = of_type("text")
    assert accuracy(best_matching_value, chosen) >= chance(chosen) + 20


@pytest.mark.parametrize("memory", ["text", "image", "mixed"])
def test_the_commonest_answer_is_near_chance(memory: str) -> None:
    chosen = of_type(memory)
    assert accuracy(always_commonest, chosen) <= chance(chosen) + MARGIN
    assert accuracy(always_commonest, dialogues()) <= 3.0


@pytest.mark.parametrize("memory", ["text", "image", "mixed"])
def test_the_caption_of_the_last_image_is_near_chance(memory: str) -> None:
    chosen = of_type(memory)
    assert accuracy(caption, chosen) <= chance(chosen) + MARGIN


def test_captions_are_no_straw_men_either() -> None:
    """A caption states each fact of its image so that the fact, asked for, would be answered."""
    for twin in dialogues()[:60]:
        picture = twin.pictures[-1]
        assert caption(twin).count(". ") >= len(picture.facts) - 1
        assert all(fact.answer.text in fact.says for fact in picture.facts.values())


@pytest.mark.parametrize(
    ("distance", "images"), [(distance, None) for distance in (1, 2, 3, 4, 6, 9)] + [(None, k) for k in (1, 2, 3, 4)]
)
def test_no_point_of_the_curves_is_easy_without_memory(distance: int | None, images: int | None) -> None:
    chosen = [
        twin
        for twin in of_type(*IMAGES)
        if distance in (None, twin.order.distance) and images in (None, twin.order.images)
    ]
    guesses: dict[str, Guess] = {**TEXT_ONLY, "caption": caption, "commonest": always_commonest}
    assert max(accuracy(guess, chosen) for guess in guesses.values()) <= chance(chosen) + 10


@pytest.mark.campaign
def test_the_card_states_the_measured_levels() -> None:
    text = plugins.plugin("task", "mmmb_twin").text()
    stated = {
        name: dict(zip(("text", "image", "mixed", "all"), map(float, values), strict=True))
        for name, *values in re.findall(
            r"^\| ([a-z ]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", text, re.M
        )
    }
    assert stated == table()


def test_short_captions_see_the_last_image_only() -> None:
    """What a model that sees the last image, and nothing before, can reach: the card says so."""
    assert chance(of_type("image")) < accuracy(CAPTION["short caption"], of_type("image")) <= 16
    assert accuracy(CAPTION["short caption"], of_type("mixed")) <= chance(of_type("mixed")) + MARGIN


def test_right_is_the_rule_of_the_task() -> None:
    twin = dialogues()[0]
    assert right(twin, twin.plot.answer.text)
    assert not right(twin, "")
