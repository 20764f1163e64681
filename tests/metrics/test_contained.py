"""The string match of spoken question answering, case by case."""

from __future__ import annotations

from typing import Any

import pytest

from evalkit.core.errors import DataError
from evalkit.metrics.contained import Contained, words


@pytest.mark.parametrize(
    ("reference", "response", "held"),
    [
        ("Paris", "It is PARIS.", True),
        ("Paris", "Parisian life", False),
        ("New York", "in New\u00a0York, or so", True),
        ("New York", "New, York", False),
        ("U.S.", "the U.S. of A", True),
        ("U.S.", "the US", False),
        ("8", "eight", False),
        ("1,000", "about 1,000 of them", True),
        ("1,000", "1000", False),
        ("Beyonce", "Beyoncé", False),  # the mark belongs to the word
        ("Beyoncé", "BEYONCE\u0301", True),  # composed or not
        ("no", "no idea", True),
        ("巴黎", "法国的首都是巴黎。", False),  # Han characters run together
        ("巴黎", "首都 是 巴黎 。", True),
        ("Paris", "", False),
        (["Rome", "Roma"], "roma!", True),
        ("is Rome", "It is\u200bRome", True),  # what has no width parts words
        ("C++", "use C + +", True),
    ],
)
def test_what_is_held(reference: Any, response: str, held: bool) -> None:
    found = Contained().assess({"reference": reference, "response": response}, "here")
    assert found.outputs == {"correct": held}
    assert found.faithful == {"contained": (float(held), 1)}
    assert found.strict is None


def test_a_reference_without_a_sign() -> None:
    found = Contained().assess({"reference": ["\u200b", "Rome"], "response": "Oslo"}, "here")
    assert (found.faithful, found.strict) == ({"contained": (1, 1)}, {"contained": (0, 1)})
    assert found.flags == ("empty_reference",)
    found = Contained().assess({"reference": ["", "Rome"], "response": "Rome"}, "here")
    assert (found.faithful, found.strict, found.flags) == ({"contained": (1, 1)}, None, ())


@pytest.mark.parametrize("reference", [None, [], 8, ["a", None], {"a": 1}])
def test_references_that_are_none(reference: Any) -> None:
    with pytest.raises(DataError, match='list of them, in "reference"'):
        Contained().check({"reference": reference}, "here")


def test_words() -> None:
    assert words("It's 3.5%, née A_b") == ("it", "'", "s", "3", ".", "5", "%", ",", "ne\u0301e", "a", "_", "b")
