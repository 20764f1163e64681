"""Agreement measures against scikit-learn, scipy and krippendorff, and by properties of their definitions."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.judging.agreement import PAIRWISE, agreement, bootstrapped, krippendorff_alpha

GOLDEN = json.loads((Path(__file__).parent / "golden" / "agreement.json").read_text())
NAMES = (*PAIRWISE, "krippendorff_alpha")


@pytest.mark.parametrize("case", GOLDEN["pairs"], ids=lambda case: case["name"])
def test_two_raters_agree_with_the_packages(case: dict[str, Any]) -> None:
    found = agreement(case["first"], case["second"])
    for name in NAMES:
        assert found[name].value == pytest.approx(case[name], abs=1e-12), name
        assert found[name].n == len(case["first"])


@pytest.mark.parametrize("case", GOLDEN["units"], ids=lambda case: case["name"])
@pytest.mark.parametrize("scale", ["nominal", "ordinal", "interval"])
def test_alpha_of_several_raters_agrees_with_krippendorff(case: dict[str, Any], scale: str) -> None:
    ratings = np.array([[np.nan if value is None else value for value in row] for row in case["ratings"]])
    alpha = krippendorff_alpha(ratings, np.ones(len(ratings)), scale)
    assert alpha == pytest.approx(case[scale], abs=1e-12)


def test_weights_are_repetitions() -> None:
    ratings = np.array([[1.0, 2.0, 2.0], [4.0, np.nan, 5.0], [3.0, 3.0, np.nan], [2.0, np.nan, np.nan]])
    weights = np.array([2, 0, 3, 1])
    for scale in ("nominal", "ordinal", "interval"):
        repeated = np.repeat(ratings, weights, axis=0)
        assert krippendorff_alpha(ratings, weights.astype(float), scale) == pytest.approx(
            krippendorff_alpha(repeated, np.ones(len(repeated)), scale)
        )


def test_perfect_agreement_is_one_and_constant_labels_are_undefined() -> None:
    same = agreement([1, 2, 3, 4, 5, 5], [1, 2, 3, 4, 5, 5])
    assert {name: same[name].value for name in NAMES} == {**dict.fromkeys(NAMES, 1.0), "percent_agreement": 100.0}
    flat = agreement([3, 3, 3], [3, 3, 3])
    assert flat["percent_agreement"].value == 100.0
    assert all(flat[name].value is None and flat[name].low is None for name in NAMES if name != "percent_agreement")
    assert agreement([], [])["cohen_kappa"].value is None
    with pytest.raises(ValueError, match="3 and 2"):
        agreement([1, 2, 3], [1, 2])


def test_the_interval_is_that_of_resampled_items() -> None:
    """Against a plain bootstrap over items: same centre and width, within the noise of both."""
    draw = random.Random(3)
    first = [draw.randint(1, 5) for _ in range(150)]
    second = [value if draw.random() < 0.5 else draw.randint(1, 5) for value in first]
    found = agreement(first, second, seed=5)["quadratic_kappa"]
    values = []
    for _ in range(1000):
        chosen = [draw.randrange(150) for _ in range(150)]
        a, b = np.array([first[i] for i in chosen], float), np.array([second[i] for i in chosen], float)
        values.append(PAIRWISE["quadratic_kappa"](a, b, np.ones(150)))
    low, high = np.quantile(values, [0.025, 0.975])
    assert found.low == pytest.approx(low, abs=0.03)
    assert found.high == pytest.approx(high, abs=0.03)
    assert found == agreement(first, second, seed=5)["quadratic_kappa"]


def test_order_of_items_does_not_matter_and_one_item_has_no_interval() -> None:
    first, second = [1, 2, 2, 3, 5], [1, 2, 3, 3, 4]
    assert agreement(first, second) == agreement(first[::-1], second[::-1])
    alone = agreement([4], [4])["percent_agreement"]
    assert (alone.value, alone.low, alone.n) == (100.0, None, 1)


def test_five_thousand_items_take_seconds_not_minutes() -> None:
    draw = random.Random(1)
    first = [draw.random() for _ in range(5000)]
    second = [value + draw.gauss(0, 0.1) for value in first]
    found = agreement(first, second)
    low, high = found["spearman"].low, found["spearman"].high
    assert low is not None
    assert high is not None
    assert 0.9 < low <= (found["spearman"].value or math.nan) <= high < 1.0


def test_a_statistic_that_is_mostly_undefined_has_no_interval() -> None:
    assert bootstrapped(lambda weights: math.nan if weights[1] else 1.0, [1, 1], 0).low is None
