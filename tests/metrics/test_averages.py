"""Averaging rules against printed averages and exact arithmetic."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.columns import ROUNDINGS, AveragingError, Rule
from evalkit.statistics import averages
from evalkit.statistics.averages import recompute, reproduces

PERCENTAGES = st.decimals(0, 100, places=2).map(float)

# Covo-Audio Table 10: seven error rates, their printed mean (cut to two decimals).
COVO_ASR = {
    "gpt-4o-audio": ([15.30, 32.27, 1.39, 3.75, 3.32, 2.44, 3.52], 8.85),
    "gemini-2.5-pro": ([14.43, 13.47, 2.89, 3.56, 2.94, 2.71, 3.11], 6.15),
    "qwen2.5-omni-7b": ([5.91, 7.65, 1.74, 3.45, 3.77, 2.54, 1.17], 3.74),
    "longcat-flash-omni": ([6.09, 6.69, 1.57, 4.07, 5.02, 3.99, 0.63], 4.00),
    "covo-audio": ([7.23, 8.33, 1.45, 3.21, 5.08, 6.64, 1.07], 4.71),
}


@pytest.mark.parametrize("model", COVO_ASR)
def test_covo_asr_average_is_cut_not_rounded(model: str) -> None:
    rates, printed = COVO_ASR[model]
    assert averages.cut(averages.mean(rates), 2) == printed
    assert averages.nearest(averages.mean(rates), 2) != printed


@pytest.mark.parametrize(
    ("value", "places", "cut", "nearest"),
    [
        (2.8342857, 2, 2.83, 2.83),
        (2.83, 2, 2.83, 2.83),  # 2.83 * 100 is 283.0, but 4.35 * 100 and 1.15 * 100 fall short in binary
        (4.35, 2, 4.35, 4.35),
        (1.15, 2, 1.15, 1.15),
        (1.115, 2, 1.11, 1.12),
        (2.675, 2, 2.67, 2.68),
        (38.305, 2, 38.30, 38.31),  # printed 38.31 in Covo-Audio Figure 1
        (0.29, 2, 0.29, 0.29),
        (-2.678, 2, -2.67, -2.68),
        (-2.675, 2, -2.67, -2.68),
        (99.999, 1, 99.9, 100.0),
        (7, 2, 7.0, 7.0),
        (Fraction(2, 3), 3, 0.666, 0.667),
        (Decimal("0.05"), 1, 0.0, 0.1),
        (65.9, 0, 65.0, 66.0),
    ],
)
def test_cut_and_nearest_go_by_the_decimal_digits(value: Any, places: int, cut: float, nearest: float) -> None:
    assert averages.cut(value, places) == averages.rounded(value, places, "cut") == cut
    assert averages.nearest(value, places) == averages.rounded(value, places, "nearest") == nearest
    assert averages.rounded(value, places, "either") == nearest


@given(st.integers(-(10**8), 10**8), st.integers(0, 4))
def test_numbers_with_few_decimals_stay_as_they_are(digits: int, places: int) -> None:
    value = float(Decimal(digits).scaleb(-places))
    assert averages.cut(value, places) == averages.nearest(value, places) == value


@given(st.floats(-1e6, 1e6), st.integers(0, 6))
def test_cut_never_grows_and_nearest_is_within_half(value: float, places: int) -> None:
    exact, unit = averages.exact(value), Fraction(1, 10**places)
    cut, nearest = (
        averages.exact(averages.cut(value, places)),
        averages.exact(averages.nearest(value, places)),
    )
    assert 0 <= abs(exact) - abs(cut) < unit
    assert abs(exact - nearest) <= unit / 2


def test_mean_has_no_binary_error() -> None:
    assert averages.mean([0.1, 0.2, 0.3]) == 0.2
    assert sum([0.1, 0.2, 0.3]) / 3 != 0.2
    assert averages.mean([Fraction(1, 3), Fraction(2, 3)]) == 0.5


@given(st.lists(PERCENTAGES, min_size=1, max_size=30))
def test_means_agree_with_each_other_and_with_fsum(values: list[float]) -> None:
    mean = averages.mean(values)
    assert mean == pytest.approx(math.fsum(values) / len(values), abs=1e-12)
    assert mean == averages.mean(sorted(values)) == averages.weighted_mean(values, [3] * len(values))
    assert mean == averages.mean_available([None, *values, None])
    assert min(values) <= mean <= max(values)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 500)), min_size=1, max_size=8))
def test_pooling_rounded_percentages_gives_the_accuracy_over_all_items(sets: list[tuple[int, int]]) -> None:
    counts = [(min(correct, size), size) for correct, size in sets]
    percentages = [averages.nearest(Fraction(100 * correct, size), 2) for correct, size in counts]
    correct, items = sum(c for c, _ in counts), sum(n for _, n in counts)
    assert averages.pooled_counts(percentages, [size for _, size in counts]) == float(Fraction(100 * correct, items))


def test_mmmb_average_of_gpt_4o_mini() -> None:
    # InteractiveOmni Table 6: 69 of 99, 30 of 102 and 36 of 62 are 135 of 263, printed 51.33.
    pooled = averages.pooled_counts([70.00, 29.41, 58.06], [99, 102, 62])
    assert averages.nearest(pooled, 2) == 51.33
    assert pooled == 100 * 135 / 263


def test_omni_latency_rules() -> None:
    # Qwen3-Omni Table 2 at one stream: 234 ms and a real-time factor of 0.47.
    assert averages.total([72, 88, 57, 14, 3]) == 234
    assert averages.nearest(averages.rtf_80ms(75, 140, 14, 3), 2) == 0.47


def test_difference_is_signed() -> None:
    assert averages.difference(0.745, 0.795) == -0.05


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: averages.mean([]),
        lambda: averages.total([]),
        lambda: averages.mean_available([None, None]),
        lambda: averages.mean([1.0, float("nan")]),
        lambda: averages.mean([1.0, float("inf")]),
        lambda: averages.mean([True]),
        lambda: averages.mean(["1"]),  # type: ignore[list-item]
        lambda: averages.weighted_mean([1, 2], [1]),
        lambda: averages.weighted_mean([1, 2], [0, 0]),
        lambda: averages.weighted_mean([1, 2], [2, -1]),
        lambda: averages.pooled_counts([101], [10]),
        lambda: averages.pooled_counts([50], [10.5]),
        lambda: averages.rtf_80ms(0, 140, 14, 3),
    ],
)
def test_values_that_cannot_be_averaged_are_refused(wrong: Any) -> None:
    with pytest.raises(AveragingError):
        wrong()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"formula": "median", "of": ("a",)}, "unknown formula 'median'"),
        ({"formula": "mean", "of": ("a",), "rounding": "up"}, "unknown rounding 'up'"),
        ({"formula": "mean", "of": ()}, "needs columns"),
        ({"formula": "mean", "of": ("a", "a")}, "each named once"),
        ({"formula": "mean", "of": ("a", "b"), "weights": (1, 2)}, "weights belong to"),
        ({"formula": "weighted_mean", "of": ("a", "b")}, "weights belong to"),
        ({"formula": "weighted_mean", "of": ("a", "b"), "weights": (1,)}, "2 values but 1 weights"),
        ({"formula": "difference", "of": ("a", "b", "c")}, "needs 2 columns"),
        ({"formula": "rtf_80ms", "of": ("a", "b")}, "needs 4 columns"),
        ({"formula": "mean", "of": ("a",), "scale": (("b", 20),)}, "scale names columns"),
        ({"formula": "sum", "of": ("a",), "scale": (("a", 20),)}, "scale belongs to means"),
        ({"formula": "mean", "of": ("a",), "tolerance": -1}, "tolerance"),
    ],
)
def test_rules_that_make_no_sense_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(AveragingError, match=message):
        Rule(**arguments)


def test_missing_values() -> None:
    values = {"a": 1.0, "b": None, "c": 4.0, "other": 100.0}
    strict, lenient = Rule("mean", ("a", "b", "c")), Rule("mean_available", ("a", "b", "c"))
    assert recompute(strict, values) is None
    assert averages.missing(strict, values) == ("b",)
    found = recompute(lenient, values)
    assert found is not None
    assert (found.value, found.missing) == (Fraction(5, 2), ("b",))
    assert recompute(lenient, {"other": 1.0}) is None


def test_weights_of_a_run_replace_those_of_the_paper() -> None:
    rule = Rule("pooled_counts", ("a", "b"), weights=(10, 30))
    values = {"a": 100, "b": 0}
    found, own = recompute(rule, values), recompute(rule, values, weights={"a": 3, "b": 1})
    assert found is not None
    assert own is not None
    assert [found.value, own.value] == [Fraction(25), Fraction(75)]
    with pytest.raises(AveragingError, match="no weight given for b"):
        recompute(rule, values, weights={"a": 3})
    with pytest.raises(AveragingError, match="takes no weights"):
        recompute(Rule("mean", ("a", "b")), values, weights={"a": 3, "b": 1})


def test_rescaled_rule_gives_the_same_average_on_the_common_scale() -> None:
    rule = Rule("mean", ("chat", "mcq"), scale=(("chat", 20),))
    common = rule.rescaled({"chat": 20})
    assert common.scale == ()
    printed, ours = recompute(rule, {"chat": 4.27, "mcq": 60}), recompute(common, {"chat": 85.4, "mcq": 60})
    assert printed is not None
    assert ours is not None
    assert printed.value == ours.value == Fraction(727, 10)
    with pytest.raises(AveragingError, match="scale belongs to means"):
        Rule("sum", ("chat", "mcq")).rescaled({"chat": 20})


@pytest.mark.parametrize(
    ("rounding", "fits"),
    [
        ("nearest", {4.71: False, 4.72: True, 4.73: False}),
        ("cut", {4.71: True, 4.72: False, 4.73: False}),
        ("either", {4.71: True, 4.72: True, 4.73: False}),
    ],
)
def test_what_a_rounding_allows(rounding: averages.Rounding, fits: dict[float, bool]) -> None:
    rule = Rule("mean", ("a",), rounding=rounding)
    found = recompute(rule, {"a": 4.716})
    assert found is not None
    assert {printed: reproduces(rule, found, printed, 2) for printed in fits} == fits


def test_rounded_inputs_give_slack_and_exact_ones_none() -> None:
    rule = Rule("mean", ("a", "b"), scale=(("a", 20),))
    values = {"a": 4.27, "b": 60.0}
    loose, tight = recompute(rule, values, places={"a": 2, "b": 1}), recompute(rule, values)
    assert loose is not None
    assert tight is not None
    assert (loose.slack, tight.slack) == (Fraction(3, 40), Fraction(0))  # (20 * 0.005 + 0.05) / 2
    assert reproduces(rule, loose, 72.62, 2)
    assert not reproduces(rule, tight, 72.62, 2)


def test_cut_of_a_negative_number_goes_towards_zero() -> None:
    rule = Rule("difference", ("a", "b"), rounding="cut")
    found = recompute(rule, {"a": 1, "b": 3.678})
    assert found is not None
    assert reproduces(rule, found, -2.67, 2)
    assert not reproduces(rule, found, -2.68, 2)


def test_exact_number_of_few_decimals_is_not_cut_to_the_one_below() -> None:
    rule = Rule("mean", ("a",), rounding="cut")
    found = recompute(rule, {"a": 4.72})
    assert found is not None
    assert reproduces(rule, found, 4.72, 2)
    assert not reproduces(rule, found, 4.71, 2)


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [
        (0.125, 2, "0.13"), (2.675, 2, "2.68"), (38.305, 2, "38.31"), (-0.125, 2, "-0.13"), (0.5, 0, "1"), (2.5, 0, "3"),
        (0.0, 2, "0.00"), (-0.001, 2, "0.00"), (99.995, 2, "100.00"), (1e22, 1, "10000000000000000000000.0"),
        (7, 2, "7.00"), (Fraction(1, 800) * 100, 2, "0.13"), (0.05, 1, "0.1"), (1e-7, 3, "0.000"),
    ],
)  # fmt: skip
def test_the_text_of_a_value_rounds_half_away_from_zero(value: Any, places: int, shown: str) -> None:
    assert averages.fixed(value, places) == shown


def test_the_text_of_a_value_is_cut_where_the_rule_cuts_and_signed_where_asked() -> None:
    assert averages.fixed(8.8557, 2, "cut") == "8.85"
    assert averages.fixed(-8.8557, 2, "cut") == "-8.85"
    assert averages.fixed(8.8557, 2, "either") == "8.86"
    assert [averages.fixed(x, 2, signed=True) for x in (0.125, -0.125, 0.0, -0.001)] == [
        "+0.13",
        "-0.13",
        "+0.00",
        "+0.00",
    ]
    with pytest.raises(AveragingError, match="finite"):
        averages.fixed(math.nan, 2)


@given(st.floats(-1e6, 1e6), st.integers(0, 6))
def test_the_text_of_a_value_is_its_rounded_number(value: float, places: int) -> None:
    for rounding in ROUNDINGS:
        assert float(averages.fixed(value, places, rounding)) == averages.rounded(value, places, rounding)  # type: ignore[arg-type]


def test_weights_of_what_is_available_are_shared_out() -> None:
    rule = Rule("mean_available", ("a", "b", "c"), (6, 36, 30))
    found = recompute(rule, {"a": 2, "b": None, "c": 5})
    assert found is not None
    assert (found.value, found.missing) == (Fraction(6 * 2 + 30 * 5, 36), ("b",))
    assert recompute(rule, dict.fromkeys("abc")) is None
    whole = recompute(rule, {"a": 1, "b": 2, "c": 3})
    assert whole is not None
    assert whole.value == Fraction(6 + 72 + 90, 72)
