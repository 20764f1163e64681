"""Rates, waits, keys and prices: the facts the call layer stands on."""

from __future__ import annotations

import json
import random
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import UsageError
from evalkit.models.api.call_errors import FinalCallError, RetryableCallError
from evalkit.models.api.catalogue import FREE, Price, Tier, given_price, offer
from evalkit.models.api.keys import key_from, without_keys
from evalkit.models.api.provider import plain_url
from evalkit.models.api.rate_limits import Bucket
from evalkit.models.api.retrying import Breaker, backoff, retry_after_seconds


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@given(
    rate=st.floats(1.0, 10_000.0),
    steps=st.lists(st.tuples(st.floats(0.0, 5.0), st.integers(1, 40)), min_size=1, max_size=60),
)
def test_a_bucket_never_grants_more_than_its_rate(rate: float, steps: list[tuple[float, int]]) -> None:
    clock = Clock()
    bucket = Bucket(rate, clock)
    grants: list[tuple[float, int]] = []
    for pause, units in steps:
        clock.now += pause
        grants.append((clock.now + bucket.reserve(units), units))
    assert grants == sorted(grants, key=lambda grant: grant[0]), "served in order"
    burst = max(1.0, rate / 60.0)
    for first, (start, _) in enumerate(grants):
        taken = 0.0
        for end, units in grants[first:]:
            # Everything granted between two moments but the last reservation, whose debt others pay.
            assert taken <= (end - start) * rate / 60.0 + burst + 40 + 1e-6
            taken += units


def test_a_bucket_makes_no_one_wait_below_its_rate() -> None:
    clock = Clock()
    bucket = Bucket(60.0, clock)
    for _ in range(100):
        clock.now += 1.0
        assert bucket.reserve(1) == 0.0


def test_a_reservation_is_replaced_by_what_was_used() -> None:
    clock = Clock()
    bucket = Bucket(6000.0, clock)  # 100 a second
    assert bucket.reserve(1000) == 0.0  # larger than the burst: granted, and paid back
    bucket.correct(1000, 100)
    assert bucket.reserve(100) == pytest.approx(1.0)


def test_waits_are_spread_from_nothing_to_a_doubling_bound() -> None:
    random.seed(0)
    for failures, bound in [(1, 0.5), (2, 1.0), (5, 8.0), (20, 60.0)]:
        waits = [backoff(failures) for _ in range(2000)]
        assert max(waits) <= bound
        assert max(waits) > 0.95 * bound
        assert min(waits) < 0.05 * bound
    assert all(7.0 <= backoff(9, 7.0) <= 8.0 for _ in range(100))


NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after": "Tue, 14 Nov 2023 22:13:50 GMT"}, 30.0),
        ({"retry-after": "Tuesday, 14-Nov-23 22:13:50 GMT"}, 30.0),
        ({"retry-after": "Tue, 14 Nov 2023 22:00:00 GMT"}, 0.0),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": ""}, None),
    ],
)
def test_retry_after_is_read_as_rfc_9110_says(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(headers, NOW) == seconds


def test_the_breaker_counts_what_says_something_about_the_service() -> None:
    down, refused = RetryableCallError("down"), FinalCallError("refused")
    breaker = Breaker(3)
    assert [breaker.given_up(down) is None for _ in range(3)] == [True, True, False]
    breaker = Breaker(3)
    for _ in range(10):
        assert breaker.given_up(down) is None
        breaker.answered()
        assert breaker.given_up(refused) is None
    breaker = Breaker(3)
    for _ in range(10):
        assert breaker.given_up(FinalCallError("too large", kind="limit")) is None


def test_keys_come_from_the_environment_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FIRST_KEY", raising=False)
    monkeypatch.delenv("SECOND_KEY", raising=False)
    with pytest.raises(UsageError, match="set the environment variable FIRST_KEY or SECOND_KEY"):
        key_from(("FIRST_KEY", "SECOND_KEY"), "gemini")
    monkeypatch.setenv("SECOND_KEY", "  two\n")
    assert key_from(("FIRST_KEY", "SECOND_KEY"), "gemini") == "two"
    monkeypatch.setenv("FIRST_KEY", "one")
    assert key_from(("FIRST_KEY", "SECOND_KEY"), "gemini") == "one"
    monkeypatch.setenv("FIRST_KEY", "sk-“copied from a page”")
    with pytest.raises(UsageError, match="FIRST_KEY holds characters no key has") as caught:
        key_from(("FIRST_KEY",), "gemini")
    assert "copied" not in str(caught.value)


def test_keys_are_taken_out_of_text_and_words_are_not() -> None:
    assert without_keys("wrong key sk-secret-123 (sk-secret-123)", ["sk-secret-123"]) == (
        "wrong key [key removed] ([key removed])"
    )
    assert without_keys("none of these", ["none", ""]) == "none of these"


def test_costs_follow_the_price_list() -> None:
    flash = offer("gemini", "gemini-2.5-flash")
    assert flash is not None
    # 0.30 text in, 0.03 cached, 1.00 audio in, 2.50 out, US dollars per million
    usage = {"input_tokens": 1000.0, "cached_input_tokens": 200.0, "audio_input_tokens": 320.0, "output_tokens": 100.0}
    assert flash.price.cost(usage) == pytest.approx((480 * 0.30 + 200 * 0.03 + 320 * 1.00 + 100 * 2.50) / 1e6)
    pro = offer("gemini", "gemini-2.5-pro")
    assert pro is not None
    assert pro.price.cost({"input_tokens": 200_000, "output_tokens": 1000}) == pytest.approx(0.25 + 0.01)
    assert pro.price.cost({"input_tokens": 200_001, "output_tokens": 1000}) == pytest.approx(0.5000025 + 0.015)
    voice = offer("openai", "gpt-audio")
    assert voice is not None
    usage = {"input_tokens": 60.0, "audio_input_tokens": 50.0, "output_tokens": 120.0, "audio_output_tokens": 100.0}
    assert voice.price.cost(usage) == pytest.approx((10 * 2.5 + 50 * 32 + 20 * 10 + 100 * 64) / 1e6)


def test_what_is_not_known_is_unknown_and_not_free() -> None:
    assert offer("openai", "gpt-unheard-of") is None
    assert offer("openai", "gpt-4o-2024-05-13") is None, "another snapshot had another price"
    mini = offer("openai", "gpt-4o-mini")
    assert mini is not None
    assert mini.price.cost({"input_tokens": 5, "output_tokens": 5, "audio_input_tokens": 5}) is None
    assert mini.price.cost(None) is None
    assert mini.price.cost({"input_tokens": 5}) is None
    assert FREE.cost(None) == 0.0
    assert given_price(None, 1.0) is None
    price = given_price(2.0, 4.0)
    assert price == Price(Tier(2.0, 4.0, 2.0, 2.0, 4.0))


def test_every_price_is_dated_and_sourced() -> None:
    rows = json.loads(files("evalkit.models.api").joinpath("catalogue.json").read_text())["models"]
    assert len({(row["provider"], row["model"]) for row in rows}) == len(rows)
    for row in rows:
        assert row["source"]
        assert row["as_of"].startswith("2026-")
        assert 0 < row.get("cached_input", row["input"]) <= row["input"] < row["output"], row
        assert set(row["takes"]) <= {"text", "image", "audio", "video"}


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("localhost:8000", "should look like"),
        ("ftp://x/v1", "should look like"),
        ("http://", "should look like"),
        ("http://user:secret-word@host/v1", "must hold no secret"),
        ("https://host/v1?key=secret-word", "must hold no secret"),
    ],
)
def test_an_address_with_a_secret_is_refused_without_repeating_it(url: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        plain_url(url, "openai-compatible")
    assert problem in " ".join(str(caught.value).split())
    assert "secret-word" not in str(caught.value)
    assert plain_url("http://localhost:8000/v1/", "x") == "http://localhost:8000/v1"


class Steps:
    """A clock that is set by hand."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_one_seconds_worth_and_at_least_one() -> None:
    clock = Steps()
    slow = Bucket(30.0, clock)  # one in two seconds
    assert [slow.reserve(1), slow.reserve(1), slow.reserve(1)] == [0.0, 2.0, 4.0]
    clock.now = 100.0
    assert [slow.reserve(1), slow.reserve(1)] == [0.0, 2.0], "never more than one is saved up"
    fast = Bucket(600.0, clock)  # ten a second
    assert [round(fast.reserve(1), 9) for _ in range(12)] == [0.0] * 10 + [0.1, 0.2]
    assert fast.reserve(25) == pytest.approx(1.2), "waits for a full bucket, and no longer"


def test_unused_tokens_come_back_and_others_are_paid() -> None:
    clock = Steps()
    bucket = Bucket(600.0, clock)
    bucket.reserve(10)
    bucket.correct(10, 4)
    assert bucket.reserve(6) == 0.0
    bucket.correct(6, 16)
    assert bucket.reserve(1) == pytest.approx(1.1)
    clock.now = 10.0
    bucket.correct(10, 0)
    assert bucket.reserve(10) == 0.0
    assert bucket.reserve(1) == pytest.approx(0.1), "it holds no more than a burst"


TIER = Tier(input=2.0, output=8.0, cached_input=0.5, audio_input=32.0, audio_output=64.0)


@pytest.mark.parametrize(
    ("usage", "millionths"),
    [
        ({"input_tokens": 10, "output_tokens": 5}, 10 * 2 + 5 * 8),
        ({"input_tokens": 10, "output_tokens": 5, "cached_input_tokens": 4}, 6 * 2 + 4 * 0.5 + 5 * 8),
        ({"input_tokens": 10, "output_tokens": 5, "audio_input_tokens": 8, "cached_input_tokens": 4},
         2 * 0.5 + 8 * 32 + 5 * 8),
        ({"input_tokens": 10, "output_tokens": 5, "audio_output_tokens": 5}, 10 * 2 + 5 * 64),
        ({"input_tokens": 0, "output_tokens": 0}, 0.0),
        ({"input_tokens": 10, "output_tokens": 5, "reasoning_tokens": 5}, 10 * 2 + 5 * 8),
    ],
)  # fmt: skip
def test_the_cost_of_a_call_by_hand(usage: dict[str, float], millionths: float) -> None:
    assert TIER.cost(usage) == pytest.approx(millionths / 1e6)


def test_prices_that_are_not_known() -> None:
    assert Tier(2.0, 8.0).cost({"input_tokens": 10, "output_tokens": 5, "cached_input_tokens": 4}) == 60 / 1e6
    assert Tier(2.0, 8.0).cost({"input_tokens": 10, "output_tokens": 5, "audio_input_tokens": 1}) is None
    assert Tier(2.0, 8.0).cost({"input_tokens": 10, "output_tokens": 5, "audio_output_tokens": 1}) is None
    assert (
        Tier(2.0, 8.0, audio_input=1.0).cost({"input_tokens": 10, "output_tokens": 5, "audio_output_tokens": 1}) is None
    )
    assert Price(TIER).cost({"output_tokens": 5}) is None
    assert Price(TIER).cost({"input_tokens": 5}) is None
    assert given_price(1.0, None) is None


def test_long_prompts_have_a_price_of_their_own() -> None:
    price = Price(Tier(1.0, 2.0), long=Tier(10.0, 20.0), long_above=100)
    assert price.cost({"input_tokens": 100, "output_tokens": 1}) == pytest.approx(102 / 1e6)
    assert price.cost({"input_tokens": 101, "output_tokens": 1}) == pytest.approx(1030 / 1e6)
    assert Price(Tier(1.0, 2.0)).cost({"input_tokens": 1e9, "output_tokens": 0}) == pytest.approx(1000.0)
    assert price.as_of == ""
    assert price.source == ""


def test_a_day_of_the_breaker() -> None:
    """8 in a row end a run; four times as many where a server has answered, unless it is gone."""
    gone, busy = RetryableCallError("x", unreached=True), RetryableCallError("x")
    for proven, error, count in ((False, busy, 8), (False, gone, 8), (True, busy, 32), (True, gone, 8)):
        breaker = Breaker(8, proven)
        ends = [breaker.given_up(error) for _ in range(count)]
        assert [end is None for end in ends] == [True] * (count - 1) + [False]
        assert f"{count} requests in a row" in str(ends[-1])
    breaker = Breaker(2)
    assert breaker.given_up(FinalCallError("bad model")) is None
    assert breaker.given_up(FinalCallError("bad model")) is not None
    proven = Breaker(2, proven=True)
    assert all(proven.given_up(FinalCallError("bad prompt")) is None for _ in range(50))
    assert all(Breaker(1).given_up(FinalCallError("x", kind=kind)) is None for kind in ("limit", "input"))
