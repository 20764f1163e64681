"""Tallies: any sharding of the samples, in any order, gives the very bits of one pass."""

from __future__ import annotations

import itertools
import math
import struct
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.metric import Metric, Tally, join, merged, ratio

Item = tuple[tuple[float, ...], str | None]

WHOLE = st.integers(0, 60).map(float)
REAL = st.floats(-1e6, 1e6, allow_nan=False) | st.sampled_from([0.1, 0.2, 0.3, 1 / 3, -0.0, 0.0])
CLUSTER = st.none() | st.sampled_from("abcde")
RATE = Metric("rate", "rate", ("a", "b"), ratio)


def items(number: st.SearchStrategy[float], cluster: st.SearchStrategy[str | None]) -> st.SearchStrategy[list[Item]]:
    return st.lists(st.tuples(st.tuples(number, number), cluster), max_size=40)


def tally_of(found: list[Item]) -> Tally:
    tally = Tally()
    for vector, cluster in found:
        tally.add(vector, cluster)
    return tally


def bits(tally: Tally) -> tuple[object, ...]:
    """Everything a summary prints of a tally, floats as their bytes."""

    def raw(value: float | None) -> bytes | None:
        return None if value is None else struct.pack("<d", value)

    interval = tally.interval(RATE, seed=7, resamples=20)
    return (
        tally.n,
        tally.n_clusters,
        tally.clustered,
        [raw(value) for value in tally.total()],
        raw(tally.value(RATE)),
        interval and (raw(interval.low), raw(interval.high)),
    )


@given(items(WHOLE, CLUSTER) | items(REAL, st.none()) | items(REAL, CLUSTER), st.data())
def test_merging_any_sharding_in_any_order_equals_one_pass(found: list[Item], data: st.DataObject) -> None:
    whole = bits(tally_of(found))
    shuffled = data.draw(st.permutations(found))
    places = data.draw(st.lists(st.integers(0, len(found)), max_size=6).map(sorted))
    cuts = [0, *places, len(found)]
    shards = [tally_of(shuffled[low:high]) for low, high in itertools.pairwise(cuts)]
    assert bits(merged(data.draw(st.permutations(shards)))) == whole
    assert bits(merged([merged(shards[:2]), merged(shards[2:])])) == whole, "merging is associative"


@given(items(WHOLE, CLUSTER))
def test_whole_numbers_add_up_exactly(found: list[Item]) -> None:
    exact = [sum(Fraction(vector[i]) for vector, _ in found) for i in range(2)]
    assert [Fraction(value) for value in tally_of(found).total()] == (exact if found else [])


@given(items(REAL, CLUSTER))
def test_real_numbers_add_up_to_rounding(found: list[Item]) -> None:
    for i, value in enumerate(tally_of(found).total()):
        terms = [vector[i] for vector, _ in found]
        scale = math.fsum(map(abs, terms))
        assert math.isclose(value, math.fsum(terms), rel_tol=0, abs_tol=1e-15 * scale)


def test_merging_does_not_change_what_is_merged() -> None:
    first, second = tally_of([((1.0, 2.0), "a")]), tally_of([((1.0, 2.0), "a"), ((0.0, 1.0), None)])
    before = bits(first), bits(second)
    assert merged([first, second]).n == 3
    assert (bits(first), bits(second)) == before


def test_samples_of_one_cluster_are_one_unit_wherever_they_were_counted() -> None:
    parts = [tally_of([((1.0, 1.0), "speaker")]) for _ in range(5)]
    assert merged(parts).n == 5
    assert merged(parts).n_clusters == 1
    assert tally_of([((1.0, 1.0), None)] * 5).n_clusters == 5


def test_a_unit_is_one_whatever_clusters_its_samples_are_of() -> None:
    samples = [((1.0, 1.0), "ann"), ((0.0, 1.0), "bob"), ((1.0, 1.0), "ann")]
    for order in itertools.permutations(samples):
        whole, parts = Tally(), []
        for vector, cluster in order:
            whole.add(vector, cluster, "question")
            parts.append(Tally())
            parts[-1].add(vector, cluster, "question")
        for found in (whole.joined(join("all")), merged(parts).joined(join("all"))):
            assert (found.n, found.total(), found.clustered) == (1, (0.0, 1.0), False)
    alone = Tally()
    alone.add((1.0, 1.0), "ann", "question")
    assert alone.clustered
    assert alone.joined(join("any")).clustered


def test_nothing_counted_has_no_value() -> None:
    assert Tally().value(RATE) is None
    assert Tally().interval(RATE, seed=1) is None
    assert tally_of([((3.0, 0.0), None)]).value(RATE) is None, "a zero denominator is undefined, not infinite"


def test_an_interval_needs_two_units_and_defined_resamples() -> None:
    assert tally_of([((1.0, 2.0), "a")] * 9).interval(RATE, seed=1) is None
    mostly_undefined = tally_of([((1.0, 0.0), None)] * 9 + [((1.0, 2.0), None)])
    assert mostly_undefined.value(RATE) is not None
    assert mostly_undefined.interval(RATE, seed=1) is None
