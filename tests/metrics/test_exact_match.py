"""Exact match by its profiles, above all where little is left to compare."""

from __future__ import annotations

import pytest

from evalkit.core.response import Response
from evalkit.core.scorer import Answered
from evalkit.metrics.exact_match import exact_match


@pytest.mark.parametrize(
    ("profile", "reference", "said", "right"),
    [
        ("strip", "cat", " cat\n", 1),
        ("strip", "cat", "Cat", 0),
        ("strip", ["cat", "dog"], "dog", 1),
        ("strip", "", "", 1),
        ("exact", "cat", "cat ", 0),
        ("whisper_basic", "The cat!", "the cat", 1),
        ("whisper_basic", "?", "?", 1),
        ("whisper_basic", "?", "", 0),
        ("whisper_basic", "?", None, 0),
        ("whisper_basic", "?", "(laughs)", 0),
        ("whisper_basic", ["?", "why"], "Why?", 1),
    ],
)
def test_matches(profile: str, reference: str | list[str], said: str | None, right: int) -> None:
    (score,) = exact_match(profile).score([Answered("s", "a", reference, Response(text=said))])
    assert score.faithful == {"exact_match": (right, 1)}
